"""Runs of a k-means problem from several starts, and the choice among them.

A run is seeded, iterated and stored in one compiled loop, so that the runs of a small problem spend
their time in kernels. Every run has a place of its own; a few places serve many runs, since the
best so far keeps its place and the others are used again. Runs are compared in the order of
their starts, whoever did them.
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t

import numpy as np

from .lloyd cimport Lloyd
from .plusplus cimport GreedySeeding


@cython.final
cdef class Runs:
    """Places for the results of runs, and the number of the place of the best run so far.

    Parameters
    ----------
    n_places : int
        Number of results that are held at the same time, the best one so far included.
    n_samples, n_features, n_clusters : int
    """

    cdef Py_ssize_t n_places, n_samples, n_clusters, n_frozen, best
    cdef double[:, :, ::1] _centers
    cdef int32_t[:, ::1] _labels
    cdef double[::1] _inertias
    cdef Py_ssize_t[::1] _n_iter, _n_refilled
    cdef int32_t[:, ::1] _renamed

    def __init__(
        self, Py_ssize_t n_places, Py_ssize_t n_samples, Py_ssize_t n_features,
        Py_ssize_t n_clusters,
    ):
        self.n_places = n_places
        self.n_samples = n_samples
        self.n_clusters = n_clusters
        self.n_frozen = 0
        self.best = n_places    # none
        self._centers = np.empty((n_places, n_clusters, n_features))
        self._labels = np.empty((0, 0), dtype=np.int32)
        self._inertias = np.empty(n_places)
        self._n_iter = np.empty(n_places, dtype=np.intp)
        self._n_refilled = np.empty(n_places, dtype=np.intp)
        self._renamed = np.empty((2, n_clusters), dtype=np.int32)

    def reserve(self):
        """Make room for labels, once; several threads need it before they run."""
        if self._labels.shape[0] == 0:
            self._labels = np.empty((self.n_places, self.n_samples), dtype=np.int32)

    @property
    def n_free(self):
        """Places that do not hold the best run so far."""
        return self.n_places - (self.best < self.n_places)

    def run(
        self, Lloyd passes, starts, make_seeding, bint keep_seeding, tasks, Py_ssize_t first,
        Py_ssize_t max_iter, double tol, report=None,
    ):
        """Run from the starts numbered in `tasks`, until none is left there.

        Several threads may do so at the same time, each with passes of its own, after `reserve`.
        Else labels get their room after the first seeding, so that large ones do not add up.

        Parameters
        ----------
        passes : Lloyd
        starts : Starts
            `centers`, `rows` or, for rows that are still to be chosen, `rows` and `uniforms`; and
            `frozen`, the first centres of every run, beside which the others are.
        make_seeding : callable
            ``make_seeding()`` returns the GreedySeeding that chooses rows.
        keep_seeding : bool
            Whether one seeding serves all runs; otherwise it is gone while a run iterates.
        tasks : collections.deque of int
            Emptied.
        first : int
            The lowest number that was in `tasks`; there are at most `n_free` from there on.
        max_iter, tol, report
            As for `Lloyd.run`; ``report()`` is called once a start is found.
        """
        cdef const double[:, ::1] uniforms = starts.uniforms
        cdef const double[:, :, ::1] centers = starts.centers
        cdef const double[:, ::1] frozen = starts.frozen
        cdef Py_ssize_t[:, ::1] rows = starts.rows
        cdef GreedySeeding seeding = None
        cdef Py_ssize_t i, place
        cdef bint verbose = report is not None
        if rows is None and (centers is None or uniforms is not None):
            raise ValueError("starts must have centers or rows")
        if uniforms is not None and uniforms.shape[0] != rows.shape[0]:
            raise ValueError("uniforms and rows differ in length")
        cdef Py_ssize_t n_frozen = 0 if frozen is None else frozen.shape[0]
        if n_frozen > self.n_clusters:
            raise ValueError("frozen must have at most n_clusters rows")
        self.n_frozen = n_frozen
        cdef Py_ssize_t n_starts = centers.shape[0] if rows is None else rows.shape[0]
        try:
            while True:
                PyErr_CheckSignals()
                try:
                    i = tasks.popleft()
                except IndexError:
                    return
                place = self._place(i - first)
                if not 0 <= i < n_starts or not 0 <= i - first < self.n_free:
                    raise IndexError("tasks must be numbers of starts that have a place")
                if uniforms is not None:
                    seeding = make_seeding() if seeding is None else seeding
                    seeding.run(uniforms[i], rows[i], frozen)
                    seeding = seeding if keep_seeding else None
                self.reserve()
                if frozen is not None:
                    self._centers[place, :n_frozen, :] = frozen
                if rows is not None:
                    self._read_rows(passes, rows[i], place, n_frozen)
                else:
                    self._centers[place, n_frozen:, :] = centers[i]
                if verbose:
                    report()
                passes.begin(self._centers[place], self._labels[place])
                with nogil:
                    self._inertias[place] = passes.iterate(
                        self._centers[place], max_iter, tol, verbose, <void*>report
                    )
                self._n_iter[place] = passes.n_iter
                self._n_refilled[place] = passes.n_refilled
        except BaseException:
            tasks.clear()
            raise

    def compare(self, double[::1] inertias):
        """Write down the inertias of the runs beside the best so far, which may change then."""
        cdef Py_ssize_t i, place, best = self.best
        if inertias.shape[0] > self.n_free:
            raise ValueError("inertias must have at most n_free numbers")
        for i in range(inertias.shape[0]):
            place = self._place(i)
            inertias[i] = self._inertias[place]
            if best == self.n_places or self._better(place, best):
                best = place
        self.best = best

    def result(self):
        """Centres, labels, inertia, iterations, refills and clusters in use of the best run."""
        cdef Py_ssize_t place = self.best, k, n_distinct = 0
        if place == self.n_places:
            raise ValueError("no run has been compared")
        centers, labels = np.asarray(self._centers[place]), np.asarray(self._labels[place])
        if self.n_places > 1:
            labels = labels.copy()  # a view would keep all places alive
        self._count_clusters(place)
        for k in range(self.n_clusters):
            n_distinct += self._renamed[0, k]
        return (
            centers, labels, self._inertias[place], self._n_iter[place], self._n_refilled[place],
            n_distinct,
        )

    cdef Py_ssize_t _place(self, Py_ssize_t i) noexcept nogil:
        """The i-th place beside that of the best run so far."""
        return i + (i >= self.best)

    cdef int _read_rows(
        self, Lloyd passes, const Py_ssize_t[::1] rows, Py_ssize_t place, Py_ssize_t n_frozen
    ) except -1:
        """Start from rows of X, beside the frozen centres."""
        cdef Py_ssize_t k
        cdef Py_ssize_t n_free = self.n_clusters - n_frozen
        if rows.shape[0] != n_free or passes.n_features != self._centers.shape[2]:
            raise ValueError("rows must hold a row a cluster, of as many features as the places")
        for k in range(rows.shape[0]):
            if not 0 <= rows[k] < passes.given_rows.n_samples:
                raise IndexError("rows must be numbers of rows")
            passes.given_rows.read_plain(rows[k], 1, &self._centers[place, n_frozen + k, 0])
        return 0

    cdef void _count_clusters(self, Py_ssize_t place) noexcept nogil:
        """Note which clusters hold a row; a frozen one may be empty, and counts in any case."""
        cdef Py_ssize_t i
        self._renamed[0, :] = 0
        self._renamed[0, :self.n_frozen] = 1
        for i in range(self.n_samples):
            self._renamed[0, self._labels[place, i]] = 1

    cdef bint _better(self, Py_ssize_t place, Py_ssize_t best) noexcept nogil:
        """Whether a run is better by more than the rounding of the same clusters, renumbered."""
        if self._inertias[place] < self._inertias[best] * (1 - 1e-9):
            return True
        return self._inertias[place] < self._inertias[best] and not self._same_clusters(
            place, best
        )

    cdef bint _same_clusters(self, Py_ssize_t place, Py_ssize_t best) noexcept nogil:
        """Whether two labellings differ in the numbers of the clusters alone."""
        cdef Py_ssize_t i
        cdef int32_t label, other
        self._renamed[:, :] = -1
        for i in range(self.n_samples):
            label = self._labels[place, i]
            other = self._labels[best, i]
            if self._renamed[0, label] < 0 and self._renamed[1, other] < 0:
                self._renamed[0, label] = other
                self._renamed[1, other] = label
            elif self._renamed[0, label] != other:
                return False
        return True
