"""Online EM: the pass over a batch, to which the statistics of earlier batches are added.

The loop, the M step and the choice of origins are the ones of `EM`. A step runs without the GIL.
"""
cimport cython
from libc.string cimport memcpy

import numpy as np

from ..rows.rows cimport Frame, Rows
from .em cimport EM, EXPECT
from .model cimport Model
from .parameters cimport Parameters
from .statistics cimport Statistics

# Share of the weight below which a component has no rows left: its sums would underflow.
cdef double SMALLEST_SHARE = 1e-200

# In nats: only a row that is not finite, or all but infinitely far from every mean, has so little.
cdef double LOST = -1e280
LOG_LIKELIHOOD_OF_LOST_ROWS = LOST


cdef Py_ssize_t n_sums(Statistics statistics) noexcept nogil:
    """Numbers of the counts, sums and scatters, which lie one behind the other."""
    return statistics.origins_at - statistics.counts_at


cdef bint are_sound(Statistics statistics) noexcept nogil:
    """Whether sums of rows are finite."""
    cdef Py_ssize_t i
    cdef bint is_lost = False
    for i in range(n_sums(statistics)):  # the difference is NaN if the number is not finite
        is_lost |= statistics.counts_at[i] - statistics.counts_at[i] != 0
    return not is_lost and statistics.log_likelihood > LOST


cdef bint are_finite(const double[::1] numbers) noexcept nogil:
    """Whether all numbers of an array are finite."""
    cdef Py_ssize_t i
    cdef double differences = 0
    for i in range(numbers.shape[0]):  # the difference is NaN if the number is not finite
        differences += numbers[i] - numbers[i]
    return differences == 0


def find_middle(const double[::1] weights not None, const double[:, ::1] means not None):
    """The mean of means by their weights: a point amid the rows of a mixture.

    Parameters
    ----------
    weights : ndarray of shape (n_components,), float64, contiguous
    means : ndarray of shape (n_components, n_features), float64, contiguous

    Returns
    -------
    middle : ndarray of shape (n_features,), float64
    """
    cdef Py_ssize_t j, k
    cdef double total = 0
    if weights.shape[0] != means.shape[0]:
        raise ValueError("weights and means differ in their number of components")
    found = np.zeros(means.shape[1])
    cdef double[::1] middle = found
    for k in range(means.shape[0]):
        total += weights[k]
        for j in range(means.shape[1]):
            middle[j] += weights[k] * means[k, j]
    for j in range(means.shape[1]):
        middle[j] /= max(total, 1e-300)
    return found


cdef void clear_negligible(Statistics mean) noexcept nogil:
    """Let components of a negligible share have no rows; one scatter of all stays as it is."""
    cdef Py_ssize_t i, k, d = mean.n_features, size = mean.n_rows * mean.n_columns
    for k in range(mean.n_components):
        if mean.counts_at[k] < SMALLEST_SHARE:
            mean.counts_at[k] = 0
            for i in range(d):
                mean.sums_at[k * d + i] = 0
            if mean.n_scatters == mean.n_components:
                for i in range(size):
                    mean.scatter(k)[i] = 0


