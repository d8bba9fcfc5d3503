"""Components in the planes of several features, a matrix of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._inputs.annotations import FloatArray, Int, Rows, Self
from .._inputs.features import feature_index
from .._inputs.parameters import check_integer
from .._kmeans.fitted import FittedCenters
from .._mixture.fitted import FittedMixture
from .._mixture.overlap import separating_features
from ._canvas import axes_grid_or_new, color_of, marker_of, name_components, shorten, take_note
from ._components import SIGMAS, ComponentsDisplay
from ._histogram import HistogramDisplay
from ._moments import moments_of, spread_of_clusters
from ._rows import MAX_ROWS
from ._view import (
    MAX_SHARE_BEYOND_OF_MANY,
    central_range,
    count_outside,
    far_rows_text,
    leave_out_far_rows,
    write_ticks,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["PairsDisplay"]

MAX_FEATURES = 4
"""Default of the largest number of features that are drawn."""
INCHES_PER_AXES = 2.4
"""Width and height of each axes of a new figure."""
MAX_LEGEND = 12
"""Largest number of components that the legend lists."""
MAX_BINS = 30
"""Largest number of bars of a histogram."""
MIN_DEVIATION_SHARE = 1e-3
"""Least standard deviation of a curve, in standard deviations of all rows."""


class PairsDisplay:
    """Components and rows in the plane of each pair of several features.

    Below the diagonal of a matrix of axes, the plane of each pair; on the diagonal, the histogram
    of each feature and the density of each component. A legend takes the free corner.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
        Weights of the components.
    means : ndarray of shape (n_components, n_features)
        Means of the features that are drawn.
    covariances : ndarray of shape (n_components, n_features, n_features)
        Covariances of these features.
    rows : ndarray of shape (n_samples, n_features), default=None
        These features of each row.
    labels : ndarray of shape (n_samples,), int, default=None
        Component of each row.
    feature_names : sequence of str, default=None
        Names of these features.
    max_rows : int, default=20_000
        Largest number of rows to draw in each plane, as in `draw_rows`. The histograms count all.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row in the histograms.

    Attributes
    ----------
    planes_ : dict of (int, int) to ComponentsDisplay
        The planes that were drawn, by their row and column in the matrix.
    histograms_ : list of HistogramDisplay
        The histograms on the diagonal.
    axes_ : ndarray of matplotlib.axes.Axes, of shape (n_features, n_features)
        The matrix of axes; the ones above the diagonal are not visible.
    figure_ : matplotlib.figure.Figure
        The figure of `axes_`.

    See Also
    --------
    ProjectionDisplay : Components in the plane of two linear combinations of all features.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import PairsDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 5))
    >>> X[30:, [1, 3]] += 6
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> axes = Figure().subplots(2, 2)
    >>> display = PairsDisplay.from_estimator(mixture, X, max_features=2, axes=axes)
    >>> display.feature_names
    ['feature 1', 'feature 3']
    """

    planes_: dict[tuple[int, int], ComponentsDisplay]
    histograms_: list[HistogramDisplay]
    axes_: NDArray[np.object_]
    figure_: Figure | SubFigure

    def __init__(
        self,
        weights: FloatArray,
        means: FloatArray,
        covariances: FloatArray,
        *,
        rows: FloatArray | None = None,
        labels: NDArray[np.integer[Any]] | None = None,
        feature_names: Sequence[str] | None = None,
        max_rows: Int = MAX_ROWS,
        sample_weight: FloatArray | None = None,
    ) -> None:
        self.weights = weights
        self.means = means
        self.covariances = covariances
        self.rows = rows
        self.labels = labels
        self.feature_names = feature_names
        self.max_rows = max_rows
        self.sample_weight = sample_weight

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture | FittedCenters,
        X: Rows | None = None,
        *,
        features: Sequence[int | str] | None = None,
        max_features: Int = MAX_FEATURES,
        max_rows: Int = MAX_ROWS,
        sample_weight: ArrayLike | None = None,
        axes: ArrayLike | None = None,
    ) -> Self:
        """Draw several features of a fitted estimator.

        Parameters
        ----------
        estimator : GaussianMixture or KMeans
            Fitted, with at least two features. Noise of a mixture is left out. The clusters of
            k-means are drawn as Gaussians too: with their share, mean and variances of X.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), default=None
            Rows to draw, in the colours of their `predict`; required for k-means.
        features : sequence of int or str, default=None
            Features to draw, by index or by name, in this order. None takes the `max_features` in
            which the components overlap least, in their order in X. The overlap of two components
            counts with the product of their weights.
        max_features : int, default=4
            Largest number of features if `features` is None.
        max_rows : int, default=20_000
            Largest number of rows to draw in each plane, as in `draw_rows`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the histograms, and in the share, mean and variances of a cluster
            of k-means. Every row is a point of the same kind.
        axes : array-like of matplotlib.axes.Axes, default=None
            A square of axes with as many rows and columns as there are features; None makes a
            figure.

        Returns
        -------
        display : PairsDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no components or only one feature, or another argument does not
            fit it.
        """
        moments = moments_of(estimator, X, sample_weight)
        weights, means, covariances, rows, labels, row_weights, names = moments
        if len(names) < 2:
            raise ValueError(
                f"this {type(estimator).__name__} was fitted with one feature, but pairs have two; "
                "use HistogramDisplay."
            )
        if features is None:
            n_chosen = check_integer("max_features", max_features, 2)
            indices = separating_features(weights, means, covariances, n_chosen)
        else:
            indices = _indices_of(estimator, features)
        if isinstance(estimator, FittedMixture):
            covariances = covariances[:, indices][:, :, indices]
        else:
            covariances = spread_of_clusters(rows[:, indices], labels, len(means), row_weights)
        display = cls(
            weights,
            means[:, indices],
            covariances,
            rows=None if rows is None else rows[:, indices],
            labels=labels,
            feature_names=[names[j] for j in indices],
            max_rows=max_rows,
            sample_weight=row_weights,
        )
        return display.plot(axes=axes)

    def plot(self, axes: ArrayLike | None = None) -> Self:
        """Draw the planes and the histograms.

        Parameters
        ----------
        axes : array-like of matplotlib.axes.Axes, default=None
            A square of axes with as many rows and columns as there are features; None makes a
            figure.

        Returns
        -------
        self : PairsDisplay
            The display; its attributes hold what was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If `axes` hold something else, or have another shape.
        """
        n = self.means.shape[1]
        axes = axes_grid_or_new(axes, n, INCHES_PER_AXES)
        self.axes_, self.figure_ = axes, axes[0, 0].figure
        self.planes_ = {
            (i, j): self._draw_plane(axes[i, j], [j, i]) for i in range(n) for j in range(i)
        }
        self.histograms_ = [self._draw_histogram(axes[j, j], j) for j in range(n)]
        for j in range(n):  # the histogram has the limits of the planes
            limits = axes[n - 1, j].get_xlim() if j < n - 1 else axes[j, 0].get_ylim()
            axes[j, j].set_xlim(limits)
            axes[j, j].set(ylabel="")
            axes[j, j].tick_params(left=False, labelleft=False)
        for i in range(n):
            for j in range(n):
                if j > i:
                    axes[i, j].set_axis_off()
                else:
                    write_ticks(axes[i, j])
                    axes[i, j].tick_params(labelsize="small")
                axes[i, j].label_outer()
        self._draw_legend(axes)
        return self

    def _draw_plane(self, ax, pair):
        """Draw the rows and components in the plane of two features."""
        means = self.means[:, pair]
        rows = None if self.rows is None else self.rows[:, pair]
        display = ComponentsDisplay(
            means,
            self.covariances[:, pair][:, :, pair],
            sigmas=SIGMAS[-1],
            rows=rows,
            labels=self.labels,
            feature_names=self._names(pair),
            max_rows=self.max_rows,
        )._draw(ax, MAX_SHARE_BEYOND_OF_MANY)
        if rows is not None:
            leave_out_far_rows(ax, rows, means)
        return display

    def _draw_histogram(self, ax, j):
        """Draw the histogram of a feature, and the curves of the components."""
        means, variances = self.means[:, j], self.covariances[:, j, j]
        # A cluster of equal rows is a narrow peak.
        total = self.weights @ (variances + (means - self.weights @ means) ** 2)
        least = MIN_DEVIATION_SHARE**2 * total if total > 0 else 1.0
        display = HistogramDisplay(
            self.weights,
            means,
            np.maximum(variances, least),
            rows=None if self.rows is None else self.rows[:, j],
            feature_name=None if self.feature_names is None else self._names([j])[0],
            sample_weight=self.sample_weight,
        )
        display._draw_curves(ax, MAX_BINS)
        return display

    def _draw_legend(self, axes):
        """Draw a legend and the notes in the upper right corner, in place of notes in each plane.

        Noise is in the legend if some rows are noise.
        """
        from matplotlib.lines import Line2D

        corner = axes[0, -1]
        style = {"linestyle": "none", "markersize": 6}
        handles = [
            Line2D([], [], color=color_of(k), marker=marker_of(k), label=label, **style)
            for k, label in enumerate(name_components(self.weights[:MAX_LEGEND]))
        ]
        texts = [text for ax in axes.flat for text in take_note(ax)]
        notes = dict.fromkeys(text for text in texts if " far row" not in text)
        if len(notes) < len(set(texts)):
            low, high = central_range(self.rows, self.means)
            notes[far_rows_text(count_outside(self.rows, low, high))] = None
        n_more = len(self.weights) - len(handles)
        if n_more:
            notes[f"{n_more} more components"] = None
        if self.labels is not None and np.any(np.asarray(self.labels) < 0):
            handles.append(Line2D([], [], color="#888888", marker="x", label="noise", **style))
        legend = corner.legend(
            handles=handles,
            title="component (weight)",
            loc="upper right",
            ncols=1 + (len(handles) > MAX_LEGEND // 2),
            frameon=False,
        )
        legend.set_in_layout(len(axes) == 2)  # more axes leave room for a wide legend beside it
        if notes:
            corner.text(
                1.0,
                0.0,
                "\n".join(notes),
                transform=corner.transAxes,
                ha="right",
                va="bottom",
                size="small",
                color="#333333",
                in_layout=len(axes) == 2,
            )

    def _names(self, pair):
        names = self.feature_names
        return None if names is None else [shorten(names[j]) for j in pair]


def _indices_of(estimator, features):
    """Return the indices of the features that a user named."""
    if isinstance(features, str) or not hasattr(features, "__len__") or len(features) < 2:
        raise ValueError(
            f"features={features!r} must be at least two indices or names, for example (0, 1, 2)."
        )
    indices = [feature_index(estimator, feature, "features") for feature in features]
    if len(set(indices)) < len(indices):
        raise ValueError(f"features={features!r} hold a feature twice; pass different ones.")
    return indices
