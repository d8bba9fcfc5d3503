"""Random moves out of local optima: an M step over half of the rows, or a component elsewhere.

Where a mixture has many parameters for its rows, many optima differ by a few rows. A converged
mixture stays where it is if half of the rows tell the same, and else ends nearby, often higher. A
component that starts anew in a small ball finds clusters that no cut of another component finds. If
each component has a covariance matrix of its own, the best optimum often has a component on a thin
cluster of few rows: balls are smaller then, and the component that the mixture misses least moves.
"""

import numpy as np

from .answers import read_resp_and_log_prob
from .fits import trials_from

__all__ = ["perturb"]

MAX_TRIALS = 200
"""Trials at most."""

N_SIDE_BY_SIDE = 4
"""Trials from the same mixture, of which the best counts."""

MIN_SHARE_OF_BALL = 0.01
MAX_SHARE_OF_BALL = 0.2
"""Share of the rows that are in a ball."""

MIN_ROWS_OF_BALL = 2.0
"""Rows in a ball at least, for each feature and one more."""

MIN_SHARE_OF_SMALL_BALL = 0.003
MAX_SHARE_OF_SMALL_BALL = 0.05
MIN_ROWS_OF_SMALL_BALL = 1.2
"""The same if each component has a covariance matrix of its own."""

MIN_SHARE_OF_OTHERS = 1e-4
"""Responsibility of all other components for a row, at least, in the loss without a component."""


def perturb(data, fit, random_state, budget, max_failures, is_sure=False):
    """Look for better optima by random moves, until many in a row have failed.

    Parameters
    ----------
    data : MixtureData
        The rows that count.
    fit : Fit
        Nearly converged.
    random_state : numpy.random.RandomState
    budget : float
        Multiply-adds to spend.
    max_failures : int
        Trials in a row without a gain, after which the search ends.
    is_sure : bool
        Whether several runs met the fit. No half of the rows is tried then if each component has a
        covariance matrix of its own: it would lead to the same optimum.

    Returns
    -------
    fit : Fit
        Never worse than the first.
    cost : float
        Multiply-adds that were spent.
    """
    n_components = len(fit.parameters.weights)
    cost_of_pass = data.cost_of_iteration(n_components)
    Z = data.round_rows
    squares = np.einsum("ij,ij->i", Z, Z)
    cost, n_failures, resp = 0.0, 0, None
    for _ in range(0, MAX_TRIALS, N_SIDE_BY_SIDE):
        if n_failures >= max_failures or cost >= budget:
            break
        if resp is None:
            resp, _ = read_resp_and_log_prob(data.scorer(fit.parameters))
        # Clusterings find a second component as well as balls do.
        other = _with_component_in_ball
        if n_components == 2 and fit.n_few == 0:
            other = _half
        elif data.structure.has_own_matrices():
            other = _with_component_in_small_ball
        first = other if is_sure and data.structure.has_own_matrices() else _half
        moves = [first, other] * (N_SIDE_BY_SIDE // 2)
        moved = [move(resp, Z, squares, n_components, random_state) for move in moves]
        best, n_passes = trials_from(data, moved, fit)
        cost += cost_of_pass * n_passes
        n_failures += N_SIDE_BY_SIDE
        if best is not fit:
            fit, n_failures, resp = best, 0, None
    return fit, cost


def _half(resp, _Z, _squares, _n_components, random_state):
    """Responsibilities of a random half of the rows; the other rows belong to no component."""
    return resp * (random_state.uniform(size=(len(resp), 1)) < 0.5)


def _with_component_in_ball(resp, Z, squares, n_components, random_state):
    """Responsibilities in which a random component has the rows nearest to a random row."""
    shares = MIN_SHARE_OF_BALL, MAX_SHARE_OF_BALL
    size = _size_of_ball(Z, shares, MIN_ROWS_OF_BALL, random_state)
    k = random_state.randint(n_components)
    return _move_to_ball(resp, Z, squares, k, size, random_state)


def _with_component_in_small_ball(resp, Z, squares, n_components, random_state):
    """The same for fewer rows, and for components as probable as the loss without them is small."""
    shares = MIN_SHARE_OF_SMALL_BALL, MAX_SHARE_OF_SMALL_BALL
    size = _size_of_ball(Z, shares, MIN_ROWS_OF_SMALL_BALL, random_state)
    others = np.maximum(1 - resp[:, :n_components], MIN_SHARE_OF_OTHERS)
    loss_in_nats = 1.0 - np.log(others).sum(axis=0)
    ends = np.cumsum(1 / loss_in_nats)
    k = int(np.searchsorted(ends[:-1], random_state.uniform() * ends[-1]))
    return _move_to_ball(resp, Z, squares, k, size, random_state)


def _size_of_ball(Z, shares, min_rows, random_state):
    """Rows in a ball: a share of all, drawn on a logarithmic scale."""
    share = np.exp(random_state.uniform(*np.log(shares)))
    return min(len(Z) - 1, max(int(min_rows * (Z.shape[1] + 1)), int(share * len(Z))))


def _move_to_ball(resp, Z, squares, k, size, random_state):
    """Responsibilities in which a component has the rows nearest to a random row, and no others."""
    distances = squares - 2 * (Z @ Z[random_state.randint(len(Z))])  # but for a constant
    moved = resp.copy()
    moved[:, k] = 0.0
    moved /= np.maximum(moved @ np.ones((moved.shape[1], 1)), 1e-300)  # faster than sum(axis=1)
    ball = np.argpartition(distances, size)[:size]
    moved[ball] = 0.0
    moved[ball, k] = 1.0
    return moved
