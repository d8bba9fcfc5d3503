"""The report of a fit of a mixture: its runs, collapses and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import Float64Array
from .._inputs.errors import warn_collapse, warn_convergence

if TYPE_CHECKING:
    from .parameters import Parameters
    from .structures import CovarianceType

__all__ = ["FitReport", "RunReport", "warn_of_fit"]

MAX_DISTANCE_OF_DUPLICATES = 0.05
"""Bhattacharyya distance, in nats, below which two components are near-duplicates: they overlap by
95 %."""

_ENDED = {
    "converged": "converged",
    "max_iter": "not converged",
    "callback": "ended by the callback",
    "rounding": "ended where covariances are singular to rounding",
}


SAME_OPTIMUM_IN_NATS = 1e-3
"""Mean log-likelihoods of nearly converged fits that differ by less are of one optimum."""


class StartReport(NamedTuple):
    """The way to the start of a run.

    Attributes
    ----------
    scores : sequence of float
        Mean log-likelihood that each short run reached, in nats; empty if there was none.
    optima : sequence of float
        Mean log-likelihoods of the distinct optima that nearly converged short runs and moves
        met, in nats, the largest first.
    origin : str
        The origin of the parameters in a few words, if another fit gave them.
    """

    scores: Sequence[float] = ()
    optima: Sequence[float] = ()
    origin: str = ""


class RunReport(NamedTuple):
    """One run of EM.

    Attributes
    ----------
    scores : sequence of float
        Mean log-likelihood that each short run before it reached, in nats; empty if none did.
    lower_bound : float or None
        Mean log-likelihood of a row at the end; None without an iteration.
    n_iter : int
    ended : {"converged", "max_iter", "callback", "rounding"} or None
        Why the run ended. "rounding": the likelihood fell, because covariances were singular up to
        rounding; the parameters before the fall are kept. None without an iteration.
    last_gains : ndarray of float
        Gains of the mean log-likelihood of a row in the last five iterations or fewer, in nats, in
        the order of the iterations.
    gain_to_come : float
        The gain that all further iterations would add, extrapolated, in nats; infinite if unknown.
    n_handled : int
        Collapsed components that were restarted or dropped.
    collapsed : ndarray of shape (n_components,), bool
        True for components that are collapsed at the end: for all if their shared covariance is.
    optima : sequence of float
        Mean log-likelihoods of the distinct optima that the start of the run met, in nats, on the
        rows that it looked at, the largest first. One optimum that many short runs met, or a large
        lead of the first, tells of a sure answer.
    origin : str
        Where the parameters at the start come from, if another fit gave them: "the last fit", or
        the mixture of another number of components.
    """

    scores: Sequence[float]
    lower_bound: float | None
    n_iter: int
    ended: str | None
    last_gains: Float64Array
    gain_to_come: float
    n_handled: int
    collapsed: NDArray[np.bool_]
    optima: Sequence[float] = ()
    origin: str = ""

    @property
    def converged(self):
        """Whether the run converged.

        Returns
        -------
        converged : bool
            True if `ended` is "converged".
        """
        return self.ended == "converged"


class FitReport:
    """The report of a fit: its runs, collapses and times; prints as a table.

    Parameters
    ----------
    runs : list of RunReport
        One for each of the `n_init` runs.
    best : int
        Index of the run that was kept.
    total_weight : float
        Sum of the weights of all rows.
    parameters : Parameters
        Parameters of the run that was kept.
    covariance_type : str
        Structure of the parameters.
    seconds : dict of str to float
        Seconds spent on each phase.
    has_prior : bool, default=False
        Whether the log-likelihoods include the term of a prior.

    Attributes
    ----------
    runs : list of RunReport
        One for each of the `n_init` runs.
    best : int
        Index of the run that was kept.
    effective_sizes : ndarray of shape (n_components,)
        Mixing weight times the total weight of the rows.
    noise_size : float or None
        The same of noise; None without noise.
    n_collapsed : int
        Collapsed components of the run that was kept, including the ones that were restarted or
        dropped.
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
        has_prior: bool = False,
    ) -> None:
        self.runs = runs
        self.best = best
        self.total_weight = total_weight
        self.effective_sizes: Float64Array = parameters.weights * total_weight
        self.noise_size: float | None = None
        if parameters.noise_box is not None:
            self.noise_size = parameters.noise_weight * total_weight
        self.covariance_type = covariance_type
        self.n_collapsed: int = runs[best].n_handled + int(np.sum(runs[best].collapsed))
        self.seconds = seconds
        self._parameters, self._has_prior = parameters, has_prior

    def near_duplicates(self) -> list[tuple[int, int]]:
        """Pairs of components that cover the same rows.

        Returns
        -------
        pairs : list of tuple of int
            Components at a Bhattacharyya distance below 0.05.
        """
        from .overlap import distances_to_later
        from .structures import structure_of  # the report itself needs no kernel

        n_components, n_features = self._parameters.means.shape
        covariances = structure_of(self.covariance_type).matrices(
            self._parameters.covariances, n_components, n_features
        )
        return [
            (k, k + 1 + int(other))
            for k, distances in enumerate(distances_to_later(self._parameters.means, covariances))
            for other in np.flatnonzero(distances < MAX_DISTANCE_OF_DUPLICATES)
        ]

    def __repr__(self) -> str:
        run = self.runs[self.best]
        n_components = len(self.effective_sizes)
        lines = [f"{n_components} components, {self.covariance_type!r} covariances"]
        if run.lower_bound is not None:
            lines.append(
                f"log-likelihood {run.lower_bound:.6g} nats a row"
                f"{' with the prior' if self._has_prior else ''} after {run.n_iter} iterations, "
                f"{_ENDED[run.ended]}"
            )
            gains = ", ".join(f"{gain:.2g}" for gain in run.last_gains)
            lines.append(f"last gains     {gains or 'none'}; {self._to_come_text(run)}")
        if len(self.runs) > 1:
            bounds = (other.lower_bound for other in self.runs)
            listed = ", ".join("no iteration" if b is None else f"{b:.6g}" for b in bounds)
            lines.append(f"runs           {listed}; number {self.best} is kept")
        if run.origin:
            lines.append(f"start          {run.origin}")
        if len(run.scores):
            lines.append(
                f"short runs     {len(run.scores)}, of {min(run.scores):.6g} to "
                f"{max(run.scores):.6g} nats a row"
            )
        if len(run.optima):
            lead = "the only one"
            if len(run.optima) > 1:
                lead = f"the best leads by {run.optima[0] - run.optima[1]:.3g} nats a row"
            lines.append(f"optima met     {len(run.optima)}, {lead}")
        sizes = ", ".join(f"{size:.4g}" for size in self.effective_sizes[:12])
        lines.append(f"sizes          {sizes}{', ...' if n_components > 12 else ''}")
        if self.noise_size is not None:
            lines.append(f"noise          {self.noise_size:.4g}")
        lines.append(f"collapsed      {self._collapsed_text(run)}")
        pairs = self.near_duplicates()
        lines.append(f"duplicates     {', '.join(map(str, pairs)) if pairs else 'none'}")
        times = ", ".join(f"{name} {1e3 * time:.3g} ms" for name, time in self.seconds.items())
        lines.append(f"time           {times}")
        return "\n".join(lines)

    @staticmethod
    def _to_come_text(run):
        gain = run.gain_to_come
        return f"about {gain:.2g} still to come" if np.isfinite(gain) else "more to come"

    @staticmethod
    def _collapsed_text(run):
        names = ", ".join(map(str, np.flatnonzero(run.collapsed)))
        handled = f"{run.n_handled} restarted or dropped" if run.n_handled else ""
        return "; ".join(filter(None, (names, handled))) or "none"


