"""The weights of all rows, in one array or file, handed out chunk by chunk."""

import os
from contextlib import closing

import numpy as np

from ..._inputs.arrays import as_float
from ..._inputs.tables import as_array
from ..checks import part_name
from .npy import NpyStore
from .source import Source

__all__ = ["WeightedSource"]


class WeightedSource(Source):
    """A source whose rows get weights from elsewhere.

    Parameters
    ----------
    source : Source
    sample_weight : array-like of shape (n_rows,), or path of a .npy file
    """

    def __init__(self, source, sample_weight):
        if source.has_weights:
            raise ValueError(
                f"sample_weight was passed, but {source.label} gives weights itself; pass one of "
                "them."
            )
        self._source = source
        is_path = isinstance(sample_weight, (str, os.PathLike))
        self._weights = _FileWeights(sample_weight) if is_path else _ArrayWeights(sample_weight)
        if source.n_rows is not None:
            self._check_number(source.n_rows)
        self.label, self.n_rows = source.label, source.n_rows
        self.n_features, self.feature_names = source.n_features, source.feature_names
        self.dtype, self.has_weights = source.dtype, True
        self.chunk_rows, self.reads = source.chunk_rows, source.reads or is_path

    @property
    def n_chunks(self):
        return self._source.n_chunks

    def inputs(self):
        return [*self._source.inputs(), self._weights.source]

    def chunks(self, buffers):
        first = 0
        with closing(self._source.chunks(buffers)) as chunks, closing(self._weights.take()) as take:
            next(take)
            for index, (X, _) in enumerate(chunks):
                weights = take.send(len(X))
                if len(weights) < len(X):
                    raise ValueError(
                        f"sample_weight has {self._weights.n_rows} weights, but the source has "
                        f"more rows: {part_name(index, first, len(X))}; pass one weight for each "
                        "row."
                    )
                first += len(X)
                yield X, weights
                del X, weights
        self._check_number(first)

    def _check_number(self, n_rows):
        if n_rows != self._weights.n_rows:
            raise ValueError(
                f"sample_weight has {self._weights.n_rows} weights, but the source has {n_rows} "
                "rows; pass one weight for each row."
            )


class _ArrayWeights:
    """Weights in an array; a memmap is read in pieces."""

    def __init__(self, weights):
        self._weights = as_array(weights, "sample_weight")
        if self._weights.ndim != 1:
            raise ValueError(
                f"sample_weight has shape {self._weights.shape}; pass one weight for each row, in "
                "an array of one dimension."
            )
        as_float(self._weights[:0], "sample_weight")
        self.source = self._weights
        self.n_rows = len(self._weights)

    def take(self):
        first, weights = 0, None
        while True:
            n_rows = yield weights
            weights = as_float(self._weights[first : first + n_rows], "sample_weight")
            weights = np.ascontiguousarray(weights, dtype=np.float64)
            first += n_rows


class _FileWeights:
    """Weights in a .npy file."""

    def __init__(self, path):
        path = os.fspath(path)
        if os.path.splitext(path)[1].lower() != ".npy":
            raise ValueError(
                f"sample_weight={path!r} must be an array, the path of a .npy file, or the name of "
                "a column where the source is a table."
            )
        self._store = NpyStore(path, n_dims=1)
        self.source = self._store.path
        if self._store.n_features != 1:
            raise ValueError(f"{path} must hold one weight for each row.")
        self.n_rows = self._store.n_rows

    def take(self):
        weights = None
        self._store.check_unchanged()
        with closing(self._store.fill()) as filler:
            next(filler)
            while True:
                n_rows = yield weights
                weights = np.empty((n_rows, 1), self._store.dtype)
                n_filled = 0
                try:
                    while n_filled < n_rows:
                        n_filled += filler.send((weights[n_filled:], None))
                except StopIteration:
                    pass
                weights = weights[:n_filled, 0].astype(np.float64, copy=False)
