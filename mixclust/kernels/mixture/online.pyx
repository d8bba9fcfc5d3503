"""Online EM: the pass over a batch, to which the statistics of earlier batches are added.

The loop, the M step and the choice of origins are the ones of `EM`. A step runs without the GIL.
"""
cimport cython
from libc.string cimport memcpy

import numpy as np

from ..rows.rows cimport Frame, Rows
from .em cimport EM, EXPECT
from .model cimport Model
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
        cdef Py_ssize_t i, n = n_sums(self._earlier)
        cdef Statistics own = self.model.statistics, mean = self._earlier
        cdef double share = 1 / weight
        found = np.empty(n)
        cdef double[::1] sums = found
        memcpy(mean.counts_at, own.counts_at, own._numbers.shape[0] * sizeof(double))
        mean.take_about(self.model.parameters.means, self.n_features)
        for i in range(n):
            mean.counts_at[i] *= share
        clear_negligible(mean)
        memcpy(&sums[0], mean.counts_at, n * sizeof(double))
        return found, share * own.noise_count

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
