"""The starts of runs of EM: from parameters, labels, responsibilities, or by `init_params`."""

from functools import partial
from typing import Literal, TypeAlias, get_args

import numpy as np

from .._inputs.rows import read_only
from .._kmeans.functions import kmeans_plusplus
from .._kmeans.kmeans import KMeans
from .data import MixtureData
from .given import check_resp, check_starting_parameters
from .noise import NOISE_WEIGHT_AT_START, without_noise_rows
from .parameters import Parameters
from .report import StartReport
from .search import start_from_search
from .structures import Diagonal

__all__ = ["INITS", "MixtureInit", "make_start"]

MixtureInit: TypeAlias = Literal["auto", "kmeans", "k-means++", "random", "random_from_data"]
INITS = get_args(MixtureInit)

ROWS_PER_DRAW = 10_000
"""Rows for which one call draws responsibilities: Ctrl-C is heard between calls."""


def make_start(params, data, resp_init, random_state, noise_rows=None):
    """The start of one run: ``start(kernel)`` sets a fitter's parameters.

    All random numbers are drawn here, so that starts may be used in any order.

    Parameters
    ----------
    params : namespace
        Gives `n_components`, `init_params` and the parameters given as ``*_init``.
    data : MixtureData
    resp_init : ndarray or None
        As `check_resp` returns it.
    random_state : numpy.random.RandomState or numpy.random.Generator
    noise_rows : ndarray of shape (n_samples,), bool, or None
        Rows that are noise at the start: the Gaussians start from the other rows.

    Returns
    -------
    start : callable
        ``start(kernel)`` returns a `StartReport`.
    """
    if noise_rows is not None and noise_rows.any():
        return _make_start_beside_noise(params, data, resp_init, random_state, noise_rows)
    given = check_starting_parameters(params, data.structure, data.X.shape[1])
    begin = None
    if any(value is None for value in given):
        begin = _make_beginning(params, data, given, resp_init, random_state)

    def start(kernel):
        report = StartReport() if begin is None else begin(kernel)
        if any(value is not None for value in given):
            found = data.parameters(kernel)
            chosen = (old if new is None else new for old, new in zip(found, given, strict=True))
            chosen = Parameters(*chosen)
            if data.noise_box is not None:
                noise_weight = found.noise_weight or NOISE_WEIGHT_AT_START
                chosen = chosen.with_noise(noise_weight, data.noise_box)
            data.use(kernel, chosen)
        return report

    return start


def _make_start_beside_noise(params, data, resp_init, random_state, noise_rows):
    """A start of the Gaussians from the rows that are not noise."""
    clean, share = without_noise_rows(data, noise_rows, params.n_components)
    clean.show_step = data.show_step
    start_of_clean = make_start(params, clean, resp_init, random_state)

    def start(kernel):
        fitter = clean.fitter(params.n_components)
        report = start_of_clean(fitter)
        parameters = clean.parameters(fitter).with_noise(
            share or NOISE_WEIGHT_AT_START, data.noise_box
        )
        data.use(kernel, parameters)
        return report

    return start


def _make_beginning(params, data, given, resp_init, random_state):
    """A callable like `start` that sets all parameters, before given ones take their place."""
    if resp_init is not None:
        return partial(_from_given, resp_init)
    if callable(params.init_params):
        X = read_only(data.X)
        found = params.init_params(X, params.n_components, random_state=random_state)
        if found is None:
            raise TypeError(
                f"init_params returned None; return labels of shape ({len(X)},) or "
                f"responsibilities of shape ({len(X)}, {params.n_components})."
            )
        resp = check_resp(found, len(X), params.n_components, "init_params")
        return partial(_from_given, resp)
    if given.means is not None:
        return partial(_from_means, data, given.means, given.precisions_cholesky)
    return _STARTS[params.init_params](data, params.n_components, random_state)


def _from_given(resp, kernel):
    """Start from labels or responsibilities."""
    if resp.ndim == 1:
        kernel.start(labels=resp)
    else:
        kernel.start(resp=resp)
    return StartReport()


def _from_means(data, means, factors, kernel):
    """Take weights and covariances from the rows nearest to each mean.

    The nearest mean is the one of greatest density by the given precisions, or without them the one
    that is the fewest standard deviations of the features away. A component with too few rows for a
    covariance gets the covariance of all rows, scaled down to its share.
    """
    n_components, structure = len(means), data.structure
    if factors is None:
        structure, factors = Diagonal, np.tile(1 / data.scales, (n_components, 1))
    nearest = MixtureData(data.X, None, structure, data.n_threads)
    weights = np.full(n_components, 1 / n_components)
    labels = np.empty(len(data.X), dtype=np.int32)
    nearest.scorer(Parameters(weights, means, None, factors)).label(labels)
    kernel.start(labels=labels)
    poor = kernel.collapsed
    if poor.any():
        data.use(kernel, data.reset(data.parameters(kernel), poor))
    return StartReport()


# Starts by name: each draws, and returns begin(kernel)


def _kmeans(data, n_components, random_state):
    kmeans = KMeans(n_components, n_init=1, random_state=random_state, n_threads=data.n_threads)
    kmeans.fit(data.X, sample_weight=data.sample_weight)
    return partial(_from_given, kmeans.labels_)


def _random(data, n_components, random_state):
    resp = np.empty((len(data.X), n_components))
    for start in range(0, len(resp), ROWS_PER_DRAW):
        part = resp[start : start + ROWS_PER_DRAW]
        part[:] = random_state.uniform(size=part.shape)
        part /= part.sum(axis=1, keepdims=True)
    return partial(_from_given, resp)


def _random_from_data(data, n_components, random_state):
    indices = random_state.choice(data.present(), size=n_components, replace=False)
    return partial(_from_given, _labels_of_rows(data, indices))


def _plusplus(data, n_components, random_state):
    _, indices = kmeans_plusplus(
        data.X,
        n_components,
        sample_weight=data.sample_weight,
        random_state=random_state,
        n_threads=data.n_threads,
    )
    return partial(_from_given, _labels_of_rows(data, indices))


def _labels_of_rows(data, indices):
    """Labels that give one row to each component; the other rows belong to none."""
    labels = np.full(len(data.X), -1, dtype=np.int32)
    labels[indices] = np.arange(len(indices))
    return labels


_STARTS = {
    "auto": start_from_search,
    "kmeans": _kmeans,
    "k-means++": _plusplus,
    "random": _random,
    "random_from_data": _random_from_data,
}
