"""Chunks that dask computes: blocks of an array, partitions of a dataframe, one by one."""

import math
import sys

import numpy as np

from ..checks import as_chunk
from .columns import column_index
from .iterables import PieceSource
from .tables import split_table

__all__ = ["DaskArraySource", "DaskFrameSource", "is_dask"]


def is_dask(source):
    """Return whether an object is a collection of dask."""
    return hasattr(type(source), "__dask_graph__")


def is_dask_array(source):
    """Return whether an object is a dask array."""
    return is_dask(source) and hasattr(source, "numblocks")


def _compute(block):
    """Return a block in memory.

    The calling thread computes it, unless the user chose a scheduler or a client: the kernels use
    the other cores, and dask's threads would stay.
    """
    base = sys.modules["dask.base"]
    return block.compute() if base.get_scheduler() else block.compute(scheduler="synchronous")


class DaskArraySource(PieceSource):
    """A dask array of two dimensions.

    Parameters
    ----------
    array : dask.array.Array
    columns : list of int, or None
    chunk_rows : int or "auto"
        A number cuts larger blocks.
    """

    def __init__(self, array, columns, chunk_rows):
        self.label = f"dask array of {array.numblocks[0]} block(s)"
        super().__init__(chunk_rows)
        if array.ndim != 2 or math.isnan(array.shape[1]):
            raise ValueError(
                f"source ({self.label}) has shape {array.shape}; required are rows by a known "
                "number of features."
            )
        if array.numblocks[1] > 1:
            array = array.rechunk({1: -1})
        self._array = array
        self._columns = column_index(columns, array.shape[1], self.label)
        head = as_chunk(np.empty((0, array.shape[1]), array.dtype), 0, 0, self._columns)
        self.n_features, self.dtype = head.shape[1], head.dtype
        if not math.isnan(array.shape[0]):
            self.n_rows = array.shape[0]

    def pieces(self):
        for i in range(self._array.numblocks[0]):
            yield _compute(self._array.blocks[i])


class DaskFrameSource(PieceSource):
    """A dask dataframe.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
    columns : list of str or int, or None
    weight_column : str or None
    chunk_rows : int or "auto"
        A number cuts larger partitions.
    """

    def __init__(self, frame, columns, weight_column, chunk_rows):
        self.label = f"dask dataframe of {frame.npartitions} partition(s)"
        super().__init__(chunk_rows)
        meta, self.feature_names, weights = split_table(
            frame._meta, columns, weight_column, self.label
        )
        head = as_chunk(meta, 0, 0)
        self.n_features, self.dtype = head.shape[1], head.dtype
        self.has_weights = weights is not None
        self._wanted = list(meta.columns)
        self._weight_column = weight_column
        selected = list(dict.fromkeys(self._wanted + [weight_column] * self.has_weights))
        self._frame = frame[selected]

    def pieces(self):
        for i in range(self._frame.npartitions):
            table = _compute(self._frame.partitions[i])
            features = table[self._wanted]
            yield (features, table[self._weight_column]) if self.has_weights else features
