"""Runs of EM from several starts, of which the best one goes on.

A fit of a few hundred rows takes less time than the interpreter needs between two runs of it. So
one call makes all runs of a mixture, and the interpreter sees their end alone.
"""
from libc.math cimport INFINITY
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import numpy as np

from ..core.memory cimport Doubles
from .answers import Answers
from .em cimport EM
from .given cimport Given, GivenRows

cdef enum:
    N_ITER_OF_STAGE = 5     # iterations between two decisions about a trial


cdef class Contest:
    """The best of some runs of one EM.

    A start is an array of labels, of shape (n_samples,), or of responsibilities, of shape
    (n_samples, n_components), as `EM.start` takes them.

    Parameters
    ----------
    em : EM
    max_iter : int
        Iterations of a run, at most; at least 1.
    tol : float
        As for `EM.run`.

    Attributes
    ----------
    n_collapsed : int
        Components that collapsed in the best end.
    bound : float
        Its mean log-likelihood of a row, before the last iteration, in nats.
    n_iter : int
        Its iterations.
    converged : bool
    """

    cdef readonly EM em
    cdef readonly Py_ssize_t n_collapsed, n_iter
    cdef readonly double bound
    cdef readonly bint converged
    cdef Py_ssize_t _max_iter
    cdef double _tol
    cdef Doubles _bounds                # (max_iter,) of the run
    cdef Py_ssize_t _n_iter             # of the run
    cdef Py_ssize_t _n_collapsed        # in the last iteration of the run
    cdef bint _converged                # the run
    cdef Starts _starts
    cdef Points _points
    cdef Py_ssize_t _n_short

    def __init__(self, EM em not None, Py_ssize_t max_iter, double tol):
        if max_iter < 1:
            raise ValueError("max_iter must be at least 1")
        self.em, self._max_iter, self._tol = em, max_iter, tol
        self._bounds = Doubles(max_iter)
        self.bound = -INFINITY

    def run(self):
        """Run from the parameters of the model to convergence."""
        with nogil:
            self._reset()
            self._run_to_end()
            self._take()

    def take_starts(self, starts, Py_ssize_t n_short=1):
        """Prepare runs, so that a thread can make them without the interpreter.

        Parameters
        ----------
        starts : sequence of ndarray
            At least one for `run_best`.
        n_short : int, default=1
            Iterations of a short run of `run_best`.
        """
        self._starts = Starts(self.em, starts)
        self._n_short = max(1, min(n_short, self._max_iter))
        self._points = Points(self.em, self._starts.n + 1, self._n_short)

    def run_best(self):
        """Make a short run from each start; the best one goes on to convergence.

        If a component collapses in it, the next one goes on too. The model holds the best end.
        With one start the run is not interrupted.
        """
        self._require_starts()
        with nogil:
            if self._starts.n == 1:
                self._begin(self._starts.rows[0])
                self._run_to_end()
                self._take()
            else:
                self._run_best(self._starts, self._n_short, self._points)

    cdef int _run_best(self, Starts given, Py_ssize_t n_short, Points points) except -1 nogil:
        """See `run_best`."""
        cdef Py_ssize_t i, _trial
        cdef bint is_first = True
        for i in range(given.n):
            self._begin(given.rows[i])
            self._go_on(n_short)
            points.save(i)
            points.save_run(i, self._bounds.at, self._n_iter, self._n_collapsed)
        for _trial in range(given.n):
            i = points.best()
            points.load(i)
            self._n_iter = points.load_run(i, self._bounds.at, &self._n_collapsed)
            self._converged = False
            self._run_to_end()
            if is_first or (
                self._n_collapsed < self.n_collapsed
                or self._n_collapsed == self.n_collapsed and self._last() > self.bound
            ):
                self._take()
                if self.n_collapsed == 0:
                    return 0
                points.save(given.n)
            is_first = False
        return points.load(given.n)

    def run_beyond(self, Py_ssize_t n_collapsed, double bound, double min_gain):
        """Make a run from each start, as long as it may lead beyond an end.

        Parameters
        ----------
        n_collapsed : int
            Components that have collapsed in that end.
        bound : float
            Mean log-likelihood of a row in it.
        min_gain : float
            Gain, in nats, beyond that a better end has to be.

        Returns
        -------
        is_better : bool
            Whether a run ended beyond, and the model holds its end; the next start has to lead
            beyond that one.
        """
        cdef Py_ssize_t i
        cdef bint found = False
        self._require_starts()
        self.n_collapsed, self.bound = n_collapsed, bound
        with nogil:
            for i in range(self._starts.n):
                self._begin(self._starts.rows[i])
                if self._leads_beyond(min_gain):
                    self.em.goes_back()
                    self._take()
                    self._points.save(0)
                    found = True
            if found:
                self._points.load(0)
        return found

    def answers(self):
        """Answers about the rows under the end that the model holds.

        Returns
        -------
        answers : Answers
            They use the density of the model, so that no further run may be made before them.
        common : float
            To be added to a sum of log-probabilities.
        """
        cdef EM em = self.em
        answers = Answers(
            em.rows, em.frame, em.model.density, em.model.parameters, np.asarray(em._bounds),
            em._map,
        )
        return answers, em.model.density.common

    cdef int _require_starts(self) except -1:
        if self._starts is None:
            raise ValueError("there are no starts: call take_starts first")
        return 0

    cdef bint _leads_beyond(self, double min_gain) except -1 nogil:
        """Iterate in stages to convergence, or until there is no hope of a better end."""
        cdef double target = self.bound + min_gain
        while not self._converged and self._n_iter < self._max_iter:
            if self._go_on(N_ITER_OF_STAGE) == 0:
                break
            if self.n_collapsed == 0 and (
                self._n_collapsed > 0 or self._last() + self.em.gain_to_come < target
            ):
                return False
        if self._n_collapsed != self.n_collapsed:
            return self._n_collapsed < self.n_collapsed
        return self._last() > target

    cdef int _begin(self, const GivenRows* start) except -1 nogil:
        """Take the parameters of a start."""
        self.em.start_given(start)
        self._reset()
        return 0

    cdef int _run_to_end(self) except -1 nogil:
        """Go on to convergence."""
        self._go_on(self._max_iter)
        self.em.goes_back()
        return 0

    cdef void _reset(self) noexcept nogil:
        self._n_iter = self._n_collapsed = 0
        self._converged = False

    cdef Py_ssize_t _go_on(self, Py_ssize_t n_iter) except -1 nogil:
        """Iterate so often, at most; returns the number of iterations."""
        n_iter = min(n_iter, self._max_iter - self._n_iter)
        if n_iter < 1:
            return 0
        self.em._kept_bound = -INFINITY
        self._converged = self.em.iterate(
            n_iter, self._tol, self._bounds.at, self._n_iter, False, None, -INFINITY,
            &self._n_collapsed,
        )
        self._n_iter += self.em.n_iter
        return self.em.n_iter

    cdef double _last(self) noexcept nogil:
        """The last bound of the run."""
        return self._bounds.at[self._n_iter - 1]

    cdef void _take(self) noexcept nogil:
        """Let the run be the best one."""
        self.n_collapsed, self.bound = self._n_collapsed, self._last()
        self.n_iter, self.converged = self._n_iter, self._converged


