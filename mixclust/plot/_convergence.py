"""The log-likelihood of a mixture during its fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import Self
from .._inputs.wording import count
from .._mixture.fitted import FittedMixture
from ._canvas import axes_or_new, color_of, count_along_x
from ._estimators import check_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["ConvergenceDisplay"]

MIN_HEIGHT_IN_NATS = 0.01
"""Least height of the axis, in nats a row, so that a run that hardly rises is drawn level."""
MAX_RISES = 4.0
"""Largest distance of a short run below the curve, in heights of the curve. Short runs farther
below are not drawn."""


class ConvergenceDisplay:
    """The mean log-likelihood of a row at each iteration of EM.

    Parameters
    ----------
    lower_bounds : array-like of shape (n_iter,)
        Mean log-likelihood, in nats.
    converged : bool
        Whether the run converged.
    short_runs : array-like of shape (n_short_runs,), default=()
        Mean log-likelihood that each short run reached, in nats; the run went on from the best
        of them.
    other_runs : array-like of shape (n_runs, 2), default=()
        Number of iterations and mean log-likelihood, in nats, at the end of runs that were not
        kept.

    Attributes
    ----------
    line_ : matplotlib.lines.Line2D
        The curve that was drawn.
    short_runs_ : matplotlib.collections.PathCollection or None
        Crosses for the short runs, at iteration 0. Short runs that ended far below the curve are
        left out, and the legend gives their number.
    other_runs_ : matplotlib.collections.PathCollection or None
        Circles at the ends of the runs that were not kept.
    ax_ : matplotlib.axes.Axes
        The axes that hold the curve.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import ConvergenceDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0], [3]], 30, axis=0)
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> display = ConvergenceDisplay.from_estimator(mixture, ax=Figure().subplots())
    >>> len(display.line_.get_xdata()) == mixture.n_iter_
    True
    """

    line_: Line2D
    short_runs_: PathCollection | None
    other_runs_: PathCollection | None
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        lower_bounds: Sequence[float],
        converged: bool,
        *,
        short_runs: Sequence[float] = (),
        other_runs: Sequence[tuple[int, float]] = (),
    ) -> None:
        self.lower_bounds = lower_bounds
        self.converged = converged
        self.short_runs = short_runs
        self.other_runs = other_runs

    @classmethod
    def from_estimator(cls, estimator: FittedMixture, *, ax: Axes | None = None) -> Self:
        """Draw the run of a fitted mixture, and the ends of its other runs.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture. If it comes from scikit-learn it has no `report_`, and its run is
            drawn alone.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure. Several runs may share axes.

        Returns
        -------
        display : ConvergenceDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is not a mixture, or was made without a fit.
        """
        remedy = ", which keeps no lower bounds; pass a GaussianMixture."
        check_kind(estimator, FittedMixture, remedy)
        estimator._check_is_fitted()
        if not hasattr(estimator, "lower_bounds_"):
            raise ValueError(
                f"this {type(estimator).__name__} has no lower_bounds_: it was not fitted, but "
                "made from another estimator; pass one that fit was called on."
            )
        report = getattr(estimator, "report_", None)
        runs = [] if report is None else list(report.runs)
        short_runs = runs.pop(report.best).scores if runs else ()
        return cls(
            estimator.lower_bounds_,
            estimator.converged_,
            short_runs=short_runs,
            other_runs=[(run.n_iter, run.lower_bound) for run in runs if run.n_iter],
        ).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the curve, and markers for the other runs.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure. Several runs may share axes.

        Returns
        -------
        self : ConvergenceDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        n_iter, end = len(self.lower_bounds), "converged" if self.converged else "not converged"
        color = color_of(len(ax.lines))
        [self.line_] = ax.plot(
            np.arange(1, n_iter + 1),
            self.lower_bounds,
            marker=".",
            color=color,
            label=f"{end}, {count(n_iter, 'iteration')}",
        )
        self.short_runs_ = self._draw_short_runs(ax, color)
        self.other_runs_ = None
        if len(self.other_runs):
            self.other_runs_ = ax.scatter(
                *np.transpose(self.other_runs),
                facecolors="none",
                edgecolors=color,
                label="ends of the other runs",
            )
        if n_iter:
            half = MIN_HEIGHT_IN_NATS / 2
            last = self.lower_bounds[-1]
            ax.update_datalim([(n_iter, last - half), (n_iter, last + half)])
            ax.autoscale_view()
        self.ax_, self.figure_ = ax, ax.figure
        ax.set(xlabel="iteration", ylabel="mean log-likelihood of a row (nats)")
        count_along_x(ax, range(1, n_iter + 1))
        ax.legend(loc="lower right")
        return self

    def _draw_short_runs(self, ax, color):
        """Draw crosses at iteration 0, except for short runs that would flatten the curve."""
        short_runs = np.asarray(self.short_runs, float)
        if not len(short_runs):
            return None
        bounds = np.append(self.lower_bounds, short_runs.max())
        rise = np.ptp(bounds)
        shown = short_runs
        if rise >= MIN_HEIGHT_IN_NATS:
            shown = short_runs[short_runs >= bounds.min() - MAX_RISES * rise]
        n_below = len(short_runs) - len(shown)
        return ax.scatter(
            np.zeros(len(shown)),
            shown,
            marker="x",
            color=color,
            label="short runs" + (f" ({n_below} more below)" if n_below else ""),
        )
