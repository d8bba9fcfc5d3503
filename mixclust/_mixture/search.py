"""A search for the best optimum: short runs from many clusterings, then moves between optima.

Clusterings are made in coordinates in which the clusters of the structure are round, along
directions in which rows fall into groups, and in coordinates in which the rows of the clusters
themselves are round. The best short runs go on until they nearly converge, and `split_merge` makes
moves from the best optima.
"""

from functools import partial

import numpy as np

from .._kmeans.dense_data import DenseData
from .geometry import covariance_of, directions_of_groups
from .report import SAME_OPTIMUM_IN_NATS, StartReport
from .short_runs import (
    TOL_IN_NATS,
    best_of,
    clusterings,
    n_affordable_runs,
    run_shortly,
    some_rows,
    start_from_labels,
    start_from_short_runs,
)
from .split_merge import N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS, improve

__all__ = ["start_from_search"]

# How many clusterings of each kind.

MAX_ROUND = 20
"""Clusterings in round coordinates: one for each ordered pair of components up to this number."""

MIN_ROUND = 4
"""Clusterings in round coordinates at least."""

N_STANDARD = 3
"""Clusterings of standardised features."""

N_DIRECTIONS = 3
"""Directions along which rows are clustered."""

N_SHARED_SHAPES = 2
"""Clusterings in coordinates in which their own clusters are round."""

N_ROUNDS_OF_SHARED_SHAPE = 4
"""Times that these coordinates are derived from the clusters before."""

# How long each run is.

N_LLOYD_ITERATIONS = 3
"""Iterations of k-means; every other clustering in round coordinates takes the nearest seeds."""

N_LLOYD_ITERATIONS_ALONG = 20
"""Iterations of k-means along a direction."""

N_SHORT_ITERATIONS = 5
"""Iterations of EM from each clustering."""

N_LONGER_ITERATIONS = 15
"""Iterations of EM that follow for the better half."""

N_CONVERGED = 4
"""Runs that go on until they nearly converge."""

# Moves.

N_SEARCHES = 2
"""Optima from which moves are made, at most."""

MAX_COST_OF_MOVES = 300_000_000
"""Multiply-adds of moves, for any number of rows."""

MAX_PASSES_OF_MOVES = 5
"""Passes over all rows that moves may cost besides."""


def start_from_search(data, n_components, random_state):
    """The start of a run: the best optimum of a part of the rows that a search finds.

    Parameters
    ----------
    data : MixtureData
    n_components : int
    random_state : numpy.random.RandomState or numpy.random.Generator
        The rows and a seed are drawn before this returns.

    Returns
    -------
    begin : callable
        ``begin(kernel)`` sets the parameters of a fitter and returns a `StartReport`.
    """
    if n_components == 1 or n_affordable_runs(data, n_components) < MIN_ROUND:
        return start_from_short_runs(data, n_components, random_state)
    part = data.part(*some_rows(data, n_components, random_state, False))
    draw = getattr(random_state, "integers", None) or random_state.randint
    return partial(_start_from_best, data, part, n_components, int(draw(2**31 - 1)))


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
        self._standard = self._centered / part.scales
        if self._round.shape[1] == 0:  # all rows are alike
            self._round = self._standard
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
        """
        return self._cluster(self._round, [n_iters[i % len(n_iters)] for i in range(n_runs)])

    def of_standard_features(self, n_runs):
        """Clusterings of features in their standard deviations, for any structure."""
        return self._cluster(self._standard, n_runs * [N_LLOYD_ITERATIONS])

    def of_directions(self, n_directions):
        """A clustering along each of the directions in which rows fall into groups."""
        directions = directions_of_groups(self._round, self._random_state, 2 * n_directions)
        along = self._round @ directions[:, :n_directions]
        return [
            self._cluster(np.ascontiguousarray(column), [N_LLOYD_ITERATIONS_ALONG])[0]
            for column in along.T[:, :, np.newaxis]
        ]

    def of_shared_shape(self):
        """A clustering in coordinates in which the rows of its own clusters are round."""
        labels = self._cluster(self._round, [N_LLOYD_ITERATIONS])[0]
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
            labels = self._cluster(round_rows, [N_LLOYD_ITERATIONS])[0]
        return labels

    def _cluster(self, Z, n_iters):
        """Labels of a clustering for each number of iterations of k-means."""
        clusters = DenseData(Z, self._part.sample_weight, self._n_clusters, self._part.n_threads)
        labelings, _ = clusterings(clusters, n_iters, self._random_state)
        return list(labelings)


def _start_from_best(data, part, n_components, seed, kernel):
    """Start from the best optimum that was found; returns a `StartReport`."""
    random_state = np.random.RandomState(seed)
    labelings = _labelings(part, n_components, random_state)
    starts = [partial(start_from_labels, labels) for labels in labelings]
    fits = run_shortly(part, n_components, starts, N_SHORT_ITERATIONS)
    best = list(range(len(fits)))
    for n_best, n_iter, tol in (
        (len(fits) // 2, N_LONGER_ITERATIONS, TOL_IN_NATS),
        (N_CONVERGED, N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS),
    ):
        n_best = max(1, min(n_best, len(best)))
        best = [best[i] for i in best_of([fits[i] for i in best], n_best)]
        starts = [partial(part.use, parameters=fits[i].parameters) for i in best]
        for i, fit in zip(best, run_shortly(part, n_components, starts, n_iter, tol), strict=True):
            fits[i] = fit
    best = _distinct(fits, best)
    optima = [fits[i].bound for i in best]
    budget = MAX_COST_OF_MOVES + MAX_PASSES_OF_MOVES * data.cost(n_components)
    best = best[:N_SEARCHES]
    for i in best:
        fits[i] = improve(part, fits[i], random_state, budget / len(best))
    optima += [fits[i].bound for i in best]
    data.use(kernel, fits[_distinct(fits, best)[0]].parameters)
    return StartReport([fit.bound for fit in fits], _distinct_bounds(optima))


def _labelings(part, n_components, random_state):
    """Labels to start from: clusterings in several coordinates."""
    made = _Clusterings(part, n_components, random_state)
    n_round = min(max(n_components * (n_components - 1), MIN_ROUND), MAX_ROUND)
    labelings = made.of_all_features(n_round, [N_LLOYD_ITERATIONS, 0])
    if made.n_round_features > 1:
        labelings += made.of_standard_features(N_STANDARD)
        labelings += made.of_directions(N_DIRECTIONS)
        labelings += [made.of_shared_shape() for _ in range(N_SHARED_SHAPES)]
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


def _distinct_bounds(bounds):
    """Bounds that differ from all larger ones by more than `SAME_OPTIMUM_IN_NATS`."""
    kept = []
    for bound in sorted(bounds, reverse=True):
        if not kept or kept[-1] - bound > SAME_OPTIMUM_IN_NATS:
            kept.append(bound)
    return kept
