"""Components of a mixture as ellipses, clusters of k-means as circles."""

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
from ._canvas import (
    add_note,
    axes_or_new,
    color_of,
    columns_of,
    feature_pair,
    name_axes,
    widen_view,
)
from ._rows import MAX_ROWS, draw_rows

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

    On axes that hold data the ellipses widen the view by at most half of the data's extent at
    either end; a note says if some reach further.

    Parameters
    ----------
    means : array-like of shape (n_components, 2)
        Centres of the ellipses.
    covariances : array-like of shape (n_components, 2, 2)
        Covariance matrices. The half-axes of an ellipse are the square roots of the eigenvalues
        times one of `sigmas`, along the eigenvectors.
    sigmas : float or sequence of float, default=(1.0, 2.0)
        How many standard deviations each ellipse of a component reaches.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    ellipses : list of list of matplotlib.patches.Ellipse
        What was drawn, those of each component in the order of `sigmas`.

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
    means, covariances = np.asarray(means, float), np.asarray(covariances, float)
    if means.ndim != 2 or means.shape[1] != 2 or covariances.shape != (len(means), 2, 2):
        raise ValueError(
            f"means have shape {means.shape} and covariances {covariances.shape}; "
            "pass (n_components, 2) and (n_components, 2, 2)."
        )
    if not (np.isfinite(means).all() and np.isfinite(covariances).all()):
        raise ValueError("means or covariances hold NaN or infinity; leave those components out.")
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
            ax.add_artist(ellipse)  # add_patch would widen the view without bounds
    if ellipses:
        reach = max(sigmas) * np.sqrt(np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 0))
        if not widen_view(ax, means - reach, means + reach, means):
            add_note(ax, "outlines reach beyond the axes")
    return ellipses


def _axes_of(covariance):
    """Width and height of the ellipse at one standard deviation, and the angle of the width.

    The shorter axis comes from the determinant: as the difference of two eigenvalues it would be
    lost where one feature has a much larger unit than the other. The width is the axis that is
    nearer to the first feature: its angle, in degrees, is near 0 then, where numbers are finest.
    """
    (xx, xy), (_, yy) = covariance
    longest = (xx + yy) / 2 + math.hypot((xx - yy) / 2, xy)
    shortest = xx * (yy / longest) - xy * (xy / longest) if longest > 0 else 0.0
    lengths = 2 * math.sqrt(max(longest, 0.0)), 2 * math.sqrt(max(shortest, 0.0))
    if xx >= yy:
        return *lengths, math.degrees(math.atan2(2 * xy, xx - yy)) / 2
    return *lengths[::-1], math.degrees(math.atan2(-2 * xy, yy - xx)) / 2


class ComponentsDisplay:
    """Components in the plane of two features: ellipses of a mixture, circles of k-means.

    Parameters
    ----------
    means : ndarray of shape (n_components, 2)
        Two features of each mean or centre.
    covariances : ndarray of shape (n_components, 2, 2)
        Covariances of the two features; of k-means the squared radius of each circle, on the
        diagonal.
    sigmas : float or sequence of float, default=(1.0, 2.0)
        How many standard deviations each ellipse of a component reaches.
    rows : ndarray of shape (n_samples, 2), default=None
        Two features of each row, to be drawn below.
    labels : ndarray of shape (n_samples,), int, default=None
        Component of each row.
    feature_names : pair of str, default=None
        What the axes are called.
    max_rows : int, default=20_000
        How many rows to draw at most, as `draw_rows` has it.

    Attributes
    ----------
    ellipses_ : list of list of matplotlib.patches.Ellipse
        The ellipses that were drawn, those of each component in the order of `sigmas`.
    points_ : dict of int to matplotlib.collections.PathCollection
        The rows that were drawn, by component; empty without rows.
    numbers_ : list of matplotlib.text.Annotation
        The number of each component, at its mean, or beside it where others are near. More than
        60 components have no numbers, and a note says so.
    ax_ : matplotlib.axes.Axes
        Where they were drawn.
    figure_ : matplotlib.figure.Figure
        The figure of those axes.

    See Also
    --------
    UncertaintyDisplay : Rows, with their uncertainty.

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
            A fitted estimator. Further features of a mixture are integrated out. The circle of a
            cluster of k-means reaches its farthest row in the plane that is drawn: k-means knows
            no other shape.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), default=None
            Rows to draw below, coloured as `predict` says; required for k-means.
        features : pair of int or str, default=(0, 1)
            Which two features to draw, by index or by name.
        sigmas : float or sequence of float, default=None
            How many standard deviations each ellipse of a component reaches; None is (1, 2). For
            mixtures only.
        coverage : float or sequence of float, default=None
            In place of `sigmas`: which share of a component's probability, in the plane that is
            drawn, each ellipse holds.
        max_rows : int, default=20_000
            How many rows to draw at most, as `draw_rows` has it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ComponentsDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no components, or another argument does not fit it.
        """
        if not isinstance(estimator, (FittedMixture, KMeans)):
            raise TypeError(
                f"estimator is a {type(estimator).__name__}; pass a GaussianMixture or a KMeans."
            )
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
        """Draw the rows, if there are any, and over them the components with their numbers.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        self : ComponentsDisplay
            With what was drawn in its attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        from ._numbers import draw_numbers

        self.points_ = {}
        if self.rows is not None:
            self.points_ = draw_rows(self.rows, self.labels, max_rows=self.max_rows, ax=ax)
        self.ellipses_ = draw_ellipses(self.means, self.covariances, sigmas=self.sigmas, ax=ax)
        self.numbers_ = draw_numbers(self.means, ax)
        self.ax_, self.figure_ = ax, ax.figure
        name_axes(ax, self.feature_names)
        return self


def _plane(mixture, indices):
    """Covariances of two features: what is left when the others are integrated out."""
    matrices = structure_of(mixture.covariance_type).matrices(
        mixture.covariances_, *mixture.means_.shape
    )
    return matrices[:, indices][:, :, indices]


def _squared_radii(centers, rows, labels):
    """Squared distance of the farthest row of each cluster, as covariances of circles."""
    if rows is None:
        raise ValueError(
            "X is None, but the circles of k-means reach as far as its rows; pass the rows."
        )
    squares = np.zeros(len(centers))
    np.maximum.at(squares, labels, ((rows - centers[labels]) ** 2).sum(axis=1))
    return squares[:, np.newaxis, np.newaxis] * np.eye(2)


def _several(values):
    """A sequence, also of a single value."""
    return [values] if np.ndim(values) == 0 else values


def _sigmas_of(sigmas, coverage):
    """How many standard deviations the ellipses reach."""
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
