"""Standard errors and intervals of the parameters of a mixture, by the bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import numpy as np

from .._estimator.clock import Clock, with_time_left
from .._estimator.show import show
from .._inputs.annotations import ArrayLike, Int, Real, Rows, Seed
from .._inputs.errors import warn_collapse, warn_convergence
from .._inputs.parameters import (
    check_callback,
    check_integer,
    check_option,
    check_real,
    check_verbose,
)
from .._inputs.random import draw_seed, lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from ..kernels.mixture.replicates import count_draws
from .bootstrap_result import BootstrapMethod, BootstrapResult, ParameterArrays
from .checks import check_mixture, refuse_noise_and_prior
from .data import MixtureData
from .replicates import WeightedFits
from .structures import structure_of

if TYPE_CHECKING:
    from .gaussian import GaussianMixture

__all__ = ["bootstrap"]

BOOTSTRAP_METHODS = get_args(BootstrapMethod)

MAX_NUMBERS_OF_BLOCK = 1 << 21
"""Weights of rows that are drawn at a time: 16 MiB, and half as much of indices."""

N_REPORTS = 20
"""Calls of the callback, at least, if there are as many replicates."""


def bootstrap(
    mixture: GaussianMixture,
    X: Rows,
    *,
    sample_weight: ArrayLike | None = None,
    n_resamples: Int = 999,
    method: BootstrapMethod = "nonparametric",
    tol: Real = 1e-5,
    max_iter: Int = 1000,
    random_state: Seed = None,
    n_threads: Int | None = None,
    verbose: Int = 0,
    callback: Callable[[int, int], object] | None = None,
) -> BootstrapResult:
    """Standard errors and intervals of the parameters of a fitted mixture, by the bootstrap.

    Each replicate is a fit to the same rows with weights that are drawn anew [1]_ [2]_. It starts
    at the parameters of the mixture, so that its components are in the order of the mixture's.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted to X; it is not changed.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        The rows that the mixture was fitted to.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row, as in the fit. Weights count as copies of rows: a sample has as many
        rows as the total weight says, rounded.
    n_resamples : int, default=999
        Number of replicates, at least 2.
    method : {"nonparametric", "weighted"}, default="nonparametric"
        "nonparametric": rows are drawn with replacement, and the weight of a row is the number of
        its draws. "weighted" is the weighted likelihood bootstrap: the shares of the rows have the
        Dirichlet distribution with all parameters 1, so that every row has some weight, and fewer
        components collapse.
    tol : float, default=1e-5
        A replicate has converged when the mean log-likelihood of a row has less to gain, in nats.
    max_iter : int, default=1000
        Passes over the rows in a replicate, at most.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the draws. None: the parameter `random_state` of the mixture. The same int gives
        the same bits on any number of threads.
    n_threads : int or None, default=None
        Threads to use, each for a replicate. None: the parameter `n_threads` of the mixture.
    verbose : int, default=0
        1 prints a line after every twentieth of the replicates.
    callback : callable, default=None
        ``callback(n_done, n_resamples)`` is called as often. If it returns a true value, the
        replicates made so far are the result.

    Returns
    -------
    result : BootstrapResult
        Replicates, standard errors and intervals; prints as a table.

    Raises
    ------
    TypeError, ValueError
        If a parameter or X is not as described, or fewer than two replicates are left.
    NotFittedError
        If the mixture is not fitted.

    Warns
    -----
    CollapseWarning
        If replicates are left out because a component collapsed.
    ConvergenceWarning
        If replicates did not converge.

    See Also
    --------
    likelihood_ratio_test : The number of components, by a bootstrap.

    Notes
    -----
    Components that overlap much may change places in a replicate although it starts at the
    mixture's parameters; then their standard errors are too large, and the intervals span both. A
    histogram of ``result.means_[:, k]`` with two peaks tells of it.

    The floor of variances is the fit's: `reg_covar` of the mixture and the variances of X. Fits of
    "full", "tied", "diag" and "spherical" are accelerated by SQUAREM, which has the same fixed
    points as EM. The memory beyond X is 24 MiB, and a copy of X for each thread if X has at most
    2 MiB; the replicates are kept.

    References
    ----------
    .. [1] B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall, 1993.
    .. [2] A. O'Hagan, T. B. Murphy, L. Scrucca and I. C. Gormley, "Investigation of parameter
       uncertainty in clustering using a Gaussian mixture model via jackknife, bootstrap and
       weighted likelihood bootstrap", Computational Statistics 34, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixture, bootstrap
    >>> X = np.random.default_rng(0).normal(size=(400, 1)) + np.repeat([[0], [9]], 200, axis=0)
    >>> mixture = GaussianMixture(2, random_state=0).fit(X)
    >>> result = bootstrap(mixture, X, n_resamples=200, random_state=0)
    >>> bool(abs(result.standard_errors.means - 1 / np.sqrt(200)).max() < 0.02)
    True
    >>> low, high = result.intervals(0.9)
    >>> bool(np.all(low.means < mixture.means_) and np.all(mixture.means_ < high.means))
    True
    """
    check_mixture(mixture, "bootstrap")
    refuse_noise_and_prior(mixture, "bootstrap")
    n_resamples = check_integer("n_resamples", n_resamples, 2)
    check_option("method", method, BOOTSTRAP_METHODS)
    tol = check_real("tol", tol, 0)
    max_iter = check_integer("max_iter", max_iter, 1)
    check_verbose(verbose)
    check_callback(callback)
    n_threads, _ = resolve_threads(mixture.n_threads if n_threads is None else n_threads)
    X = check_rows(X, mixture, reset=False)
    sample_weight = check_sample_weight(sample_weight, len(X))
    structure = structure_of(mixture.covariance_type)
    data = MixtureData(X, sample_weight, structure, n_threads)
    data.describe(check_real("reg_covar", mixture.reg_covar, 0, auto=True))
    with lent_random_state(
        mixture.random_state if random_state is None else random_state
    ) as source:
        generator = np.random.default_rng(draw_seed(source))
    draws = _Draws(method, sample_weight, len(X), generator)
    parameters = mixture._parameters()
    fits = WeightedFits(data, draws.total_weight, parameters, max_iter, tol)
    step = max(1, min(n_resamples, MAX_NUMBERS_OF_BLOCK // len(X)))
    if verbose or callback is not None:
        step = min(step, -(-n_resamples // N_REPORTS))
    found, n_done, clock = [], 0, Clock(1)
    while n_done < n_resamples:
        n_fits = min(step, n_resamples - n_done)
        found.append(fits.run(draws.take(n_fits)))
        n_done += n_fits
        if verbose:
            line = f"Replicate {n_done} of {n_resamples}"
            show(with_time_left(line, *clock.read(share=n_done / n_resamples)))
        if callback is not None and callback(n_done, n_resamples):
            break
    return _result(
        mixture, method, n_done, [np.concatenate(part) for part in zip(*found, strict=True)]
    )


def _result(mixture, method, n_done, found):
    """The replicates without collapsed components, and warnings about the others."""
    weights, means, covariances, bounds, n_iter, n_collapsed, converged = found
    sound = (n_collapsed == 0) & np.isfinite(bounds)
    n_lost = int(n_done - np.count_nonzero(sound))
    remedy = "pass a mixture of fewer components or parameters"
    if method == "nonparametric":
        remedy = f"pass method='weighted', which gives every row some weight, or {remedy[5:]}"
    if n_done < 2:
        raise ValueError(
            f"callback ended the bootstrap after {n_done} replicate, and standard errors need two; "
            "let it return False for longer."
        )
    if n_done - n_lost < 2:
        raise ValueError(
            f"a component collapsed in {n_lost} of {n_done} replicates, and fewer than two are "
            f"left; {remedy}, or pass more n_resamples."
        )
    if n_lost:
        warn_collapse(
            f"{n_lost} of {n_done} replicates are left out, since a component collapsed; {remedy}."
        )
    n_not_converged = int(np.count_nonzero(sound & (converged == 0)))
    if n_not_converged:
        warn_convergence(
            f"{n_not_converged} of {n_done} replicates did not converge; increase max_iter or tol."
        )
    names = getattr(mixture, "feature_names_in_", None)
    if names is None:
        names = [f"feature {j}" for j in range(mixture.means_.shape[1])]
    parts = (weights, means, covariances)
    if n_lost:
        parts = [part[sound] for part in parts]
    return BootstrapResult(
        method,
        n_done,
        ParameterArrays(mixture.weights_, mixture.means_, mixture.covariances_),
        *parts,
        n_iter=n_iter[sound],
        n_collapsed=n_lost,
        n_not_converged=n_not_converged,
        covariance_type=mixture.covariance_type,
        feature_names=[str(name) for name in names],
    )


class _Draws:
    """Weights of the rows, drawn block by block; the blocks do not change the draws.

    Parameters
    ----------
    method : {"nonparametric", "weighted"}
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_samples : int
    generator : numpy.random.Generator

    Attributes
    ----------
    total_weight : float
        Sum of the weights of each replicate.
    """

    def __init__(self, method, sample_weight, n_samples, generator):
        self._method, self._generator = method, generator
        self._sample_weight, self._n_samples = sample_weight, n_samples
        self.total_weight = float(n_samples)
        if sample_weight is not None:
            self.total_weight = float(round(float(sample_weight.sum())))
            self._cumulated = np.cumsum(sample_weight)
        if self.total_weight < 2 and sample_weight is None:
            raise ValueError(
                f"X has {n_samples} row, but a sample needs at least 2; pass the rows that the "
                "mixture was fitted to."
            )
        if self.total_weight < 2:
            raise ValueError(
                f"sample_weight adds up to {sample_weight.sum():.3g}, but a sample needs at least "
                "2 rows; weights count as copies of rows: scale them to add up to the number of "
                "observations."
            )

    def take(self, n_fits):
        """Weights of shape (n_fits, n_samples), float64."""
        shape = (n_fits, self._n_samples)
        if self._method == "weighted":
            if self._sample_weight is None:
                weights = self._generator.standard_exponential(shape)
            else:
                weights = self._generator.standard_gamma(self._sample_weight, shape)
            weights *= self.total_weight / weights.sum(axis=1, keepdims=True)
            return weights
        weights = np.empty(shape)
        n_draws = int(self.total_weight)
        step = max(1, MAX_NUMBERS_OF_BLOCK // n_draws)
        for start in range(0, n_fits, step):
            part = weights[start : start + step]
            count_draws(self._draw((len(part), n_draws)), part)
        return weights

    def _draw(self, shape):
        """Indices of rows, each drawn with the probability of its weight."""
        if self._sample_weight is None:
            return self._generator.integers(0, self._n_samples, shape, dtype=np.int32)
        points = self._generator.random(shape) * self._cumulated[-1]
        found = np.searchsorted(self._cumulated, points, side="right").astype(np.int32)
        return np.minimum(found, np.flatnonzero(self._sample_weight)[-1], dtype=np.int32)
