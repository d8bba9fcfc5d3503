"""The clusters that ``mixclust kmeans`` finds: a fit for each number, and the choice of one."""

import copy
import warnings
from typing import NamedTuple

import numpy as np

from .._inputs.errors import ConvergenceWarning
from .._kmeans.kmeans import KMeans
from .._kmeans.silhouettes import mean_silhouette
from .._mixture.gaussian import GaussianMixture
from .cluster_stream import AllRows
from .errors import CommandError
from .kmeans_groups import describe_clusters
from .row_labels import CenterLabels

__all__ = ["BY_ELBOW", "BY_SILHOUETTE", "Clusters", "Size", "fit_clusters"]

BY_SILHOUETTE, BY_ELBOW = "silhouette", "elbow"

MIN_ELBOW_SIZES = 3
"""Numbers of clusters from which on one of them can be an elbow."""


class Size(NamedTuple):
    """A number of clusters that was tried.

    Attributes
    ----------
    n_clusters : int
    inertia : float
        Weighted sum of squared distances to the centres.
    explained : float
        Share of the variance that the clusters explain.
    silhouette : float
        Weighted mean of the simplified silhouettes; NaN for one cluster.
    """

    n_clusters: int
    inertia: float
    explained: float
    silhouette: float


class Clusters(NamedTuple):
    """The chosen clusters.

    Attributes
    ----------
    sizes : list of Size
        In ascending order.
    best : Size
    elbow : int or None
        The number of clusters at the elbow of the inertia; None for too few numbers.
    n_sampled : int or None
        Rows of the sample on which the number was chosen; None if it was on all rows.
    of_all : Size
        The chosen clusters, fitted to all rows; `best` without a sample.
    n_distinct : int or None
        Number of distinct rows, if more clusters than that were asked for.
    labels : CenterLabels
        The largest cluster first.
    scales : ndarray of shape (n_columns,) or None
        Divisors of the columns; None if columns were taken as they are.
    kmeans : KMeans
        In the order of `labels`, its centres divided by `scales`.
    counts : ndarray of shape (n_clusters,), int64
        Rows of each cluster.
    shares : ndarray of shape (n_clusters,)
        Share of the weight.
    silhouettes, spreads : ndarray of shape (n_clusters,)
        Mean silhouette of the rows, and root of their mean squared distance to the centre.
    means, deviations : ndarray of shape (n_clusters, n_columns)
        Of the columns, in their units.
    """

    sizes: list
    best: Size
    elbow: int | None
    n_sampled: int | None
    of_all: Size
    n_distinct: int | None
    labels: CenterLabels
    scales: np.ndarray | None
    kmeans: KMeans
    counts: np.ndarray
    shares: np.ndarray
    silhouettes: np.ndarray
    spreads: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    def model(self, names):
        """Return the estimator to save, which answers about rows in the units of the table.

        Columns that were divided by scales need a mixture of one variance for each column, the
        labels of which are the nearest centres in these units.

        Parameters
        ----------
        names : list of str

        Returns
        -------
        model : KMeans or GaussianMixture
        """
        if self.scales is None:
            model = copy.copy(self.kmeans).set_params(n_threads=None)
            model.feature_names_in_ = np.array(names, dtype=object)
            return model
        n_clusters, n_columns = self.means.shape
        variance = self.kmeans.inertia_ / (self.kmeans.total_weight_ * n_columns)
        if not variance > 0:
            raise CommandError(
                "all rows lie on the centres of their clusters, which leaves no variance for the "
                "model of --save; leave out --standardize, or ask for fewer clusters."
            )
        return GaussianMixture.from_parameters(
            np.full(n_clusters, 1 / n_clusters),
            self.kmeans.cluster_centers_ * self.scales,
            np.tile(variance * self.scales**2, (n_clusters, 1)),
            covariance_type="tied-diag",
            feature_names=names,
        )


