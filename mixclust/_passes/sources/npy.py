"""Rows in a .npy file, read into memory that is used again and again.

The file is read and not mapped: pages of a map count as memory of the process, and a file that is
cut off under a map ends the process with SIGBUS.
"""

import os

import numpy as np

from ..._inputs.arrays import as_float
from .columns import column_index
from .files import Stamp
from .stores import Store

__all__ = ["NpyStore"]

READ_BYTES = 1 << 20
"""Memory of the rows that are read at a time if they must be converted afterwards."""


class NpyStore(Store):
    """A .npy file.

    Parameters
    ----------
    path : str
    columns : list of int, or None
    n_dims : {1, 2}
        2 for rows, 1 for weights.
    """

    def __init__(self, path, columns=None, n_dims=2):
        self.label = path
        self.path = os.path.abspath(path)
        self._stamp = Stamp(self.path)
        header = _read_header(path)
        shape, dtype = header.shape, header.dtype
        if n_dims == 1 and len(shape) == 1:
            shape = (*shape, 1)
        elif len(shape) != 2:
            wanted = "rows by features" if n_dims == 2 else "one weight for each row"
            raise ValueError(
                f"{path} holds an array of shape {shape}; required is an array of {n_dims} "
                f"dimension(s), {wanted}."
            )
        self.n_rows, self._n_columns = shape
        self._raw_dtype, self._offset = dtype, header.offset
        # An array in Fortran's order is read column by column.
        self._by_column = bool(header.flags.f_contiguous and not header.flags.c_contiguous)
        self._columns = column_index(columns, self._n_columns, path)
        head = np.empty((0, self._n_columns), dtype)
        head = as_float(head if columns is None else head[:, self._columns], path)
        self.n_features, self.dtype = head.shape[1], head.dtype
        if self.n_features == 0:
            raise ValueError(f"{path} has no columns (shape {shape}); pass at least one feature.")

    def check_unchanged(self):
        self._stamp.check()

    def fill(self):
        with open(self.path, "rb", buffering=0) as file:
            self._stamp.check(file.fileno())
            copy = self._copy_columns if self._by_column else self._copy_rows
            first, n_copied = 0, None
            while first < self.n_rows:
                X, _ = yield n_copied
                n_copied = min(len(X), self.n_rows - first)
                copy(file, X[:n_copied], first)
                self._stamp.check(file.fileno())
                first += n_copied
            yield n_copied

    def _copy_rows(self, file, X, first):
        n_bytes = self._n_columns * self._raw_dtype.itemsize
        file.seek(self._offset + first * n_bytes)
        if self._columns is None and self._raw_dtype == X.dtype:
            self._read(file, X)
            return
        step = max(1, READ_BYTES // n_bytes)
        raw = np.empty((min(step, len(X)), self._n_columns), self._raw_dtype)
        for start in range(0, len(X), step):
            rows = X[start : start + step]
            some = raw[: len(rows)]
            self._read(file, some)
            rows[...] = as_float(some if self._columns is None else some[:, self._columns], "X")

    def _copy_columns(self, file, X, first):
        raw = np.empty(len(X), self._raw_dtype)
        columns = np.arange(self._n_columns)
        columns = columns if self._columns is None else columns[self._columns]
        for j, column in enumerate(columns.tolist()):
            file.seek(self._offset + (column * self.n_rows + first) * raw.itemsize)
            self._read(file, raw)
            X[:, j] = as_float(raw, "X")

    def _read(self, file, array):
        memory = memoryview(array.reshape(-1).view(np.uint8))
        n_read = 0
        while n_read < len(memory):
            n_more = file.readinto(memory[n_read:])
            if not n_more:
                self._stamp.check(file.fileno())
                raise EOFError(
                    f"{self.path} ends before its last row: it is cut off; write it anew."
                )
            n_read += n_more


def _read_header(path):
    """Return an array that maps the file, of which no page is touched."""
    try:
        header = np.load(path, mmap_mode="r")
    except (EOFError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read as a .npy file of numbers ({error}); it may be cut off, or "
            "hold objects."
        ) from error
    return header
