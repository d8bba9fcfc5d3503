"""Silhouettes: how clearly each row belongs to its cluster of k-means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import ArrayLike, FloatArray, Rows, Self
from .._kmeans.kmeans import KMeans
from ._canvas import axes_or_new, color_of
from ._estimators import check_kind, check_weights
from ._rows import MAX_ROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["SilhouetteDisplay"]

MAX_TICKS = 20
"""Largest number of clusters with numbers that fit beside a figure of the default height."""


class SilhouetteDisplay:
    """The simplified silhouette of every row, sorted within its cluster.

    Parameters
    ----------
    silhouette : ndarray of shape (n_samples,)
        One minus the ratio of distances to the nearest and to the second nearest centre, between
        0 and 1.
    labels : ndarray of shape (n_samples,), int
        Cluster of each row.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; None is 1 for all rows. Rows of weight 0 are left out.

    Attributes
    ----------
    bands_ : dict of int to matplotlib.collections.PolyCollection
        The band of each cluster; its height is the number of rows, or their
        weight.
    mean_line_ : matplotlib.lines.Line2D
        The dashed line at the weighted mean of all rows.
    ax_ : matplotlib.axes.Axes
        The axes that hold the bands.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import KMeans
    >>> from mixclust.plot import SilhouetteDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0], [6]], 30, axis=0)
    >>> kmeans = KMeans(2, random_state=0).fit(X)
    >>> display = SilhouetteDisplay.from_estimator(kmeans, X, ax=Figure().subplots())
    >>> sorted(display.bands_)
    [0, 1]
    """

    bands_: dict[int, PolyCollection]
    mean_line_: Line2D
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        silhouette: FloatArray,
        labels: NDArray[np.integer[Any]],
        *,
        sample_weight: FloatArray | None = None,
    ) -> None:
        self.silhouette = silhouette
        self.labels = labels
        self.sample_weight = sample_weight

    @classmethod
    def from_estimator(
        cls,
        estimator: KMeans,
        X: Rows,
        *,
        sample_weight: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Compute the silhouettes of rows, and draw them.

        Parameters
        ----------
        estimator : KMeans
            A fitted estimator of at least two clusters.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, in the heights of the bands and the mean. Rows of weight 0 are left
            out.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : SilhouetteDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no centres or only one, or X does not fit it.
        """
        remedy = "; silhouettes compare distances to centres: pass a KMeans."
        check_kind(estimator, KMeans, remedy)
        silhouette, labels = estimator.silhouette_samples(X), estimator.predict(X)
        weights = check_weights(sample_weight, labels)
        return cls(silhouette, labels, sample_weight=weights).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the bands.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : SilhouetteDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        weights = np.ones(len(self.labels)) if self.sample_weight is None else self.sample_weight
        total = weights.sum()
        self.bands_, middles = {}, {}
        gap = max(total / len(weights), total / 50)
        bottom = 0.0
        for k in np.unique(self.labels[weights > 0]).tolist():
            rows = np.flatnonzero((self.labels == k) & (weights > 0))
            rows = rows[np.argsort(self.silhouette[rows], kind="stable")]
            widths, heights = self.silhouette[rows], np.cumsum(weights[rows])
            edges = bottom + np.append(0.0, heights)
            self.bands_[k] = ax.fill_betweenx(
                edges,
                np.append(widths, widths[-1]),
                step="post",
                color=color_of(k),
                linewidth=0,
                rasterized=len(self.labels) > MAX_ROWS,  # a step for each row makes a large SVG
            )
            middles[k] = bottom + heights[-1] / 2
            bottom += heights[-1] + gap
        mean = float(np.average(self.silhouette, weights=weights))
        self.mean_line_ = ax.axvline(mean, color="black", linestyle="--", label=f"mean {mean:.2f}")
        self.ax_, self.figure_ = ax, ax.figure
        ticks = _thin(middles, bottom / MAX_TICKS)
        ax.set_yticks(list(ticks.values()), list(map(str, ticks)))
        ax.set(xlim=(0, 1), ylim=(-gap, bottom), xlabel="simplified silhouette", ylabel="cluster")
        ax.legend(loc="lower right")  # sorted bands leave this corner free
        return self


def _thin(middles, spacing):
    """Leave out each middle of a band that is too close to the last one that was kept."""
    kept, last = {}, -np.inf
    for k, middle in middles.items():
        if middle - last >= spacing:
            kept[k] = last = middle
    return kept
