"""Short runs of EM and clusterings, from which a search starts."""

from functools import partial

import numpy as np

from .._kmeans.dense_data import DenseData
from .._kmeans.seeding import n_trials_for
from .fits import SAME_BOUND_IN_NATS, fit_from, side_by_side
from .report import StartReport

__all__ = [
    "TOL_IN_NATS",
    "best_of",
    "clusterings",
    "n_affordable_runs",
    "run_shortly",
    "some_rows",
    "start_from_clusterings",
    "start_from_labels",
]

MAX_COST_OF_RUNS = 1_500_000_000
"""Multiply-adds of all short runs, for any number of rows. Two runs of three covariance matrices of
100 features on 1,000 rows cost as much; with more features the start is the best of
`N_CLUSTERINGS`, which cost little beside a pass."""

MAX_PASSES_OF_RUNS = 5
"""Passes over all rows that short runs may cost besides."""

N_PASSES_OF_RUN = 20
"""Passes of a short run, about."""

N_CLUSTERINGS = 4
"""Runs of k-means where no short run of EM follows."""

N_LLOYD_ITERATIONS_ALONE = 20
"""Iterations of k-means where no short run of EM follows."""

TOL_IN_NATS = 1e-2
"""Short runs end where the mean log-likelihood of a row has less than that to gain."""

# How many rows short runs look at.

MIN_ROWS = 4000
"""Rows at least, if there are as many."""

MIN_PARTS = 20
"""Short runs look at one row in so many, and at least at `MIN_ROWS`."""

MIN_ROWS_PER_COMPONENT = 150
"""Rows at least for each component. With fewer rows, the part has other optima than all rows."""

MAX_ROWS_PER_MEAN_ENTRY = 20
"""Rows at most for each component, and each of its features and one more."""

MIN_ROWS_PER_DIRECTION = 2
"""Rows at least for each covariance matrix, and each feature and one more, where no short run
follows: the covariance of fewer rows than features is singular."""


def start_from_clusterings(data, n_components, random_state):
    """The start of a run where short runs are too expensive: the best of several clusterings.

    They are clusterings of features in their standard deviations: rescaled features start alike.

    Parameters
    ----------
    data : MixtureData
    n_components : int
    random_state : numpy.random.RandomState or numpy.random.Generator
        All draws are made before this returns.

    Returns
    -------
    begin : callable
        ``begin(kernel)`` sets the parameters of a fitter and returns a `StartReport`.
    """
    X, weights = some_rows(data, n_components, random_state, True)
    part = data.part(X, weights)
    standard = (X - part.shift) / data.scales
    clusters = DenseData(standard, weights, n_components, data.n_threads)
    clusters.describe()
    n_iters = N_CLUSTERINGS * [N_LLOYD_ITERATIONS_ALONE]
    labelings, inertias = clusterings(clusters, n_iters, random_state)
    return partial(_start_from_part, data, part, n_components, labelings[np.argmin(inertias)])


def n_affordable_runs(data, n_components):
    """The number of short runs on a part of the rows that their cost allows."""
    n_samples = len(data.X)
    cost = data.cost(n_components)
    share = min(1.0, _size_of_part(data, n_components, False) / n_samples)
    cost_of_pass = share * cost + data.factorisation_cost(n_components)
    affordable = MAX_COST_OF_RUNS + MAX_PASSES_OF_RUNS * cost
    return int(affordable // (N_PASSES_OF_RUN * cost_of_pass))


def _size_of_part(data, n_components, no_short_run):
    """Rows that short runs look at, if there are as many."""
    n_samples, n_features = data.X.shape
    most = MAX_ROWS_PER_MEAN_ENTRY * n_components * (n_features + 1)
    fewest = max(MIN_ROWS, MIN_ROWS_PER_COMPONENT * n_components)
    if no_short_run:
        n_matrices = data.structure.n_matrices(n_components)
        fewest = max(fewest, MIN_ROWS_PER_DIRECTION * n_matrices * (n_features + 1))
    return max(fewest, min(n_samples // MIN_PARTS, most))


def some_rows(data, n_components, random_state, no_short_run):
    """Rows for the short runs, with their weights."""
    X, weights = data.X, data.sample_weight
    wanted = _size_of_part(data, n_components, no_short_run)
    chosen, n_present = data.present(), data.n_present
    if n_present <= wanted and n_present == len(X):
        return X, weights
    if n_present > wanted:
        chosen = np.sort(random_state.choice(chosen, size=wanted, replace=False))
    return np.ascontiguousarray(X[chosen]), None if weights is None else weights[chosen]


def clusterings(clusters, n_iters, random_state):
    """Clusterings from greedy k-means++ seeds, after a number of iterations of k-means each.

    Clusters of the nearest seed cut through no stretched cluster; iterations tell round clusters
    apart.

    Returns
    -------
    labelings : ndarray of shape (n_runs, n_samples), int32
    inertias : list of float
    """
    n_clusters, n_trials = clusters.n_clusters, n_trials_for(clusters.n_clusters)
    passes = clusters.passes(clusters.n_threads, "lloyd")
    seeding = clusters.seeding(n_trials, clusters.n_threads)
    seeds = np.empty(n_clusters, dtype=np.intp)
    labelings, inertias = np.empty((len(n_iters), len(clusters.X)), dtype=np.int32), []
    for n_iter, labels in zip(n_iters, labelings, strict=True):
        seeding.run(random_state.uniform(size=1 + (n_clusters - 1) * n_trials), seeds)
        if n_iter:
            inertia, _ = passes.run(clusters.take(seeds), labels, n_iter, 0.0)
        else:
            inertia = passes.label(clusters.take(seeds), labels)
        inertias.append(inertia)
    return labelings, inertias


# Beginnings of the run that follows


def start_from_labels(labels, kernel):
    kernel.start(labels=labels)
    return StartReport()


def _start_from_part(data, part, n_components, labels, kernel):
    """Start from labels of a part of the rows, or of all rows."""
    if part is data:
        return start_from_labels(labels, kernel)
    fitter = part.fitter(n_components)
    fitter.start(labels=labels)
    data.use(kernel, part.parameters(fitter))
    return StartReport()


def run_shortly(data, n_components, starts, n_iter, tol=TOL_IN_NATS):
    """Short runs from starts, side by side where a pass is too short for threads.

    Returns
    -------
    list of Fit
    """
    tasks = [lambda fitter, at=start: fit_from(data, fitter, at, n_iter, tol) for start in starts]
    return side_by_side(data, n_components, tasks, n_iter)


def best_of(runs, n):
    """Indices of the n best runs, in their order."""
    left = list(range(len(runs)))
    for _ in range(len(runs) - n):
        worst = left[0]
        for i in left[1:]:
            bound = runs[i].bound - SAME_BOUND_IN_NATS
            if (-runs[i].n_few, bound) <= (-runs[worst].n_few, runs[worst].bound):
                worst = i
        left.remove(worst)
    return left
