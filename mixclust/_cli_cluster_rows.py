"""Which columns and rows of a table ``python -m mixclust cluster`` looks at, and why not others."""

import difflib
import re
from typing import NamedTuple

import numpy as np

from ._cli_shared import CommandError

__all__ = ["Selection", "find_name", "select"]

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


def select(table, wanted, missing_is_error):
    """Take columns and rows of a table.

    Parameters
    ----------
    table : CsvTable
    wanted : list of str or None
        The columns; None takes all that hold numbers which vary.
    missing_is_error : bool
        Whether to refuse missing values rather than leave their rows out.

    Returns
    -------
    selection : Selection
    """
    if wanted is None:
        columns, left_out = _usable_columns(table)
    else:
        _check_once(wanted)
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
    raise CommandError(f"there is no {what} {name!r}; there is {_listing(map(repr, names))}.")


def list_counts(counts):
    """Columns and how many values each lacks, such as ``a 3, b 1``."""
    return _listing(f"{name} {count}" for name, count in counts.items())


def _usable_columns(table):
    columns, left_out = [], {}
    for number, column in enumerate(table.columns, 1):
        reason = _why_not(column)
        if reason:
            left_out[column.name or f"column {number}"] = reason
        else:
            columns.append(column)
    if not columns:
        reasons = _listing(f"{name} ({reason})" for name, reason in left_out.items())
        raise CommandError(f"{table.path}: no column holds numbers that vary: {reasons}.")
    return columns, left_out


def _check_once(wanted):
    for name in wanted:
        if wanted.count(name) > 1:
            raise CommandError(f"--columns names {name!r} more than once; name each column once.")


def _wanted_column(table, name):
    names = [column.name for column in table.columns if column.name]
    column = table.columns[
        [column.name for column in table.columns].index(find_name(name, names, "column"))
    ]
    reason = _why_not(column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot be clustered: {reason}.")
    return column


def _why_not(column):
    """Why a column cannot be clustered, or None."""
    if column.text is not None:
        text = column.text if len(column.text) <= SHOWN else f"{column.text[:SHOWN]}..."
        if re.fullmatch(r"[+-]?\d*,\d+", text):
            return f"{text!r} in line {column.line}: write a decimal point, not a comma"
        return f"text: {text!r} in line {column.line}"
    if not column.name:
        return "no name"
    values = column.values[~np.isnan(column.values)]
    if not len(values):
        return "no values"
    if values.min() == values.max():
        return f"constant: {values[0]:.6g}"
    return None


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


def _listing(texts):
    texts = list(texts)
    more = len(texts) - LISTED
    return ", ".join(texts[:LISTED]) + (f" and {more} more" if more > 0 else "")
