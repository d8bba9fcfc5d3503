"""Mixtures of several numbers of components that give each other better starts.

Every mixture is fitted by itself first. Then, from few components to many, each mixture is tried
from the next smaller one, a component of which is split, and from many to few from the next larger
one, two components of which are merged. The better of two mixtures of one size is kept, until no
mixture gets better. Trials look at a part of the rows if these are many; the fit that follows looks
at all rows. In the end no mixture is less likely than a smaller one.
"""

from functools import partial

import numpy as np

from .._inputs.random import draw_seed, lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .answers import read_resp_and_log_prob
from .data import MixtureData
from .em import best_mixture
from .fits import (
    MIN_GAIN_IN_NATS,
    N_ITER_OF_TRIAL,
    SAME_BOUND_IN_NATS,
    TOL_OF_TRIAL_IN_NATS,
)
from .mergers import cheapest_mergers, losses_apart, start_merged
from .noise import describe_noise
from .priors import prior_of
from .report import warn_of_fit
from .short_runs import TOL_IN_NATS, run_shortly
from .split_merge import MAX_HALVED, Halves
from .structures import structure_of
from .warm_start import Previous

__all__ = ["fit_sweep", "part_for_trials"]

N_TRIALS = 5
"""Splits or mergers that are tried for one mixture: the most promising ones."""

N_ITER_OF_SCORE = 2
"""Iterations of EM after a merger, which rank it among others."""

N_ITER_OF_SHORT_TRIAL = 15
"""Iterations of EM in each trial; the best one goes on."""

MAX_COST_OF_PASS = 4_000_000
"""Multiply-adds of a pass over the rows that trials look at, about a millisecond."""

MIN_GAIN_ON_PART_IN_NATS = 1e-3
"""A trial that gains more in the mean log-likelihood of a row of the part is followed by a fit of
all rows; where the part is all rows, `MIN_GAIN_IN_NATS` is enough."""

MIN_ROWS = 1000
"""Rows that trials look at, if there are as many."""

N_ROUNDS = 3
"""Ways up and down, at most."""


def fit_sweep(estimator, sizes, X, sample_weight=None, progress=None):
    """Fit a mixture of each size; none is less likely than a smaller one.

    Three cases are left out: components with variances of hardly more than `reg_covar`, by which EM
    itself may lose likelihood, mixtures with collapsed components, and mixtures with a prior, which
    differs between sizes. A mixture with a collapsed component gives way to any other, and is no
    start for others.

    Parameters
    ----------
    estimator : GaussianMixture
        Every mixture takes its other parameters. It is not changed, and need not be fitted.
    sizes : sequence of int
        Numbers of components.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    progress : callable, default=None
        ``progress(size, other)`` is called before a mixture is fitted, with None, and before it is
        tried from the mixture of another size, with that size.

    Returns
    -------
    mixtures : dict of int to GaussianMixture
        The fitted mixtures by size. The `report_` of one that was improved names its start.
    """
    progress = progress or (lambda size, other: None)
    mixtures = {}
    for size in dict.fromkeys(sizes):
        progress(size, None)
        mixtures[size] = _of_size(estimator, size).fit(X, sample_weight=sample_weight)
    if len(mixtures) > 1:
        _Sweep(mixtures, X, sample_weight, progress).improve()
    return mixtures


def _of_size(estimator, size):
    """An unfitted mixture with the parameters of another, but of this size."""
    return type(estimator)(**estimator.get_params(deep=False) | {"n_components": size})


def part_for_trials(data, n_components, random_state):
    """Rows for trials: all of positive weight, or as many as make a pass short.

    Parameters
    ----------
    data : MixtureData
        Described.
    n_components : int
        Of the largest mixture.
    random_state : numpy.random.RandomState

    Returns
    -------
    part : MixtureData
        The data themselves if all rows are in it.
    has_all_rows : bool
        Whether only rows of weight zero are left out.
    """
    n_rows = MAX_COST_OF_PASS * len(data.X) // data.cost(n_components)
    n_rows = max(MIN_ROWS, 2 * n_components, n_rows)
    has_all_rows = n_rows >= data.n_present
    if has_all_rows and data.n_present == len(data.X):
        return data, True
    chosen, weights = data.present(), data.sample_weight
    if not has_all_rows:
        chosen = np.sort(random_state.choice(chosen, size=n_rows, replace=False))
    weights = None if weights is None else weights[chosen]
    return data.part(np.ascontiguousarray(data.X[chosen]), weights), has_all_rows


