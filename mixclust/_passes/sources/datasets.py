"""Rows in a dataset that is read by slices: of h5py, zarr, or any library with the same face."""

import numpy as np

from ..._inputs.arrays import as_float
from .columns import column_index
from .files import Stamp
from .stores import BlockStore

__all__ = ["DatasetStore", "is_dataset"]

BLOCK_BYTES = 4 << 20
"""Memory of the rows that are read at a time."""

MAX_STORED_BYTES = 64 << 20
"""Chunks of a file up to this size are read whole, so that each is decoded once in a pass."""


def is_dataset(source):
    """Return whether an object has two dimensions and gives its rows by slices."""
    if isinstance(source, (np.ndarray, np.generic)) or not hasattr(type(source), "__getitem__"):
        return False
    try:
        np.dtype(source.dtype)
        return len(source.shape) == 2
    except (AttributeError, TypeError):
        return False


class DatasetStore(BlockStore):
    """A dataset of two dimensions.

    Parameters
    ----------
    dataset : h5py.Dataset, zarr.Array or similar
    columns : list of int, or None
    """

    def __init__(self, dataset, columns=None):
        kind = type(dataset)
        self._dataset = dataset
        self.label = f"{kind.__module__.partition('.')[0]} {kind.__name__} of shape {dataset.shape}"
        if getattr(dataset, "name", None):
            self.label += f" ({dataset.name})"
        self.n_rows, n_columns = map(int, dataset.shape)
        self._columns = column_index(columns, n_columns, self.label)
        raw = np.empty((0, n_columns), np.dtype(dataset.dtype))
        head = self._convert(raw)
        self.n_features, self.dtype = head.shape[1], head.dtype
        if self.n_features == 0:
            raise ValueError(f"{self.label} has no columns; pass at least one feature.")
        self._step = _rows_per_block(dataset, raw.dtype.itemsize * n_columns)
        self._stamp = _stamp(dataset)

    def check_unchanged(self):
        if self._stamp is not None:
            self._stamp.check()

    def blocks(self):
        for first in range(0, self.n_rows, self._step):
            yield self._dataset[first : min(first + self._step, self.n_rows)]

    def copy(self, block, rows, X, weights):
        X[...] = self._convert(block[rows])

    def _convert(self, rows):
        rows = np.asarray(rows)
        return as_float(rows if self._columns is None else rows[:, self._columns], self.label)


def _rows_per_block(dataset, row_bytes):
    """Return the number of rows to read at a time: whole chunks of the file, if they are small."""
    stored = getattr(dataset, "shards", None) or getattr(dataset, "chunks", None)
    try:
        height = int(stored[0])
    except (TypeError, IndexError):
        height = 1
    if not 0 < height * row_bytes <= MAX_STORED_BYTES:
        height = 1
    return max(1, BLOCK_BYTES // (height * max(1, row_bytes))) * height


def _stamp(dataset):
    """Return the stamp of the file of an h5py dataset that is open for reading, or None."""
    file = getattr(dataset, "file", None)
    if getattr(file, "mode", None) != "r":
        return None  # whoever writes to it changes the file's time
    try:
        return Stamp(file.filename)
    except (OSError, TypeError, ValueError):
        return None  # it is in memory or somewhere else
