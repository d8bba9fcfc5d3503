"""Components that may matter to a strip of rows; the others are left out, exactly to rounding.

A component whose density at a row, without its weight, is below ``2^-60`` of the row's largest
weighted density has a responsibility below ``2^-60`` times its weight. All such components together
add less than ``2^-60`` of the row's density, and all such rows less than ``2^-60`` of a
component's count: far less than the rounding of either.

A bound shows it for a whole strip. The Mahalanobis distance of a row to a component changes little
from one iteration to the next: if a precision ``P P'`` becomes ``Q Q'`` and a mean m becomes m',

    ||(x - m') Q|| >= s (||(x - m) P|| - ||(m' - m) P||),    s: least singular value of ``P^-1 Q``.

So the least distance of the rows of a strip to each component, measured when the component was last
evaluated, is moved down by these two numbers of a component and pass. A component is left out where

    log normaliser - bound^2 / 2 < least of the rows' largest log-densities - 60 log 2,

for which the components that the rows are labelled with are evaluated first.

Rows are sorted by label within windows of rows, so that the rows of a strip share their few
components. Rows far from their own component follow behind the others of a window: one would lower
the right-hand side for its whole strip. Order and bounds depend on rows and parameters alone.
"""
from libc.math cimport INFINITY, fabs, log, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memset

import numpy as np

from ..core.cholesky cimport log_diagonal
from ..core.memory cimport Doubles
from ..core.simd cimport (
    F64_LANES, count_bits, f64v, f64v_load, f64v_lt_bits, f64v_max, f64v_min, f64v_set, f64v_store,
    f64v_where_less,
)
from ..core.symmetric_eigen cimport symmetric_eigen
from .model cimport Density
from .parameters cimport Parameters
from .row_classes cimport RowClasses
from .strip_pass cimport Strip

cdef extern from "<float.h>":
    const double DBL_MAX

cdef double LOG_2PI = 1.8378770664093454836

# Nats below the largest density of a row at which a density is less than rounding: 60 log 2, and
# the rounding of bounds.
cdef double NEGLIGIBLE_DEPTH = 41.7

# Share of the pairs of a row and a component that may matter, up to which rows are sorted, and
# share of the pairs of a strip and a component up to which they stay so.
cdef double MAX_SHARE_OF_ROWS = 0.125
cdef double MAX_SHARE_OF_STRIPS = 0.75

# Rows are sorted again if the share has grown by this factor, and by this number.
cdef double GROWTH_OF_SHARE = 1.3
cdef double GROWTH_IN_SHARE = 0.01

# Of the tables of a first pass, which are freed after it.
cdef double MAX_BYTES_OF_TABLES = 33554432

# Bounds are moved down by this share of them, for rounding in float32.
cdef float ROUNDING = 1e-6

# Larger distances are as good: their squares stay in the range of float32.
cdef double MAX_DISTANCE = 1e18

# Relative rounding of a product of matrices, for each feature.
cdef double RELATIVE_ROUNDING = 1e-14

# Squared distances of rows to their component that are usual: up to the number of features, this
# many standard deviations of such squares, and this number.
cdef double USUAL_DEVIATIONS = 4
cdef double USUAL_SQUARE = 8

# The least singular value is bounded by the Frobenius norm if that leaves this share of it.
cdef double MAX_DEVIATION = 0.1

cdef enum:
    MOST_LANES = 8
    ROWS_AT_A_TIME = 4
    ROWS_PER_LABEL = 256    # of a window, so that a strip has few labels
    PASSES_TO_REST = 8      # after which rows are looked at again, the first time


