"""Mini-batch k-means: centres are the running means of the rows of one batch after the other.

`Batches` draws rows and copies them side by side, so that a `Lloyd` over the copies labels them and
adds them up as it does the rows of a fit. `RunningMeans` moves each centre towards the mean of its
rows, by the share of their weight in the weight that the centre has seen. A fit is one compiled
loop; Python is asked for random numbers once a batch, and to reassign light clusters, which is
rare.
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, NAN
from libc.stdint cimport int32_t
from libc.string cimport memcpy

import numpy as np

from ..rows.dense_rows cimport DenseRows
from .lloyd cimport Lloyd

cdef enum:
    ROWS_AHEAD = 12         # rows that are asked for before they are copied


@cython.final
cdef class Batches:
    """Batches of rows that are drawn with replacement, in proportion to their weights.

    A row is the first one of which the cumulative weight exceeds a uniform number.

    Parameters
    ----------
    n_samples : int
    size : int
        Rows of a batch.
    draw : callable
        ``draw(size)`` returns an ndarray of uniform numbers from [0, 1).
    cumulative : ndarray of shape (n_samples,), float64, or None
        Cumulative weights, the last of them 1; None if all weights are equal.
    guide : ndarray of shape (n_samples,), intp, or None
        Entry b is the first row of which the cumulative weight exceeds ``b / n_samples``.
    load : callable or None
        ``load(indices)`` returns a `Lloyd` over these rows. None: they are copied from `source`.
    source : DenseRows or None
        All rows.
    passes : Lloyd or None
        Passes over rows of shape (size, n_features) in C order, writeable and of the dtype of
        `source`: each batch is copied into them. They must keep nothing between passes.
    """

    def __init__(
        self, Py_ssize_t n_samples, Py_ssize_t size, draw, const double[::1] cumulative=None,
        const Py_ssize_t[::1] guide=None, load=None, DenseRows source=None, Lloyd passes=None,
    ):
        if n_samples < 1 or size < 1:
            raise ValueError("a batch needs a row")
        self.n_samples = n_samples
        self.size = size
        self._draw = draw
        self._load = load
        self._copies = load is None
        if self._copies:
            self._source = source
            self._passes = passes
            self._target = <DenseRows?>passes.rows
            if (
                self._target.n_samples != size or self._target.n_features != source.n_features
                or self._target.is_double != source.is_double or source.n_samples != n_samples
            ):
                raise ValueError("passes must have rows of shape (size, n_features)")
        if (cumulative is None) != (guide is None):
            raise ValueError("cumulative and guide belong together")
        if cumulative is not None:
            if cumulative.shape[0] != n_samples or guide.shape[0] != n_samples:
                raise ValueError("cumulative and guide must have shape (n_samples,)")
            if cumulative[n_samples - 1] < 1:
                raise ValueError("cumulative must end with 1")
        self._cumulative = np.empty(0) if cumulative is None else cumulative
        self._guide = np.empty(0, dtype=np.intp) if guide is None else guide
        self._indices = np.zeros(size, dtype=np.intp)
        self._labels = np.empty(size, dtype=np.int32)

    @property
    def indices(self):
        """Rows of the current batch: an ndarray of shape (size,), intp, which the next one
        overwrites."""
        return np.asarray(self._indices)

    cdef int next(self, const double[:, ::1] centers) except -1 nogil:
        """Draw the next batch, and let its passes begin with these centres."""
        cdef Py_ssize_t r
        with gil:
            PyErr_CheckSignals()
            self._uniforms = self._draw(self.size)
            if self._uniforms.shape[0] != self.size:
                raise ValueError("draw must return as many numbers as it is asked for")
        for r in range(self.size):
            self._indices[r] = self._row_at(self._uniforms[r])
        if self._copies:
            self._copy_rows()
        with gil:
            if not self._copies:
                self._passes = self._load(self.indices)
            self._passes.begin(centers, self._labels)
        return 0

    cdef Py_ssize_t _row_at(self, double u) noexcept nogil:
        """The row that the number u from [0, 1) draws."""
        cdef Py_ssize_t i = min(<Py_ssize_t>(u * self.n_samples), self.n_samples - 1)
        if self._guide.shape[0] == 0:
            return i
        i = self._guide[i]
        # Rounding may have put u beside its entry of the guide.
        while i > 0 and self._cumulative[i - 1] > u:
            i -= 1
        while i < self.n_samples - 1 and self._cumulative[i] <= u:
            i += 1
        return i

    cdef void _copy_rows(self) noexcept nogil:
        """Copy the rows of the batch side by side."""
        cdef Py_ssize_t r, j, d = self._source.n_features, step = self._source.col_stride
        cdef Py_ssize_t itemsize = 8 if self._source.is_double else 4
        cdef char* out = <char*>self._target.data
        cdef const char* row
        for r in range(self.size):
            if r + ROWS_AHEAD < self.size:
                self._source.prefetch_row(self._indices[r + ROWS_AHEAD])
            row = self._source.row(self._indices[r])
            if step == itemsize:
                memcpy(out, row, d * itemsize)
            elif itemsize == 8:
                for j in range(d):
                    (<double*>out)[j] = (<const double*>(row + j * step))[0]
            else:
                for j in range(d):
                    (<float*>out)[j] = (<const float*>(row + j * step))[0]
            out += d * itemsize


@cython.final
cdef class RunningMeans:
    """Centres that are means of all rows they were the nearest centre of, in batches.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        Moved in place.
    counts : ndarray of shape (n_clusters,), float64
        Weight of the rows that each centre is the mean of; changed in place.
    reassignment_ratio : float
        A cluster is light if its count is less than this share of the largest count.
    forgetting_factor : float
        Factor of all counts before each batch.
    n_since_reassignment : int
        Rows since light clusters were last looked for.
    """

    def __init__(
        self, double[:, ::1] centers, double[::1] counts, double reassignment_ratio=0.0,
        double forgetting_factor=1.0, Py_ssize_t n_since_reassignment=0,
    ):
        if counts.shape[0] != centers.shape[0]:
            raise ValueError("centers and counts differ in length")
        self._centers = centers
        self._counts = counts
        self._before = np.empty_like(centers)
        self.n_clusters = centers.shape[0]
        self.n_features = centers.shape[1]
        self.reassignment_ratio = reassignment_ratio
        self.forgetting_factor = forgetting_factor
        self.n_since_reassignment = n_since_reassignment

    def step(self, Lloyd passes, int32_t[::1] labels, reassign=None):
        """Take in one batch of rows.

        Parameters
        ----------
        passes : Lloyd
            Of the batch.
        labels : ndarray of shape (n_rows,), int32
            Written: nearest centre of each row, before the centres move.
        reassign : callable or None
            ``reassign(centers, counts)`` changes both in place, where a cluster is light.

        Returns
        -------
        inertia : float
            Under the centres before they move.
        """
        cdef double inertia
        if passes.n_clusters != self.n_clusters or passes.n_features != self.n_features:
            raise ValueError("passes must have as many clusters and features as the centers")
        passes.begin(self._centers, labels)
        with nogil:
            inertia = self._step(passes, reassign)
        return inertia

    def run(
        self, Batches batches, Py_ssize_t n_steps, double tol, double smoothing,
        Py_ssize_t patience, reassign=None, report=None,
    ):
        """Take in one batch after the other until the centres or the inertia settle.

        Parameters
        ----------
        batches : Batches
        n_steps : int
            Batches at most.
        tol : float
            Squared units of X: stop when the squared shifts of the centres add up to no more;
            0 never stops.
        smoothing : float
            Share of a batch in the smoothed inertia.
        patience : int
            Stop after so many batches in a row without a new minimum of the smoothed inertia;
            -1 never stops.
        reassign : callable or None
            As for `step`.
        report : callable or None
            ``report(step, inertia, smoothed, shift, centers)`` after every batch, with the mean
            inertia of its rows; true ends the loop.

        Returns
        -------
        n_steps : int
            Batches taken in.
        smoothed : float
            Smoothed mean inertia of a row; of the first batch if there was one only. It is not
            finite if distances are not.
        reason : str or None
            "shift" or "inertia", if it settled.
        """
        cdef Py_ssize_t step = 0, n_failed = 0
        cdef double inertia, smoothed = NAN, lowest = INFINITY, shift
        cdef bint by_shift = False, by_inertia = False, stopped = False
        cdef bint reports = report is not None
        with nogil:
            while step < n_steps and not (by_shift or by_inertia or stopped):
                batches.next(self._centers)
                memcpy(
                    &self._before[0, 0], &self._centers[0, 0],
                    self.n_clusters * self.n_features * sizeof(double),
                )
                inertia = self._step(batches._passes, reassign) / batches.size
                shift = self._shift()
                step += 1
                if not inertia < INFINITY:
                    smoothed = inertia
                    break
                # The inertia of the first batch is that of the start, and counts for nothing.
                if step == 2:
                    smoothed = inertia
                elif step > 2:
                    smoothed = smoothed * (1 - smoothing) + inertia * smoothing
                if step > 1:
                    by_shift = tol > 0 and shift <= tol
                    n_failed = 0 if smoothed < lowest else n_failed + 1
                    lowest = min(lowest, smoothed)
                    by_inertia = not by_shift and 0 <= patience <= n_failed
                if reports:
                    with gil:
                        stopped = report(
                            step, inertia, smoothed, shift, np.asarray(self._centers)
                        )
        reason = "shift" if by_shift else "inertia" if by_inertia else None
        return step, inertia if step == 1 else smoothed, reason

    cdef double _step(self, Lloyd passes, object reassign) except? -1 nogil:
        """Take in the rows of passes that have begun; returns their inertia before the move."""
        cdef bint is_due = self._reassignment_is_due(passes.n_samples)
        cdef double inertia = passes.sum_up(True)
        self._move(passes)
        if is_due and self._some_are_light():
            with gil:
                if reassign is not None:
                    reassign(np.asarray(self._centers), np.asarray(self._counts))
        return inertia

    cdef bint _reassignment_is_due(self, Py_ssize_t n_rows) noexcept nogil:
        """Whether a cluster has no row yet, or ten rows a cluster came since the last time."""
        cdef Py_ssize_t k
        cdef bint is_due
        self.n_since_reassignment += n_rows
        is_due = self.n_since_reassignment >= 10 * self.n_clusters
        for k in range(self.n_clusters):
            is_due = is_due or self._counts[k] == 0
        if is_due:
            self.n_since_reassignment = 0
        return is_due

    cdef void _move(self, Lloyd passes) noexcept nogil:
        """Move each centre to the mean of the rows it stands for and of its rows of the batch."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double weight, rate
        cdef const double* shift = passes.frame.shift
        cdef const double* sums
        cdef double* center
        for k in range(self.n_clusters):
            sums = &passes.sums.sums[k, 0]
            weight = sums[d]
            self._counts[k] *= self.forgetting_factor
            if not weight > 0:
                continue
            self._counts[k] += weight
            rate = weight / self._counts[k]
            center = &self._centers[k, 0]
            for j in range(d):
                center[j] = shift[j] + (
                    (1 - rate) * (center[j] - shift[j]) + rate * (sums[j] / weight)
                )

    cdef bint _some_are_light(self) noexcept nogil:
        cdef Py_ssize_t k
        cdef double largest = 0, smallest = INFINITY
        for k in range(self.n_clusters):
            largest = max(largest, self._counts[k])
            smallest = min(smallest, self._counts[k])
        return smallest < self.reassignment_ratio * largest

    cdef double _shift(self) noexcept nogil:
        """Sum of the squared shifts of the centres since `_before`, in squared units of X."""
        cdef Py_ssize_t k, j
        cdef double total = 0, difference
        for k in range(self.n_clusters):
            for j in range(self.n_features):
                difference = self._centers[k, j] - self._before[k, j]
                total += difference * difference
        return total
