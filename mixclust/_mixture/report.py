"""The report of a fit of a mixture: its runs, collapses and times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._estimator.report_values import check_values, listed_sizes, plain, text_html
from .._inputs.annotations import Float64Array
from .._inputs.errors import warn_collapse, warn_convergence
from .._inputs.wording import count
from .run_report import RUN_LAYOUT, RunReport, StartReport

if TYPE_CHECKING:
    from .parameters import Parameters
    from .structures import CovarianceType

__all__ = ["SAME_OPTIMUM_IN_NATS", "FitReport", "RunReport", "StartReport", "warn_of_fit"]

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

_LAYOUT = {
    "runs": [RUN_LAYOUT],
    "best": int,
    "total_weight": float,
    "sizes": [float],
    "noise_size": (float, type(None)),
    "covariance_type": str,
    "seconds": {str: float},
    "has_prior": bool,
    "of_classes": bool,
    "sums": [float],
}
"""Types of the values of a report in a file."""


class FitReport:
    """The report of a fit: criteria, sizes, runs, collapses and times; prints as a table.

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
    measure : callable, default=None
        ``measure(parameters)`` returns the log-likelihood of the rows, and the sum of the
        logarithms of the largest responsibilities. It is called when they are first asked for.
    of_classes : bool, default=False
        Whether rows had labels of classes, of which the report of a classifier has the criteria.

    Attributes
    ----------
    total_weight : float
        Sum of the weights of all rows; their number where they have none.
    covariance_type : str
        Structure of the covariances.
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
        measure: Callable[[Parameters], tuple[float, float] | None] | None = None,
        of_classes: bool = False,
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
        self._parameters, self._has_prior, self._measure = parameters, has_prior, measure
        self._known_sums: tuple[float, float] | None = None
        self._structure, self._of_classes = covariance_type, of_classes

    @property
    def _sums(self):
        """Log-likelihood and certainty of the rows; None if they are not known."""
        if self._measure is not None:
            self._set_sums(self._measure(self._parameters))
        return self._known_sums

    def _set_sums(self, sums):
        self._known_sums, self._measure = sums, None

    def __getstate__(self) -> dict[str, Any]:
        self._sums  # noqa: B018  (a copy holds no rows)
        return vars(self).copy()

    @property
    def means(self) -> Float64Array:
        """Means of the components.

        Returns
        -------
        means : ndarray of shape (n_components, n_features), float64
            In units of X.
        """
        return self._parameters.means

    @property
    def df(self) -> int:
        """Free parameters of the mixture, as the criteria count them.

        Returns
        -------
        df : int
            Of weights, means and covariances; noise counts as two.
        """
        from .criteria import count_parameters
        from .structures import structure_of  # the report itself needs no kernel

        structure = structure_of(self.covariance_type)
        return count_parameters(structure, *self.means.shape, self.noise_size is not None)

    @property
    def log_likelihood(self) -> float | None:
        """Log-likelihood of the rows, without the term of a prior.

        Returns
        -------
        log_likelihood : float or None
            In nats. Of rows of more than a mebibyte, chunks and Dask collections it is that of the
            parameters before the last iteration: if the run converged, it is lower by less than
            ``tol * total_weight``. Of fewer rows the report holds a copy until it is first asked.
            None if it is not known: of chunks with a prior, without an iteration, or where a
            classifier has all classes in one mixture.
        """
        sums = self._sums
        if sums is not None:
            return sums[0]
        bound = self.runs[self.best].lower_bound
        is_known = bound is not None and not self._has_prior and not self._of_classes
        return float(bound * self.total_weight) if is_known else None

    @property
    def bic(self) -> float | None:
        """Bayesian information criterion of the rows, as the method `bic` of the mixture says.

        Returns
        -------
        bic : float or None
            Smaller is better; of `log_likelihood`.
        """
        return self._criterion("bic")

    @property
    def aic(self) -> float | None:
        """Akaike's information criterion of the rows, as the method `aic` of the mixture says.

        Returns
        -------
        aic : float or None
            Smaller is better; of `log_likelihood`.
        """
        return self._criterion("aic")

    @property
    def icl(self) -> float | None:
        """Integrated completed likelihood of the rows, as the method `icl` of the mixture says.

        Returns
        -------
        icl : float or None
            Smaller is better. None where `log_likelihood` is that of the last iteration;
            ``mixture.icl(X)`` computes it.
        """
        return None if self._sums is None else self._criterion("icl")

    def _criterion(self, name):
        from .criteria import criteria_of

        if self.log_likelihood is None:
            return None
        certainty = 0.0 if self._sums is None else self._sums[1]
        return criteria_of(self.log_likelihood, self.df, self.total_weight, certainty)[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values, which `json` writes.

        Returns
        -------
        values : dict of str to object
            Numbers, strings, lists and dicts; None for unknown and for infinite numbers.
        """
        names = ("covariance_type", "total_weight", "noise_size", "df", "log_likelihood", "bic")
        names += ("aic", "icl", "n_collapsed", "best", "seconds")
        return plain(
            {"n_components": len(self.means), "n_features": self.means.shape[1]}
            | {name: getattr(self, name) for name in names}
            | {"sizes": self.effective_sizes, "means": self.means}
            | {"near_duplicates": self.near_duplicates()}
            | {"runs": [run.to_values() for run in self.runs]}
        )

    def _to_file(self):
        """Return the values of a file; parameters are elsewhere in it."""
        return {
            "runs": [run.to_values() for run in self.runs],
            "best": int(self.best),
            "total_weight": float(self.total_weight),
            "sizes": self.effective_sizes.tolist(),
            "noise_size": None if self.noise_size is None else float(self.noise_size),
            "covariance_type": self.covariance_type,
            "seconds": {name: float(seconds) for name, seconds in self.seconds.items()},
            "has_prior": bool(self._has_prior),
            "of_classes": bool(self._of_classes),
            "sums": [float(number) for number in self._sums or ()],
        }

    @classmethod
    def _from_file(cls, values, parameters, structure):
        """Return the report of a file, about parameters of a structure.

        Raises
        ------
        ValueError
            If the values are not as `_to_file` makes them.
        """
        from .structures import covariance_types

        check_values(values, _LAYOUT)
        runs = [RunReport.from_values(run) for run in values["runs"]]
        best, sums = values["best"], values["sums"]
        sound = (
            0 <= best < len(runs)
            and values["covariance_type"] in covariance_types()
            and len(values["sizes"]) == len(parameters.weights)
            and (values["noise_size"] is None) == (parameters.noise_box is None)
            and len(sums) in (0, 2)
            and all(run.ended in _ENDED or run.lower_bound is None for run in runs)
        )
        if not sound:
            raise ValueError("report_ does not belong to the parameters of its mixture")
        report = cls(
            runs=runs,
            best=best,
            total_weight=values["total_weight"],
            parameters=parameters,
            covariance_type=values["covariance_type"],
            seconds=values["seconds"],
            has_prior=values["has_prior"],
            of_classes=values["of_classes"],
        )
        report._set_sums((sums[0], sums[1]) if sums else None)
        report.effective_sizes = np.array(values["sizes"])
        report.noise_size, report._structure = values["noise_size"], structure
        return report

    def _repr_html_(self):
        return text_html(repr(self))

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
        covariances = structure_of(self._structure).matrices(
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
        lines = [f"{count(n_components, 'component')}, {self.covariance_type!r} covariances"]
        if run.lower_bound is not None:
            lines.append(
                f"log-likelihood {run.lower_bound:.6g} nats a row"
                f"{' with the prior' if self._has_prior else ''} after "
                f"{count(run.n_iter, 'iteration')}, {_ENDED[run.ended]}"
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
        if self.log_likelihood is not None:
            lines.append(f"criteria       {self._criteria_text()}")
        lines.append(f"sizes          {listed_sizes(self.effective_sizes)}")
        if self.noise_size is not None:
            lines.append(f"noise          {self.noise_size:.4g}")
        lines.append(f"collapsed      {self._collapsed_text(run)}")
        pairs = self.near_duplicates()
        lines.append(f"duplicates     {', '.join(map(str, pairs)) if pairs else 'none'}")
        times = ", ".join(f"{name} {1e3 * time:.3g} ms" for name, time in self.seconds.items())
        lines.append(f"time           {times}")
        return "\n".join(lines)

    def _criteria_text(self):
        icl = "not computed" if self.icl is None else f"{self.icl:.2f}"
        return (
            f"log-likelihood {self.log_likelihood:.2f} nats, {self.df} parameters, "
            f"BIC {self.bic:.2f}, ICL {icl}"
        )

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
            f"The run that was kept did not converge in {count(run.n_iter, 'iteration')}: {gain}, "
            f"and more than tol={tol:g} may be to come; increase max_iter or tol, or pass "
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
            f"{n_collapsed} of {count(n_components, 'component')} collapsed: they have less than a "
            "row, or a covariance of no more than reg_covar or rounding in some direction. Ask for "
            "fewer components, a covariance_type of fewer parameters or a larger reg_covar. A "
            "GaussianMixture can also drop them (on_collapse='drop') or restart them, and says "
            "which they are (report_.runs[report_.best].collapsed)."
        )
