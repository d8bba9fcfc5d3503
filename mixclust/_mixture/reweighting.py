"""Moves out of local optima that few rows make: EM from an M step over a random half of the rows.

Where a mixture has many parameters for its rows, many optima differ by a few rows. A converged
mixture stays where it is if half of the rows tell the same, and else ends nearby, often higher.
"""

from .answers import read_resp_and_log_prob
from .fits import MIN_GAIN_IN_NATS, fit_from

__all__ = ["reweight"]

MAX_FAILURES = 10
"""Trials in a row without a gain, after which the search ends."""

MAX_TRIALS = 50
"""Trials at most."""


def reweight(data, fit, random_state, budget):
    """Look for better optima from random halves of the rows.

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
    cost : float
        Multiply-adds that were spent.
    """
    n_components = len(fit.parameters.weights)
    fitter = data.fitter(n_components)
    cost_of_pass = data.cost(n_components) + data.factorisation_cost(n_components)
    cost, n_failures, resp = 0.0, 0, None
    for _ in range(MAX_TRIALS):
        if n_failures == MAX_FAILURES or cost >= budget:
            break
        if resp is None:
            resp, _ = read_resp_and_log_prob(data.scorer(fit.parameters))
        halved = resp * (random_state.uniform(size=(len(resp), 1)) < 0.5)
        trial = fit_from(data, fitter, lambda kernel, at=halved: kernel.start(resp=at))
        cost += cost_of_pass * (trial.n_iter + 1)
        n_failures += 1
        if trial.is_better_than(fit, MIN_GAIN_IN_NATS):
            fit, n_failures, resp = trial, 0, None
    return fit, cost
