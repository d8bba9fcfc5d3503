"""The entropy of a mixture with components that are merged to clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, IntpArray, Self
from .._inputs.parameters import check_option
from .._inputs.wording import count, with_article
from .._mixture.bend import find_bend
from .._mixture.merging import MergedMixture
from ._canvas import axes_or_new, color_of, count_along_x

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

__all__ = ["MergingDisplay"]

MergingAxis: TypeAlias = Literal["clusters", "merged rows"]
MERGING_AXES = get_args(MergingAxis)


class MergingDisplay:
    """The entropy of the responsibilities for clusters, as components are merged.

    Where the curve bends, a merger of clusters that overlap ends and one of clusters that lie apart
    begins.

    Parameters
    ----------
    sizes : array-like of shape (n_sizes,), int
        Numbers of clusters, in the order of the mergers: each is one less than that before it.
    entropies : array-like of shape (n_sizes,)
        Entropy of each, in nats.
    merged_counts : array-like of shape (n_sizes - 1,)
        Weight of the rows in the two clusters that each step merges.

    Attributes
    ----------
    line_ : matplotlib.lines.Line2D
        The curve that was drawn.
    bend_ : list of matplotlib.lines.Line2D
        The two straight lines that fit the curve best, if it has at least three points.
    ring_ : matplotlib.lines.Line2D or None
        The ring around the point at which these lines are joined.
    ax_ : matplotlib.axes.Axes
        The axes that hold the curve.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture, merge_components
    >>> from mixclust.plot import MergingDisplay
    >>> X = np.random.default_rng(0).normal(size=(300, 2)) + np.repeat([[0], [9]], 150, axis=0)
    >>> merged = merge_components(GaussianMixture(4, random_state=0).fit(X), X)
    >>> display = MergingDisplay.from_merged(merged, ax=Figure().subplots())
    >>> display.line_.get_xdata().tolist()
    [4, 3, 2, 1]
    """

    line_: Line2D
    bend_: list[Line2D]
    ring_: Line2D | None
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(self, sizes: ArrayLike, entropies: ArrayLike, merged_counts: ArrayLike) -> None:
        self.sizes: IntpArray = np.asarray(sizes, dtype=np.intp)
        self.entropies: Float64Array = np.asarray(entropies, dtype=np.float64)
        self.merged_counts: Float64Array = np.asarray(merged_counts, dtype=np.float64)

    @classmethod
    def from_merged(
        cls, merged: MergedMixture, *, against: MergingAxis = "clusters", ax: Axes | None = None
    ) -> Self:
        """Draw the path of a merged mixture.

        Parameters
        ----------
        merged : MergedMixture
            As `merge_components` returns it.
        against : {"clusters", "merged rows"}, default="clusters"
            The horizontal axis: the number of clusters, or the weight of the rows that later steps
            merge. The second one allows for the size of the clusters: a merger of large clusters
            may lower the entropy by more.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : MergingDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If an argument is not as described.
        """
        if not isinstance(merged, MergedMixture):
            kind = with_article(type(merged).__name__)
            raise TypeError(f"merged is {kind}; pass the result of merge_components.")
        display = cls(merged.sizes_, merged.entropies_, merged.merged_counts_)
        return display.plot(against=against, ax=ax)

    def plot(self, *, against: MergingAxis = "clusters", ax: Axes | None = None) -> Self:
        """Draw the curve, the lines that fit it, and a ring at the bend.

        Parameters
        ----------
        against : {"clusters", "merged rows"}, default="clusters"
            The horizontal axis, as for `from_merged`.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : MergingDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `against` is not as described.
        """
        check_option("against", against, MERGING_AXES)
        ax = axes_or_new(ax)
        x = self.sizes
        if against == "merged rows":
            x = np.append(np.cumsum(self.merged_counts[::-1])[::-1], 0.0)
        color = color_of(len(ax.lines))
        [self.line_] = ax.plot(x, self.entropies, marker="o", markersize=5, color=color)
        self.bend_, self.ring_ = [], None
        if len(x) > 2:
            self._draw_bend(ax, x)
        self.ax_, self.figure_ = ax, ax.figure
        ax.set(ylabel="entropy (nats)")
        if against == "clusters":
            ax.set(xlabel="clusters")
            count_along_x(ax, x)
        else:
            ax.set(xlabel="weight of the rows in later mergers")
            for size, place, entropy in zip(self.sizes, x, self.entropies, strict=True):
                ax.annotate(
                    str(size),
                    (place, entropy),
                    xytext=(-4, 6),
                    textcoords="offset points",
                    ha="right",
                    fontsize="small",
                )
        if self.ring_ is not None:
            ax.legend(loc="upper left", frameon=False)
        return self

    def _draw_bend(self, ax, x):
        """Draw the two lines that fit best, and a ring where they are joined."""
        i, lines = find_bend(x[::-1], self.entropies[::-1])
        for (slope, intercept), part in zip(lines, (x[i:], x[: i + 1]), strict=True):
            ends = np.array([part.min(), part.max()])
            self.bend_ += ax.plot(
                ends, slope * ends + intercept, color="#555555", linestyle="--", linewidth=1
            )
        n_clusters = int(self.sizes[i])
        [self.ring_] = ax.plot(
            x[i],
            self.entropies[i],
            color="black",
            linestyle="none",
            marker="o",
            markersize=13,
            markerfacecolor="none",
            label=f"bend: {count(n_clusters, 'cluster')}",
        )
