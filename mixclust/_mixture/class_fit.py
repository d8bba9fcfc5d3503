"""Fits of the mixtures of a classifier: all classes together, or each class apart.

Together, one mixture has components that are partitioned among the classes, and EM lets a labelled
row belong to components of its own class only. All components obey one structure of covariances,
and unlabelled rows belong to any of them. Apart, each class has a mixture, and a structure, of its
own.
"""

from __future__ import annotations

import math
from functools import partial
from time import perf_counter
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from .._estimator.monitor import unwatched
from .._inputs.random import draw_seed
from ..kernels.mixture.row_classes import RowClasses
from .answers import read_log_prob, read_resp_and_log_prob, weighted_sum
from .criteria import count_parameters
from .data import MixtureData
from .em import Run, best_mixture, run_from
from .monitor import MixtureMonitor
from .parameters import Parameters
from .report import FitReport, RunReport, StartReport
from .shared_search import search_together
from .starts import make_start
from .structures import Full, structure_of
from .warm_start import Previous

__all__ = ["ClassFit", "choose_for_class", "fit_apart", "fit_together"]


class ClassFit(NamedTuple):
    """The fitted mixtures of all classes."""

    parameters: Parameters
    """Of all components, class after class; the weights add up to 1 over all classes."""
    covariance_type: str
    """Structure of these parameters."""
    names: list
    """Structure that each class was fitted with."""
    sizes: list
    """Number of components of each class."""
    lower_bounds: list
    converged: bool
    n_iter: int
    reports: list
    """Reports: one of all classes together, or one for each class."""
    n_parameters: int
    log_likelihood: float
    """Of rows and labels, in nats."""
    total_weight: float

    @property
    def bic(self):
        """Bayesian information criterion of rows and labels; smaller is better."""
        return -2 * self.log_likelihood + self.n_parameters * math.log(self.total_weight)

    @property
    def n_collapsed(self):
        """Collapsed components of all classes."""
        return sum(report.n_collapsed for report in self.reports)


# Together


def fit_together(data, params, codes, sizes, priors, random_state):
    """Fit one mixture to all rows, in which each class has components of its own.

    Parameters
    ----------
    data : MixtureData
    params : namespace
        Checked parameters of a `GaussianMixture`, with ``n_init=1``.
    codes : ndarray of shape (n_samples,), int32
        Class of each row; -1 if unknown.
    sizes : list of int
        Number of components of each class.
    priors : ndarray of shape (n_classes,), float64, or None
        Probabilities of the classes; None: estimated.
    random_state : numpy.random.RandomState or numpy.random.Generator

    Returns
    -------
    fit : ClassFit
    """
    begin = perf_counter()
    data.describe(params.reg_covar)
    seconds = {"columns": perf_counter() - begin, "starts": 0.0, "iterations": 0.0}
    has_unlabelled = bool((codes < 0).any())
    of_components = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    classes = RowClasses(codes, of_components, priors)
    params = _of_size(params, len(of_components))
    monitor = MixtureMonitor(params, data, 1 + has_unlabelled)
    data.show_step = None if monitor.hook is None else monitor.show_step
    begin = perf_counter()
    monitor.begin_run()
    starts = _starts(data, params, codes, sizes, random_state)
    seconds["starts"] = perf_counter() - begin
    is_closed = not has_unlabelled and len(sizes) == len(of_components)
    begin = perf_counter()
    runs, log_likelihoods = [], []
    for i, start in enumerate(starts):
        if i > 0:
            monitor.begin_run()
        kernel = data.fitter(len(of_components))
        kernel.restrict(classes)
        kernel.start(**start)
        poor = kernel.collapsed
        if has_unlabelled and poor.any():  # unlabelled rows may still save these components
            data.use(kernel, data.reset(data.parameters(kernel), poor))
        monitor.kernel = kernel
        monitor.start_found()
        if is_closed:
            runs.append(_maximise_once(data, kernel, params, monitor))
        else:
            runs.append(run_from(data, kernel, params, monitor, StartReport(), []))
        scale = data.given_weight / data.total_weight
        log_likelihoods.append(kernel.expect().log_likelihood * scale)
    ranks = [
        (-int(run.report.collapsed.sum()), value)
        for run, value in zip(runs, log_likelihoods, strict=True)
    ]
    best = max(range(len(runs)), key=ranks.__getitem__)
    run = runs[best]
    seconds["iterations"] = perf_counter() - begin
    report = FitReport(
        runs=[run.report for run in runs],
        best=best,
        total_weight=data.given_weight,
        parameters=run.parameters,
        covariance_type=data.structure.name,
        seconds=seconds,
        of_classes=True,
    )
    n_free = count_parameters(data.structure, *run.parameters.means.shape)
    if not has_unlabelled or priors is not None:  # the weights of the classes are known
        n_free -= len(sizes) - 1
    return ClassFit(
        run.parameters,
        data.structure.name,
        [data.structure.name] * len(sizes),
        list(sizes),
        run.lower_bounds,
        run.converged,
        len(run.lower_bounds),
        [report],
        n_free,
        log_likelihoods[best],
        data.given_weight,
    )


