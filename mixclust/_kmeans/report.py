"""The report of a fit of k-means: inertia, sizes of the clusters, runs and how they compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._estimator.report_values import listed_sizes, plain, spread_text, text_html
from .._inputs.annotations import Float64Array
from .._inputs.wording import count

__all__ = ["KMeansReport"]

SAME_INERTIA = 1e-6
"""Share of the inertia up to which two runs count as ended at the same optimum."""


class KMeansReport:
    """The report of a fit of k-means; prints as a table.

    Parameters
    ----------
    inertia : float
        Weighted sum of squared distances to the nearest centre, in squared units of X times weight.
    sizes : ndarray of shape (n_clusters,), float64, or None
        Weight of the rows of each cluster; their number where they have no weights.
    total_weight : float or None
        Weight of all rows.
    n_features : int
        Number of features.
    n_clusters : int
        Number of clusters.
    n_iter : int or None
        Iterations of the run that was kept.
    init_inertias : ndarray of shape (n_init,), float64, or None
        Inertia at which each run ended, before the refinement.
    n_refilled : int or None
        How often an empty cluster got a row.
    n_steps : int, default=None
        Batches of mini-batch k-means.
    is_refined : bool, default=False
        Whether a refinement followed the runs.

    Attributes
    ----------
    inertia : float
        As the parameter.
    sizes : ndarray of shape (n_clusters,), float64, or None
        Weight of the rows of each cluster. Of `MiniBatchKMeans` the weight of the rows that each
        centre is the mean of. None if the estimator was loaded from a file of an earlier version.
    total_weight : float or None
        As the parameter; None of a `MiniBatchKMeans` that comes from scikit-learn.
    n_features, n_clusters : int
        As the parameters.
    n_iter : int or None
        As the parameter; None after `partial_fit` alone.
    init_inertias : ndarray of shape (n_init,), float64, or None
        Inertia at which each run ended; None of `MiniBatchKMeans`, which compares starts on a
        sample and keeps no inertia of them.
    n_refilled : int or None
        As the parameter; None of `MiniBatchKMeans`.
    n_steps : int or None
        Batches taken in; None of `KMeans`.
    is_refined : bool
        As the parameter.
    """

    def __init__(
        self,
        *,
        inertia: float,
        sizes: Float64Array | None,
        total_weight: float | None,
        n_features: int,
        n_clusters: int,
        n_iter: int | None,
        init_inertias: Float64Array | None = None,
        n_refilled: int | None = None,
        n_steps: int | None = None,
        is_refined: bool = False,
    ) -> None:
        self.inertia = inertia
        self.sizes = sizes
        self.total_weight = total_weight
        self.n_features = n_features
        self.n_clusters = n_clusters
        self.n_iter = n_iter
        self.init_inertias = init_inertias
        self.n_refilled = n_refilled
        self.n_steps = n_steps
        self.is_refined = is_refined

    @property
    def best(self) -> int | None:
        """Number of the run that was kept.

        Returns
        -------
        best : int or None
            The first one of least inertia, from 0; None without runs.
        """
        return None if self.init_inertias is None else int(np.argmin(self.init_inertias))

    @property
    def n_agreeing(self) -> int | None:
        """Number of runs that ended at the inertia of the best one.

        Returns
        -------
        n_agreeing : int or None
            Runs with an inertia of at most a millionth more than the least one, itself included.
            Many of them tell of a sure optimum. None without runs.
        """
        if self.init_inertias is None:
            return None
        least = self.init_inertias.min()
        return int(np.count_nonzero(self.init_inertias <= least * (1 + SAME_INERTIA)))

    @property
    def refinement_gain(self) -> float | None:
        """Share of the inertia of the best run that the refinement removed.

        Returns
        -------
        gain : float or None
            From 0 to 1; None without a refinement.
        """
        if self.init_inertias is None or not self.is_refined:
            return None
        least = float(self.init_inertias.min())
        return max(0.0, 1 - self.inertia / least) if least > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values, which `json` writes.

        Returns
        -------
        values : dict of str to object
            Numbers and lists; None for unknown numbers.
        """
        values = {"best": self.best, "n_agreeing": self.n_agreeing}
        return plain(vars(self) | values | {"refinement_gain": self.refinement_gain})

    def _repr_html_(self):
        return text_html(repr(self))

    def __repr__(self) -> str:
        features = count(self.n_features, "feature")
        lines = [f"{count(self.n_clusters, 'cluster')} of rows of {features}"]
        per_row = ""
        if self.total_weight:
            per_row = f", {self.inertia / self.total_weight:.6g} a row"
        lines.append(f"inertia        {self.inertia:.6g}{per_row}")
        if self.sizes is not None:
            lines.append(f"sizes          {listed_sizes(self.sizes)}")
        if self.n_steps is not None:
            lines.append(f"batches        {self.n_steps}")
        if self.n_iter is not None:
            lines.append(f"iterations     {self.n_iter}")
        if self.init_inertias is not None:
            lines.append(f"runs           {self._runs_text()}")
            if self.refinement_gain is not None:
                lines.append(f"refinement     {100 * self.refinement_gain:.3g} % less inertia")
        if self.n_refilled is not None:
            lines.append(f"refilled       {self.n_refilled or 'none'}")
        return "\n".join(lines)

    def _runs_text(self):
        n_runs = len(self.init_inertias)
        if n_runs == 1:
            return "1"
        agreeing = "the best one alone" if self.n_agreeing == 1 else f"{self.n_agreeing} of them"
        return (
            f"{n_runs}, with inertias of {spread_text(self.init_inertias)}; number {self.best} is "
            f"kept, {agreeing} ended there"
        )
