"""Inertia and silhouettes of k-means against the number of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, Int, Rows, Self
from .._inputs.parameters import check_integer
from .._inputs.rows import check_rows, check_sample_weight
from .._inputs.wording import count
from .._kmeans.kmeans import KMeans
from .._kmeans.silhouettes import mean_silhouette
from ._canvas import add_note, axes_or_new, color_of, count_along_x
from ._estimators import check_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["ElbowDisplay"]

MAX_FITTED_ROWS = 100_000
"""Default of the largest number of rows that are fitted."""

LEGEND_HEIGHT = 0.1
"""Half of the height of the legend with some space, as a share of the axes."""


class ElbowDisplay:
    """Inertia and mean silhouette of k-means, against the number of clusters.

    The inertia falls with every cluster; at a good number of clusters it bends (the elbow). The
    silhouette is largest where clusters are compact and lie far apart.

    Parameters
    ----------
    n_clusters : sequence of int
        Numbers of clusters, in the order of the drawing.
    inertias : array-like of shape (n_sizes,)
        Sum of the weighted squared distances of rows to their nearest centre.
    silhouettes : array-like of shape (n_sizes,)
        Mean over all rows of the simplified silhouette of `KMeans.silhouette_samples`, 0 for a row
        that is alone in its cluster; NaN for one cluster, which has none.
    note : str, default=None
        A line about the rows, written into the picture.

    Attributes
    ----------
    inertia_line_ : matplotlib.lines.Line2D
        The curve of the inertia.
    silhouette_line_ : matplotlib.lines.Line2D
        The curve of the silhouette.
    ring_ : matplotlib.lines.Line2D or None
        The ring around the largest silhouette; None if all are NaN.
    ax_ : matplotlib.axes.Axes
        The axes of the inertia.
    silhouette_ax_ : matplotlib.axes.Axes
        The axes of the silhouette, on the right side of `ax_`.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    SilhouetteDisplay : The silhouette of every row, for one number of clusters.
    CriteriaDisplay : Information criteria of mixtures, against the number of components.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import KMeans
    >>> from mixclust.plot import ElbowDisplay
    >>> X = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0], [9], [18]], 30, axis=0)
    >>> display = ElbowDisplay.from_estimator(
    ...     KMeans(random_state=0), X, n_clusters=range(1, 7), ax=Figure().subplots()
    ... )
    >>> display.best()
    3
    """

    inertia_line_: Line2D
    silhouette_line_: Line2D
    ring_: Line2D | None
    ax_: Axes
    silhouette_ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        n_clusters: Sequence[int],
        inertias: ArrayLike,
        silhouettes: ArrayLike,
        *,
        note: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.inertias: Float64Array = np.asarray(inertias, dtype=np.float64)
        self.silhouettes: Float64Array = np.asarray(silhouettes, dtype=np.float64)
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator: KMeans,
        X: Rows,
        *,
        n_clusters: Sequence[int] = range(1, 11),
        sample_weight: ArrayLike | None = None,
        max_rows: Int = MAX_FITTED_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Fit k-means with each number of clusters, and draw the curves.

        Parameters
        ----------
        estimator : KMeans
            Every fit takes its other parameters. It is not changed, and need not be fitted.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows to fit.
        n_clusters : sequence of int, default=range(1, 11)
            Numbers of clusters, in the order of the drawing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, in the fits and in the mean of the silhouettes.
        max_rows : int, default=100_000
            Largest number of rows to fit. Of more rows, so many are chosen at random with a fixed
            seed; the inertia is the sample's, and a note in the picture gives the numbers.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ElbowDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator is not a KMeans, or a parameter or X is not as described.
        """
        check_kind(estimator, KMeans, "; inertia and silhouettes are k-means': pass a KMeans.")
        sizes = [check_integer("n_clusters", size, 1) for size in n_clusters]
        if not sizes:
            raise ValueError("n_clusters is empty; name at least one.")
        max_rows = check_integer("max_rows", max_rows, max(sizes))
        X = check_rows(X, None, reset=False)
        weights = check_sample_weight(sample_weight, X.shape[0])
        note = None
        if X.shape[0] > max_rows:
            note = f"fitted to {max_rows:,} of {X.shape[0]:,} rows, chosen at random"
            chosen = np.random.default_rng(0).choice(X.shape[0], max_rows, replace=False)
            chosen.sort()
            X, weights = X[chosen], None if weights is None else weights[chosen]
        options = estimator.get_params(deep=False)
        inertias, silhouettes = np.empty(len(sizes)), np.empty(len(sizes))
        for i, size in enumerate(sizes):
            kmeans = type(estimator)(**options | {"n_clusters": size})
            kmeans.fit(X, sample_weight=weights)
            inertias[i] = kmeans.inertia_
            silhouettes[i] = mean_silhouette(kmeans, X, weights)
        return cls(sizes, inertias, silhouettes, note=note).plot(ax=ax)

    def best(self) -> int:
        """Find the number of clusters with the largest mean silhouette.

        Returns
        -------
        n_clusters : int
            Number of clusters; the first one of equally good ones.

        Raises
        ------
        ValueError
            If no number of clusters has a silhouette.
        """
        if np.isnan(self.silhouettes).all():
            raise ValueError(
                "one cluster has no silhouette; name further numbers of clusters, from 2 on."
            )
        return int(self.n_clusters[np.nanargmax(self.silhouettes)])

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw both curves, the silhouette on an axis of its own, and a ring at its maximum.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : ElbowDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        right = ax.twinx()
        self.ax_, self.silhouette_ax_, self.figure_ = ax, right, ax.figure
        [self.inertia_line_] = ax.plot(
            self.n_clusters, self.inertias, color=color_of(0), marker="o", label="inertia"
        )
        [self.silhouette_line_] = right.plot(
            self.n_clusters,
            self.silhouettes,
            color=color_of(1),
            linestyle="--",
            marker="s",
            label="mean silhouette",
        )
        self.ring_ = None
        if not np.isnan(self.silhouettes).all():
            best = self.best()
            [self.ring_] = right.plot(
                best,
                np.nanmax(self.silhouettes),
                color="black",
                linestyle="none",
                marker="o",
                markersize=13,
                markerfacecolor="none",
                label=f"largest silhouette: {count(best, 'cluster')}",
            )
        ax.set(xlabel="clusters", ylabel="inertia (squared units)")
        right.set(ylabel="mean simplified silhouette", ylim=(0, 1))
        ax.set_ylim(bottom=0)
        right.spines["right"].set_visible(True)  # some styles hide it
        for axis, line in ((ax.yaxis, self.inertia_line_), (right.yaxis, self.silhouette_line_)):
            axis.label.set_color(line.get_color())
        count_along_x(ax, self.n_clusters)
        if self.ring_ is not None:  # the colours of the labels tell which curve is which
            right.legend(handles=[self.ring_], loc=self._free_place(), frameon=False)
        if self.note is not None:
            add_note(ax, self.note)
        return self

    def _free_place(self):
        """Choose a place at the right for the legend that no curve crosses, if there is one."""
        order = np.argsort(self.n_clusters)
        x = np.asarray(self.n_clusters)[order]
        places = np.linspace(x[0] + 0.4 * np.ptp(x), x[-1], 50)
        inertias = np.interp(places, x, self.inertias[order] / max(self.inertias.max(), 1e-300))
        curves = np.concatenate([inertias, np.interp(places, x, self.silhouettes[order])])
        for loc, height in (("upper right", 0.93), ("center right", 0.5), ("lower right", 0.07)):
            if not np.any(np.abs(curves - height) < LEGEND_HEIGHT):
                return loc
        return "upper right"
