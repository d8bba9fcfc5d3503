"""Runs of EM from one or several starts, and what is done about components that collapse."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, get_args

import numpy as np

from .._inputs.annotations import Acceleration, CollapsePolicy
from .data import MixtureProblem, Parameters
from .report import FitReport, RunReport
from .squarem import run_squarem
from .starts import make_start

__all__ = ["ACCELERATIONS", "COLLAPSE_POLICIES", "FitState", "best_mixture"]

ACCELERATIONS = get_args(Acceleration)
COLLAPSE_POLICIES = get_args(CollapsePolicy)

N_GAINS = 5
"""Gains of the last iterations that a report holds."""


class FitState:
    """What a callback is told once a pass.

    Attributes
    ----------
    init : int
        Which of the `n_init` runs this is, from 0 on.
    iteration : int
        Iterations of the run so far.
    lower_bound : float
        Mean log-likelihood of a row under the parameters before the iteration, in nats.
    """

    def __init__(
        self, init: int, iteration: int, lower_bound: float, problem: MixtureProblem, kernel: Any
    ) -> None:
        self.init = init
        self.iteration = iteration
        self.lower_bound = lower_bound
        self._problem = problem
        self._kernel = kernel

    def parameters(self) -> Parameters:
        """Parameters after the iteration.

        Returns
        -------
        parameters : named tuple of weights, means, covariances and precisions_cholesky
            Copies, in units of X.
        """
        return self._problem.parameters(self._kernel)


class Run(NamedTuple):
    """What one run found."""

    parameters: Parameters
    lower_bounds: list
    converged: bool
    report: RunReport


def best_mixture(problem, params, resp_init, random_state, previous):
    """Look at the columns, run from `n_init` starts, keep the run of greatest likelihood.

    Parameters
    ----------
    problem : MixtureProblem
    params : namespace
        Checked parameters of a `GaussianMixture`, `callback` and `verbose` among them.
    resp_init : ndarray or None
        As `check_resp` returns it.
    random_state : numpy.random.RandomState or numpy.random.Generator
    previous : tuple of Parameters and list of float, or None
        Where an earlier fit ended and its lower bounds, to go on from there.

    Returns
    -------
    best : Run
    report : FitReport
    """
    begin = perf_counter()
    problem.describe(params.reg_covar)
    problem.warn_of_too_few_rows()
    seconds = {"columns": perf_counter() - begin, "starts": 0.0, "iterations": 0.0}
    runs = []
    for init in range(1 if previous else params.n_init):
        begin = perf_counter()
        history = previous[1] if previous else []
        watch = _Watch(params, problem, init, history)
        if previous:
            parameters, _ = previous
            kernel, scores = problem.fitter(len(parameters.weights)), ()
            problem.use(kernel, parameters)
        else:
            start = make_start(params, problem, resp_init, random_state)
            kernel = problem.fitter(params.n_components)
            scores = start(kernel)
        middle = perf_counter()
        runs.append(_run(problem, kernel, params, watch, scores, history))
        seconds["starts"] += middle - begin
        seconds["iterations"] += perf_counter() - middle
    bounds = [run.lower_bounds[-1] if run.lower_bounds else -np.inf for run in runs]
    best = int(np.argmax(bounds))
    report = FitReport(
        runs=[run.report for run in runs],
        best=best,
        total_weight=problem.given_weight,
        parameters=runs[best].parameters,
        covariance_type=problem.structure.name,
        seconds=seconds,
    )
    return runs[best], report


def _run(problem, kernel, params, watch, scores, history):
    """Iterate from a kernel's parameters to convergence, past collapses where that is asked for."""
    if params.max_iter == 0:
        report = RunReport(scores, None, 0, None, np.empty(0), np.inf, 0, kernel.collapsed)
        return Run(problem.parameters(kernel), [], False, report)
    bounds, n_handled = [], 0
    handle = {"restart": _restart, "drop": _drop}.get(params.on_collapse)
    while True:
        stop_at_collapse = handle is not None and n_handled < params.n_components
        watch.kernel, watch.n_before = kernel, len(bounds)
        run = kernel.run
        if params.acceleration == "squarem":
            run = partial(run_squarem, problem, kernel)
        found, converged, n_collapsed = run(
            params.max_iter - len(bounds),
            params.tol,
            history,
            stop_at_collapse,
            watch if params.verbose or params.callback else None,
        )
        bounds += found
        history = [*history, *found]
        collapsed = kernel.collapsed
        if watch.stopped or kernel.fell or len(bounds) == params.max_iter:
            break
        if stop_at_collapse and collapsed.any():
            n_handled += int(collapsed.sum())
            kernel = handle(problem, kernel)
            history = []
        elif converged or not stop_at_collapse:
            break
    if n_collapsed > collapsed.sum():
        collapsed[:] = True  # by the covariance that all share
    ended = "max_iter"
    if watch.stopped:
        ended = "callback"
    elif converged:
        ended = "converged"
    elif kernel.fell:
        ended = "rounding"
    to_come = kernel.gain_to_come
    kernel.check_last()
    watch.end(bounds[-1], converged)
    last_gains = np.diff(history[-N_GAINS - 1 :])
    report = RunReport(
        scores, bounds[-1], len(bounds), ended, last_gains, to_come, n_handled, collapsed
    )
    return Run(problem.parameters(kernel), bounds, converged, report)


