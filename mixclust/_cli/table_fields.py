"""The fields of a table, read as numbers, missing values or text."""

import functools
import math
import re
from array import array
from typing import NamedTuple

import numpy as np

__all__ = ["Column", "FieldReader", "is_grouped", "read_columns"]

# In lower case: the words that pandas reads as missing, and the signs of other programs.
# float() reads other spellings of NaN.
MISSING = frozenset(
    {"", "na", "n/a", "#na", "#n/a", "#n/a n/a", "null", "none", "<na>", "nan", "-nan"}
    | {"1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"}
    | {"?", ".", "-", "--", "\N{EN DASH}", "\N{EM DASH}"}
)
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:e[+-]?\d+)?|[+-]?\d+,(?:e[+-]?\d+)?", re.IGNORECASE)
GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}"
    r"(?:(?:,\d{3})+(?:\.\d*)?|(?:\.\d{3})+(?:,\d*)?|(?:[ '\xa0\u202f]\d{3})+(?:[.,]\d*)?)"
)
ROWS_IN_BLOCK = 1000
MAX_EXACT_INTEGER = 2**53  # float64 holds all whole numbers up to it


class Column(NamedTuple):
    """The contents of a column.

    Attributes
    ----------
    name : str
        Empty if the header has no name for it.
    n_rows : int
    n_numbers : int
        Number of fields that are finite numbers.
    n_text : int
        Number of fields that are neither numbers nor missing.
    n_other_decimal : int
        Number of text fields that are numbers with the other decimal sign.
    n_grouped : int
        Number of text fields that may be numbers with separators between thousands.
    n_rounded : int
        Number of whole numbers that float64 rounds.
    low, high : float
        The smallest and largest number; infinite, high below low, if there are none.
    may_be_thousands : bool
        Whether there are whole and other numbers, and at most three decimals in each.
    text : str or None
        The first text field.
    line : int or None
        The line of the first text field.
    """

    name: str
    n_rows: int
    n_numbers: int
    n_text: int
    n_other_decimal: int
    n_grouped: int
    n_rounded: int
    low: float
    high: float
    may_be_thousands: bool
    text: str | None
    line: int | None

    @property
    def n_missing(self):
        return self.n_rows - self.n_numbers - self.n_text

    @property
    def is_numeric(self):
        """Tell whether most fields that are not missing are numbers, in any notation."""
        n_written_otherwise = self.n_other_decimal + self.n_grouped
        return self.n_numbers + n_written_otherwise > self.n_text - n_written_otherwise


class FieldReader:
    """Reads fields as numbers.

    Parameters
    ----------
    decimal : {".", ","}
    missing : iterable of str
        Further words that mean a missing value.
    """

    def __init__(self, decimal, missing=()):
        self.decimal = decimal
        self._words = frozenset(word.strip().lower() for word in missing)
        self._missing = MISSING | self._words
        numeric = any(_to_float(word) is not None for word in self._words)
        self._reads_whole_lists = decimal == "." and not numeric

    def is_missing(self, field):
        return field.strip().lower() in self._missing

    def number(self, field):
        """Read a field: a finite number, NaN for a missing value, None for other text."""
        if self._words and self.is_missing(field):
            return math.nan
        text = field
        if self.decimal == ",":
            text = None if "." in field else field.replace(",", ".")
        value = None if text is None else _to_float(text)
        if value is None:
            return math.nan if self.is_missing(field) else None
        # float() also reads infinity, and 1_000, which is more likely a name than a number.
        return None if math.isinf(value) or "_" in field else value

    def is_number(self, field):
        """Tell whether a field is a finite number."""
        value = self.number(field)
        return value is not None and not math.isnan(value)

    def numbers(self, fields):
        """Read many fields at once; None if a field has to be read by `number`."""
        if not self._reads_whole_lists:
            return None
        try:
            values = array("d", map(float, fields))
        except ValueError:
            return None
        return None if np.isinf(values).any() or "_" in "".join(fields) else values

    def classify(self, field):
        """Read a field, and tell whether a text may be a number in another notation.

        Returns
        -------
        value : float or None
            The value of `number`.
        is_grouped : bool
            Whether the text looks like a number with separators between thousands.
        has_other_decimal : bool
            Whether the text is a number with the other decimal sign, and not grouped.
        """
        value = self.number(field)
        if value is not None:
            return value, False, False
        grouped = is_grouped(field)
        return None, grouped, not grouped and self._has_other_decimal(field.strip())

    def classify_text(self, field):
        """Read a field of a column of text, in the form of `classify`."""
        return (math.nan if self.is_missing(field) else None), False, False

    def _has_other_decimal(self, text):
        if self.decimal == ".":
            return DECIMAL_COMMA.fullmatch(text) is not None
        return "." in text and "," not in text and _to_float(text) is not None


