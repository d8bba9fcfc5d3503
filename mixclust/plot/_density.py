"""The density of a mixture in the plane of two features, and its regions of highest density."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, FloatArray, Int, Real, Rows, Self
from .._inputs.parameters import check_integer, check_real
from .._mixture.fitted import FittedMixture
from .._mixture.structures import structure_of
from ._canvas import axes_or_new, name_axes
from ._estimators import check_kind, columns_of, feature_pair
from ._histogram import curve_places
from ._rows import draw_plain_rows
from ._view import MARGIN_SHARE, central_range, note_far_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import Figure, SubFigure

__all__ = ["DensityDisplay"]

SHARES = (0.5, 0.8, 0.95)
N_DRAWS = 100_000
"""Number of draws from the mixture that determine the levels. The share of a region is then exact
to 0.16 percentage points (one standard error of a share of 50 %)."""
N_EVEN_PLACES = 150
"""Number of evenly spaced places of the grid along each axis."""
MAX_NEAR_PLACES = 600
"""Number of places of the grid around all means together, along each axis."""
MAX_DOTS = 2_000
"""Default of the largest number of rows that are drawn; more would hide the regions."""


class DensityDisplay:
    """Regions of highest density of a mixture, in the plane of two features.

    The region of a share is the smallest set of points that holds this share of the probability:
    all points at which the density is at least a certain level [1]_. The regions are shaded, the
    darker the denser.

    Parameters
    ----------
    weights : array-like of shape (n_components,)
        Weights of the components; they are divided by their sum.
    means : array-like of shape (n_components, 2)
        Two features of each mean.
    covariances : array-like of shape (n_components, 2, 2)
        Covariances of the two features.
    shares : float or sequence of float, default=(0.5, 0.8, 0.95)
        Share of the probability inside each region, between 0 and 1.
    rows : ndarray of shape (n_samples, 2), default=None
        Two features of each row, drawn as dots above the regions.
    feature_names : pair of str, default=None
        Labels of the axes.
    max_rows : int, default=2_000
        Largest number of rows to draw, chosen at random with a fixed seed.

    Attributes
    ----------
    shares_ : ndarray of shape (n_regions,)
        The shares in ascending order, each once.
    levels_ : ndarray of shape (n_regions,)
        The density at the edge of each region: the quantile at ``1 - shares_`` of the densities
        of 100,000 draws from the mixture, with a fixed seed.
    regions_ : matplotlib.contour.QuadContourSet
        The shaded regions.
    lines_ : matplotlib.contour.QuadContourSet
        The edges of the regions.
    points_ : matplotlib.collections.PathCollection or None
        The rows that were drawn.
    ax_ : matplotlib.axes.Axes
        The axes that hold the regions.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    HistogramDisplay : The density of one feature.
    ComponentsDisplay : The components, to be drawn on the same axes.

    References
    ----------
    .. [1] R. J. Hyndman, "Computing and graphing highest density regions", The American
       Statistician 50, 1996.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import DensityDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0], [6]], 30, axis=0)
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> display = DensityDisplay.from_estimator(mixture, X, ax=Figure().subplots())
    >>> display.shares_
    array([0.5 , 0.8 , 0.95])
    """

    shares_: Float64Array
    levels_: Float64Array
    regions_: QuadContourSet
    lines_: QuadContourSet
    points_: PathCollection | None
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        *,
        shares: Real | Sequence[Real] = SHARES,
        rows: FloatArray | None = None,
        feature_names: Sequence[str] | None = None,
        max_rows: Int = MAX_DOTS,
    ) -> None:
        self.weights: Float64Array = np.asarray(weights, dtype=np.float64)
        self.means: Float64Array = np.asarray(means, dtype=np.float64)
        self.covariances: Float64Array = np.asarray(covariances, dtype=np.float64)
        self.shares = shares
        self.rows = rows
        self.feature_names = feature_names
        self.max_rows = max_rows

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture,
        X: Rows | None = None,
        *,
        features: Sequence[int | str] = (0, 1),
        shares: Real | Sequence[Real] = SHARES,
        max_rows: Int = MAX_DOTS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the density of a mixture.

        Parameters
        ----------
        estimator : GaussianMixture
            A fitted mixture. Its other features are integrated out, and noise is left out.
        X : {array-like, DataFrame} of shape (n_samples, n_features), default=None
            Rows to draw above the regions; they set the axes.
        features : pair of int or str, default=(0, 1)
            Two features to draw, by index or by name.
        shares : float or sequence of float, default=(0.5, 0.8, 0.95)
            Share of the probability inside each region, between 0 and 1.
        max_rows : int, default=2_000
            Largest number of rows to draw, chosen at random with a fixed seed.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : DensityDisplay
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
        indices, names = feature_pair(estimator, features)
        matrices = structure_of(estimator.covariance_type).matrices(
            estimator.covariances_, *estimator.means_.shape
        )
        display = cls(
            estimator.weights_,
            estimator.means_[:, indices],
            matrices[:, indices][:, :, indices],
            shares=shares,
            rows=None if X is None else columns_of(X, estimator, indices),
            feature_names=names,
            max_rows=max_rows,
        )
        return display.plot(ax=ax)

    def density(self, points: ArrayLike) -> Float64Array:
        """Compute the density at points of the plane.

        Parameters
        ----------
        points : array-like of shape (..., 2)
            Two features of each point.

        Returns
        -------
        density : ndarray of shape (...)
            In units of 1 over the product of the units of both features.
        """
        points = np.asarray(points, dtype=np.float64)
        total = np.zeros(points.shape[:-1])
        weights = self.weights / self.weights.sum()
        for weight, mean, root in zip(weights, self.means, self._roots(), strict=True):
            # Solve root @ z = x - mean for both coordinates.
            first = (points[..., 0] - mean[0]) / root[0, 0]
            second = (points[..., 1] - mean[1] - root[1, 0] * first) / root[1, 1]
            scale = weight / (2 * np.pi * root[0, 0] * root[1, 1])
            total += scale * np.exp(-(first**2 + second**2) / 2)
        return total

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the regions, and above them the rows, if there are any.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : DensityDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If an argument of the constructor is not as described.
        """
        self.shares_ = _check_shares(self.shares)
        check_integer("max_rows", self.max_rows, 1)
        draws = self._draw()
        densities = self.density(draws)
        self.levels_ = np.quantile(densities, 1 - self.shares_)
        ax = axes_or_new(ax)
        from ._legend import place_legend

        shown = draws[densities >= self.levels_[-1]] if self.rows is None else self.rows
        low, high = central_range(shown, self.means)  # near a mean is the highest density
        grid = self._grid(low, high)
        legend = self._draw_regions(ax, *grid)
        self.points_ = None
        if self.rows is not None:
            self.points_ = draw_plain_rows(self.rows, self.max_rows, ax)
            shown = self.points_.get_offsets()
            note_far_rows(ax, self.rows, low, high)
        self.ax_, self.figure_ = ax, ax.figure
        ax.set(xlim=grid[0][[0, -1]], ylim=grid[1][[0, -1]])
        name_axes(ax, self.feature_names)
        place_legend(legend, shown)
        return self

    def _roots(self):
        """Compute the Cholesky factor of each covariance, (n_components, 2, 2)."""
        shapes = self.weights.shape, self.means.shape, self.covariances.shape
        n = len(self.weights)
        if shapes != ((n,), (n, 2), (n, 2, 2)):
            raise ValueError(
                f"weights, means and covariances have shapes {shapes[0]}, {shapes[1]} and "
                f"{shapes[2]}; pass (n_components,), (n_components, 2) and (n_components, 2, 2)."
            )
        try:
            return np.linalg.cholesky(self.covariances)
        except np.linalg.LinAlgError:
            raise ValueError(
                "a covariance is not positive definite, so that there is no density; leave out the "
                "components that collapsed."
            ) from None

    def _draw(self):
        """Draw points from the mixture, (N_DRAWS, 2), always the same ones."""
        generator = np.random.default_rng(0)
        counts = generator.multinomial(N_DRAWS, self.weights / self.weights.sum())
        parts = [
            mean + generator.standard_normal((count, 2)) @ root.T
            for count, mean, root in zip(counts, self.means, self._roots(), strict=True)
        ]
        return np.vstack(parts)

    def _grid(self, low, high):
        """Compute the coordinates of a grid over a range, closer near each mean."""
        margin = MARGIN_SHARE * (high - low)
        # Points in a line: the extent of the mixture in place of the points'.
        deviations = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        margin = np.where(margin > 0, margin, deviations.max(axis=0))
        n_near = int(np.clip(MAX_NEAR_PLACES // len(self.means), 3, 61))
        return [
            curve_places(
                self.means[:, j],
                deviations[:, j],
                np.array([low[j] - margin[j], high[j] + margin[j]]),
                N_EVEN_PLACES,
                n_near,
            )
            for j in range(2)
        ]

    def _draw_regions(self, ax, x, y):
        """Shade the regions, draw their edges, and return a legend of the shares."""
        import matplotlib
        from matplotlib.patches import Patch

        density = self.density(np.stack(np.meshgrid(x, y), axis=-1))
        levels = self.levels_[::-1]
        n_regions = len(levels)
        shades = matplotlib.colormaps["Blues"](np.linspace(0.2, 0.7, n_regions))
        edges = [*levels, max(density.max(), levels[-1]) * 2]
        self.regions_ = ax.contourf(x, y, density, levels=edges, colors=shades)
        self.lines_ = ax.contour(x, y, density, levels=levels, colors="#08519C", linewidths=0.8)
        handles = [
            Patch(facecolor=shade, edgecolor="#08519C", label=f"{100 * share:g} %")
            for share, shade in zip(self.shares_, shades[::-1], strict=True)
        ]
        return ax.legend(handles=handles, title="probability inside")


def _check_shares(shares):
    """Return the shares in ascending order, each once."""
    several = [shares] if np.ndim(shares) == 0 else list(shares)
    if not several:
        raise ValueError("shares is empty; name at least one, for example 0.5.")
    for share in several:
        if check_real("shares", share, 0, inclusive=False) >= 1:
            raise ValueError(f"shares={share} must be less than 1: a region has an end.")
    return np.unique(np.asarray(several, dtype=np.float64))
