"""Answers about rows under a density: labels, log-probabilities and responsibilities."""
from libc.math cimport INFINITY, exp
from libc.stdint cimport int32_t

from ..core.memory cimport Doubles
from .model cimport Density
from .parameters cimport Parameters
from .responsibilities cimport likeliest, normalise
from .strip_pass cimport Strip, StripPass

cdef extern from "<float.h>":
    const double DBL_MAX

cdef enum:
    LABEL = 0
    SCORE = 1
    RESP = 2
    SUMS = 3


cdef class Answers(StripPass):
    """Answers about rows; the weights of rows play no part but in sums.

    Parameters
    ----------
    rows, frame, shard_bounds, map_tasks
        As for `StripPass`.
    density : Density
        With a `common` of zero: its log-densities are complete.
    parameters : Parameters

    Attributes
    ----------
    n_columns : int
        Columns of the responsibilities: one for each component, and a last one if the parameters
        have a volume of noise.
    """

    cdef Parameters _parameters
    cdef readonly Py_ssize_t n_columns
    cdef double _log_noise
    cdef int _mode
    cdef int32_t[::1] _labels
    cdef double[::1] _log_prob
    cdef double[:, ::1] _resp
    cdef Doubles _certainties           # (n_shards,) see `sums`

    def __init__(
        self, rows, frame, Density density not None, Parameters parameters not None,
        shard_bounds, map_tasks,
    ):
        density.check(parameters)
        StripPass.__init__(
            self, rows, frame, density.n_components, density.n_features, shard_bounds, map_tasks
        )
        self.density, self._parameters = density, parameters
        self._log_noise = parameters.log_noise()
        self.n_columns = self.n_components + (parameters.log_volume < INFINITY)
        density.use(parameters)
        self.set_work(density.work_per_row, self.height)

    def label(self, int32_t[::1] labels):
        """Write the likeliest component of every row."""
        if labels.shape[0] != self.n_samples:
            raise ValueError("labels must have shape (n_samples,)")
        self._labels = labels
        self._run(LABEL)

    def score(self, double[::1] log_prob):
        """Write the log-probability of every row, in nats."""
        if log_prob.shape[0] != self.n_samples:
            raise ValueError("log_prob must have shape (n_samples,)")
        self._log_prob = log_prob
        self._run(SCORE)

    def responsibilities(self, double[:, ::1] resp, double[::1] log_prob):
        """Write the responsibilities and the log-probability of every row."""
        if log_prob.shape[0] != self.n_samples or resp.shape[0] != self.n_samples:
            raise ValueError("resp and log_prob must have n_samples rows")
        if resp.shape[1] != self.n_columns:
            raise ValueError("resp must have a column a component, and one for noise")
        self._log_prob, self._resp = log_prob, resp
        self._run(RESP)

    def sums(self):
        """Sums over all rows, times their weights.

        Returns
        -------
        log_likelihood : float
            Of log-probabilities, in nats.
        certainty : float
            Of the logarithms of the largest responsibilities.
        """
        cdef Py_ssize_t s
        cdef double certainty = 0
        self._certainties = Doubles(self.n_shards)
        self.is_weighted = self.rows.weights != NULL
        try:
            self._run(SUMS)
        finally:
            self.is_weighted = False
        for s in range(self.n_shards):
            certainty += self._certainties.at[s]
        return self.sum_of_shards(), certainty

    @property
    def has_lost_rows(self):
        """Whether the last answer met a row without a density: too far off, or not finite."""
        return self.sum_of_shards() <= -DBL_MAX

    cdef int _run(self, int mode) except -1:
        self._mode = mode
        with nogil:
            self.map_shards()
        return 0

    cdef double take_strip(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        cdef Py_ssize_t i
        cdef double total
        self.density.log_densities(
            strip.features, strip.height, strip.which, self.n_components, strip.resp
        )
        if self._mode == LABEL:
            total = likeliest(
                strip.resp, self.n_components, strip.height, self._heaviest(),
                self._log_noise, strip.log_prob,
            )
            for i in range(strip.n):
                self._labels[strip.start + i] = <int32_t>strip.log_prob[i]
            return total
        if self._mode == SUMS:
            return self._sum_up(s, strip)
        total = 0
        if self._log_noise > -DBL_MAX:  # every row has a density then, one that is not finite too
            total = likeliest(
                strip.resp, self.n_components, strip.height, 0, self._log_noise, strip.log_prob
            )
        total += normalise(
            strip.resp, self.n_components, strip.height, strip.weights, self._log_noise,
            strip.log_prob, NULL,
        )
        for i in range(strip.n):
            self._log_prob[strip.start + i] = (
                strip.log_prob[i] if strip.log_prob[i] > -DBL_MAX else -INFINITY
            )
        if self._mode == RESP:
            self._write(strip)
        return total

    cdef double _sum_up(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        """Add up a strip; returns its log-likelihood."""
        cdef Py_ssize_t i, k, H = strip.height
        cdef double total = 0, certainty = 0, log_prob
        for i in range(strip.n):
            strip.reach[i] = self._log_noise
        for k in range(self.n_components):
            for i in range(strip.n):
                strip.reach[i] = max(strip.reach[i], strip.resp[k * H + i])
        normalise(
            strip.resp, self.n_components, H, strip.weights, self._log_noise, strip.log_prob, NULL
        )
        for i in range(strip.n):
            if strip.weights[i] > 0:  # the logarithm of another row may be infinite
                log_prob = strip.log_prob[i] if strip.log_prob[i] > -DBL_MAX else -INFINITY
                total += strip.weights[i] * log_prob
                certainty += strip.weights[i] * (strip.reach[i] - strip.log_prob[i])
        self._certainties.at[s] = self._certainties.at[s] + certainty
        return total

    cdef Py_ssize_t _heaviest(self) noexcept nogil:
        """The component of largest weight, which takes rows that are infinitely far from all."""
        cdef Py_ssize_t k, heaviest = 0
        for k in range(self.n_components):
            if self._parameters.weights[k] > self._parameters.weights[heaviest]:
                heaviest = k
        return heaviest

    cdef void _write(self, const Strip* strip) noexcept nogil:
        """Write a strip's responsibilities, row by row."""
        cdef Py_ssize_t i, k, H = strip.height
        for i in range(strip.n):
            for k in range(self.n_components):
                # A row infinitely far from all components has the mixing weights.
                self._resp[strip.start + i, k] = (
                    strip.resp[k * H + i] if strip.log_prob[i] > -DBL_MAX
                    else self._parameters.weights[k]
                )
            if self.n_columns > self.n_components:
                self._resp[strip.start + i, self.n_components] = (
                    exp(self._log_noise - strip.log_prob[i]) if strip.log_prob[i] > -DBL_MAX
                    else self._parameters.noise_weight
                )
