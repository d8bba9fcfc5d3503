"""The fit of a mixture to rows with missing values, by stochastic EM.

It starts from the complete rows. In each round the missing values of a row are drawn from their
conditional distribution under the mixture, and one iteration of EM goes over all rows [1]_.

References
----------
.. [1] G. Celeux and J. Diebolt, "The SEM algorithm: a probabilistic teacher algorithm derived from
   the EM algorithm for the mixture problem", Computational Statistics Quarterly 2, 1985.
"""

import numpy as np

from .._inputs.random import draw_seed, lent_random_state
from .._inputs.rows import check_finite
from .conditional import impute
from .gaussian_fit import fit_mixture

__all__ = ["complete_rows", "fit_rounds", "require_values"]

VALUES_PER_BLOCK = 1 << 18
"""Values that are looked at together."""

ROWS_PER_PARAMETER = 2
"""Complete rows for each feature of each component, from which on a fit starts from them alone."""


def complete_rows(X):
    """Which rows have no missing value, and how many values each column lacks.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    complete : ndarray of shape (n_samples,), bool
    n_missing : ndarray of shape (n_features,), intp

    Raises
    ------
    ValueError
        If a row with missing values holds infinity.
    """
    complete = np.empty(len(X), dtype=bool)
    n_missing = np.zeros(X.shape[1], dtype=np.intp)
    step = max(1, VALUES_PER_BLOCK // X.shape[1])
    for start in range(0, len(X), step):
        missing = np.isnan(X[start : start + step])
        n_missing += missing.sum(axis=0)
        complete[start : start + step] = ~missing.any(axis=1)
        if missing.any():
            check_finite(np.where(missing, 0, X[start : start + step]))
    return complete, n_missing


def fit_rounds(mixture, X, sample_weight, complete, rounds, names):
    """Fit a mixture to rows, some of which are incomplete.

    Parameters
    ----------
    mixture : GaussianMixture
        Not fitted. It is fitted to the rows that the rounds start from, and then given the
        parameters of the last round.
    X : ndarray of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,) or None
    complete : ndarray of shape (n_samples,), bool
    rounds : int
    names : ndarray of shape (n_features,) or None
        For messages.

    Returns
    -------
    parameters : Parameters
    """
    present = ~np.isnan(X).all(axis=1)
    if sample_weight is not None:
        present &= sample_weight > 0
        sample_weight = sample_weight[present]
    filled, complete = X[present], complete[present]
    gaps = np.isnan(filled)
    require_values(gaps, names)
    values = np.nanmin(filled, axis=0)
    # Their variance is the floor: draws would add noise of this size.
    constant = values == np.nanmax(filled, axis=0)
    with lent_random_state(mixture.random_state) as source:
        generator = np.random.RandomState(draw_seed(source))
    incomplete = np.flatnonzero(~complete)
    rows = filled[incomplete]
    needed = ROWS_PER_PARAMETER * mixture.n_components * (X.shape[1] + 1)
    if np.count_nonzero(complete) >= needed:
        weights = None if sample_weight is None else sample_weight[complete]
        mixture.fit(filled[complete], sample_weight=weights)
    else:
        _fill_from_columns(filled, gaps, generator)
        mixture.fit(filled, sample_weight=sample_weight)
    options = {"warm_start": True, "max_iter": 1, "n_init": 1, "verbose": 0, "callback": None}
    step = type(mixture)(**mixture.get_params(deep=False) | options)
    step._taking(mixture._parameters(), None)
    params = step._check_params()
    for _ in range(rounds):
        filled[incomplete] = impute(step, rows, generator)
        filled[:, constant] = values[constant]
        best, _, _ = fit_mixture(step, params, filled, sample_weight, None, None)
        step._set_parameters(best.parameters)
    return step._parameters()


def _fill_from_columns(filled, gaps, generator):
    """Put values of the same column, drawn at random, in place of missing ones."""
    for j in np.flatnonzero(gaps.any(axis=0)):
        values = filled[~gaps[:, j], j]
        filled[gaps[:, j], j] = values[generator.randint(len(values), size=gaps[:, j].sum())]


def require_values(gaps, names):
    """Raise ValueError if a column has no value.

    Parameters
    ----------
    gaps : ndarray of shape (n_samples, n_features), bool
        Which values are missing, in rows of positive weight.
    names : ndarray of shape (n_features,) or None
    """
    empty = np.flatnonzero(gaps.all(axis=0))
    if len(empty):
        name = empty[0] if names is None else repr(names[empty[0]])
        raise ValueError(
            f"column {name} of X has no value in any row of positive weight; leave the column out."
        )
