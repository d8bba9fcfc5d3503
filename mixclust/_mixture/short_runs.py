"""Short runs of EM from k-means++ seeds, of which the best goes on (em-EM) [1]_.

References
----------
.. [1] C. Biernacki, G. Celeux and G. Govaert, "Choosing starting values for the EM algorithm for
   getting the highest likelihood in multivariate Gaussian mixture models", Computational
   Statistics & Data Analysis 41, 2003.
"""

from collections import deque
from functools import partial

import numpy as np

from .._kmeans.dense_data import DenseData
from .._kmeans.seeding import n_trials_for
from .._passes.shards import worthwhile_threads
from .._passes.threads import map_tasks
from .fits import fit_from
from .report import StartReport

__all__ = [
    "SAME_BOUND_IN_NATS",
    "TOL_IN_NATS",
    "best_of",
    "clusterings",
    "n_affordable_runs",
    "run_shortly",
    "some_rows",
    "start_from_labels",
    "start_from_short_runs",
]

# How many short runs. All of them together cost about as much as the run that follows: a short run
# makes some 14 passes over its part of the rows, all together up to five passes over all rows
# (benchmarks/bench_starts.py).

MIN_SHORT_RUNS = 4
"""Short runs at least, however many rows there are."""

MAX_SHORT_RUNS = 20
"""Short runs at most. Below that there is one for each ordered pair of components, since a poor
start usually covers two clusters with one component."""

MAX_COST_OF_CHEAP_PASSES = 10_000_000
"""Multiply-adds of one pass of every short run together, a few milliseconds, that all rows may cost
where short runs look at all of them."""

MIN_PARTS = 20
"""Short runs look at one row in so many, and at least at `MIN_ROWS`."""

PARTS_PER_SHORT_RUN = 3
"""Parts of the rows, each as large as the one that is looked at, for each short run."""

MAX_COST_OF_FACTORISATIONS = 120_000_000
"""Multiply-adds that all short runs together spend on factorisations after one pass each, at most:
fewer rows make these no cheaper. One matrix of 310 features leaves `MIN_SHORT_RUNS`; one of 400
leaves none, and the start is the best of `N_CLUSTERINGS`, which cost little beside a pass."""

N_CLUSTERINGS = 4
"""Runs of k-means where no short run of EM follows."""

# How long each run is.

N_LLOYD_ITERATIONS = 3
"""Iterations of k-means before a short run of EM; every other short run starts from the seeds."""

N_LLOYD_ITERATIONS_ALONE = 20
"""Iterations of k-means where no short run of EM follows."""

N_SHORT_ITERATIONS = 5
"""Iterations of EM in a short run."""

N_LONGER_ITERATIONS = 15
"""Iterations of EM that follow for the better half of the short runs."""

TOL_IN_NATS = 1e-2
"""Short runs end where the mean log-likelihood of a row has less than that to gain."""

# How many rows short runs look at.

MIN_ROWS = 1000
"""Rows at least, if there are as many."""

MIN_ROWS_PER_COMPONENT = 10
"""Rows at least for each component."""

MAX_ROWS_PER_MEAN_ENTRY = 20
"""Rows at most for each component, and each of its features and one more."""

MIN_ROWS_PER_DIRECTION = 2
"""Rows at least for each covariance matrix, and each feature and one more, where no short run
follows: the covariance of fewer rows than features is singular."""

# Which run is best.

SAME_BOUND_IN_NATS = 1e-9
"""Mean log-likelihoods that differ by less belong to the same components in another order; the
first run of them goes on, so that rounding does not decide."""


