"""M steps under constraints that tie the covariances of components.

The covariance of component k is ``volume_k D_k A_k D_k'``: a volume, a diagonal shape A_k of
determinant 1, and an orthogonal orientation D_k [1]_. Each of the three may be equal in all
components. Every model takes the scatters of the components about their means, so that a pass sums
nothing for one of them that another would not need.

The floor of the variances is added to the scatters, before the constraint, so that covariances
satisfy the constraint exactly. Where a covariance is singular to rounding, all covariances before
are kept: with any others the likelihood could fall.

References
----------
.. [1] G. Celeux and G. Govaert, "Gaussian parsimonious clustering models", Pattern Recognition 28,
   1995.
"""
from libc.math cimport INFINITY, exp, fabs, log, sqrt
from libc.string cimport memcpy

from ..core.cholesky cimport invert_triangle, is_sound, log_diagonal, precision_factor
from ..core.memory cimport Doubles
from .maximum_likelihood cimport add_floor, look_for_signals, take_means
from .model cimport Maximiser
from .parameters cimport Parameters
from .statistics cimport Statistics

cdef enum:
    MANY_FEATURES = 200     # LAPACK inverts factors
    ATTEMPTS = 14           # times ten: how far scatters that leave no covariance are raised
    MAX_STEPS = 500         # of the iteration for a shape and volumes, at a start
    MAX_MORE_STEPS = 3      # of it in a later M step, which raises the likelihood all the same

# Volumes have converged when none changes by a larger share: the likelihood changes by its square.
cdef double TOLERANCE = 1e-9

# Share of the count that a component without rows is given: it adds nothing to a sum.
cdef double NO_ROWS = 1e-40


cdef double geometric_mean(
    const double* values,       # IN   (n,) `stride` apart
    Py_ssize_t n,
    Py_ssize_t stride,
) noexcept nogil:
    """Geometric mean of numbers; zero or NaN if one is not positive."""
    cdef Py_ssize_t j
    cdef double total = 0, product = 1
    for j in range(n):  # a logarithm takes as long as twenty products
        if not values[j * stride] > 0:
            return exp(log(values[j * stride]))
        if not 1e-100 < values[j * stride] < 1e100:
            total += log(values[j * stride])
            continue
        product *= values[j * stride]
        if not 1e-100 < product < 1e100:
            total += log(product)
            product = 1
    total += log(product)
    return exp(total / n)


cdef Py_ssize_t count_steps(Parameters parameters) noexcept nogil:
    """Steps, at most, of an iteration for volumes: few where it goes on from the last M step."""
    return MAX_MORE_STEPS if parameters.factors[0] > 0 else MAX_STEPS


