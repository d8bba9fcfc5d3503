"""A heat map of the means of components, in standard deviations of all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, Int, Rows, Self
from .._inputs.parameters import check_integer
from .._kmeans.fitted import FittedCenters
from .._mixture.fitted import FittedMixture
from ._canvas import axes_or_new, name_components, shorten
from ._moments import moments_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

__all__ = ["MeansDisplay"]

MAX_FEATURES = 30
"""Default of the largest number of features that are drawn."""
MAX_WRITTEN = 200
"""Largest number of cells with a number."""
LIMIT_IN_SD = 2.0
"""Largest end of the scale of colours; means beyond it have the colour of the end."""
CHARACTERS_PER_INCH = 13.0
"""Number of characters of names that fit side by side below an inch of the map."""
DARK = 0.6
"""Share of the scale of colours from which a number is written in white."""


class MeansDisplay:
    """Means of components as a heat map, in standard deviations from the mean of all rows.

    A line is a component, a column a feature. Blue is below the mean of all rows, red above. It
    shows by which features a component is set apart.

    Parameters
    ----------
    standardized : array-like of shape (n_components, n_features)
        Means of the components, less the mean of all rows, divided by the standard deviation of all
        rows.
    weights : array-like of shape (n_components,)
        Weights of the components.
    feature_names : sequence of str
        Names of the features.
    note : str, default=None
        A line below the map.

    Attributes
    ----------
    image_ : matplotlib.image.AxesImage
        The heat map.
    texts_ : list of matplotlib.text.Text
        The numbers in its cells, component after component; none if there are more than 200 cells.
    colorbar_ : matplotlib.colorbar.Colorbar
        The scale of colours.
    ax_ : matplotlib.axes.Axes
        The axes that hold the map.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import MeansDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 3))
    >>> X[30:, 1] += 9
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> display = MeansDisplay.from_estimator(mixture, ax=Figure().subplots())
    >>> abs(display.standardized[:, 1]).round(1)
    array([1., 1.])
    """

    image_: AxesImage
    texts_: list[Text]
    colorbar_: Colorbar
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        standardized: ArrayLike,
        weights: ArrayLike,
        feature_names: Sequence[str],
        *,
        note: str | None = None,
    ) -> None:
        self.standardized: Float64Array = np.asarray(standardized, dtype=np.float64)
        self.weights: Float64Array = np.asarray(weights, dtype=np.float64)
        self.feature_names = feature_names
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture | FittedCenters,
        X: Rows | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        max_features: Int = MAX_FEATURES,
        ax: Axes | None = None,
    ) -> Self:
        """Standardise the means of a fitted estimator, and draw them.

        Parameters
        ----------
        estimator : GaussianMixture or KMeans
            Fitted. The mean and the standard deviations of all rows are the ones of the whole
            mixture, without noise, or of X for k-means.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), default=None
            Rows; required for k-means, and not used for mixtures.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row of X, for k-means.
        max_features : int, default=30
            Largest number of features to draw. Of more features, the ones are drawn that have the
            largest variance of means relative to their variance; a note says so.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : MeansDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no components, or another argument does not fit it.
        """
        max_features = check_integer("max_features", max_features, 1)
        moments = moments_of(estimator, X, sample_weight)
        weights, means = moments.weights, moments.means
        off = means - weights @ means
        variances = weights @ (np.diagonal(moments.covariances, axis1=1, axis2=2) + off**2)
        spread = np.sqrt(np.where(variances > 0, variances, 1.0))
        standardized = off / spread
        note, shown = None, np.arange(means.shape[1])
        if len(shown) > max_features:
            note = f"{max_features} of {len(shown)} features, which separate the components most"
            separation = weights @ standardized**2
            shown = np.sort(np.argsort(-separation, kind="stable")[:max_features])
        names = [moments.names[j] for j in shown]
        return cls(standardized[:, shown], weights, names, note=note).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the heat map, its scale of colours, and the numbers.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : MeansDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the shapes do not fit.
        """
        n_components, n_features = self.standardized.shape
        if len(self.weights) != n_components or len(self.feature_names) != n_features:
            raise ValueError(
                f"standardized has shape {self.standardized.shape}, with {len(self.weights)} "
                f"weights and {len(self.feature_names)} feature_names; pass one weight a line and "
                "one name a column."
            )
        ax = axes_or_new(ax)
        self.ax_, self.figure_ = ax, ax.figure
        largest = float(np.abs(self.standardized).max(initial=0))
        limit = min(LIMIT_IN_SD, largest) or LIMIT_IN_SD
        style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, "aspect": "auto"}
        self.image_ = ax.imshow(self.standardized, **style)
        self.colorbar_ = ax.figure.colorbar(
            self.image_,
            ax=ax,
            label="standard deviations from the mean",
            extend="both" if largest > limit else "neither",
        )
        self.texts_ = (
            self._write_numbers(ax, limit) if self.standardized.size <= MAX_WRITTEN else []
        )
        inches = ax.get_window_extent().width / ax.figure.dpi
        names = [shorten(name) for name in self.feature_names]
        n_characters = max(map(len, names), default=0) * n_features
        is_steep = n_characters > CHARACTERS_PER_INCH * inches
        ax.set_xticks(range(n_features), names, rotation=90 if is_steep else 0)
        ax.set_yticks(range(n_components), name_components(self.weights))
        ax.set(ylabel="component (weight)")
        if self.note is not None:
            ax.set(xlabel=self.note)
        return self

    def _write_numbers(self, ax, limit):
        """Write the number of each cell."""
        return [
            ax.text(
                j,
                k,
                f"{value:+.1f}" if abs(value) >= 0.05 else "0.0",
                ha="center",
                va="center",
                size="small",
                color="white" if abs(value) > DARK * limit else "black",
            )
            for k, line in enumerate(self.standardized)
            for j, value in enumerate(line)
        ]
