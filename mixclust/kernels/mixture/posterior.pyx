"""The M step of the posterior mode, under a conjugate prior of means and covariances [1]_.

The mean of a component has the prior N(m, S / kappa) and its covariance S an inverse Wishart
distribution, or each variance an inverse gamma distribution. Under such a prior the M step is that
of other statistics: with the count n, the mean a and the scatter W about it,

    mean     b = (n a + kappa m) / (n + kappa)
    scatter  W + scale + n kappa / (n + kappa) (a - m)(a - m)'     about b
    count    n + 1 + count of the prior

where the 1 is there if kappa is positive. So any M step of the likelihood serves. The prior's count
of a covariance is the exponent of its determinant, times -2: dof + d + 1 of an inverse Wishart
matrix of d features, dof + 2 of a variance, (dof + 2) / d of a variance that d features share. If
all components share one covariance, it has one prior, of which each component takes its share.

References
----------
.. [1] C. Fraley and A. E. Raftery, "Bayesian regularization for normal mixture estimation and
   model-based clustering", Journal of Classification 24, 2007.
"""
from libc.math cimport log

import numpy as np

from .model cimport Maximiser
from .parameters cimport Parameters
from .statistics cimport Statistics


cdef void _add_square(
    double* scatter,            # INOUT (n_rows, n_columns): matrix, diagonal or trace
    Py_ssize_t n_rows,
    Py_ssize_t n_columns,
    const double* vector,       # IN    (n_features,)
    Py_ssize_t n_features,
    double factor,
) noexcept nogil:
    """Add the square of a vector, times a factor, to a scatter."""
    cdef Py_ssize_t i, j
    for i in range(n_features):
        if n_columns > 1:
            for j in range(n_columns):
                scatter[i * n_columns + j] += factor * vector[i] * vector[j]
        else:
            scatter[i if n_rows > 1 else 0] += factor * vector[i] * vector[i]


