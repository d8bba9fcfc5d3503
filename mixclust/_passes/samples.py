"""Samples of rows by keys: the rows of least keys among all parts, for any cutting."""

from typing import NamedTuple

import numpy as np

__all__ = ["Sample", "Samples", "join", "places_of_least"]


class Sample(NamedTuple):
    """Rows of positive weight, each with its key."""

    keys: np.ndarray
    """Shape (n,), uint64 or float64."""
    indices: np.ndarray
    """Shape (n,), int64: numbers of the rows among all rows."""
    rows: np.ndarray
    """Shape (n, n_features)."""
    weights: np.ndarray | None
    """Shape (n,), float64."""

    def weights_or_ones(self):
        """Return the weights, 1 for each row where there are none."""
        return np.ones(len(self.keys)) if self.weights is None else self.weights

    def take(self, places):
        """Return the rows at some places.

        Parameters
        ----------
        places : ndarray of shape (n_taken,), intp or bool, or slice

        Returns
        -------
        sample : Sample
        """
        weights = None if self.weights is None else self.weights[places]
        return Sample(self.keys[places], self.indices[places], self.rows[places], weights)

    def in_order(self):
        """Return the sample in the order of the numbers of its rows."""
        return self.take(np.argsort(self.indices))


class Samples:
    """The rows of least keys of some parts, to which the ones of later parts can be added.

    Parameters
    ----------
    size : int
        Number of rows, at most.
    sample : Sample
        Of one part.
    """

    def __init__(self, size, sample):
        self.size = size
        self._found = [sample]

    def __iadd__(self, other):
        """Add the rows of parts that follow."""
        self._found = self._found + other._found
        # Seldom, since all rows of the samples are copied.
        if sum(len(sample.keys) for sample in self._found) > 2 * self.size:
            self._found = [self.merged()]
        return self

    def merged(self):
        """Return the `size` rows of least keys of all parts, in any order.

        Returns
        -------
        sample : Sample
        """
        joined = join(self._found)
        return joined.take(places_of_least(joined.keys, self.size))


def join(samples):
    """Return some samples as one.

    Parameters
    ----------
    samples : list of Sample

    Returns
    -------
    sample : Sample
    """
    weights = None
    if any(sample.weights is not None for sample in samples):
        weights = np.concatenate([sample.weights_or_ones() for sample in samples])
    keys = np.concatenate([sample.keys for sample in samples])
    indices = np.concatenate([sample.indices for sample in samples])
    return Sample(keys, indices, np.concatenate([sample.rows for sample in samples]), weights)


def places_of_least(keys, n):
    """Return the places of the n least keys.

    Parameters
    ----------
    keys : ndarray of shape (n_keys,)
    n : int

    Returns
    -------
    places : ndarray of shape (n,), intp, or slice
        All places where there are no more than n.
    """
    if len(keys) <= n:
        return slice(None)
    return np.argpartition(keys, n)[:n] if n else slice(0, 0)