cdef class ConstrainedMaximiser(Maximiser):
    """The part that all constraints share; a subclass implements `constrain`.

    Parameters
    ----------
    limits, smallest_count
        As for `Maximiser`.
    spherical : bool
        Whether scatters are traces, and variances the same in all features.
    """

    def __init__(self, limits, smallest_count, bint spherical=False):
        Maximiser.__init__(self, limits, smallest_count)
        self.spherical = spherical

    def maximise_once(self, Statistics statistics not None, Parameters parameters not None):
        """Make one M step; returns how many components have collapsed."""
        cdef Py_ssize_t n_collapsed
        self.check(parameters, statistics)
        with nogil:
            n_collapsed = self.maximise(statistics, parameters)
        return n_collapsed

    cdef int prepare(self, Parameters parameters) except -1:
        """Make room for as many components and features as the parameters have."""
        cdef Py_ssize_t K = parameters.n_components, d = parameters.n_features
        self.n_features = d
        self.size = 1 if self.spherical else d * parameters.n_columns
        self._memory = Doubles(K * (3 + 2 * self.size) + d * parameters.n_columns)
        self.shares = self._memory.at
        self.volumes = self.shares + K
        self.unsound = self.volumes + K
        self.scatters = self.unsound + K
        self.roots = self.scatters + K * self.size
        self.scratch = self.roots + K * self.size
        self.n_components = K
        return 0

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        cdef Py_ssize_t k, _attempt
        cdef double share = 1
        cdef bint found, sound = False
        if self.n_components != parameters.n_components:
            with gil:
                self.prepare(parameters)
        take_means(statistics, parameters)
        self._gather(statistics)
        for _attempt in range(ATTEMPTS):
            found = self.constrain(parameters)
            sound = found and self._are_sound(parameters)
            if sound:
                break
            if parameters.factors[0] > 0:
                if not found:
                    self._mark_singular_scatters(parameters)
                parameters.recover_covariances()
                break
            for k in range(self.n_components):
                self.unsound[k] = 1
            self._raise_scatters(self.limits.rescue, share)
            share *= 10
        self.take_weights(statistics, parameters)
        return self._factorise(statistics, parameters, sound)

    cdef bint constrain(self, Parameters parameters) except -1 nogil:
        """Write covariances that satisfy the constraint; returns whether they are positive."""
        return False

    cdef void begin_volumes(self, Parameters parameters) noexcept nogil:
        """Take the volumes of the parameters before, or else means of the scatters' variances."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double total
        for k in range(self.n_components):
            total = 0
            if parameters.factors[0] > 0:
                if parameters.n_columns > 1:
                    total = log_diagonal(parameters.factor(k), d)
                else:
                    for j in range(d):
                        total += log(parameters.factor(k)[j])
                self.volumes[k] = exp(-2 * total / d)
            elif parameters.n_columns > 1:
                for j in range(d):
                    total += self.scatters[k * self.size + j * (d + 1)]
                self.volumes[k] = total / (d * self.shares[k])
            else:  # features may differ in their units by any factor
                self.volumes[k] = (
                    geometric_mean(self.scatters + k * self.size, d, 1) / self.shares[k]
                )

    # ------------------------------------------------------------------ scatters

    cdef void _gather(self, Statistics statistics) noexcept nogil:
        """Take shares of the count, and scatters about the means with the floor in them."""
        cdef Py_ssize_t i, k
        cdef double total = statistics.total_count()
        cdef double* scatter
        for k in range(self.n_components):
            self.shares[k] = statistics.counts_at[k] / total
            self.unsound[k] = 0
            scatter = self.scatters + k * self.size
            for i in range(self.size):
                scatter[i] = 0
            statistics.write_covariance(k, scatter)
            for i in range(self.size):
                scatter[i] *= self.shares[k]
        self._raise_scatters(self.limits.floor, 1)
        self._fill_empty(statistics)

    cdef void _fill_empty(self, Statistics statistics) noexcept nogil:
        """Give components without rows a share of the pooled scatter that adds nothing to it."""
        cdef Py_ssize_t i, k, m
        cdef double* scatter
        for k in range(self.n_components):
            if statistics.counts_at[k] > 0:
                continue
            self.shares[k] = NO_ROWS
            scatter = self.scatters + k * self.size
            for m in range(self.n_components):
                if statistics.counts_at[m] > 0:
                    for i in range(self.size):
                        scatter[i] += NO_ROWS * self.scatters[m * self.size + i]

    cdef void _raise_scatters(self, const double* variances, double share) noexcept nogil:
        """Add a multiple of some variances to the variances of every component."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double n, mean = 0
        cdef double* scatter
        for j in range(d):
            mean += variances[j] / d
        for k in range(self.n_components):
            n, scatter = self.shares[k] * share, self.scatters + k * self.size
            if self.spherical:
                scatter[0] += n * mean
            elif self.size == d:
                for j in range(d):
                    scatter[j] += n * variances[j]
            else:
                add_floor(scatter, variances, n, d)

    # ------------------------------------------------------------------ covariances

    cdef bint _are_sound(self, Parameters parameters) except -1 nogil:
        """Whether all covariances have digits left; marks the components of others.

        Writes the Cholesky factors of matrices.
        """
        cdef Py_ssize_t j, k, d = self.n_features
        cdef bint sound, all_sound = True
        cdef const double* covariance
        for k in range(self.n_components):
            covariance, sound = parameters.covariance(k), True
            if parameters.n_columns > 1:
                look_for_signals(d)
                sound = is_sound(covariance, d, self.limits.rounding, self.roots + k * self.size)
            else:
                for j in range(d):
                    sound &= covariance[j] > self.limits.rounding[j]
            if not sound:
                self.unsound[k] = 1
                all_sound = False
        return all_sound

    cdef int _mark_singular_scatters(self, Parameters parameters) except -1 nogil:
        """Mark every component with a singular scatter; all components if no scatter is singular.

        Overwrites the covariances of the parameters.
        """
        cdef Py_ssize_t j, k, size = self.n_features * parameters.n_columns
        for k in range(self.n_components):
            for j in range(size):
                parameters.covariance(k)[j] = (
                    self.scatters[k * self.size + (j if self.size > 1 else 0)] / self.shares[k]
                )
        if self._are_sound(parameters):
            for k in range(self.n_components):
                self.unsound[k] = 1
        return 0

    cdef Py_ssize_t _factorise(
        self, Statistics statistics, Parameters parameters,
        bint sound,                 # whether the Cholesky factors of all covariances are known
    ) except -1 nogil:
        """Write factors of precisions; returns how many components have collapsed."""
        cdef Py_ssize_t k, d = self.n_features, n_collapsed = 0
        cdef bint collapsed
        for k in range(self.n_components):
            collapsed = self.unsound[k] > 0 or self.is_empty(statistics, k)
            if sound and self._invert_root(parameters, k):
                pass
            elif parameters.n_columns > 1:
                look_for_signals(d)
                collapsed |= precision_factor(
                    parameters.covariance(k), d, self.limits.limit, self.limits.rescue,
                    self.limits.rounding, self.scratch, parameters.factor(k),
                )
            else:
                collapsed |= self._take_variances(parameters, k)
            parameters.collapsed[k] = collapsed
            n_collapsed += collapsed
        return n_collapsed

    cdef bint _invert_root(self, Parameters parameters, Py_ssize_t k) noexcept nogil:
        """Write the factor of a precision from the Cholesky factor of the covariance.

        Returns whether the covariance is seen to be more than its limit, see
        `cholesky.precision_factor`. Large matrices are left alone.
        """
        cdef Py_ssize_t i, j, d = self.n_features
        cdef double share = 0
        cdef double* factor = parameters.factor(k)
        if not 1 < parameters.n_columns < MANY_FEATURES:
            return False
        invert_triangle(self.roots + k * self.size, d, factor)
        for i in range(d):
            for j in range(i, d):
                share += self.limits.limit[i] * factor[i * d + j] * factor[i * d + j]
        return share < 1

    cdef bint _take_variances(self, Parameters parameters, Py_ssize_t k) noexcept nogil:
        """Write the roots of precisions; returns whether a variance is no more than its limit."""
        cdef Py_ssize_t j
        cdef bint collapsed = False
        cdef const double* variances = parameters.covariance(k)
        for j in range(self.n_features):
            collapsed |= not variances[j] > self.limits.limit[j]
            parameters.factor(k)[j] = 1 / sqrt(variances[j])
        return collapsed


