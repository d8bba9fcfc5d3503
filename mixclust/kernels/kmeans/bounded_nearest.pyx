"""Nearest centres with bounds: the tile measures only rows left open (Ding et al. 2015).

Each row has an upper bound on the distance to its centre and, for each of a few groups of centres,
a lower bound on the distance to the group's others. When centres move, bounds move with them; a
row with an upper bound below all its lower bounds keeps its label unread. The other rows, the open
ones, are collected in a compact list, and for each group only the rows that it may concern are
packed and measured by the tile.

Bounds are stored as they were made: the upper bound less the total distance that its centre had
moved until then, lower bounds plus the total distance of their group. So a pass writes the bounds
of open rows only. Distances are in units of the frame, and every rounding widens a bound.
"""
cimport cython
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

import numpy as np

from ..rows.rows cimport Blocks
from ..rows.squared_distance cimport squared_distance
from .island_nearest cimport IslandNearest
from .nearest_center cimport Tally, note_change
from .nearest_tile cimport nearest_panel, score_rounding
from ..rows.panels cimport panel_rows
from ..core.simd cimport (
    CACHE_LINE, F32_LANES, cache_line, f32v, f32v_load, f32v_min, f32v_set, f32v_store,
)

cdef enum:
    MAX_BOUND_GROUPS = 11   # with the upper bound, 48 bytes a row
    CHUNK_ROWS = 48         # rows that are tested at a time; their bounds are adjacent
    MAX_OPEN_FLOATS = 16384     # numbers of open rows that are collected before the tile runs


