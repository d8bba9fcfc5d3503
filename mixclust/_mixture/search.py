"""The search for the best optimum, from which a run of EM starts.

Rounds of clusterings, in coordinates in which the clusters of the structure are round and along
directions in which rows fall into groups, start short runs of EM (em-EM [1]_). The best ones of a
round go on until they nearly converge. Rounds end when several runs met the best optimum. Then
`split_merge` and `perturbations` look for better optima nearby.

References
----------
.. [1] C. Biernacki, G. Celeux and G. Govaert, "Choosing starting values for the EM algorithm for
   getting the highest likelihood in multivariate Gaussian mixture models", Computational
   Statistics & Data Analysis 41, 2003.
"""

from functools import partial

import numpy as np

from .._inputs.random import draw_seed, lent_random_state
from .._kmeans.dense_data import DenseData
from .data import MixtureData
from .fits import N_ITER_OF_TRIAL, SAME_BOUND_IN_NATS, TOL_OF_TRIAL_IN_NATS
from .geometry import cut_across, directions_of_groups
from .perturbations import perturb
from .report import SAME_OPTIMUM_IN_NATS, StartReport
from .short_runs import (
    best_of,
    clusterings,
    n_affordable_runs,
    run_shortly,
    some_rows,
    start_from_clusterings,
    start_from_labels,
)
from .split_merge import Halves, improve
from .structures import Full

__all__ = ["start_from_search"]

# Clusterings of a round.

N_ROUND = 4
"""Clusterings in round coordinates."""

N_WHITE = 1
"""Clusterings of whitened rows, in which no feature or direction counts more than another."""

MAX_FEATURES_TO_WHITEN = 64
"""Features up to which rows are whitened for structures without covariance matrices: the
eigenvectors of more features would take longer than the search."""

N_DIRECTIONS = 3
"""Directions along which rows are clustered."""

N_LLOYD_ITERATIONS = 3
"""Iterations of k-means; every other clustering in round coordinates takes the nearest seeds."""

N_LLOYD_ITERATIONS_ALONG = 10
"""Iterations of k-means along a direction."""

# Rounds.

MAX_ROUNDS = 4
"""Rounds at most."""

N_AGREEING = 3
"""Runs that met the best optimum: no further round follows."""

N_SHORT_ITERATIONS = 5
"""Iterations of EM from each clustering."""

N_CONVERGED = 4
"""Runs of a round that go on until they nearly converge."""

SHARE_OF_CONVERGED = 0.3
"""Of the cost that is left: these runs take no more, so that something is left for moves."""

MIN_ITER_OF_CONVERGED = 15
"""Iterations of these runs at least, where more cost too much."""

N_IMPROVED = 4
"""Optima that moves of components improve; one if the best one is sure."""

N_AGREEING_AFTER_MOVES = 2
"""Optima from which moves led to the best one: it counts as sure."""

N_PERTURBED = 4
"""Improved optima near which random moves look for better ones."""

FAILURES_PER_COMPONENT = 25
MAX_FAILURES = 80
"""Random moves in a row without a gain, after which the search ends; if runs agreed, as many as
there are components, less one."""

MAX_LOSS_IF_SURE_IN_NATS = 0.2
"""Loss of the mean log-likelihood of a row by a merger that a split may make up for, if runs
agreed."""

# Cost, in multiply-adds.

MAX_COST = 6_000_000_000
"""Of the search, for any number of rows, if passes are cheap."""

MAX_COST_OF_CHEAP_PASS = 4_000_000
"""Of a pass over the part and its factorisations; the search costs less if a pass costs more."""

MAX_PASSES = 5
"""Passes over all rows that the search may cost besides."""