class _Watch:
    """What the kernel calls once a pass: prints in scikit-learn's words, asks the user's callback.

    Parameters
    ----------
    params : namespace
        Gives `verbose`, `verbose_interval` and `callback`.
    problem : MixtureProblem
    init : int
        Which run this is.
    history : list of float
        Lower bounds of the run that is gone on with.

    Attributes
    ----------
    kernel : compiled mixture
        The one at work; `_run` sets it.
    n_before : int
        Iterations of the run before those of this kernel; `_run` sets it.
    stopped : bool
        Whether the callback ended the run.
    """

    def __init__(self, params, problem, init, history):
        self.params = params
        self.problem = problem
        self.init = init
        self.bound = history[-1] if history else -np.inf
        self.stopped = False
        self._begin = self._last = perf_counter()
        self._print(f"Initialization {init}")

    def __call__(self, iteration, bound):
        iteration += self.n_before
        if iteration % self.params.verbose_interval == 0:
            now = perf_counter()
            self._print(
                f"  Iteration {iteration}",
                f"\t time lapse {now - self._last:.5f}s\t ll change {bound - self.bound:.5f}",
            )
            self._last = now
        self.bound = bound
        if self.params.callback:
            state = FitState(self.init, iteration, bound, self.problem, self.kernel)
            self.stopped = bool(self.params.callback(state))
        return self.stopped

    def end(self, bound, converged):
        """Print how the run ended."""
        self._print(
            f"Initialization {'converged' if converged else 'did not converge'}.",
            f" time lapse {perf_counter() - self._begin:.5f}s\t lower bound {bound:.5f}.",
        )

    def _print(self, text, details=""):
        if self.params.verbose:
            print(text + details if self.params.verbose > 1 else text)


# Policies for collapsed components: each returns the kernel to go on with


def _restart(problem, kernel):
    """Give each collapsed component one of the rows that the mixture explains worst."""
    parameters, collapsed = problem.parameters(kernel), kernel.collapsed
    log_prob = np.empty(len(problem.X))
    # A problem of its own: scoring has another frame, and the fitter must keep its.
    scored = MixtureProblem(problem.X, None, problem.structure, problem.n_threads)
    scored.scorer(parameters).score(log_prob)
    if problem.sample_weight is not None:
        log_prob[problem.sample_weight == 0] = np.inf
    means = parameters.means
    n_components = len(means)
    worst = np.argsort(log_prob, kind="stable")
    _, first = np.unique(problem.X[worst[: 50 * n_components]], axis=0, return_index=True)
    chosen = worst[np.sort(first)]
    for k, i in zip(np.flatnonzero(collapsed), chosen, strict=False):
        means[k] = problem.X[i]
    problem.use(kernel, problem.reset(parameters, collapsed))
    return kernel


def _drop(problem, kernel):
    """Go on without the collapsed components; one always stays."""
    parameters, collapsed = problem.parameters(kernel), kernel.collapsed
    keep = ~collapsed
    if not keep.any():
        keep[np.argmax(parameters.weights)] = True
    smaller = problem.fitter(int(keep.sum()))
    weights = parameters.weights[keep]
    problem.use(
        smaller,
        Parameters(
            weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1.0),
            parameters.means[keep],
            *problem.structure.select(parameters.covariances, parameters.precisions_cholesky, keep),
        ),
    )
    return smaller