class _Sweep:
    """Mixtures of several sizes that are improved from each other.

    Parameters
    ----------
    mixtures : dict of int to GaussianMixture
        Fitted to the same rows; better mixtures take their places.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    progress : callable
        As for `fit_sweep`.
    """

    def __init__(self, mixtures, X, sample_weight, progress):
        self._mixtures, self._sizes, self._progress = mixtures, sorted(mixtures), progress
        first = mixtures[self._sizes[0]]
        self._options = first._check_params()
        X = check_rows(X, first, reset=False)
        n_threads, _ = resolve_threads(first.n_threads)
        self._data = MixtureData(
            X,
            check_sample_weight(sample_weight, len(X)),
            structure_of(first.covariance_type),
            n_threads,
        )
        self._data.describe(self._options.reg_covar)
        describe_noise(self._data, self._options)
        with lent_random_state(first.random_state) as source:
            random_state = np.random.RandomState(draw_seed(source))
        self._part, self._has_all_rows = part_for_trials(self._data, self._sizes[-1], random_state)
        self._halves = Halves(self._part, random_state)
        self._tried = {}  # by size and other size: the other mixture that was tried
        self._bounds_on_part = {}  # by size: the mixture, and its bound

    def improve(self):
        """Improve mixtures from each other until none gets better."""
        if self._options.max_iter == 0 or self._data.has_too_few_rows:
            return
        for _ in range(N_ROUNDS):
            before = dict(self._mixtures)
            self._go_up()
            self._go_down()
            if all(self._mixtures[size] is before[size] for size in self._sizes):
                return
        self._go_up()

    def _go_up(self):
        """Try each mixture from the next smaller one; let none be less likely than that one."""
        source = None
        for size in self._sizes:
            if source is not None:
                self._try_from(source, size)
                if self._is_less_likely(size, source):
                    self._replace(size, self._doubled(source, size), _origin(source, "doubling"))
            if self._is_sound(size):
                source = size

    def _go_down(self):
        """Try each mixture from the next larger one."""
        source = None
        for size in reversed(self._sizes):
            if source is not None and size > 1:
                self._try_from(source, size)
            if self._is_sound(size):
                source = size

    def _is_sound(self, size):
        """Whether no component of a mixture collapsed."""
        return self._mixtures[size].report_.n_collapsed == 0

    def _is_less_likely(self, size, other):
        """Whether a mixture without collapsed components is less likely than another."""
        bound = self._mixtures[size].lower_bound_ + SAME_BOUND_IN_NATS
        return self._is_sound(size) and bound < self._mixtures[other].lower_bound_

    def _try_from(self, source, size):
        """Try a mixture from one of another size, unless that one was tried before."""
        if self._tried.get((size, source)) is self._mixtures[source]:
            return
        self._tried[size, source] = self._mixtures[source]
        self._progress(size, source)
        self._data.prior = prior_of(self._data, self._options.prior, size)
        self._part.prior = self._data.prior
        parameters = self._mixtures[source]._parameters()
        if source < size:
            starts, way = self._split(parameters, size), "splitting"
        else:
            starts, way = self._merge(parameters, size), "merging"
        trial = self._best_trial(starts, size)
        if trial is None:
            return
        least = MIN_GAIN_IN_NATS if self._has_all_rows else MIN_GAIN_ON_PART_IN_NATS
        gains = not self._is_sound(size) or trial.bound > self._bound_on_part(size) + least
        if gains or (source < size and self._is_less_likely(size, source)):
            self._replace(size, trial.parameters, _origin(source, way))

    def _bound_on_part(self, size):
        """The mean log-likelihood of a row of the part that a mixture has or soon reaches."""
        mixture, part = self._mixtures[size], self._part
        if self._has_all_rows:
            return mixture.lower_bound_
        known, bound = self._bounds_on_part.get(size, (None, None))
        if known is not mixture:
            start = partial(part.use, parameters=mixture._parameters())
            [fit] = run_shortly(part, size, [start], N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS)
            bound = fit.bound
            self._bounds_on_part[size] = mixture, bound
        return bound

    def _best_trial(self, starts, size):
        """The best end of EM on the part from several parameters; None if all collapse."""
        fits, use = [], self._part.use
        for n_iter, tol in (
            (N_ITER_OF_SHORT_TRIAL, TOL_IN_NATS),
            (N_ITER_OF_TRIAL, TOL_OF_TRIAL_IN_NATS),
        ):
            begins = [partial(use, parameters=parameters) for parameters in starts]
            fits = run_shortly(self._part, size, begins, n_iter, tol)
            fits = [fit for fit in fits if fit.n_collapsed == 0]
            if not fits:
                return None
            best = max(fits, key=lambda fit: fit.bound)
            starts = [best.parameters]
        return best

    def _replace(self, size, parameters, origin):
        """Fit all rows from parameters, and keep the mixture if it is better."""
        old = self._mixtures[size]
        mixture = _of_size(old, size)
        previous = Previous(parameters, [], origin)
        run, report = best_mixture(self._data, mixture._check_params(), None, None, previous)
        if report.n_collapsed:
            return
        bound = run.lower_bounds[-1]
        if self._is_sound(size) and bound <= old.lower_bound_:
            return
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(old, name):
                setattr(mixture, name, getattr(old, name))
        mixture._keep(run, report)
        warn_of_fit(report, self._options.tol, of_collapse=False)
        self._mixtures[size] = mixture

    # Parameters of another size

    def _doubled(self, source, size):
        """The same density with more components: the largest one is there several times."""
        parameters = self._mixtures[source]._parameters()
        k = int(np.argmax(parameters.weights))
        n_more = size - source
        which = np.r_[np.arange(source), np.full(n_more, k)]
        weights = parameters.weights[which]
        weights[which == k] /= n_more + 1
        return self._selected(parameters, which, weights)

    def _selected(self, parameters, which, weights):
        """Some components, possibly several times, with new weights."""
        covariances, factors = self._data.structure.select(
            parameters.covariances, parameters.precisions_cholesky, which
        )
        return parameters._replace(
            weights=weights,
            means=parameters.means[which],
            covariances=covariances,
            precisions_cholesky=factors,
        )

    def _split(self, parameters, size):
        """Parameters after splits of the components that gain most by it.

        Returns
        -------
        list of Parameters
            Up to `N_TRIALS` if one component is split; one if there are more; none if no component
            has enough rows.
        """
        while True:
            n_components = len(parameters.weights)
            splits = self._splits(parameters)
            if not splits:
                return []
            n_more = size - n_components
            if n_more == 1:
                return [self._apply(parameters, [split]) for split in splits[:N_TRIALS]]
            parameters = self._apply(parameters, splits[:n_more])
            if len(parameters.weights) == size:
                return [parameters]
            parameters = self._go_on(parameters)

    def _splits(self, parameters):
        """Components and the two that take the place of each, the largest gain first."""
        labels = read_resp_and_log_prob(self._part.scorer(parameters))[0].argmax(axis=1)
        n_components = len(parameters.weights)
        counts = np.bincount(labels, minlength=n_components)[:n_components]
        found = []
        for k in np.argsort(-counts, kind="stable")[:MAX_HALVED]:
            two, gain = self._halves.of(labels == k)
            if two is not None:
                found.append((gain, int(k), two))
        return sorted(found, key=lambda split: -split[0])

    def _apply(self, parameters, splits):
        """Parameters after splits."""
        structure, n_components = self._data.structure, len(parameters.weights)
        which = np.r_[np.arange(n_components), [k for _, k, _ in splits]]
        found = self._selected(parameters, which, parameters.weights[which])
        weights, means, *matrices = found
        for i, (_, k, two) in enumerate(splits):
            slots = [k, n_components + i]
            weights[slots] *= two.weights
            means[slots] = two.means
            matrices = structure.put(*matrices, slots, two.covariances, two.precisions_cholesky)
        covariances, factors = matrices
        return found._replace(
            weights=weights, means=means, covariances=covariances, precisions_cholesky=factors
        )

    def _merge(self, parameters, size):
        """Parameters after mergers of the pairs of components that lose least.

        Returns
        -------
        list of Parameters
            Up to `N_TRIALS` if one pair is merged; one if there are more.
        """
        while True:
            n_components = len(parameters.weights)
            resp, _ = read_resp_and_log_prob(self._part.scorer(parameters))
            losses = losses_apart(self._part, parameters)
            pairs, _ = cheapest_mergers(self._part, n_components, losses, resp)
            begins = [partial(start_merged, resp, [pair]) for pair in pairs]
            fits = run_shortly(self._part, n_components - 1, begins, N_ITER_OF_SCORE)
            order = sorted(range(len(pairs)), key=lambda i: fits[i].score, reverse=True)
            if n_components - 1 == size:
                return [fits[i].parameters for i in order[:N_TRIALS]]
            chosen = _disjoint([pairs[i] for i in order])[: n_components - size]
            begins = [partial(start_merged, resp, chosen)]
            [fit] = run_shortly(
                self._part, n_components - len(chosen), begins, N_ITER_OF_SHORT_TRIAL
            )
            parameters = fit.parameters
            if len(parameters.weights) == size:
                return [parameters]

    def _go_on(self, parameters):
        """Parameters after some iterations of EM on the part."""
        begins = [partial(self._part.use, parameters=parameters)]
        [fit] = run_shortly(self._part, len(parameters.weights), begins, N_ITER_OF_SHORT_TRIAL)
        return fit.parameters


def _origin(source, way):
    """The origin of a start, for the report."""
    noun = "component" if source == 1 else "components"
    return f"the mixture of {source} {noun} of the same sweep, by {way}"


def _disjoint(pairs):
    """Pairs that share no component with an earlier one."""
    kept, seen = [], set()
    for pair in pairs:
        if seen.isdisjoint(pair):
            kept.append(pair)
            seen.update(pair)
    return kept
