"""The table that a command writes: the input, with the answers about each row."""

import contextlib
import csv
import gzip
import io

import numpy as np

from .errors import CommandError, require_package
from .files import open_output
from .parquet_output import answers_by_part, write_parquet
from .table_parquet import PYARROW

__all__ = ["check_new_names", "check_table_name", "write_labelled"]

PARQUET = ".parquet"
OTHER_TABLE_SUFFIXES = {".xlsx", ".xls", ".feather", ".zip", ".bz2", ".xz", ".zst"}

ROWS_AT_A_TIME = 1000
"""Rows of which the numbers are objects of Python at one time."""


def check_table_name(path):
    """Refuse a name of another kind of file than CSV or Parquet; None is no output."""
    suffix = path.suffix.lower() if path else ""
    if suffix in OTHER_TABLE_SUFFIXES:
        raise CommandError(
            f"{path}: the output is CSV or Parquet; let its name end in .csv, .csv.gz or .parquet."
        )
    if suffix == PARQUET:
        require_package(f"{path}: writing Parquet", *PYARROW)


def check_new_names(table, names):
    """Refuse a table that has a column of the same name as a column that the output adds.

    Parameters
    ----------
    table : CsvTable
    names : list of str
        The columns that the output may add.

    Raises
    ------
    CommandError
    """
    for column in table.columns:
        if column.name in names:
            raise CommandError(
                f"{table.path}: has a column {column.name!r} already, which -o would add; "
                "rename it, or pass the table as it was before."
            )


def write_labelled(path, table, selection, names, answer):
    """Write the table with the answers about each row added to it.

    The new fields are empty in a row with missing values.

    Parameters
    ----------
    path : pathlib.Path
        A name that ends in .parquet makes a file of Parquet, any other one CSV.
    table : CsvTable
    selection : Selection
    names : list of str
        Names of the new columns.
    answer : callable
        ``answer(X)`` returns the labels of rows, and arrays with the numbers behind the labels.
    """
    if path.suffix.lower() == PARQUET:
        write_parquet(path, table, selection, names, answer)
        return
    added = _added_fields(selection, len(names), answer, table.decimal)
    in_memory = not table.text.is_streamed
    with open_output(path, in_memory) as file, _text_of(file, path, table.encoding) as text:
        if table.separator_line:
            text.write(table.separator_line + table.line_end)
        writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.line_end)
        writer.writerow(table.header + names)
        for fields, more in zip(table.rows(), added, strict=True):
            writer.writerow(fields + more)


def _added_fields(selection, n_fields, answer, decimal):
    """Iterate over the fields that are added to each row."""
    empty = [""] * n_fields
    for complete, X in selection.blocks():
        rows = _answers(X, answer)
        for is_complete in complete.tolist():
            if not is_complete:
                yield empty
                continue
            label, *parts = next(rows)
            texts = [f"{value:.6g}" for values in parts for value in values]
            if decimal == ",":
                texts = [text.replace(".", ",") for text in texts]
            yield [label, *texts]


def _answers(X, answer):
    """Iterate over the label and the lists of numbers of each row, some rows at a time."""
    for labels, *numbers in answers_by_part(X, answer):
        columns = [array if array.ndim > 1 else array[:, np.newaxis] for array in numbers]
        yield from _as_lists(labels, *columns)


def _as_lists(*arrays):
    """Iterate over the rows of arrays, converted to numbers of Python some at a time."""
    for first in range(0, len(arrays[0]), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        yield from zip(*(array[part].tolist() for array in arrays), strict=True)


@contextlib.contextmanager
def _text_of(file, path, encoding):
    """Write text to a binary file, compressed if the name ends in .gz; the file stays open."""
    with contextlib.ExitStack() as stack:
        if path.suffix.lower() == ".gz":
            # Without a name and a time in the header, equal rows give equal bytes.
            file = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        yield text
        text.detach()  # flushes the text and leaves the file open
