"""The table that ``mixclust cluster`` writes: the input, with the component of each row."""

import contextlib
import csv
import gzip
import io

from .errors import CommandError
from .files import open_output

__all__ = ["check_new_names", "write_labelled"]

ROWS_AT_A_TIME = 1000
"""Rows of which the numbers are objects of Python at one time."""


def check_new_names(table, n_components):
    """Refuse a table that has a column of the same name as a column that the output adds.

    Parameters
    ----------
    table : CsvTable
    n_components : int
        The largest number of components that is tried.

    Raises
    ------
    CommandError
    """
    new = _new_names(n_components)
    for column in table.columns:
        if column.name in new:
            raise CommandError(
                f"{table.path}: has a column {column.name!r} already, which -o would add; "
                "rename it, or cluster the table as it was before."
            )


def write_labelled(path, table, selection, chosen):
    """Write the table with its component, probabilities and uncertainty added to each row.

    The new fields are empty in a row with missing values.

    Parameters
    ----------
    path : pathlib.Path
    table : CsvTable
    selection : Selection
    chosen : Chosen
    """
    new = _new_names(len(chosen.weights))
    added = _added_fields(selection, chosen, table.decimal)
    with open_output(path) as file, _text_of(file, path, table.encoding) as text:
        if table.separator_line:
            text.write(table.separator_line + table.line_end)
        writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.line_end)
        writer.writerow(table.header + new)
        for fields, more in zip(table.rows(), added, strict=True):
            writer.writerow(fields + more)


def _added_fields(selection, chosen, decimal):
    """Iterate over the fields that are added to each row."""
    empty = [""] * len(_new_names(len(chosen.weights)))
    for complete, X in selection.blocks():
        rows = _as_lists(*chosen.answer(X))
        for is_complete in complete.tolist():
            if not is_complete:
                yield empty
                continue
            label, resp, uncertainty = next(rows)
            numbers = [f"{value:.6g}" for value in resp]
            numbers.append(f"{uncertainty:.6g}")
            if decimal == ",":
                numbers = [number.replace(".", ",") for number in numbers]
            yield [label, *numbers]


def _as_lists(*arrays):
    """Iterate over the rows of arrays, converted to numbers of Python some at a time."""
    for first in range(0, len(arrays[0]), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        yield from zip(*(array[part].tolist() for array in arrays), strict=True)


def _new_names(n_components):
    """Names of the columns that the output adds."""
    return ["component", *(f"p_{k}" for k in range(n_components)), "uncertainty"]


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