def warn_of_fit(report, tol, *, of_collapse):
    """Warn of a run that did not converge, and of components that collapsed.

    Parameters
    ----------
    report : FitReport
        The report of the fit.
    tol : float
        The tolerance of the fit, in nats a row.
    of_collapse : bool
        Whether to warn of collapsed components, which may have been done before the fit.
    """
    run = report.runs[report.best]
    if run.ended == "max_iter":
        gain = "it has no gain yet"  # or none since a component was restarted or dropped
        if len(run.last_gains):
            gain = f"its last gain is {run.last_gains[-1]:.2g} nats a row"
        warn_convergence(
            f"The run that was kept did not converge in {run.n_iter} iterations: {gain}, and more "
            f"than tol={tol:g} may be to come; increase max_iter or tol, or pass "
            "acceleration='squarem'."
        )
    elif run.ended == "rounding":
        warn_convergence(
            "The run that was kept ended where the likelihood fell, since covariances are singular "
            "to rounding; the parameters before the fall are kept. Increase reg_covar (or leave it "
            "at 'auto'), or remove features that depend on others."
        )
    n_collapsed, n_components = int(np.sum(run.collapsed)), len(run.collapsed)
    if n_collapsed and of_collapse:
        warn_collapse(
            f"{n_collapsed} of {n_components} components collapsed: they have less than a row, or "
            "a covariance of no more than reg_covar or rounding in some direction "
            "(report_.runs[report_.best].collapsed says which). Ask for fewer components, a "
            "covariance_type of fewer parameters, a larger reg_covar, or on_collapse='drop' or "
            "'restart'."
        )