@cython.final
cdef class OnlineEM(EM):
    """EM over a batch, of which one iteration is a step of online EM.

    Parameters
    ----------
    rows, frame, model, shard_bounds, map_tasks
        As for `EM`.
    weight : float
        Of the batch.
    refuse : callable
        ``refuse()`` is called if sums are not finite; it raises an error that names the reason.
    """

    cdef object _refuse
    cdef Statistics _earlier            # scratch: statistics of the earlier batches
    cdef const double[::1] _sums        # theirs, of rows of weight 1; or None
    cdef const double[:, ::1] _origins  # that the sums are taken about
    cdef double _earlier_weight, _earlier_noise

    def __init__(
        self, rows, frame, Model model not None, shard_bounds, map_tasks, double weight, refuse
    ):
        EM.__init__(self, rows, frame, model, shard_bounds, map_tasks, weight)
        cdef Statistics own = model.statistics
        self._earlier = Statistics(own.n_components, own.n_features, own.scatter_shape)
        self._refuse = refuse
        self._sums = self._origins = None

    def exchange(self, Rows rows not None, Frame frame not None, double weight, refuse):
        """Read other rows, as many as before, from now on."""
        if rows.n_samples != self.n_samples or not (
            rows.n_features == frame.n_features == self.n_features
        ):
            raise ValueError("the batch has another shape than the one before")
        self.rows, self.frame, self.is_weighted = rows, frame, rows.weights != NULL
        self.total_weight = weight
        self._refuse = refuse
        self._sums = self._origins = None

    def release(self):
        """Let go of the batch; there is no pass until `exchange` has brought another one."""
        self.rows = self._refuse = None
        self._sums = self._origins = None

    def go_on_from(self, sums, origins, double noise_count, double weight):
        """Set the statistics of the earlier batches.

        Parameters
        ----------
        sums : ndarray of shape (n_numbers,), float64, contiguous
            Counts, sums and scatters of rows of weight 1, as `result` returns them.
        origins : ndarray of shape (n_components, n_features), float64, contiguous
            The points about which the sums were taken, less the frame's shift.
        noise_count : float
            Of rows of weight 1.
        weight : float
            Of the earlier rows, in the unit of the weight of the batch.
        """
        cdef const double[::1] numbers = sums
        cdef const double[:, ::1] points = origins
        if (
            numbers.shape[0] != n_sums(self._earlier)
            or points.shape[0] != self.n_components or points.shape[1] != self.n_features
        ):
            raise ValueError("the statistics of earlier batches do not fit the model")
        self._sums, self._origins = numbers, points
        self._earlier_noise, self._earlier_weight = noise_count, weight

    def result(self, double weight):
        """The statistics after a step, of rows of weight 1 and about the new means.

        Components of a negligible share have no rows in them.

        Parameters
        ----------
        weight : float
            Of the batch and the earlier ones.

        Returns
        -------
        sums : ndarray of shape (n_numbers,), float64
            Counts, sums and scatters, one behind the other.
        noise_count : float
        """
        found = np.empty(n_sums(self._earlier))
        cdef double[::1] sums = found
        return found, self._write_result(weight, &sums[0])

    def step(
        self, Rows rows not None, refuse, double share, const double[::1] weights not None,
        const double[:, ::1] means not None, const double[::1] factors not None,
        const double[::1] covariances not None, const double[::1] state not None,
    ):
        """Take a batch without weights into a stream without noise: all of a step at once.

        The results equal the ones of `exchange`, `set_parameters`, `go_on_from`, `run` and
        `result`, called one after the other.

        Parameters
        ----------
        rows, refuse
            As for `exchange`.
        share : float
            Of the batch in the new statistics.
        weights, means, factors, covariances : ndarray, float64, contiguous
            Parameters before the step, the means in units of X. Factors and covariances as the
            kernels keep them, as one row of numbers.
        state : ndarray, float64, contiguous
            Of the stream: the weight of its rows, a number that no step changes, the count of noise
            and more such numbers, and last the sums as `result` returns them.

        Returns
        -------
        bound : float
        n_collapsed : int
        parameters : tuple of ndarray
            Weights, means in units of X, factors and covariances after the step.
        state : ndarray
            Or None in place of all if a parameter is not finite.
        """
        cdef Parameters own = self.model.parameters
        cdef Py_ssize_t j, k, K = self.n_components, d = self.n_features
        cdef Py_ssize_t n = own.n_matrices * d * own.n_columns
        cdef Py_ssize_t at = state.shape[0] - n_sums(self._earlier)
        cdef double weight = rows.n_samples
        if (
            weights.shape[0] != K or means.shape[0] != K or means.shape[1] != d
            or factors.shape[0] != n or covariances.shape[0] != n or at < 3
        ):
            raise ValueError("the parameters or the statistics of the stream do not fit the model")
        shift = find_middle(weights, means)
        cdef const double[::1] origin = shift
        if not (
            are_finite(weights) and are_finite(factors) and are_finite(covariances)
            and are_finite(origin)
        ):
            return None
        self.exchange(rows, Frame(shift), weight, refuse)
        memcpy(own.weights, &weights[0], K * sizeof(double))
        memcpy(own.factors, &factors[0], n * sizeof(double))
        memcpy(own.covariances, &covariances[0], n * sizeof(double))
        for k in range(K):
            for j in range(d):
                own.means[k * d + j] = means[k, j] - origin[j]
        own.noise_weight = 0
        with nogil:
            self.model.use()
        origins = own._arrays()[1]  # read before the M step changes them
        self.go_on_from(state[at:], origins, state[2], weight / share - weight)
        bounds, _, n_collapsed = self.run(1, 0.0)
        found = own.get()
        cdef double[:, ::1] new_means = found[1]
        for k in range(K):
            for j in range(d):
                new_means[k, j] += origin[j]
        new_state = np.array(state)
        cdef double[::1] numbers = new_state
        numbers[0] = weight / share
        numbers[2] = self._write_result(weight / share, &numbers[at])
        self.release()
        return bounds[0], n_collapsed, found, new_state

    cdef double _write_result(
        self, double weight,
        double* sums,       # OUT  counts, sums and scatters of rows of weight 1
    ):
        """Write the statistics after a step; returns the count of noise."""
        cdef Py_ssize_t i, n = n_sums(self._earlier)
        cdef Statistics own = self.model.statistics, mean = self._earlier
        cdef double share = 1 / weight
        memcpy(mean.counts_at, own.counts_at, own._numbers.shape[0] * sizeof(double))
        mean.take_about(self.model.parameters.means, self.n_features)
        for i in range(n):
            mean.counts_at[i] *= share
        clear_negligible(mean)
        memcpy(sums, mean.counts_at, n * sizeof(double))
        return share * own.noise_count

    cdef int add_rows(self) except -1 nogil:
        """Sum the rows of the batch, and add the statistics of the earlier ones."""
        if self._mode != EXPECT or self.rows is None:
            with gil:
                raise ValueError("a step needs a batch, and takes no labels and responsibilities")
        EM.add_rows(self)
        if not are_sound(self.model.statistics):
            with gil:
                self._refuse()
        if self._sums is not None:
            self._add_earlier(self.model.statistics, self._earlier)
        return 0

    cdef void _add_earlier(self, Statistics own, Statistics earlier) noexcept nogil:
        """Add the statistics of the earlier batches, about the origins of this pass."""
        cdef Py_ssize_t i, k, n = n_sums(own), d = self.n_features
        for i in range(n):
            earlier.counts_at[i] = self._earlier_weight * self._sums[i]
        for k in range(self.n_components):
            memcpy(earlier.origin(k), &self._origins[k, 0], d * sizeof(double))
        earlier.take_about(own.origins_at, d + 2)
        for i in range(n):
            own.counts_at[i] += earlier.counts_at[i]
        own.noise_count += self._earlier_weight * self._earlier_noise