def _maximise_once(data, kernel, params, monitor):
    """Make the only M step: every row is labelled, and each class has one component."""
    monitor.kernel = kernel
    bounds, _, n_collapsed = kernel.run(1, params.tol, callback=monitor.hook)
    collapsed = kernel.collapsed
    if n_collapsed > collapsed.sum():
        collapsed[:] = True  # by the covariance that all share
    monitor.end_run(bounds[-1], True)
    report = RunReport((), bounds[-1], 1, "converged", np.empty(0), 0.0, 0, collapsed)
    return Run(data.parameters(kernel), bounds, True, report)


def _starts(data, params, codes, sizes, random_state):
    """Arguments of ``kernel.start``, one for each run.

    Labelled rows belong to the components of the start of a mixture of their class. Unlabelled rows
    belong to no component in the first run, and to all alike in the second, which is better where
    few rows are labelled.
    """
    if max(sizes) == 1:
        starts = [{"labels": codes}]
        if (codes >= 0).all():
            return starts
        resp = np.zeros((len(codes), len(sizes)))
        resp[np.flatnonzero(codes >= 0), codes[codes >= 0]] = 1
    else:
        resp = _resp_of_class_starts(data, params, codes, sizes, random_state)
        starts = [{"resp": resp}]
        if (codes >= 0).all():
            return starts
        resp = resp.copy()
    resp[codes < 0] = 1 / resp.shape[1]
    return [*starts, {"resp": resp}]


def _resp_of_class_starts(data, params, codes, sizes, random_state):
    """Responsibilities of all components under the start of a mixture of each class."""
    resp = np.zeros((len(codes), sum(sizes)))
    first = 0
    for c, size in enumerate(sizes):
        rows = np.flatnonzero(codes == c)
        if size == 1:
            resp[rows, first] = 1
        else:
            X, weights = _rows_of(data.X, data.sample_weight, rows)
            part = data.subset(X, weights)
            part.show_step = data.show_step
            kernel = part.fitter(size)
            make_start(_of_size(params, size), part, None, random_state)(kernel)
            scorer = part.scorer(part.parameters(kernel))
            resp[rows, first : first + size] = read_resp_and_log_prob(scorer)[0]
        first += size
    return resp


# Apart


def choose_for_class(X, sample_weight, names, sizes, params, random_state, n_threads):
    """The mixture of the rows of a class with the best BIC among structures and sizes.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Rows of the class.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    names : sequence of str
        Structures.
    sizes : sequence of int
        Numbers of components.
    params : namespace
        As for `fit_together`.
    random_state : numpy.random.RandomState or numpy.random.Generator
    n_threads : int

    Returns
    -------
    fit : ClassFit
        Of this class alone. A mixture with collapsed components gives way to any other.
    """
    data = MixtureData(X, sample_weight, structure_of(names[0]), n_threads)
    structures = [structure_of(name) for name in names]
    sizes = [size for size in sizes if size <= data.n_present] or [sizes[0]]
    fit = partial(_fit_of_class, X, sample_weight, n_threads, random_state)
    if len(names) * len(sizes) == 1:
        return fit(structures[0], sizes[0], params)
    params = SimpleNamespace(**unwatched(vars(params)))
    if max(sizes) == 1:
        fits = [fit(structure, 1, params) for structure in structures]
        return min(fits, key=lambda found: (found.n_collapsed > 0, found.bic))
    data.describe(params.reg_covar)
    source = np.random.RandomState(draw_seed(random_state))
    ends = search_together(data, structures, sizes, params, source, lambda step, ends: False)

    def rank(key):
        structure, size = key
        n_free = count_parameters(structure, size, X.shape[1])
        bic = -2 * ends[key].bound * data.given_weight + n_free * math.log(data.given_weight)
        return ends[key].n_collapsed > 0, bic

    structure, size = best = min(ends, key=rank)
    previous = Previous(ends[best].parameters, [], "the search among structures and sizes")
    return fit(structure, size, params, previous)


