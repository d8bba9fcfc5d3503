"""Chunks that a sequence, an iterable or a function gives: they keep their cutting."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np

from ..._inputs.arrays import is_native_float
from ..._inputs.wording import count, with_article
from ..checks import as_chunk, as_weights, check_weights, part_name
from .columns import column_index
from .source import Source
from .tables import is_table, split_table

__all__ = ["IterableSource", "PieceSource"]


class PieceSource(Source):
    """Pieces of any height, each of which is a chunk.

    A subclass sets `n_features`, `dtype`, `has_weights` and, where it has names, `feature_names`.

    Parameters
    ----------
    chunk_rows : int or "auto"
        A number cuts pieces that are larger.
    """

    _columns = None  # index of the features, applied to every piece
    _are_lent = False  # whether the memory of pieces is the user's, who may fill it again

    def __init__(self, chunk_rows):
        self._cut = None if chunk_rows == "auto" else chunk_rows

    @abstractmethod
    def pieces(self):
        """Yield array-likes, or pairs of them and the weights of their rows."""

    def chunks(self, buffers):
        index = first = 0
        with closing(self.pieces()) as pieces:
            for piece in pieces:
                piece, weights = split(piece)
                X = as_chunk(piece, index, first, self._columns)
                n_rows = len(X)
                if n_rows == 0:
                    continue
                # The user may fill the same memory again when the next piece is asked for, and the
                # thread that reads ahead asks for it while this one is in use.
                if self._are_lent and (X is piece or X.base is not None):
                    X = X.copy()
                self._compare(X, weights, part_name(index, first, n_rows))
                if weights is not None:
                    weights = as_weights(weights, part_name(index, first, n_rows))
                    weights = weights.copy() if self._are_lent else weights
                    check_weights(weights, index, first, n_rows)
                step = self._cut or n_rows
                for start in range(0, n_rows, step):
                    rows = slice(start, start + step)
                    yield X[rows], weights if weights is None else weights[rows]
                    index += 1
                first += n_rows
                del piece, X, weights

    def _compare(self, X, weights, name):
        """Raise ValueError if a piece is of another kind than the first one."""
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


class IterableSource(PieceSource):
    """Arrays, tables, or pairs of them and weights, one after the other.

    Parameters
    ----------
    source : sequence, iterable or function without arguments
        Gives the same chunks whenever it is iterated over, or called.
    columns : list of int or str, or None
    weight_column : str or None
        Name of a column of tables.
    chunk_rows : int or "auto"
        A number cuts larger chunks into pieces of at most so many rows.
    """

    def __init__(self, source, columns, weight_column, chunk_rows):
        super().__init__(chunk_rows)
        self._source = source
        self._peeked = None
        self._choice = columns, weight_column
        self.label = kind = type(source).__name__
        if isinstance(source, Iterator):
            raise TypeError(
                f"source is {with_article(kind)}, which gives its chunks only once, but a fit "
                "reads them in every pass; pass a list of chunks, a function that returns a new "
                "iterator at each call, or the path of a file."
            )
        if isinstance(source, Sequence):
            self.label = f"{kind} of {count(len(source), 'chunk')}"
            # Views of arrays in memory need no thread that reads ahead.
            self.reads = not all(_is_plain(split(chunk)[0]) for chunk in source)
        self._are_lent = self.reads
        self._look_at_first()
        if not self.reads:
            self.n_rows = sum(len(split(chunk)[0]) for chunk in source)

    def inputs(self):
        return [] if self.reads else [split(chunk)[0] for chunk in self._source]

    def _look_at_first(self):
        columns, weight_column = self._choice
        with closing(self.pieces()) as pieces:
            for piece in pieces:
                chunk, weights = split(piece)
                if self.feature_names is None and weight_column is not None:
                    raise ValueError(
                        f"sample_weight={weight_column!r} is the name of a column, but the chunks "
                        "have no column names; pass pairs of an array and its weights."
                    )
                X = as_chunk(chunk, 0, 0)
                if len(X) == 0:
                    self.feature_names = None
                    continue
                if not is_table(chunk):
                    self._columns = column_index(columns, X.shape[1], "the first chunk")
                    X = X if columns is None else X[:, self._columns]
                self.n_features, self.dtype = X.shape[1], X.dtype
                self.has_weights = weights is not None
                break
            else:
                raise ValueError(
                    f"source ({self.label}) has no rows; pass at least one chunk with rows."
                )
        if self.n_features == 0:
            raise ValueError(f"source ({self.label}) has no features; pass at least one.")

    def pieces(self):
        iterator = self._iterate()
        try:
            for piece in iterator:
                yield self._take_columns(piece)
                del piece
        finally:
            if hasattr(iterator, "close"):
                iterator.close()

    def _take_columns(self, piece):
        """Return a table's features and weights; an array as it is."""
        chunk, weights = split(piece)
        if not is_table(chunk):
            return piece
        columns, weight_column = self._choice
        chunk, names, column = split_table(chunk, columns, weight_column, "a chunk")
        if self.feature_names is None:
            self.feature_names = names
        elif names is None or list(names) != list(self.feature_names):
            raise ValueError(
                f"A chunk has the columns {names}, but the first chunk has "
                f"{self.feature_names}; choose the same ones with columns=[...]."
            )
        return chunk, weights if column is None else column

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
        if iterator is made and self._peeked is None:
            self._peeked = iterator
        return iterator


def _is_plain(chunk):
    """Return whether a chunk is an array in memory that needs no conversion."""
    return type(chunk) is np.ndarray and chunk.ndim == 2 and is_native_float(chunk)


def split(chunk):
    """Return a chunk as a pair of an array and weights or None."""
    if isinstance(chunk, tuple) and len(chunk) == 2:
        return chunk
    return chunk, None