@cython.final
cdef class BoundedNearest(IslandNearest):
    """Finds the nearest centre of dense rows with bounds on distances, where they pay.

    Parameters
    ----------
    blocks, n_clusters, keep_panels
        As for `DenseNearest`.
    group_centers : callable
        ``group_centers(centers, n_groups)`` numbers groups of nearby centres from 0 on.
    always : bool
        Use bounds from the second pass on in any case. Otherwise they are begun once few
        rows change their centre, and given up while they leave too much open.
    """

    def __init__(
        self, Blocks blocks, Py_ssize_t n_clusters, bint keep_panels, group_centers, bint always,
    ):
        IslandNearest.__init__(self, blocks, n_clusters, keep_panels)
        self._group_centers = group_centers
        self._always = always
        self._upper = np.empty(0, dtype=np.float32)
        self._lower = np.empty((0, 0, CHUNK_ROWS), dtype=np.float32)
        self._plain_order = self._order

    # ------------------------------------------------------------------ when

    cdef int begin(self, const double[:, ::1] centers) except -1:
        IslandNearest.begin(self, centers)
        self._n_passes = 0
        self._enter_below = self.rows.n_samples // 4
        self._leave()
        return 0

    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil:
        """Begin with bounds, or give them up, by the counts of the last pass."""
        cdef double n_pairs = <double>self.rows.n_samples * self.n_clusters
        if self._n_passes == 0:
            pass
        elif self._active:
            # The pass that first fills the bounds measures everything; it is not judged.
            if self._n_copies or (
                not self._always and 2 * <double>n_measured > n_pairs
                and self._n_passes > self._filled_at
            ):
                self._enter_below = n_changed // 2
                with gil:
                    self._leave()
        elif self.islands.n == 0 and self._n_copies == 0 and (
            self._always or n_changed <= self._enter_below
        ):
            with gil:
                self._enter()
        self._n_passes += 1
        return 0

    cdef int _leave(self) except -1:
        if self._active:
            self._active = False
            self.block_rows = self.tile_rows
            self.set_order(self._plain_order)
        return 0

    cdef int _enter(self) except -1:
        """Group the centres, and begin with bounds that say nothing."""
        cdef Py_ssize_t g
        n_groups = max(1, min(MAX_BOUND_GROUPS, self.n_clusters // 8))
        groups = self._group_centers(np.asarray(self._centers), n_groups)
        self._n_bound_groups = groups.max() + 1
        order, begins = [], [0]
        for g in range(self._n_bound_groups):
            members = np.flatnonzero(groups == g).tolist()
            order += members + [-1] * ((4 - len(members) % 4) % 4)
            begins.append(len(order) // 4)
        self.set_order(np.array(order, dtype=np.intp))
        self._begins = np.array(begins, dtype=np.intp)
        self._group_of = groups
        n_chunks = (self.rows.n_samples + CHUNK_ROWS - 1) // CHUNK_ROWS
        if self._upper.shape[0] == 0:
            self._upper = np.empty(self.rows.n_samples, dtype=np.float32)
        if self._lower.shape[1] != self._n_bound_groups:
            self._lower = np.empty((n_chunks, self._n_bound_groups, CHUNK_ROWS), dtype=np.float32)
        self._upper[:] = INFINITY
        self._lower[:, :, :] = -INFINITY
        self._total_drift = np.zeros(self.n_clusters)
        self._total_group_drift = np.zeros(self._n_bound_groups)
        self._drift = np.zeros(self.n_clusters, dtype=np.float32)
        self._group_drift = np.zeros(self._n_bound_groups, dtype=np.float32)
        self._previous = np.array(self._centers)
        self._active = True
        self.block_rows = PY_SSIZE_T_MAX    # open rows are collected over as many as possible
        self._filled_at = self._n_passes + 1
        return 0

    cdef void _drop_copies(self) noexcept nogil:
        # Bounds hold for each centre by itself: copies may part later.
        if not self._active:
            IslandNearest._drop_copies(self)

    cdef void prepare(self) noexcept nogil:
        IslandNearest.prepare(self)
        if self._active:
            self._add_drift()

    cdef void _add_drift(self) noexcept nogil:
        """Add to the totals how far each centre, and the fastest of each group, has moved."""
        cdef Py_ssize_t g, k
        cdef double moved
        cdef double fastest[MAX_BOUND_GROUPS]
        for g in range(self._n_bound_groups):
            fastest[g] = 0
        for k in range(self.n_clusters):
            moved = squared_distance(
                &self._previous[k, 0], &self._centers[k, 0], self.n_features
            )
            moved = sqrt(moved) * self.frame.scale * (1 + 1e-12)
            self._total_drift[k] += moved
            self._drift[k] = round_up(self._total_drift[k])
            fastest[self._group_of[k]] = max(fastest[self._group_of[k]], moved)
        for g in range(self._n_bound_groups):
            self._total_group_drift[g] += fastest[g]
            self._group_drift[g] = round_up(self._total_group_drift[g])
        self._previous[:, :] = self._centers

    # ------------------------------------------------------------------ a pass with bounds

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        if self._active:
            return self._filter(start, start + n, labels, tally)
        return IslandNearest.assign(self, start, n, labels, tally, buffer)

    cdef int _filter(
        self, Py_ssize_t lo, Py_ssize_t hi, int32_t* labels, Tally* tally
    ) noexcept nogil:
        """Test the bounds of rows lo..hi, and measure the rows that they leave open."""
        cdef int failed = 0
        cdef Py_ssize_t i, t, n, q, r, m = 0, d = self.n_features, P = panel_rows()
        cdef Py_ssize_t asked[CHUNK_ROWS]
        cdef Py_ssize_t capacity = P * max(1, min(32, MAX_OPEN_FLOATS // (P * d)))
        cdef float lower[CHUNK_ROWS]
        cdef Open* rows = <Open*>malloc(capacity * sizeof(Open))
        cdef void* memory = malloc((capacity + P) * d * sizeof(float) + CACHE_LINE)
        cdef float* panel = <float*>cache_line(memory)
        cdef float* values = panel + P * d
        cdef Py_ssize_t* members = <Py_ssize_t*>malloc(capacity * sizeof(Py_ssize_t))
        cdef double* row = <double*>malloc(self.width * sizeof(double))
        if rows == NULL or memory == NULL or members == NULL or row == NULL:
            free(rows)
            free(memory)
            free(members)
            free(row)
            return -1
        i = lo
        while i < hi and not failed:
            n = min(CHUNK_ROWS, hi - i)
            self._least_lower(i // CHUNK_ROWS, lower)
            q = 0
            for t in range(n):
                asked[q] = t
                q += not self._bounded_by(i + t, labels[i + t]) < lower[t]
            for r in range(q):
                self.dense.prefetch_row(i + asked[r])
            for r in range(q):
                t = asked[r]
                m += self._open(i + t, labels[i + t], lower[t], &rows[m], values + m * d, row)
                if m == capacity:
                    failed = failed or self._close(
                        rows, m, values, panel, members, labels, tally, row
                    )
                    m = 0
            i += n
        failed = failed or self._close(rows, m, values, panel, members, labels, tally, row)
        free(rows)
        free(memory)
        free(members)
        free(row)
        return -1 if failed else 0

    cdef void _least_lower(self, Py_ssize_t chunk, float* least) noexcept nogil:
        """The smallest lower bound of each row of a chunk."""
        cdef Py_ssize_t g, t, L = F32_LANES
        cdef const float* lower = &self._lower[chunk, 0, 0]
        cdef f32v bound
        for t in range(CHUNK_ROWS // L):
            bound = f32v_load(lower + t * L) - f32v_set(self._group_drift[0])
            for g in range(1, self._n_bound_groups):
                bound = f32v_min(
                    f32v_load(lower + g * CHUNK_ROWS + t * L) - f32v_set(self._group_drift[g]),
                    bound,
                )
            f32v_store(least + t * L, bound)

    cdef float* _lower_of(self, Py_ssize_t i) noexcept nogil:
        """Where the lower bounds of row i are, CHUNK_ROWS apart."""
        return &self._lower[i // CHUNK_ROWS, 0, i % CHUNK_ROWS]

    cdef float _bounded_by(self, Py_ssize_t i, Py_ssize_t label) noexcept nogil:
        """The upper bound of row i now."""
        return <float>((self._upper[i] + self._drift[label]) * <float>(1 + 1e-6))

    cdef int _open(
        self, Py_ssize_t i, Py_ssize_t own, float lower, Open* open, float* values, double* row
    ) noexcept nogil:
        """Measure row i exactly; if it is still open, fill in `open` and return 1."""
        cdef Py_ssize_t g, j
        cdef double value, distance, square = 0
        cdef double scale = self.frame.scale, gamma = score_rounding(self.n_features)
        cdef const float* bounds = self._lower_of(i)
        cdef double norm, far
        cdef float reach
        self.rows.read_framed(self.frame, i, 1, row)
        distance = scale * sqrt(squared_distance(row, &self._framed[own, 0], self.width))
        self._upper[i] = round_up(distance * (1 + 1e-9) - self._total_drift[own])
        if self._bounded_by(i, own) < lower:
            return 0
        for j in range(self.n_features):
            value = row[j] * scale
            values[j] = <float>value
            square += value * value
        open.distance = distance
        open.groups = 0
        reach = round_up(distance)
        for g in range(self._n_bound_groups):
            # Which groups stay open is hard to predict: no branch.
            open.groups |= (bounds[g * CHUNK_ROWS] - self._group_drift[g] <= reach) << g
        open.i = i
        open.label = own
        open.square = square
        # Centres with a larger norm are farther away than three times the row's own.
        norm = sqrt(square)
        far = 1.25 * norm + 3 * distance
        open.beyond = far - norm if far < self._largest_norm else INFINITY
        far = min(far, self._largest_norm)
        # The rounding of scores; then that of `best`, which counts where all centres are at zero,
        # and of squared distances in float64, which leaves ties.
        open.error = gamma * far * (norm + far / 2) + 1e-30
        open.error += (self.n_features + 8) * 2.0 ** -52 * (distance * distance + square)
        open.best = (distance * distance - square) / 2
        open.second = INFINITY
        open.beside = INFINITY
        return 1

    cdef int _close(
        self, Open* rows, Py_ssize_t m, const float* values, float* panel, Py_ssize_t* members,
        int32_t* labels, Tally* tally, double* row,
    ) noexcept nogil:
        """Give every group the rows it may concern, then settle all m rows."""
        cdef Py_ssize_t g, n, r, P = panel_rows(), first
        for g in range(self._n_bound_groups):
            n = 0
            for r in range(m):
                members[n] = r
                n += rows[r].groups >> g & 1
            tally.n_measured += n * (self._begins[g + 1] - self._begins[g]) * 4
            first = 0
            while first < n:
                self._look(g, rows, members + first, min(P, n - first), values, panel, labels)
                first += P
        self._look_again_at_open(rows, m, values, panel, members, tally, row)
        for r in range(m):
            if self._settle_open(&rows[r], labels, tally, row) != 0:
                return -1
        return 0

    cdef void _look(
        self, Py_ssize_t g, Open* rows, const Py_ssize_t* members, Py_ssize_t n,
        const float* values, float* panel, const int32_t* labels,
    ) noexcept nogil:
        """Measure up to a panel of open rows against group g of the centres."""
        cdef Py_ssize_t j, t, P = panel_rows(), d = self.n_features, found
        cdef float best[64]
        cdef float second[64]
        cdef float index[64]
        cdef const float* from_row
        cdef Open* open
        for t in range(P):
            best[t] = INFINITY
            second[t] = INFINITY
            index[t] = 0
            from_row = values + members[min(t, n - 1)] * d
            for j in range(d):
                panel[j * P + t] = from_row[j]
        nearest_panel(
            panel, d, &self._packed[0], &self._half_norms[0],
            self._begins[g], self._begins[g + 1], best, second, index,
        )
        for t in range(n):
            open = &rows[members[t]]
            found = self._order[<Py_ssize_t>index[t]]
            if found == labels[open.i]:
                # The group's nearest is the row's own centre, which is known better already.
                self._set_lower(g, open, second[t])
                open.second = min(open.second, second[t])
                continue
            self._set_lower(g, open, best[t])
            if best[t] < open.best:
                open.second = min(open.best, second[t])
                open.best = best[t]
                open.beside = second[t]
                open.label = found
            else:
                open.second = min(open.second, best[t])

    cdef void _set_lower(self, Py_ssize_t g, Open* open, double score) noexcept nogil:
        """Keep the distance that belongs to a score, less its error, as group g's bound."""
        # A group without another centre has no score: its bound is merely large.
        cdef double square = open.square + 2 * (min(score, 1e30) - open.error)
        cdef double bound = min(sqrt(max(0.0, square)), open.beyond) * (1 - 1e-9)
        bound += self._total_group_drift[g]
        self._lower_of(open.i)[g * CHUNK_ROWS] = round_down(bound)

    cdef void _look_again_at_open(
        self, Open* rows, Py_ssize_t m, const float* values, float* panel, Py_ssize_t* members,
        Tally* tally, double* row,
    ) noexcept nogil:
        """Decide the centres of rows with scores too close for float32."""
        cdef Py_ssize_t r, t, j, n, n_open = 0, lo = 0, L = F32_LANES, d = self.n_features
        cdef float bars[16]
        cdef float found[16]
        cdef Py_ssize_t numbers[16]
        cdef Open* open
        for r in range(m):
            members[n_open] = r
            # The comparison is also false for NaN.
            rows[r].certain = rows[r].second - rows[r].best > 2 * rows[r].error
            n_open += not rows[r].certain
        while lo < n_open:
            n = min(L, n_open - lo)
            for t in range(n):
                open = &rows[members[lo + t]]
                bars[t] = round_up(open.best + 2 * open.error)
                numbers[t] = open.i
                for j in range(d):
                    panel[j * L + t] = values[members[lo + t] * d + j]
            self.decide_vector(
                &self._packed_centers, n, numbers, bars, panel, found, tally, row
            )
            for t in range(n):
                rows[members[lo + t]].label = <Py_ssize_t>found[t]
            lo += n

    cdef int _settle_open(
        self, Open* open, int32_t* labels, Tally* tally, double* row
    ) noexcept nogil:
        """Write the label of an open row, and set its bounds for that label."""
        cdef Py_ssize_t i = open.i, old = labels[i], label = open.label
        cdef Py_ssize_t from_group = self._group_of[old], group
        cdef double distance
        cdef float* bound = self._lower_of(i) + from_group * CHUNK_ROWS
        if label == old:
            return 0
        group = self._group_of[label]
        if open.certain:
            self._set_lower(group, open, open.beside)
            distance = sqrt(max(0.0, open.square + 2 * (open.best + open.error)))
        else:
            self.rows.read_framed(self.frame, i, 1, row)
            distance = self.frame.scale * sqrt(
                squared_distance(row, &self._framed[label, 0], self.width)
            )
        if group != from_group or not open.certain:
            # The old centre is now one of its group's others.
            bound[0] = min(
                bound[0],
                round_down(open.distance * (1 - 1e-9) + self._total_group_drift[from_group]),
            )
        self._upper[i] = round_up(distance * (1 + 1e-9) - self._total_drift[label])
        labels[i] = <int32_t>label
        return note_change(tally, i, <int32_t>old)
