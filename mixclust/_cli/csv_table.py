"""Tables in files: a header, rows of text, and the numbers in them."""

import argparse
import csv
import itertools

import numpy as np

from .options import CommandError
from .table_fields import FieldReader, is_grouped, read_columns
from .table_records import BLANKS, Records, count
from .table_text import plain_name, read_text

__all__ = ["CsvTable", "read_table", "split_names"]

MAX_EXACT = 2**53  # up to which float64 holds all whole numbers


class CsvTable:
    """A table: its header, its columns, and its rows as text.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    table_text : TableText
    has_header : bool or None, default=None
        Whether the first record holds the names of the columns. None: it does, and a first record
        that is clearly a row is an error.
    decimal : {".", ","} or None, default=None
        The decimal sign. None: a comma where the columns show one and commas are no delimiters.
    missing : iterable of str, default=()
        Further words for missing values.

    Attributes
    ----------
    header : list of str
        The names as the file has them, one for each field of a row.
    columns : list of Column
    n_rows : int
        Rows below the header; blank lines and comments are none.
    delimiter : str
        For the output: a tab where the file has runs of blanks.
    separator_line : str
        ``sep=;`` or alike if that is the first line, else empty.
    line_end : {"\\n", "\\r\\n"}
    encoding : str
        Of the file.
    decimal : {".", ","}
    has_row_names : bool
        Whether the first column is R's row names.
    thousands : dict of str to (int, str)
        Columns that may have points between thousands, with the first such field and its line.
    notes : list of str
        Sentences about anything that was skipped or found out by itself.
    """

    def __init__(self, path, table_text, has_header=None, decimal=None, missing=()):
        self.path = path
        self.encoding = table_text.encoding
        self.line_end = "\r\n" if "\r\n" in table_text.text else "\n"
        self._records = records = Records(path, table_text.text, has_header)
        self.header, self.has_row_names = records.header, records.has_row_names
        self.separator_line = records.separator_line
        self.delimiter = "\t" if records.delimiter == BLANKS else records.delimiter
        names = list(map(plain_name, self.header))
        _check_names(path, names, has_header)
        self.decimal, self.columns = _read_columns(
            names, records, decimal, missing, table_text.text_columns
        )
        self.n_rows = len(self.columns[0].values)
        if self.n_rows == 0:
            raise CommandError(f"{path}: has a header and no rows.")
        self.thousands = _find_thousands(self) if decimal is None else {}
        self.notes = _notes(self, records, decimal) + _rounded_numbers(self)
        if has_header is None:
            _check_first_row(self, names)

    def rows(self):
        """The fields of each row below the header, as text."""
        return (fields for _, fields in self._records.rows())

    def line_of(self, row):
        """Number of the line in which a row begins, rows counted from 0."""
        return next(itertools.islice(self._records.rows(), row, None))[0]


def read_table(path, has_header=None, decimal=None, missing=()):
    """Read a table.

    Parameters
    ----------
    path : pathlib.Path
        CSV or Parquet, as `read_text` takes it. Fields are separated by comma, semicolon, tab,
        ``|`` or blanks, whichever the file uses, or as its first line, such as ``sep=;``, says.
    has_header, decimal, missing
        As `CsvTable` takes them.

    Returns
    -------
    table : CsvTable

    Raises
    ------
    CommandError
        If it cannot be read, or is no table.
    """
    table_text = read_text(path)
    if table_text.has_names:
        if has_header is False:
            raise CommandError(f"{path}: is Parquet, which has names; leave out --no-header.")
        has_header = True
    return CsvTable(path, table_text, has_header, decimal, missing)


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
    except (csv.Error, ValueError):
        names = []
    if not names:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of names, such as a,b; quote those that hold a comma or a "
            "line break"
        )
    return list(map(plain_name, names))


def _check_names(path, names, has_header):
    """Refuse names that are not unique, and a first record that is no header."""
    reader = FieldReader(".")
    numbers = [reader.is_number(name) for name in names if name]
    if has_header is None and all(numbers):
        raise CommandError(
            f"{path}: the first line holds no names; put a line above the rows that names the "
            "columns, or pass --no-header (or --header, if the names are numbers)."
        )
    remedy = "give them different names"
    if any(numbers):
        remedy += ", or pass --no-header if the first line is a row"
    seen = {}
    for number, name in enumerate(names, 1):
        if name and seen.setdefault(name, number) != number:
            raise CommandError(
                f"{path}: columns {seen[name]} and {number} are both called {name!r}; {remedy}."
            )