def is_grouped(field):
    """Tell whether a field looks like a number with separators between thousands."""
    return GROUPED.fullmatch(field.strip()) is not None


def read_columns(names, records, reader, text_columns, values):
    """Read all records into columns.

    Parameters
    ----------
    names : list of str
    records : iterable of (int, list of str)
        Line number and fields of each row.
    reader : FieldReader
    text_columns : set of str
        Names of columns of text, even if their fields look like numbers.
    values : TableValues
        Without rows; takes the numbers.

    Returns
    -------
    columns : list of Column
    """
    parts = [_ColumnReader(name, reader, name in text_columns) for name in names]
    lines, rows, n_pending = [], [], 0
    for line, fields in records:
        lines.append(line)
        rows.append(fields)
        if len(rows) == ROWS_IN_BLOCK:
            _extend(parts, rows, lines)
            n_pending += len(rows)
            lines, rows = [], []
            if n_pending == values.block_rows:
                values.append([part.take() for part in parts])
                n_pending = 0
    _extend(parts, rows, lines)
    if rows or n_pending:
        values.append([part.take() for part in parts])
    return [part.column() for part in parts]


def _extend(parts, rows, lines):
    for part, fields in zip(parts, zip(*rows, strict=True), strict=bool(rows)):
        part.extend(fields, lines)


class _ColumnReader:
    """Reads the fields of one column."""

    def __init__(self, name, reader, is_text):
        self.name = name
        self.reader = reader
        self.is_text = is_text
        # A cache, since most columns of text repeat a few words.
        self._classify = functools.lru_cache(1024)(
            reader.classify_text if is_text else reader.classify
        )
        self._pending = array("d")
        self.n_rows = self.n_numbers = 0
        self.n_text = self.n_other_decimal = self.n_grouped = self.n_rounded = 0
        self.low, self.high = math.inf, -math.inf
        self._has_whole = self._has_fractions = False
        self._has_thousandths = True  # at most three decimals in each number
        self.text = self.line = None

    def extend(self, fields, lines):
        """Read some fields."""
        values = None if self.is_text else self.reader.numbers(fields)
        if values is None:
            values = array("d", map(self._value, fields, lines))
        if (np.abs(values) >= MAX_EXACT_INTEGER).any():
            self.n_rounded += sum(map(_is_rounded, fields, values))
        self._pending.extend(values)

    def _value(self, field, line):
        value, is_grouped, has_other_decimal = self._classify(field)
        if value is not None:
            return value
        if self.text is None:
            self.text, self.line = field.strip(), line
        self.n_text += 1
        self.n_grouped += is_grouped
        self.n_other_decimal += has_other_decimal
        return math.nan

    def take(self):
        """Return the numbers since the last call, of shape (n_rows,), float64."""
        values = np.array(self._pending, dtype=np.float64)
        self._pending = array("d")
        self.n_rows += len(values)
        is_nan = np.isnan(values)
        numbers = values[~is_nan] if is_nan.any() else values
        if len(numbers):
            self._describe(numbers)
        return values

    def _describe(self, numbers):
        self.n_numbers += len(numbers)
        self.low = min(self.low, float(numbers.min()))
        self.high = max(self.high, float(numbers.max()))
        if not self._has_thousandths:
            return
        whole = numbers == np.floor(numbers)
        self._has_whole |= bool(whole.any())
        thousandths = 1000 * numbers[~whole]
        if len(thousandths):
            self._has_fractions = True
            self._has_thousandths = np.allclose(
                thousandths, np.rint(thousandths), rtol=1e-12, atol=1e-9
            )

    def column(self):
        """Return the column, after the last numbers were taken."""
        counts = (self.n_numbers, self.n_text, self.n_other_decimal, self.n_grouped, self.n_rounded)
        may_be_thousands = self._has_whole and self._has_fractions and self._has_thousandths
        return Column(
            self.name, self.n_rows, *counts, self.low, self.high, may_be_thousands,
            self.text, self.line,
        )  # fmt: skip


def _is_rounded(field, value):
    """Tell whether a field is a whole number, and its value in float64 another one."""
    if not abs(value) >= MAX_EXACT_INTEGER:
        return False
    digits = field.strip()
    return digits.lstrip("+-").isdecimal() and int(digits) != int(value)


def _to_float(text):
    try:
        return float(text)
    except ValueError:
        return None
