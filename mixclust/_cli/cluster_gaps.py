"""Missing values of a table, filled in for the fit by draws from a mixture."""

import warnings

import numpy as np

from .._inputs.errors import CollapseWarning, ConvergenceWarning
from .._mixture.imputer import MixtureImputer
from .cluster_advice import ColumnTraits
from .cluster_fit import Filling, choose, fitting_kinds
from .errors import CommandError

__all__ = ["fill_gaps"]

ROWS_PER_PARAMETER = 2
"""Rows without missing values for each column of each component, from which on the mixture that
fills in the values is chosen on them alone."""


def fill_gaps(arguments, rows, progress):
    """Fill in the missing values of rows.

    They are drawn from the conditional distributions of a mixture. Its size and structure are
    chosen on the rows without missing values, or, where these are few, on all rows with values
    drawn from a single Gaussian. Draws keep the spread of the columns, which expectations lower.

    Parameters
    ----------
    arguments : argparse.Namespace
    rows : Rows
        With NaN for each missing value, some value in each row, and one in each column.
    progress : callable

    Returns
    -------
    rows : Rows
        Without NaN, and with the rows as they were in `filling`.
    """
    complete = ~np.isnan(rows.X).any(axis=1)
    counted = complete if rows.weights is None else complete & (rows.weights > 0)
    needed = ROWS_PER_PARAMETER * arguments.components[-1] * (rows.X.shape[1] + 1)
    progress("filling in missing values")
    if np.count_nonzero(counted) >= needed:
        weights = None if rows.weights is None else rows.weights[complete]
        first = rows._replace(X=rows.X[complete], weights=weights)
    else:
        first = rows._replace(X=_draw(arguments, rows, 1, "full"))
    kinds, _ = fitting_kinds(arguments, first)
    size, kind = choose(arguments, first, kinds, progress).best
    progress("filling in missing values")
    X = _draw(arguments, rows, size, kind)
    traits = ColumnTraits.of(rows.X[complete] if complete.any() else X)
    return rows._replace(X=X, traits=traits, filling=Filling(rows.X, size, kind))


def _draw(arguments, rows, size, kind):
    """Draw the missing values from a mixture that is fitted to all rows."""
    imputer = MixtureImputer(
        size,
        covariance_type=kind,
        draw=True,
        n_init=arguments.n_init,
        random_state=arguments.seed,
        n_threads=arguments.threads,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", CollapseWarning)
        try:
            return imputer.fit_transform(rows.X, sample_weight=rows.weights)
        except ValueError as error:  # squares of the numbers overflow
            raise CommandError(f"{rows.selection.path}: {error}") from None
