"""Silhouettes: how clearly each row belongs to its cluster of k-means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import FloatArray, Rows, Self
from .._kmeans.kmeans import KMeans
from ._canvas import axes_or_new, color_of
from ._estimators import check_kind
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

    Attributes
    ----------
    bands_ : dict of int to matplotlib.collections.PolyCollection
        The band of each cluster; its height is the number of rows.
    mean_line_ : matplotlib.lines.Line2D
        The dashed line at the mean of all rows.
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

    def __init__(self, silhouette: FloatArray, labels: NDArray[np.integer[Any]]) -> None:
        self.silhouette = silhouette
        self.labels = labels

    @classmethod
    def from_estimator(cls, estimator: KMeans, X: Rows, *, ax: Axes | None = None) -> Self:
        """Compute the silhouettes of rows, and draw them.

        Parameters
        ----------
        estimator : KMeans
            A fitted estimator of at least two clusters.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.
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
        return cls(estimator.silhouette_samples(X), estimator.predict(X)).plot(ax=ax)

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
        self.bands_, middles = {}, {}
        gap = max(1, len(self.labels) // 50)
        bottom = 0
        for k in np.unique(self.labels).tolist():
            widths = np.sort(self.silhouette[self.labels == k])
            edges = bottom + np.arange(len(widths) + 1)
            self.bands_[k] = ax.fill_betweenx(
                edges,
                np.append(widths, widths[-1]),
                step="post",
                color=color_of(k),
                linewidth=0,
                rasterized=len(self.labels) > MAX_ROWS,  # a step for each row makes a large SVG
            )
            middles[k] = bottom + len(widths) / 2
            bottom += len(widths) + gap
        mean = float(np.mean(self.silhouette))
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
