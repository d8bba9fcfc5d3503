"""Tables in CSV files: a header, rows of text, and the numbers in them.

The text of the file stays as it is and is read again whenever rows are asked for: as Python
strings, the fields of a large table would take several times its memory.
"""

import argparse
import csv
import io
import itertools
import math
from array import array
from typing import NamedTuple

import numpy as np

from ._cli_shared import CommandError

__all__ = ["Column", "CsvTable", "read_table", "split_names"]

DELIMITERS = ",;\t"
MISSING = {"", "na", "?"}  # in any case; float() knows NaN
BOM = "\ufeff"


class Column(NamedTuple):
    """What was found in a column.

    Attributes
    ----------
    name : str
        Empty where the header has none.
    values : ndarray of shape (n_rows,), float64, or None
        NaN where a value is missing; None unless all the others are numbers.
    text : str or None
        The first field that is neither a number nor missing.
    line : int or None
        Where that is.
    """

    name: str
    values: np.ndarray | None
    text: str | None
    line: int | None

    @property
    def n_missing(self):
        return int(np.count_nonzero(np.isnan(self.values)))


class CsvTable:
    """The text of a table, already known to have a header and rows of one length.

    Parameters
    ----------
    path : path-like
        What messages call the table.
    text : str
        Contents of the file.

    Attributes
    ----------
    header : list of str
        The first row as it stands.
    columns : list of Column
    n_rows : int
        Rows below the header; blank lines are none.
    delimiter : str
    """

    def __init__(self, path, text):
        self.path = path
        self.has_bom = text.startswith(BOM)
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self._text = text.removeprefix(BOM)
        self.delimiter = _find_delimiter(self._text)
        records = self._records()
        _, self.header = next(records, (0, None))
        if self.header is None:
            raise CommandError(f"{path}: is empty.")
        names = [name.strip() for name in self.header]
        self._check_names(names)
        self.columns, self.n_rows = _parse_columns(names, records)
        if self.n_rows == 0:
            raise CommandError(f"{path}: has a header and no rows.")

    def rows(self):
        """The fields of each row below the header, as text."""
        return (fields for _, fields in itertools.islice(self._records(), 1, None))

    def line_of(self, row):
        """Number of the line in which a row begins, rows counted from 0."""
        return next(itertools.islice(self._records(), row + 1, None))[0]

    def _records(self):
        """Line number and fields of each record, the header's first."""
        reader = csv.reader(
            io.StringIO(self._text, newline=""),
            delimiter=self.delimiter,
            skipinitialspace=True,
            strict=True,
        )
        n_fields = None
        while True:
            line = reader.line_num + 1  # a quoted field may hold more lines
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise CommandError(f"{self.path}: line {line}: {error}.") from None
            if fields is None:
                return
            if not fields:
                continue
            if n_fields is None:
                n_fields = len(fields)
            if len(fields) != n_fields:
                raise CommandError(
                    f"{self.path}: line {line} has {_count(len(fields), 'field')}, "
                    f"but the header has {n_fields}."
                )
            yield line, fields

    def _check_names(self, names):
        """Refuse names that are not unique, and a first row that is no header."""
        seen = {}
        for number, name in enumerate(names, 1):
            if name and seen.setdefault(name, number) != number:
                raise CommandError(
                    f"{self.path}: columns {seen[name]} and {number} are both called {name!r}; "
                    "give them different names."
                )
        if all(_number(name) is not None for name in names):
            raise CommandError(
                f"{self.path}: the first line holds no names; "
                "put a line above the rows that names the columns."
            )


def read_table(path):
    """Read a CSV file.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, with or without a byte-order mark; fields separated by comma, semicolon or tab,
        whichever the file uses.

    Returns
    -------
    table : CsvTable

    Raises
    ------
    CommandError
        If it cannot be read, or is no table.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"{path}: line {line} is not UTF-8; save the table as CSV in UTF-8."
        ) from None
    return CsvTable(path, text)


def split_names(text):
    """Names separated by commas, quoted where they hold one.

    Parameters
    ----------
    text : str
        Such as ``a,b`` or ``"a, b",c``.

    Returns
    -------
    names : list of str
        At least one.

    Raises
    ------
    argparse.ArgumentTypeError
        If there is no name, or a line break outside quotes.
    """
    try:
        [names] = csv.reader([text], skipinitialspace=True)
    except csv.Error:
        names = []
    if not names:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of names, such as a,b; quote those that hold a comma or a "
            "line break"
        )
    return [name.strip() for name in names]


def _find_delimiter(text):
    """The delimiter that gives the first records equally many fields, and the most of them."""

    def score(delimiter):
        lengths = []
        try:
            reader = csv.reader(
                io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
            )
            lengths += map(len, itertools.islice(filter(None, reader), 20))
        except csv.Error:
            pass  # the lines before the damage can still tell; reading the table names it
        if not lengths or lengths[0] == 1:
            return (False, 1)
        return (len(set(lengths)) == 1, lengths[0])

    return max(DELIMITERS, key=score)


def _parse_columns(names, records):
    """Read records to the end; what is in each column, and how many there were."""
    numbers = [array("d") for _ in names]
    found = [(None, None)] * len(names)  # the first text, and its line
    numeric, n_rows = tuple(range(len(names))), 0
    for line, fields in records:
        n_rows += 1
        for j in numeric:
            value = _number(fields[j])
            if value is None:
                found[j] = fields[j].strip(), line
                numeric = tuple(other for other in numeric if other != j)
            else:
                numbers[j].append(value)
    columns = [
        Column(name, None if line else np.array(numbers[j], dtype=np.float64), text, line)
        for j, (name, (text, line)) in enumerate(zip(names, found, strict=True))
    ]
    return columns, n_rows


def _number(field):
    """A finite number, NaN for a missing one, None for text."""
    try:
        value = float(field)
    except ValueError:
        return math.nan if field.strip().lower() in MISSING else None
    # float() also reads infinity, and 1_000, which a table has for a name.
    return None if math.isinf(value) or "_" in field else value


def _count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"
