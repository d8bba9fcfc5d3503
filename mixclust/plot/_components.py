"""Components of a mixture as ellipses, and clusters of k-means as circles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import ArrayLike, FloatArray, Int, Real, Rows, Self
from .._inputs.parameters import check_real
from .._kmeans.kmeans import KMeans
from .._mixture.fitted import FittedMixture
from .._mixture.structures import structure_of
from ._canvas import add_note, axes_or_new, color_of, name_axes
from ._estimators import check_kind, columns_of, feature_pair
from ._rows import MAX_ROWS, draw_rows
from ._view import MAX_SHARE_BEYOND, widen_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.patches import Ellipse
    from matplotlib.text import Annotation

__all__ = ["ComponentsDisplay", "draw_ellipses"]

SIGMAS = (1.0, 2.0)


def draw_ellipses(
    means: ArrayLike,
    covariances: ArrayLike,
    *,
    sigmas: Real | Sequence[Real] = SIGMAS,
    ax: Axes | None = None,
) -> list[list[Ellipse]]:
    """Draw Gaussians of two features as ellipses of equal density.

    On axes that hold data, the ellipses widen the view by at most half of the extent of the data
    at either end; a note says if some reach further.

    Parameters
    ----------
    means : array-like of shape (n_components, 2)
        Centres of the ellipses.
    covariances : array-like of shape (n_components, 2, 2)
        Covariance matrices. The half-axes of an ellipse are the square roots of the eigenvalues
        times one of `sigmas`, along the eigenvectors.
    sigmas : float or sequence of float, default=(1.0, 2.0)
        Half-axes of the ellipses of each component, in standard deviations.
    ax : matplotlib.axes.Axes, default=None
        Axes to draw on; None makes a figure.

    Returns
    -------
    ellipses : list of list of matplotlib.patches.Ellipse
        The ellipses of each component, in the order of `sigmas`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If the shapes do not fit, a number is not finite, or `sigmas` are not positive.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from mixclust.plot import draw_ellipses
    >>> [[ellipse]] = draw_ellipses(
    ...     [[0, 0]], [[[9, 0], [0, 4]]], sigmas=[1], ax=Figure().subplots()
    ... )
    >>> ellipse.width, ellipse.height
    (6.0, 4.0)
    """
    return _draw_ellipses(means, covariances, sigmas, ax, MAX_SHARE_BEYOND)


def _draw_ellipses(means, covariances, sigmas, ax, max_share_beyond):
    """Draw ellipses; see `draw_ellipses` and `widen_view`."""
    means, covariances = np.asarray(means, float), np.asarray(covariances, float)
    if means.ndim != 2 or means.shape[1] != 2 or covariances.shape != (len(means), 2, 2):
        raise ValueError(
            f"means have shape {means.shape} and covariances {covariances.shape}; "
            "pass (n_components, 2) and (n_components, 2, 2)."
        )
    if not (np.isfinite(means).all() and np.isfinite(covariances).all()):
        raise ValueError(
            "means or covariances hold NaN or infinity; leave out the components that do."
        )
    sigmas = [check_real("sigmas", sigma, 0, inclusive=False) for sigma in _several(sigmas)]
    ax = axes_or_new(ax)
    from matplotlib.patches import Ellipse

    ellipses = []
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        width, height, angle = _axes_of(covariance)
        ellipses.append(
            [
                Ellipse(
                    mean,
                    sigma * width,
                    sigma * height,
                    angle=angle,
                    facecolor=(color_of(k), 0.08),
                    edgecolor=(color_of(k), 1.0),
                    linewidth=1.5,
                )
                for sigma in sigmas
            ]
        )
        for ellipse in ellipses[-1]:
            ax.add_artist(ellipse)  # add_patch would widen the view without limit
    if ellipses:
        reach = max(sigmas) * np.sqrt(np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 0))
        if not widen_view(ax, means - reach, means + reach, means, max_share_beyond):
            add_note(ax, "outlines reach beyond the axes")
    return ellipses


def _axes_of(covariance):
    """Compute width, height and angle of the ellipse of one standard deviation.

    The shorter axis is computed from the determinant: a difference of two large numbers would lose
    it if one feature has a much larger unit than the other. The width is the axis closer to the
    direction of the first feature, so that its angle, in degrees, is small and precise.
    """
    (xx, xy), (_, yy) = covariance
    longest = (xx + yy) / 2 + math.hypot((xx - yy) / 2, xy)
    shortest = xx * (yy / longest) - xy * (xy / longest) if longest > 0 else 0.0
    lengths = 2 * math.sqrt(max(longest, 0.0)), 2 * math.sqrt(max(shortest, 0.0))
    if xx >= yy:
        return *lengths, math.degrees(math.atan2(2 * xy, xx - yy)) / 2
    return *lengths[::-1], math.degrees(math.atan2(-2 * xy, yy - xx)) / 2


class ComponentsDisplay:
    """Components in the plane of two features: ellipses of a mixture or circles of k-means.

    Parameters
    ----------
    means : ndarray of shape (n_components, 2)
        Two features of each mean or centre.
    covariances : ndarray of shape (n_components, 2, 2)
        Covariances of the two features. For k-means, the diagonal holds the squared radius of
        each circle.
    sigmas : float or sequence of float, default=(1.0, 2.0)
        Half-axes of the ellipses of each component, in standard deviations.
    rows : ndarray of shape (n_samples, 2), default=None
        Two features of each row; the rows are drawn below the components.
    labels : ndarray of shape (n_samples,), int, default=None
        Component of each row.
    feature_names : pair of str, default=None
        Labels of the axes.
    max_rows : int, default=20_000
        Largest number of rows to draw, as in `draw_rows`.

    Attributes
    ----------
    ellipses_ : list of list of matplotlib.patches.Ellipse
        The ellipses of each component, in the order of `sigmas`.
    points_ : dict of int to matplotlib.collections.PathCollection
        The rows that were drawn, by component; empty without rows.
    numbers_ : list of matplotlib.text.Annotation
        The number of each component, at its mean, or beside it if other numbers are close. More
        than 60 components have no numbers, and a note says so.
    ax_ : matplotlib.axes.Axes
        The axes that hold the components.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    UncertaintyDisplay : Rows and their uncertainty.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import ComponentsDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 3)) * [1, 2, 3]
    >>> mixture = GaussianMixture(1).fit(X)
    >>> display = ComponentsDisplay.from_estimator(
    ...     mixture, X, features=(0, 2), coverage=[0.5, 0.9], ax=Figure().subplots()
    ... )
    >>> len(display.ellipses_[0])
    2
    """

    ellipses_: list[list[Ellipse]]
    numbers_: list[Annotation]
    points_: dict[int, PathCollection]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        means: FloatArray,
        covariances: FloatArray,
        *,
        sigmas: Real | Sequence[Real] = SIGMAS,
        rows: FloatArray | None = None,
        labels: NDArray[np.integer[Any]] | None = None,
        feature_names: Sequence[str] | None = None,
        max_rows: Int = MAX_ROWS,
    ) -> None:
        self.means = means
        self.covariances = covariances
        self.sigmas = sigmas
        self.rows = rows
        self.labels = labels
        self.feature_names = feature_names
        self.max_rows = max_rows

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture | KMeans,
        X: Rows | None = None,
        *,
        features: Sequence[int | str] = (0, 1),
        sigmas: Real | Sequence[Real] | None = None,
        coverage: Real | Sequence[Real] | None = None,
        max_rows: Int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the components of a fitted estimator.

        Parameters
        ----------
        estimator : GaussianMixture or KMeans
            A fitted estimator. Other features of a mixture are integrated out. The circle of a
            cluster of k-means reaches to its farthest row in the plane that is drawn.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), default=None
            Rows to draw below the components, in the colours of their `predict`; required for
            k-means.
        features : pair of int or str, default=(0, 1)
            Two features to draw, by index or by name.
        sigmas : float or sequence of float, default=None
            Half-axes of the ellipses of each component, in standard deviations; None is (1, 2).
            For mixtures only.
        coverage : float or sequence of float, default=None
            In place of `sigmas`: the share of the probability of a component, in the plane that
            is drawn, inside each ellipse.
        max_rows : int, default=20_000
            Largest number of rows to draw, as in `draw_rows`.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ComponentsDisplay
            The display that was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no components, or another argument does not fit it.
        """
        check_kind(estimator, (FittedMixture, KMeans), "; pass a GaussianMixture or a KMeans.")
        estimator._check_is_fitted()
        indices, names = feature_pair(estimator, features)
        rows = None if X is None else columns_of(X, estimator, indices)
        labels = None if X is None else estimator.predict(X)
        if isinstance(estimator, KMeans):
            if sigmas is not None or coverage is not None:
                raise ValueError(
                    "sigmas and coverage are for mixtures: a circle of k-means reaches as far as "
                    "the farthest row; leave them out."
                )
            means = estimator.cluster_centers_[:, indices]
            covariances, sigmas = _squared_radii(means, rows, labels), (1.0,)
        else:
            means = estimator.means_[:, indices]
            covariances = _plane(estimator, indices)
            sigmas = _sigmas_of(sigmas, coverage)
        display = cls(
            means,
            covariances,
            sigmas=sigmas,
            rows=rows,
            labels=labels,
            feature_names=names,
            max_rows=max_rows,
        )
        return display.plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the rows, if there are any, and above them the components with their numbers.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : ComponentsDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return self._draw(ax, MAX_SHARE_BEYOND)

    def _draw(self, ax, max_share_beyond):
        """Draw rows and components; see `widen_view`."""
        ax = axes_or_new(ax)
        from ._numbers import draw_numbers

        self.points_ = {}
        if self.rows is not None:
            self.points_ = draw_rows(self.rows, self.labels, max_rows=self.max_rows, ax=ax)
        self.ellipses_ = _draw_ellipses(
            self.means, self.covariances, self.sigmas, ax, max_share_beyond
        )
        self.numbers_ = draw_numbers(self.means, ax)
        self.ax_, self.figure_ = ax, ax.figure
        name_axes(ax, self.feature_names)
        return self


