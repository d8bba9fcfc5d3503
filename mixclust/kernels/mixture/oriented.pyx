"""M steps for covariance matrices with equal or varying volumes, shapes and orientations.

Components that share their axes have the axes that make all scatters as diagonal as possible. They
are found by rotations in the planes of two axes, each of which raises the likelihood: an angle in
closed form minimises a bound that touches the objective [1]_. At a start the best of some axes are
rotated, later the axes before.

References
----------
.. [1] B. N. Flury and W. Gautschi, "An algorithm for simultaneous orthogonal transformation of
   several positive definite symmetric matrices to nearly diagonal form", SIAM Journal on
   Scientific and Statistical Computing 7, 1986.
"""
from libc.math cimport INFINITY, exp, fabs, hypot, log, pow, sqrt
from libc.string cimport memcpy

from ..core.cholesky cimport factorise, invert_triangle, log_diagonal, precision_of_factor
from ..core.memory cimport Doubles
from ..core.symmetric_eigen cimport (
    rotate_matrix, rotate_rows, share_in_sum, symmetric_eigen, symmetric_eigen_of_each,
)
from .constrained cimport (
    ConstrainedMaximiser, SpectralMaximiser, count_steps, geometric_mean,
)
from .maximum_likelihood cimport look_for_signals
from .parameters cimport Parameters

cdef enum:
    MAX_SWEEPS = 200        # each rotates every pair of axes once; at a start
    MAX_MORE_SWEEPS = 5     # in a later M step, which raises the likelihood all the same
    MIN_STEPS = 2           # of an iteration in an M step with many features

# Common axes have converged when no rotation turns an axis by more, in radians.
cdef double SMALLEST_ANGLE = 1e-7

# Angle, in radians, up to which the objective is a parabola.
cdef double SMALL_ANGLE = 0.01

# Multiply-adds of the iterations of an M step, about 0.1 s; the next M step goes on from there.
cdef double MAX_COST = 1e8

# Volumes have converged when none changes by a larger share: the likelihood changes by its square.
cdef double TOLERANCE = 1e-9