def fit_clusters(arguments, selection, is_streamed, progress):
    """Fit every number of clusters, and choose one.

    Parameters
    ----------
    arguments : argparse.Namespace
    selection : Selection
    is_streamed : bool
        Whether to choose on a sample of the rows, and fit the chosen number to all of them.
    progress : callable

    Returns
    -------
    clusters : Clusters
    """
    X, weights, all_rows = _take_rows(arguments, selection, is_streamed, progress)
    scales = _deviations(selection, X, weights) if arguments.standardize else None
    rows = X if scales is None else X / scales
    sizes, fits, n_distinct = _fit_sizes(arguments, selection, rows, weights, progress)
    elbow = _elbow(sizes)
    best = of_all = _choose(sizes, arguments.criterion, elbow)
    kmeans, n_sampled = fits[best.n_clusters], None
    if all_rows is not None:
        n_sampled = len(X)
        kmeans = all_rows.fit_centers(kmeans, scales)
    found = describe_clusters(selection, kmeans, scales)
    if n_sampled:
        of_all = Size(best.n_clusters, kmeans.inertia_, found.explained, found.silhouette)
    kmeans.cluster_centers_ = kmeans.cluster_centers_[found.order]
    vars(kmeans).pop("labels_", None)  # in the order before, and never saved
    return Clusters(
        sizes,
        best,
        elbow,
        n_sampled,
        of_all,
        n_distinct,
        CenterLabels(kmeans, scales),
        scales,
        kmeans,
        found.counts,
        found.shares,
        found.silhouettes,
        found.spreads,
        found.means,
        found.deviations,
    )


def _take_rows(arguments, selection, is_streamed, progress):
    """Read all rows and their weights, or draw a sample of a streamed table.

    The third value is an `AllRows` if the rows are not all of them, else None.
    """
    if not is_streamed:
        return selection.read(), selection.read_weights(), None
    all_rows = AllRows(selection, arguments.seed, arguments.threads, progress)
    try:
        X, weights, _ = all_rows.look(max(arguments.sample, arguments.clusters[-1]))
    except ValueError as error:  # squares of the numbers overflow
        raise CommandError(f"{selection.path}: {error}") from None
    return X, weights, all_rows if len(X) < selection.n_present else None


def _fit_sizes(arguments, selection, rows, weights, progress):
    """Fit every number of clusters, up to the number of distinct rows."""
    options = {"n_init": arguments.n_init, "random_state": arguments.seed}
    options |= {"refine": "breathing", "n_threads": arguments.threads}
    n_distinct, sizes, fits, total = None, [], {}, None
    n_present = len(rows) if weights is None else np.count_nonzero(weights)
    tried = arguments.clusters
    for i, n_clusters in enumerate(tried if tried[0] == 1 else [1, *tried]):
        if n_clusters > n_present:
            n_distinct = _count_distinct(rows, weights)
            break
        progress(f"finding {n_clusters} clusters", i / (len(tried) + 1))
        kmeans = KMeans(n_clusters, **options)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                kmeans.fit(rows, sample_weight=weights)
        except ConvergenceWarning:
            n_distinct = _count_distinct(rows, weights)
            break
        except ValueError as error:  # squares of the numbers overflow
            raise CommandError(f"{selection.path}: {error}") from None
        total = kmeans.inertia_ if total is None else total
        if n_clusters in tried:
            explained = 1 - kmeans.inertia_ / total
            silhouette = mean_silhouette(kmeans, rows, weights)
            sizes.append(Size(n_clusters, kmeans.inertia_, explained, silhouette))
            fits[n_clusters] = kmeans
    if not sizes:
        raise CommandError(
            f"{selection.path}: {tried[0]} clusters need as many distinct rows, but {n_distinct} "
            f"came; pass --clusters {n_distinct} or less."
        )
    return sizes, fits, n_distinct


def _count_distinct(rows, weights):
    return len(np.unique(rows if weights is None else rows[weights > 0], axis=0))


def _deviations(selection, X, weights):
    """Give the standard deviation of each column."""
    with np.errstate(over="ignore", under="ignore"):
        mean = np.average(X, axis=0, weights=weights)
        deviations = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights))
    for name, deviation in zip(selection.names, deviations, strict=True):
        if not 0 < deviation < np.inf:
            raise CommandError(
                f"{selection.path}: column {name!r} holds numbers with squares that float64 does "
                "not hold; multiply them by a constant."
            )
    return deviations


def _elbow(sizes):
    """Find the number of clusters at which the explained variance bends most.

    Both axes are scaled to 1; the elbow lies farthest above the line from the first to the last
    number.
    """
    x = np.array([size.n_clusters for size in sizes], dtype=float)
    y = np.array([size.explained for size in sizes])
    if len(sizes) < MIN_ELBOW_SIZES or y[-1] <= y[0]:
        return None
    height = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    return sizes[int(np.argmax(height))].n_clusters


def _choose(sizes, criterion, elbow):
    """Choose a number of clusters; of equal ones the smaller."""
    if criterion == BY_ELBOW and elbow is not None:
        return next(size for size in sizes if size.n_clusters == elbow)
    return max(sizes, key=lambda size: -1.0 if np.isnan(size.silhouette) else size.silhouette)