cdef class Starts:
    """Starts of runs of one EM, checked, as kernels read them.

    Parameters
    ----------
    em : EM
    starts : sequence of ndarray
        Labels or responsibilities, see `Contest`.
    """

    cdef Py_ssize_t n
    cdef const GivenRows** rows         # (n,)
    cdef list _given                    # owns them

    def __cinit__(self, EM em not None, starts):
        cdef Py_ssize_t i
        cdef bint is_labels
        cdef Given given
        self.n = len(starts)
        self.rows = <const GivenRows**>malloc(max(self.n, 1) * sizeof(GivenRows*))
        if self.rows == NULL:
            raise MemoryError("no memory for %d starts" % self.n)
        self._given = []
        for i in range(self.n):
            is_labels = starts[i].ndim == 1
            given = Given(
                starts[i] if is_labels else None, None if is_labels else starts[i], em.n_samples,
                em.model.parameters,
            )
            self._given.append(given)
            self.rows[i] = &given.rows

    def __dealloc__(self):
        free(self.rows)


cdef class Points:
    """Places for the parameters of a model, and for the runs that led to them.

    Parameters
    ----------
    em : EM
    n_points : int
    n_bounds : int
        Iterations of each run.
    """

    cdef EM _em
    cdef Py_ssize_t _n_points, _n_bounds
    cdef Doubles _numbers               # (n_points, n_numbers)
    cdef Doubles _noise_weights         # (n_points,)
    cdef Doubles _bounds                # (n_points, n_bounds)
    cdef Doubles _n_iters               # (n_points,) zero without a run
    cdef Doubles _n_collapsed           # (n_points,)

    def __init__(self, EM em not None, Py_ssize_t n_points, Py_ssize_t n_bounds):
        self._em, self._n_points, self._n_bounds = em, n_points, n_bounds
        self._numbers = Doubles(n_points * em.model.parameters._numbers.shape[0])
        self._noise_weights = Doubles(n_points)
        self._bounds = Doubles(n_points * n_bounds)
        self._n_iters, self._n_collapsed = Doubles(n_points), Doubles(n_points)

    cdef void save_run(
        self, Py_ssize_t i, const double* bounds, Py_ssize_t n_iter, Py_ssize_t n_collapsed
    ) noexcept nogil:
        """Keep the bounds of the run that led to place i."""
        memcpy(self._bounds.at + i * self._n_bounds, bounds, n_iter * sizeof(double))
        self._n_iters.at[i], self._n_collapsed.at[i] = n_iter, n_collapsed

    cdef Py_ssize_t load_run(
        self, Py_ssize_t i, double* bounds, Py_ssize_t* n_collapsed
    ) noexcept nogil:
        """Write the bounds of the run that led to place i, which is forgotten; returns how many."""
        cdef Py_ssize_t n_iter = <Py_ssize_t>self._n_iters.at[i]
        memcpy(bounds, self._bounds.at + i * self._n_bounds, n_iter * sizeof(double))
        n_collapsed[0] = <Py_ssize_t>self._n_collapsed.at[i]
        self._n_iters.at[i] = 0
        return n_iter

    cdef Py_ssize_t best(self) noexcept nogil:
        """The place of the best run; the first one of equal runs."""
        cdef Py_ssize_t i, best = -1
        cdef double fewer
        for i in range(self._n_points):
            if self._n_iters.at[i] == 0:
                continue
            fewer = self._n_collapsed.at[best] - self._n_collapsed.at[i] if best >= 0 else 1
            if fewer > 0 or fewer == 0 and self._last(i) > self._last(best):
                best = i
        return best

    cdef double _last(self, Py_ssize_t i) noexcept nogil:
        """The last bound of the run that led to place i."""
        return self._bounds.at[i * self._n_bounds + <Py_ssize_t>self._n_iters.at[i] - 1]

    cdef void save(self, Py_ssize_t i) noexcept nogil:
        """Copy the parameters of the model to place i."""
        cdef Py_ssize_t n = self._em.model.parameters._numbers.shape[0]
        memcpy(
            self._numbers.at + i * n, &self._em.model.parameters._numbers[0], n * sizeof(double)
        )
        self._noise_weights.at[i] = self._em.model.parameters.noise_weight

    cdef int load(self, Py_ssize_t i) except -1 nogil:
        """Let the model go on from the parameters of place i."""
        cdef Py_ssize_t n = self._em.model.parameters._numbers.shape[0]
        memcpy(
            &self._em.model.parameters._numbers[0], self._numbers.at + i * n, n * sizeof(double)
        )
        self._em.model.parameters.noise_weight = self._noise_weights.at[i]
        self._em.model.use()
        return 0


