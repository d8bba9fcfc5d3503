"""The loop of k-means: assign rows, merge the sums of their clusters, update the centres.

`Lloyd` repeats one pass to convergence without the GIL, for any number of runs from different
starts. A `NearestCenter` labels blocks of rows, a `CenterSums` adds them up and a `CenterUpdate`
moves the centres; each knows nothing of the others. The centres that a run returns are numbers of
the dtype of X, and labels, inertia and centres agree with each other strictly.

Sums are added up in full while many rows change their centre; later only the rows that do are
moved from one sum to another.
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

import numpy as np

from ..core.passes cimport Pass
from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.row_order cimport RowOrder
from .center_sums cimport CenterSums
from .center_update cimport CenterUpdate
from .farthest cimport farthest_rows
from .nearest_center cimport NearestCenter, Tally

cdef enum:
    # The parts of a pass.
    ASSIGN = 1          # find each row's nearest centre
    SUM = 2             # add each row to the sums of its centre
    MOVE = 4            # move rows that changed their centre from one sum to another
    INERTIA = 8         # add up the squared distances to the centres
    MEASURE = 16        # write down the squared distance of each row to its centre
    MARGINS = 32        # write down how much farther the second nearest centre is

cdef enum:
    # Columns of `_counts`.
    N_CHANGED, N_DECIDED, N_LOST, N_MEASURED, N_COUNTS

cdef enum:
    MAX_NUMBERS_IN_FULL = 32768     # numbers of X that are always added up in full
    SLICE_ROWS = 262144     # rows of a slice of sums, tens of milliseconds, between two looks


@cython.final
cdef class Lloyd(Pass):
    """The loop of k-means over rows, and the parts that its runs share.

    Parameters
    ----------
    nearest : NearestCenter
    sums : CenterSums
        Of the same rows under the same frame.
    update : CenterUpdate
    shard_bounds, map_tasks
        As for `Pass`.
    order : RowOrder or None, default=None
        Order of the rows of `nearest`, if it is not that in which they were given: labels are
        returned in the latter.
    """

    def __init__(
        self, NearestCenter nearest, CenterSums sums, CenterUpdate update, shard_bounds,
        map_tasks=None, RowOrder order=None,
    ):
        Pass.__init__(self, nearest.rows.n_samples, shard_bounds, map_tasks)
        if sums.rows is not nearest.rows or sums.frame is not nearest.frame:
            raise ValueError("nearest and sums must have the same rows and the same frame")
        if sums.n_clusters != nearest.n_clusters:
            raise ValueError("nearest and sums differ in their number of clusters")
        if not sums.n_slices and sums._tables.shape[0] != self.n_shards:
            raise ValueError("sums must have a table for each shard, or slices")
        self.nearest = nearest
        self.sums = sums
        self.update = update
        self.rows = nearest.rows
        self.frame = nearest.frame
        self.n_clusters = nearest.n_clusters
        self.n_features = nearest.n_features
        self.set_work(nearest.work_per_row, nearest.work_rows)
        self._inertia = np.zeros(self.n_shards)
        self._counts = np.zeros((self.n_shards, N_COUNTS), dtype=np.intp)
        self.order = order
        self.given_rows = self.rows if order is None else order.rows
        self._ordered_labels = np.empty(0 if order is None else self.n_samples, dtype=np.int32)

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
        self.begin(centers, labels)
        with nogil:
            inertia = self.iterate(centers, max_iter, tol, verbose, <void*>report)
        return inertia, self.n_iter

    def label(self, const double[:, ::1] centers, int32_t[::1] labels, bint measure=True):
        """Write every row's nearest centre to `labels`; returns the inertia if told to `measure`
        it, else zero. Centres are not changed and may be read-only."""
        self.begin(centers, labels)
        with nogil:
            self._pass(ASSIGN | INERTIA if measure else ASSIGN)
            self._return_labels()
        return self._total_inertia()

    def measure(
        self, const double[:, ::1] centers, int32_t[::1] labels, double[::1] out,
        bint margins=False,
    ):
        """Write a number for each row: its squared distance to the centre of its label.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
        labels : ndarray of shape (n_samples,), int32
            As a run or `label` wrote them under these centres.
        out : ndarray of shape (n_samples,), float64
            Written, in squared units of X; not weighted.
        margins : bool, default=False
            Write how much larger the squared distance to the second nearest centre is than that
            to the nearest, with the rounding of float32; zero for a single centre.
        """
        cdef Py_ssize_t i
        cdef bint valid = True
        if self.order is not None:
            raise ValueError("rows in another order are not measured")
        if labels.shape[0] != self.n_samples or out.shape[0] != self.n_samples:
            raise ValueError("labels and out must have shape (n_samples,)")
        for i in range(self.n_samples):
            valid = valid and 0 <= labels[i] < self.n_clusters
        if not valid:
            raise ValueError("labels must be numbers of clusters")
        self.nearest.begin(centers)
        self._labels = labels
        self._measures = out
        with nogil:
            self._pass(MARGINS if margins else MEASURE)

    def expect(
        self, const double[:, ::1] centers, int32_t[::1] labels, bint measure=True,
    ):
        """Label all rows and add them up, without moving the centres.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
        labels : ndarray of shape (n_samples,), int32
            Written: nearest centre of each row.
        measure : bool, default=True
            Whether to add up the squared distances, which reads every row once more.

        Returns
        -------
        sums : ndarray of shape (n_clusters, n_features + 1), float64
            Weighted sums of the rows of each cluster, less the shift of the frame, and the weight
            in the last column.
        counts : ndarray of shape (n_clusters,), intp
            Rows of positive weight.
        inertia : float
            Zero unless it is measured.
        """
        cdef double inertia
        self.begin(centers, labels)
        with nogil:
            inertia = self.sum_up(measure)
        sums = np.array(np.asarray(self.sums.sums)[:, :self.n_features + 1])
        return sums, np.array(self.sums.counts), inertia

    cdef double sum_up(self, bint measure) except? -1 nogil:
        """Label all rows and add them up in `sums`, under the centres that `begin` was given.

        Returns the inertia, or zero unless it is measured.
        """
        self._pass(ASSIGN | SUM | INERTIA if measure else ASSIGN | SUM)
        self.sums.merge()
        self._return_labels()
        return self._total_inertia()

    cdef int begin(self, const double[:, ::1] centers, int32_t[::1] labels) except -1:
        if labels.shape[0] != self.given_rows.n_samples:
            raise ValueError("labels must have shape (n_samples,)")
        self.nearest.begin(centers)
        self._given_labels = labels
        self._labels = labels if self.order is None else self._ordered_labels
        self._is_first = True
        self.n_refilled = 0
        self._labels[:] = -1
        return 0

    cdef double iterate(
        self, double[:, ::1] centers, Py_ssize_t max_iter, double tol, bint verbose, void* report
    ) except? -1 nogil:
        """Run from the centres that `begin` was given, moved in place; returns the inertia."""
        cdef Py_ssize_t n_changed, n_refilled
        cdef double shift
        cdef bint settled = False, stopped = False, last
        cdef int sum_mode = SUM
        self.n_iter = 0
        while self.n_iter < max_iter:
            self._pass(ASSIGN | sum_mode | (INERTIA if verbose else 0))
            shift = self._move_centers(centers)
            if verbose:
                with gil:
                    stopped = (<object>report)(
                        self.n_iter, self._total_inertia(), shift, np.asarray(centers)
                    )
            self.n_iter += 1
            n_changed = self._total(N_CHANGED)
            settled = n_changed == 0 and shift == 0
            if n_changed == 0 or shift <= tol or stopped:
                break
            # Moving rows in and out of a sum costs it digits: the last sums are full ones.
            last = self.n_iter + 1 == max_iter
            sum_mode = MOVE if self._worth_moving(n_changed) and not last else SUM
        if sum_mode == MOVE:
            n_refilled = self.n_refilled
            self._pass(SUM)
            settled = self._move_centers(centers) == 0 and settled
            self.n_refilled = n_refilled
        # Settled labels were found under these very centres.
        self._pass(INERTIA if settled else ASSIGN | INERTIA)
        self._return_labels()
        return self._total_inertia()

    cdef int _return_labels(self) except -1 nogil:
        """Write the labels in the order in which the rows were given."""
        if self.order is not None:
            with gil:
                self.order.take(self._labels, self._given_labels, self._map)
        return 0

    cdef bint _worth_moving(self, Py_ssize_t n_changed) noexcept nogil:
        """Whether rows change so seldom that moving them is less work than adding up anew."""
        return (
            2 * n_changed < self.n_samples and not self.sums.n_slices
            and self.n_samples * self.n_features > MAX_NUMBERS_IN_FULL
        )

    cdef Py_ssize_t _total(self, int count) noexcept nogil:
        """One of the counts of the last pass that assigned, over all shards."""
        cdef Py_ssize_t s, total = 0
        for s in range(self.n_shards):
            total += self._counts[s, count]
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
        return self._total(N_DECIDED)

    @property
    def n_lost(self):
        """Rows of the last pass at distances that are not finite: NaN, infinity or overflow."""
        return self._total(N_LOST)

    # ------------------------------------------------------------------ a pass

    cdef int _pass(self, int mode) except -1 nogil:
        """Run a pass over all shards, and over the slices of the sums where there are any."""
        cdef Py_ssize_t s
        self._mode = mode
        if mode & ASSIGN:
            self.nearest.adapt(self._total(N_CHANGED), self._total(N_MEASURED))
        self.nearest.prepare()
        self.map_shards()
        if mode & SUM and self.sums.n_slices:
            self.sums.begin_slices(self._total(N_CHANGED))
            if self._map is None:
                for s in range(self.sums.n_slices):
                    self._sum_slice(s)
            else:
                with gil:
                    self._map(self.sum_slice, self.sums.n_slices)
            if self.n_samples:
                self.sums.end_slices(&self._labels[0])
        if mode & ASSIGN:
            self.nearest.after_assign()
            self._is_first = False
        return 0

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        self._inertia[s] = 0
        self._counts[s, N_MEASURED] = 0
        if self._mode & ASSIGN:
            self._counts[s, N_CHANGED] = self._counts[s, N_DECIDED] = self._counts[s, N_LOST] = 0
        if self._mode & SUM and not self.sums.n_slices:
            self.sums.begin_shard(s)

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        """Run the parts of the pass over rows lo..hi, one block after the other."""
        cdef Py_ssize_t n, size = max(self.nearest.buffer_bytes, self.sums.buffer_bytes)
        cdef int mode = self._mode, failed = 0
        cdef int32_t* labels = &self._labels[0]
        cdef void* memory = malloc(size + CACHE_LINE)
        cdef void* buffer = cache_line(memory)
        cdef Tally tally
        if memory == NULL:
            return -1
        tally.n_changed = tally.n_decided = tally.n_lost = tally.n_measured = 0
        tally.n_listed = tally.capacity = 0
        tally.changed = NULL
        tally.old = NULL
        tally.is_first = self._is_first
        tally.lists_changes = mode & MOVE != 0
        if self.sums.n_slices:
            mode &= ~SUM
        while lo < hi and not failed:
            n = min(self.nearest.block_rows, hi - lo)
            if mode & ASSIGN:
                tally.n_listed = 0
                failed = self.nearest.assign(lo, n, labels, &tally, buffer)
                if tally.n_listed:
                    self.sums.move(s, tally.changed, tally.old, tally.n_listed, labels, buffer)
            if mode & SUM:
                self.sums.add(s, lo, n, labels, buffer)
            if mode & INERTIA:
                self.nearest.add_inertia(lo, n, labels, &self._inertia[s], buffer)
            if mode & MEASURE:
                self.nearest.measure(lo, n, labels, &self._measures[lo], buffer)
            if mode & MARGINS:
                self.nearest.measure_margins(lo, n, &self._measures[lo], buffer)
            lo += n
        self._counts[s, N_CHANGED] += tally.n_changed
        self._counts[s, N_DECIDED] += tally.n_decided
        self._counts[s, N_LOST] += tally.n_lost
        self._counts[s, N_MEASURED] += tally.n_measured
        free(tally.changed)
        free(tally.old)
        free(memory)
        return failed

    def sum_slice(self, Py_ssize_t s):
        """Fill slice s of the sums, in the calling thread."""
        with nogil:
            self._sum_slice(s)

    cdef int _sum_slice(self, Py_ssize_t s) except -1 nogil:
        """Sum one slice over all rows, with a look for Ctrl-C now and then."""
        cdef Py_ssize_t lo = 0, hi
        self.sums.begin_slice(s)
        while lo < self.n_samples:
            hi = min(self.n_samples, lo + SLICE_ROWS)
            self.sums.add_to_slice(s, lo, hi, &self._labels[0])
            if hi < self.n_samples:
                with gil:
                    PyErr_CheckSignals()
            lo = hi
        return 0

    # ------------------------------------------------------------------ between passes

    cdef double _move_centers(self, double[:, ::1] centers) except -1 nogil:
        """Merge the sums and move the centres; returns the sum of their squared shifts."""
        cdef Py_ssize_t n_empty
        self.sums.merge()
        n_empty = self.update.count_empty(&self.sums.counts[0], self.n_clusters)
        if n_empty:
            with gil:
                self._refill(n_empty)
        return self.update.move(self.sums.sums, self.frame, centers)

    cdef int _refill(self, Py_ssize_t n_empty) except -1:
        """Let the update refill empty clusters with the rows that lie farthest from theirs."""
        cdef Py_ssize_t r, i
        cdef double[:, ::1] rows
        given = None if self.order is None else self.order.first_rows(self.n_samples)
        far, distances = farthest_rows(self.nearest, &self._labels[0], n_empty, given)
        if len(far) == 0 or distances[0] <= 0:
            far = far[:0]
        rows = np.zeros((len(far), self.sums.width))
        owners = np.empty(len(far), dtype=np.int32)
        weights = np.empty(len(far))
        for r, i in enumerate(far):
            self.rows.read_framed(self.frame, i, 1, &rows[r, 0])
            owners[r] = self._labels[i]
            weights[r] = self.rows.weight(i)
        width = self.n_features + 1
        self.n_refilled += self.update.refill(
            np.asarray(self.sums.sums)[:, :width], np.asarray(self.sums.counts),
            np.asarray(rows)[:, :width] * weights[:, np.newaxis], owners,
        )
        return 0
