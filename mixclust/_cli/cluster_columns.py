"""The columns and rows of a table that ``mixclust cluster`` clusters."""

import numpy as np

from .errors import CommandError
from .number_columns import (
    find_name,
    number_column,
    weight_column,
    why_constant,
    why_not_clustered,
)
from .wording import count, listing

__all__ = ["Selection", "list_counts", "refuse_missing", "select"]


class Selection:
    """The numbers to cluster.

    Parameters
    ----------
    table : CsvTable
    columns : list of Column
        The columns to cluster by.
    left_out : dict of str to str
        The reason for each column that is not clustered.
    weights : Column, default=None
        The column with the weights of rows: numbers of at least 0, none of them missing.
    keeps_gaps : bool, default=False
        Whether rows with missing values are among the rows to cluster, if they have any value.

    Attributes
    ----------
    path : path-like
        The name of the table in messages.
    names : list of str
        The columns.
    n_rows : int
        Number of rows of the table.
    keeps_gaps : bool
    n_complete : int
        Number of rows to cluster: rows without missing values, or with any value if `keeps_gaps`.
    n_present : int
        Number of these rows with a positive weight.
    total_weight : float
        Of these rows; their number if there are no weights.
    weight_name : str or None
        The column with the weights.
    has_weights : bool
    missing : dict of str to int
        Number of missing values of each column that has any.
    first_incomplete : int or None
        Number of the first row with a missing value, from 0.
    low, high : ndarray of shape (n_columns,)
        Smallest and largest number of each column in rows to cluster of positive weight.
    left_out : dict of str to str
    """

    def __init__(self, table, columns, left_out, weights=None, keeps_gaps=False):
        self.path, self._values = table.path, table.values
        places = {id(column): j for j, column in enumerate(table.columns)}
        self._indices = [places[id(column)] for column in columns]
        self.weight_name = None if weights is None else weights.name
        self.has_weights, self.keeps_gaps = weights is not None, keeps_gaps
        if self.has_weights:
            self._indices.append(places[id(weights)])
        self.names, self.left_out = [column.name for column in columns], left_out
        self.n_rows = self.n_complete = self.n_present = table.values.n_rows
        self.total_weight = float(self.n_rows)
        self.missing = {column.name: column.n_missing for column in columns if column.n_missing}
        self.first_incomplete = None
        self.low = np.array([column.low for column in columns])
        self.high = np.array([column.high for column in columns])
        if self.missing or self.has_weights:
            self._count_complete()

    def _count_complete(self):
        first = self.n_complete = self.n_present = 0
        self.total_weight = 0.0
        self.low, self.high = np.full_like(self.low, np.inf), np.full_like(self.high, -np.inf)
        for complete, X, weights in self.weighted_blocks():
            if self.first_incomplete is None and len(X) < len(complete):
                self.first_incomplete = first + int(np.argmin(complete))
            first += len(complete)
            self.n_complete += len(X)
            if weights is not None:
                self.total_weight += float(weights.sum())
                X = X[weights > 0]
            self.n_present += len(X)
            if len(X):
                self.low = np.fmin(self.low, np.fmin.reduce(X, axis=0))
                self.high = np.fmax(self.high, np.fmax.reduce(X, axis=0))
        if not self.has_weights:
            self.total_weight = float(self.n_complete)

    def blocks(self):
        """Iterate over the rows of the table in blocks.

        Yields
        ------
        complete : ndarray of shape (n_block_rows,), bool
            True for each row to cluster.
        X : ndarray of shape (n_complete_rows, n_columns), float64
            These rows; may be empty. Missing values are NaN.
        """
        return ((complete, X) for complete, X, _ in self.weighted_blocks())

    def weighted_blocks(self):
        """Iterate over the rows of the table in blocks.

        Yields
        ------
        complete, X
            As `blocks` yields them.
        weights : ndarray of shape (n_complete_rows,), float64, or None
            Weights of the rows of X; None if there are none.
        """
        for block in self._values.blocks(self._indices):
            weights = None
            if self.has_weights:
                block, weights = block[:, :-1], block[:, -1]
            if not self.missing:
                yield np.ones(len(block), dtype=bool), block, weights
                continue
            missing = np.isnan(block)
            complete = ~(missing.all(axis=1) if self.keeps_gaps else missing.any(axis=1))
            yield complete, block[complete], weights if weights is None else weights[complete]

    def read(self):
        """Return all rows to cluster, of shape (n_complete, n_columns), float64."""
        X, first = np.empty((self.n_complete, len(self.names))), 0
        for _, rows in self.blocks():
            X[first : first + len(rows)] = rows
            first += len(rows)
        return X

    def describe_weights(self):
        """Name the column with the weights, their sum, and the number of rows that have any."""
        return (
            f"{self.weight_name}, sum {self.total_weight:,.10g} over "
            f"{count(self.n_present, 'row')} of positive weight"
        )

    def read_weights(self):
        """Return the weights of these rows, of shape (n_complete,), float64; None without any."""
        if not self.has_weights:
            return None
        return np.concatenate([weights for _, _, weights in self.weighted_blocks()])


