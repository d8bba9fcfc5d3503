"""Greedy k-means++: every trial of a step in one pass over the rows that can change.

The draws are the same as scikit-learn's, taken from one stream of uniform numbers, so that the
same seed picks the same rows. Distances are sums of squared differences in float64.

A row keeps its nearest seed as long as every candidate is at least twice as far from that seed as
the row is (Raff 2021), so it is not even read. A subclass screens the other rows and measures each
row that some trial may bring nearer. Rows that it does are listed (`TrialLists`), or else noted in
one byte, so that only the rows of the candidate that is chosen are read again.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from ..rows.panels cimport panel_rows
from ..core.passes cimport Pass
from ..rows.rows cimport Rows
from .screen cimport measure_reach
from .trial_lists cimport TrialLists
from ..core.simd cimport (
    CACHE_LINE, F64_LANES, cache_line, count_bits, f64v, f64v_load, f64v_lt_bits, f64v_max,
    f64v_set, f64v_store, lowest_flag,
)

cdef enum:
    MAX_SERIAL_MULTIPLY_ADDS = 1500000  # done in less time than it takes to wake a thread
    AHEAD_ROWS = 256   # rows between the one that is read and the one that is prefetched
    OPEN_ROWS = 32  # rows that are prefetched before as many others are measured
    MIN_PRUNED_SHARE = 32   # one row in so many must keep its seed unread, or else fewer steps
    PRUNED_STEP = 4         # look: one in so many
    NOTE_BITS = 8   # of a row's note; further trials share them: read more, lose none


cdef class GreedySeeding(Pass):
    """The state of one seeding: each row's squared distance to its nearest seed, and which it is.

    A subclass measures the rows.

    Parameters
    ----------
    rows : Rows
        Distances are kept in their dtype.
    shard_bounds, map_tasks
        As for `Pass`.
    n_clusters, n_trials : int
    keeps_notes : bool
        Whether rows have notes of their trials and the numbers of their nearest seeds.
    keeps_lists : bool
        Whether the rows that trials bring nearer are listed too (7 bytes a row).
    """

    def __init__(
        self, Rows rows, shard_bounds, Py_ssize_t n_clusters, Py_ssize_t n_trials, map_tasks,
        bint keeps_notes=True, bint keeps_lists=False,
    ):
        cdef Py_ssize_t d = rows.n_features, n = rows.n_samples
        if not 1 <= n_clusters or not 1 <= n_trials:
            raise ValueError("seeding needs a cluster and a trial")
        Pass.__init__(self, n, shard_bounds, map_tasks)
        self.n_features = d
        self.is_double = rows.is_double
        self.rows = rows
        self.weights = rows.weights
        self.prune = keeps_notes
        self.buffer_size = 0
        self.clears_buffer = False
        self.n_clusters = n_clusters
        self.n_trials = n_trials
        self.lanes = (n_trials + F64_LANES - 1) // F64_LANES * F64_LANES
        self._seeds = np.empty((n_clusters, d))
        self._trials = np.empty((self.lanes, d))
        self._columns = np.empty(self.lanes * d)
        self._gains = np.empty((self.n_shards, self.lanes))
        self._totals = np.empty(self.n_shards)
        self._pieces = np.empty((n + PIECE_ROWS - 1) // PIECE_ROWS)
        if rows.is_double:
            self._closest_double = np.empty(n)
        else:
            self._closest_float = np.empty(n, dtype=np.float32)
        if keeps_notes:
            self._reach = np.empty(n_clusters)
            self._nearest = np.empty(n, dtype=np.int32)
            self._notes = np.zeros((n + 7) // 8, dtype=np.uint64)
            self._prunes = np.ones(self.n_shards, dtype=np.uint8)
        self.lists = TrialLists(shard_bounds, n_trials, keeps_lists)
        self._trial_rows = np.empty(n_trials, dtype=np.intp)

    cpdef run(
        self, const double[::1] uniforms, Py_ssize_t[::1] indices, const double[:, ::1] given=None
    ):
        """Choose the seeds.

        Parameters
        ----------
        uniforms : ndarray of float64
            Draws from [0, 1) as they are used: `n_trials` a seed, but 1 for the first of all.
        indices : ndarray of shape (n_clusters - n_given,), intp
            OUT: the rows chosen.
        given : ndarray of shape (n_given, n_features), float64, or None
            The first seeds, fewer than `n_clusters`, which no draw chooses.
        """
        cdef Py_ssize_t n_given = 0 if given is None else given.shape[0]
        cdef Py_ssize_t n_free = self.n_clusters - n_given, n_first = n_given == 0
        if n_given and (n_free < 1 or given.shape[1] != self.n_features):
            raise ValueError("given must have fewer rows than clusters, and the features of X")
        if uniforms.shape[0] != n_first + (n_free - n_first) * self.n_trials:
            raise ValueError("uniforms must hold 1 + (n_clusters - 1) * n_trials draws")
        if indices.shape[0] != n_free or self.n_samples < 1:
            raise ValueError("indices must have shape (n_clusters,), and there must be rows")
        with nogil:
            self._run(&uniforms[0], &indices[0], n_given, &given[0, 0] if n_given else NULL)

    cdef int _run(
        self, const double* uniforms, Py_ssize_t* indices, Py_ssize_t n_given, const double* given
    ) except -1 nogil:
        cdef Py_ssize_t c
        for c in range(self.n_clusters):
            if c < n_given:
                self.add_seed(c, given + c * self.n_features, -1)
            elif c:
                self.draw_trials(uniforms)
                self._mode = TRY
                self.map_shards()
                self._chosen = self._best_trial()
                indices[0] = self._trial_rows[self._chosen]
            else:
                indices[0] = self._first_row(uniforms[0])
            if c >= n_given:
                self.add_seed(c, NULL, indices[0])
                uniforms += self.n_trials if c else 1
                indices += 1
            self._mode = FIRST if c == 0 else JOIN if c < n_given else KEEP
            self.update_shards()
        return 0

    cdef int update_shards(self) except -1 nogil:
        """Update all shards, in this thread where that is faster than waking others."""
        # The newest of c seeds takes about one in c rows, which are read from anywhere.
        cdef Py_ssize_t s, work = self.n_samples * (2 + 4 * self.n_features // self.n_seeds)
        if self.lists.lists_after(self.n_seeds - 1):
            work = 2 * self.lists.n_unlisted_rows()
        if self._mode != KEEP or work > MAX_SERIAL_MULTIPLY_ADDS:
            return self.map_shards()
        for s in range(self.n_shards):
            self.run_shard(s)
        return 0

    # ------------------------------------------------------------------ rows

    cdef double distance_to_newest(self, Py_ssize_t i, double* buffer) noexcept nogil:
        """Squared distance of row i to the newest seed."""
        return 0

    cdef void first_look(self, Py_ssize_t lo, Py_ssize_t hi, double* buffer) noexcept nogil:
        """Prepare rows lo..hi for later steps."""

    cdef void prefetch_row(self, Py_ssize_t i) noexcept nogil:
        """Let row i, which will be measured, come to the cache."""

    cdef uint64_t screen(
        self,
        Py_ssize_t i,               # first of the rows, a multiple of `panel_rows`
        Py_ssize_t n,               # 1 .. panel_rows
        uint64_t wanted,            # a bit for each of them that is wanted
        double* buffer,             # (buffer_size,)
    ) noexcept nogil:
        """Which of the rows that are wanted some trial may bring nearer."""
        return wanted

    cdef void distances_to_trials(
        self,
        const Py_ssize_t* indices,  # IN   (n,) rows wanted
        Py_ssize_t n,               # 1 .. 8
        double* buffer,             # (buffer_size,) zeros at first if `clears_buffer`
        double* distances,          # OUT  (lanes / F64_LANES, 8, F64_LANES)
    ) noexcept nogil:
        """Squared distances of up to eight rows to the trials."""

    # ------------------------------------------------------------------ draws

    cdef Py_ssize_t _first_row(self, double uniform) noexcept nogil:
        """``choice(n_samples, p=weights / sum)`` with one uniform draw."""
        cdef Py_ssize_t i, last = 0
        cdef double total = 0, running = 0
        for i in range(self.n_samples):
            total += self._weight(i)
        for i in range(self.n_samples):
            if self._weight(i) > 0:
                last = i
                running += self._weight(i)
                if running > uniform * total:
                    return i
        return last

    cdef void draw_trials(self, const double* uniforms) noexcept nogil:
        """Draw rows with probability proportional to weight times squared distance."""
        cdef Py_ssize_t j, s, t, d = self.n_features
        cdef double potential = 0
        cdef bint prune
        for s in range(self.n_shards):
            potential += self._totals[s]
        for t in range(self.n_trials):
            self._trial_rows[t] = self._locate(uniforms[t] * potential)
            self.rows.read_plain(self._trial_rows[t], 1, &self._trials[t, 0])
        for t in range(self.lanes):
            for j in range(d):
                self._columns[j * self.lanes + t] = self._trials[min(t, self.n_trials - 1), j]
        if self.prune:
            prune = self.n_seeds % PRUNED_STEP == 0
            for s in range(self.n_shards):
                prune = prune or self._prunes[s]
            if prune:
                measure_reach(
                    &self._seeds[0, 0], self.n_seeds, &self._columns[0], self.lanes, d,
                    &self._reach[0],
                )

    cdef Py_ssize_t _locate(self, double target) noexcept nogil:
        """First row at which the running sum of weight times squared distance reaches `target`."""
        cdef Py_ssize_t i, last = 0, s = 0, piece, end
        cdef double running = 0
        while s < self.n_shards - 1 and running + self._totals[s] < target:
            running += self._totals[s]
            s += 1
        piece, end = self._bounds[s] // PIECE_ROWS, (self._bounds[s + 1] - 1) // PIECE_ROWS
        while piece < end and running + self._pieces[piece] < target:
            running += self._pieces[piece]
            piece += 1
        for i in range(piece * PIECE_ROWS, self._bounds[self.n_shards]):
            if self._weight(i) > 0:
                last = i
                running += self._weight(i) * self._closest(i)
                if running >= target:
                    return i
        return last

    cdef Py_ssize_t _best_trial(self) noexcept nogil:
        """The candidate of least potential; the first of equals."""
        cdef Py_ssize_t s, t, best = 0
        cdef double smallest = INFINITY, gain, before = 0
        for s in range(self.n_shards):
            before += self._totals[s]
        for t in range(self.n_trials):
            gain = 0
            for s in range(self.n_shards):
                gain += self._gains[s, t]
            if before - gain < smallest:
                smallest = before - gain
                best = t
        return best

    cdef void add_seed(self, Py_ssize_t c, const double* given, Py_ssize_t i) noexcept nogil:
        """Make a given point, or row i, the newest seed."""
        if given == NULL:
            self.rows.read_plain(i, 1, &self._seeds[c, 0])
        else:
            memcpy(&self._seeds[c, 0], given, self.n_features * sizeof(double))
        self.n_seeds = c + 1

    # ------------------------------------------------------------------ passes

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        if self._mode == TRY:
            memset(&self._gains[s, 0], 0, self.lanes * sizeof(double))
            self.lists.begin(s, self.n_seeds)
        else:
            self._totals[s] = 0

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        cdef Py_ssize_t n_numbers = 8 * self.lanes + self.buffer_size
        cdef void* memory = malloc(n_numbers * sizeof(double) + CACHE_LINE)
        cdef double* buffer = <double*>cache_line(memory)
        if memory == NULL:
            return -1
        if self.clears_buffer:
            memset(buffer, 0, n_numbers * sizeof(double))
        self.process_rows(s, lo, hi, buffer)
        free(memory)
        return 0

    cdef void process_rows(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil:
        """Run the current pass over rows lo..hi of shard s."""
        if self._mode == TRY:
            self._try(s, lo, hi, buffer)
        else:
            if self._mode == FIRST:
                self.first_look(lo, hi, buffer)
            self._keep(s, lo, hi, buffer)

    cdef void _try(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer) noexcept nogil:
        """Add up the gain of each candidate over rows lo..hi."""
        cdef Py_ssize_t i = lo, n, n_open = 0, n_pruned = 0, P = panel_rows()
        cdef Py_ssize_t open[2 * OPEN_ROWS]
        cdef uint64_t wanted
        cdef bint prune = self.prune and (self._prunes[s] or self.n_seeds % PRUNED_STEP == 0)
        memset(self._note(lo), 0, hi - lo)
        while i < hi:
            n = min(P, hi - i)
            wanted = (<uint64_t>1 << n) - 1
            if prune:
                wanted = self._within_reach(i, n)
                n_pruned += n - count_bits(wanted)
            if wanted:
                wanted = self.screen(i, n, wanted, buffer)
            while wanted:
                open[n_open] = i + lowest_flag(wanted)
                self.prefetch_row(open[n_open])
                wanted &= wanted - 1
                n_open += 1
                if n_open == 2 * OPEN_ROWS:     # the later half is still on its way
                    self._try_all(s, open, OPEN_ROWS, buffer)
                    memcpy(open, open + OPEN_ROWS, OPEN_ROWS * sizeof(Py_ssize_t))
                    n_open = OPEN_ROWS
            i += n
        self._try_all(s, open, n_open, buffer)
        if prune:
            self._prunes[s] = MIN_PRUNED_SHARE * n_pruned >= hi - lo

    cdef uint64_t _within_reach(self, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
        """A bit for each of n rows from row i on that some candidate lies near enough to."""
        cdef Py_ssize_t r
        cdef uint64_t found = 0
        cdef const double* reach = &self._reach[0]
        cdef const int32_t* nearest = &self._nearest[i]
        for r in range(n):
            found |= <uint64_t>(not reach[nearest[r]] >= self._closest(i + r)) << r
        return found

    cdef void _try_all(
        self, Py_ssize_t s, const Py_ssize_t* open, Py_ssize_t n_open, double* buffer
    ) noexcept nogil:
        cdef Py_ssize_t r = 0
        while r < n_open:
            self._try_eight(s, open + r, min(8, n_open - r), buffer)
            r += 8

    cdef void _try_eight(
        self, Py_ssize_t s, const Py_ssize_t* open, Py_ssize_t n_open, double* buffer
    ) noexcept nogil:
        cdef Py_ssize_t L = F64_LANES, r, v
        cdef double* distances = buffer + self.buffer_size
        cdef f64v gain, distance, closest
        cdef int better
        self.distances_to_trials(open, n_open, buffer, distances)
        for v in range(self.lanes // L):
            gain = f64v_load(&self._gains[s, v * L])
            for r in range(n_open):
                closest = f64v_set(self._closest(open[r]))
                distance = f64v_load(distances + (v * 8 + r) * L)
                better = f64v_lt_bits(distance, closest)
                self._note(open[r])[0] |= <uint8_t>(better << (v * L % NOTE_BITS))
                if better and self.lists.counts[s] >= 0:
                    self.lists.add(s, open[r], v * L, better, distances + (v * 8 + r) * L)
                gain = gain + f64v_set(self._weight(open[r])) * f64v_max(
                    closest - distance, f64v_set(0)
                )
            f64v_store(&self._gains[s, v * L], gain)

    cdef void _keep_listed(self, Py_ssize_t s) noexcept nogil:
        """Let the newest seed take the rows of shard s that were listed for it."""
        cdef Py_ssize_t q, i, piece = -1, begin = self.lists.first(s)
        for q in range(begin, begin + self.lists.counts[s]):
            if self.lists.trials[q] != self._chosen:
                continue
            i = self._bounds[s] + self.lists.rows[q]
            if i // PIECE_ROWS != piece and piece >= 0:
                self.sum_piece(piece)
            piece = i // PIECE_ROWS
            self._set_closest(i, self.lists.distances[q])
            self._nearest[i] = <int32_t>(self.n_seeds - 1)
        if piece >= 0:
            self.sum_piece(piece)

    cdef void _keep(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil:
        """Let the newest seed take the rows it is nearest to, and add up the distances after it."""
        cdef Py_ssize_t i = lo, end
        if self._mode == KEEP and self.lists.counts[s] >= 0:
            if lo == self._bounds[s]:
                self._keep_listed(s)
            i = hi
        while i < hi:
            end = min(i + PIECE_ROWS, hi)
            if self._keep_piece(i, end, hi, buffer):
                self.sum_piece(i // PIECE_ROWS)
            i = end
        self.add_pieces(s, lo, hi)

    cdef bint _keep_piece(
        self, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t last, double* buffer
    ) noexcept nogil:
        """Let the newest seed take rows of lo..hi, and ask for rows up to `last` ahead; returns
        whether there were any to look at."""
        cdef Py_ssize_t i = lo, r, n
        cdef uint64_t mask = <uint64_t>0x0101010101010101 << (self._chosen % NOTE_BITS)
        cdef double distance
        cdef bint first = self._mode == FIRST, every = self._mode != KEEP, found = every
        while i < hi:
            n = min(8, hi - i)
            if not every and i + AHEAD_ROWS < last and self._notes[(i + AHEAD_ROWS) // 8] & mask:
                for r in range(i + AHEAD_ROWS, min(i + AHEAD_ROWS + 8, last)):
                    if self._note(r)[0] & <uint8_t>mask:
                        self.prefetch_row(r)
            if every or self._notes[i // 8] & mask:
                found = True
                for r in range(i, i + n):
                    if not every and not self._note(r)[0] & <uint8_t>mask:
                        continue
                    distance = self.distance_to_newest(r, buffer)
                    if first or distance < self._closest(r):
                        self._set_closest(r, distance)
                        self._nearest[r] = <int32_t>(self.n_seeds - 1)
            i += 8
        return found
