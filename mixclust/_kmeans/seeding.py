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
    """Of shape (count, 1 + (n_clusters - 1) * n_trials): the draws of greedy k-means++."""
    n_trials: int = 0


def n_trials_for(n_clusters):
    """Candidates a step of greedy k-means++."""
    return 2 + int(math.log(n_clusters))


def make_starts(params, data):
    """Where the runs of a `KMeans` start.

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
    if isinstance(init, str) and init == "k-means++":
        return _plusplus_starts(params, 1 if isinstance(n_init, str) else n_init, data)
    if not isinstance(init, str) and not callable(init):
        return _given_start(params, data)
    n_init = 10 if isinstance(n_init, str) else n_init
    random_state = check_random_state(params.random_state)
    if isinstance(init, str):
        return _random_starts(n_init, data, random_state)
    return _callable_starts(init, n_init, data, random_state)


def _plusplus_starts(params, n_init, data):
    n_clusters = data.n_clusters
    n_trials = n_trials_for(n_clusters)
    rows = np.empty((n_init, n_clusters), dtype=np.intp)
    size = (n_init, 1 + (n_clusters - 1) * n_trials)
    uniforms = draw_uniforms(params.random_state, size)
    return Starts(n_init, rows=rows, uniforms=uniforms, n_trials=n_trials)


def _random_starts(n_init, data, random_state):
    n_samples, n_clusters = data.X.shape[0], data.n_clusters
    weights = data.sample_weight
    p = None if weights is None else weights / weights.sum()
    if p is not None and np.count_nonzero(p) < n_clusters:
        raise ValueError(
            f"n_clusters={n_clusters} exceeds the {np.count_nonzero(p)} rows of positive "
            "sample_weight; give more rows a weight or ask for fewer clusters."
        )
    if p is None:
        # The draws of a weighted choice with equal weights, as scikit-learn makes them.
        p = np.full(n_samples, 1.0 / n_samples)
    rows = np.empty((n_init, n_clusters), dtype=np.intp)
    for row in rows:
        row[:] = random_state.choice(n_samples, size=n_clusters, replace=False, p=p)
    return Starts(n_init, rows=rows)


def _callable_starts(init, n_init, data, random_state):
    X = read_only(data.X)
    centers = np.empty((n_init, data.n_clusters, X.shape[1]))
    for start in centers:
        found = init(X, data.n_clusters, random_state=random_state)
        start[:] = check_centers(found, data)
    return Starts(n_init, centers=centers)


def _given_start(params, data):
    if not isinstance(params.n_init, str) and params.n_init != 1:
        warn_caller(
            "Explicit initial center position passed: performing only one init in "
            f"KMeans instead of n_init={params.n_init}.",
            RuntimeWarning,
        )
    return Starts(1, centers=check_centers(params.init, data)[np.newaxis])


def check_centers(centers, data):
    """Centres to start from, in float64 but rounded to X's own dtype.

    Raises
    ------
    TypeError, ValueError
        If they are not a finite array of shape (n_clusters, n_features).
    """
    centers = check_rows(centers, None, reset=True, name="init")
    if not isinstance(centers, np.ndarray):
        centers = centers.toarray()
    check_finite(centers, "init")
    expected = (data.n_clusters, data.X.shape[1])
    if centers.shape != expected:
        raise ValueError(
            f"init has shape {centers.shape}; centres to start from need the shape "
            f"(n_clusters, n_features) = {expected}."
        )
    return centers.astype(data.X.dtype).astype(np.float64, order="C")