def select(table, wanted, excluded, missing_is_error, weights=None, row_id=None, keeps_gaps=False):
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
    weights, row_id : str, default=None
        Names of the columns with the weights and the names of rows.
    keeps_gaps : bool, default=False
        Whether rows with some missing values are clustered.

    Returns
    -------
    selection : Selection

    Raises
    ------
    CommandError
        If a name is wrong or no column can be clustered.
    """
    reasons = _left_out_by_name(table, wanted, excluded, weights, row_id)
    weights = None if weights is None else weight_column(table, weights)
    if wanted is None:
        columns, left_out = _usable_columns(table, reasons)
    else:
        _check_once("--columns", wanted)
        columns, left_out = [_wanted_column(table, name) for name in wanted], {}
    selection = Selection(table, columns, left_out, weights, keeps_gaps)
    if missing_is_error:
        refuse_missing(table, selection)
    _check_variation(table, selection)
    return selection


def _left_out_by_name(table, wanted, excluded, weights, row_id):
    """Give the reasons for the columns that options leave out of the fit, by name."""
    _check_once("--exclude", excluded)
    options = [("--exclude", name, "excluded") for name in excluded]
    options += [("--weights", weights, "weights"), ("--id", row_id, "id")]
    reasons = {}
    for option, name, reason in options:
        if name is None:
            continue
        find_name(name, [column.name for column in table.columns if column.name], "column")
        if wanted and name in wanted:
            raise CommandError(f"{name!r} is in --columns and in {option}; name it in one.")
        reasons[name] = reason
    if weights is not None and weights == row_id:
        raise CommandError(f"{weights!r} is in --weights and in --id; name two columns.")
    return reasons


def refuse_missing(table, selection):
    """Refuse a table with missing values in the columns to cluster."""
    if selection.missing:
        place = table.place_of(selection.first_incomplete)
        raise CommandError(
            f"{table.path}: has missing values ({list_counts(selection.missing)}), the first in "
            f"{place}; fill them in, or pass --missing drop."
        )


def list_counts(counts):
    """Write the number of missing values of each column, for example ``a 3, b 1``."""
    return listing(f"{name} {count}" for name, count in counts.items())


def _usable_columns(table, reasons):
    """Give the columns that can be clustered, and the reason for each of the others.

    `reasons` holds the reasons of columns that options leave out, by name.
    """
    columns, left_out = [], {}
    for number, column in enumerate(table.columns, 1):
        if number == 1 and table.has_row_names:
            reason = "row names: the header has one name less than rows have fields"
        else:
            reason = reasons.get(column.name) or why_not_clustered(table, column)
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
    reason = why_constant(column)
    if reason:
        raise CommandError(f"{table.path}: column {name!r} cannot be clustered: {reason}.")
    return column


def _check_variation(table, selection):
    """Refuse a column that varies only in rows with missing values of other columns."""
    if selection.n_complete == 0:
        raise CommandError(
            f"{table.path}: every row has a missing value; choose fuller columns with --columns."
        )
    if selection.n_present == 0:
        raise CommandError(
            f"{table.path}: the weights of all rows without missing values are 0; name another "
            "column in --weights."
        )
    for name, low, high in zip(selection.names, selection.low, selection.high, strict=True):
        if low == high:
            raise CommandError(
                f"{table.path}: column {name!r} is {low:.6g} in every row without missing values; "
                "choose others with --columns."
            )
