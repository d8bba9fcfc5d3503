"""How the likelihood of a mixture rose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._mixture_answers import FittedMixture
from .._typing import Self
from ._canvas import axes_or_new, color_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["ConvergenceDisplay"]


class ConvergenceDisplay:
    """The mean log-likelihood of a row at each iteration of EM.

    Parameters
    ----------
    lower_bounds : array-like of shape (n_iter,)
        Mean log-likelihood, in nats.
    converged : bool
        Whether the run converged.

    Attributes
    ----------
    line_ : matplotlib.lines.Line2D
        The curve that was drawn.
    ax_ : matplotlib.axes.Axes
        Where it was drawn.
    figure_ : matplotlib.figure.Figure
        The figure of those axes.

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
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(self, lower_bounds: Sequence[float], converged: bool) -> None:
        self.lower_bounds = lower_bounds
        self.converged = converged

    @classmethod
    def from_estimator(cls, estimator: FittedMixture, *, ax: Axes | None = None) -> Self:
        """Draw the run that a fitted mixture came from.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Several runs may share axes.

        Returns
        -------
        display : ConvergenceDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator keeps no such history, or was made without a fit.
        """
        if not isinstance(estimator, FittedMixture):
            raise TypeError(
                f"estimator is a {type(estimator).__name__}, which keeps no lower bounds; "
                "pass a GaussianMixture."
            )
        estimator._check_is_fitted()
        if not hasattr(estimator, "lower_bounds_"):
            raise ValueError(
                f"this {type(estimator).__name__} has no lower_bounds_: it was not fitted, but "
                "made from another estimator; pass one that fit was called on."
            )
        return cls(estimator.lower_bounds_, estimator.converged_).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Several runs may share axes.

        Returns
        -------
        self : ConvergenceDisplay
            With what was drawn in its attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        n_iter = len(self.lower_bounds)
        [self.line_] = ax.plot(
            np.arange(1, n_iter + 1),
            self.lower_bounds,
            marker=".",
            color=color_of(len(ax.lines)),
            label=f"{'converged' if self.converged else 'not converged'}, {n_iter} iterations",
        )
        self.ax_, self.figure_ = ax, ax.figure
        ax.set(xlabel="iteration", ylabel="mean log-likelihood of a row (nats)")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend(loc="lower right")
        return self
