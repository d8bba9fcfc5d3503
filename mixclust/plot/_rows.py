"""Rows as points: the colour shows the component, the size the uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import ArrayLike, FloatArray, Int, Rows, Self
from .._inputs.parameters import check_integer
from .._mixture.fitted import FittedMixture
from ._canvas import add_note, axes_or_new, color_of, marker_of, name_axes
from ._estimators import check_kind, columns_of, feature_pair

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure

__all__ = ["UncertaintyDisplay", "draw_rows"]

AREA_IN_SQUARE_POINTS = 12.0
"""Area of the marker of a row with uncertainty 0."""
GROWTH_IN_SQUARE_POINTS = 240.0
"""Difference of the areas of markers with uncertainty 1 and 0."""
MAX_FULL_SIZE_ROWS = 2_000
"""Largest number of rows with markers of full area; the markers of more rows have the same area in
total as of so many."""
MAX_ROWS = 20_000
"""Default of the largest number of rows that are drawn."""
_STYLE_OF_NOISE = {"color": "#888888", "marker": "x", "linewidths": 0.8}
MIN_ROWS = 20
"""Least number of rows of each label that are drawn, unless the label has fewer."""


def draw_rows(
    X: ArrayLike,
    labels: ArrayLike,
    uncertainty: ArrayLike | None = None,
    *,
    max_rows: Int = MAX_ROWS,
    ax: Axes | None = None,
) -> dict[int, PathCollection]:
    """Draw rows of two features as points, with a colour and a marker for each label.

    Labels of few rows are drawn over labels of many rows. Beyond 2,000 rows the markers shrink, and
    PDF and SVG files hold them as an image.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
        Rows.
    labels : array-like of shape (n_samples,), int
        Cluster or component of each row, counted from 0; rows of -1, noise, are grey crosses.
    uncertainty : array-like of shape (n_samples,), default=None
        Between 0 and 1; the area of a marker grows linearly with it. None is 0 for all rows.
    max_rows : int, default=20_000
        Largest number of rows to draw. Of more rows, the same share of each label, and at least 20
        rows of it, is drawn at random with a fixed seed; a note in the picture gives the numbers.
    ax : matplotlib.axes.Axes, default=None
        Axes to draw on; None makes a figure.

    Returns
    -------
    points : dict of int to matplotlib.collections.PathCollection
        The markers that were drawn, by label.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError, ValueError
        If the shapes do not fit, or `max_rows` is no positive integer.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from mixclust.plot import draw_rows
    >>> points = draw_rows([[0, 1], [2, 3], [2, 4]], [0, 1, 1], ax=Figure().subplots())
    >>> len(points[1].get_offsets())
    2
    """
    X, labels = np.asarray(X), np.asarray(labels)
    uncertainty = np.zeros(len(X)) if uncertainty is None else np.asarray(uncertainty)
    if X.ndim != 2 or X.shape[1] != 2 or not len(X) == len(labels) == len(uncertainty):
        raise ValueError(
            f"X has shape {X.shape}, labels {labels.shape} and uncertainty {uncertainty.shape}; "
            "pass (n_samples, 2) and one label and one uncertainty a row."
        )
    check_integer("max_rows", max_rows, 1)
    ax = axes_or_new(ax)
    chosen = _choose_rows(labels, max_rows)
    n_drawn = sum(map(len, chosen.values()))
    scale = _scale(n_drawn)
    points = {}
    for k in sorted(chosen, key=lambda k: -len(chosen[k])):
        rows = chosen[k][np.argsort(uncertainty[chosen[k]], kind="stable")]  # large ones last
        points[k] = ax.scatter(
            *X[rows].T,
            s=scale * _area(uncertainty[rows]),
            **(_STYLE_OF_NOISE if k < 0 else _style_of(k, scale)),
            alpha=0.8 if scale == 1 else 0.5,
            rasterized=scale < 1,  # as shapes they would take tens of megabytes in an SVG
        )
    if n_drawn < len(X):
        add_note(ax, f"{n_drawn:,} of {len(X):,} rows drawn, chosen at random")
    return {k: points[k] for k in chosen}


def draw_plain_rows(X, max_rows, ax):
    """Draw rows of two features as small dark dots, above a picture of their density.

    Parameters
    ----------
    X : ndarray of shape (n_samples, 2)
        Rows.
    max_rows : int
        Largest number of rows to draw, chosen at random with a fixed seed; a note says so.
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    points : matplotlib.collections.PathCollection
        The dots.
    """
    [rows] = _choose_rows(np.zeros(len(X), int), max_rows).values()
    scale = _scale(len(rows))
    if len(rows) < len(X):
        add_note(ax, f"{len(rows):,} of {len(X):,} rows drawn, chosen at random")
    return ax.scatter(
        *X[rows].T,
        s=scale * AREA_IN_SQUARE_POINTS / 2,
        color="#222222",
        linewidths=0,
        alpha=0.6 if scale == 1 else 0.4,
        rasterized=scale < 1,
        zorder=2.5,
    )


def _style_of(k, scale):
    """Colour, marker and outline of the rows of a component."""
    return {
        "color": color_of(k),
        "marker": marker_of(k),
        "edgecolors": "white",
        "linewidths": 0.4 * (scale == 1),
    }


def _choose_rows(labels, max_rows):
    """Choose the rows to draw: their indices, by label in ascending order."""
    share = max_rows / max(len(labels), 1)
    generator = np.random.default_rng(0)
    chosen = {}
    for k in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == k)
        n_drawn = min(len(rows), max(MIN_ROWS, round(share * len(rows))))
        chosen[k] = rows if share >= 1 else generator.choice(rows, n_drawn, replace=False)
    return chosen


def _scale(n_rows):
    """Give the factor of the areas of markers; many rows would cover each other at full size."""
    return min(1.0, MAX_FULL_SIZE_ROWS / max(n_rows, 1))


def _area(uncertainty):
    """Compute the area of a marker, in square points."""
    return AREA_IN_SQUARE_POINTS + GROWTH_IN_SQUARE_POINTS * np.asarray(uncertainty)


class UncertaintyDisplay:
    """Rows in the plane of two features; the size of a marker shows the uncertainty of the row.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 2)
        Two features of each row.
    labels : ndarray of shape (n_samples,), int
        Likeliest component of each row.
    uncertainty : ndarray of shape (n_samples,)
        One minus the largest responsibility.
    feature_names : pair of str, default=None
        Labels of the axes.
    max_rows : int, default=20_000
        Largest number of rows to draw, as in `draw_rows`.

    Attributes
    ----------
    points_ : dict of int to matplotlib.collections.PathCollection
        The markers that were drawn, by component.
    ax_ : matplotlib.axes.Axes
        The axes that hold the markers.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    ComponentsDisplay : The components themselves, to be drawn on the same axes.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import UncertaintyDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0], [3]], 30, axis=0)
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> display = UncertaintyDisplay.from_estimator(mixture, X, ax=Figure().subplots())
    >>> sorted(display.points_)
    [0, 1]
    """

    points_: dict[int, PathCollection]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        rows: FloatArray,
        labels: NDArray[np.integer[Any]],
        uncertainty: FloatArray,
        *,
        feature_names: Sequence[str] | None = None,
        max_rows: Int = MAX_ROWS,
    ) -> None:
        self.rows = rows
        self.labels = labels
        self.uncertainty = uncertainty
        self.feature_names = feature_names
        self.max_rows = max_rows

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture,
        X: Rows,
        *,
        features: Sequence[int | str] = (0, 1),
        max_rows: Int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Compute the uncertainty of rows under a mixture, and draw the rows.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture.
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        features : pair of int or str, default=(0, 1)
            Two features to draw, by index or by name. The labels depend on all features.
        max_rows : int, default=20_000
            Largest number of rows to draw, as in `draw_rows`.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : UncertaintyDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no responsibilities, or `features` or X do not fit it.
        """
        remedy = ", which knows no uncertainty; pass a GaussianMixture."
        check_kind(estimator, FittedMixture, remedy)
        labels, uncertainty = estimator.predict(X, return_uncertainty=True)
        indices, names = feature_pair(estimator, features)
        rows = columns_of(X, estimator, indices)
        return cls(rows, labels, uncertainty, feature_names=names, max_rows=max_rows).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the rows, and a legend of the sizes of markers.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : UncertaintyDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        from ._legend import place_legend

        self.points_ = draw_rows(
            self.rows, self.labels, self.uncertainty, max_rows=self.max_rows, ax=ax
        )
        self.ax_, self.figure_ = ax, ax.figure
        name_axes(ax, self.feature_names)
        shown = (0.0, 0.25, 0.5)
        drawn = np.vstack([points.get_offsets() for points in self.points_.values()])
        scale = _scale(len(drawn))
        sizes = [ax.scatter([], [], s=scale * _area(value), color="#555555") for value in shown]
        names = [f"{value:g}" for value in shown]
        place_legend(ax.legend(sizes, names, title="uncertainty"), drawn)
        return self
