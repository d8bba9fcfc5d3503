"""The rows that ``mixclust cluster`` fits, the choice of a mixture, and its fit to all rows."""

from typing import NamedTuple

import numpy as np

from .._mixture.choice import Choice
from .._mixture.selection import Chosen, distinct_kinds, has_matrices
from .._mixture.structures import FAMILIAR_TYPES
from .cluster_advice import ColumnTraits
from .cluster_columns import Selection
from .cluster_stream import AllRows, FitToAll, Tally
from .errors import CommandError

__all__ = ["Filling", "Result", "Rows", "choose", "finish", "fitting_kinds", "take_rows"]


class Filling(NamedTuple):
    """The values that were filled in for a fit.

    Attributes
    ----------
    given : ndarray of shape (n_rows, n_columns), float64
        The rows with NaN for each missing value.
    n_components : int
    covariance_type : str
        The mixture from which values were drawn.
    """

    given: np.ndarray
    n_components: int
    covariance_type: str


class Rows(NamedTuple):
    """The rows among which a mixture is chosen.

    Attributes
    ----------
    selection : Selection
    X : ndarray of shape (n_rows, n_columns), float64
        All rows without missing values, or a sample of them.
    weights : ndarray of shape (n_rows,), float64, or None
        Their weights.
    traits : ColumnTraits
        Of all rows.
    all_rows : AllRows or None
        All rows, if X is a sample.
    filling : Filling or None
        The missing values of X, if they were filled in.
    """

    selection: Selection
    X: np.ndarray
    weights: np.ndarray | None
    traits: ColumnTraits
    all_rows: AllRows | None
    filling: Filling | None = None

    @property
    def names(self):
        """Names of the columns."""
        return self.selection.names

    @property
    def n_present(self):
        """Number of rows of positive weight."""
        return len(self.X) if self.weights is None else int(np.count_nonzero(self.weights))

    @property
    def is_sample(self):
        """Whether `X` does not hold all rows."""
        return self.all_rows is not None


class Result(NamedTuple):
    """The chosen mixture and its answers.

    Attributes
    ----------
    chosen : Chosen
        With answers about the rows of `Rows`.
    tally : Tally
        Of all rows.
    fit : FitToAll or None
        The fit to all rows, if the mixture was chosen on a sample.
    """

    chosen: Chosen
    tally: Tally
    fit: FitToAll | None


def take_rows(arguments, selection, is_streamed, progress):
    """Read all rows without missing values, or draw a sample of a streamed table.

    Parameters
    ----------
    arguments : argparse.Namespace
    selection : Selection
    is_streamed : bool
    progress : callable
        ``progress(step, share)``.

    Returns
    -------
    rows : Rows
    """
    if not is_streamed:
        X, weights = selection.read(), selection.read_weights()
        return Rows(selection, X, weights, ColumnTraits.of(X), None)
    all_rows = AllRows(selection, arguments.seed, arguments.threads, progress)
    n_sample = max(arguments.sample, arguments.components[-1])
    try:
        X, weights, traits = all_rows.look(n_sample)
    except ValueError as error:  # squares of the numbers overflow
        raise CommandError(f"{selection.path}: {error}") from None
    return Rows(selection, X, weights, traits, all_rows if len(X) < selection.n_complete else None)


def fitting_kinds(arguments, rows):
    """Give the structures to try, and the structures for which the table has too few rows.

    With at most as many rows as columns, each full covariance matrix is singular.

    Parameters
    ----------
    arguments : argparse.Namespace
    rows : Rows

    Returns
    -------
    kinds, skipped : list of str
    """
    n_rows, n_columns = rows.n_present, rows.X.shape[1]
    kinds, skipped = arguments.covariance, []
    if n_columns == 1:
        kinds = distinct_kinds(kinds, 2, 1)
    if n_rows <= n_columns:
        skipped = [kind for kind in kinds if has_matrices(kind)]
        kinds = [kind for kind in kinds if kind not in skipped]
    if not kinds:
        others = ",".join(kind for kind in FAMILIAR_TYPES if not has_matrices(kind))
        raise CommandError(
            f"{rows.selection.path}: {' and '.join(skipped)} covariances of {n_columns} columns "
            f"need at least {n_columns + 1} rows, but {n_rows} came; choose fewer columns with "
            f"--columns, or pass --covariance {others}."
        )
    return kinds, skipped


def choose(arguments, rows, kinds, progress):
    """Fit every mixture, and choose the best.

    Parameters
    ----------
    arguments : argparse.Namespace
    rows : Rows
    kinds : list of str
    progress : callable

    Returns
    -------
    choice : Choice
    """
    options = {
        "random_state": arguments.seed,
        "n_init": arguments.n_init,
        "n_threads": arguments.threads,
    }
    sizes, criterion = arguments.components, arguments.criterion
    try:
        choice = Choice(rows.X, sizes, kinds, criterion, options, progress, rows.weights)
    except ValueError as error:  # squares of the numbers overflow
        raise CommandError(f"{rows.selection.path}: {error}") from None
    if choice.mixture is None:
        raise CommandError(
            f"{rows.selection.path}: every mixture has a component that shrank to nothing, as "
            "happens where columns depend on each other or rows repeat; try fewer components, "
            "other columns or --covariance diag."
        )
    return choice


def finish(arguments, rows, choice):
    """Fit the chosen mixture to all rows, if it was chosen on a sample, and count its rows.

    Parameters
    ----------
    arguments : argparse.Namespace
    rows : Rows
    choice : Choice

    Returns
    -------
    result : Result
    """
    if not rows.is_sample:
        chosen = Chosen(choice.mixture, rows.filling.given if rows.filling else rows.X)
        tally = Tally(len(chosen.weights))
        tally.add(chosen.labels, chosen.uncertainty)
        return Result(chosen, tally, None)
    fit = rows.all_rows.fit(choice.mixture, choice.criterion, rows.X)
    if fit.is_collapsed:
        size, kind = choice.best
        raise CommandError(
            f"{rows.selection.path}: the mixture of {size} components, {kind}, was chosen on a "
            "sample of the rows, but has a component that shrinks to nothing if it is fitted to "
            "all; try fewer components, other columns, --covariance diag or a larger --sample."
        )
    return Result(fit.chosen, fit.tally, fit)
