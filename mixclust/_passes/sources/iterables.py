"""Chunks that a sequence, an iterable or a function gives: they keep their cutting."""

from collections.abc import Iterator, Sequence

import numpy as np

from ..._inputs.arrays import is_native_float
from ..checks import as_chunk, as_weights, check_weights, part_name
from .columns import column_index
from .source import Source

__all__ = ["IterableSource"]


class IterableSource(Source):
    """Arrays, or pairs of an array and weights, one after the other.

    Parameters
    ----------
    source : sequence, iterable or function without arguments
        Gives the same chunks whenever it is iterated over, or called.
    columns : list of int, or None
    chunk_rows : int or "auto"
        A number cuts larger chunks into pieces of at most so many rows.
    """

    def __init__(self, source, columns, chunk_rows):
        kind = type(source).__name__
        self._source = source
        self._cut = None if chunk_rows == "auto" else chunk_rows
        self._columns = self._peeked = None
        self.label = kind
        if isinstance(source, Sequence):
            self.label = f"{kind} of {len(source)} chunk(s)"
            # Views of arrays in memory need no thread that reads ahead.
            self.reads = not all(is_plain(_split(chunk)[0]) for chunk in source)
        if isinstance(source, Iterator):
            raise TypeError(
                f"source is a {kind}, which gives its chunks only once, but a fit reads them in "
                "every pass; pass a list of chunks, a function that returns a new iterator at "
                "each call, or the path of a file."
            )
        self._look_at_first(columns)
        if not self.reads:
            self.n_rows = sum(len(_split(chunk)[0]) for chunk in source)

    def _look_at_first(self, columns):
        iterator = self._iterate()
        try:
            for chunk in iterator:
                chunk, weights = _split(chunk)
                X = as_chunk(chunk, 0, 0)
                if len(X) == 0:
                    continue
                self._columns = column_index(columns, X.shape[1], self.label)
                X = X if columns is None else X[:, self._columns]
                self.n_features, self.dtype = X.shape[1], X.dtype
                self.has_weights = weights is not None
                return
        finally:
            if iterator is not self._source and hasattr(iterator, "close"):
                iterator.close()
        raise ValueError(f"source ({self.label}) has no rows; pass at least one chunk with rows.")

    def _iterate(self):
        if not callable(self._source) or hasattr(type(self._source), "__iter__"):
            return iter(self._source)
        made = self._source()
        iterator = iter(made)
        if iterator is self._peeked:
            raise TypeError(
                f"{self._source!r} returned one iterator twice, which gives its chunks only once; "
                "return a new iterator at each call."
            )
        self._peeked = iterator if self._peeked is None and iterator is made else self._peeked
        return iterator

    def chunks(self, buffers):
        index = first = 0
        iterator = self._iterate()
        try:
            for chunk in iterator:
                chunk, weights = _split(chunk)
                X = as_chunk(chunk, index, first, self._columns)
                n_rows = len(X)
                if n_rows == 0:
                    continue
                self._compare(X, weights, part_name(index, first, n_rows))
                if weights is not None:
                    weights = as_weights(weights, part_name(index, first, n_rows))
                    check_weights(weights, index, first, n_rows)
                step = self._cut or n_rows
                for start in range(0, n_rows, step):
                    part = slice(start, start + step)
                    yield X[part], weights if weights is None else weights[part]
                    index += 1
                first += n_rows
                del chunk, X, weights
        finally:
            if hasattr(iterator, "close"):
                iterator.close()

    def _compare(self, X, weights, name):
        """Raise ValueError if a chunk is of another kind than the first one."""
        if X.shape[1] != self.n_features:
            raise ValueError(
                f"{name} has {X.shape[1]} features, but the first chunk has {self.n_features}; "
                "all chunks must have the same features."
            )
        if X.dtype != self.dtype:
            raise ValueError(
                f"{name} has dtype {X.dtype}, but the first chunk has {self.dtype}; convert it "
                f"with chunk.astype(numpy.{self.dtype})."
            )
        if (weights is not None) != self.has_weights:
            raise ValueError(
                f"{name} {'has no' if weights is None else 'has'} weights, but the first chunk "
                f"{'has them' if weights is None else 'has none'}; pass weights with all chunks or "
                "with none."
            )


def is_plain(chunk):
    """Return whether a chunk is an array in memory that needs no conversion."""
    return type(chunk) is np.ndarray and chunk.ndim == 2 and is_native_float(chunk)


def _split(chunk):
    """Return a chunk as a pair of an array and weights or None."""
    if isinstance(chunk, tuple) and len(chunk) == 2:
        return chunk
    return chunk, None