def _read_columns(names, records, decimal, missing, text_columns):
    """Read the columns, and find the decimal sign if it is not given."""
    reader = FieldReader(decimal or ".", missing)
    columns = read_columns(names, records.rows(), reader, text_columns)
    if decimal is None and _shows_decimal_comma(columns, records.delimiter):
        reader = FieldReader(",", missing)
        with_comma = read_columns(names, records.rows(), reader, text_columns)
        if not any(column.is_numeric and column.n_other_decimal for column in with_comma):
            return ",", with_comma
    return decimal or ".", columns


def _shows_decimal_comma(columns, delimiter):
    """Whether columns hold numbers with a comma that separates neither fields nor thousands.

    The semicolon is the delimiter of programs whose decimal sign is the comma. With others,
    1,234 may be a thousand.
    """
    if delimiter == ",":
        return False
    numeric = [column for column in columns if column.is_numeric]
    return any(
        column.n_other_decimal or (column.n_grouped and delimiter == ";") for column in numeric
    )


def _find_thousands(table):
    """Columns of numbers such as 999 and 1.234, which may have points between thousands.

    They have whole numbers below 1000, and points with three digits behind them everywhere else.
    Where commas separate fields, the point is the decimal sign.
    """
    if table.delimiter == "," or table.decimal != ".":
        return {}
    columns = {j: None for j, column in enumerate(table.columns) if _may_be_thousands(column)}
    with_whole = set()
    for line, fields in table._records.rows() if columns else ():
        for j, found in list(columns.items()):
            field = fields[j].strip()
            if is_grouped(field):
                columns[j] = found or (line, field)
            elif field.lstrip("+-").isdecimal() and len(field.lstrip("+-")) <= 3:
                with_whole.add(j)
            elif "." in field or field.isdecimal():
                del columns[j]
    return {table.columns[j].name: columns[j] for j in columns if columns[j] and j in with_whole}


def _may_be_thousands(column):
    """Whether a column has whole numbers and others, and these at most three decimals."""
    values = column.values[~np.isnan(column.values)]
    whole = values == np.floor(values)
    if whole.all() or not whole.any():
        return False
    thousandths = 1000 * values
    return np.allclose(thousandths, np.rint(thousandths), rtol=1e-12, atol=1e-9)


def _rounded_numbers(table):
    """Notes about columns of whole numbers that float64 does not hold."""
    notes = []
    for j, column in enumerate(table.columns):
        if not column.n_numbers or np.nanmax(np.abs(column.values)) <= MAX_EXACT:
            continue
        n_rounded = 0
        for fields, value in zip(table.rows(), column.values, strict=True):
            digits = fields[j].strip()
            is_whole = digits.lstrip("+-").isdecimal() and not np.isnan(value)
            n_rounded += is_whole and int(digits) != int(value)
        if n_rounded:
            numbers = count(n_rounded, "whole number")
            notes.append(f"column {column.name!r}: {numbers} rounded to 53 bits, about 16 digits")
    return notes


def _notes(table, records, decimal):
    notes = []
    if records.n_comments:
        notes.append(f"{count(records.n_comments, 'line')} beginning with # skipped")
    if records.n_hash_rows:
        notes.append(
            f"{count(records.n_hash_rows, 'line')} beginning with # read as rows, for the number "
            "of fields"
        )
    if records.skips_blanks:
        notes.append("blanks at the beginning of fields left out, as quotes follow some of them")
    if records.n_blank_lines:
        notes.append(f"{count(records.n_blank_lines, 'blank line')} between rows skipped")
    if table.decimal == "," and decimal is None:
        notes.append("numbers are read with a decimal comma (--decimal . reads a point)")
    return notes


def _check_first_row(table, names):
    """Refuse, or mention, a header that looks like a row.

    It does if a name is a number; it is a row for sure if another name comes again below itself.
    """
    reader = FieldReader(table.decimal)
    numeric = [
        name
        for name, column in zip(names, table.columns, strict=True)
        if column.n_numbers and reader.is_number(name)
    ]
    if not numeric:
        return
    text_columns = [j for j, column in enumerate(table.columns) if column.n_text and names[j]]
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    for line, fields in table._records.rows() if text_columns else ():
        for j in text_columns:
            if plain_name(fields[j]) == names[j]:
                raise CommandError(
                    f"{table.path}: the first line ({shown}) looks like a row: {names[j]!r} comes "
                    f"again in line {line}; pass --no-header if it is one, else --header."
                )
    table.notes.append(
        f"the first line ({shown}) is taken as the header, though it holds numbers; "
        "pass --no-header if it is a row"
    )
