"""Moves out of local optima: two components become one, and one becomes two (SMEM) [1]_.

EM ends where no small change helps. Most poor optima have two components on one cluster and one
component on two clusters, or two clusters cut in the wrong direction. Moves are scored on a few
rows: a merger by the likelihood that it loses, a split by the likelihood that two components gain
over one on the rows of a component. The best moves are tried, with iterations of EM after each, and
one is kept if the likelihood of all rows is higher and no further component collapsed.

References
----------
.. [1] N. Ueda, R. Nakano, Z. Ghahramani and G. E. Hinton, "SMEM algorithm for mixture models",
   Neural Computation 12, 2000.
"""

from typing import NamedTuple

import numpy as np

from .answers import read_log_prob, read_resp_and_log_prob
from .fits import fit_from
from .geometry import covariance_of, halvings
from .parameters import Parameters

__all__ = [
    "MAX_HALVED",
    "MIN_GAIN_IN_NATS",
    "N_ITER_OF_TRIAL",
    "TOL_OF_TRIAL_IN_NATS",
    "Halves",
    "improve",
    "overlapping_pairs",
]

N_TRIALS = 5
"""Moves that are tried before the search ends."""

MIN_GAIN_IN_NATS = 1e-4
"""A move is kept if it gains more, in the mean log-likelihood of a row."""

MIN_SCORE_IN_NATS = -0.02
"""Moves of a lower score, per row, are not tried. Scores are of hard assignments: too low."""

MAX_HALVED = 24
"""Components, and pairs of components, that are scored for one move."""

N_ITER_OF_SPLIT = 8
"""Iterations of EM of two components on the rows of one."""

N_ITER_OF_TRIAL = 100
"""Iterations of EM after a move."""

TOL_OF_SPLIT_IN_NATS = 1e-2
TOL_OF_TRIAL_IN_NATS = 2e-4
"""Gains still to come at which these iterations end."""


class _Move(NamedTuple):
    """Two components of a mixture, which replace two of it after a third took the rest."""

    score: float
    merged: tuple
    """Indices of the two components that become one."""
    split: int
    """Index of the component that becomes two; one of the merged ones if these are cut anew."""
    one: Parameters
    two: Parameters


def improve(data, fit, random_state, budget):
    """Make moves until none of the best ones helps, or the budget is spent.

    Parameters
    ----------
    data : MixtureData
        The rows that count.
    fit : Fit
        Nearly converged.
    random_state : numpy.random.RandomState
    budget : float
        Multiply-adds to spend.

    Returns
    -------
    fit : Fit
        Never worse than the first.
    """
    n_components = len(fit.parameters.weights)
    fitter = data.fitter(n_components)
    cost = data.cost(n_components) + data.factorisation_cost(n_components)
    halves = Halves(data, random_state)
    while budget > 0:
        moves = _moves(data, fit.parameters, halves)
        budget -= halves.spent() + cost
        for move in moves[:N_TRIALS]:
            parameters = _apply(data.structure, fit.parameters, move)
            trial = fit_from(
                data,
                fitter,
                lambda kernel, at=parameters: data.use(kernel, at),
                N_ITER_OF_TRIAL,
                TOL_OF_TRIAL_IN_NATS,
            )
            budget -= cost * fitter.n_iter
            gains = trial.score > (-fit.n_few, fit.bound + MIN_GAIN_IN_NATS)
            if gains and trial.n_collapsed <= fit.n_collapsed:
                fit = trial
                break
        else:
            break
    return fit


