"""The reports of a start and of a run of EM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import Float64Array

__all__ = ["RUN_LAYOUT", "RunReport", "StartReport"]

RUN_LAYOUT = {
    "scores": [float],
    "lower_bound": (float, type(None)),
    "n_iter": int,
    "ended": (str, type(None)),
    "last_gains": [float],
    "gain_to_come": float,
    "n_handled": int,
    "collapsed": [bool],
    "optima": [float],
    "origin": str,
}
"""Types of the values of a run in a file."""


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

    def to_values(self):
        """Return the attributes as values of a file, which JSON holds.

        Returns
        -------
        values : dict of str to object
            As `RUN_LAYOUT` describes them.
        """
        arrays = ("scores", "last_gains", "collapsed", "optima")
        lists = {name: np.asarray(getattr(self, name)).tolist() for name in arrays}
        bound, gain = self.lower_bound, float(self.gain_to_come)
        values = {"lower_bound": None if bound is None else float(bound), "gain_to_come": gain}
        counts = {name: int(getattr(self, name)) for name in ("n_iter", "n_handled")}
        return self._asdict() | lists | values | counts

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> RunReport:
        """Return the report of values that `to_values` made.

        Parameters
        ----------
        values : dict
            As `RUN_LAYOUT` describes them.

        Returns
        -------
        report : RunReport
            The same as the one that made the values.
        """
        arrays = {
            "last_gains": np.array(values["last_gains"], dtype=np.float64),
            "collapsed": np.array(values["collapsed"], dtype=bool),
        }
        return cls(**values | arrays)
