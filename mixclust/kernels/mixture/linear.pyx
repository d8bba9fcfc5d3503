"""A mixture of components whose features are independent, to be fitted: with squares expanded.

With precisions p a log-density is linear in a row's features and their squares, or the sum of
those where the features share one variance: ``c + x.(p m) - (p / 2).x^2``. Densities and sums are
then two matrix products, of two thirds of the operations that differences from every mean take
(of a third with one variance).

What is expanded loses as many digits as the squared distance from the frame's origin to a mean
has, in units of the component's variance. Where it has more than four, components are *apart*:
the pass takes differences, as `DiagonalMixture` does.
"""
from libc.stdint cimport int64_t

from .diagonal cimport DiagonalMixture
from .discriminants cimport Discriminants
from .em cimport FAR

# Precisions of more might leave the range of doubles, times what they are multiplied by.
cdef double LARGEST_PRECISION = 1e200


cdef class ExpandedMixture(DiagonalMixture):
    """A mixture of components whose features are independent, to be fitted.

    Parameters
    ----------
    *arguments, **options
        As for `DiagonalMixture`.
    """

    cdef Discriminants _discriminants
    cdef bint _apart

    def __init__(self, *arguments, **options):
        DiagonalMixture.__init__(self, *arguments, **options)
        self.n_expanded = 1 if self.spherical else self.n_features
        self._discriminants = Discriminants(self.n_components, self.n_expanded + self.n_features)
        self.n_sums = max(self.n_sums, self._discriminants.table_size())

    cdef void forget(self) noexcept nogil:
        DiagonalMixture.forget(self)
        self._apart = False

    cdef void _use(self) noexcept nogil:
        cdef Py_ssize_t j, k, square, e = self.n_expanded
        cdef double factor, precision, distance
        cdef bint near
        DiagonalMixture._use(self)
        self._apart = False
        for k in range(self.n_components):
            # What matters to a density is the distance; to a variance, later, each feature's part.
            distance, near = 0, True
            for j in range(self.n_features):
                factor = self._precisions_cholesky[k, j]
                distance += (factor * self._means[k, j]) ** 2
                near &= factor * factor <= LARGEST_PRECISION
            if self._weights[k] > 0 and not (near and distance <= FAR):
                self._apart = True
        if self._apart:
            return
        for k in range(self.n_components):
            for j in range(self.n_features):
                precision = self._precisions_cholesky[k, j] ** 2
                square = 0 if self.spherical else j
                self._discriminants.set_slope(k, square, -0.5 * precision)
                self._discriminants.set_slope(k, e + j, precision * self._means[k, j])
                self._constants[k] -= 0.5 * precision * self._means[k, j] ** 2

    cdef void expand(self, double* strip) noexcept nogil:
        cdef Py_ssize_t i, j, d = self.n_features, H = self.height
        cdef double* squares = strip - self.n_expanded * H
        if self._apart:
            return
        if self.spherical:
            for i in range(H):
                squares[i] = strip[i] * strip[i]
            for j in range(1, d):
                for i in range(H):
                    squares[i] += strip[j * H + i] * strip[j * H + i]
        else:
            for i in range(d * H):
                squares[i] = strip[i] * strip[i]

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        if self._apart:
            DiagonalMixture.log_densities(self, strip, log_density)
        else:
            self._discriminants.scores(
                strip - self.n_expanded * self.height, self.height, &self._constants[0],
                log_density,
            )

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil:
        if self._apart:
            DiagonalMixture.add_moments(self, strip, resp, reach, scratch, picked, sums)
        else:
            self._discriminants.add_products(
                resp, strip - self.n_expanded * self.height, self.height, sums
            )

    cdef int pass_again(self) except -1 nogil:
        """Run a pass in the last mode, about centers that are set: by differences."""
        self._apart = True
        DiagonalMixture._use(self)
        return DiagonalMixture.pass_again(self)

    cdef Py_ssize_t maximise(self) except -1 nogil:
        if not self._apart:
            self._unpack()
        return DiagonalMixture.maximise(self)

    cdef void _unpack(self) noexcept nogil:
        """Lay out sums as those about centers: about the origin."""
        cdef Py_ssize_t j, k, d = self.n_features, e = self.n_expanded
        cdef const double* products
        cdef double n, scatter
        cdef double* moments
        self._discriminants.unpack(&self._sums[0])
        self._centers[:, :] = 0
        for k in range(self.n_components):
            moments = &self._sums[2 * (d + 2) * k]
            products = &self._discriminants.sums[k, 0]
            n = moments[2 * d] = products[e + d]
            if not n > 0:
                continue
            scatter = products[0]
            for j in range(d):
                moments[2 * j] = products[e + j]
                scatter -= moments[2 * j] / n * moments[2 * j]
            for j in range(d):
                # Any variances that add up to the same will do where they are one.
                moments[2 * j + 1] = products[j] if not self.spherical else (
                    scatter / d + moments[2 * j] / n * moments[2 * j]
                )
