"""The numbers of all columns of a table, in memory or in a temporary file."""

import tempfile
from abc import ABC, abstractmethod

import numpy as np

from .errors import CommandError, reason_of

__all__ = ["HeldValues", "SpooledValues", "TableValues"]

MAX_BLOCK_ROWS = 64_000
BLOCK_NUMBERS = 1 << 21
ROW_STEP = 1000
"""Rows and numbers of a block, at most; its rows are a multiple of the last number, and at least
that number."""


class TableValues(ABC):
    """Numbers in blocks of rows.

    Parameters
    ----------
    n_columns : int

    Attributes
    ----------
    n_columns, n_rows : int
    block_rows : int
        Rows of every block but the last.
    """

    def __init__(self, n_columns):
        self.n_columns, self.n_rows = n_columns, 0
        n_rows = min(MAX_BLOCK_ROWS, BLOCK_NUMBERS // max(1, n_columns))
        self.block_rows = max(1, n_rows // ROW_STEP) * ROW_STEP

    @abstractmethod
    def append(self, columns):
        """Append a block.

        Parameters
        ----------
        columns : list of ndarray of shape (n_block_rows,), float64
            NaN where a value is missing or not a number.
        """

    @abstractmethod
    def blocks(self, indices):
        """Iterate over the blocks of some columns.

        Parameters
        ----------
        indices : list of int

        Yields
        ------
        block : ndarray of shape (n_block_rows, n_indices), float64
        """

    @abstractmethod
    def empty(self):
        """Return values of the same kind without rows."""

    @abstractmethod
    def close(self):
        """Give up a temporary file."""


class HeldValues(TableValues):
    """Numbers in memory."""

    def __init__(self, n_columns):
        super().__init__(n_columns)
        self._blocks = []

    def append(self, columns):
        self._blocks.append(columns)
        self.n_rows += len(columns[0])

    def blocks(self, indices):
        for block in self._blocks:
            yield np.column_stack([block[j] for j in indices])

    def empty(self):
        return HeldValues(self.n_columns)

    def close(self):
        self._blocks = []


class SpooledValues(TableValues):
    """Numbers in a temporary file, which no other process sees where the system allows it.

    A part of a column without numbers takes no space.

    Parameters
    ----------
    n_columns : int
    folder : str or path-like
        The folder of the file.

    Raises
    ------
    CommandError
        If the file cannot be made, written or read.
    """

    def __init__(self, n_columns, folder):
        super().__init__(n_columns)
        self._file = None
        self._folder = folder
        self._places = []  # of each block: place of each column in the file, -1 without numbers
        self._end = 0
        try:
            # The system removes this file when the process ends, even by a signal.
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 (it is used until `close`)
                prefix=".mixclust-", suffix=".tmp", dir=folder, buffering=0
            )
        except OSError as error:
            raise self._failed("cannot be made", error) from None

    def append(self, columns):
        places = np.full(self.n_columns, -1, dtype=np.int64)
        try:
            self._file.seek(self._end)
            for j, values in enumerate(columns):
                if not np.isnan(values).all():
                    places[j] = self._end
                    self._write(values)
        except OSError as error:
            raise self._failed(f"could not grow beyond {self._end:,} bytes", error) from None
        self._places.append((len(columns[0]), places))
        self.n_rows += len(columns[0])

    def _write(self, values):
        memory = memoryview(values).cast("B")
        while memory:
            n_written = self._file.write(memory)
            self._end += n_written
            memory = memory[n_written:]

    def blocks(self, indices):
        for n_rows, places in self._places:
            block = np.empty((len(indices), n_rows))
            try:
                for values, place in zip(block, places[indices].tolist(), strict=True):
                    if place < 0:
                        values[:] = np.nan
                    else:
                        self._read(values, place)
            except OSError as error:
                raise self._failed("cannot be read", error) from None
            yield block.T

    def _read(self, values, place):
        memory = memoryview(values).cast("B")
        self._file.seek(place)
        while memory:
            n_read = self._file.readinto(memory)
            if not n_read:
                raise OSError("it is cut off")
            memory = memory[n_read:]

    def empty(self):
        return SpooledValues(self.n_columns, self._folder)

    def close(self):
        if self._file is not None:
            self._file.close()

    def __del__(self):
        self.close()

    def _failed(self, problem, error):
        return CommandError(
            f"{self._folder}: a temporary file with the numbers of the table {problem} there: "
            f"{reason_of(error)}; it needs 8 bytes for each number, so make room, or name another "
            "folder in the environment variable TMPDIR, or with -o."
        )
