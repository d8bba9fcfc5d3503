"""Densities and moments of components with a covariance matrix each, or one that all share."""
from libc.math cimport log
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from ..core.cholesky cimport log_diagonal
from ..core.memory cimport Doubles
from .density_tiles cimport full_log_density, pack_triangle, packed_triangle_size
from .model cimport Density, Moments
from .moment_tiles cimport add_few_features, add_outer_blocks, are_few, weigh_rows
from .parameters cimport Parameters
from .statistics cimport Statistics

from .moment_tiles import blocks_in_threes

cdef double LOG_2PI = 1.8378770664093454836


cdef class FullDensity(Density):
    """Log-densities from the triangular factors of the precisions."""

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        Density.__init__(self, n_components, n_features)
        self.n_columns = n_features
        self.work_per_row = 2 * n_components * (n_features + 2) * (n_features + 2)
        self._packed = Doubles(n_components * packed_triangle_size(n_features))

    cdef bint use(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t k, d = self.n_features, size = packed_triangle_size(d)
        for k in range(self.n_components):
            pack_triangle(parameters.factor(k), parameters.mean(k), d, self._packed.at + k * size)
            self.constants[k] = (
                log(parameters.weights[k]) - 0.5 * d * LOG_2PI
                + log_diagonal(parameters.factor(k), d)
            )
        return True

    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        double* log_density,
    ) noexcept nogil:
        cdef Py_ssize_t i, k, size = packed_triangle_size(self.n_features)
        for i in range(n_which):
            k = which[i]
            full_log_density(
                strip, height, self.n_features, self._packed.at + k * size, self.constants[k],
                log_density + i * height,
            )


cdef class FullMoments(Moments):
    """Counts, sums and scatter matrices about the current means.

    Rows of negligible responsibility are left out, unless features are few.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        Moments.__init__(
            self, n_components, n_features, (n_components, n_features, n_features)
        )
        # The features, the ones behind them, and a row of zeros if that makes pairs.
        cdef Py_ssize_t n_pairs = (n_features + 2) // 2
        self._blocks = blocks_in_threes(n_pairs, n_pairs, True)
        self.n_blocks = self._blocks.shape[0]
        self.n_sums_each = 4 * self.n_blocks
        self.skips_rows = not are_few(n_features)
        if self.skips_rows:
            self.n_scratch = 2 * (n_features + 2)
        else:
            self.n_sums_each = (n_features + 1) * (n_features + 2) // 2
        self.n_sums = n_components * self.n_sums_each

    cdef void add(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        const double* resp, const double* reach, const double* thresholds, Statistics about,
        double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t i, k
        for i in range(n_which):
            k = which[i]
            self.add_component(
                strip, height, about.origin(k), resp + i * height, reach, thresholds[k], scratch,
                picked, sums + k * self.n_sums_each,
            )

    cdef void add_component(
        self, const double* strip, Py_ssize_t height, const double* origin, const double* resp,
        const double* reach, double threshold, double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        """Add the sums of one component about an origin."""
        cdef Py_ssize_t n, d = self.n_features
        cdef double* weighted = scratch + (d + 2) * height
        if not self.skips_rows:
            add_few_features(strip, height, d, origin, resp, sums)
            return
        n = weigh_rows(strip, height, d, origin, resp, reach, threshold, picked, scratch, weighted)
        add_outer_blocks(scratch, weighted, height, n, &self._blocks[0, 0], self.n_blocks, sums)

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t k, d = self.n_features
        for k in range(self.n_components):
            self.unpack(
                sums + k * self.n_sums_each, statistics.scatter(k),
                statistics.sums_at + k * d, statistics.counts_at + k,
            )

    cdef void unpack(
        self,
        const double* sums,         # IN   (n_sums_each,)
        double* scatter,            # OUT  (n_features, n_features)
        double* sum,                # OUT  (n_features,) or NULL
        double* count,              # OUT  or NULL
    ) noexcept nogil:
        """Lay out the sums of one scatter: a lower triangle with the row of ones as the last."""
        cdef Py_ssize_t b, i, j, u, v, d = self.n_features
        cdef double number
        if not self.skips_rows:
            for i in range(d):
                for j in range(i + 1):
                    scatter[i * d + j] = scatter[j * d + i] = sums[i * (i + 1) // 2 + j]
            if sum != NULL:
                memcpy(sum, sums + d * (d + 1) // 2, d * sizeof(double))
                count[0] = sums[self.n_sums_each - 1]
            return
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    i, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    number = sums[4 * b + 2 * u + v]
                    if j > i or i > d:
                        continue
                    if i < d:
                        scatter[i * d + j] = scatter[j * d + i] = number
                    elif sum != NULL:
                        if j < d:
                            sum[j] = number
                        else:
                            count[0] = number