def _plane(mixture, indices):
    """Take the covariances of two features, which integrates the other features out."""
    matrices = structure_of(mixture.covariance_type).matrices(
        mixture.covariances_, *mixture.means_.shape
    )
    return matrices[:, indices][:, :, indices]


def _squared_radii(centers, rows, labels):
    """Compute the covariances of circles that reach to the farthest row of each cluster."""
    if rows is None:
        raise ValueError(
            "X is None, but the circles of k-means reach as far as its rows; pass the rows."
        )
    squares = np.zeros(len(centers))
    np.maximum.at(squares, labels, ((rows - centers[labels]) ** 2).sum(axis=1))
    return squares[:, np.newaxis, np.newaxis] * np.eye(2)


def _several(values):
    """Make a sequence of a single value; leave a sequence as it is."""
    return [values] if np.ndim(values) == 0 else values


def _sigmas_of(sigmas, coverage):
    """Compute the half-axes of the ellipses, in standard deviations."""
    if coverage is None:
        return SIGMAS if sigmas is None else sigmas
    if sigmas is not None:
        raise ValueError("sigmas and coverage say the same in two ways; pass one of them.")
    coverage = _several(coverage)
    for share in coverage:
        if check_real("coverage", share, 0, inclusive=False) >= 1:
            raise ValueError(f"coverage={share} must be less than 1: an ellipse has an end.")
    # The squared Mahalanobis distance of two features is chi-squared with two degrees of freedom.
    return tuple(math.sqrt(-2 * math.log1p(-share)) for share in coverage)
