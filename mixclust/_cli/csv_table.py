"""A table in a file: its header, its rows as text, and its columns as numbers."""

import functools
import itertools
import tempfile

from .errors import CommandError
from .files import shown_name
from .table_fields import FieldReader, is_grouped, read_columns
from .table_records import BLANKS, Records
from .table_text import read_text
from .table_values import HeldValues, SpooledValues
from .wording import count, plain_name

__all__ = ["CsvTable", "read_table"]


class CsvTable:
    """A table: its header, its columns, and its rows as text.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    table_text : TableText
    make_values : callable
        ``make_values(n_columns)`` returns the `TableValues` that take the numbers.
    has_header : bool or None, default=None
        True if the first record holds the names of the columns, False if it is a row. None is
        True, but a first record that looks like a row is an error.
    decimal : {".", ","} or None, default=None
        The decimal sign. None takes a comma if the columns show one and the delimiter is another
        sign, otherwise a point.
    missing : iterable of str, default=()
        Further words for missing values.

    Attributes
    ----------
    header : list of str
        The names as they are in the file, one for each field of a row.
    columns : list of Column
    values : TableValues
        The numbers of all columns.
    text : TableText
    delimiter : str
        The delimiter of the output: a tab if runs of blanks separate the fields of the file.
    separator_line : str
        The first line if it is like ``sep=;``, else empty.
    line_end : {"\\n", "\\r\\n"}
    encoding : str
        The encoding of the file.
    place : {"line", "row"}
        The kind of numbers that tell where a row is: rows of Parquet have no lines.
    decimal : {".", ","}
    has_row_names : bool
        Whether the first column holds row names, as R writes them.
    thousands : dict of str to (int, str)
        The line and the text of the first field that may have points between thousands, by name
        of the column.
    notes : list of str
        Sentences about skipped lines, rounded numbers and the signs that were found.
    """

    def __init__(self, path, table_text, make_values, has_header=None, decimal=None, missing=()):
        self.path = path
        self.text = table_text
        self.encoding = table_text.encoding
        self.place = "row" if table_text.has_names else "line"
        self._records = records = Records(path, table_text, has_header)
        self.line_end = records.line_end
        self.header, self.has_row_names = records.header, records.has_row_names
        self.separator_line = records.separator_line
        self.delimiter = "\t" if records.delimiter == BLANKS else records.delimiter
        names = list(map(plain_name, self.header))
        _check_names(path, names, has_header)
        self.decimal, self.columns, self.values = _read_columns(
            names, records, decimal, missing, table_text.text_columns, make_values(len(names))
        )
        if not self.values.n_rows:
            raise CommandError(f"{path}: has a header and no rows.")
        self.thousands = _find_thousands(self) if decimal is None else {}
        self.notes = _notes(self, records, decimal) + _rounded_numbers(self.columns)
        if has_header is None:
            _check_first_row(self, names)

    def rows(self):
        """Iterate over the rows below the header, each a list of fields as text."""
        return (fields for _, fields in self.records())

    def records(self):
        """Iterate over the rows below the header: the `place` at which each begins, and its fields.

        Lines count from 1, and so do rows of Parquet.
        """
        return self._records.rows()

    def place_of(self, row):
        """Name the place of a row, for example ``line 2``; `row` counts from 0."""
        return f"{self.place} {next(itertools.islice(self.records(), row, None))[0]}"


def read_table(
    path, has_header=None, decimal=None, missing=(), *, stream=False, folder=None, report=None
):
    """Read a table.

    Parameters
    ----------
    path : pathlib.Path
        CSV or Parquet, as `read_text` takes it. The delimiter of CSV is found: comma, semicolon,
        tab, ``|`` or blanks, or the sign that a first line like ``sep=;`` names.
    has_header, decimal, missing
        Parameters of `CsvTable`.
    stream : bool or None, default=False
        Whether to keep neither text nor numbers in memory; None decides by the size of the file.
    folder : path-like, default=None
        The folder of a temporary file with the numbers of a streamed table; None takes the
        folder of the system.
    report : callable, default=None
        ``report(share)`` is called with the share of the text that has been read.

    Returns
    -------
    table : CsvTable

    Raises
    ------
    CommandError
        If the file cannot be read or does not hold a table.
    """
    table_text = read_text(path, stream)
    path = shown_name(path)
    table_text.report = report
    if table_text.has_names:
        if has_header is False:
            raise CommandError(f"{path}: is Parquet, which has names; leave out --no-header.")
        has_header = True
    make_values = HeldValues
    if table_text.is_streamed:
        make_values = functools.partial(SpooledValues, folder=folder or tempfile.gettempdir())
    return CsvTable(path, table_text, make_values, has_header, decimal, missing)


def _check_names(path, names, has_header):
    """Refuse names that are not unique, and a first record of numbers alone."""
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


def _read_columns(names, records, decimal, missing, text_columns, values):
    """Read the columns; find the decimal sign if it is None.

    Returns
    -------
    decimal : str
    columns : list of Column
    values : TableValues
    """
    reader = FieldReader(decimal or ".", missing)
    columns = read_columns(names, records.rows(), reader, text_columns, values)
    if decimal is None and _shows_decimal_comma(columns, records.delimiter):
        reader, values_with_comma = FieldReader(",", missing), values.empty()
        with_comma = read_columns(names, records.rows(), reader, text_columns, values_with_comma)
        if not any(column.is_numeric and column.n_other_decimal for column in with_comma):
            values.close()
            return ",", with_comma, values_with_comma
        values_with_comma.close()
    return decimal or ".", columns, values


def _shows_decimal_comma(columns, delimiter):
    """Tell whether columns hold numbers with a decimal comma.

    A number like 1,234 may have a comma between thousands. It counts as a decimal comma if the
    delimiter is the semicolon, since programs with a decimal comma write semicolons.
    """
    if delimiter == ",":
        return False
    numeric = [column for column in columns if column.is_numeric]
    return any(
        column.n_other_decimal or (column.n_grouped and delimiter == ";") for column in numeric
    )


def _find_thousands(table):
    """Find columns of numbers like 999 and 1.234, which may have points between thousands.

    The whole numbers of these columns are below 1000, and all other numbers have three digits
    after each point. If commas separate fields, the point is the decimal sign and none is found.
    """
    if table.delimiter == "," or table.decimal != ".":
        return {}
    columns = {j: None for j, column in enumerate(table.columns) if column.may_be_thousands}
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


def _rounded_numbers(columns):
    """Write a note for each column with whole numbers that float64 rounds."""
    return [
        f"column {column.name!r}: {count(column.n_rounded, 'whole number')} rounded to 53 bits, "
        "about 16 digits"
        for column in columns
        if column.n_rounded
    ]


def _notes(table, records, decimal):
    """Write notes about skipped lines and the signs that were found."""
    notes = []
    if records.n_comments:
        notes.append(f"{count(records.n_comments, 'line')} beginning with # skipped")
    if records.n_hash_rows:
        notes.append(
            f"{count(records.n_hash_rows, 'line')} beginning with # read as rows, because of the "
            "number of fields"
        )
    if records.skips_blanks:
        notes.append("blanks at the beginning of fields left out, as quotes follow some of them")
    if records.n_blank_lines:
        notes.append(f"{count(records.n_blank_lines, 'blank line')} between rows skipped")
    if table.decimal == "," and decimal is None:
        notes.append("numbers are read with a decimal comma (--decimal . reads a point)")
    return notes


def _check_first_row(table, names):
    """Refuse a header that is a row, and add a note about a header that looks like one.

    It looks like a row if a name is a number. It is a row if, in addition, another name occurs
    again in the column below it.
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
