"""A Gaussian mixture whose components share one covariance matrix.

Under a common covariance the quadratic term of a row is the same for all components, so
responsibilities need a linear discriminant each and no work of order d^2: with the precision
``S^-1 = P P'``, ``r = softmax(x.u_k + b_k)``, ``u_k = S^-1 m_k``, ``b_k = log w_k - m_k.u_k / 2``.
The scatter within components is the total scatter, taken once, less that of the means.

Discriminants and that difference lose as many digits as the squared distance between components
has, in units of their spread; and the quadratic term loses as many as the covariance has lost where
features depend on each other. Where it is more than four, or eight of the covariance, components
are *apart*: densities come from distances to each mean, and the scatter is summed about the current
means, as for components with a covariance each.
"""
from libc.math cimport log
from libc.stdint cimport int64_t

import numpy as np

from .full import FullMixture, triangle_blocks

from ..core.cholesky cimport (
    log_diagonal, precision_factor, precision_of_factor, recover_covariance,
)
from .discriminants cimport Discriminants
from .density_tiles cimport full_log_density, pack_triangle, packed_triangle_size
from .em cimport FAR, Mixture
from .moment_tiles cimport add_outer_blocks, weigh_rows
from ..rows.dense_rows cimport DenseRows

cdef double LOG_2PI = 1.8378770664093454836

# The share of a variance that the features before leave, below which they nearly determine it.
cdef double NEARLY_DEPENDENT = 1e-8


