"""A Gaussian mixture whose components share one covariance matrix.

Under a common covariance the quadratic term of a row is the same for all components, so
responsibilities need a linear discriminant each and no work of order d^2: with the precision
``S^-1 = P P'``, ``r = softmax(x.u_k + b_k)``, ``u_k = S^-1 m_k``, ``b_k = log w_k - m_k.u_k / 2``.
The scatter within components is the total scatter, taken once, less that of the means: a difference
that loses as many digits as the squared distance between components has, in units of their spread.
"""
from libc.math cimport log

import numpy as np

from .full_mixture import FullMixture

from .cholesky cimport log_diagonal, precision_factor
from .gaussian cimport two_linear_scores
from .mixture cimport Mixture
from .moments cimport add_outer_blocks
from .rows cimport Rows

from .moments import in_threes

cdef double LOG_2PI = 1.8378770664093454836
cdef double ROUNDING = 1e-14


cdef class TiedMixture(Mixture):
    """A mixture of components that share a covariance matrix, to be fitted.

    Parameters
    ----------
    rows, n_components, shard_bounds, map_tasks, total_weight
        As for `Mixture`; the frame's shift is the mean of the rows.
    scatter : ndarray of shape (n_features, n_features), float64
        Weighted scatter of all rows about their mean.
    """

    cdef Py_ssize_t n_blocks
    cdef Py_ssize_t[:, ::1] _blocks
    cdef double[:, ::1] _scatter, _covariances, _precisions_cholesky, _factor, _slopes
    cdef double _quadratic

    def __init__(
        self, Rows rows, Py_ssize_t n_components, shard_bounds, map_tasks, double total_weight,
        const double[:, ::1] scatter,
    ):
        cdef Py_ssize_t d = rows.n_features
        Mixture.__init__(self, rows, n_components, shard_bounds, map_tasks, total_weight)
        pairs = list(range((d + 2) // 2))
        blocks = in_threes((a, pairs) for a in range((n_components + 1) // 2))
        self._blocks = blocks
        self.n_blocks = len(blocks)
        self.set_work(4 * n_components * (d + 4), self.height)
        self.n_sums = 4 * self.n_blocks
        self._scatter = np.array(scatter)
        self._covariances = np.zeros((d, d))
        self._precisions_cholesky = np.zeros((d, d))
        self._factor = np.zeros((d, d))
        self._slopes = np.zeros(((n_components + 1) // 2, 2 * d))

    def set_parameters(
        self, const double[::1] weights, const double[:, ::1] means,
        const double[:, ::1] precisions_cholesky, const double[:, ::1] covariances=None,
    ):
        """Set the parameters that the next pass uses; means are less the frame's shift."""
        self._weights[:] = weights
        self._means[:, :self.n_features] = means
        self._precisions_cholesky[:, :] = precisions_cholesky
        if covariances is not None:
            self._covariances[:, :] = covariances
        with nogil:
            self._use()

    def start(self, labels=None, resp=None):
        """Take the parameters from given responsibilities: see `Mixture.start`.

        A row counts in the scatter for as much as it is given to the components together.
        """
        if resp is None and (labels is None or np.min(labels) >= 0):
            return Mixture.start(self, labels, resp)
        given = np.sum(resp, axis=1) if labels is None else labels >= 0
        whole = self._overall()
        whole.start(resp=given[:, np.newaxis].astype(np.float64))
        mean, scatter = whole.means[0], self._scatter
        self._scatter = whole.nk[0] * (whole.covariances[0] + np.outer(mean, mean))
        try:
            n_collapsed = Mixture.start(self, labels, resp)
        finally:
            self._scatter = scatter
        self._use()
        return n_collapsed

    def _overall(self):
        """A mixture of one component over the same rows."""
        return FullMixture(
            self.rows, 1, np.asarray(self._bounds), self._map, self.total_weight
        )

    def score(self, double[::1] log_prob):
        """Write the log-probability of every row, in nats."""
        Mixture.score(self, log_prob)
        self._add_common(log_prob)

    def responsibilities(self, double[:, ::1] resp, double[::1] log_prob):
        """Write the responsibilities and the log-probability of every row."""
        Mixture.responsibilities(self, resp, log_prob)
        self._add_common(log_prob)

    def _add_common(self, double[::1] log_prob):
        """Add what a row's log-densities have in common, which the pass leaves out."""
        common, log_density = self._overall(), np.empty(self.n_samples)
        common.set_parameters(
            np.ones(1), np.zeros((1, self.n_features)),
            np.asarray(self._precisions_cholesky)[np.newaxis],
        )
        common.score(log_density)
        np.asarray(log_prob)[:] += log_density

    @property
    def covariances(self):
        """Covariance matrix of the last M step, (n_features, n_features)."""
        return np.array(self._covariances)

    @property
    def precisions_cholesky(self):
        """Upper Cholesky factor of the precision, (n_features, n_features)."""
        return np.array(self._precisions_cholesky)

    cdef void _use(self) noexcept nogil:
        """Derive the discriminants, and what all rows' quadratic terms add up to."""
        cdef Py_ssize_t i, j, k, m, d = self.n_features
        cdef const double* P = &self._precisions_cholesky[0, 0]
        cdef double* precision = &self._factor[0, 0]
        cdef double slope
        self._quadratic = 0
        for i in range(d):
            for j in range(d):
                precision[i * d + j] = 0
                for m in range(max(i, j), d):
                    precision[i * d + j] += P[i * d + m] * P[j * d + m]
                self._quadratic += 0.5 * precision[i * d + j] * self._scatter[i, j]
        self._quadratic += self.total_weight * (0.5 * d * LOG_2PI - log_diagonal(P, d))
        for k in range(self.n_components):
            self._constants[k] = log(self._weights[k])
            for j in range(d):
                slope = 0
                for i in range(d):
                    slope += precision[j * d + i] * self._means[k, i]
                self._slopes[k // 2, 2 * j + k % 2] = slope
                self._constants[k] -= 0.5 * slope * self._means[k, j]

    cdef double log_likelihood(self) noexcept nogil:
        return Mixture.log_likelihood(self) - self._quadratic

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        """What differs between components: the discriminants."""
        cdef Py_ssize_t k, H = self.height
        for k in range(0, self.n_components, 2):
            two_linear_scores(
                strip, H, self.n_features, &self._slopes[k // 2, 0], self._constants[k],
                self._constants[min(k + 1, self.n_components - 1)],
                log_density + k * H, log_density + (k + 1) * H,
            )

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        Py_ssize_t* selected, double* sums,
    ) noexcept nogil:
        add_outer_blocks(
            resp, strip, self.height, self.height, &self._blocks[0, 0], self.n_blocks, sums
        )

    cdef Py_ssize_t maximise(self) except -1 nogil:
        cdef Py_ssize_t b, u, v, i, j, k, K = self.n_components, d = self.n_features
        cdef Py_ssize_t n_collapsed = 0
        cdef double total = 0
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    k, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if k < K and j == d:
                        self._nk[k] = self._sums[4 * b + 2 * u + v]
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    k, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if k < K and j < d and self._nk[k] > 0:
                        self._means[k, j] = self._sums[4 * b + 2 * u + v] / self._nk[k]
        for k in range(K):
            n_collapsed += self.collapse(k)
            total += self._nk[k]
        for i in range(d):
            for j in range(i + 1):
                self._covariances[i, j] = self._scatter[i, j]
                for k in range(K):
                    self._covariances[i, j] -= (
                        self._nk[k] * self._means[k, i] * self._means[k, j]
                    )
                if total > 0:
                    self._covariances[i, j] /= total
                self._covariances[j, i] = self._covariances[i, j]
            if self._covariances[i, i] * total < ROUNDING * self._scatter[i, i]:
                self._covariances[i, i] = 0  # no digit is left of the difference
            self._covariances[i, i] += self._floor[i]
        n_collapsed += self._factorise()
        self._set_weights()
        self._use()
        return n_collapsed

    cdef Py_ssize_t _factorise(self) noexcept nogil:
        """Factorise the covariance, raised where it cannot be; returns 1 if it had to be."""
        return precision_factor(
            &self._covariances[0, 0], self.n_features, &self._limit[0], &self._rescue[0],
            &self._factor[0, 0],
            &self._precisions_cholesky[0, 0],
        )
