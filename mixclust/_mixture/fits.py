"""Some iterations of EM, and how good their end is."""

from collections import deque
from typing import NamedTuple

import numpy as np

from .._passes.shards import worthwhile_threads
from .._passes.threads import map_tasks
from .parameters import Parameters

__all__ = [
    "MIN_GAIN_IN_NATS",
    "N_ITER_OF_TRIAL",
    "SAME_BOUND_IN_NATS",
    "TOL_OF_TRIAL_IN_NATS",
    "Fit",
    "count_runners",
    "fit_from",
    "side_by_side",
    "trials_from",
]

N_ITER_OF_TRIAL = 100
"""Iterations of EM at most, after which a fit counts as nearly converged."""

TOL_OF_TRIAL_IN_NATS = 2e-4
"""Gain still to come at which a fit counts as nearly converged."""

COST_OF_RUNNER = 4_000_000
"""Multiply-adds of fits, about 0.2 milliseconds, for which one more thread pays."""

N_ITER_OF_HOPELESS = 8
"""Iterations of EM, about, after which a trial ends that is not going to reach its target."""

SAME_BOUND_IN_NATS = 1e-9
"""Mean log-likelihoods that differ by less belong to the same components in another order; the
first run of them goes on, so that rounding does not decide."""

MIN_GAIN_IN_NATS = 1e-4
"""A trial is kept if it gains more than this, in the mean log-likelihood of a row."""


class Fit(NamedTuple):
    """The end of some iterations of EM."""

    n_collapsed: int
    """Components that collapsed."""
    n_few: int
    """Components that collapsed on no more rows than features: their likelihood is unbounded, and
    does not say how good the fit is."""
    bound: float
    """Mean log-likelihood of a row, in nats."""
    parameters: Parameters | None
    n_iter: int = 0
    """Iterations that led here."""

    @property
    def score(self):
        """Rank among fits: fewer components on few rows come first, then the larger bound."""
        return (-self.n_few, self.bound)

    def is_better_than(self, other, min_gain):
        """Whether the bound is larger by a gain, and no further component collapsed."""
        is_better = self.score > (-other.n_few, other.bound + min_gain)
        return is_better and self.n_collapsed <= other.n_collapsed


def fit_from(data, fitter, begin, n_iter=N_ITER_OF_TRIAL, tol=TOL_OF_TRIAL_IN_NATS, target=None):
    """Iterate from a start.

    Parameters
    ----------
    data : MixtureData
    fitter : kernels.mixture.em.EM
        Of the data.
    begin : callable
        ``begin(fitter)`` sets its parameters.
    n_iter : int
        At most.
    tol : float
        Gain still to come, in nats, at which the iterations end.
    target : Fit or None
        The iterations end where the bound and the gain to come are less than its bound.

    Returns
    -------
    fit : Fit
        Without parameters if it is no better than the target.
    """
    begin(fitter)
    least = -np.inf if target is None else target.bound
    bounds, _, n_collapsed = fitter.run(n_iter, tol, target=least)
    few = (data.X.shape[1] + 0.5) * min(1.0, data.total_weight / len(data.X))
    n_few = int(np.sum(fitter.collapsed & (fitter.counts < few))) if n_collapsed else 0
    fit = Fit(n_collapsed, n_few, bounds[-1], None, fitter.n_iter)
    if target is None or fit.is_better_than(target, MIN_GAIN_IN_NATS):
        fit = fit._replace(parameters=data.parameters(fitter))
    return fit


def count_runners(cost, total, n_threads):
    """The number of threads that each make fits of their own.

    Parameters
    ----------
    cost : int
        Multiply-adds of the most expensive pass.
    total : int
        Multiply-adds of all fits.
    n_threads : int

    Returns
    -------
    n_runners : int
        1 where passes are long enough to be shared by threads.
    """
    if worthwhile_threads(cost, n_threads) > 1:
        return 1
    return max(1, min(n_threads, total // COST_OF_RUNNER))


def side_by_side(data, n_components, tasks, n_iter):
    """Fit several mixtures, side by side where a pass is too short for threads.

    Parameters
    ----------
    data : MixtureData
    n_components : int
    tasks : list of callable
        ``task(fitter)`` returns a fit, the same with any fitter of the data.
    n_iter : int
        Iterations of a task, about.

    Returns
    -------
    fits : list of Fit
    """
    cost = data.cost(n_components)
    n_runners = count_runners(cost, len(tasks) * (n_iter + 2) * cost, data.n_threads)
    n_runners = min(n_runners, max(1, len(tasks)))
    idle = deque(data.fitter(n_components) for _ in range(n_runners))
    found = [None] * len(tasks)

    def run(i):
        fitter = idle.pop()
        found[i] = tasks[i](fitter)
        idle.append(fitter)

    map_tasks(run, len(tasks), n_runners)
    return found


def trials_from(data, resps, target):
    """Iterate from each of several responsibilities, as long as it may lead beyond a fit.

    Parameters
    ----------
    data : MixtureData
    resps : list of ndarray of shape (n_samples, n_components), float64
    target : Fit

    Returns
    -------
    best : Fit
        The first of the best ends, or `target` if none is better.
    n_iter : int
        Iterations of all trials, and one for each start.
    """
    tasks = [
        lambda fitter, resp=resp: fit_from(
            data, fitter, lambda kernel: kernel.start(resp=resp), target=target
        )
        for resp in resps
    ]
    n_components = len(target.parameters.weights)
    trials = side_by_side(data, n_components, tasks, N_ITER_OF_HOPELESS) if resps else []
    best = target
    for trial in trials:
        if trial.is_better_than(best, MIN_GAIN_IN_NATS if best is target else SAME_BOUND_IN_NATS):
            best = trial
    return best, sum(trial.n_iter + 1 for trial in trials)
