"""Random moves out of local optima: an M step over half of the rows, or a component elsewhere.

Where a mixture has many parameters for its rows, many optima differ by a few rows. A converged
mixture stays where it is if half of the rows tell the same, and else ends nearby, often higher. A
component that starts anew in a small ball finds clusters that no cut of another component finds.
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


def perturb(data, fit, random_state, budget, max_failures):
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
        other = _half if n_components == 2 and fit.n_few == 0 else _with_component_in_ball
        moves = [_half, other] * (N_SIDE_BY_SIDE // 2)
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
    n_samples = len(resp)
    share = np.exp(random_state.uniform(np.log(MIN_SHARE_OF_BALL), np.log(MAX_SHARE_OF_BALL)))
    size = min(n_samples - 1, max(2 * (Z.shape[1] + 1), int(share * n_samples)))
    k = random_state.randint(n_components)
    distances = squares - 2 * (Z @ Z[random_state.randint(n_samples)])  # but for a constant
    moved = resp.copy()
    moved[:, k] = 0.0
    moved /= np.maximum(moved @ np.ones((moved.shape[1], 1)), 1e-300)  # faster than sum(axis=1)
    ball = np.argpartition(distances, size)[:size]
    moved[ball] = 0.0
    moved[ball, k] = 1.0
    return moved
