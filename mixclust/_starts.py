"""Where runs start: seeds drawn, rows drawn, a callable's centres, or given ones."""

import warnings

import numpy as np

from ._validation import check_finite, check_rows


def n_trials_for(n_clusters):
    """Candidates a step of greedy k-means++."""
    return 2 + int(np.log(n_clusters))


def make_starts(estimator, problem, random_state):
    """One function a run, each of which returns the centres to start from.

    All that is random is drawn here and in order, so that runs may be done in any order.

    Parameters
    ----------
    estimator : KMeans
        Gives `init`, `n_init` and `n_clusters`.
    problem : DenseProblem or SparseProblem
    random_state : numpy.random.RandomState or numpy.random.Generator

    Returns
    -------
    starts : list of callable
        ``start(runner)`` returns a new float64 array of shape (n_clusters, n_features).
    """
    init, n_clusters = estimator.init, estimator.n_clusters
    if isinstance(init, str) and init == "k-means++":
        one = _plusplus_start
    elif isinstance(init, str):
        one = _random_start
    elif callable(init):
        one = _callable_start
    else:
        return [_given_start(estimator, problem)]
    n_init = estimator.n_init
    if isinstance(n_init, str):
        n_init = 1 if one is _plusplus_start else 10
    return [one(init, problem, n_clusters, random_state) for _ in range(n_init)]


def _plusplus_start(init, problem, n_clusters, random_state):
    n_trials = n_trials_for(n_clusters)
    uniforms = random_state.uniform(size=1 + (n_clusters - 1) * n_trials)
    return lambda runner: problem.take(runner.seed(n_trials, uniforms))


def _random_start(init, problem, n_clusters, random_state):
    weights = problem.sample_weight
    p = None if weights is None else weights / weights.sum()
    if p is not None and np.count_nonzero(p) < n_clusters:
        raise ValueError(
            f"n_clusters={n_clusters} exceeds the {np.count_nonzero(p)} rows of positive "
            "sample_weight; give more rows a weight or ask for fewer clusters."
        )
    if p is None:
        # The draws of a weighted choice with equal weights, as scikit-learn makes them.
        p = np.full(problem.X.shape[0], 1.0 / problem.X.shape[0])
    indices = random_state.choice(problem.X.shape[0], size=n_clusters, replace=False, p=p)
    return lambda runner: problem.take(indices)


def _callable_start(init, problem, n_clusters, random_state):
    centers = check_centers(init(problem.X, n_clusters, random_state=random_state), problem)
    return lambda runner: centers.copy()


def _given_start(estimator, problem):
    if not isinstance(estimator.n_init, str) and estimator.n_init != 1:
        warnings.warn(
            "Explicit initial center position passed: performing only one init in "
            f"{type(estimator).__name__} instead of n_init={estimator.n_init}.",
            RuntimeWarning,
            stacklevel=4,
        )
    centers = check_centers(estimator.init, problem)
    return lambda runner: centers.copy()


def check_centers(centers, problem):
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
    expected = (problem.n_clusters, problem.X.shape[1])
    if centers.shape != expected:
        raise ValueError(
            f"init has shape {centers.shape}; centres to start from need the shape "
            f"(n_clusters, n_features) = {expected}."
        )
    return centers.astype(problem.X.dtype).astype(np.float64)
