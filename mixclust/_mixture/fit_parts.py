"""Fits to rows in parts: they start from a sample of the rows, and go on over all parts."""

from functools import partial

import numpy as np

from .em import best_run
from .given import check_starting_parameters
from .parameters import Parameters
from .parted_data import PartedData
from .report import StartReport
from .starts import make_start

__all__ = ["fit_parts"]


def fit_parts(parts, params, structure, n_threads, random_state, seed, previous, check_n_samples):
    """Fit a mixture to rows in parts.

    Parameters
    ----------
    parts : Parts
    params : namespace
        Checked parameters of a `GaussianMixture`.
    structure : type of `Structure`
    n_threads : int
    random_state : numpy.random.RandomState or numpy.random.Generator
    seed : int
        Of the sample of rows in which starts are sought.
    previous : Previous or None
        The end of an earlier fit, to go on from there.
    check_n_samples : callable
        Raises ValueError if the number of rows of positive weight that it is given is too small.

    Returns
    -------
    best : Run
    report : FitReport
    data : PartedData
    """
    data = PartedData(parts, structure, n_threads, seed)

    def new_start():
        check_n_samples(data.n_present)
        return partial(_start_on_sample, data, params, random_state)

    best, report = best_run(data, params, new_start, 1, previous)
    return best, report, data


def _start_on_sample(data, params, random_state, kernel):
    """Start from the best of `n_init` fits to a sample of the rows.

    With starting parameters that are given, the fit goes on from these without a fit to the sample.
    """
    given = check_starting_parameters(params, data.structure, data.n_features)
    if not any(value is None for value in given):
        parameters = Parameters(*given)
        if data.noise_box is not None:
            from .noise import NOISE_WEIGHT_AT_START

            parameters = parameters.with_noise(NOISE_WEIGHT_AT_START, data.noise_box)
        data.use(kernel, parameters)
        return StartReport()
    sample, best = data.sample(), None
    for _ in range(params.n_init):
        fitter = sample.fitter(params.n_components)
        started = make_start(params, sample, None, random_state)(fitter)
        bound = -np.inf
        if all(value is None for value in given):
            bounds, _, _ = fitter.run(params.max_iter, params.tol)
            bound = bounds[-1] if bounds else -np.inf
        if best is None or bound > best[0]:
            best = bound, sample.parameters(fitter), started
    data.use(kernel, best[1])
    return best[2]