cdef class PosteriorMaximiser(Maximiser):
    """An M step of the likelihood, on statistics to which a prior was added.

    Parameters
    ----------
    likelihood : Maximiser
    posterior : Statistics
        Of the shape of the statistics of a pass; overwritten.
    mean : ndarray of shape (n_features,), float64
        Prior mean, less the frame's shift.
    kappa : float
        Rows that the prior mean counts as; 0 for no prior of the means.
    count : float
        Count of a covariance.
    scale : ndarray of shape (n_rows, n_columns) of a scatter, float64
    shares_covariance : bool
        Whether all components have one covariance.
    unit : float, default=1.0
        Weight of a row that the user gave weight 1.
    """

    cdef Maximiser _likelihood
    cdef Statistics _posterior
    cdef double _kappa, _count, _share, _count_of_mean, _unit
    cdef double[::1] _mean, _difference
    cdef double[:, ::1] _scale

    def __init__(
        self, Maximiser likelihood not None, Statistics posterior not None, mean, double kappa,
        double count, scale, bint shares_covariance, double unit=1,
    ):
        Maximiser.__init__(self, likelihood.limits, likelihood.smallest_count)
        self._likelihood, self._posterior = likelihood, posterior
        self._mean = np.array(mean, dtype=np.float64)
        self._scale = np.array(scale, dtype=np.float64)
        if (
            self._mean.shape[0] != posterior.n_features
            or self._scale.shape[0] != posterior.n_rows
            or self._scale.shape[1] != posterior.n_columns
        ):
            raise ValueError("the mean and scale of the prior do not fit the statistics")
        self._difference = np.zeros(posterior.n_features)
        self._kappa, self._count, self._unit = kappa, count, unit
        self._share = 1.0 / posterior.n_components if shares_covariance else 1.0
        self._count_of_mean = kappa > 0

    def shapes(self, n_components, n_features):
        return self._likelihood.shapes(n_components, n_features)

    def check(self, Parameters parameters not None, Statistics statistics not None):
        """Raise ValueError if the M step reads or writes other numbers than there are."""
        self._likelihood.check(parameters, statistics)
        if statistics.scatter_shape != self._posterior.scatter_shape:
            raise ValueError("the prior was made for statistics of another shape")

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        cdef Py_ssize_t k, n_collapsed
        self._add_prior(statistics, parameters, self._posterior)
        n_collapsed = self._likelihood.maximise(self._posterior, parameters)
        self.take_weights(statistics, parameters)
        for k in range(parameters.n_components):
            if self.is_empty(statistics, k) and not parameters.collapsed[k]:
                parameters.collapsed[k] = True
                n_collapsed += 1
        return n_collapsed

    cdef void _add_prior(
        self, Statistics statistics, Parameters parameters, Statistics posterior
    ) noexcept nogil:
        """Write the statistics of rows and prior, about the new means."""
        cdef Py_ssize_t i, j, k, d = statistics.n_features
        cdef Py_ssize_t size = statistics.n_rows * statistics.n_columns
        cdef bint is_pooled = statistics.n_scatters < statistics.n_components
        cdef double kappa = self._unit * self._kappa, n, mean
        cdef double* difference = &self._difference[0]
        cdef double* scatter
        for i in range(statistics.n_scatters * size):
            posterior.scatters_at[i] = statistics.scatters_at[i]
        for k in range(statistics.n_components):
            n = statistics.counts_at[k]
            scatter = posterior.scatter(0 if is_pooled else k)
            if n > 0:
                for j in range(d):
                    difference[j] = statistics.shift(k, j)
                _add_square(scatter, statistics.n_rows, statistics.n_columns, difference, d, -n)
            for j in range(d):
                mean = parameters.mean(k)[j]
                if n > 0:
                    mean = statistics.origin(k)[j] + statistics.shift(k, j)
                difference[j] = mean - self._mean[j]
                if kappa > 0:
                    mean -= kappa / (n + kappa) * difference[j]
                posterior.origin(k)[j] = mean
                posterior.sums_at[k * d + j] = 0
            if n > 0 and kappa > 0:
                _add_square(
                    scatter, statistics.n_rows, statistics.n_columns, difference, d,
                    n * kappa / (n + kappa),
                )
            for i in range(size):
                scatter[i] += self._unit * self._share * (&self._scale[0, 0])[i]
            posterior.counts_at[k] = n + self._unit * (
                self._count_of_mean + self._share * self._count
            )

    cdef double log_prior(self, Parameters parameters) noexcept nogil:
        """Logarithm of the prior density, without constants: parameters do not change them."""
        cdef Py_ssize_t j, k, d = parameters.n_features
        cdef double total = 0, log_det, trace = 0
        cdef double* difference = &self._difference[0]
        cdef const double* factor
        for k in range(parameters.n_components):
            factor = parameters.factor(k)
            log_det = 0     # of the precision
            for j in range(d):
                log_det += 2 * log(
                    factor[j * (d + 1)] if parameters.n_columns > 1 else factor[j]
                )
                difference[j] = parameters.mean(k)[j] - self._mean[j]
            total += self._count_of_mean * log_det
            if self._kappa > 0:
                total -= self._kappa * _square(factor, parameters.n_columns, difference, d)
            total += self._share * self._count * log_det
            if k == 0 or parameters.n_matrices > 1:
                trace = self._trace(factor, parameters.n_columns, d)
            total -= self._share * trace
        return 0.5 * self._unit * total

    cdef double _trace(
        self, const double* factor, Py_ssize_t n_columns, Py_ssize_t n_features
    ) noexcept nogil:
        """Trace of the scale times a precision."""
        cdef Py_ssize_t i, j, c, d = n_features
        cdef double total = 0, row
        if n_columns == 1:
            for j in range(d if self._scale.shape[0] > 1 else 1):
                total += factor[j] * factor[j] * self._scale[j, 0]
            return total
        for c in range(d):
            for i in range(c + 1):
                row = 0
                for j in range(c + 1):
                    row += self._scale[i, j] * factor[j * d + c]
                total += row * factor[i * d + c]
        return total


cdef double _square(
    const double* factor,       # IN   (n_features, n_columns)
    Py_ssize_t n_columns,
    const double* vector,       # IN   (n_features,)
    Py_ssize_t n_features,
) noexcept nogil:
    """Square of a vector under a precision of which the factor is given."""
    cdef Py_ssize_t i, j, d = n_features
    cdef double total = 0, projected
    for j in range(d):
        projected = factor[j] * vector[j] if n_columns == 1 else 0
        if n_columns > 1:
            for i in range(j + 1):
                projected += factor[i * d + j] * vector[i]
        total += projected * projected
    return total