def merge_overlapping(const double[:, ::1] resp not None, Py_ssize_t n_components):
    """Responsibilities with two components as one: the pair that shares the most rows.

    Parameters
    ----------
    resp : ndarray of shape (n_samples, n_columns), float64, contiguous
    n_components : int
        Columns of components, two at least; the ones behind them are of noise.

    Returns
    -------
    merged : ndarray of shape (n_samples, n_columns - 1), float64
    """
    cdef Py_ssize_t i, k, m, n = resp.shape[0], n_columns = resp.shape[1]
    cdef Py_ssize_t kept = 1, gone = 0
    cdef Doubles overlap = Doubles(n_columns * n_columns)
    cdef double largest = -1
    cdef double* row
    if not 2 <= n_components <= n_columns:
        raise ValueError("resp must have a column for each of at least two components")
    merged = np.empty((n, n_columns - 1))
    cdef double[:, ::1] out = merged
    with nogil:
        for i in range(n):
            for k in range(1, n_components):
                row = overlap.at + k * n_columns
                for m in range(k):
                    row[m] += resp[i, k] * resp[i, m]
        for k in range(1, n_components):
            for m in range(k):
                if overlap.at[k * n_columns + m] > largest:
                    largest, kept, gone = overlap.at[k * n_columns + m], k, m
        for i in range(n):
            k = 0
            for m in range(n_columns):
                if m != gone:
                    out[i, k] = resp[i, m] + (resp[i, gone] if m == kept else 0)
                    k += 1
    return merged
