"""A k-means problem and its runs: assign rows, sum them by centre, move the centres.

`Lloyd` owns the buffers of a problem, for any number of runs from different starts, and repeats
one pass to convergence without the GIL. What the rows are kept in, and how the nearest centre is
found, is a subclass's business. The centres that a run returns are numbers of X's own dtype, and
labels, inertia and centres agree with each other strictly.

Sums are added up in full while many rows change their centre; later only the rows that do are
moved from one sum to another. How many rows a cluster holds is counted in integers, so that an
empty one is known whatever the weights.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t

import numpy as np

from ..rows.squared_distance cimport squared_distance
from ..rows.panels cimport padded_width
from ..core.passes cimport Pass
from ..rows.frame cimport Frame, check_frame
from ..rows.rows cimport Rows


cdef enum:
    FEW_NUMBERS = 32768     # data of up to so many are always added up in full
    SLICE_ROWS = 262144     # rows of a slice of sums, tens of milliseconds, between two looks


cdef class Lloyd(Pass):
    """A k-means problem: what its runs share.

    Parameters
    ----------
    rows : Rows
    frame : Frame
        By which every pass reads the rows.
    n_clusters : int
    shard_bounds, map_tasks
        As for `Pass`.
    n_sum_slices : int
        0: every shard has sums of its own, merged in shard order. Otherwise one table of sums,
        filled by a second pass over this many slices of the clusters: for sums too large to have
        once a shard.
    """

    def __init__(
        self, Rows rows, Frame frame, Py_ssize_t n_clusters, shard_bounds, map_tasks,
        Py_ssize_t n_sum_slices,
    ):
        if n_clusters < 1:
            raise ValueError("a k-means problem needs a cluster")
        check_frame(frame, rows.n_features)
        Pass.__init__(self, rows.n_samples, shard_bounds, map_tasks)
        self.n_clusters = n_clusters
        self.rows = rows
        self.frame = frame
        self.n_features = frame.n_features
        self.width = padded_width(frame.n_features)
        self.n_sum_slices = n_sum_slices
        self._round_to_float = not rows.is_double
        self._framed = np.zeros((n_clusters, self.width))
        n_tables = 1 if n_sum_slices else self.n_shards
        self._tables = np.zeros((n_tables, n_clusters, self.width))
        self._table_counts = np.zeros((n_tables, n_clusters), dtype=np.intp)
        self._sums = np.zeros((n_clusters, self.width))
        self._counts = np.zeros(n_clusters, dtype=np.intp)
        self._inertia = np.zeros(self.n_shards)
        self._n_changed = np.zeros(self.n_shards, dtype=np.intp)
        self._n_decided = np.zeros(self.n_shards, dtype=np.intp)
        self._n_lost = np.zeros(self.n_shards, dtype=np.intp)

    # ------------------------------------------------------------------ a run

    def run(
        self, double[:, ::1] centers, int32_t[::1] labels, Py_ssize_t max_iter, double tol,
        report=None,
    ):
        """Iterate to convergence.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
            IN the start, OUT the centres found.
        labels : ndarray of shape (n_samples,), int32
            OUT.
        max_iter : int
        tol : float
            Squared units of X: stop when the centres' squared shifts add up to no more.
        report : callable or None
            ``report(iteration, inertia, shift, centers)`` after every iteration, with the centres
            themselves; true ends the run.

        Returns
        -------
        inertia : float
        n_iter : int
        """
        cdef double inertia
        cdef bint verbose = report is not None
        self._begin(centers, labels)
        with nogil:
            inertia = self._run(max_iter, tol, verbose, <void*>report)
        return inertia, self.n_iter

    def label(self, centers, int32_t[::1] labels, bint measure=True):
        """Write every row's nearest centre to `labels`; returns the inertia if told to `measure`
        it, else zero. Centres are not changed and may be read-only."""
        if not centers.flags.writeable:
            centers = centers.copy()  # a pass keeps a view of what `run` would change
        self._begin(centers, labels)
        with nogil:
            self.one_pass(ASSIGN | INERTIA if measure else ASSIGN)
        return self._total_inertia()

    cdef void _begin(self, double[:, ::1] centers, int32_t[::1] labels) except *:
        if centers.shape[0] != self.n_clusters or centers.shape[1] != self.n_features:
            raise ValueError("centers must have shape (n_clusters, n_features)")
        if labels.shape[0] != self.n_samples:
            raise ValueError("labels must have shape (n_samples,)")
        self._centers = centers
        self._labels = labels
        self.n_refilled = 0
        labels[:] = -1

    cdef double _run(
        self, Py_ssize_t max_iter, double tol, bint verbose, void* report
    ) except? -1 nogil:
        cdef Py_ssize_t n_changed, n_refilled
        cdef double shift
        cdef bint settled = False, stopped = False, last
        cdef int sum_mode = SUM
        self.n_iter = 0
        while self.n_iter < max_iter:
            self.one_pass(ASSIGN | sum_mode | (INERTIA if verbose else 0))
            shift = self.move_centers()
            if verbose:
                with gil:
                    stopped = (<object>report)(
                        self.n_iter, self._total_inertia(), shift, np.asarray(self._centers)
                    )
            self.n_iter += 1
            n_changed = self._total_changed()
            settled = n_changed == 0 and shift == 0
            if n_changed == 0 or shift <= tol or stopped:
                break
            # What was moved in and out of a sum has cost it digits: the last sums are full ones.
            last = self.n_iter + 1 == max_iter
            sum_mode = MOVE if self._worth_moving(n_changed) and not last else SUM
        if sum_mode == MOVE:
            n_refilled = self.n_refilled
            self.one_pass(SUM)
            settled = self.move_centers() == 0 and settled
            self.n_refilled = n_refilled
        # Settled labels were found under these very centres.
        self.one_pass(INERTIA if settled else ASSIGN | INERTIA)
        return self._total_inertia()

    cdef bint _worth_moving(self, Py_ssize_t n_changed) noexcept nogil:
        """Whether rows change so seldom that moving them is less work than adding up anew."""
        return (
            2 * n_changed < self.n_samples and not self.n_sum_slices
            and self.n_samples * self.n_features > FEW_NUMBERS
        )

    cdef Py_ssize_t _total_changed(self) noexcept nogil:
        cdef Py_ssize_t s, total = 0
        for s in range(self.n_shards):
            total += self._n_changed[s]
        return total

    cdef double _total_inertia(self) noexcept nogil:
        cdef Py_ssize_t s
        cdef double total = 0
        for s in range(self.n_shards):
            total += self._inertia[s]
        return total

    @property
    def n_decided(self):
        """Rows of the last pass that float32 could not decide and float64 did."""
        return sum(self._n_decided)

    @property
    def n_lost(self):
        """Rows of the last pass whose distances are not finite: NaN, infinity, or too far away."""
        return sum(self._n_lost)

    # ------------------------------------------------------------------ a pass

    cdef int one_pass(self, int mode) except -1 nogil:
        """Run a pass over all shards, and over the slices of the sums where they are too large."""
        cdef Py_ssize_t s
        self._mode = mode
        self.prepare()
        self.map_shards()
        if mode & SUM and self.n_sum_slices:
            if self._map is None:
                for s in range(self.n_sum_slices):
                    self.sum_slice(s)
            else:
                with gil:
                    self._map(self.sum_slice_task, self.n_sum_slices)
        return 0

    def sum_slice_task(self, Py_ssize_t s):
        """Fill the s-th slice of the sums, in the calling thread."""
        with nogil:
            self.sum_slice(s)

    cdef void prepare(self) noexcept nogil:
        """Make ready what a pass needs of the centres; here, what distances need."""
        cdef Py_ssize_t j, k
        for k in range(self.n_clusters):
            for j in range(self.n_features):
                self._framed[k, j] = self._centers[k, j] - self.frame.shift[j]
            self._framed[k, self.n_features] = 1.0  # as in a block: adds nothing to a distance

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        cdef Py_ssize_t k, j
        self._inertia[s] = 0
        if self._mode & ASSIGN:
            self._n_changed[s] = 0
            self._n_decided[s] = 0
            self._n_lost[s] = 0
        if self._mode & SUM and not self.n_sum_slices:
            for k in range(self.n_clusters):
                self._table_counts[s, k] = 0
                for j in range(self.width):
                    self._tables[s, k, j] = 0

    cdef void move_row(self, Py_ssize_t s, Py_ssize_t i, int32_t old, double* row) noexcept nogil:
        """Take row i, which has another label now, from one sum to the other."""
        cdef Py_ssize_t j
        cdef double weight = self.rows.weight(i)
        cdef double* source = &self._tables[s, old, 0]
        cdef double* target = &self._tables[s, self._labels[i], 0]
        self.rows.read_framed(self.frame, i, 1, row)
        for j in range(self.width):
            source[j] -= weight * row[j]
            target[j] += weight * row[j]
        self._table_counts[s, old] -= weight > 0
        self._table_counts[s, self._labels[i]] += weight > 0

    cdef double row_distance(self, Py_ssize_t i, double* buffer) noexcept nogil:
        """Squared distance of row i to the centre of its label."""
        self.rows.read_framed(self.frame, i, 1, buffer)
        return squared_distance(buffer, &self._framed[self._labels[i], 0], self.width)

    cdef int sum_slice(self, Py_ssize_t s) except -1 nogil:
        """Sum one slice over all rows, with a look for Ctrl-C now and then."""
        cdef Py_ssize_t lo = 0, hi
        self.begin_slice(s)
        while lo < self.n_samples:
            hi = min(self.n_samples, lo + SLICE_ROWS)
            self.sum_rows(s, lo, hi)
            if hi < self.n_samples:
                with gil:
                    PyErr_CheckSignals()
            lo = hi
        return 0

    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil:
        """Clear what slice s adds up."""

    cdef void sum_rows(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        """Add rows lo..hi to slice s of the sums."""

    # ------------------------------------------------------------------ between passes

    cdef double move_centers(self) except -1 nogil:
        """Merge the sums in shard order and move each centre to its rows' mean.

        Returns the sum of the squared shifts, in squared units of X.
        """
        cdef Py_ssize_t s, j, k, d = self.n_features
        cdef bint empty = False
        cdef double value, shift = 0
        for k in range(self.n_clusters):
            self._counts[k] = 0
            for j in range(d + 1):
                self._sums[k, j] = 0
        for s in range(self._tables.shape[0]):
            for k in range(self.n_clusters):
                self._counts[k] += self._table_counts[s, k]
                for j in range(d + 1):
                    self._sums[k, j] += self._tables[s, k, j]
        for k in range(self.n_clusters):
            empty = empty or self._counts[k] == 0
        if empty:
            with gil:
                self._refill()
        for k in range(self.n_clusters):
            for j in range(d):
                value = self.frame.shift[j] + self._sums[k, j] / self._sums[k, d]
                if self._round_to_float:
                    value = <float>value
                shift += (value - self._centers[k, j]) * (value - self._centers[k, j])
                self._centers[k, j] = value
        return shift

    cdef int _refill(self) except -1:
        """Give each empty cluster the row that lies farthest from its centre.

        As scikit-learn does it; rows of zero weight are not there. Where no row is away from its
        centre, or a cluster lost its only row to another, the heaviest cluster's centre stands in.
        """
        sums, counts = np.asarray(self._sums), np.asarray(self._counts)
        empty = np.flatnonzero(counts == 0)
        far, distances = self._farthest(len(empty))
        if len(far) and distances[0] > 0:
            self.n_refilled += len(far)
            for k, i in zip(empty, far):
                value, old = self._framed_row(i), self._labels[i]
                sums[old] -= value
                counts[old] -= 1
                sums[k] = value
                counts[k] = 1
        sums[counts == 0] = sums[np.argmax(sums[:, self.n_features] * (counts > 0))]
        return 0

    cdef object _framed_row(self, Py_ssize_t i):
        row = np.zeros(self.width)
        cdef double[::1] out = row
        self.rows.read_framed(self.frame, i, 1, &out[0])
        return row * self.rows.weight(i)

    cdef object _farthest(self, Py_ssize_t count):
        """Indices and squared distances of the rows farthest from their centres, farthest first."""
        cdef Py_ssize_t i, lo = 0, hi, chunk = 16384
        cdef double[::1] buffer = np.empty(self.width)
        cdef double[::1] out = np.empty(chunk)
        indices, distances = np.empty(0, dtype=np.intp), np.empty(0)
        while lo < self.n_samples:
            hi = min(lo + chunk, self.n_samples)
            with nogil:
                for i in range(lo, hi):
                    out[i - lo] = self.row_distance(i, &buffer[0]) if self.rows.weight(i) > 0 else -1
            indices = np.concatenate([indices, np.arange(lo, hi)])
            distances = np.concatenate([distances, np.asarray(out[:hi - lo])])
            order = np.argsort(-distances, kind="stable")[:count]
            indices, distances = indices[order], distances[order]
            lo = hi
        return indices[distances >= 0], distances[distances >= 0]