def start_from_search(data, n_components, random_state):
    """The start of a run: the best optimum of all or a part of the rows that a search finds.

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
    if n_components == 1:
        return partial(start_from_labels, np.zeros(len(data.X), dtype=np.int32))
    most = n_affordable_runs(data, n_components)
    if most < 2:
        return start_from_clusterings(data, n_components, random_state)
    X, weights = some_rows(data, n_components, random_state, False)
    part = data.part(X, weights)
    if (data.floor < data.rescue).any():  # else spikes on a few rows look like good optima
        part = MixtureData(X, weights, data.structure, data.n_threads)
        part.describe("auto")
        part.noise_box, part.prior = data.noise_box, data.prior
    return _Search(data, part, n_components, most, draw_seed(random_state)).begin


class _Search:
    """A search for the best optimum of a part of the rows.

    Parameters
    ----------
    data, part : MixtureData
        All rows, and the ones that the search looks at.
    n_components : int
    most : int
        Runs at most in all rounds.
    seed : int
    """

    def __init__(self, data, part, n_components, most, seed):
        self._data, self._part, self._n_components, self._most = data, part, n_components, most
        self._seed = seed
        self._cost = part.cost_of_iteration(n_components)

    def begin(self, kernel):
        """Start a run from the best optimum that was found; returns a `StartReport`."""
        self._budget = MAX_COST * min(1.0, MAX_COST_OF_CHEAP_PASS / self._cost)
        self._budget += MAX_PASSES * self._data.cost(self._n_components)
        self._whole_budget, self._is_to_end = self._budget, False
        self._scores, self._ends = [], []
        with lent_random_state(self._seed) as random_state:
            chosen, is_sure = self._make_rounds(random_state)
            self._move(chosen, is_sure, random_state)
        optima = distinct(self._ends)
        self._data.use(kernel, optima[0][0].parameters)
        # Bounds of optima with more components on few rows say nothing beside these.
        like_best = [fit.bound for fit, _ in optima if fit.n_few == optima[0][0].n_few]
        return StartReport(self._scores, like_best)

    def _make_rounds(self, random_state):
        """Make rounds; returns the best optima, and whether runs agreed on the first."""
        made = _Clusterings(self._part, self._n_components, random_state)
        for _ in range(MAX_ROUNDS):
            self._make_round(made.labelings()[: self._most - len(self._scores)])
            optima = distinct(self._ends)
            best, n_met = optima[0]
            is_sure = n_met >= N_AGREEING and best.n_few == 0
            self._show(f"{len(self._scores)} short runs", optima)
            if is_sure or self._is_to_end or self._budget <= 0 or len(self._scores) >= self._most:
                break
        return [fit for fit, _ in optima[: 1 if is_sure else N_IMPROVED]], is_sure

    def _move(self, chosen, is_sure, random_state):
        """Look for better optima near the chosen ones."""
        n_failures = min(FAILURES_PER_COMPONENT * self._n_components, MAX_FAILURES)
        max_loss = np.inf
        if is_sure:
            n_failures, max_loss = self._n_components - 1, MAX_LOSS_IF_SURE_IN_NATS
        halves, improved, optima = Halves(self._part, random_state), [], []
        for i, fit in enumerate(chosen):
            if self._is_to_end:
                break
            budget = self._budget / (len(chosen) + 1 - i)
            fit, cost = improve(self._part, fit, halves, budget, max_loss)
            self._budget -= cost
            improved.append(fit)
            optima = distinct(improved)
            self._show(f"moves from optimum {i + 1} of {len(chosen)}", optima)
            if optima[0][1] >= N_AGREEING_AFTER_MOVES and optima[0][0].n_few == 0:
                n_failures = self._n_components - 1
                break
        perturbed = [fit for fit, _ in optima[:N_PERTURBED]]
        for i, fit in enumerate(perturbed):
            if self._is_to_end:
                break
            budget = self._budget / min(2, len(perturbed) - i)
            fit, cost = perturb(self._part, fit, random_state, budget, n_failures)
            self._budget -= cost
            self._ends.append(fit)
            best = distinct([*improved, *self._ends])
            self._show(f"random moves from optimum {i + 1} of {len(perturbed)}", best)
        self._ends += improved

    def _show(self, step, optima):
        """Tell of a step where somebody watches, who may ask for the end of the search."""
        if self._data.show_step is not None:
            best = optima[0][0]
            share = max(0.01, min(0.99, 1 - self._budget / self._whole_budget))
            ends = self._data.show_step(step, share, best.bound, best.parameters)
            self._is_to_end = self._is_to_end or ends

    def _make_round(self, labelings):
        """Make short runs from clusterings, and let the best of them nearly converge."""
        starts = [partial(start_from_labels, labels) for labels in labelings]
        fits = run_shortly(self._part, self._n_components, starts, N_SHORT_ITERATIONS)
        best = best_of(fits, min(N_CONVERGED, len(fits)))
        starts = [partial(self._part.use, parameters=fits[i].parameters) for i in best]
        self._budget -= self._cost * N_SHORT_ITERATIONS * len(fits)
        n_iter = SHARE_OF_CONVERGED * max(0, self._budget) // (self._cost * len(best))
        n_iter = int(min(max(n_iter, MIN_ITER_OF_CONVERGED), N_ITER_OF_TRIAL))
        ends = run_shortly(self._part, self._n_components, starts, n_iter, TOL_OF_TRIAL_IN_NATS)
        for i, fit in zip(best, ends, strict=True):
            fits[i] = fit
            self._budget -= self._cost * fit.n_iter
        self._scores += [fit.bound for fit in fits]
        self._ends += ends


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
        self._rows = part.round_rows
        if self._rows.shape[1] == 0:  # all rows are alike
            self._rows = (part.X - part.shift) / part.scales
        self._round = self._clusters(self._rows)
        self._white = self._round
        is_white = part.structure.n_matrices(1) > 0
        if not is_white and part.X.shape[1] <= MAX_FEATURES_TO_WHITEN:
            white = part.with_structure(Full).round_rows
            self._white = self._clusters(white) if white.shape[1] else self._round

    def labelings(self):
        """Labels of a round of clusterings.

        Clusters of the nearest seed cut through no stretched cluster; iterations tell round
        clusters apart.
        """
        n_iters = [N_LLOYD_ITERATIONS if i % 2 == 0 else 0 for i in range(N_ROUND)]
        if self._rows.shape[1] == 1:
            return self._labels(self._round, n_iters)
        of_white = N_WHITE * [N_LLOYD_ITERATIONS]
        if self._white is self._round:
            labelings = self._labels(self._round, n_iters + of_white)
        else:
            labelings = self._labels(self._round, n_iters) + self._labels(self._white, of_white)
        return labelings + self._along_directions()

    def _along_directions(self):
        """A clustering along each direction in which rows fall into groups.

        For two components with a covariance matrix each, also a cut that tells crossing groups
        apart.
        """
        directions = directions_of_groups(self._rows, self._random_state, 2 * N_DIRECTIONS)
        along = self._rows @ directions[:, :N_DIRECTIONS]
        labelings = []
        for column in along.T[:, :, np.newaxis]:
            clusters = self._clusters(np.ascontiguousarray(column))
            labelings += self._labels(clusters, [N_LLOYD_ITERATIONS_ALONG])
        if self._part.structure.n_matrices(self._n_clusters) == 2:
            labelings.append(cut_across(self._rows, directions))
        return labelings

    def _clusters(self, Z):
        clusters = DenseData(Z, self._part.sample_weight, self._n_clusters, self._part.n_threads)
        clusters.describe_about_origin()
        return clusters

    def _labels(self, clusters, n_iters):
        """Labels of a clustering for each number of iterations of k-means."""
        return list(clusterings(clusters, n_iters, self._random_state)[0])


def distinct(fits):
    """Distinct optima, the best first, and how many of the fits met each.

    Parameters
    ----------
    fits : list of Fit
        That nearly converged.

    Returns
    -------
    optima : list of tuple of Fit and int
    """
    kept = []
    for fit in sorted(fits, key=lambda fit: fit.score, reverse=True):
        if kept:
            best, n_met = kept[-1]
            if fit.n_few == best.n_few and best.bound - fit.bound <= SAME_OPTIMUM_IN_NATS:
                kept[-1] = best, n_met + 1
                continue
        kept.append((fit, 1))
    best, n_met = kept[0]
    same = (fit for fit in fits if fit.score >= (-best.n_few, best.bound - SAME_BOUND_IN_NATS))
    kept[0] = next(same), n_met
    return kept
