"""Short runs of EM from several clusterings; the best goes on (em-EM) [1]_, after moves.

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
from .geometry import covariance_of, directions_of_groups
from .report import SAME_OPTIMUM_IN_NATS, StartReport, distinct_bounds
from .split_merge import N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS, fit_from, improve

__all__ = ["start_from_short_runs"]

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

N_STANDARD = 3
"""Clusterings of standardised features."""

N_DIRECTIONS = 3
"""Directions along which rows are clustered."""

N_SHARED_SHAPES = 2
N_ROUNDS_OF_SHARED_SHAPE = 4
"""Clusterings in coordinates in which their own clusters are round, and their rounds."""

N_CONVERGED = 4
"""Short runs that go on until they nearly converge."""

N_SEARCHES = 2
"""Optima from which moves are made, at most."""

MAX_COST_OF_MOVES = 300_000_000
MAX_PASSES_OF_MOVES = 5
"""Multiply-adds of moves at most, and passes over all rows that they may cost besides."""

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
    """The start of a run: the best of several short runs on a part of the rows, after moves.

    Clusterings are in coordinates in which the clusters of the structure are round, and EM itself
    does not depend on units: rows that are rescaled, or turned where the structure turns with
    them, start alike.

    Parameters
    ----------
    data : MixtureData
    n_components : int
    random_state : numpy.random.RandomState or numpy.random.Generator
        A seed is drawn before this returns.

    Returns
    -------
    begin : callable
        ``begin(kernel)`` sets the parameters of a fitter and returns the mean log-likelihoods that
        the short runs reached, in nats; none if there was no short run.
    """
    if n_components == 1:
        return partial(_start_from_labels, np.zeros(len(data.X), dtype=np.int32))
    most = MAX_COST_OF_FACTORISATIONS // max(data.factorisation_cost(n_components), 1)
    no_short_run = most < 2
    X, weights = _some_rows(data, n_components, random_state, no_short_run)
    part = data.part(X, weights)
    seed = _draw_seed(random_state)
    if no_short_run:
        return partial(_start_from_clustering, data, part, n_components, seed)
    n_runs = _n_short_runs(data, part, n_components, most)
    return partial(_start_from_best, data, part, n_components, n_runs, seed)


def _draw_seed(random_state):
    draw = getattr(random_state, "integers", None) or random_state.randint
    return int(draw(2**31 - 1))


def _n_short_runs(data, part, n_components, most):
    """The number of short runs; `most` is the number that factorisations allow."""
    n_parts = len(data.X) // len(part.X)
    if n_parts < MIN_PARTS:
        cost = part.cost(n_components) + data.factorisation_cost(n_components)
        n_runs = min(n_components * (n_components - 1), MAX_COST_OF_CHEAP_PASSES // cost)
    else:
        n_runs = n_parts // PARTS_PER_SHORT_RUN
    return min(max(n_runs, MIN_SHORT_RUNS), MAX_SHORT_RUNS, most)


def _some_rows(data, n_components, random_state, no_short_run):
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


class _Clusterings:
    """Clusterings of the rows of a part, in coordinates in which clusters are round.

    Parameters
    ----------
    part : MixtureData
    n_clusters : int
    random_state : numpy.random.RandomState
    """

    def __init__(self, part, n_clusters, random_state):
        self._part, self._n_clusters, self._random_state = part, n_clusters, random_state
        mean, covariance = covariance_of(part.X, part.sample_weight)
        self._centered = part.X - mean
        self._round = self._centered @ part.structure.round_coordinates(covariance)
        scales = np.sqrt(np.diagonal(covariance))
        self._standard = self._centered / np.where(scales > 0, scales, 1.0)
        self.n_round_features = self._round.shape[1]

    def of_all_features(self, n_runs, n_iters):
        """Several clusterings from greedy k-means++ seeds.

        Clusters of the nearest seed cut through no stretched cluster; iterations tell round
        clusters apart.

        Parameters
        ----------
        n_runs : int
        n_iters : list of int
            Iterations of k-means after the seeds, for the runs in turn.

        Returns
        -------
        labelings : list of ndarray of shape (n_samples,), int32
        inertias : list of float
        """
        return self._cluster(self._round, [n_iters[i % len(n_iters)] for i in range(n_runs)])

    def of_standard_features(self, n_runs):
        """Clusterings of features in their standard deviations, whatever the structure."""
        return self._cluster(self._standard, n_runs * [N_LLOYD_ITERATIONS])[0]

    def of_directions(self, n_directions):
        """A clustering along each of the directions in which rows fall into groups."""
        directions = directions_of_groups(self._round, self._random_state, 2 * n_directions)
        along = self._round @ directions[:, :n_directions]
        return [
            self._cluster(np.ascontiguousarray(column)[:, np.newaxis], [N_LLOYD_ITERATIONS_ALONE])[
                0
            ][0]
            for column in along.T
        ]

    def of_shared_shape(self):
        """A clustering in coordinates in which the rows of its own clusters are round."""
        labels = self._cluster(self._round, [N_LLOYD_ITERATIONS])[0][0]
        weights = self._part.sample_weight
        for _ in range(N_ROUNDS_OF_SHARED_SHAPE):
            means = np.stack(
                [
                    np.average(
                        self._centered[labels == k],
                        axis=0,
                        weights=None if weights is None else weights[labels == k],
                    )
                    if (labels == k).any()
                    else np.zeros(self._centered.shape[1])
                    for k in range(self._n_clusters)
                ]
            )
            _, within = covariance_of(self._centered - means[labels], weights)
            round_rows = self._centered @ self._part.structure.round_coordinates(within)
            if round_rows.shape[1] == 0:
                break
            labels = self._cluster(round_rows, [N_LLOYD_ITERATIONS])[0][0]
        return labels

    def _cluster(self, Z, n_iters):
        clusters = DenseData(Z, self._part.sample_weight, self._n_clusters, self._part.n_threads)
        clusters.describe()
        n_clusters, n_trials = self._n_clusters, n_trials_for(self._n_clusters)
        passes = clusters.passes(clusters.n_threads, "lloyd")
        seeding = clusters.seeding(n_trials, clusters.n_threads)
        seeds = np.empty(n_clusters, dtype=np.intp)
        labelings, inertias = [], []
        for n_iter in n_iters:
            labels = np.empty(len(Z), dtype=np.int32)
            draws = self._random_state.uniform(size=1 + (n_clusters - 1) * n_trials)
            seeding.run(draws, seeds)
            if n_iter:
                inertia, _ = passes.run(clusters.take(seeds), labels, n_iter, 0.0)
            else:
                inertia = passes.label(clusters.take(seeds), labels)
            labelings.append(labels)
            inertias.append(inertia)
        return labelings, inertias


# Beginnings of the run that follows


def _start_from_labels(labels, kernel):
    kernel.start(labels=labels)
    return StartReport()


def _start_from_clustering(data, part, n_components, seed, kernel):
    """Start from the best of some clusterings of a part of the rows, or of all rows."""
    clusterings = _Clusterings(part, n_components, np.random.RandomState(seed))
    labelings, inertias = clusterings.of_all_features(N_CLUSTERINGS, [N_LLOYD_ITERATIONS_ALONE])
    labels = labelings[np.argmin(inertias)]
    if part is data:
        return _start_from_labels(labels, kernel)
    fitter = part.fitter(n_components)
    fitter.start(labels=labels)
    data.use(kernel, part.parameters(fitter))
    return StartReport()


def _start_from_best(data, part, n_components, n_runs, seed, kernel):
    """Start from the best short run, after moves; returns a `StartReport`."""
    random_state = np.random.RandomState(seed)
    labelings = _labelings(part, n_components, n_runs, random_state)
    starts = [partial(_start_from_labels, labels) for labels in labelings]
    fits = _run_shortly(part, n_components, starts, N_SHORT_ITERATIONS, TOL_IN_NATS)
    best = list(range(len(fits)))
    for n_best, n_iter, tol in (
        (max(1, len(fits) // 2), N_LONGER_ITERATIONS, TOL_IN_NATS),
        (min(N_CONVERGED, len(best)), N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS),
    ):
        n_best = min(n_best, len(best))
        best = [best[i] for i in _best_of([fits[i] for i in best], n_best)]
        starts = [partial(part.use, parameters=fits[i].parameters) for i in best]
        for i, fit in zip(best, _run_shortly(part, n_components, starts, n_iter, tol), strict=True):
            fits[i] = fit
    best = _distinct(fits, best)
    optima = [fits[i].bound for i in best]
    budget = MAX_COST_OF_MOVES + MAX_PASSES_OF_MOVES * data.cost(n_components)
    best = best[:N_SEARCHES]
    for i in best:
        fits[i] = improve(part, fits[i], random_state, budget / len(best))
    optima += [fits[i].bound for i in best]
    data.use(kernel, fits[_distinct(fits, best)[0]].parameters)
    return StartReport([fit.bound for fit in fits], distinct_bounds(optima))


def _labelings(part, n_components, n_runs, random_state):
    """Labels to start from: clusterings in several coordinates."""
    clusterings = _Clusterings(part, n_components, random_state)
    labelings, _ = clusterings.of_all_features(n_runs, [N_LLOYD_ITERATIONS, 0])
    if clusterings.n_round_features > 1:
        labelings += clusterings.of_standard_features(N_STANDARD)
        labelings += clusterings.of_directions(N_DIRECTIONS)
        labelings += [clusterings.of_shared_shape() for _ in range(N_SHARED_SHAPES)]
    return labelings


def _distinct(fits, among):
    """Indices of fits that are not the same optimum as a better one, the best first.

    Parameters
    ----------
    fits : list of Fit
    among : list of int
        Indices of the ones that nearly converged.
    """
    kept = []
    for i in sorted(among, key=lambda i: fits[i].score, reverse=True):
        if all(
            fits[i].n_few != fits[k].n_few or fits[k].bound - fits[i].bound > SAME_OPTIMUM_IN_NATS
            for k in kept
        ):
            kept.append(i)
    return kept


def _run_shortly(data, n_components, starts, n_iter, tol):
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


def _best_of(runs, n):
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
