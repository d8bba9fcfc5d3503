"""Which columns and rows of a table ``python -m mixclust cluster`` looks at, and why not others."""

import csv
import difflib
import io
import math
import shlex
from typing import NamedTuple

import numpy as np

from .options import CommandError
from .table_fields import is_grouped
from .table_records import count

__all__ = ["Selection", "find_name", "list_counts", "listing", "option", "select"]

SHOWN = 30  # characters of a field that messages show
LISTED = 5  # columns that a message of one line lists


class Selection(NamedTuple):
    """The numbers to cluster.

    Attributes
    ----------
    names : list of str
        The columns.
    X : ndarray of shape (n_complete, n_columns)
        Rows without missing values.
    complete : ndarray of shape (n_rows,), bool
        Which rows of the table those are.
    missing : dict of str to int
        Missing values by column, where there are any.
    left_out : dict of str to str
        Columns that are not clustered, and why.
    """

    names: list
    X: np.ndarray
    complete: np.ndarray
    missing: dict
    left_out: dict


def select(table, wanted, excluded, missing_is_error):
    """Take columns and rows of a table.

    Parameters
    ----------
    table : CsvTable
    wanted : list of str or None
        The columns; None takes all that hold numbers which vary.
    excluded : list of str
        Columns to leave out.
    missing_is_error : bool
        Whether to refuse missing values rather than leave their rows out.

    Returns
    -------
    selection : Selection
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
    values = np.column_stack([column.values for column in columns])
    missing = {column.name: column.n_missing for column in columns if column.n_missing}
    complete = ~np.isnan(values).any(axis=1)
    if missing and missing_is_error:
        line = table.line_of(int(np.argmin(complete)))
        raise CommandError(
            f"{table.path}: has missing values ({list_counts(missing)}), the first in line {line}; "
            "fill them in, or pass --missing drop."
        )
    X = values[complete]
    _check_variation(table, columns, X)
    return Selection([column.name for column in columns], X, complete, missing, left_out)


def find_name(name, names, what):
    """Refuse a name that is not among `names`, and point at one that is nearly the same."""
    if name in names:
        return name
    near = difflib.get_close_matches(name.lower(), [other.lower() for other in names], n=1)
    if near:
        match = next(other for other in names if other.lower() == near[0])
        raise CommandError(f"there is no {what} {name!r}; did you mean {match!r}?")
    raise CommandError(f"there is no {what} {name!r}; there is {listing(map(repr, names))}.")


def list_counts(counts):
    """Columns and how many values each lacks, such as ``a 3, b 1``."""
    return listing(f"{name} {count}" for name, count in counts.items())


def option(name, names):
    """An option with a list of names as a shell's command line takes it, such as ``--na a,b``."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    value = shlex.quote(text.getvalue())
    return f"{name}={value}" if value.startswith("-") else f"{name} {value}"


def _usable_columns(table, excluded):
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
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"{option} names {name!r} more than once; name each column once.")


def _wanted_column(table, name):
    names = [column.name for column in table.columns if column.name]
    column = table.columns[
        [column.name for column in table.columns].index(find_name(name, names, "column"))
    ]
    reason = _why_not(table, column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot be clustered: {reason}.")
    return column


def _why_not(table, column):
    """Why a column cannot be clustered, or None; an error if most of its fields are numbers."""
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
            f"if that is the decimal sign, or pass {option('--exclude', [column.name])}."
        )
    values = column.values[~np.isnan(column.values)]
    if not len(values):
        return "no values"
    if values.min() == values.max():
        return f"constant: {values[0]:.6g}"
    return None


def _odd_field(table, column):
    """Name the field that keeps a column from being one of numbers, and the remedies."""
    text = _shorten(column.text)
    exclude = option("--exclude", [column.name])
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
        f"{odd} not; correct the table, pass {option('--na', [text])} if this means a missing "
        f"value, or pass {exclude}"
    )


def _shorten(text):
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _check_variation(table, columns, X):
    """Refuse a column that varies only in rows that others leave out."""
    if len(X) == 0:
        raise CommandError(
            f"{table.path}: every row has a missing value; choose fuller columns with --columns."
        )
    for column, values in zip(columns, X.T, strict=True):
        if values.min() == values.max():
            raise CommandError(
                f"{table.path}: column {column.name!r} is {values[0]:.6g} in every row without "
                "missing values; choose others with --columns."
            )


def listing(texts, n_listed=LISTED):
    """The first texts, separated by commas, and how many more there are."""
    texts = list(texts)
    more = len(texts) - n_listed
    return ", ".join(texts[:n_listed]) + (f" and {more} more" if more > 0 else "")