cdef class OrientedMaximiser(SpectralMaximiser):
    """Covariance matrices with an orientation each, or one for all.

    Parameters
    ----------
    limits, smallest_count, volume_varies, shape_varies
        As for `SpectralMaximiser`.
    orientation_varies : bool
        Whether each component has its own.
    """

    cdef readonly bint orientation_varies
    cdef double* axes                   # (n_components or 1, n_features, n_features), an axis a row
    cdef double* other_axes             # (n_features, n_features) to be compared
    cdef double* turned                 # (n_components, n_features, n_features) scatters along axes
    cdef Doubles _axes                  # owns them

    def __init__(
        self, limits, smallest_count, volume_varies, shape_varies, bint orientation_varies
    ):
        SpectralMaximiser.__init__(self, limits, smallest_count, volume_varies, shape_varies)
        self.orientation_varies = orientation_varies

    def shapes(self, n_components, n_features):
        return (n_components, n_features, n_features), (n_components, n_features)

    cdef int prepare(self, Parameters parameters) except -1:
        cdef Py_ssize_t K = parameters.n_components, d = parameters.n_features
        self._axes = Doubles((2 * K + 2) * d * d)
        self.turned = self._axes.at
        self.other_axes = self.turned + K * d * d
        self.axes = self.other_axes + d * d
        return SpectralMaximiser.prepare(self, parameters)

    cdef bint constrain(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t j, k, d = self.n_features, size = d * d
        if self.orientation_varies:
            memcpy(self.turned, self.scatters, self.n_components * size * sizeof(double))
            look_for_signals(d)
            symmetric_eigen_of_each(self.turned, self.n_components, d, self.spectra, self.axes)
        else:
            self._choose_axes(parameters)
            self._turn_axes(not parameters.factors[0] > 0)
            for k in range(self.n_components):
                for j in range(d):
                    self.spectra[k * d + j] = self.turned[k * size + j * (d + 1)]
        if not self.constrain_spectra(parameters):
            return False
        for k in range(self.n_components):
            look_for_signals(d)
            self._compose(
                self.axes + (k * size if self.orientation_varies else 0), self.spectra + k * d,
                parameters.covariance(k),
            )
        return True

    cdef void _compose(
        self, const double* axes, const double* values, double* matrix
    ) noexcept nogil:
        """Write the matrix with these axes and eigenvalues."""
        cdef Py_ssize_t i, j, m, d = self.n_features
        cdef double factor
        for i in range(d * d):
            matrix[i] = 0
        for m in range(d):
            for i in range(d):
                factor = values[m] * axes[m * d + i]
                for j in range(i + 1):
                    matrix[i * d + j] += factor * axes[m * d + j]
        for i in range(1, d):
            for j in range(i):
                matrix[j * d + i] = matrix[i * d + j]

    # ------------------------------------------------------------------ axes of all components

    cdef int _choose_axes(self, Parameters parameters) except -1 nogil:
        """Choose axes to begin with: the axes before.

        Where there are none before, the best of some candidates: the axes of the pooled scatter
        and of each scatter.
        """
        cdef Py_ssize_t i, k, d = self.n_features, size = d * d
        cdef double least, objective, share, trace
        for i in range(size):
            self.scratch[i] = 0
        if parameters.factors[0] > 0:
            for k in range(self.n_components):
                precision_of_factor(parameters.factor(k), d, self.turned)
                trace = 0
                for i in range(d):
                    trace += self.turned[i * (d + 1)]
                share = share_in_sum(k) / trace
                for i in range(size):
                    self.scratch[i] += share * self.turned[i]
            self._find_axes()
            self._take_axes()
            return 0
        for i in range(size):
            for k in range(self.n_components):
                self.scratch[i] += self.scatters[k * size + i]
        self._find_axes()
        least = self._objective()
        self._take_axes()
        for k in range(self.n_components):
            look_for_signals(d)
            memcpy(self.scratch, self.scatters + k * size, size * sizeof(double))
            self._find_axes()
            objective = self._objective()
            if objective < least:
                least = objective
                self._take_axes()
        return 0

    cdef int _find_axes(self) except -1 nogil:
        """Write the axes of the matrix in `scratch`, and the spectra along them."""
        symmetric_eigen(self.scratch, self.n_features, self.shape, self.other_axes)
        self._measure_spectra(self.other_axes)
        return 0

    cdef void _take_axes(self) noexcept nogil:
        """Take the axes that were found, by descending sums of the spectra.

        The order of axes, and so of rotations, does not depend on that of the components.
        """
        cdef Py_ssize_t j, k, m, largest, d = self.n_features
        for j in range(d):
            self.shape[j] = 0
            for k in range(self.n_components):
                self.shape[j] += self.spectra[k * d + j]
        for m in range(d):
            largest = 0
            for j in range(d):
                if self.shape[j] > self.shape[largest]:
                    largest = j
            self.shape[largest] = -INFINITY
            memcpy(self.axes + m * d, self.other_axes + largest * d, d * sizeof(double))

    cdef void _measure_spectra(self, const double* axes) noexcept nogil:
        """Take the diagonals of all scatters along axes."""
        cdef Py_ssize_t i, j, k, m, d = self.n_features
        cdef double total, product
        cdef const double* row
        for k in range(self.n_components):
            for j in range(d):
                total = 0
                for i in range(d):
                    row, product = self.scatters + (k * d + i) * d, 0
                    for m in range(d):
                        product += row[m] * axes[j * d + m]
                    total += product * axes[j * d + i]
                self.spectra[k * d + j] = total

    cdef double _objective(self) noexcept nogil:
        """The part of minus the log-likelihood that depends on the axes, from the spectra."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double total = 0
        for k in range(self.n_components):
            if self.volume_varies:
                for j in range(d):
                    total += self.shares[k] * log(self.spectra[k * d + j])
            else:
                total += geometric_mean(self.spectra + k * d, d, 1)
        return total

    cdef int _turn_axes(self, bint is_start) except -1 nogil:
        """Rotate the axes towards the next minimum, and the scatters with them."""
        cdef Py_ssize_t i, j, k, sweep, d = self.n_features, size = d * d
        cdef Py_ssize_t n_sweeps = _affordable(
            MAX_SWEEPS if is_start else MAX_MORE_SWEEPS, 4.0 * self.n_components * d * size
        )
        cdef double largest
        for k in range(self.n_components):
            self._turn_scatter(self.scatters + k * size, self.turned + k * size)
        for sweep in range(n_sweeps):
            largest = 0
            for k in range(self.n_components):
                self.volumes[k] = self.shares[k]
                if not self.volume_varies:
                    self.volumes[k] = geometric_mean(self.turned + k * size, d, d + 1)
            for i in range(d - 1):
                look_for_signals(d)
                for j in range(i + 1, d):
                    largest = max(largest, self._turn_pair(i, j, is_start and sweep == 0))
            if not largest > SMALLEST_ANGLE:
                break
        return 0

    cdef void _turn_scatter(self, const double* scatter, double* turned) noexcept nogil:
        """Write a scatter along the axes."""
        cdef Py_ssize_t i, j, m, d = self.n_features
        cdef double total
        for i in range(d):
            for j in range(d):  # products with axis i, in `shape`
                total = 0
                for m in range(d):
                    total += scatter[j * d + m] * self.axes[i * d + m]
                self.shape[j] = total
            for j in range(i + 1):
                total = 0
                for m in range(d):
                    total += self.shape[m] * self.axes[j * d + m]
                turned[i * d + j] = turned[j * d + i] = total

    cdef double _turn_pair(self, Py_ssize_t i, Py_ssize_t j, bint seeks) noexcept nogil:
        """Rotate two axes in their plane; returns the sine of the angle.

        With the variances p and r along the axes and a component's share in the objective, the
        objective is at most, and for no rotation equal to, a constant plus the share times
        ``a(angle) / p + b(angle) / r``, a and b being the variances after the rotation. A small
        angle is lengthened to the one of Newton's method, which converges in fewer sweeps. If
        `seeks`, half a right angle is taken where it leads lower.
        """
        cdef Py_ssize_t k, d = self.n_features
        cdef double x = 0, y = 0, length, cosine, sine, factor, p, q, r, slope, curvature = 0
        cdef double per_p, per_r
        cdef const double* turned
        for k in range(self.n_components):
            turned = self.turned + k * d * d
            p, q, r = turned[i * (d + 1)], turned[i * d + j], turned[j * (d + 1)]
            per_p, per_r = 1 / p, 1 / r
            factor = per_p - per_r
            slope = q * factor
            x -= self.volumes[k] * factor * (p - r) / 2
            y -= self.volumes[k] * slope
            curvature += self.volumes[k] * q * q * (per_p * per_p + per_r * per_r)
            if not self.volume_varies:
                curvature -= self.volumes[k] * slope * slope / d
        length = hypot(x, y)
        if not length < INFINITY:
            return 0
        cosine = sqrt((1 + x / length) / 2) if length > 0 else 1
        sine = y / length / (2 * cosine) if length > 0 else 0
        if fabs(sine) < SMALL_ANGLE and curvature < x / 2:
            sine *= x / (x - curvature)
            cosine = sqrt(1 - sine * sine)
        if seeks and (
            self._change(i, j, sqrt(0.5), sqrt(0.5)) < self._change(i, j, cosine, sine)
        ):
            cosine = sine = sqrt(0.5)
        if sine == 0:
            return 0
        for k in range(self.n_components):
            if not self.volume_varies:
                self.volumes[k] *= _root(self._ratio(k, i, j, cosine, sine), d)
            rotate_matrix(self.turned + k * d * d, d, i, j, cosine, sine)
        rotate_rows(self.axes + i * d, self.axes + j * d, d, cosine, sine)
        return fabs(sine)

    cdef double _ratio(
        self, Py_ssize_t k, Py_ssize_t i, Py_ssize_t j, double cosine, double sine
    ) noexcept nogil:
        """Factor of a rotation on the product of component k's variances along two axes."""
        cdef Py_ssize_t d = self.n_features
        cdef const double* turned = self.turned + k * d * d
        cdef double p = turned[i * (d + 1)], q = turned[i * d + j], r = turned[j * (d + 1)]
        cdef double cross = 2 * cosine * sine * q
        return (
            (cosine * cosine * p + cross + sine * sine * r) / p
            * ((sine * sine * p - cross + cosine * cosine * r) / r)
        )

    cdef double _change(
        self, Py_ssize_t i, Py_ssize_t j, double cosine, double sine
    ) noexcept nogil:
        """Change of the objective by a rotation."""
        cdef Py_ssize_t k
        cdef double total = 0, ratio
        for k in range(self.n_components):
            ratio = self._ratio(k, i, j, cosine, sine)
            if self.volume_varies:
                total += self.volumes[k] * log(ratio)
            else:
                total += self.volumes[k] * (_root(ratio, self.n_features) - 1)
        return total


cdef double _root(double x, Py_ssize_t n) noexcept nogil:
    """The root of order n."""
    if n == 2:
        return sqrt(x)
    if n == 4:
        return sqrt(sqrt(x))
    return pow(x, 1.0 / n)


cdef Py_ssize_t _affordable(Py_ssize_t most, double cost) noexcept nogil:
    """Steps of an iteration: as many as are allowed, or fewer if each costs much."""
    return max(MIN_STEPS, min(most, <Py_ssize_t>(MAX_COST / cost)))


cdef class ProportionalMaximiser(ConstrainedMaximiser):
    """Covariance matrices that differ by a factor: equal shape and orientation, varying volume.

    Parameters
    ----------
    limits, smallest_count
        As for `Maximiser`.
    """

    cdef double* common                 # (n_features, n_features) of determinant 1
    cdef double* factor                 # (n_features, n_features)
    cdef Doubles _common                # owns them

    def shapes(self, n_components, n_features):
        return (n_components, n_features, n_features), (n_components, n_features)

    cdef int prepare(self, Parameters parameters) except -1:
        cdef Py_ssize_t size = parameters.n_features ** 2
        self._common = Doubles(2 * size)
        self.common = self._common.at
        self.factor = self.common + size
        return ConstrainedMaximiser.prepare(self, parameters)

    cdef bint constrain(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t i, k, _step, d = self.n_features, size = d * d
        cdef Py_ssize_t n_steps = _affordable(
            count_steps(parameters), 2.0 * (self.n_components + d) * size
        )
        cdef double scale, volume, change
        self.begin_volumes(parameters)
        for _step in range(n_steps):
            look_for_signals(d)
            for i in range(size):
                self.common[i] = 0
            for k in range(self.n_components):
                for i in range(size):
                    self.common[i] += self.scatters[k * size + i] / self.volumes[k]
            memcpy(self.factor, self.common, size * sizeof(double))
            if factorise(self.factor, d) < d:
                return False
            scale = exp(2 * log_diagonal(self.factor, d) / d)
            invert_triangle(self.factor, d, self.scratch)
            precision_of_factor(self.scratch, d, self.factor)
            change = 0
            for k in range(self.n_components):
                volume = 0
                for i in range(size):
                    volume += self.scatters[k * size + i] * self.factor[i]
                volume *= scale / (d * self.shares[k])
                if not 0 < volume < INFINITY:
                    return False
                change = max(change, fabs(volume - self.volumes[k]) / volume)
                self.volumes[k] = volume
            if not change > TOLERANCE:
                break
        for k in range(self.n_components):
            for i in range(size):
                parameters.covariance(k)[i] = self.volumes[k] / scale * self.common[i]
        return True
