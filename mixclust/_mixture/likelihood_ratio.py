"""The number of components by likelihood-ratio tests, with parametric bootstraps."""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .._estimator.clock import Clock, with_time_left
from .._estimator.show import show
from .._inputs.annotations import ArrayLike, Float64Array, Int, IntpArray, Real, Rows, Seed
from .._inputs.errors import CollapseWarning, ConvergenceWarning, warn_collapse
from .._inputs.parameters import (
    check_bool,
    check_callback,
    check_integer,
    check_real,
    check_verbose,
)
from .._inputs.random import draw_seed, lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._inputs.wording import count, with_article
from .._passes.threads import map_tasks, resolve_threads
from ..kernels.mixture.replicates import Replicates
from .checks import refuse_noise_and_prior
from .data import MixtureData
from .draws import draw_rows
from .em import best_mixture
from .parameters import Parameters
from .structures import structure_of
from .sweep import fit_sweep

if TYPE_CHECKING:
    from .gaussian import GaussianMixture

__all__ = ["LikelihoodRatioResult", "likelihood_ratio_test"]

MAX_NUMBERS_OF_BLOCK = 1 << 20
"""Numbers of the samples that are drawn at a time, 8 MiB."""

N_REPORTS = 20
"""Calls of the callback for each test, at least, if there are as many replicates."""

MAX_SHARE_LOST = 0.1
"""Share of samples that are left out without a warning; the result counts them."""

N_SPLITS = 5
"""Components that are split for the starts of a replicate, at most: the ones of most weight."""

DISTANCE_OF_HALVES_IN_SD = 0.8
"""Distance of the mean of a half of a Gaussian from the middle."""


class LikelihoodRatioResult:
    """Likelihood-ratio tests of K against K + 1 components; prints as a table.

    Parameters
    ----------
    level : float
        Significance level.
    mixtures : dict of int to GaussianMixture
        The fitted mixtures by their number of components.
    sizes : list of int
        Number of components K of each test.
    statistics : list of float
        Statistic of each test.
    replicates : list of ndarray
        Statistics of the replicates of each test.
    n_failed : list of int
        Number of replicates of each test that were left out.

    Attributes
    ----------
    level : float
        Significance level.
    n_components_ : int
        The first number of components that is not rejected, or the last K + 1 if all are.
    sizes_ : ndarray of shape (n_tests,), intp
        Number of components K of each test against K + 1.
    statistics_ : ndarray of shape (n_tests,), float64
        Twice the difference of the log-likelihoods, in nats.
    p_values_ : ndarray of shape (n_tests,), float64
        Share of the samples, the observed one among them, with a statistic at least as large.
    replicates_ : list of ndarray of shape (n_kept,), float64
        Statistics of samples from the mixture of K components, for each test.
    n_failed_ : ndarray of shape (n_tests,), intp
        Replicates that were left out, since a component collapsed in every fit.
    mixtures_ : dict of int to GaussianMixture
        The fitted mixtures by their number of components.
    """

    def __init__(
        self,
        level: float,
        mixtures: dict[int, GaussianMixture],
        sizes: list[int],
        statistics: list[float],
        replicates: list[Float64Array],
        n_failed: list[int],
    ) -> None:
        self.level = level
        self.mixtures_ = mixtures
        self.sizes_: IntpArray = np.array(sizes, dtype=np.intp)
        self.statistics_: Float64Array = np.array(statistics, dtype=np.float64)
        self.replicates_ = replicates
        self.n_failed_: IntpArray = np.array(n_failed, dtype=np.intp)
        pairs = zip(statistics, replicates, strict=True)
        self.p_values_: Float64Array = np.array(
            [(1 + np.count_nonzero(found >= value)) / (1 + len(found)) for value, found in pairs]
        )
        self.n_components_: int = sizes[-1] + int(self.p_values_[-1] <= level)

    def __repr__(self) -> str:
        counts = [len(found) for found in self.replicates_]
        lines = [
            f"Likelihood-ratio tests by parametric bootstrap, {count(max(counts), 'replicate')}",
            f"{'components':>12}{'statistic':>12}{'p value':>10}",
        ]
        rows = zip(self.sizes_, self.statistics_, self.p_values_, self.n_failed_, strict=True)
        for size, statistic, p_value, n_failed in rows:
            failed = ""
            if n_failed:
                failed = f"  {count(n_failed, 'replicate')} left out: components collapsed"
            lines.append(f"{f'{size} or {size + 1}':>12}{statistic:>12.5g}{p_value:>10.4f}{failed}")
        end = "all smaller numbers are rejected"
        if self.p_values_[-1] <= self.level:
            end += "; larger ones were not tested"
        number = count(self.n_components_, "component")
        lines.append(f"{number} at the level {self.level:g}: {end}")
        return "\n".join(lines)


