"""Runs of EM from one or several starts, and the policies for components that collapse."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from .answers import sums_of
from .data import MixtureData
from .monitor import MixtureMonitor
from .noise import NOISE_WEIGHT_AT_START, describe_noise
from .parameters import Parameters
from .priors import describe_prior
from .report import FitReport, RunReport, StartReport
from .starts import make_start

__all__ = [
    "ACCELERATIONS",
    "COLLAPSE_POLICIES",
    "HANDLERS",
    "Acceleration",
    "CollapsePolicy",
    "best_mixture",
    "best_run",
    "run_from",
    "with_noise_of_data",
]

Acceleration: TypeAlias = Literal["squarem"]
CollapsePolicy: TypeAlias = Literal["floor", "restart", "drop"]
ACCELERATIONS = get_args(Acceleration)
COLLAPSE_POLICIES = get_args(CollapsePolicy)

MAX_BYTES_OF_ROWS = 2**20
"""Size of rows that a report copies, from which it computes criteria when it is asked for them."""

N_GAINS = 5
"""Gains of the last iterations that a report holds."""


class Run(NamedTuple):
    """The result of one run."""

    parameters: Parameters
    lower_bounds: list
    converged: bool
    report: RunReport


def best_mixture(data, params, resp_init, random_state, previous, noise_rows=None):
    """Look at the columns, run from `n_init` starts, keep the run of greatest likelihood.

    Parameters
    ----------
    data : MixtureData
    params : namespace
        Checked parameters of a `GaussianMixture`, `callback` and `verbose` among them.
    resp_init : ndarray or None
        As `check_resp` returns it.
    random_state : numpy.random.RandomState or numpy.random.Generator
    previous : Previous or None
        The end of an earlier fit, to go on from there in a single run.
    noise_rows : ndarray of shape (n_samples,), bool, or None
        Rows to start from as noise.

    Returns
    -------
    best : Run
    report : FitReport
    """

    def new_start():
        return make_start(params, data, resp_init, random_state, noise_rows)

    return best_run(data, params, new_start, params.n_init, previous)


def best_run(data, params, new_start, n_init, previous):
    """Look at the columns, run from some starts, keep the run of greatest likelihood.

    Parameters
    ----------
    data : FitData
    params, previous
        As for `best_mixture`.
    new_start : callable
        ``new_start()`` draws a start, ``start(kernel)``: see `make_start`.
    n_init : int
        Number of starts.

    Returns
    -------
    best : Run
    report : FitReport
    """
    begin = perf_counter()
    data.describe(params.reg_covar)
    describe_noise(data, params)
    describe_prior(data, params)
    data.warn_of_too_few_rows()
    seconds = {"columns": perf_counter() - begin, "starts": 0.0, "iterations": 0.0}
    n_runs = 1 if previous else n_init
    runs, monitor = [], MixtureMonitor(params, data, n_runs)
    data.show_step = None if monitor.hook is None else monitor.show_step
    history = previous.lower_bounds if previous else []
    for _ in range(n_runs):
        begin = perf_counter()
        monitor.begin_run(history[-1] if history else -np.inf)
        if previous:
            kernel = data.fitter(len(previous.parameters.weights))
            started = StartReport(origin=previous.origin)
            data.use(kernel, with_noise_of_data(data, previous.parameters))
        else:
            start = new_start()
            kernel = data.fitter(params.n_components)
            started = start(kernel)
        monitor.kernel = kernel
        monitor.start_found()
        middle = perf_counter()
        runs.append(run_from(data, kernel, params, monitor, started, history))
        seconds["starts"] += middle - begin
        seconds["iterations"] += perf_counter() - middle
    bounds = [run.lower_bounds[-1] if run.lower_bounds else -np.inf for run in runs]
    best = int(np.argmax(bounds))
    report = FitReport(
        runs=[run.report for run in runs],
        best=best,
        total_weight=data.given_weight,
        parameters=runs[best].parameters,
        covariance_type=data.structure.name,
        seconds=seconds,
        has_prior=data.prior is not None,
        measure=_measure_of(data),
    )
    return runs[best], report


def _measure_of(data):
    """Return the function that measures the criteria of a fit; None if rows are many."""
    if not data.is_in_memory or data.X.nbytes > MAX_BYTES_OF_ROWS:
        return None
    weights = data.sample_weight
    weights = None if weights is None else weights.copy()
    return partial(_measure, data.X.copy(), weights, data.structure, data.given_weight)


def _measure(X, weights, structure, given_weight, parameters):
    """Log-likelihood and certainty of rows; None if a row lies infinitely far from all."""
    data = MixtureData(X, weights, structure, 1)
    data.given_weight = given_weight
    answers = data.scorer(parameters)
    log_likelihood, certainty, _ = sums_of(data, answers)
    return None if answers.has_lost_rows else (log_likelihood, certainty)


def with_noise_of_data(data, parameters):
    """Parameters of an earlier fit, with noise if the data have noise, or without."""
    if data.noise_box is None:
        return parameters.with_noise(0.0, None) if parameters.noise_weight else parameters
    if parameters.noise_box is None:
        return parameters.with_noise(NOISE_WEIGHT_AT_START, data.noise_box)
    return parameters


def run_from(data, kernel, params, monitor, started, history):
    """Iterate from a kernel's parameters to convergence, past collapses where that is asked for.

    Parameters
    ----------
    data : MixtureData
    kernel : kernels.mixture.em.EM
        With the parameters of the start.
    params : namespace
        As for `best_mixture`.
    monitor : MixtureMonitor
    started : StartReport
    history : list of float
        Lower bounds of earlier iterations of the same run.

    Returns
    -------
    run : Run
    """
    if params.max_iter == 0:
        report = RunReport(
            started.scores,
            None,
            0,
            None,
            np.empty(0),
            np.inf,
            0,
            kernel.collapsed,
            started.optima,
            started.origin,
        )
        return Run(data.parameters(kernel), [], False, report)
    bounds, n_handled = [], 0
    handle = HANDLERS.get(params.on_collapse)
    while True:
        stop_at_collapse = handle is not None and n_handled < params.n_components
        monitor.kernel = kernel
        run = kernel.run
        if params.acceleration == "squarem":
            from .squarem import run_squarem  # rarely used

            run = partial(run_squarem, data, kernel)
        found, converged, n_collapsed = run(
            params.max_iter - len(bounds),
            params.tol,
            history,
            stop_at_collapse,
            monitor.hook,
        )
        bounds += found
        history = [*history, *found]
        collapsed = kernel.collapsed
        if monitor.stopped or kernel.fell or len(bounds) == params.max_iter:
            break
        if stop_at_collapse and collapsed.any():
            n_handled += int(collapsed.sum())
            kernel = handle(data, kernel)
            history = []
        elif converged or not stop_at_collapse:
            break
    if n_collapsed > collapsed.sum():
        collapsed[:] = True  # by the covariance that all share
    ended = "max_iter"
    if monitor.stopped:
        ended = "callback"
    elif converged:
        ended = "converged"
    elif kernel.fell:
        ended = "rounding"
    to_come = kernel.gain_to_come
    kernel.check_last()
    monitor.end_run(bounds[-1], converged)
    last_gains = np.diff(history[-N_GAINS - 1 :])
    report = RunReport(
        started.scores,
        bounds[-1],
        len(bounds),
        ended,
        last_gains,
        to_come,
        n_handled,
        collapsed,
        started.optima,
        started.origin,
    )
    return Run(data.parameters(kernel), bounds, converged, report)


# Policies for collapsed components: each returns the kernel to go on with


def _restart(data, kernel):
    """Give each collapsed component one of the rows that the mixture explains worst."""
    parameters, collapsed = data.parameters(kernel), kernel.collapsed
    means = parameters.means
    places = np.flatnonzero(collapsed)
    for k, row in zip(places, data.worst_rows(parameters), strict=False):
        means[k] = row
    data.use(kernel, data.reset(parameters, collapsed))
    return kernel


def _drop(data, kernel):
    """Go on without the collapsed components; one always stays."""
    parameters, collapsed = data.parameters(kernel), kernel.collapsed
    keep = ~collapsed
    if not keep.any():
        keep[np.argmax(parameters.weights)] = True
    smaller = data.fitter(int(keep.sum()))
    weights = parameters.weights[keep]
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1.0)
    covariances, factors = data.structure.select(
        parameters.covariances, parameters.precisions_cholesky, keep
    )
    parameters = parameters._replace(
        weights=weights * (1 - parameters.noise_weight),
        means=parameters.means[keep],
        covariances=covariances,
        precisions_cholesky=factors,
    )
    data.use(smaller, parameters)
    return smaller


HANDLERS = {"restart": _restart, "drop": _drop}
"""By the name of the policy; "floor" needs none."""
