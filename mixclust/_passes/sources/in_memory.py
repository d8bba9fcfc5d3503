"""Chunks of an array or table in memory."""

from ..._inputs.arrays import is_native_float
from ..checks import as_chunk
from .columns import column_index
from .sizes import rows_per_chunk
from .source import Source

__all__ = ["ArraySource"]


class ArraySource(Source):
    """An array of two dimensions, cut into views where it holds native floats.

    Parameters
    ----------
    array : ndarray
    columns : list of int, or None
    chunk_rows : int or "auto"
    """

    def __init__(self, array, columns, chunk_rows):
        self.label = f"{type(array).__name__} of shape {array.shape}"
        head = as_chunk(array[:1], 0, 0)
        self._array = array
        self._columns = column_index(columns, head.shape[1], self.label)
        head = as_chunk(array[:1], 0, 0, self._columns)
        self.n_rows = len(array)
        self.n_features, self.dtype = head.shape[1], head.dtype
        self.chunk_rows = rows_per_chunk(chunk_rows, self.n_features, self.dtype)
        is_view = self._columns is None or isinstance(self._columns, slice)
        self.reads = not (is_view and is_native_float(array))

    def chunks(self, buffers):
        for index, first in enumerate(range(0, self.n_rows, self.chunk_rows)):
            rows = self._array[first : first + self.chunk_rows]
            yield as_chunk(rows, index, first, self._columns), None