def _fit_of_class(
    X, sample_weight, n_threads, random_state, structure, size, params, previous=None
):
    """The mixture of a class, from a start of its own or from the end of a search."""
    data = MixtureData(X, sample_weight, structure, n_threads)
    run, report = best_mixture(data, _of_size(params, size), None, random_state, previous)
    log_likelihood = weighted_sum(read_log_prob(data.scorer(run.parameters)), data.sample_weight)[0]
    return ClassFit(
        run.parameters,
        structure.name,
        [structure.name],
        [size],
        run.lower_bounds,
        run.converged,
        len(run.lower_bounds),
        [report],
        count_parameters(structure, size, X.shape[1]),
        log_likelihood * data.given_weight / data.total_weight,
        data.given_weight,
    )


def fit_apart(X, sample_weight, params, codes, names, sizes, priors, random_state, n_threads):
    """Fit a mixture to the rows of each class.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    sample_weight : ndarray of shape (n_samples,), float64, or None
    params : namespace
        As for `fit_together`.
    codes : ndarray of shape (n_samples,), int32
        Class of each row.
    names : list of sequence of str
        Structures among which each class chooses.
    sizes : list of sequence of int
        Numbers of components among which each class chooses.
    priors : ndarray of shape (n_classes,), float64, or None
    random_state : numpy.random.RandomState or numpy.random.Generator
    n_threads : int

    Returns
    -------
    fit : ClassFit
        With covariance matrices for any structures of the classes.
    """
    fits = []
    for c in range(len(names)):
        rows = _rows_of(X, sample_weight, np.flatnonzero(codes == c))
        fits.append(choose_for_class(*rows, names[c], sizes[c], params, random_state, n_threads))
    counts = np.array([fit.total_weight for fit in fits])
    shares = counts / counts.sum()
    priors = shares if priors is None else priors
    matrices = [_as_matrices(fit) for fit in fits]
    parameters = Parameters(*(np.concatenate(arrays) for arrays in zip(*matrices, strict=True)))
    weights = np.repeat(priors, [fit.sizes[0] for fit in fits]) * parameters.weights
    bounds = [fit.lower_bounds[-1] for fit in fits]
    return ClassFit(
        parameters._replace(weights=weights),
        Full.name,
        [fit.covariance_type for fit in fits],
        [fit.sizes[0] for fit in fits],
        [float(shares @ (bounds + np.log(priors)))],
        all(fit.converged for fit in fits),
        max(fit.n_iter for fit in fits),
        [fit.reports[0] for fit in fits],
        sum(fit.n_parameters for fit in fits),
        float(sum(fit.log_likelihood for fit in fits) + counts @ np.log(priors)),
        float(counts.sum()),
    )


def _as_matrices(fit):
    """Parameters with a covariance matrix for each component."""
    weights, means, covariances, factors = fit.parameters
    structure = structure_of(fit.covariance_type)
    # Square roots of precisions on a diagonal are an upper factor, too.
    return Parameters(
        weights,
        means,
        structure.matrices(covariances, *means.shape),
        structure.matrices(factors, *means.shape),
    )


def _rows_of(X, sample_weight, rows):
    """Some rows of X, contiguous, and their weights."""
    return X[rows], None if sample_weight is None else sample_weight[rows]


def _of_size(params, n_components):
    """The same parameters for another number of components."""
    return SimpleNamespace(**vars(params) | {"n_components": n_components})
