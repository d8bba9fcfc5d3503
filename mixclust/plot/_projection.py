"""Components in the plane in which they differ most: linear combinations of all features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import ArrayLike, Float64Array, FloatArray, Int, Real, Rows, Self
from .._inputs.parameters import check_integer, check_real
from .._inputs.wording import count
from .._kmeans.fitted import FittedCenters
from .._mixture.directions import Directions, choose_directions, find_directions
from .._mixture.fitted import FittedMixture
from ._canvas import axes_or_new, shorten
from ._components import SIGMAS, ComponentsDisplay
from ._moments import moments_of, spread_of_clusters
from ._rows import MAX_ROWS
from ._view import MAX_SHARE_BEYOND_OF_MANY, leave_out_far_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.patches import Ellipse
    from matplotlib.text import Annotation

__all__ = ["ProjectionDisplay", "describe_directions"]

MAX_NAMED = 2
"""Number of features that the label of an axis names."""


class ProjectionDisplay:
    """Components in the plane of the two directions that separate them most.

    A direction is a linear combination of all features, as Scrucca's dimension reduction finds it
    [1]_: a generalised eigenvector of the differences between components, of their means and of
    their covariances, in respect of the covariance of the whole mixture. Two components that look
    like one in the plane of any two features may be apart here.

    Parameters
    ----------
    means : ndarray of shape (n_components, 2)
        Projections of the means.
    covariances : ndarray of shape (n_components, 2, 2)
        Projections of the covariances.
    vectors : ndarray of shape (n_features, 2)
        Coefficients of the features in both directions.
    shares : ndarray of shape (2,)
        Share of the separation that each direction shows: its eigenvalue, divided by their sum.
    names : pair of str
        Labels of the axes.
    mean_weight : float, default=None
        Weight of differences of means in the search for the directions; it is not drawn.
    sigmas : float or sequence of float, default=(1.0, 2.0)
        Half-axes of the ellipses of each component, in standard deviations.
    rows : ndarray of shape (n_samples, 2), default=None
        Projections of rows.
    labels : ndarray of shape (n_samples,), int, default=None
        Component of each row.
    max_rows : int, default=20_000
        Largest number of rows to draw, as in `draw_rows`.

    Attributes
    ----------
    ellipses_ : list of list of matplotlib.patches.Ellipse
        The ellipses of each component, in the order of `sigmas`.
    points_ : dict of int to matplotlib.collections.PathCollection
        The rows that were drawn, by component; empty without rows.
    numbers_ : list of matplotlib.text.Annotation
        The number of each component.
    ax_ : matplotlib.axes.Axes
        The axes that hold the components.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    ComponentsDisplay : Components in the plane of two features.
    PairsDisplay : Components in the planes of several features.

    References
    ----------
    .. [1] L. Scrucca, "Dimension reduction for model-based clustering", Statistics and Computing
       20, 2010, and "Graphical tools for model-based mixture discriminant analysis", Advances in
       Data Analysis and Classification 8, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from mixclust import GaussianMixture
    >>> from mixclust.plot import ProjectionDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 4)) + np.repeat([[0], [6]], 30, axis=0)
    >>> mixture = GaussianMixture(2, covariance_type="tied", random_state=0).fit(X)
    >>> display = ProjectionDisplay.from_estimator(mixture, X, ax=Figure().subplots())
    >>> display.shares.round(3)
    array([1., 0.])
    """

    ellipses_: list[list[Ellipse]]
    points_: dict[int, PathCollection]
    numbers_: list[Annotation]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        means: FloatArray,
        covariances: FloatArray,
        vectors: FloatArray,
        shares: ArrayLike,
        names: Sequence[str],
        *,
        mean_weight: float | None = None,
        sigmas: Real | Sequence[Real] = SIGMAS,
        rows: FloatArray | None = None,
        labels: NDArray[np.integer[Any]] | None = None,
        max_rows: Int = MAX_ROWS,
    ) -> None:
        self.means = means
        self.covariances = covariances
        self.vectors = vectors
        self.shares: Float64Array = np.asarray(shares, dtype=np.float64)
        self.names = names
        self.mean_weight = mean_weight
        self.sigmas = sigmas
        self.rows = rows
        self.labels = labels
        self.max_rows = max_rows

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture | FittedCenters,
        X: Rows | None = None,
        *,
        directions: Sequence[Int] = (0, 1),
        mean_weight: Real | None = None,
        sigmas: Real | Sequence[Real] = SIGMAS,
        max_rows: Int = MAX_ROWS,
        sample_weight: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Find the directions of a fitted estimator, and draw its components in their plane.

        Parameters
        ----------
        estimator : GaussianMixture or KMeans
            Fitted, with at least two features. The directions of a mixture depend on its parameters
            alone; noise is left out. The directions of k-means are the linear discriminants of the
            clusters of X, and its ellipses show the spread of X in each cluster.
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), default=None
            Rows to draw below the components, in the colours of their `predict`; required for
            k-means.
        directions : pair of int, default=(0, 1)
            Two directions to draw; 0 separates the components most. Directions that show no
            difference of components come last, in the manner of principal components.
        mean_weight : float, default=None
            Between 0, directions in which covariances differ, and 1, directions in which means
            differ, which are the linear discriminants of the components. None is 1 or 0.5: the one
            with less overlap of the components in the plane of its first two directions. k-means
            has no other weight than 1.
        sigmas : float or sequence of float, default=(1.0, 2.0)
            Half-axes of the ellipses of each component, in standard deviations.
        max_rows : int, default=20_000
            Largest number of rows to draw, as in `draw_rows`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the discriminants and the spread of clusters of k-means. Every row
            is a point of the same kind.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ProjectionDisplay
            The display that was drawn. The label of an axis gives its share of the separation and
            the features that are correlated with it most.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If the estimator has no components or only one feature, or another argument does not
            fit it.
        """
        moments = moments_of(estimator, X, sample_weight)
        is_mixture = isinstance(estimator, FittedMixture)
        found = _find(moments, _check_mean_weight(mean_weight, is_mixture))
        indices = _check_directions(directions, found.vectors.shape[1], estimator.n_features_in_)
        found = found.take(indices)
        rows, labels = moments.rows, moments.labels
        if rows is not None:
            rows = found.project(rows)
        if is_mixture:
            covariances = found.project_covariances(moments.covariances)
        else:
            n_clusters, row_weights = len(moments.means), moments.sample_weight
            covariances = spread_of_clusters(rows, labels, n_clusters, row_weights)
        display = cls(
            found.project(moments.means),
            covariances,
            found.vectors,
            found.shares,
            describe_directions(found, indices, moments.names),
            mean_weight=found.mean_weight,
            sigmas=sigmas,
            rows=rows,
            labels=labels,
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
        self : ProjectionDisplay
            The display; its attributes hold the artists that were drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = axes_or_new(ax)
        components = ComponentsDisplay(
            self.means,
            self.covariances,
            sigmas=self.sigmas,
            rows=self.rows,
            labels=self.labels,
            feature_names=self.names,
            max_rows=self.max_rows,
        )._draw(ax, MAX_SHARE_BEYOND_OF_MANY)
        self.ellipses_, self.points_ = components.ellipses_, components.points_
        self.numbers_ = components.numbers_
        self.ax_, self.figure_ = components.ax_, components.figure_
        if self.rows is not None:
            leave_out_far_rows(ax, self.rows, self.means)
        return self


def describe_directions(directions: Directions, indices: list[int], names: list[str]) -> list[str]:
    """Write labels of axes: the share of a direction, and the features it is correlated with most.

    Parameters
    ----------
    directions : Directions
        The ones that are drawn.
    indices : list of int
        Their numbers, from 0.
    names : list of str
        Names of the features.

    Returns
    -------
    labels : list of str
        A label of two lines for each direction.
    """
    labels = []
    for index, share, correlations in zip(
        indices, directions.shares, directions.correlations.T, strict=True
    ):
        largest = np.argsort(-np.abs(correlations), kind="stable")[:MAX_NAMED]
        features = ", ".join(
            f"{'-' if correlations[j] < 0 else '+'}{shorten(names[j])}" for j in largest
        )
        labels.append(f"direction {index}, {_share_text(share)}\n({features})")
    return labels


def _share_text(share):
    """Write the share of the separation that a direction shows."""
    if share == 0:
        return "no separation"
    percent = f"{100 * share:.0f}" if share >= 0.01 else "<1"
    return f"{percent} % of the separation"


def _find(moments, mean_weight):
    """Find the directions."""
    components = moments.weights, moments.means, moments.covariances
    if mean_weight is None:
        return choose_directions(*components)
    return find_directions(*components, mean_weight)


def _check_mean_weight(mean_weight, is_mixture):
    if mean_weight is None:
        return None if is_mixture else 1.0
    value = check_real("mean_weight", mean_weight, 0)
    if value > 1:
        raise ValueError(f"mean_weight={mean_weight} must be at most 1: the means alone.")
    if not is_mixture and value != 1:
        raise ValueError(
            f"mean_weight={mean_weight}, but k-means has no covariances that could differ; leave "
            "it out, or pass 1."
        )
    return value


def _check_directions(directions, n_directions, n_features):
    """Return the indices of two directions."""
    if n_features < 2 or n_directions < 2:
        raise ValueError(
            f"a plane has two directions, but {count(n_features, 'feature')} of rank "
            f"{n_directions} have {n_directions}; draw a histogram of one feature instead."
        )
    if isinstance(directions, str) or np.ndim(directions) != 1 or len(directions) != 2:
        raise ValueError(f"directions={directions!r} must be a pair of indices: (0, 1).")
    indices = [check_integer("directions", index, 0) for index in directions]
    if max(indices) >= n_directions:
        raise ValueError(
            f"directions={directions!r}, but there are {n_directions}; they go from 0 to "
            f"{n_directions - 1}."
        )
    if indices[0] == indices[1]:
        raise ValueError(
            f"directions={directions!r} is one direction twice; pass two different ones."
        )
    return indices
