"""The statistics of a pass as a value: parts add up, compare, move to other origins and pickle."""

import numpy as np

from .._inputs.wording import count
from ..kernels.mixture.statistics import Statistics as CompiledStatistics

__all__ = ["Statistics"]


class Statistics(CompiledStatistics):
    """Counts, sums and scatters of components, about an origin for each.

    Parameters
    ----------
    n_components, n_features : int
    scatter_shape : tuple of three int
        As for the compiled class, which has the numbers, `means` and `covariances`.
    """

    __slots__ = ()

    @property
    def sums(self):
        """Weighted sums of rows less the origin, (n_components, n_features)."""
        return self._views()[1].copy()

    @property
    def scatters(self):
        """Weighted scatters of rows about the origin, of shape `scatter_shape`."""
        return self._views()[2].copy()

    @property
    def origins(self):
        """The point that is subtracted from rows, (n_components, n_features), in units of X."""
        return self._views()[3].copy()

    def about(self, origins):
        """The same statistics about other origins.

        Parameters
        ----------
        origins : ndarray of shape (n_components, n_features), float64

        Returns
        -------
        statistics : Statistics
        """
        origins = np.ascontiguousarray(origins, dtype=np.float64)
        if origins.shape != (self.n_components, self.n_features):
            raise ValueError(
                f"origins must have shape ({self.n_components}, {self.n_features}), not "
                f"{origins.shape}"
            )
        moved = self.copy()
        moved.move_to(origins)
        return moved

    def shifted(self, shift):
        """The same statistics of rows that all lie `shift` further, an array (n_features,)."""
        if np.shape(shift) != (self.n_features,):
            raise ValueError(f"shift must have shape ({self.n_features},), not {np.shape(shift)}")
        moved = self.copy()
        moved._views()[3][:] += shift
        return moved

    def set(self, counts, scatters, means=0.0):
        """Set counts and scatters; sums stay zero, so that the origins are the means."""
        own = self._views()
        own[0][:] = counts
        own[2][:] = scatters
        own[3][:] = means

    def sums_of_rows(self):
        """A copy of counts, sums and scatters, one behind the other: an array (n_numbers,)."""
        return self.numbers[: -self.n_components * (self.n_features + 2)].copy()

    def copy(self):
        """A copy that shares no memory with this."""
        return _of_numbers(*self._shape(), self.numbers, self.log_likelihood, self.noise_count)

    def __iadd__(self, other):
        self._check_like(other)
        self.add_times(other, 1.0)
        self.log_likelihood += other.log_likelihood
        return self

    def add_times(self, other, factor):
        """Add a multiple of the sums of statistics of the same shape, but not of log-likelihoods.

        Parameters
        ----------
        other : Statistics
        factor : float
        """
        n_origins = self.n_components * (self.n_features + 2)
        own, more = self.numbers, other.numbers
        if not np.array_equal(own[-n_origins:], more[-n_origins:]):
            more = other.about(self._views()[3]).numbers
        own[:-n_origins] += factor * more[:-n_origins]
        self.noise_count += factor * other.noise_count

    def __add__(self, other):
        self._check_like(other)
        added = self.copy()
        added += other
        return added

    def __imul__(self, factor):
        """Count every row `factor` times, a number."""
        factor = float(factor)  # or raises, before any sum is changed
        for own in self._views()[:3]:
            own *= factor
        self.log_likelihood *= factor
        self.noise_count *= factor
        return self

    def __eq__(self, other):
        if not isinstance(other, Statistics):
            return NotImplemented
        return (
            self._shape() == other._shape()
            and self.log_likelihood == other.log_likelihood
            and self.noise_count == other.noise_count
            and np.array_equal(self.numbers, other.numbers)
        )

    __hash__ = None

    def __reduce__(self):
        numbers = self.numbers.copy()
        return _of_numbers, (*self._shape(), numbers, self.log_likelihood, self.noise_count)

    def _shape(self):
        """The arguments of the constructor."""
        return self.n_components, self.n_features, self.scatter_shape

    def _views(self):
        """Counts, sums, scatters and origins: arrays that share memory with this."""
        n_components, n_features, numbers = self.n_components, self.n_features, self.numbers
        scatters_begin = n_components * (1 + n_features)
        origins_begin = len(numbers) - n_components * (n_features + 2)
        return (
            numbers[:n_components],
            numbers[n_components:scatters_begin].reshape(n_components, n_features),
            numbers[scatters_begin:origins_begin].reshape(self.scatter_shape),
            numbers[origins_begin:].reshape(n_components, -1)[:, :n_features],
        )

    def _check_like(self, other):
        """Refuse an operand that these statistics do not add to."""
        if not isinstance(other, Statistics):
            raise TypeError(f"statistics add to statistics, not to {type(other).__name__}")
        if self._shape() != other._shape():
            raise ValueError(
                f"statistics of {count(self.n_components, 'component')}, "
                f"{count(self.n_features, 'feature')} and "
                f"scatters of shape {self.scatter_shape} do not add to statistics of "
                f"{other.n_components}, {other.n_features} and {other.scatter_shape}"
            )


def _of_numbers(n_components, n_features, scatter_shape, numbers, log_likelihood, noise_count=0.0):
    """Statistics from the numbers of others."""
    statistics = Statistics(n_components, n_features, scatter_shape)
    own = statistics.numbers
    if own.shape != np.shape(numbers):
        raise ValueError("pickled statistics do not hold as many numbers as their shape has")
    own[:] = numbers
    statistics.log_likelihood, statistics.noise_count = log_likelihood, noise_count
    return statistics
