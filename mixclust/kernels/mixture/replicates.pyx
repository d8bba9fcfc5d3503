"""Fits of one model to the same rows under many weights: the replicates of a bootstrap.

The loop over replicates needs the GIL neither between two of them nor within one. Where rows are
few, the rows of positive weight are packed first: a sample with replacement leaves out 37 % of
them, which would cost as much as the others.

Fits are accelerated by SQUAREM: see `_mixture.squarem`, which treats all models, in Python. Here
the compiled weights, means and factors are extrapolated as they are, without logarithms; a point
with a negative weight or diagonal is not tried.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, fabs, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memcpy

from ..core.memory cimport Doubles
from .em cimport EM, EXPECT
from .parameters cimport Parameters

# The share of a bound, plus one, that is rounding.
cdef double ROUNDING = 1e-13

cdef enum:
    N_AHEAD = 100               # iterations to come that count, at most
    N_BETWEEN_SIGNALS = 8       # replicates between two looks for Ctrl-C


cdef class Replicates:
    """Fits that start from the same parameters.

    Parameters
    ----------
    em : EM
        Its model holds the parameters at which every fit starts.
    weights : ndarray of shape (n_places,), float64, contiguous
        The weights that `em` reads; overwritten.
    source : ndarray of shape (n_samples, n_features), float64, contiguous, or None
        Rows to be packed. None: `em` reads the rows themselves, so `n_places` is their number.
    packed : ndarray of shape (n_places, n_features), float64, contiguous, or None
        The rows that `em` reads; overwritten. Places behind the packed rows get no weight.
    scales : ndarray of shape (n_features,), float64
        Standard deviations of the features, in which steps are measured.
    """

    cdef EM _em
    cdef Parameters _parameters         # of its model
    cdef const double[:, ::1] _source
    cdef double[::1] _weights
    cdef double[:, ::1] _packed
    cdef Doubles _start                 # the numbers of the parameters
    cdef Doubles _per_scale             # factors that make the numbers free of units
    cdef Doubles _points                # three sets of weights, means and factors

    def __init__(
        self, EM em not None, double[::1] weights not None, const double[:, ::1] source,
        double[:, ::1] packed, const double[::1] scales not None,
    ):
        cdef Parameters parameters = em.model.parameters
        if (source is None) != (packed is None):
            raise ValueError("pass both source and packed, or neither")
        if weights.shape[0] != em.n_samples:
            raise ValueError("weights must have a number for each row that em reads")
        if source is not None and not (
            packed.shape[0] == em.n_samples
            and packed.shape[1] == source.shape[1] == em.n_features
        ):
            raise ValueError("packed must have the shape of the rows that em reads")
        self._em, self._source, self._parameters = em, source, parameters
        self._weights, self._packed = weights, packed
        self._start = Doubles(parameters._numbers.shape[0])
        memcpy(
            self._start.at, &parameters._numbers[0], self._start.size * sizeof(double)
        )
        self._points = Doubles(3 * parameters._n_kept)
        self._per_scale = Doubles(parameters._n_kept)
        self._set_scales(scales)

    cdef int _set_scales(self, const double[::1] scales) except -1:
        """Weights have no unit; means have the unit of X, and factors its inverse."""
        cdef Parameters parameters = self._em.model.parameters
        cdef Py_ssize_t i, j, d = parameters.n_features
        cdef double* at = self._per_scale.at
        if scales.shape[0] != d:
            raise ValueError("scales must have a number for each feature")
        for i in range(self._parameters.n_components):
            at[i] = 1
        at += parameters.n_components
        for i in range(self._parameters.n_components * d):
            at[i] = 1 / scales[i % d]
        at += parameters.n_components * d
        for i in range(self._parameters.n_matrices * d):
            for j in range(self._parameters.n_columns):
                at[i * parameters.n_columns + j] = scales[i % d]
        return 0

    @property
    def n_numbers(self):
        """Numbers of the parameters: weights, means, factors and covariances, in this order."""
        return self._start.size

    def run(
        self, const double[:, ::1] weights not None, const Py_ssize_t[::1] which not None,
        Py_ssize_t max_iter, double tol, double[:, ::1] numbers not None,
        double[::1] bounds not None, int32_t[:, ::1] outcomes not None,
    ):
        """Fit some of the replicates.

        Parameters
        ----------
        weights : ndarray of shape (n_replicates, n_samples), float64, contiguous
            Weights of all rows, a line for each replicate; at most `n_places` of a line may be
            positive.
        which : ndarray of intp
            The replicates to fit.
        max_iter, tol
            As for `EM.run`; `max_iter` is at least 1.
        numbers : ndarray of shape (n_replicates, n_numbers), float64, contiguous
            Receives the parameters; means are less the frame's shift.
        bounds : ndarray of shape (n_replicates,), float64
            Receives the mean log-likelihood of a row, before the last iteration, in nats.
        outcomes : ndarray of shape (n_replicates, 3), int32
            Receives the number of iterations, the number of collapsed components, and whether the
            fit converged.
        """
        cdef Py_ssize_t i, b, n = weights.shape[0], n_collapsed
        cdef bint converged
        cdef Parameters parameters = self._em.model.parameters
        cdef Doubles kept = Doubles(max_iter)
        cdef bint is_accelerated = (
            self._em.model.maximiser.is_unconstrained
            and not self._em.model.maximiser.limits.is_floor_small
        )
        if max_iter < 1:
            raise ValueError("max_iter must be at least 1")
        if numbers.shape[1] != self._start.size or outcomes.shape[1] != 3:
            raise ValueError("numbers must have n_numbers columns, and outcomes three")
        if not (numbers.shape[0] == bounds.shape[0] == outcomes.shape[0] == n):
            raise ValueError("weights, numbers, bounds and outcomes must have as many lines")
        for i in range(which.shape[0]):
            if not 0 <= which[i] < n:
                raise ValueError("which must hold indices of replicates")
            self._check(weights, which[i])
        with nogil:
            for i in range(which.shape[0]):
                b = which[i]
                self._take(weights, b)
                self._em.keep_rows(True)
                self._em.model.forget()
                memcpy(
                    &parameters._numbers[0], self._start.at, self._start.size * sizeof(double)
                )
                self._em.model.use()
                self._em._kept_bound = -INFINITY
                n_collapsed = 0
                if is_accelerated:
                    converged = self._accelerate(max_iter, tol, &bounds[b], &n_collapsed)
                else:
                    converged = self._em.iterate(
                        max_iter, tol, kept.at, 0, False, None, -INFINITY, &n_collapsed
                    )
                    bounds[b] = kept.at[max(0, self._em.n_iter - 1)]
                    self._em.goes_back()
                memcpy(
                    &numbers[b, 0], &parameters._numbers[0], self._start.size * sizeof(double)
                )
                outcomes[b, 0], outcomes[b, 1] = <int32_t>self._em.n_iter, <int32_t>n_collapsed
                outcomes[b, 2] = converged
                self._em.keep_rows(False)
                if i % N_BETWEEN_SIGNALS == 0:
                    with gil:
                        PyErr_CheckSignals()

    # ------------------------------------------------------------------ SQUAREM

    cdef double _step(self, Py_ssize_t* n_collapsed) except? -1 nogil:
        """One iteration of EM; returns the bound of the parameters before it."""
        cdef double bound = self._look()
        n_collapsed[0] = self._em._maximise()
        return bound

    cdef double _look(self) except? -1 nogil:
        """Sum up the rows under the current parameters; returns their bound."""
        self._em._sum_up(EXPECT)
        self._em.n_iter += 1
        return self._em._bound()

    cdef bint _accelerate(
        self, Py_ssize_t max_iter, double tol,
        double* bound,              # OUT   mean log-likelihood of a row before the last iteration
        Py_ssize_t* n_collapsed,    # OUT   in the last iteration
    ) except -1 nogil:
        """Rounds of two iterations and an extrapolation; returns whether the fit has converged.

        Gains make a geometric series. Its rate is the square of the rate of steps, the larger one
        of the last two rounds. The bound after the second step of a round is not known, so the
        series begins with the gain after that step: the last known one times the rate, squared.
        """
        cdef Py_ssize_t n = self._parameters._n_kept, size = n * sizeof(double)
        cdef double* now = &self._parameters._numbers[0]
        cdef double* zero = self._points.at
        cdef double* one = zero + n
        cdef double* two = one + n
        cdef double before, gain, rate, last_rate = 0, r = 0, v = 0, s = 0
        self._em.n_iter = 0
        bound[0] = self._step(n_collapsed)
        while self._em.n_iter < max_iter and n_collapsed[0] == 0:
            memcpy(zero, now, size)
            before = self._step(n_collapsed)
            memcpy(one, now, size)
            if n_collapsed[0] or self._em.n_iter >= max_iter:
                bound[0] = before
                break
            bound[0] = self._step(n_collapsed)
            memcpy(two, now, size)
            gain = bound[0] - before
            if gain <= ROUNDING * (1 + fabs(bound[0])):  # by rounding, or the floor of variances
                if fabs(gain) < tol:
                    return True
                continue
            self._measure(zero, one, two, n, &r, &v, &s)
            rate = max(s / r, last_rate) if r > 0 else 0
            last_rate = s / r if r > 0 else 0
            gain *= rate * (rate / (1 - rate) if rate * (N_AHEAD + 1) < N_AHEAD else N_AHEAD)
            if gain < tol:
                return True
            if n_collapsed[0] or self._em.n_iter >= max_iter or not r > v > 0:
                continue
            if self._go_on(zero, one, two, n, -sqrt(r / v)):
                self._em.model.use()
                if self._look() >= bound[0]:
                    n_collapsed[0] = self._em._maximise()
                    if n_collapsed[0] == 0:
                        continue
                    n_collapsed[0] = 0
                memcpy(now, two, size)
                self._parameters.recover_covariances()
                self._em.model.use()
        return False

    cdef void _measure(
        self, const double* zero, const double* one, const double* two, Py_ssize_t n,
        double* r,          # OUT   squared length of the first step
        double* v,          # OUT   of the difference of both steps
        double* s,          # OUT   of the second step
    ) noexcept nogil:
        """Measure two steps in standard deviations of the features."""
        cdef Py_ssize_t i
        cdef double first, second
        r[0] = v[0] = s[0] = 0
        for i in range(n):
            first = (one[i] - zero[i]) * self._per_scale.at[i]
            second = (two[i] - one[i]) * self._per_scale.at[i]
            r[0] += first * first
            s[0] += second * second
            v[0] += (second - first) * (second - first)

    cdef bint _go_on(
        self, const double* zero, const double* one, const double* two, Py_ssize_t n, double a
    ) noexcept nogil:
        """Write the point farther along the curve of three; returns whether it is a mixture."""
        cdef double* now = &self._parameters._numbers[0]
        cdef Py_ssize_t d = self._parameters.n_features, n_columns = self._parameters.n_columns
        cdef Py_ssize_t i, j
        cdef bint sound = True
        for i in range(n):
            now[i] = zero[i] - 2 * a * (one[i] - zero[i]) + a * a * (
                two[i] - 2 * one[i] + zero[i]
            )
        for i in range(self._parameters.n_components):
            sound &= now[i] > 0
        for i in range(self._parameters.n_matrices * d):
            j = i * n_columns + (i % d if n_columns > 1 else 0)
            sound &= self._parameters.factors[j] > 0
        return sound

    cdef int _check(self, const double[:, ::1] weights, Py_ssize_t b) except -1:
        """Refuse weights that do not fit the places."""
        cdef Py_ssize_t i, n_present = 0
        if self._source is None:
            if weights.shape[1] != self._weights.shape[0]:
                raise ValueError("weights must have a column for each row")
            return 0
        if weights.shape[1] != self._source.shape[0]:
            raise ValueError("weights must have a column for each row")
        for i in range(weights.shape[1]):
            n_present += weights[b, i] > 0
        if n_present > self._weights.shape[0]:
            raise ValueError(
                "%d rows of positive weight are more than %d places"
                % (n_present, self._weights.shape[0])
            )
        return 0

    cdef void _take(self, const double[:, ::1] weights, Py_ssize_t b) noexcept nogil:
        """Let `em` read the rows under the weights of replicate b."""
        cdef Py_ssize_t i, j, m = 0, n = weights.shape[1], d = self._parameters.n_features
        cdef Py_ssize_t n_places = self._weights.shape[0]
        if self._source is None:
            memcpy(&self._weights[0], &weights[b, 0], n * sizeof(double))
            return
        for i in range(n):
            if m == n_places:
                break
            # A branch would be a coin toss: each row is copied, and the next one may replace it.
            self._weights[m] = weights[b, i]
            for j in range(d):
                self._packed[m, j] = self._source[i, j]
            m += weights[b, i] > 0
        for i in range(m, n_places):
            self._weights[i] = 0


def count_draws(const int32_t[:, ::1] draws not None, double[:, ::1] counts not None):
    """Count how often each row was drawn.

    Parameters
    ----------
    draws : ndarray of shape (n_replicates, n_draws), int32
        Indices of rows.
    counts : ndarray of shape (n_replicates, n_samples), float64
        Overwritten.
    """
    cdef Py_ssize_t b, i
    if draws.shape[0] != counts.shape[0]:
        raise ValueError("draws and counts must have as many lines")
    for b in range(draws.shape[0]):
        for i in range(draws.shape[1]):
            if not 0 <= draws[b, i] < counts.shape[1]:
                raise ValueError("draws must hold indices of rows")
    with nogil:
        for b in range(draws.shape[0]):
            for i in range(counts.shape[1]):
                counts[b, i] = 0
            for i in range(draws.shape[1]):
                counts[b, draws[b, i]] += 1