def start_from_short_runs(data, n_components, random_state):
    """The start of a run: the best of several short runs on a part of the rows.

    The clusterings before them measure each feature in its standard deviations, and EM itself does
    not depend on units: rescaled features start alike.

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
    if n_components == 1:
        return partial(start_from_labels, np.zeros(len(data.X), dtype=np.int32))
    most = n_affordable_runs(data, n_components)
    no_short_run = most < 2
    X, weights = some_rows(data, n_components, random_state, no_short_run)
    part = data.part(X, weights)
    standard = (X - part.shift) / data.scales
    clusters = DenseData(standard, weights, n_components, data.n_threads)
    if no_short_run:
        n_iters = N_CLUSTERINGS * [N_LLOYD_ITERATIONS_ALONE]
        labelings, inertias = clusterings(clusters, n_iters, random_state)
        best = labelings[np.argmin(inertias)]
        return partial(_start_from_part, data, part, n_components, best)
    n_runs = _n_short_runs(data, part, n_components, most)
    n_iters = [N_LLOYD_ITERATIONS if i % 2 == 0 else 0 for i in range(n_runs)]
    labelings, _ = clusterings(clusters, n_iters, random_state)
    return partial(_start_from_best, data, part, n_components, labelings)


def n_affordable_runs(data, n_components):
    """The number of short runs that factorisations of covariance matrices allow."""
    return MAX_COST_OF_FACTORISATIONS // max(data.factorisation_cost(n_components), 1)


def _n_short_runs(data, part, n_components, most):
    """The number of short runs; `most` is the number that factorisations allow."""
    n_parts = len(data.X) // len(part.X)
    if n_parts < MIN_PARTS:
        cost = part.cost(n_components) + data.factorisation_cost(n_components)
        n_runs = min(n_components * (n_components - 1), MAX_COST_OF_CHEAP_PASSES // cost)
    else:
        n_runs = n_parts // PARTS_PER_SHORT_RUN
    return min(max(n_runs, MIN_SHORT_RUNS), MAX_SHORT_RUNS, most)


def some_rows(data, n_components, random_state, no_short_run):
    """Rows for the short runs, with their weights."""
    X, weights = data.X, data.sample_weight
    n_samples, n_features = X.shape
    most = MAX_ROWS_PER_MEAN_ENTRY * n_components * (n_features + 1)
    fewest = max(MIN_ROWS, MIN_ROWS_PER_COMPONENT * n_components)
    if no_short_run:
        n_matrices = data.structure.n_matrices(n_components)
        fewest = max(fewest, MIN_ROWS_PER_DIRECTION * n_matrices * (n_features + 1))
    wanted = max(fewest, min(n_samples // MIN_PARTS, most))
    chosen, n_present = data.present(), data.n_present
    if n_present <= wanted and n_present == n_samples:
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
    clusters.describe()
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


def _start_from_best(data, part, n_components, labelings, kernel):
    """Start where the best short run ended; returns a `StartReport`."""
    starts = [partial(start_from_labels, labels) for labels in labelings]
    found = run_shortly(part, n_components, starts, N_SHORT_ITERATIONS)
    better = best_of(found, max(1, len(found) // 2))
    starts = [partial(part.use, parameters=found[i].parameters) for i in better]
    longer = run_shortly(part, n_components, starts, N_LONGER_ITERATIONS)
    for i, run in zip(better, longer, strict=True):
        found[i] = run
    data.use(kernel, longer[best_of(longer, 1)[0]].parameters)
    return StartReport([run.bound for run in found])


def run_shortly(data, n_components, starts, n_iter, tol=TOL_IN_NATS):
    """Short runs from starts, side by side where a pass is too short for threads.

    Returns
    -------
    list of Fit
    """
    cost = data.cost(n_components)
    n_runners = 1
    if worthwhile_threads(cost, data.n_threads) == 1:
        passes = len(starts) * (n_iter + 2)
        n_runners = min(worthwhile_threads(passes * cost, data.n_threads), len(starts))
    idle = deque(data.fitter(n_components) for _ in range(n_runners))
    found = [None] * len(starts)

    def run(i):
        fitter = idle.pop()
        found[i] = fit_from(data, fitter, starts[i], n_iter, tol)
        idle.append(fitter)

    map_tasks(run, len(starts), n_runners)
    return found


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