cdef class TiedMixture(Mixture):
    """A mixture of components that share a covariance matrix, to be fitted.

    Parameters
    ----------
    rows, n_components, shard_bounds, map_tasks, total_weight
        As for `Mixture`; the frame's shift is the mean of the rows.
    scatter : ndarray of shape (n_features, n_features), float64
        Weighted scatter of all rows about their mean.
    """

    cdef Discriminants _discriminants
    cdef Py_ssize_t n_triangle_blocks
    cdef const Py_ssize_t[:, ::1] _triangle_blocks
    cdef double[:, ::1] _scatter, _covariances, _precisions_cholesky, _factor
    cdef double[:, ::1] _new_means      # of the M step at work
    cdef double[:, ::1] _packed         # where components are apart: see FullMixture
    cdef double _quadratic
    cdef bint _apart
    cdef bint _is_small                 # the scatter within components, beside the total

    def __init__(
        self, DenseRows rows, Py_ssize_t n_components, shard_bounds, map_tasks, double total_weight,
        const double[:, ::1] scatter,
    ):
        cdef Py_ssize_t d = rows.n_features
        Mixture.__init__(self, rows, n_components, shard_bounds, map_tasks, total_weight)
        self._discriminants = Discriminants(n_components, d)
        self.set_work(4 * n_components * (d + 4), self.height)
        self.n_sums = self._discriminants.table_size()
        self.scratch_size = 2 * (d + 2) * self.height
        self.n_factors, self.n_columns = d * d, d
        self._scatter = np.array(scatter)
        self._covariances = np.zeros((d, d))
        self._precisions_cholesky = np.zeros((d, d))
        self._factor = np.zeros((d, d))
        self._new_means = np.zeros((n_components, d))

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
        self._is_small = False
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
        whole.find_covariances(resp=given[:, np.newaxis].astype(np.float64))
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
        """Add what a row's log-densities have in common, where the pass leaves it out."""
        if self._apart:
            return
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

    cdef int _use(self) except -1 nogil:
        """Derive what the next pass takes log-densities from."""
        cdef Py_ssize_t i, j, k, d = self.n_features
        cdef const double* P = &self._precisions_cholesky[0, 0]
        cdef double* precision = &self._factor[0, 0]
        cdef double slope, distance, left, farthest = 0, squares = 0
        cdef bint dependent = False
        precision_of_factor(P, d, precision)
        for i in range(d):
            left = 1 / (P[i * d + i] * P[i * d + i])  # of the variance, by the features before
            dependent |= left < NEARLY_DEPENDENT * self._covariances[i, i]
            for j in range(d):
                squares += precision[i * d + j] * self._scatter[i, j]
        self._quadratic = (
            0.5 * squares + self.total_weight * (0.5 * d * LOG_2PI - log_diagonal(P, d))
        )
        for k in range(self.n_components):
            distance = 0
            for j in range(d):
                slope = 0
                for i in range(d):
                    slope += precision[j * d + i] * self._means[k, i]
                self._discriminants.set_slope(k, j, slope)
                distance += slope * self._means[k, j]
            self._constants[k] = log(self._weights[k]) - 0.5 * distance
            if self._weights[k] > 0:
                farthest = max(farthest, distance)
        self._apart = self.leaves_rows_out = self._is_small or dependent or farthest > FAR
        return self._use_distances() if self._apart else 0

    cdef int _use_distances(self) except -1 nogil:
        """Let the next pass measure distances to each mean, and sum about it."""
        cdef Py_ssize_t k, d = self.n_features
        cdef const double* upper = &self._precisions_cholesky[0, 0]
        if self.n_triangle_blocks == 0:
            with gil:
                self._triangle_blocks = blocks = triangle_blocks((d + 2) // 2)
                self.n_triangle_blocks = len(blocks)
                self._packed = np.zeros((self.n_components, packed_triangle_size(d)))
                self.n_sums += 4 * self.n_triangle_blocks
                self._has_tables = False
                self.set_work(2 * self.n_components * (d + 2) * (d + 2), self.height)
        self._quadratic = 0
        for k in range(self.n_components):
            pack_triangle(upper, &self._means[k, 0], d, &self._packed[k, 0])
            self._constants[k] = log(self._weights[k]) - 0.5 * d * LOG_2PI + log_diagonal(upper, d)
        return 0

    cdef double* factors(self) noexcept nogil:
        return &self._precisions_cholesky[0, 0]

    cdef int use_factors(self) except -1 nogil:
        recover_covariance(
            &self._precisions_cholesky[0, 0], self.n_features, &self._factor[0, 0],
            &self._covariances[0, 0],
        )
        return self._use()

    cdef double log_likelihood(self) noexcept nogil:
        return Mixture.log_likelihood(self) - self._quadratic

    cdef void forget(self) noexcept nogil:
        Mixture.forget(self)
        self._apart = self.leaves_rows_out = False

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        """What differs between components, the discriminants; all of it where they are apart."""
        cdef Py_ssize_t k, H = self.height
        if self._apart:
            for k in range(self.n_components):
                full_log_density(
                    strip, H, self.n_features, &self._packed[k, 0], self._constants[k],
                    log_density + k * H,
                )
            return
        self._discriminants.scores(strip, H, &self._constants[0], log_density)

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t k, n, d = self.n_features, H = self.height
        cdef double* weighted = scratch + (d + 2) * H
        self._discriminants.add_products(resp, strip, H, sums)
        if not self._apart:
            return
        for k in range(self.n_components):
            n = weigh_rows(
                strip, H, d, &self._centers[k, 0], resp + k * H, reach, self._thresholds[k],
                picked, scratch, weighted,
            )
            add_outer_blocks(
                scratch, weighted, H, n, &self._triangle_blocks[0, 0], self.n_triangle_blocks,
                sums + self._discriminants.table_size(),
            )

    cdef Py_ssize_t maximise(self) except -1 nogil:
        cdef Py_ssize_t i, j, k, d = self.n_features, n_collapsed = 0
        cdef double total
        if self._find_moments():
            self._apart = self.leaves_rows_out = True
            self._use_distances()
            self._centers[:, :d] = self._new_means
            self.pass_again()
            self._find_moments()
        total = self.all_sizes()
        self._means[:, :d] = self._new_means
        for k in range(self.n_components):
            n_collapsed += self.collapse(k)
        for i in range(d):
            for j in range(i + 1):
                if total > 0:
                    self._covariances[i, j] /= total
                self._covariances[j, i] = self._covariances[i, j]
            self._covariances[i, i] += self._floor[i]
        n_collapsed += self._factorise()
        self._set_weights()
        self._use()
        return n_collapsed

    cdef bint _find_moments(self) noexcept nogil:
        """Sizes, means and scatter from sums; whether too few digits are left of the scatter."""
        cdef Py_ssize_t i, k, d = self.n_features
        cdef double total, within, off
        cdef bint far = False
        self._unpack_means()
        if self._apart:
            self._take_sums()
        else:
            self._take_difference()
        total = self.all_sizes()
        self._is_small = False
        for i in range(d):
            within = self._covariances[i, i] + total * self._floor[i]
            self._is_small |= FAR * within < self._scatter[i, i]
            off = 0
            for k in range(self.n_components):
                off += self._nk[k] * (self._new_means[k, i] - self._centers[k, i]) ** 2
            far |= FAR * within < off
        return far if self._apart else self._is_small

    cdef void _unpack_means(self) noexcept nogil:
        """Lay out sizes and means; a component without rows keeps its mean."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef const double* products
        self._discriminants.unpack(&self._sums[0])
        for k in range(self.n_components):
            products = &self._discriminants.sums[k, 0]
            self._nk[k] = products[d]
            for j in range(d):
                self._new_means[k, j] = (
                    products[j] / self._nk[k] if self._nk[k] > 0 else self._means[k, j]
                )

    cdef void _take_difference(self) noexcept nogil:
        """The scatter within components: the total less that of the means."""
        cdef Py_ssize_t i, j, k
        for i in range(self.n_features):
            for j in range(i + 1):
                self._covariances[i, j] = self._scatter[i, j]
                for k in range(self.n_components):
                    self._covariances[i, j] -= (
                        self._nk[k] * self._new_means[k, i] * self._new_means[k, j]
                    )

    cdef void _take_sums(self) noexcept nogil:
        """The scatter within components, from that about the centers of the pass."""
        cdef Py_ssize_t b, u, v, i, j, k, d = self.n_features
        cdef const double* sums = &self._sums[self._discriminants.table_size()]
        for b in range(self.n_triangle_blocks):
            for u in range(2):
                for v in range(2):
                    i, j = self._triangle_blocks[b, 0] + u, self._triangle_blocks[b, 1] + v
                    if i < d and j <= i:
                        self._covariances[i, j] = sums[4 * b + 2 * u + v]
        for i in range(d):
            for j in range(i + 1):
                for k in range(self.n_components):
                    self._covariances[i, j] -= self._nk[k] * (
                        (self._new_means[k, i] - self._centers[k, i])
                        * (self._new_means[k, j] - self._centers[k, j])
                    )

    cdef Py_ssize_t _factorise(self) except -1 nogil:
        """Factorise the covariance, raised where it cannot be; returns 1 if it had to be."""
        return precision_factor(
            &self._covariances[0, 0], self.n_features, &self._limit[0], &self._rescue[0],
            &self._rounding[0],
            &self._factor[0, 0],
            &self._precisions_cholesky[0, 0],
        )
