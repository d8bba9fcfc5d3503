"""Chunks of rows that lie somewhere, cut anew: files and datasets, alone or one after the other."""

from abc import ABC, abstractmethod
from contextlib import closing

import numpy as np

from .sizes import rows_per_chunk
from .source import Source

__all__ = ["BlockStore", "Store", "StoredSource"]


class Store(ABC):
    """Rows in a file or dataset.

    Attributes
    ----------
    label : str
        Names the store in messages.
    n_rows : int or None
    n_features : int
    feature_names : ndarray of shape (n_features,), dtype object, or None
    dtype : numpy.dtype
        float32 or float64.
    has_weights : bool
    path : str or None
        Of the file, absolute.
    """

    label: str
    path = None
    n_rows = None
    n_features: int
    feature_names = None
    dtype = None
    has_weights = False

    @abstractmethod
    def fill(self):
        """Copy all rows, in order, into arrays that the caller sends.

        Returns
        -------
        filler : generator
            ``send((X, weights))`` copies the next rows to the front of X and weights, and gives
            their number: at least 1 before the end, where the generator ends. The first value is
            None.
        """

    @abstractmethod
    def check_unchanged(self):
        """Raise RuntimeError if a file is no longer the one that was opened first."""


class BlockStore(Store):
    """Rows that come in blocks of a height of their own, each of which may end in any chunk."""

    @abstractmethod
    def blocks(self):
        """Yield all rows, in order, in blocks with a length."""

    @abstractmethod
    def copy(self, block, rows, X, weights):
        """Copy the rows of a block in the slice `rows` to X and, unless it is None, weights."""

    def fill(self):
        n_copied = None
        with closing(self.blocks()) as blocks:
            for block in blocks:
                first, n_rows = 0, len(block)
                while first < n_rows:
                    X, weights = yield n_copied
                    n_copied = min(len(X), n_rows - first)
                    rows = slice(first, first + n_copied)
                    self.copy(block, rows, X[:n_copied], _first(weights, n_copied))
                    first += n_copied
                    del X, weights
                del block
        yield n_copied


class StoredSource(Source):
    """Stores, one after the other, cut into chunks without regard to where a store ends.

    Parameters
    ----------
    stores : list of Store
    chunk_rows : int or "auto"
    """

    def __init__(self, stores, chunk_rows):
        first = stores[0]
        for store in stores[1:]:
            _compare(store, first)
        self._stores = stores
        n_rows = [store.n_rows for store in stores]
        self.n_rows = None if None in n_rows else sum(n_rows)
        self.label = (
            first.label if len(stores) == 1 else f"{len(stores)} sources: {first.label}, ..."
        )
        self.n_features, self.feature_names = first.n_features, first.feature_names
        self.dtype, self.has_weights = first.dtype, first.has_weights
        self.chunk_rows = rows_per_chunk(chunk_rows, self.n_features, self.dtype)
        if self.n_rows == 0:
            raise ValueError(f"{self.label} has no rows; pass at least one row.")

    def inputs(self):
        return [store.path for store in self._stores if store.path is not None]

    def chunks(self, buffers):
        for store in self._stores:
            store.check_unchanged()
        X = weights = None
        n_filled = n_taken = 0
        for store in self._stores:
            with closing(store.fill()) as filler:
                next(filler)
                while True:
                    if X is None:
                        X, weights = self._take(buffers, n_taken)
                        n_taken += len(X)
                    try:
                        n_filled += filler.send((X[n_filled:], _rest(weights, n_filled)))
                    except StopIteration:
                        break
                    if n_filled == len(X):
                        store.check_unchanged()
                        yield X, weights
                        X, weights, n_filled = None, None, 0
            store.check_unchanged()
        if n_filled:
            yield X[:n_filled], _first(weights, n_filled)

    def _take(self, buffers, first):
        """Return memory for a chunk that begins at row `first`, and for its weights or None."""
        height = self.chunk_rows
        if self.n_rows is not None:
            height = max(1, min(height, self.n_rows - first))
        X = buffers.take((height, self.n_features), self.dtype)
        return X, buffers.take((height,), np.float64) if self.has_weights else None


def _rest(weights, n):
    return None if weights is None else weights[n:]


def _first(weights, n):
    return None if weights is None else weights[:n]


def _compare(store, first):
    """Raise ValueError if a store holds other features than the first one."""
    for attribute, noun in (("n_features", "features"), ("dtype", "dtype")):
        found, expected = getattr(store, attribute), getattr(first, attribute)
        if found != expected:
            raise ValueError(
                f"{store.label} has {noun} {found}, but {first.label} has {expected}; all sources "
                "in a list must have the same columns."
            )
    names, expected = store.feature_names, first.feature_names
    if (names is None) != (expected is None) or (names is not None and (names != expected).any()):
        raise ValueError(
            f"{store.label} has other column names than {first.label}; choose the same ones with "
            "columns=[...]."
        )
