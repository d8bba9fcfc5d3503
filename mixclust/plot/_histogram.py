"""One feature: the histogram of rows, and the density of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, FloatArray, Int, Rows, Self
from .._inputs.features import feature_index
from .._inputs.parameters import check_integer
from .._mixture.fitted import FittedMixture
from .._mixture.structures import structure_of
from ._canvas import add_note, axes_or_new, color_of
from ._estimators import check_kind, check_weights, columns_of, names_of
from ._view import central_range, note_far_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

__all__ = ["HistogramDisplay", "curve_places"]

MAX_BINNED_ROWS = 20_000
"""Largest number of rows that determine the number of bins."""
MIN_BINS, MAX_BINS = 5, 80
MAX_EDGED_BINS = 40
"""Largest number of bars with white edges; the ones of more bars would be wide beside the bars."""
MAX_HEIGHT_IN_BARS = 1.5
"""Largest height of the axis, in heights of the highest bar."""
HEADROOM = 1.15
"""Height of the axis with room for the legend, in heights without it."""
N_EVEN_PLACES = 500
"""Number of evenly spaced places at which curves are computed."""
REACH_IN_SD = 4.0
"""Distance from a mean to which curves are computed, in standard deviations of the component."""


class HistogramDisplay:
    """One feature: the histogram of rows, each component times its weight, and their sum.

    Parameters
    ----------
    weights : array-like of shape (n_components,)
        Weights of the components.
    means : array-like of shape (n_components,)
        Their means of the feature.
    variances : array-like of shape (n_components,)
        Their variances of the feature.
    rows : ndarray of shape (n_samples,), default=None
        The feature of each row; None draws no histogram.
    feature_name : str, default=None
        Label of the axis.
    bins : int, default=None
        Number of bars. None is the square root of the number of rows, between 5 and 80.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; None is 1 for all rows. Rows of weight 0 are left out.

    Attributes
    ----------
    bars_ : matplotlib.container.BarContainer or None
        The histogram of the rows in view; its area is their share of the weight.
    lines_ : list of matplotlib.lines.Line2D
        The density of each component, times its weight.
    total_ : matplotlib.lines.Line2D
        The sum of the densities.
    numbers_ : list of matplotlib.text.Annotation
        The number of each component, at the top of its curve.
    ax_ : matplotlib.axes.Axes
        The axes that hold the curves.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    DensityDisplay : The density in the plane of two features.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import HistogramDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0], [6]], 30, axis=0)
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> display = HistogramDisplay.from_estimator(mixture, X, feature=1, ax=Figure().subplots())
    >>> len(display.lines_)
    2
    """

    bars_: BarContainer | None
    lines_: list[Line2D]
    total_: Line2D
    numbers_: list[Annotation]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        variances: ArrayLike,
        *,
        rows: FloatArray | None = None,
        feature_name: str | None = None,
        bins: Int | None = None,
        sample_weight: FloatArray | None = None,
    ) -> None:
        self.weights: Float64Array = np.asarray(weights, dtype=np.float64)
        self.means: Float64Array = np.asarray(means, dtype=np.float64)
        self.variances: Float64Array = np.asarray(variances, dtype=np.float64)
        self.rows = rows
        self.feature_name = feature_name
        self.bins = bins
        self.sample_weight = sample_weight

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture,
        X: Rows | None = None,
        *,
        feature: int | str = 0,
        bins: Int | None = None,
        sample_weight: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw one feature of a mixture.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture. Its other features are integrated out. Noise is not drawn, so that
            the curves of a mixture with noise have an area of less than 1.
        X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
            Rows of the histogram.
        feature : int or str, default=0
            The feature, by index or by name.
        bins : int, default=None
            Number of bars. None is the square root of the number of rows, between 5 and 80.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the bars, as in the fit. Rows of weight 0 are left out.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : HistogramDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is not a fitted mixture, or another argument does not fit it.
        """
        check_kind(estimator, FittedMixture, ", which has no density; pass a GaussianMixture.")
        estimator._check_is_fitted()
        check_integer("bins", bins, 1, optional=True)
        j = feature_index(estimator, feature, "feature")
        structure = structure_of(estimator.covariance_type)
        variances = structure.variances(estimator.covariances_)
        rows = None if X is None else columns_of(X, estimator, [j])[:, 0]
        display = cls(
            estimator.weights_,
            estimator.means_[:, j],
            np.broadcast_to(variances, estimator.means_.shape)[:, j],
            rows=rows,
            feature_name=names_of(estimator)[j],
            bins=bins,
            sample_weight=check_weights(sample_weight, rows),
        )
        return display.plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the histogram, if there are rows, and the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : HistogramDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        from ._numbers import draw_numbers

        tops = self._draw_curves(ax)
        ax.set_ylim(top=HEADROOM * ax.get_ylim()[1])
        ax.legend(loc="upper right")
        self.numbers_ = draw_numbers(tops, ax)
        return self

    def _draw_curves(self, ax, max_bins=MAX_BINS):
        """Draw the bars and curves without legend and numbers; return the top of each curve."""
        self.ax_, self.figure_, self.numbers_ = ax, ax.figure, []
        self.bars_, limits = None, None
        if self.rows is not None:
            self.bars_, limits = self._draw_bars(ax, max_bins)
            limits = limits if limits[0] < limits[1] else None
        deviations = np.sqrt(self.variances)
        x = curve_places(self.means, deviations, limits)
        off = (x - self.means[:, np.newaxis]) / deviations[:, np.newaxis]
        heights = self.weights / deviations / np.sqrt(2 * np.pi)
        curves = heights[:, np.newaxis] * np.exp(-(off**2) / 2)
        [self.total_] = ax.plot(x, curves.sum(axis=0), color="black", linewidth=1, label="mixture")
        self.lines_ = [ax.plot(x, curve, color=color_of(k))[0] for k, curve in enumerate(curves)]
        ax.set_ylim(bottom=0)
        tops = curves.max(axis=1)
        if self.bars_ is not None:
            top = MAX_HEIGHT_IN_BARS * max(bar.get_height() for bar in self.bars_)
            if ax.get_ylim()[1] > top:  # a narrow component would make the others look flat
                ax.set_ylim(0, top)
                add_note(ax, "curves reach beyond the axes")
            tops = np.minimum(tops, 0.95 * ax.get_ylim()[1])
        ax.set(ylabel="density")
        if self.feature_name is not None:
            ax.set(xlabel=self.feature_name)
        return np.column_stack([x[curves.argmax(axis=1)], tops])

    def _draw_bars(self, ax, max_bins):
        """Draw the bars of the rows that are not far; return them and their range."""
        rows, weights = np.asarray(self.rows, dtype=np.float64)[:, np.newaxis], self.sample_weight
        if weights is None:
            weights = np.ones(len(rows))
        rows, weights = rows[weights > 0], weights[weights > 0]
        low, high = central_range(rows, self.means[:, np.newaxis])
        note_far_rows(ax, rows, low, high)
        is_near = ((rows >= low) & (rows <= high))[:, 0]
        near = rows[is_near, 0]
        n_bins = min(_count_bins(near), max_bins) if self.bins is None else int(self.bins)
        sums, edges = np.histogram(near, bins=n_bins, weights=weights[is_near])
        heights = sums / weights.sum() / np.diff(edges)
        edgecolor = "white" if n_bins <= MAX_EDGED_BINS else "none"
        style = {"color": "#DDDDDD", "edgecolor": edgecolor, "align": "edge"}
        bars = ax.bar(edges[:-1], heights, width=np.diff(edges), **style)
        return bars, np.array([low[0], high[0]])


def curve_places(means, deviations, limits=None, n_even=N_EVEN_PLACES, n_near=81):
    """Give the values at which curves are computed: evenly spaced, and closer near each mean.

    Parameters
    ----------
    means, deviations : ndarray of shape (n_components,)
        Of the components.
    limits : ndarray of shape (2,), default=None
        The range of the places; None is the range of the components.
    n_even, n_near : int
        Number of places over the range, and around each mean.

    Returns
    -------
    places : ndarray
        In ascending order.
    """
    means, deviations = means[:, np.newaxis], deviations[:, np.newaxis]
    near = means + deviations * np.linspace(-REACH_IN_SD, REACH_IN_SD, n_near)
    first, last = (near.min(), near.max()) if limits is None else limits
    near = np.clip(near, first, last).ravel()
    return np.unique(np.concatenate([np.linspace(first, last, n_even), near]))


def _count_bins(values):
    """Give the number of bins by the square root rule, within limits."""
    n_bins = len(np.histogram_bin_edges(values[:MAX_BINNED_ROWS], "sqrt")) - 1
    return int(np.clip(n_bins, MIN_BINS, MAX_BINS))