class Halves:
    """One and two components on some of the rows; the same rows are not looked at twice."""

    def __init__(self, data, random_state):
        self._data = data
        self._random_state = random_state
        self._known = {}
        self._cost = 0

    def spent(self):
        """Multiply-adds since the last call."""
        cost, self._cost = self._cost, 0
        return cost

    def of(self, rows):
        """One component on rows, two components on them, and the gain of the two in nats.

        Parameters
        ----------
        rows : ndarray of shape (n_samples,), bool

        Returns
        -------
        one, two : Parameters
        gain : float
            Times the weight of the rows. Minus infinity, and no `two`, if there are too few rows.
        """
        key = rows.tobytes()
        if key not in self._known:
            self._known[key] = self._find(rows)
        return self._known[key]

    def _find(self, rows):
        data = self._data
        X = np.ascontiguousarray(data.X[rows])
        weights = None if data.sample_weight is None else data.sample_weight[rows]
        if len(X) < 2:
            return None, None, -np.inf
        part = data.subset(X, weights)
        labels = np.zeros(len(X), dtype=np.int32)
        one = fit_from(part, part.fitter(1), lambda kernel: kernel.start(labels=labels), 1, 0.0)
        if len(X) < 2 * (data.structure.n_matrices(1) * X.shape[1] + 2):
            return one.parameters, None, -np.inf
        mean, covariance = covariance_of(X, weights)
        Z = (X - mean) @ data.structure.round_coordinates(covariance)
        if Z.shape[1] == 0:
            return one.parameters, None, -np.inf
        fitter, best = part.fitter(2), None
        for cut in halvings(Z, self._random_state):
            two = fit_from(
                part,
                fitter,
                lambda kernel, at=cut: kernel.start(labels=at),
                N_ITER_OF_SPLIT,
                TOL_OF_SPLIT_IN_NATS,
            )
            self._cost += part.cost(2) * fitter.n_iter + part.factorisation_cost(2)
            if two.n_few == 0 and (best is None or two.bound > best.bound):
                best = two
        if best is None:
            return one.parameters, None, -np.inf
        return one.parameters, best.parameters, part.total_weight * (best.bound - one.bound)


def _moves(data, parameters, halves):
    """Moves from a mixture, the most promising first."""
    resp, log_prob = read_resp_and_log_prob(data.scorer(parameters))
    weights = 1.0 if data.sample_weight is None else data.sample_weight
    labels = resp.argmax(axis=1)
    n_components = resp.shape[1]
    largest = np.argsort(-np.bincount(labels, minlength=n_components), kind="stable")
    splits = [(int(k), *halves.of(labels == k)) for k in largest[:MAX_HALVED]]
    moves = []
    for i, j in overlapping_pairs(resp):
        one, two, gain = halves.of((labels == i) | (labels == j))
        if one is None:
            continue
        merged = read_log_prob(data.scorer(one._replace(weights=np.ones(1))))
        merged += np.log(max(parameters.weights[i] + parameters.weights[j], 1e-300))
        rest = np.maximum(1 - resp[:, i] - resp[:, j], 0.0)
        with np.errstate(divide="ignore"):
            loss = -np.sum(weights * np.log(rest + np.exp(np.minimum(merged - log_prob, 700.0))))
        if two is not None:
            moves.append(_Move(gain - loss, (i, j), i, one, two))
        for k, _, two_of_k, gain_of_k in splits:
            if k not in (i, j) and two_of_k is not None:
                moves.append(_Move(gain_of_k - loss, (i, j), k, one, two_of_k))
    lowest = MIN_SCORE_IN_NATS * data.total_weight
    moves = [move for move in moves if move.score > lowest]
    return sorted(moves, key=lambda move: -move.score)


def overlapping_pairs(resp):
    """Pairs of components that share rows, the largest shares first."""
    n_components = resp.shape[1]
    overlap = np.tril(resp.T @ resp, -1)
    rows, columns = np.tril_indices(n_components, -1)
    order = np.argsort(-overlap[rows, columns], kind="stable")
    order = order[: min(2 * n_components, MAX_HALVED)]
    return [(int(rows[i]), int(columns[i])) for i in order]


def _apply(structure, parameters, move):
    """The parameters of a mixture after a move."""
    weights, means = parameters.weights.copy(), parameters.means.copy()
    matrices = parameters.covariances, parameters.precisions_cholesky
    i, j = move.merged
    freed = weights[i] + weights[j]
    if move.split == i:
        shared = freed
    else:
        shared = weights[move.split]
        weights[i], means[i] = freed, move.one.means[0]
        matrices = structure.put(*matrices, [i], move.one.covariances, move.one.precisions_cholesky)
    slots = [move.split, j]
    weights[slots], means[slots] = shared * move.two.weights, move.two.means
    matrices = structure.put(*matrices, slots, move.two.covariances, move.two.precisions_cholesky)
    return Parameters(weights / weights.sum(), means, *matrices)
