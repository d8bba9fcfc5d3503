"""Warm starts: the end of an earlier fit, from which the next fit goes on."""

from typing import NamedTuple

import numpy as np

from .._inputs.wording import count
from .parameters import Parameters

__all__ = ["Previous", "previous_run"]


class Previous(NamedTuple):
    """The end of an earlier fit."""

    parameters: Parameters
    lower_bounds: list
    """Lower bounds of the last iterations; empty if the parameters were changed since."""
    origin: str
    """Which fit it was, in a few words, for the report."""


def previous_run(mixture, n_features):
    """The earlier fit from which a warm start goes on.

    Parameters
    ----------
    mixture : GaussianMixture
    n_features : int
        Features of the rows to fit.

    Returns
    -------
    Previous or None
        None if the next fit starts anew.

    Raises
    ------
    ValueError
        If the parameters of the earlier fit do not fit the options or the rows.
    """
    if not (mixture.warm_start and hasattr(mixture, "converged_")):
        return None
    n_found, n_fitted_features = mixture.means_.shape
    if n_fitted_features != n_features:
        raise ValueError(
            f"warm_start=True goes on from {count(n_fitted_features, 'feature')}, but X has "
            f"{n_features}; pass the same features or set warm_start=False."
        )
    if not mixture._is_as_fitted():
        report = getattr(mixture, "report_", None)  # a loaded mixture has none
        model = "" if report is None else f"covariance_type={report.covariance_type!r}, with "
        raise ValueError(
            f"warm_start=True goes on from {model}covariances of shape "
            f"{mixture.covariances_.shape}, but covariance_type={mixture.covariance_type!r}; "
            "leave it or set warm_start=False."
        )
    n_wanted = mixture.n_components
    if n_found > n_wanted or (n_found < n_wanted and mixture.on_collapse != "drop"):
        raise ValueError(
            f"warm_start=True goes on from {count(n_found, 'component')}, but "
            f"n_components={n_wanted}; leave it or set warm_start=False."
        )
    return Previous(mixture._parameters(), _last_bounds(mixture), "the last fit")


def _last_bounds(mixture):
    """Lower bounds of the last iterations; after a short fit, also of iterations before it."""
    bounds = getattr(mixture, "lower_bounds_", [])  # earlier versions of scikit-learn had none
    report = getattr(mixture, "report_", None)  # a loaded mixture has none
    gains = [] if report is None else report.runs[report.best].last_gains
    if len(gains) < len(bounds) or not len(bounds):
        return bounds
    return [*(bounds[-1] - np.cumsum(gains[::-1])[::-1]).tolist(), bounds[-1]]
