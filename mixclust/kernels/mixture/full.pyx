"""A Gaussian mixture whose components have a covariance matrix each."""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport log
from libc.stdint cimport int64_t

from functools import lru_cache

import numpy as np

from ..core.cholesky cimport log_diagonal, precision_factor, recover_covariance
from .density_tiles cimport full_log_density, pack_triangle, packed_triangle_size
from .em cimport FAR, Mixture
from .moment_tiles cimport add_outer_blocks, weigh_rows
from ..rows.dense_rows cimport DenseRows

from .moment_tiles import in_threes

cdef double LOG_2PI = 1.8378770664093454836

cdef enum:
    TILE = 15       # pairs of features whose strips stay in the first cache together
    MANY = 100      # features: work on a matrix may take milliseconds


cdef class FullMixture(Mixture):
    """A mixture of components with a covariance matrix each.

    Parameters
    ----------
    rows, n_components, shard_bounds, map_tasks, total_weight
        As for `Mixture`.
    """

    cdef Py_ssize_t n_blocks
    cdef const Py_ssize_t[:, ::1] _blocks   # (n_blocks, 2) first of two rows each
    cdef double[:, ::1] _packed
    cdef double[:, :, ::1] _covariances, _precisions_cholesky
    cdef double[:, ::1] _moments, _factor
    cdef bint _has_matrices, _factorises

    def __init__(
        self, DenseRows rows, Py_ssize_t n_components, shard_bounds, map_tasks, double total_weight
    ):
        cdef Py_ssize_t d = rows.n_features
        Mixture.__init__(self, rows, n_components, shard_bounds, map_tasks, total_weight)
        self.set_work(2 * n_components * (d + 2) * (d + 2), self.height)
        self.scratch_size = 2 * (d + 2) * self.height
        self.leaves_rows_out = self._factorises = True
        self.n_factors, self.n_columns = n_components * d * d, d
        self._packed = np.zeros((n_components, packed_triangle_size(d)))

    cdef int _make_matrices(self) except -1:
        """Make room for what an M step finds, once; to score a row costs about as much."""
        cdef Py_ssize_t d = self.n_features
        if self._has_matrices:
            return 0
        self._covariances = np.zeros((self.n_components, d, d))
        self._precisions_cholesky = np.zeros((self.n_components, d, d))
        self._moments = np.zeros((d + 2, d + 2))
        self._factor = np.zeros((d, d))
        self._has_matrices = True
        return 0

    cdef int make_tables(self) except -1:
        self._make_matrices()
        # The features, the ones behind them, and a row of zeros where that makes pairs.
        blocks = triangle_blocks((self.n_features + 2) // 2)
        self._blocks = blocks
        self.n_blocks = len(blocks)
        self.n_sums = self.n_components * 4 * self.n_blocks
        return Mixture.make_tables(self)

    def set_parameters(
        self, const double[::1] weights, const double[:, ::1] means,
        const double[:, :, ::1] precisions_cholesky, const double[:, :, ::1] covariances=None,
    ):
        """Set the parameters that the next pass uses; means are less the frame's shift.

        Without covariances the mixture answers, but cannot be fitted on or asked for matrices.
        """
        cdef Py_ssize_t k, d = self.n_features
        if (
            precisions_cholesky.shape[0] != self.n_components
            or precisions_cholesky.shape[1] != d or precisions_cholesky.shape[2] != d
        ):
            raise ValueError("precisions_cholesky must have a matrix a component")
        self._weights[:] = weights
        self._means[:, :d] = means
        if covariances is not None:
            self._make_matrices()
            self._precisions_cholesky[:, :, :] = precisions_cholesky
            self._covariances[:, :, :] = covariances
        with nogil:
            for k in range(self.n_components):
                self._use(k, &precisions_cholesky[k, 0, 0])

    def find_covariances(self, labels=None, resp=None):
        """Find sizes, means and covariances as `start` does, but factorise no covariance.

        The mixture has no densities then: it answers nothing and cannot go on.
        """
        self._factorises = False
        try:
            self.start(labels, resp)
        finally:
            self._factorises = True

    @property
    def covariances(self):
        """Covariance matrices of the last M step, (n_components, n_features, n_features)."""
        self._make_matrices()
        return _copy(self._covariances)

    @property
    def precisions_cholesky(self):
        """Upper Cholesky factors of the precisions, shaped like the covariances."""
        self._make_matrices()
        return _copy(self._precisions_cholesky)

    cdef void _use(self, Py_ssize_t k, const double* upper) noexcept nogil:
        """Pack component k for the E step, from the upper factor of its precision."""
        cdef Py_ssize_t d = self.n_features
        pack_triangle(upper, &self._means[k, 0], d, &self._packed[k, 0])
        self._constants[k] = log(self._weights[k]) - 0.5 * d * LOG_2PI + log_diagonal(upper, d)

    cdef double* factors(self) noexcept nogil:
        return &self._precisions_cholesky[0, 0, 0]

    cdef int use_factors(self) except -1 nogil:
        cdef Py_ssize_t k
        for k in range(self.n_components):
            self._recover(k)
        self._use_all()
        return 0

    cdef int _recover(self, Py_ssize_t k) except -1 nogil:
        """Derive component k's covariance from its factor."""
        return recover_covariance(
            &self._precisions_cholesky[k, 0, 0], self.n_features, &self._factor[0, 0],
            &self._covariances[k, 0, 0],
        )

    cdef void _use_all(self) noexcept nogil:
        """Pack all components for the E step."""
        cdef Py_ssize_t k
        for k in range(self.n_components):
            self._use(k, &self._precisions_cholesky[k, 0, 0])

    cdef void forget(self) noexcept nogil:
        Mixture.forget(self)
        if self._has_matrices:
            self._covariances[:, :, :] = 0
            self._precisions_cholesky[:, :, :] = 0

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        cdef Py_ssize_t k
        for k in range(self.n_components):
            full_log_density(
                strip, self.height, self.n_features, &self._packed[k, 0], self._constants[k],
                log_density + k * self.height,
            )

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t k, n, d = self.n_features, H = self.height
        cdef double* weighted = scratch + (d + 2) * H
        for k in range(self.n_components):
            n = weigh_rows(
                strip, H, d, &self._centers[k, 0], resp + k * H, reach, self._thresholds[k],
                picked, scratch, weighted,
            )
            add_outer_blocks(
                scratch, weighted, H, n, &self._blocks[0, 0], self.n_blocks,
                sums + 4 * self.n_blocks * k,
            )

    cdef Py_ssize_t maximise(self) except -1 nogil:
        cdef Py_ssize_t n_collapsed
        if self._find_moments():
            self._centers[:, :] = self._means
            self.pass_again()
            self._find_moments()
        if not self._factorises:
            return 0
        n_collapsed = self._factorise_all()
        self._set_weights()
        self._use_all()
        return n_collapsed

    cdef int _find_moments(self) except -1 nogil:
        """Sizes, means and covariances from sums; whether some mean is far off its center."""
        cdef Py_ssize_t k, i, j, d = self.n_features
        cdef double n, delta
        cdef double* covariance
        cdef bint far = False
        for k in range(self.n_components):
            if d >= MANY:
                with gil:
                    PyErr_CheckSignals()
            self._unpack(k)
            n = self._moments[d, d]
            self._nk[k] = n
            if not n > 0:
                continue
            covariance = &self._covariances[k, 0, 0]
            for i in range(d):
                delta = self._moments[d, i] / n
                for j in range(i + 1):
                    covariance[i * d + j] = (
                        self._moments[i, j] / n - delta * (self._moments[d, j] / n)
                    )
                    covariance[j * d + i] = covariance[i * d + j]
                covariance[i * d + i] += self._floor[i]
                far |= delta * delta > FAR * covariance[i * d + i]
                self._means[k, i] = self._centers[k, i] + delta
        return far

    cdef Py_ssize_t _factorise_all(self) except -1 nogil:
        """Factorise every covariance; returns how many components have collapsed."""
        cdef Py_ssize_t k, i, d = self.n_features, n_collapsed = 0
        for k in range(self.n_components):
            if d >= MANY:
                with gil:
                    PyErr_CheckSignals()
            if self._nk[k] > 0:
                n_collapsed += self._factorise(k)
            else:
                if self._precisions_cholesky[k, 0, 0] == 0:  # never had a row
                    for i in range(d):
                        self._covariances[k, i, i] = self._rescue[i]
                    self._factorise(k)
                else:  # factors that were set may have had no covariance
                    self._recover(k)
                n_collapsed += self.collapse(k)
        return n_collapsed

    cdef void _unpack(self, Py_ssize_t k) noexcept nogil:
        """Lay out the lower triangle of component k's sums; the last row holds s and n."""
        cdef Py_ssize_t b, i, j, u, v, e = self.n_features + 1
        cdef const double* block = &self._sums[4 * self.n_blocks * k]
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    i, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if i < e and j <= i:
                        self._moments[i, j] = block[4 * b + 2 * u + v]

    cdef Py_ssize_t _factorise(self, Py_ssize_t k) except -1 nogil:
        """Factorise component k's covariance; returns 1 if the component has collapsed."""
        self.collapse(k)
        self._collapsed[k] |= precision_factor(
            &self._covariances[k, 0, 0], self.n_features, &self._limit[0], &self._rescue[0],
            &self._rounding[0],
            &self._factor[0, 0],
            &self._precisions_cholesky[k, 0, 0],
        )
        return self._collapsed[k]


cdef object _copy(double[:, :, ::1] matrices):
    """Copy matrices; large ones, of gigabytes perhaps, one by one, with a look for Ctrl-C."""
    cdef Py_ssize_t k
    if matrices.shape[1] < MANY:
        return np.array(matrices)
    copied, given = np.empty_like(matrices), np.asarray(matrices)
    for k in range(len(copied)):
        PyErr_CheckSignals()
        copied[k] = given[k]
    return copied


@lru_cache(maxsize=4)
def triangle_blocks(n_pairs):
    """Blocks of two rows by two that cover a lower triangle, tile by tile; read-only."""
    runs = []
    for first in range(0, n_pairs, TILE):
        a = np.arange(first, min(first + TILE, n_pairs))
        for second in range(0, first + 1, TILE):
            start, stop = np.full(len(a), second), np.minimum(second + TILE, a + 1)
            runs.append(np.stack([a, start, stop], axis=1))
    blocks = in_threes(np.concatenate(runs))
    blocks.flags.writeable = False
    return blocks
