"""The columns and rows of a table that ``mixclust cluster`` clusters."""

import difflib
import math

import numpy as np

from .errors import CommandError
from .options import option_text
from .table_fields import is_grouped
from .wording import count, listing

__all__ = ["Selection", "find_name", "list_counts", "number_column", "refuse_missing", "select"]

MAX_SHOWN = 30  # characters of a field that messages show


class Selection:
    """The numbers to cluster.

    Parameters
    ----------
    table : CsvTable
    columns : list of Column
        The columns to cluster by.
    left_out : dict of str to str
        The reason for each column that is not clustered.

    Attributes
    ----------
    names : list of str
        The columns.
    n_rows : int
        Number of rows of the table.
    n_complete : int
        Number of rows without missing values.
    missing : dict of str to int
        Number of missing values of each column that has any.
    first_incomplete : int or None
        Number of the first row with a missing value, from 0.
    low, high : ndarray of shape (n_columns,)
        Smallest and largest number of each column in rows without missing values.
    left_out : dict of str to str
    """

    def __init__(self, table, columns, left_out):
        self._values = table.values
        places = {id(column): j for j, column in enumerate(table.columns)}
        self._indices = [places[id(column)] for column in columns]
        self.names, self.left_out = [column.name for column in columns], left_out
        self.n_rows = self.n_complete = table.values.n_rows
        self.missing = {column.name: column.n_missing for column in columns if column.n_missing}
        self.first_incomplete = None
        self.low = np.array([column.low for column in columns])
        self.high = np.array([column.high for column in columns])
        if self.missing:
            self._count_complete()

    def _count_complete(self):
        first = self.n_complete = 0
        self.low, self.high = np.full_like(self.low, np.inf), np.full_like(self.high, -np.inf)
        for complete, X in self.blocks():
            if self.first_incomplete is None and len(X) < len(complete):
                self.first_incomplete = first + int(np.argmin(complete))
            if len(X):
                self.low = np.minimum(self.low, X.min(axis=0))
                self.high = np.maximum(self.high, X.max(axis=0))
            first += len(complete)
            self.n_complete += len(X)

    def blocks(self):
        """Iterate over the rows of the table in blocks.

        Yields
        ------
        complete : ndarray of shape (n_block_rows,), bool
            True for each row without missing values.
        X : ndarray of shape (n_complete_rows, n_columns), float64
            These rows; may be empty.
        """
        for block in self._values.blocks(self._indices):
            if not self.missing:
                yield np.ones(len(block), dtype=bool), block
                continue
            complete = ~np.isnan(block).any(axis=1)
            yield complete, block[complete]

    def read(self):
        """Return all rows without missing values, of shape (n_complete, n_columns), float64."""
        X, first = np.empty((self.n_complete, len(self.names))), 0
        for _, rows in self.blocks():
            X[first : first + len(rows)] = rows
            first += len(rows)
        return X


def select(table, wanted, excluded, missing_is_error):
    """Choose the columns and rows of a table to cluster.

    Parameters
    ----------
    table : CsvTable
    wanted : list of str or None
        Names of the columns; None takes every column of numbers that vary.
    excluded : list of str
        Names of columns to leave out.
    missing_is_error : bool
        Whether missing values are an error; otherwise their rows are left out.

    Returns
    -------
    selection : Selection

    Raises
    ------
    CommandError
        If a name is wrong or no column can be clustered.
    """
    _check_once("--exclude", excluded)
    for name in excluded:
        find_name(name, [column.name for column in table.columns if column.name], "column")
        if wanted and name in wanted:
            raise CommandError(f"{name!r} is in --columns and in --exclude; name it in one.")
    if wanted is None:
        columns, left_out = _usable_columns(table, excluded)
    else:
        _check_once("--columns", wanted)
        columns, left_out = [_wanted_column(table, name) for name in wanted], {}
    selection = Selection(table, columns, left_out)
    if missing_is_error:
        refuse_missing(table, selection)
    _check_variation(table, selection)
    return selection


def refuse_missing(table, selection):
    """Refuse a table with missing values in the columns to cluster."""
    if selection.missing:
        line = table.line_of(selection.first_incomplete)
        raise CommandError(
            f"{table.path}: has missing values ({list_counts(selection.missing)}), the first in "
            f"line {line}; fill them in, or pass --missing drop."
        )


def find_name(name, names, noun):
    """Refuse a name that is not among `names`, and suggest the most similar one.

    Parameters
    ----------
    name : str
    names : list of str
    noun : str
        The word for a name in the message, for example "column".

    Returns
    -------
    name : str
        The same name.
    """
    if name in names:
        return name
    near = difflib.get_close_matches(name.lower(), [other.lower() for other in names], n=1)
    if near:
        match = next(other for other in names if other.lower() == near[0])
        raise CommandError(f"there is no {noun} {name!r}; did you mean {match!r}?")
    raise CommandError(f"there is no {noun} {name!r}; there is {listing(map(repr, names))}.")


