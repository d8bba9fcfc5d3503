"""Moves out of local optima: two components become one, and one becomes two (SMEM) [1]_.

EM ends where no small change helps. Most poor optima have two components on one cluster and one
component on two clusters. A move is scored by a bound of the log-likelihood that a merger loses,
and the one that two components gain over one on the rows of a component. The best moves are tried,
with iterations of EM after each, and one is kept if the likelihood is higher and no further
component collapsed.

References
----------
.. [1] N. Ueda, R. Nakano, Z. Ghahramani and G. E. Hinton, "SMEM algorithm for mixture models",
   Neural Computation 12, 2000.
"""

from typing import NamedTuple

import numpy as np

from .answers import read_resp_and_log_prob
from .fits import SAME_BOUND_IN_NATS, fit_from, trials_from
from .geometry import halvings
from .mergers import cheapest_mergers, losses_apart
from .parameters import Parameters

__all__ = ["MAX_HALVED", "Halves", "improve"]

N_TRIALS = 4
"""Moves that are tried before the search ends."""

MAX_HALVED = 24
"""Components that may be split in one move."""

N_ITER_OF_SPLIT = 12
"""Iterations of EM of two components on the rows of one, at most."""

TOL_OF_SPLIT_IN_NATS = 2e-3
"""Gain still to come at which these iterations end."""


class _Move(NamedTuple):
    """Two components of a mixture become one, and the rows of one component two."""

    score: float
    """Estimated gain of the log-likelihood in nats."""
    merged: tuple
    """Indices of the two components that become one."""
    split: int
    """Index of the component that becomes two."""
    two: Parameters
    """The two components, fitted to the rows of the one."""


def improve(data, fit, halves, budget, max_loss=np.inf):
    """Make moves until none of the best ones helps, or the budget is spent.

    Parameters
    ----------
    data : MixtureData
        The rows that count.
    fit : Fit
        Nearly converged.
    halves : Halves
        Of the data. Components that an earlier call has split on the same rows cost nothing.
    budget : float
        Multiply-adds to spend.
    max_loss : float
        Loss of the mean log-likelihood of a row, in nats. If every merger loses more, no split is
        expected to make up for it.

    Returns
    -------
    fit : Fit
        Never worse than the first.
    cost : float
        Multiply-adds that were spent.
    """
    n_components = len(fit.parameters.weights)
    cost_of_pass = data.cost_of_iteration(n_components)
    # Halves count the cost of all calls: the cost of the earlier ones is subtracted.
    cost, gains = -halves.cost, n_components > 2
    while gains and cost + halves.cost < budget:
        losses = losses_apart(data, fit.parameters)
        if losses.min() > max_loss:
            break
        resp, _ = read_resp_and_log_prob(data.scorer(fit.parameters))
        moves = _moves(data, n_components, losses, resp, halves, max_loss)
        moved = [_apply(data, resp, move) for move in moves[:N_TRIALS]]
        best, n_passes = trials_from(data, moved, fit)
        cost += cost_of_pass * (n_passes + 1)
        fit, gains = best, best is not fit
    return fit, cost + halves.cost


class Halves:
    """Two components in place of one, on its rows; the same rows are not looked at twice.

    Parameters
    ----------
    data : MixtureData
    random_state : numpy.random.RandomState

    Attributes
    ----------
    cost : float
        Multiply-adds that were spent.
    """

    def __init__(self, data, random_state):
        self._data = data
        self._random_state = random_state
        self._known = {}
        self.cost = 0.0

    def of(self, rows):
        """Two components on rows, and their gain over one in nats.

        Parameters
        ----------
        rows : ndarray of shape (n_samples,), bool

        Returns
        -------
        two : Parameters or None
            None if there are too few rows.
        gain : float
            Times the weight of the rows.
        """
        key = rows.tobytes()
        if key not in self._known:
            self._known[key] = self._find(rows)
        return self._known[key]

    def _find(self, rows):
        data = self._data
        n_rows, n_features = np.count_nonzero(rows), data.X.shape[1]
        if n_rows < 2 * (data.structure.n_matrices(1) * n_features + 2):
            return None, 0.0
        X = np.ascontiguousarray(data.X[rows])
        weights = None if data.sample_weight is None else data.sample_weight[rows]
        part = data.subset(X, weights)
        if part.round_rows.shape[1] == 0:
            return None, 0.0
        one = self._fit(part, part.fitter(1), np.zeros(n_rows, dtype=np.int32), 1)
        fitter, best = part.fitter(2), None
        for cut in halvings(part.round_rows, self._random_state):
            two = self._fit(part, fitter, cut, N_ITER_OF_SPLIT)
            if two.n_few == 0 and (best is None or two.bound > best.bound + SAME_BOUND_IN_NATS):
                best = two
        if best is None:
            return None, 0.0
        return best.parameters, part.total_weight * (best.bound - one.bound)

    def _fit(self, part, fitter, labels, n_iter):
        fit = fit_from(
            part, fitter, lambda kernel: kernel.start(labels=labels), n_iter, TOL_OF_SPLIT_IN_NATS
        )
        n_components = len(fit.parameters.weights)
        self.cost += part.cost_of_iteration(n_components) * (fit.n_iter + 1)
        return fit


def _moves(data, n_components, losses, resp, halves, max_loss):
    """Moves from a mixture, the most promising first."""
    pairs, losses = cheapest_mergers(data, n_components, losses, resp)
    if losses[0] > max_loss:
        return []
    labels = resp.argmax(axis=1)
    counts = np.bincount(labels, minlength=n_components)[:n_components]
    largest = np.argsort(-counts, kind="stable")
    splits = [(int(k), *halves.of(labels == k)) for k in largest[:MAX_HALVED]]
    moves = [
        _Move(gain - data.total_weight * loss, pair, k, two)
        for pair, loss in zip(pairs, losses, strict=True)
        for k, two, gain in splits
        if two is not None and k not in pair
    ]
    return sorted(moves, key=lambda move: -move.score)


def _apply(data, resp, move):
    """Responsibilities after a move."""
    i, j = move.merged
    shares, _ = read_resp_and_log_prob(data.scorer(move.two))
    moved = resp.copy()
    moved[:, i] += moved[:, j]
    moved[:, j] = moved[:, move.split] * shares[:, 1]
    moved[:, move.split] *= shares[:, 0]
    return moved
