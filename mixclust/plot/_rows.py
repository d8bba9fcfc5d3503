"""Rows as points: coloured by component, and the larger the less sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import ArrayLike, FloatArray, Int, Rows, Self
from .._inputs.parameters import check_integer
from .._mixture.fitted import FittedMixture
from ._canvas import add_note, axes_or_new, color_of, columns_of, feature_pair, marker_of, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure

__all__ = ["UncertaintyDisplay", "draw_rows"]

AREA = 12.0
"""Area of the marker of a sure row, in square points."""
GROWTH = 240.0
"""What its area gains from uncertainty 0 to 1."""
MAX_FULL_SIZE = 2_000
"""Rows up to which markers have their full area; of more rows they share the area of so many."""
MAX_ROWS = 20_000
"""Rows that are drawn at most, unless the caller asks for more."""
MIN_ROWS = 20
"""Rows of each label that are drawn at least, if it has so many."""


def draw_rows(
    X: ArrayLike,
    labels: ArrayLike,
    uncertainty: ArrayLike | None = None,
    *,
    max_rows: Int = MAX_ROWS,
    ax: Axes | None = None,
) -> dict[int, PathCollection]:
    """Draw rows of two features as points, one colour (and marker) a label.

    Labels of few rows are drawn over those of many. Beyond 2,000 rows the markers shrink, and PDF
    and SVG files hold them as an image.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
        Rows.
    labels : array-like of shape (n_samples,), int
        Cluster or component of each row, counted from 0.
    uncertainty : array-like of shape (n_samples,), default=None
        Between 0 and 1: the area of a marker grows linearly with it. None draws all points small.
    max_rows : int, default=20_000
        Of more rows than these, the same share of each label's is drawn, chosen at random with a
        fixed seed, and at least 20; a note in the picture says how many.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    points : dict of int to matplotlib.collections.PathCollection
        What was drawn, by label.

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
        rows = chosen[k][np.argsort(uncertainty[chosen[k]], kind="stable")]  # the large in front
        points[k] = ax.scatter(
            *X[rows].T,
            s=scale * _area(uncertainty[rows]),
            color=color_of(k),
            marker=marker_of(k),
            edgecolors="white",
            linewidths=0.4 * (scale == 1),
            alpha=0.8 if scale == 1 else 0.5,
            rasterized=scale < 1,  # as shapes they would fill tens of megabytes of an SVG
        )
    if n_drawn < len(X):
        add_note(ax, f"{n_drawn:,} of {len(X):,} rows drawn, chosen at random")
    return {k: points[k] for k in chosen}


def _choose_rows(labels, max_rows):
    """Indices of the rows to draw, by label in ascending order."""
    share = max_rows / max(len(labels), 1)
    generator = np.random.default_rng(0)
    chosen = {}
    for k in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == k)
        n_drawn = min(len(rows), max(MIN_ROWS, round(share * len(rows))))
        chosen[k] = rows if share >= 1 else generator.choice(rows, n_drawn, replace=False)
    return chosen


def _scale(n_rows):
    """Factor of the areas of markers: many rows would cover each other at full size."""
    return min(1.0, MAX_FULL_SIZE / max(n_rows, 1))


def _area(uncertainty):
    """Area of a marker, in square points."""
    return AREA + GROWTH * np.asarray(uncertainty)


class UncertaintyDisplay:
    """Rows in the plane of two features, each marker the larger the less sure its component is.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 2)
        Two features of each row.
    labels : ndarray of shape (n_samples,), int
        Likeliest component of each row.
    uncertainty : ndarray of shape (n_samples,)
        One minus the largest responsibility.
    feature_names : pair of str, default=None
        What the axes are called.
    max_rows : int, default=20_000
        How many rows to draw at most, as `draw_rows` has it.

    Attributes
    ----------
    points_ : dict of int to matplotlib.collections.PathCollection
        The markers that were drawn, by component.
    ax_ : matplotlib.axes.Axes
        Where they were drawn.
    figure_ : matplotlib.figure.Figure
        The figure of those axes.

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
        """Ask a mixture how sure it is of rows, and draw them.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture.
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        features : pair of int or str, default=(0, 1)
            Which two features to draw, by index or by name. All of them decide the labels.
        max_rows : int, default=20_000
            How many rows to draw at most, as `draw_rows` has it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : UncertaintyDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no responsibilities, or `features` or X do not fit it.
        """
        if not isinstance(estimator, FittedMixture):
            raise TypeError(
                f"estimator is a {type(estimator).__name__}, which knows no uncertainty; "
                "pass a GaussianMixture."
            )
        labels, uncertainty = estimator.predict(X, return_uncertainty=True)
        indices, names = feature_pair(estimator, features)
        rows = columns_of(X, estimator, indices)
        return cls(rows, labels, uncertainty, feature_names=names, max_rows=max_rows).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the rows, and a legend of what the sizes of markers mean.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        self : UncertaintyDisplay
            With what was drawn in its attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        self.points_ = draw_rows(
            self.rows, self.labels, self.uncertainty, max_rows=self.max_rows, ax=ax
        )
        self.ax_, self.figure_ = ax, ax.figure
        name_axes(ax, self.feature_names)
        shown = (0.0, 0.25, 0.5)
        scale = _scale(sum(len(points.get_offsets()) for points in self.points_.values()))
        sizes = [ax.scatter([], [], s=scale * _area(value), color="#555555") for value in shown]
        names = [f"{value:g}" for value in shown]
        ax.legend(sizes, names, title="uncertainty", loc=_emptier_corner(self.points_))
        return self


def _emptier_corner(points):
    """Upper corner with fewer rows: notes are below, and "best" is slow for many rows."""
    rows = np.vstack([of_label.get_offsets() for of_label in points.values()])
    low, high = rows.min(axis=0), rows.max(axis=0)
    x, y = ((rows - low) / np.where(high > low, high - low, 1)).T
    n_left, n_right = np.sum((y > 0.6) & (x < 0.3)), np.sum((y > 0.6) & (x > 0.7))
    return "upper left" if n_left < n_right else "upper right"
