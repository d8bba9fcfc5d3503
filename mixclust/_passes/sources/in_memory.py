"""Chunks of an array or table in memory."""

import mmap

import numpy as np

from ..._inputs.arrays import is_native_float
from ..._inputs.wording import count
from ..checks import as_chunk, as_weights
from .columns import column_index
from .sizes import rows_per_chunk
from .source import Source
from .tables import split_table, take_rows

__all__ = ["ArraySource", "TableSource"]


class _InMemory(Source):
    """Rows in memory, of which `head` holds the first as floats."""

    def _describe(self, n_rows, head, chunk_rows):
        if n_rows == 0 or head.shape[1] == 0:
            raise ValueError(
                f"source ({self.label}) has {count(n_rows, 'row')} and "
                f"{count(head.shape[1], 'feature')}; pass at least one of each."
            )
        self.n_rows = n_rows
        self.n_features, self.dtype = head.shape[1], head.dtype
        self.chunk_rows = rows_per_chunk(chunk_rows, self.n_features, self.dtype)


class ArraySource(_InMemory):
    """An array of two dimensions, cut into views where it holds native floats.

    Parameters
    ----------
    array : ndarray
    columns : list of int, or None
    chunk_rows : int or "auto"
    """

    def __init__(self, array, columns, chunk_rows):
        self.label = f"{type(array).__name__} of shape {array.shape}"
        self._array = array
        n_columns = as_chunk(array[:0], 0, 0).shape[1]
        self._columns = column_index(columns, n_columns, self.label)
        self._describe(len(array), as_chunk(array[:1], 0, 0, self._columns), chunk_rows)
        is_view = self._columns is None or isinstance(self._columns, slice)
        self.reads = not (is_view and is_native_float(array))

    def inputs(self):
        return [self._array]

    def chunks(self, buffers):
        for index, first in enumerate(range(0, self.n_rows, self.chunk_rows)):
            rows = self._array[first : first + self.chunk_rows]
            yield as_chunk(rows, index, first, self._columns), None


class MemmapSource(ArraySource):
    """A memory map, copied chunk by chunk by the thread that reads ahead.

    Pages of a map count as memory of the process, so the pages of a copied chunk are given back.
    """

    def __init__(self, array, columns, chunk_rows):
        super().__init__(array, columns, chunk_rows)
        self.reads = True
        self._map = _shared_map(array)

    def chunks(self, buffers):
        for chunk, weights in super().chunks(buffers):
            X = buffers.take(chunk.shape, self.dtype)
            X[...] = chunk
            if self._map is not None:
                _give_back(self._map, chunk)
            del chunk
            yield X, weights
            del X


def _shared_map(array):
    """Return the map below an array that was opened for reading alone; None for others.

    A private map, of mode "c", would lose the changes made in it.
    """
    if getattr(array, "mode", None) != "r" or not hasattr(mmap, "MADV_DONTNEED"):
        return None
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, mmap.mmap) else None


def _byte_bounds(array):
    """Return the addresses of the first byte of an array and of the byte after its last."""
    module = getattr(np.lib, "array_utils", np)  # where NumPy keeps it from version 2 on
    return module.byte_bounds(array)


def _give_back(mapped, chunk):
    """Tell the system that the pages of a chunk are not needed; they stay in the page cache."""
    first, last = _byte_bounds(chunk)
    origin = np.frombuffer(mapped, np.uint8).ctypes.data
    if origin <= first and last <= origin + len(mapped):  # not a converted copy
        start = (first - origin) // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, start, last - origin - start)


class TableSource(_InMemory):
    """A table of pandas or polars, converted chunk by chunk.

    Parameters
    ----------
    table : DataFrame
    columns : list of str or int, or None
    weight_column : str or None
    chunk_rows : int or "auto"
    """

    def __init__(self, table, columns, weight_column, chunk_rows):
        self.label = f"{type(table).__name__} of shape {table.shape}"
        self._table, self.feature_names, self._weights = split_table(
            table, columns, weight_column, self.label
        )
        self.has_weights = weight_column is not None
        self._describe(len(table), as_chunk(take_rows(self._table, 0, 1), 0, 0), chunk_rows)

    def chunks(self, buffers):
        for index, first in enumerate(range(0, self.n_rows, self.chunk_rows)):
            last = min(first + self.chunk_rows, self.n_rows)
            X = as_chunk(take_rows(self._table, first, last), index, first)
            weights = None
            if self.has_weights:
                weights = as_weights(self._weights[first:last], f"chunk {index} (from row {first})")
            yield X, weights