cdef class Candidates:
    """Which components may matter to which rows, from pass to pass of a run.

    Beyond the bounds it holds 8 bytes a row.

    Parameters
    ----------
    n_samples : int
    parameters : Parameters
        Of the mixture: their numbers are read in each pass.
    shard_bounds : ndarray of shape (n_shards + 1,), intp
        As for `Pass`.
    height : int
        Rows of a strip.
    """

    def __init__(
        self, Py_ssize_t n_samples, Parameters parameters not None,
        const Py_ssize_t[::1] shard_bounds not None, Py_ssize_t height,
    ):
        cdef Py_ssize_t s, K = parameters.n_components, d = parameters.n_features
        self.n_samples, self.n_components, self.n_features = n_samples, K, d
        self.height, self.n_shards = height, shard_bounds.shape[0] - 1
        self._shard_bounds = shard_bounds
        self._first_strips = np.zeros(self.n_shards + 1, dtype=np.intp)
        for s in range(self.n_shards):
            self._first_strips[s + 1] = self._first_strips[s] + (
                shard_bounds[s + 1] - shard_bounds[s] + height - 1
            ) // height
        self.n_strips = self._first_strips[self.n_shards]
        self._labels = np.empty(n_samples, dtype=np.int32)
        self._flags = np.zeros((self.n_shards, K), dtype=np.uint8)
        self._shifts = np.zeros(K, dtype=np.float32)
        self._shrinks = np.zeros(K, dtype=np.float32)
        self._normalisers, self._log_weights, self._doubled = Doubles(K), Doubles(K), Doubles(K)
        self.usual_square = d + USUAL_DEVIATIONS * sqrt(2.0 * d) + USUAL_SQUARE
        self._counts = Doubles(2 * self.n_shards)
        self._scratch = Doubles(3 * d * d + d)
        self._last = parameters.like_without_covariances()
        self.restart()

    cdef void restart(self) noexcept nogil:
        """Begin a run: nothing is known of its rows."""
        self.state, self.share, self.least_share, self.n_passes = LOOK, 1, 1, 0
        self.restarted = True

    # ------------------------------------------------------------------ a pass

    cdef int begin_pass(self, Parameters parameters, const int32_t** order) except -1 nogil:
        """Prepare a pass under parameters; writes the order of the rows, or NULL for theirs."""
        cdef Py_ssize_t k, d = self.n_features
        order[0] = NULL
        if self.state == REST:
            return 0
        for k in range(self.n_components):
            self._log_weights.at[k] = log(parameters.weights[k])
            self._normalisers.at[k] = -0.5 * d * LOG_2PI + (
                log_diagonal(parameters.factor(k), d) if parameters.n_columns == d
                else _sum_of_logs(parameters.factor(k), d)
            )
        if self.state == LOOK:
            self._last.copy_from(parameters)
            with gil:
                self._prepare_tables()
            return 0
        if self.state == SORT:
            with gil:
                self._sort()
            self.state, self.n_passes, self.least_share = SKIP, 0, 1
        self._measure_drift(parameters)
        self._last.copy_from(parameters)
        order[0] = &self._order[0]
        return 0

    cdef void clear(self, Py_ssize_t s) noexcept nogil:
        """Begin shard s."""
        self._counts.at[2 * s] = self._counts.at[2 * s + 1] = 0

    cdef void end_pass(self) noexcept nogil:
        """Choose what the next pass does, by the pairs that had to be evaluated in this one."""
        cdef Py_ssize_t s
        cdef double mattered = 0, looked_at = 0
        self.n_passes += 1
        if self.state == REST:
            if self.n_passes >= self.n_to_rest:
                self.restart()
            return
        for s in range(self.n_shards):
            mattered += self._counts.at[2 * s]
            looked_at += self._counts.at[2 * s + 1]
        self.share = mattered / looked_at if looked_at > 0 else 1
        if self.state == LOOK:
            self.state, self._has_table = SORT, self._tables is not None
            for s in range(self.n_shards):
                if self._is_declined[s]:
                    self._rest()
                    return
            if self._has_table:
                self._merge_tables()
            return
        if self.n_passes == 1:
            return
        if self.share > MAX_SHARE_OF_STRIPS and not self.never_rests:
            self._rest()
        elif self.share > GROWTH_OF_SHARE * self.least_share + GROWTH_IN_SHARE:
            self.state = SORT
        self.least_share = min(self.least_share, self.share)

    cdef void _rest(self) noexcept nogil:
        """Evaluate all components for some passes, each time for twice as many as before."""
        self.state, self.n_passes = REST, 0
        self.n_to_rest = max(PASSES_TO_REST, 2 * self.n_to_rest)

    # ------------------------------------------------------------------ a strip

    cdef void look(
        self, Py_ssize_t s, const Strip* strip, Density density, double log_noise
    ) noexcept nogil:
        """Label the rows of a strip by its log-densities, and note how far they are from others.

        A shard stops at its first strip if many of the components matter to the rows of this.
        """
        if strip.start == self._shard_bounds[s]:
            density.shared_terms(strip.features, strip.height, strip.spare)
            self._label(strip, self.n_components, log_noise)
            self._count(s, strip)
        elif not self._is_declined[s]:
            density.shared_terms(strip.features, strip.height, strip.spare)
            self._label(strip, self.n_components, log_noise)
        if self._tables is not None and not self._is_declined[s]:
            self._note_largest(strip, &self._tables[s, 0, 0])

    cdef void _count(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        """Count the pairs of a row and a component that matter in the first strip of a shard."""
        cdef Py_ssize_t i, k, v, mattered = 0, H = strip.height, L = F64_LANES
        cdef f64v depth = f64v_set(NEGLIGIBLE_DEPTH)
        for k in range(self.n_components):
            for v in range(H // L):
                i = v * L
                mattered += count_bits(f64v_lt_bits(
                    f64v_load(strip.spare + H + i) - depth, f64v_load(strip.resp + k * H + i)
                ))
        self._counts.at[2 * s] = mattered
        self._counts.at[2 * s + 1] = self.n_components * H
        self._is_declined[s] = not self.never_rests and (
            mattered > MAX_SHARE_OF_ROWS * self.n_components * H
        )

    cdef void _note_largest(
        self, const Strip* strip,
        float* table,               # INOUT (n_components, n_components) by label and component
    ) noexcept nogil:
        """Raise the largest log-densities of the rows of each label under each component."""
        cdef Py_ssize_t i = 0, j, k, H = strip.height, K = self.n_components
        cdef const double* column
        cdef float* rows[ROWS_AT_A_TIME]
        cdef double terms[ROWS_AT_A_TIME]
        cdef float value
        while i < strip.n:
            for j in range(ROWS_AT_A_TIME):
                # Rows far from their component have no part in the table, nor have rows behind
                # the last one: their numbers go to a line of their own.
                k = self._labels[strip.start + i + j] if i + j < strip.n else K
                rows[j] = table + min(k, K) * K
                terms[j] = strip.spare[i + j]
            for k in range(K):
                column = strip.resp + k * H + i
                for j in range(ROWS_AT_A_TIME):
                    value = <float>(column[j] + terms[j])
                    rows[j][k] = value if value > rows[j][k] else rows[j][k]
            i += ROWS_AT_A_TIME

    cdef Py_ssize_t evaluate(
        self, Py_ssize_t s, const Strip* strip, Density density, RowClasses classes,
        double log_noise,
    ) noexcept nogil:
        """Evaluate the components that may matter to a strip, in place of all.

        Their log-densities are written to ``strip.resp``, in the order that ``strip.which``
        receives; returns their number.
        """
        cdef Py_ssize_t i, n, n_own, first, H = strip.height, K = self.n_components
        cdef Py_ssize_t at = self._first_strips[s] + (
            strip.start - self._shard_bounds[s]
        ) // self.height
        cdef float* bounds = &self._bounds[at, 0]
        cdef unsigned char* flags = &self._flags[s, 0]
        cdef double least
        density.shared_terms(strip.features, H, strip.spare)
        memset(flags, 0, K)
        first = self._ranges[at, 0]
        for i in range(first, min(<Py_ssize_t>self._ranges[at, 1] + 1, first + K)):
            flags[i % K] = 1
        n_own = _list_flagged(flags, K, density.n_at_a_time, strip.which)
        self._evaluate(strip, 0, n_own, density, classes)
        least = self._find_best(strip, n_own, log_noise)
        self._flag(least, bounds, flags)
        self._keep(strip, 0, n_own, bounds)
        for i in range(n_own):
            flags[strip.which[i]] = 0
        n = n_own + _list_flagged(flags, K, density.n_at_a_time, strip.which + n_own)
        self._evaluate(strip, n_own, n, density, classes)
        self._keep(strip, n_own, n, bounds)
        self._label(strip, n, log_noise)
        self._counts.at[2 * s] = self._counts.at[2 * s] + n
        self._counts.at[2 * s + 1] = self._counts.at[2 * s + 1] + K
        return n

    cdef void _evaluate(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi, Density density, RowClasses classes
    ) noexcept nogil:
        """Write the log-densities of components lo..hi of the list, and their largest ones."""
        cdef Py_ssize_t i, H = strip.height
        if lo == hi:
            return
        density.log_densities(
            strip.features, H, strip.which + lo, hi - lo, strip.resp + lo * H
        )
        for i in range(lo, hi):
            strip.largest[i] = _largest(strip.resp + i * H, strip.spare, H)
        if classes is not None:
            classes.restrict(
                strip.start, strip.places, strip.n, H, strip.which + lo, hi - lo,
                strip.resp + lo * H, strip.log_prob,
            )

    cdef void _keep(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi,
        float* bounds,              # OUT  (n_components,)
    ) noexcept nogil:
        """Keep the distances to components lo..hi of the list, which were evaluated."""
        cdef Py_ssize_t i, k
        cdef double square
        for i in range(lo, hi):
            k = strip.which[i]
            square = 2 * (self._normalisers.at[k] + self._log_weights.at[k] - strip.largest[i])
            bounds[k] = 0
            if square > 0:  # not if it is not a number
                bounds[k] = <float>min(sqrt(square), MAX_DISTANCE) * (1 - ROUNDING)

    cdef void _flag(
        self, double least, float* bounds, unsigned char* flags
    ) noexcept nogil:
        """Move the bounds of a strip, and flag the components that may matter to it.

        `least` is the least of the largest log-densities of its rows.
        """
        cdef Py_ssize_t k
        cdef double limit = 2 * (NEGLIGIBLE_DEPTH - least)
        cdef const double* normalisers = self._doubled.at
        cdef const float* shifts = &self._shifts[0]
        cdef const float* shrinks = &self._shrinks[0]
        cdef float bound
        for k in range(self.n_components):
            bound = (bounds[k] - shifts[k]) * shrinks[k]
            bound = bound if bound > 0 else 0
            bounds[k] = bound
            flags[k] = not <double>bound * <double>bound > normalisers[k] + limit

    cdef double _find_best(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil:
        """Write the largest log-density of each row, noise included; returns the least of them."""
        cdef Py_ssize_t i, j, v, H = strip.height, L = F64_LANES
        cdef f64v best, least = f64v_set(DBL_MAX)
        for v in range(H // L):
            i = v * L
            best = f64v_set(max(log_noise, -DBL_MAX))
            for j in range(n_which):
                best = f64v_max(f64v_load(strip.resp + j * H + i), best)
            f64v_store(strip.spare + H + i, best)
            least = f64v_min(best + f64v_load(strip.spare + i), least)
        return _least_lane(least)

    cdef void _label(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil:
        """Label the rows of a strip by their largest log-densities, which are written too."""
        cdef Py_ssize_t i, j, k, v, H = strip.height, L = F64_LANES
        cdef f64v best, value, label
        cdef double square
        cdef double* bests = strip.spare + H
        cdef double* labels = bests + H
        for v in range(H // L):
            i = v * L
            best, label = f64v_set(-DBL_MAX), f64v_set(0)
            for j in range(n_which):
                value = f64v_load(strip.resp + j * H + i)
                label = f64v_where_less(best, value, f64v_set(<double>j), label)
                best = f64v_max(value, best)
            f64v_store(bests + i, f64v_max(best, f64v_set(log_noise)))
            f64v_store(labels + i, label)
        for i in range(strip.n):
            j = <Py_ssize_t>labels[i]
            k = strip.which[j]
            square = 2 * (
                self._normalisers.at[k] + self._log_weights.at[k] - strip.resp[j * H + i]
                - strip.spare[i]
            )
            self._labels[strip.start + i] = <int32_t>(
                k if square <= self.usual_square else k + self.n_components
            )

    # ------------------------------------------------------------------ between passes

    cdef int _prepare_tables(self) except -1:
        """Make room for the distances of rows of each label, unless there are too many labels."""
        cdef Py_ssize_t K = self.n_components
        self._tables = None
        self._is_declined = np.ones(self.n_shards, dtype=np.uint8)
        if 4.0 * self.n_shards * (K + 1) * K <= MAX_BYTES_OF_TABLES:
            self._tables = np.full((self.n_shards, K + 1, K), -np.inf, dtype=np.float32)
        return 0

    cdef void _merge_tables(self) noexcept nogil:
        """Turn the largest log-densities of all shards into distances, in the first table."""
        cdef Py_ssize_t s, a, k
        cdef double square
        cdef float* largest
        cdef const float* other
        for a in range(self.n_components):
            largest = &self._tables[0, a, 0]
            for s in range(1, self.n_shards):
                other = &self._tables[s, a, 0]
                for k in range(self.n_components):
                    largest[k] = other[k] if other[k] > largest[k] else largest[k]
            for k in range(self.n_components):
                square = 2 * (self._normalisers.at[k] + self._log_weights.at[k] - largest[k])
                largest[k] = 0
                if square > 0:
                    largest[k] = <float>min(sqrt(square), MAX_DISTANCE) * (1 - ROUNDING)
        for k in range(self.n_components):
            self._tables[0, self.n_components, k] = 0  # of rows far from their component

    cdef int _take_table(self, const int32_t[::1] places) except -1:
        """Bound the distances of each strip by the table: the least of the labels of its rows."""
        cdef Py_ssize_t s, i, k, label, last, t = -1
        cdef float* new
        cdef const float* row
        for s in range(self.n_shards):
            last = -1
            for i in range(self._shard_bounds[s], self._shard_bounds[s + 1]):
                label = min(<Py_ssize_t>self._labels[places[i]], self.n_components)
                if (i - self._shard_bounds[s]) % self.height == 0:
                    t, last = t + 1, -1
                if label == last:
                    continue
                new, row = &self._bounds[t, 0], &self._tables[0, label, 0]
                for k in range(self.n_components):
                    new[k] = row[k] if last < 0 or row[k] < new[k] else new[k]
                last = label
        return 0

    cdef int _sort(self) except -1:
        """Sort the rows by label within each window, in the order of their places."""
        cdef Py_ssize_t s = 0, end, lo, hi, i, key, n_keys = 2 * self.n_components
        cdef Py_ssize_t window = max(1, ROWS_PER_LABEL * self.n_components)
        cdef int32_t[::1] labels = self._labels
        places = np.empty(self.n_samples, dtype=np.int32)
        cdef int32_t[::1] to = places
        cdef Py_ssize_t[::1] starts = np.empty(n_keys + 1, dtype=np.intp)
        while s < self.n_shards:
            end = s + 1
            while end < self.n_shards and (
                self._shard_bounds[end] - self._shard_bounds[s] < window
                or self.n_samples - self._shard_bounds[end] < window
            ):
                end += 1
            lo, hi = self._shard_bounds[s], self._shard_bounds[end]
            starts[:] = 0
            for i in range(lo, hi):
                starts[labels[i] + 1] += 1
            starts[0] = lo
            for key in range(n_keys):
                starts[key + 1] += starts[key]
            for i in range(lo, hi):
                to[starts[labels[i]]] = <int32_t>i
                starts[labels[i]] += 1
            s = end
        self._label_strips(to)
        if self.restarted:
            self._bounds = np.zeros((self.n_strips, self.n_components), dtype=np.float32)
            self._order = places
            self.restarted = False
            if self._has_table:
                self._take_table(to)
            self._tables = None
            return 0
        self._inherit(to)
        self._order = np.asarray(self._order)[places]
        return 0

    cdef int _label_strips(self, const int32_t[::1] places) except -1:
        """Note the first and the last label of the rows that come to each strip."""
        cdef Py_ssize_t s, start, t = 0
        self._ranges = np.empty((self.n_strips, 2), dtype=np.int32)
        for s in range(self.n_shards):
            start = self._shard_bounds[s]
            while start < self._shard_bounds[s + 1]:
                self._ranges[t, 0] = self._labels[places[start]]
                start = min(start + self.height, self._shard_bounds[s + 1])
                self._ranges[t, 1] = self._labels[places[start - 1]]
                t += 1
        return 0

    cdef int _inherit(self, const int32_t[::1] places) except -1:
        """Bound the distances of each new strip by those of the strips that its rows come from."""
        cdef Py_ssize_t s, i, k, before, last = -1, t = -1, source = 0
        cdef Py_ssize_t[::1] strips = self._first_strips
        bounds = np.full((self.n_strips, self.n_components), MAX_DISTANCE, dtype=np.float32)
        cdef float[:, ::1] to = bounds
        cdef float* new
        cdef const float* old
        for s in range(self.n_shards):
            for i in range(self._shard_bounds[s], self._shard_bounds[s + 1]):
                if (i - self._shard_bounds[s]) % self.height == 0:
                    t, last = t + 1, -1
                while places[i] >= self._shard_bounds[source + 1]:
                    source += 1
                while places[i] < self._shard_bounds[source]:
                    source -= 1
                before = strips[source] + (places[i] - self._shard_bounds[source]) // self.height
                if before == last:
                    continue
                last, new, old = before, &to[t, 0], &self._bounds[before, 0]
                for k in range(self.n_components):
                    new[k] = old[k] if old[k] < new[k] else new[k]
        self._bounds = bounds
        return 0

    cdef int _measure_drift(self, Parameters parameters) except -1 nogil:
        """Find the two numbers that move the bounds of each component: see the module."""
        cdef Py_ssize_t i, j, k, d = self.n_features
        cdef bint is_matrix = parameters.n_columns == d
        cdef const double* P
        cdef const double* Q
        cdef const double* mean
        cdef double total, entry, shrink = 1
        for k in range(self.n_components):
            P, Q, mean = self._last.factor(k), parameters.factor(k), parameters.mean(k)
            total = 0
            for j in range(d):
                entry = 0
                if is_matrix:
                    for i in range(j + 1):
                        entry += (mean[i] - self._last.mean(k)[i]) * P[i * d + j]
                else:
                    entry = (mean[j] - self._last.mean(k)[j]) * P[j]
                total += entry * entry
            if k == 0 or parameters.n_matrices > 1:
                shrink = self._least_ratio(P, Q) if not is_matrix else self._shrink(P, Q)
            if not (total >= 0 and shrink > 0):  # or they are not numbers
                total, shrink = 0, 0
            self._shifts[k] = <float>(sqrt(total) * (1 + 2 * ROUNDING))
            self._shrinks[k] = <float>(shrink * (1 - 2 * ROUNDING))
            self._doubled.at[k] = 2 * self._normalisers.at[k]
            if not parameters.weights[k] > 0:
                self._doubled.at[k] = -INFINITY
        return 0

    cdef double _least_ratio(self, const double* before, const double* after) noexcept nogil:
        """Least ratio of the factors of independent features."""
        cdef Py_ssize_t j
        cdef double ratio, least = INFINITY
        for j in range(self.n_features):
            ratio = after[j] / before[j]
            if not ratio >= least:
                least = ratio
        return least

    cdef double _shrink(self, const double* before, const double* after) except? -1 nogil:
        """Lower bound of the least singular value of ``P^-1 Q``, of upper triangles P and Q.

        The product is near a multiple c of the identity: the least singular value is no less than
        c minus the Frobenius norm of the difference. If that is far less than c, it is computed.
        """
        cdef Py_ssize_t i, j, m, d = self.n_features
        cdef double* ratio = self._scratch.at
        cdef double* square = ratio + d * d
        cdef double* values = square + 2 * d * d
        cdef double entry, middle = 0, deviation = 0, largest = 0, least = INFINITY, rounding
        for j in range(d):
            for i in range(d - 1, -1, -1):
                entry = 0
                if i <= j:
                    entry = after[i * d + j]
                    for m in range(i + 1, j + 1):
                        entry -= before[i * d + m] * ratio[m * d + j]
                    entry /= before[i * (d + 1)]
                    largest = max(largest, fabs(before[i * d + j]))
                ratio[i * d + j] = entry
            middle += ratio[j * (d + 1)] / d
            least = min(least, before[j * (d + 1)])
        for i in range(d):
            for j in range(d):
                entry = ratio[i * d + j] - (middle if i == j else 0)
                deviation += entry * entry
        deviation = sqrt(deviation)
        rounding = RELATIVE_ROUNDING * d * largest / least
        if deviation <= MAX_DEVIATION * middle:
            return middle - deviation - rounding
        for i in range(d):
            for j in range(d):
                entry = 0
                for m in range(min(i, j) + 1):
                    entry += ratio[m * d + i] * ratio[m * d + j]
                square[i * d + j] = entry
        symmetric_eigen(square, d, values, square + d * d)
        least, largest = values[0], values[0]
        for j in range(d):
            least, largest = min(least, values[j]), max(largest, values[j])
        least -= RELATIVE_ROUNDING * d * largest
        return sqrt(least) - rounding if least > 0 else 0


cdef double _sum_of_logs(const double* numbers, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef double total = 0
    for i in range(n):
        total += log(numbers[i])
    return total


cdef Py_ssize_t _list_flagged(
    const unsigned char* flags, Py_ssize_t n_components, Py_ssize_t n_at_a_time,
    int32_t* which,             # OUT  (n_components,)
) noexcept nogil:
    """List the groups of components in which one is flagged; returns the length of the list."""
    cdef Py_ssize_t k, n = 0
    if n_at_a_time == 1:
        for k in range(n_components):
            if flags[k]:
                which[n] = <int32_t>k
                n += 1
        return n
    for k in range(0, n_components, 2):
        if flags[k] or (k + 1 < n_components and flags[k + 1]):
            which[n] = <int32_t>k
            n += 1
            if k + 1 < n_components:
                which[n] = <int32_t>(k + 1)
                n += 1
    return n


cdef double _largest(
    const double* log_density, const double* terms, Py_ssize_t height
) noexcept nogil:
    """The largest sum of two numbers of a row."""
    cdef Py_ssize_t v, i, L = F64_LANES
    cdef f64v largest = f64v_set(-INFINITY)
    cdef double lanes[MOST_LANES]
    for v in range(height // L):
        largest = f64v_max(f64v_load(log_density + v * L) + f64v_load(terms + v * L), largest)
    f64v_store(lanes, largest)
    for i in range(1, L):
        lanes[0] = max(lanes[0], lanes[i])
    return lanes[0]


cdef double _least_lane(f64v vector) noexcept nogil:
    cdef Py_ssize_t i
    cdef double lanes[MOST_LANES]
    f64v_store(lanes, vector)
    for i in range(1, F64_LANES):
        lanes[0] = min(lanes[0], lanes[i])
    return lanes[0]
