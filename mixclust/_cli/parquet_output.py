"""The table that a command writes as Parquet: the input, with the answers about each row."""

import itertools

import numpy as np

from .errors import CommandError, reason_of, require_package
from .files import open_output
from .table_parquet import PYARROW

__all__ = ["answers_by_part", "write_parquet"]

ANSWERED_ROWS = 8000
"""Rows about which a model is asked at one time."""

BATCH_FIELDS = 1 << 17
"""Fields of text that are converted at a time, at most, unless a row has more."""

MAX_EXACT_INTEGER = 2**53  # float64 holds all whole numbers up to it


def answers_by_part(X, answer):
    """Iterate over the answers about rows, some rows at a time.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
    answer : callable
        ``answer(X)`` returns the labels of rows, and arrays with the numbers behind the labels.

    Yields
    ------
    answers : tuple of ndarray
    """
    for first in range(0, len(X), ANSWERED_ROWS):
        yield answer(X[first : first + ANSWERED_ROWS])


def write_parquet(path, table, selection, names, answer):
    """Write the table with the answers about each row added to it, null in a row without answers.

    Columns of a table of Parquet keep their types. Of other tables, columns of numbers are whole
    numbers or numbers, and all others are text.

    Parameters
    ----------
    path, table, selection, names, answer
        As for `write_labelled`.
    """
    pa, _, parquet = require_package(f"{path}: writing Parquet", *PYARROW)
    batches = table.text.batches
    source = _Rows(pa, _text_batches(pa, table) if batches is None else batches())
    in_memory = not table.text.is_streamed
    with open_output(path, in_memory) as file:
        try:
            _write(pa, parquet, file, source, selection, names, answer)
        except pa.ArrowException as error:
            raise CommandError(
                f"{path}: cannot be written as Parquet: {reason_of(error)}."
            ) from None


def _write(pa, parquet, file, source, selection, names, answer):
    """Write the rows of a source, block by block of the selection."""
    writer = None
    try:
        for complete, X in selection.blocks():
            rows = source.take(len(complete))
            for name, column in zip(names, _columns(pa, complete, X, answer), strict=True):
                rows = rows.append_column(name, column)
            if writer is None:
                writer = parquet.ParquetWriter(file, rows.schema)
            writer.write_table(rows)
        source.end()
    finally:
        if writer is not None:
            writer.close()


class _Rows:
    """The rows of batches, in tables of any height.

    Parameters
    ----------
    pa : module
        pyarrow.
    batches : iterable of RecordBatch
    """

    def __init__(self, pa, batches):
        self._pa, self._batches = pa, iter(batches)
        self._rest = None

    def take(self, n_rows):
        """Take the next rows."""
        parts, n_taken = [], 0
        while n_taken < n_rows:
            part = next(self._batches) if self._rest is None else self._rest
            wanted = n_rows - n_taken
            self._rest = part.slice(wanted) if len(part) > wanted else None
            parts.append(part.slice(0, wanted))
            n_taken += len(parts[-1])
        return self._pa.Table.from_batches(parts)

    def end(self):
        """Run the check that follows the last batch."""
        next(self._batches, None)


def _columns(pa, complete, X, answer):
    """Give the new columns of a block of rows, null in rows without answers."""
    parts = list(answers_by_part(X, answer)) or [answer(X)]
    labels, *numbers = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    places = np.flatnonzero(complete)
    absent = ~complete
    columns = [array.T if array.ndim > 1 else [array] for array in numbers]
    for values in [labels.astype(np.int32), *itertools.chain.from_iterable(columns)]:
        whole = np.zeros(len(complete), dtype=values.dtype)
        whole[places] = values
        yield pa.array(whole, mask=absent)


def _text_batches(pa, table):
    """Iterate over a table of text in batches, its columns of numbers as numbers."""
    numeric = [j for j, column in enumerate(table.columns) if _holds_numbers(column)]
    is_whole = _whole_columns(table, numeric)
    rows = table.rows()
    names = [name or f"column {j + 1}" for j, name in enumerate(table.header)]
    step = max(1, BATCH_FIELDS // len(names))
    for block in _blocks(table, numeric):
        for first in range(0, len(block), step):
            numbers = block[first : first + step]
            fields = zip(*itertools.islice(rows, len(numbers)), strict=True)
            arrays = [pa.array([text or None for text in column], pa.string()) for column in fields]
            for j, values in zip(numeric, numbers.T, strict=True):
                absent = np.isnan(values)
                values = np.where(absent, 0, values)
                arrays[j] = pa.array(values.astype(np.int64 if is_whole[j] else float), mask=absent)
            yield pa.record_batch(arrays, names=names)


def _holds_numbers(column):
    """Whether all fields of a column are numbers or missing, and none is rounded."""
    return column.text is None and column.n_numbers > 0 and not column.n_rounded


def _blocks(table, indices):
    """Iterate over the numbers of some columns in blocks of rows, also if there are none."""
    if indices:
        yield from table.values.blocks(indices)
        return
    for first in range(0, table.values.n_rows, table.values.block_rows):
        n_rows = min(table.values.block_rows, table.values.n_rows - first)
        yield np.empty((n_rows, 0))


def _whole_columns(table, indices):
    """Tell for each of some columns whether its numbers are whole."""
    is_whole = dict.fromkeys(indices, True)
    for block in _blocks(table, indices):
        for j, values in zip(indices, block.T, strict=True):
            values = values[~np.isnan(values)]
            whole = (values == np.floor(values)) & (np.abs(values) < MAX_EXACT_INTEGER)
            is_whole[j] &= bool(whole.all())
    return is_whole
