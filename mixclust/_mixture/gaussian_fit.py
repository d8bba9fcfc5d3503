"""The fit of a `GaussianMixture` to rows in memory, or in parts that are read one by one.

A fit to parts starts from a sample of the rows, and goes on over all parts.
"""

from functools import partial

import numpy as np

from .._inputs.random import draw_seed, lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.parts import Parts, check_parts
from .._passes.threads import resolve_threads
from .data import MixtureData
from .em import best_run
from .given import check_resp, check_starting_parameters
from .noise import NOISE_WEIGHT_AT_START, check_noise_init
from .parameters import Parameters
from .parted_data import PartedData
from .report import StartReport
from .starts import make_start
from .structures import structure_for
from .warm_start import previous_run

__all__ = ["check_n_samples", "fit_mixture"]


def fit_mixture(mixture, params, X, sample_weight, resp_init, noise_init):
    """Fit a mixture, and set or check its features.

    Parameters
    ----------
    mixture : GaussianMixture
        Its number and names of features are set.
    params : namespace
        Its checked parameters.
    X, sample_weight, resp_init, noise_init
        As for `GaussianMixture.fit`.

    Returns
    -------
    best : Run
    report : FitReport
    data : FitData
    """
    fit = _fit_parts if isinstance(X, Parts) else _fit_rows
    with lent_random_state(params.random_state, kept=callable(params.init_params)) as source:
        return fit(mixture, params, source, X, sample_weight, resp_init, noise_init)


def _fit_rows(mixture, params, random_state, X, sample_weight, resp_init, noise_init):
    X = check_rows(X, mixture, reset=True)
    n_samples, n_features = X.shape
    sample_weight = check_sample_weight(sample_weight, n_samples)
    n_threads, _ = resolve_threads(params.n_threads)
    structure = structure_for(params.covariance_type, n_features)
    data = MixtureData(X, sample_weight, structure, n_threads)
    check_n_samples(data.n_present, params.n_components)
    resp_init = check_resp(resp_init, n_samples, params.n_components)
    noise_rows = check_noise_init(noise_init, n_samples, params.noise)
    is_new = resp_init is not None or noise_rows is not None
    previous = None if is_new else previous_run(mixture, n_features)
    new_start = partial(make_start, params, data, resp_init, random_state, noise_rows)
    return *best_run(data, params, new_start, params.n_init, previous), data


def _fit_parts(mixture, params, random_state, parts, sample_weight, resp_init, noise_init):
    check_parts(
        parts,
        mixture,
        reset=True,
        sample_weight=sample_weight,
        resp_init=resp_init,
        noise_init=noise_init,
    )
    n_threads, _ = resolve_threads(params.n_threads)
    structure = structure_for(params.covariance_type, parts.n_features)
    data = PartedData(parts, structure, n_threads, draw_seed(random_state))
    previous = previous_run(mixture, parts.n_features)

    def new_start():
        check_n_samples(data.n_present, params.n_components)
        return partial(_start_on_sample, data, params, random_state)

    return *best_run(data, params, new_start, 1, previous), data


def _start_on_sample(data, params, random_state, kernel):
    """Start from the best of `n_init` fits to a sample of the rows.

    From starting parameters that are given, all or some, there is no fit to the sample.
    """
    given = check_starting_parameters(params, data.structure, data.n_features)
    if not any(value is None for value in given):
        parameters = Parameters(*given)
        if data.noise_box is not None:
            parameters = parameters.with_noise(NOISE_WEIGHT_AT_START, data.noise_box)
        data.use(kernel, parameters)
        return StartReport()
    sample, best = data.sample(), None
    sample.show_step = data.show_step
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


def check_n_samples(n_samples, n_components):
    """Raise ValueError if a mixture needs more rows of positive weight than there are."""
    if n_samples < max(2, n_components):
        raise ValueError(
            f"n_components={n_components} needs at least {max(2, n_components)} rows of positive "
            f"weight, but n_samples = {n_samples}; pass more rows or ask for fewer components."
        )
