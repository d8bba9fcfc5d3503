"""Where runs start: seeds drawn, rows drawn, a callable's centres, or given ones."""

import math
from typing import NamedTuple

import numpy as np

from .._inputs.errors import warn_caller
from .._inputs.random import check_random_state, draw_uniforms
from .._inputs.rows import check_finite, check_rows, read_only


class Starts(NamedTuple):
    """Where runs start: from `centers`, or from `rows` of X, which `uniforms` may have to choose.

    All that is random was drawn in order, so that runs may be done in any order.
    """

    count: int
    centers: np.ndarray | None = None
    """Of shape (count, n_clusters, n_features), float64."""
    rows: np.ndarray | None = None
    """Of shape (count, n_clusters), intp; yet to be written where there are `uniforms`."""
    uniforms: np.ndarray | None = None
    """Of shape (count, n_draws): the draws of greedy k-means++."""
    n_trials: int = 0
    frozen: np.ndarray | None = None
    """Of shape (n_frozen, n_features), float64: the first centres of every run. The others then
    are fewer by `n_frozen` than `n_clusters`."""


def n_trials_for(n_clusters):
    """Candidates a step of greedy k-means++."""
    return 2 + int(math.log(n_clusters))


def n_draws_for(n_free, n_trials, n_given=0):
    """Uniform numbers that greedy k-means++ takes to draw seeds beside given ones."""
    return n_free * n_trials if n_given else 1 + (n_free - 1) * n_trials


def make_starts(params, data):
    """Where the runs of a `KMeans` start.

    Frozen centres of the data come first; `init` is for the others.

    Parameters
    ----------
    params : namespace
        Its parameters, of which `init`, `n_init` and `random_state` count.
    data : DenseData or CSRData

    Returns
    -------
    Starts
    """
    init, n_init = params.init, params.n_init
    if data.n_free == 0:
        return _frozen_starts(params, data)
    if isinstance(init, str) and init == "k-means++":
        return _plusplus_starts(params, 1 if isinstance(n_init, str) else n_init, data)
    if not isinstance(init, str) and not callable(init):
        return _given_start(params, data)
    n_init = 10 if isinstance(n_init, str) else n_init
    random_state = check_random_state(params.random_state)
    if isinstance(init, str):
        return _random_starts(n_init, data, random_state)
    return _callable_starts(init, n_init, data, random_state)


def _frozen_starts(params, data):
    """The only start, where no centre is free."""
    if not isinstance(params.init, str) and not callable(params.init):
        raise ValueError(
            f"init holds centres to start from, and all n_clusters={data.n_clusters} centres are "
            "frozen; leave init out."
        )
    return Starts(1, centers=np.empty((1, 0, data.X.shape[1])), frozen=data.frozen)


def _plusplus_starts(params, n_init, data):
    n_trials = n_trials_for(data.n_free)
    rows = np.empty((n_init, data.n_free), dtype=np.intp)
    size = (n_init, n_draws_for(data.n_free, n_trials, data.n_frozen))
    uniforms = draw_uniforms(params.random_state, size)
    return Starts(n_init, rows=rows, uniforms=uniforms, n_trials=n_trials, frozen=data.frozen)


def _random_starts(n_init, data, random_state):
    n_samples, n_clusters = data.X.shape[0], data.n_free
    weights = data.sample_weight
    p = None if weights is None else weights / weights.sum()
    if p is not None and np.count_nonzero(p) < n_clusters:
        raise ValueError(
            f"n_clusters={data.n_clusters}{data.beside_frozen} exceeds the {np.count_nonzero(p)} "
            "rows of positive sample_weight; give more rows a weight or ask for fewer clusters."
        )
    if p is None:
        # The draws of a weighted choice with equal weights, as scikit-learn makes them.
        p = np.full(n_samples, 1.0 / n_samples)
    rows = np.empty((n_init, n_clusters), dtype=np.intp)
    for row in rows:
        row[:] = random_state.choice(n_samples, size=n_clusters, replace=False, p=p)
    return Starts(n_init, rows=rows, frozen=data.frozen)


def _callable_starts(init, n_init, data, random_state):
    X = read_only(data.X)
    centers = np.empty((n_init, data.n_free, X.shape[1]))
    for start in centers:
        found = init(X, data.n_free, random_state=random_state)
        start[:] = check_centers(found, data)
    return Starts(n_init, centers=centers, frozen=data.frozen)


def _given_start(params, data):
    if not isinstance(params.n_init, str) and params.n_init != 1:
        warn_caller(
            "Explicit initial center position passed: performing only one init in "
            f"KMeans instead of n_init={params.n_init}.",
            RuntimeWarning,
        )
    centers = check_centers(params.init, data)[np.newaxis]
    return Starts(1, centers=centers, frozen=data.frozen)


def check_centers(centers, data):
    """Centres to start from, in float64 but rounded to X's own dtype.

    Raises
    ------
    TypeError, ValueError
        If they are not a finite array of shape (n_clusters, n_features), less the frozen ones.
    """
    centers = _as_dense(centers, "init")
    expected = (data.n_free, data.X.shape[1])
    if centers.shape != expected:
        less = f" - {data.n_frozen} frozen centers" if data.n_frozen else ""
        raise ValueError(
            f"init has shape {centers.shape}; centres to start from need the shape "
            f"(n_clusters{less}, n_features) = {expected}."
        )
    return centers.astype(data.X.dtype).astype(np.float64, order="C")


def check_frozen(frozen_centers, n_clusters, n_features, dtype):
    """Frozen centres in float64, rounded to the dtype of X; None if there are none.

    Raises
    ------
    TypeError, ValueError
        If they are not finite, are more than the clusters, or have other features than X.
    """
    if frozen_centers is None or np.shape(frozen_centers) == (0, n_features):
        return None
    centers = _as_dense(frozen_centers, "frozen_centers")
    if len(centers) > n_clusters or centers.shape[1] != n_features:
        raise ValueError(
            f"frozen_centers has shape {centers.shape}; it needs at most n_clusters={n_clusters} "
            f"rows, and {n_features} columns, which are the features of X."
        )
    size = np.abs(centers).max()
    if size > np.finfo(dtype).max:
        raise ValueError(
            f"frozen_centers holds {size:.3g}, which {dtype}, the dtype of X, does not hold; pass "
            "X as float64."
        )
    return centers.astype(dtype).astype(np.float64, order="C")


def _as_dense(centers, name):
    """Finite centres as a dense array."""
    centers = check_rows(centers, None, reset=True, name=name)
    if not isinstance(centers, np.ndarray):
        centers = centers.toarray()
    check_finite(centers, name)
    return centers
