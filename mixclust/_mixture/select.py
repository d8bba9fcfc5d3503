"""The choice of the covariance model and the number of components in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._inputs.annotations import ArrayLike, Int, Rows
from .gaussian_ic import SIZES, GaussianMixtureIC
from .selection import Criterion
from .structures import CovarianceType

__all__ = ["select"]


def select(
    X: Rows,
    n_components: Int | Iterable[Int] = SIZES,
    covariance_type: str | Sequence[CovarianceType] = "all",
    criterion: Criterion = "bic",
    *,
    sample_weight: ArrayLike | None = None,
    **options: Any,
) -> GaussianMixtureIC:
    """Fit mixtures of every covariance model and size, and choose the best, in one call.

    Nothing is printed: ``print(select(X).report_)`` prints the summary.

    Parameters
    ----------
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows.
    n_components : int or sequence of int, default=(1, 2, 3, 4, 5, 6, 7, 8, 9)
        Numbers of components to try.
    covariance_type : str or sequence of str, default="all"
        Models of covariances to try.
    criterion : {"bic", "aic", "icl"}, default="bic"
        The criterion of the choice; smaller is better.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    **options
        Further parameters of `GaussianMixtureIC`.

    Returns
    -------
    search : GaussianMixtureIC
        Fitted: it answers like the best mixture, and has the table `criteria_` and the `report_`.

    Raises
    ------
    TypeError, ValueError
        If a parameter or X is not as `GaussianMixtureIC` describes.

    Examples
    --------
    >>> from mixclust import select
    >>> X = [[0.0], [0.2], [0.5], [1.1], [8.0], [8.3], [8.4], [9.1]]
    >>> search = select(X, n_components=[1, 2], random_state=0)
    >>> search.best_params_
    {'n_components': 2, 'covariance_type': 'tied'}
    >>> search.criteria_["n_parameters"].tolist()
    [2, 5, 2, 4]
    """
    search = GaussianMixtureIC(
        n_components, covariance_type=covariance_type, criterion=criterion, **options
    )
    return search.fit(X, sample_weight=sample_weight)