def likelihood_ratio_test(
    estimator: GaussianMixture,
    X: Rows,
    *,
    sample_weight: ArrayLike | None = None,
    n_resamples: Int = 999,
    level: Real = 0.05,
    min_components: Int = 1,
    max_components: Int = 8,
    search: bool = True,
    random_state: Seed = None,
    n_threads: Int | None = None,
    verbose: Int = 0,
    callback: Callable[[int, int, int], object] | None = None,
) -> LikelihoodRatioResult:
    """Find the number of components by likelihood-ratio tests of K against K + 1 components.

    The statistic has no known distribution, since K components are on the border of K + 1. So its
    distribution is that of samples from the mixture of K components [1]_. K grows from
    `min_components` until a test does not reject K components.

    Parameters
    ----------
    estimator : GaussianMixture
        Every mixture takes its parameters but `n_components`. It is not changed, and need not be
        fitted.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; weights count as copies of rows.
    n_resamples : int, default=999
        Samples of each test.
    level : float, default=0.05
        Significance level: a p value of at most this rejects K components.
    min_components, max_components : int, default=1 and 8
        The first and the last K to test against K + 1.
    search : bool, default=True
        Whether fits to a sample search for the best optimum, as the fits to X do. Without it they
        start from the mixtures that were fitted to X, and from the smaller one with a component
        split in two: this is several times faster, but finds some optima of X alone, so that p
        values are too small where components overlap.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the samples. None: the parameter `random_state` of the estimator. The same int
        gives the same bits on any number of threads.
    n_threads : int or None, default=None
        Threads to use, each for a sample. None: the parameter `n_threads` of the estimator.
    verbose : int, default=0
        1 prints a line after every twentieth of the samples of a test.
    callback : callable, default=None
        ``callback(n_components, n_done, n_resamples)`` is called as often. If it returns a true
        value, the test uses the samples made so far, and is the last one.

    Returns
    -------
    result : LikelihoodRatioResult
        Statistics, p values and the mixtures; prints as a table.

    Raises
    ------
    TypeError, ValueError
        If a parameter or X is not as described, or components of the first two mixtures collapse.

    Warns
    -----
    CollapseWarning
        If more than a tenth of the samples are left out because components collapse.

    See Also
    --------
    bootstrap : Standard errors of the parameters.

    Notes
    -----
    A sweep fits the mixtures, so that no mixture is less likely than a smaller one. A sample is
    fitted with K components from the mixture that it was drawn from, and with K + 1 components from
    the mixture of K + 1 and from the one of K with a component split in two, for up to five
    components. With `search` both are also fitted from the estimator's own start. The best fits
    count.

    Tests end before a mixture with a collapsed component, without a warning, and a sample is left
    out if a component collapses in all its fits.

    References
    ----------
    .. [1] G. J. McLachlan, "On bootstrapping the likelihood ratio test statistic for the number of
       components in a normal mixture", Applied Statistics 36, 1987.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixture, likelihood_ratio_test
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) + np.repeat([[0], [6]], 100, axis=0)
    >>> result = likelihood_ratio_test(GaussianMixture(random_state=0), X, n_resamples=99)
    >>> result.n_components_
    2
    >>> bool(result.p_values_[0] < 0.02)
    True
    """
    from .gaussian import GaussianMixture

    if not isinstance(estimator, GaussianMixture):
        kind = with_article(type(estimator).__name__)
        raise TypeError(f"estimator is {kind}; pass a GaussianMixture, fitted or not.")
    refuse_noise_and_prior(estimator, "likelihood_ratio_test")
    n_resamples = check_integer("n_resamples", n_resamples, 1)
    level = check_real("level", level, 0)
    if level >= 1:
        raise ValueError(f"level={level} must be less than 1; 0.05 is usual.")
    least = 1 / (n_resamples + 1)
    if 0 < level < least:
        raise ValueError(
            f"n_resamples={n_resamples} samples give p values of {least:.3g} or more, so that no "
            f"number of components can be rejected at level={level:g}; pass n_resamples of at "
            f"least {math.ceil(1 / level) - 1}."
        )
    min_components = check_integer("min_components", min_components, 1)
    max_components = check_integer("max_components", max_components, min_components)
    check_bool("search", search)
    check_verbose(verbose)
    check_callback(callback)
    n_threads, _ = resolve_threads(estimator.n_threads if n_threads is None else n_threads)
    sizes = range(min_components, max_components + 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixtures = fit_sweep(estimator, sizes, X, sample_weight)
    first = mixtures[min_components]
    X = check_rows(X, first, reset=False)
    sample_weight = check_sample_weight(sample_weight, len(X))
    data = MixtureData(X, sample_weight, structure_of(first.covariance_type), n_threads)
    data.describe(check_real("reg_covar", first.reg_covar, 0, auto=True))
    with lent_random_state(estimator.random_state if random_state is None else random_state) as s:
        generator = np.random.default_rng(draw_seed(s))
    found = []
    for size in sizes[:-1]:
        if any(mixtures[k].report_.n_collapsed for k in (size, size + 1)):
            break
        samples = _Samples(data, mixtures[size], mixtures[size + 1], search)
        gain = mixtures[size + 1].score(X, sample_weight=sample_weight)
        gain -= mixtures[size].score(X, sample_weight=sample_weight)
        statistics, stopped, clock = [], False, Clock(1)
        step = max(1, min(-(-n_resamples // N_REPORTS), samples.most))
        while len(statistics) < n_resamples and not stopped:
            n_drawn = min(step, n_resamples - len(statistics))
            statistics.extend(samples.statistics(n_drawn, generator))
            if verbose:
                line = f"{size} or {size + 1}: sample {len(statistics)} of {n_resamples}"
                show(with_time_left(line, *clock.read(share=len(statistics) / n_resamples)))
            stopped = callback is not None and callback(size, len(statistics), n_resamples)
        kept = np.array(statistics)[~np.isnan(statistics)]
        found.append((size, 2 * data.given_weight * gain, kept, len(statistics) - len(kept)))
        if len(kept) < (1 - MAX_SHARE_LOST) * len(statistics):
            warn_collapse(
                f"{len(statistics) - len(kept)} of {len(statistics)} samples from {size} "
                "components are left out, since a component collapsed in all fits; the test rests "
                "on the others. Pass a covariance_type of fewer parameters or fewer max_components."
            )
        n_larger = 1 + np.count_nonzero(kept >= found[-1][1])
        if stopped or n_larger > level * (1 + len(kept)):
            break
    if not found:
        raise ValueError(
            f"components of the mixtures of {min_components} and {min_components + 1} components "
            "collapse, and a likelihood without bounds cannot be tested; pass a covariance_type of "
            "fewer parameters or a larger reg_covar."
        )
    return LikelihoodRatioResult(level, mixtures, *map(list, zip(*found, strict=True)))


class _Samples:
    """Samples from a mixture, and their likelihoods with as many components and one more.

    Parameters
    ----------
    data : MixtureData
        Described; the number of rows of a sample is its total weight, rounded.
    smaller, larger : GaussianMixture
    search : bool
        As for `likelihood_ratio_test`.

    Attributes
    ----------
    most : int
        Samples that are drawn at a time, at most.
    """

    def __init__(self, data, smaller, larger, search):
        self._data, self._mixture = data, smaller
        self._options = [_quiet_options(mixture) for mixture in (smaller, larger)]
        self._search = search
        self._n_rows = max(2, round(data.given_weight))
        self.most = max(1, MAX_NUMBERS_OF_BLOCK // (self._n_rows * data.X.shape[1]))
        parameters = smaller._parameters()
        self._starts = [parameters, larger._parameters()]
        for k in np.argsort(-parameters.weights, kind="stable")[:N_SPLITS]:
            self._starts.append(_halved(parameters, int(k), data.structure))
        self._idle = deque()

    def statistics(self, n_drawn, generator):
        """Statistics of some samples; NaN where all fits collapse."""
        rows = [draw_rows(self._mixture, self._n_rows, generator)[0] for _ in range(n_drawn)]
        seeds = generator.integers(2**31 - 1, size=n_drawn)
        found = np.empty(n_drawn)

        def run(i):
            try:
                fitters = self._idle.pop()
            except IndexError:
                fitters = _Fitters(self._data, self._n_rows, self._starts)
            tol, max_iter = self._options[0].tol, max(1, self._options[0].max_iter)
            bounds = fitters.bounds(rows[i], max_iter, tol)
            bounds = [bounds[:1], bounds[1:]]
            if self._search:
                for j in range(2):
                    bounds[j] = np.append(bounds[j], self._searched(rows[i], j, int(seeds[i])))
            smaller, larger = (np.max(part, initial=-np.inf, where=part == part) for part in bounds)
            found[i] = np.nan
            if min(smaller, larger) > -np.inf:
                # A mixture of one component more is at least as likely as one without it.
                found[i] = 2 * self._n_rows * max(larger - smaller, 0.0)
            self._idle.append(fitters)

        map_tasks(run, n_drawn, self._data.n_threads)
        return found

    def _searched(self, rows, j, seed):
        """Mean log-likelihood of a row in a fit by the estimator; NaN if a component collapsed."""
        data = MixtureData(rows, None, self._data.structure, 1)
        with lent_random_state(seed) as random_state:
            run, report = best_mixture(data, self._options[j], None, random_state, None)
        return np.nan if report.n_collapsed or not run.lower_bounds else run.lower_bounds[-1]


def _quiet_options(mixture):
    """Checked options of a mixture, without prints and callbacks."""
    options = {"verbose": 0, "callback": None, "warm_start": False}
    return type(mixture)(**mixture.get_params(deep=False) | options)._check_params()


class _Fitters:
    """Compiled models, one for each start, that read the rows of one place."""

    def __init__(self, data, n_rows, starts):
        self._rows = np.tile(data.shift, (n_rows, 1))
        self._weights = np.ones((1, n_rows))
        varying = data.with_varying_weights(self._rows, np.ones(n_rows), float(n_rows))
        self._fitters = []
        for start in starts:
            kernel = varying.fitter(len(start.weights))
            varying.use(kernel, start)
            weights = np.ones(n_rows)
            self._fitters.append(Replicates(kernel, weights, None, None, data.scales))

    def bounds(self, rows, max_iter, tol):
        """Mean log-likelihood of a row from each start; NaN where a component collapsed."""
        self._rows[:] = rows
        found = np.empty(len(self._fitters))
        which, bound = np.zeros(1, dtype=np.intp), np.empty(1)
        outcome = np.empty((1, 3), dtype=np.int32)
        for i, fitter in enumerate(self._fitters):
            numbers = np.empty((1, fitter.n_numbers))
            fitter.run(self._weights, which, max_iter, tol, numbers, bound, outcome)
            found[i] = np.nan if outcome[0, 1] else bound[0]
        return found


def _halved(parameters, k, structure):
    """Parameters in which component k is there twice, apart along its longest axis."""
    n_components, n_features = parameters.means.shape
    which = np.r_[np.arange(n_components), k]
    covariances, factors = parameters.covariances, parameters.precisions_cholesky
    matrix = structure.matrices(covariances, n_components, n_features)[k]
    variances, axes = np.linalg.eigh(matrix)
    offset = DISTANCE_OF_HALVES_IN_SD * np.sqrt(variances[-1]) * axes[:, -1]
    weights, means = parameters.weights[which], parameters.means[which]
    weights[[k, -1]] /= 2
    means[k] -= offset
    means[-1] += offset
    return Parameters(weights, means, *structure.select(covariances, factors, which))
