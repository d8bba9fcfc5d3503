"""What a fit of a mixture went through, to be printed and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._overlap import distances_to_later
from ._typing import CovarianceType, Float64Array

if TYPE_CHECKING:
    from ._mixture_problem import Parameters

__all__ = ["FitReport", "RunReport"]

NEAR = 0.05
"""Bhattacharyya distance below which two components are near-duplicates: they overlap by 95 %."""


class RunReport(NamedTuple):
    """One run of EM.

    Attributes
    ----------
    scores : sequence of float
        Mean log-likelihood that each short run before it reached, in nats; empty without such.
    lower_bound : float or None
        Mean log-likelihood of a row at the end; None without an iteration.
    n_iter : int
    converged : bool
    n_handled : int
        Collapsed components that were restarted or dropped.
    collapsed : ndarray of shape (n_components,), bool
        Which components are collapsed at the end: all if a covariance that they share is.
    """

    scores: Sequence[float]
    lower_bound: float | None
    n_iter: int
    converged: bool
    n_handled: int
    collapsed: NDArray[np.bool_]


class FitReport:
    """What a fit went through; prints as a table.

    Parameters
    ----------
    runs : list of RunReport
        One for each of the `n_init` runs.
    best : int
        Which run was kept.
    total_weight : float
        Of all rows.
    parameters : Parameters
        Those of the run that was kept.
    covariance_type : str
        Their structure.
    seconds : dict of str to float
        Seconds spent on each phase.

    Attributes
    ----------
    runs : list of RunReport
        One for each of the `n_init` runs.
    best : int
        Which run was kept.
    effective_sizes : ndarray of shape (n_components,)
        Mixing weight times the total weight of the rows.
    n_collapsed : int
        Collapsed components of the run that was kept, those that were restarted or dropped
        included.
    seconds : dict of str to float
        Seconds spent on "columns", "starts" and "iterations".
    """

    def __init__(
        self,
        *,
        runs: list[RunReport],
        best: int,
        total_weight: float,
        parameters: Parameters,
        covariance_type: CovarianceType,
        seconds: dict[str, float],
    ) -> None:
        self.runs = runs
        self.best = best
        self.effective_sizes: Float64Array = parameters.weights * total_weight
        self.covariance_type = covariance_type
        self.n_collapsed: int = runs[best].n_handled + int(np.sum(runs[best].collapsed))
        self.seconds = seconds
        self._parameters = parameters

    def near_duplicates(self) -> list[tuple[int, int]]:
        """Pairs of components that cover the same rows.

        Returns
        -------
        pairs : list of tuple of int
            Components whose Bhattacharyya distance is below 0.05.
        """
        from ._covariance import structure_of  # the report itself needs no kernel

        n_components, n_features = self._parameters.means.shape
        covariances = structure_of(self.covariance_type).matrices(
            self._parameters.covariances, n_components, n_features
        )
        return [
            (k, k + 1 + int(other))
            for k, distances in enumerate(distances_to_later(self._parameters.means, covariances))
            for other in np.flatnonzero(distances < NEAR)
        ]

    def __repr__(self) -> str:
        run = self.runs[self.best]
        n_components = len(self.effective_sizes)
        lines = [f"{n_components} components, {self.covariance_type!r} covariances"]
        if run.lower_bound is not None:
            ended = "converged" if run.converged else "not converged"
            lines.append(
                f"log-likelihood {run.lower_bound:.6g} nats a row after {run.n_iter} iterations, "
                f"{ended}"
            )
        if len(self.runs) > 1:
            bounds = (other.lower_bound for other in self.runs)
            listed = ", ".join("no iteration" if b is None else f"{b:.6g}" for b in bounds)
            lines.append(f"runs           {listed}; number {self.best} is kept")
        if len(run.scores):
            lines.append(
                f"short runs     {len(run.scores)}, of {min(run.scores):.6g} to "
                f"{max(run.scores):.6g} nats a row"
            )
        sizes = ", ".join(f"{size:.4g}" for size in self.effective_sizes[:12])
        lines.append(f"sizes          {sizes}{', ...' if n_components > 12 else ''}")
        lines.append(f"collapsed      {self._collapsed_text(run)}")
        pairs = self.near_duplicates()
        lines.append(f"duplicates     {', '.join(map(str, pairs)) if pairs else 'none'}")
        times = ", ".join(f"{name} {1e3 * time:.3g} ms" for name, time in self.seconds.items())
        lines.append(f"time           {times}")
        return "\n".join(lines)

    @staticmethod
    def _collapsed_text(run):
        names = ", ".join(map(str, np.flatnonzero(run.collapsed)))
        handled = f"{run.n_handled} restarted or dropped" if run.n_handled else ""
        return "; ".join(filter(None, (names, handled))) or "none"