cdef class SpectralMaximiser(ConstrainedMaximiser):
    """Equal or varying volumes and shapes, from the spectra of scatters along given axes.

    Here the axes are those of the features: a spectrum is the diagonal of a scatter.

    Parameters
    ----------
    limits, smallest_count, spherical
        As for `ConstrainedMaximiser`.
    volume_varies, shape_varies : bool
        Whether each component has its own.
    """

    def __init__(
        self, limits, smallest_count, bint volume_varies, bint shape_varies, bint spherical=False
    ):
        ConstrainedMaximiser.__init__(self, limits, smallest_count, spherical)
        self.volume_varies, self.shape_varies = volume_varies, shape_varies

    def shapes(self, n_components, n_features):
        return (n_components, 1 if self.spherical else n_features, 1), (n_components, 1)

    cdef int prepare(self, Parameters parameters) except -1:
        self.n_values = 1 if self.spherical else parameters.n_features
        self._spectra = Doubles((parameters.n_components + 1) * self.n_values)
        self.spectra = self._spectra.at
        self.shape = self.spectra + parameters.n_components * self.n_values
        return ConstrainedMaximiser.prepare(self, parameters)

    cdef bint constrain(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t j, k, m = self.n_values
        memcpy(self.spectra, self.scatters, self.n_components * m * sizeof(double))
        if not self.constrain_spectra(parameters):
            return False
        for k in range(self.n_components):
            for j in range(self.n_features):
                parameters.covariance(k)[j] = self.spectra[k * m + (j if m > 1 else 0)]
        return True

    cdef bint constrain_spectra(self, Parameters parameters) noexcept nogil:
        """Replace spectra of scatters by those of covariances; returns whether all are positive."""
        cdef Py_ssize_t i, j, k, m = self.n_values
        if not self.shape_varies:
            if not self._equal_shapes(parameters):
                return False
        elif not self.volume_varies:
            if not self._equal_volumes():
                return False
        else:
            for k in range(self.n_components):
                for j in range(m):
                    self.spectra[k * m + j] /= self.shares[k]
        for i in range(self.n_components * m):
            if not 0 < self.spectra[i] < INFINITY:
                return False
        return True

    cdef bint _equal_shapes(self, Parameters parameters) noexcept nogil:
        """One shape; volumes that vary alternate with it until neither changes."""
        cdef Py_ssize_t j, k, _step, m = self.n_values
        cdef double scale, volume, change, total = 0
        if not self.volume_varies:
            for j in range(m):
                self.shape[j] = 0
                for k in range(self.n_components):
                    self.shape[j] += self.spectra[k * m + j]
            for k in range(self.n_components):
                for j in range(m):
                    self.spectra[k * m + j] = self.shape[j]
            return True
        # A shape of determinant 1 would underflow where features differ by 1e300: this one has the
        # size of the spectra, and volumes are relative ones.
        self.begin_volumes(parameters)
        scale = geometric_mean(self.volumes, self.n_components, 1)
        for k in range(self.n_components):
            self.volumes[k] /= scale
            total += self.shares[k]
        for _step in range(count_steps(parameters)):
            for j in range(m):
                self.shape[j] = 0
                for k in range(self.n_components):
                    self.shape[j] += self.spectra[k * m + j] / self.volumes[k]
                self.shape[j] /= total
            change = 0
            for k in range(self.n_components):
                volume = 0
                for j in range(m):
                    volume += self.spectra[k * m + j] / self.shape[j]
                volume /= m * self.shares[k]
                change = max(change, fabs(volume - self.volumes[k]) / volume)
                self.volumes[k] = volume
            if not change > TOLERANCE:
                break
        for k in range(self.n_components):
            for j in range(m):
                self.spectra[k * m + j] = self.volumes[k] * self.shape[j]
        return True

    cdef bint _equal_volumes(self) noexcept nogil:
        """One volume, and a shape for each component."""
        cdef Py_ssize_t j, k, m = self.n_values
        cdef double volume = 0, mean
        for k in range(self.n_components):
            self.volumes[k] = geometric_mean(self.spectra + k * m, m, 1)
            volume += self.volumes[k]
        for k in range(self.n_components):
            mean = self.volumes[k]
            if not 0 < mean < INFINITY:
                return False
            for j in range(m):
                self.spectra[k * m + j] *= volume / mean
        return True