def list_counts(counts):
    """Write the number of missing values of each column, for example ``a 3, b 1``."""
    return listing(f"{name} {count}" for name, count in counts.items())


def _usable_columns(table, excluded):
    """Give the columns that can be clustered, and the reason for each of the others."""
    columns, left_out = [], {}
    for number, column in enumerate(table.columns, 1):
        if number == 1 and table.has_row_names:
            reason = "row names: the header has one name less than rows have fields"
        else:
            reason = "excluded" if column.name in excluded else _why_not(table, column)
        if reason:
            left_out[column.name or f"column {number}"] = reason
        else:
            columns.append(column)
    if not columns:
        reasons = listing(f"{name} ({reason})" for name, reason in left_out.items())
        raise CommandError(f"{table.path}: no column holds numbers that vary: {reasons}.")
    return columns, left_out


def _check_once(option, names):
    """Refuse a list that names a column twice."""
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"{option} names {name!r} more than once; name each column once.")


def _wanted_column(table, name):
    """Give the column that the user named, or refuse it."""
    column = number_column(table, name)
    reason = _why_constant(column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot be clustered: {reason}.")
    return column


def number_column(table, name):
    """Give a column of numbers by its name.

    Parameters
    ----------
    table : CsvTable
    name : str

    Returns
    -------
    column : Column
        It may be constant, or hold no value.

    Raises
    ------
    CommandError
        If there is no column of the name, or it holds something else than numbers.
    """
    names = [column.name for column in table.columns]
    column = table.columns[names.index(find_name(name, list(filter(None, names)), "column"))]
    reason = _why_no_numbers(table, column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot be clustered: {reason}.")
    return column


def _why_not(table, column):
    """Give the reason why a column cannot be clustered, or None if it can.

    A column in which most fields are numbers but some are not is an error.
    """
    return _why_no_numbers(table, column) or _why_constant(column)


def _why_no_numbers(table, column):
    """Give the reason why a column does not hold numbers, or None if it does."""
    if column.text is not None:
        if column.is_numeric and column.name:
            raise CommandError(f"{table.path}: {_odd_field(table, column)}.")
        reason = f"text: {_shorten(column.text)!r} in line {column.line}"
        if column.n_numbers:
            n_fields = column.n_numbers + column.n_text
            reason += f"; {column.n_numbers} of {n_fields} fields are numbers"
        return reason
    if not column.name:
        return "no name"
    if column.name in table.thousands:
        line, text = table.thousands[column.name]
        raise CommandError(
            f"{table.path}: column {column.name!r}, line {line}: {text!r} may be a number in "
            "thousands; write numbers without separators between thousands, or pass --decimal . "
            f"if that is the decimal sign, or pass {option_text('--exclude', [column.name])}."
        )
    return None


def _why_constant(column):
    """Give the reason why the numbers of a column do not vary, or None if they do."""
    if not column.n_numbers:
        return "no values"
    if column.low == column.high:
        return f"constant: {column.low:.6g}"
    return None


def _odd_field(table, column):
    """Describe the first field of a column of numbers that is not a number, and the remedies."""
    text = _shorten(column.text)
    exclude = option_text("--exclude", [column.name])
    where = f"column {column.name!r}, line {column.line}: {text!r}"
    other = "," if table.decimal == "." else "."
    if is_grouped(column.text):
        remedy = "write numbers without separators between thousands"
        if text.count(other) == 1 and table.decimal not in text:
            remedy += f", or pass --decimal {other} if that is the decimal sign"
        return f"{where} may be a number in thousands; {remedy}, or pass {exclude}"
    if column.n_other_decimal and other in text:
        return (
            f"{where} has another decimal sign than {table.decimal!r}; pass --decimal {other}, "
            f"write all numbers alike, or pass {exclude}"
        )
    try:
        infinite = math.isinf(float(column.text))
    except ValueError:
        infinite = False
    problem = "is not finite" if infinite else "is not a number"
    odd = count(column.n_text, "field")
    return (
        f"{where} {problem}, but {count(column.n_numbers, 'field')} of the column are numbers and "
        f"{odd} not; correct the table, pass {option_text('--na', [text])} if this means a missing "
        f"value, or pass {exclude}"
    )


def _shorten(text):
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _check_variation(table, selection):
    """Refuse a column that varies only in rows with missing values of other columns."""
    if selection.n_complete == 0:
        raise CommandError(
            f"{table.path}: every row has a missing value; choose fuller columns with --columns."
        )
    for name, low, high in zip(selection.names, selection.low, selection.high, strict=True):
        if low == high:
            raise CommandError(
                f"{table.path}: column {name!r} is {low:.6g} in every row without missing values; "
                "choose others with --columns."
            )
