"""Where runs of EM start: from labels, responsibilities, rows drawn, or several short runs."""

from collections import deque
from functools import partial
from typing import NamedTuple, get_args

import numpy as np

from .._inputs.annotations import MixtureInit
from .._inputs.arrays import as_float
from .._inputs.rows import check_finite, read_only
from .._inputs.tables import as_array
from .._kmeans.dense_data import DenseData
from .._kmeans.functions import kmeans_plusplus
from .._kmeans.kmeans import KMeans
from .._kmeans.seeding import n_trials_for
from .._passes.shards import worthwhile_threads
from .._passes.threads import map_tasks
from .data import MixtureProblem, Parameters
from .structures import Diagonal

__all__ = ["INITS", "make_start"]

INITS = get_args(MixtureInit)

FEWEST_RUNS = 4
MOST_RUNS = 20
CHEAP = 10_000_000
PARTS_PER_RUN = 3
"""Short runs of ``init_params="auto"``: one for each ordered pair of components, since it is two
that a start takes for one, but past the fewest only as many as make passes of so many multiply-adds
together, a matter of milliseconds. Where rows are many, one for so many parts, so that all of them
cost about what the run that follows does: a short run is some 14 passes over a part, all together
are up to five over all rows (benchmarks/bench_starts.py)."""

FACTORISATIONS = 120_000_000
"""Multiply-adds that short runs spend on factorisations after a pass of each, at most: a part of
the rows makes them no cheaper. One matrix of 310 features leaves all `FEWEST_RUNS`; one of 400
leaves none, and the start is the best of some clusterings, which cost little beside a pass."""

CLUSTERINGS = 4
"""Runs of k-means where no short run of EM follows."""

ROWS_PER_DIRECTION = 2
"""Rows that those clusterings look at for each covariance matrix and feature: with fewer rows than
features a covariance is singular."""

LLOYD_RUN = 3
ONLY_LLOYD_RUN = 20
SHORT_RUN = 5
LONGER_RUN = 15
TOL = 1e-2
"""Iterations of each: of k-means, or of k-means alone, then of EM, then of EM for the better half;
those of EM end where less than so many nats a row are to come."""

FEW_ROWS = 1000
ROWS_PER_COMPONENT = 10
MANY_PARTS = 20
ROWS_PER_NUMBER = 20
"""Short runs look at a part of the rows, one in `MANY_PARTS`: at least at `FEW_ROWS` and at so many
for each component, at most at so many for each component and feature."""

ROWS_AT_A_TIME = 10_000
"""Rows whose responsibilities are drawn in one go."""

SAME = 1e-9
"""Mean log-likelihoods that differ by less, in nats, are the same components, numbered anew: the
first to come goes on, whatever rounding says."""


def make_start(params, problem, resp_init, random_state):
    """The start of one run: ``start(kernel)`` sets a fitter's parameters.

    All that is random is drawn here, so that starts may be used in any order.

    Parameters
    ----------
    params : namespace
        Gives `n_components`, `init_params` and the parameters given as ``*_init``.
    problem : MixtureProblem
    resp_init : ndarray or None
        As `check_resp` returns it.
    random_state : numpy.random.RandomState or numpy.random.Generator

    Returns
    -------
    start : callable
        ``start(kernel)`` returns the mean log-likelihoods that candidates reached, or none.
    """
    given = _given_parameters(params, problem)
    if all(value is not None for value in given.values()):
        begin = None
    elif resp_init is not None:
        begin = partial(_from_given, resp_init)
    elif callable(params.init_params):
        X = read_only(problem.X)
        found = params.init_params(X, params.n_components, random_state=random_state)
        if found is None:
            raise TypeError(
                f"init_params returned None; return labels of shape ({len(X)},) or "
                f"responsibilities of shape ({len(X)}, {params.n_components})."
            )
        begin = partial(
            _from_given,
            check_resp(found, len(problem.X), params.n_components, "init_params"),
        )
    elif given["means"] is not None:
        begin = partial(_from_means, problem, given["means"], given["precisions_cholesky"])
    else:
        begin = _STARTS[params.init_params](problem, params.n_components, random_state)

    def start(kernel):
        scores = () if begin is None else begin(kernel)
        if any(value is not None for value in given.values()):
            problem.use(kernel, _replace(problem, kernel, given))
        return scores

    return start


def check_resp(resp, n_samples, n_components, name="resp_init"):
    """Return labels or responsibilities to start from.

    Parameters
    ----------
    resp : array-like of shape (n_samples,) or (n_samples, n_components), or None
        Labels, whole numbers from 0 on and negative for none; or responsibilities.
    n_samples, n_components : int
    name : str, default="resp_init"
        What messages call it.

    Returns
    -------
    ndarray of shape (n_samples,), int32, or (n_samples, n_components), float64, or None

    Raises
    ------
    TypeError, ValueError
        If it is neither, or gives no row to any component.
    """
    if resp is None:
        return None
    resp = as_array(resp, name)
    if resp.shape == (n_samples,):
        if resp.dtype.kind not in "iu":
            raise TypeError(f"{name} holds labels of dtype {resp.dtype}; pass whole numbers.")
        if resp.max() >= n_components:
            raise ValueError(
                f"{name} holds the label {resp.max()}, but n_components={n_components}; "
                f"number components from 0 to {n_components - 1}."
            )
        if resp.max() < 0:
            raise ValueError(
                f"{name} gives no row to any component: all labels are negative; number the "
                "components from 0 on, and label some rows."
            )
        return np.maximum(resp.astype(np.int64), -1).astype(np.int32)
    if resp.shape != (n_samples, n_components):
        raise ValueError(
            f"{name} has shape {resp.shape}; pass labels of shape ({n_samples},) or "
            f"responsibilities of shape ({n_samples}, {n_components})."
        )
    resp = np.ascontiguousarray(as_float(resp, name), dtype=np.float64)
    check_finite(resp, name)
    if resp.min() < 0 or resp.max() > 1 + 1e-6:
        worst = resp.min() if resp.min() < 0 else resp.max()
        raise ValueError(
            f"{name} holds {worst}; responsibilities lie between 0 and 1: divide each row by its "
            "sum."
        )
    if resp.max() == 0:
        raise ValueError(
            f"{name} gives no row to any component: all responsibilities are zero; give some rows "
            "to each."
        )
    return resp


def _from_given(resp, kernel):
    if resp.ndim == 1:
        kernel.start(labels=resp)
    else:
        kernel.start(resp=resp)
    return ()


def _from_means(problem, means, factors, kernel):
    """Take weights and covariances from the rows nearest to each mean.

    Nearest is the mean of greatest density by the given precisions, if any, or the one that is the
    fewest standard deviations of the features away.
    A component with too few rows for a covariance gets that of all rows, scaled down to a share.
    """
    n_components, structure = len(means), problem.structure
    if factors is None:
        scales = np.sqrt(np.where(problem.variances > 0, problem.variances, 1.0))
        structure, factors = Diagonal, np.tile(1 / scales, (n_components, 1))
    nearest = MixtureProblem(problem.X, None, structure, problem.n_threads)
    weights = np.full(n_components, 1 / n_components)
    labels = np.empty(len(problem.X), dtype=np.int32)
    nearest.scorer(Parameters(weights, means, None, factors)).label(labels)
    kernel.start(labels=labels)
    poor = kernel.collapsed
    if poor.any():
        problem.use(kernel, problem.reset(problem.parameters(kernel), poor))
    return ()


# Starts by name: a function of the problem that draws, and returns begin(kernel)


def _kmeans(problem, n_components, random_state):
    kmeans = KMeans(n_components, n_init=1, random_state=random_state, n_threads=problem.n_threads)
    kmeans.fit(problem.X, sample_weight=problem.sample_weight)
    return partial(_from_given, kmeans.labels_)


def _random(problem, n_components, random_state):
    resp = np.empty((len(problem.X), n_components))
    for start in range(0, len(resp), ROWS_AT_A_TIME):  # Ctrl-C is heard in between
        part = resp[start : start + ROWS_AT_A_TIME]
        part[:] = random_state.uniform(size=part.shape)
        part /= part.sum(axis=1, keepdims=True)
    return partial(_from_given, resp)


def _random_from_data(problem, n_components, random_state):
    there = len(problem.X)
    if problem.sample_weight is not None:
        there = np.flatnonzero(problem.sample_weight)
    indices = random_state.choice(there, size=n_components, replace=False)
    return partial(_from_given, _labels_of_rows(problem, indices))


def _plusplus(problem, n_components, random_state):
    _, indices = kmeans_plusplus(
        problem.X,
        n_components,
        sample_weight=problem.sample_weight,
        random_state=random_state,
        n_threads=problem.n_threads,
    )
    return partial(_from_given, _labels_of_rows(problem, indices))


def _labels_of_rows(problem, indices):
    """Labels that give each component one row, and the others to none."""
    labels = np.full(len(problem.X), -1, dtype=np.int32)
    labels[indices] = np.arange(len(indices))
    return labels


def _short_runs(problem, n_components, random_state):
    """Short runs of EM from k-means++ seeds, of which the best goes on (em-EM) [1]_.

    Clusterings are in units of each feature's standard deviation, and EM itself knows no units:
    rescaled features start alike.

    References
    ----------
    .. [1] C. Biernacki, G. Celeux and G. Govaert, "Choosing starting values for the EM algorithm
       for getting the highest likelihood in multivariate Gaussian mixture models",
       Computational Statistics & Data Analysis 41, 2003.
    """
    if n_components == 1:
        return partial(_from_given, np.zeros(len(problem.X), dtype=np.int32))
    factorisations = problem.factorisation_cost(n_components)
    most = FACTORISATIONS // max(factorisations, 1)
    X, weights = _some_rows(problem, n_components, random_state, alone=most < 2)
    part = problem.part(X, weights)
    scale = np.sqrt(np.where(problem.variances > 0, problem.variances, 1.0))
    standard = (X - part.shift) / scale
    clusters = DenseData(standard, weights, n_components, problem.n_threads)
    if most < 2:
        labelings, inertias = _clusterings(clusters, CLUSTERINGS * [ONLY_LLOYD_RUN], random_state)
        best = labelings[np.argmin(inertias)]
        return partial(_from_part, problem, part, n_components, best)
    n_parts = len(problem.X) // len(X)
    n_runs = n_parts // PARTS_PER_RUN
    if n_parts < MANY_PARTS:
        cheap = CHEAP // (part.cost(n_components) + factorisations)
        n_runs = min(n_components * (n_components - 1), cheap)
    n_runs = min(max(n_runs, FEWEST_RUNS), MOST_RUNS, most)
    labelings, _ = _clusterings(
        clusters, [(i + 1) % 2 * LLOYD_RUN for i in range(n_runs)], random_state
    )

    def begin(kernel):
        starts = [partial(_from_given, labels) for labels in labelings]
        found = _run_shortly(part, n_components, starts, SHORT_RUN)
        better = _best_of(found, max(1, len(found) // 2))
        starts = [partial(part.use, parameters=found[i].parameters) for i in better]
        longer = _run_shortly(part, n_components, starts, LONGER_RUN)
        for i, run in zip(better, longer, strict=True):
            found[i] = run
        problem.use(kernel, longer[_best_of(longer, 1)[0]].parameters)
        return [run.bound for run in found]

    return begin


def _from_part(problem, part, n_components, labels, kernel):
    """Start from labels of a part of the rows, or of all."""
    fitter = kernel if part is problem else part.fitter(n_components)
    fitter.start(labels=labels)
    if part is not problem:
        problem.use(kernel, problem.parameters(fitter))
    return ()


class _ShortRun(NamedTuple):
    """Where a short run ended."""

    n_few: int
    """Components that collapsed on a handful of rows: those have all the likelihood they want, and
    say nothing."""
    bound: float
    parameters: Parameters


def _best_of(runs, n):
    """Indices of the n best runs, in their order."""
    left = list(range(len(runs)))
    for _ in range(len(runs) - n):
        worst = left[0]
        for i in left[1:]:
            if (-runs[i].n_few, runs[i].bound - SAME) <= (-runs[worst].n_few, runs[worst].bound):
                worst = i
        left.remove(worst)
    return left


def _run_shortly(problem, n_components, starts, n_iter):
    """Short runs from starts, side by side where a pass is too short for threads.

    Returns
    -------
    list of _ShortRun
    """
    cost = problem.cost(n_components)
    n_runners = 1
    if worthwhile_threads(cost, problem.n_threads) == 1:
        passes = len(starts) * (n_iter + 2)
        n_runners = min(worthwhile_threads(passes * cost, problem.n_threads), len(starts))
    handful = problem.X.shape[1] * min(1.0, problem.total_weight / len(problem.X))
    idle = deque(problem.fitter(n_components) for _ in range(n_runners))
    found = [None] * len(starts)

    def run(i):
        fitter = idle.pop()
        starts[i](fitter)
        bounds, _, n_collapsed = fitter.run(n_iter, TOL)
        n_few = int(np.sum(fitter.collapsed & (fitter.nk <= handful))) if n_collapsed else 0
        found[i] = _ShortRun(n_few, bounds[-1], problem.parameters(fitter))
        idle.append(fitter)

    map_tasks(run, len(starts), n_runners)
    return found


def _clusterings(clusters, n_iters, random_state):
    """Clusterings from greedy k-means++ seeds, after so many iterations of k-means each.

    Those of the seeds cut through no stretched cluster; iterations tell round clusters apart.

    Returns
    -------
    labelings : ndarray of shape (n_runs, n_samples), int32
    inertias : list of float
    """
    clusters.describe()
    n_clusters, n_trials = clusters.n_clusters, n_trials_for(clusters.n_clusters)
    passes = clusters.passes(clusters.n_threads, "lloyd")
    seeding = clusters.seeding(n_trials, clusters.n_threads)
    seeds = np.empty(n_clusters, dtype=np.intp)
    labelings, inertias = np.empty((len(n_iters), len(clusters.X)), dtype=np.int32), []
    for n_iter, labels in zip(n_iters, labelings, strict=True):
        seeding.run(random_state.uniform(size=1 + (n_clusters - 1) * n_trials), seeds)
        if n_iter:
            inertia, _ = passes.run(clusters.take(seeds), labels, n_iter, 0.0)
        else:
            inertia = passes.label(clusters.take(seeds), labels)
        inertias.append(inertia)
    return labelings, inertias


def _some_rows(problem, n_components, random_state, alone=False):
    """Rows for the short runs, with their weights: few enough to cost no more than the run.

    Where no short run follows, there are enough for covariances that can be inverted.
    """
    X, weights = problem.X, problem.sample_weight
    n_samples, n_features = X.shape
    most = ROWS_PER_NUMBER * n_components * (n_features + 1)
    fewest = max(FEW_ROWS, ROWS_PER_COMPONENT * n_components)
    if alone:
        n_matrices = problem.structure.n_matrices(n_components)
        fewest = max(fewest, ROWS_PER_DIRECTION * n_matrices * (n_features + 1))
    wanted = max(fewest, min(n_samples // MANY_PARTS, most))
    if weights is not None:
        present = np.flatnonzero(weights)
        if len(present) < n_samples and len(present) <= wanted:
            return np.ascontiguousarray(X[present]), weights[present]
    else:
        present = n_samples
    n_present = present if weights is None else len(present)
    if n_present <= wanted:
        return X, weights
    chosen = np.sort(random_state.choice(present, size=wanted, replace=False))
    return np.ascontiguousarray(X[chosen]), None if weights is None else weights[chosen]


_STARTS = {
    "auto": _short_runs,
    "kmeans": _kmeans,
    "k-means++": _plusplus,
    "random": _random,
    "random_from_data": _random_from_data,
}


# Parameters that are given


def _given_parameters(params, problem):
    """`weights_init`, `means_init` and `precisions_init`, checked; None where not given."""
    K, d = params.n_components, problem.X.shape[1]
    weights = _check_init("weights_init", params.weights_init, (K,))
    if weights is not None and (weights.min() < 0 or abs(weights.sum() - 1) > 1e-6):
        raise ValueError(
            f"weights_init must be normalized: it adds up to {weights.sum()} and its smallest is "
            f"{weights.min()}; pass weights of at least 0 that add up to 1."
        )
    precisions = _check_init(
        "precisions_init", params.precisions_init, problem.structure.shape(K, d)
    )
    factors = None
    if precisions is not None:
        try:
            if problem.structure.name in ("full", "tied") and not is_symmetric(precisions):
                raise np.linalg.LinAlgError
            factors = problem.structure.factors(precisions)
        except np.linalg.LinAlgError:
            raise ValueError(
                "precisions_init must be symmetric, positive-definite for "
                f"covariance_type={problem.structure.name!r}; invert covariances to get such."
            ) from None
    means = _check_init("means_init", params.means_init, (K, d))
    return {
        "weights": weights,
        "means": means,
        "covariances": None if precisions is None else problem.structure.invert(precisions),
        "precisions_cholesky": factors,
    }


def is_symmetric(matrices):
    """Whether matrices are symmetric but for rounding, whatever their unit."""
    differences = np.abs(matrices - np.swapaxes(matrices, -1, -2))
    return differences.max() <= 1e-5 * np.abs(matrices).max()


def _check_init(name, value, shape):
    if value is None:
        return None
    array = np.asarray(as_float(as_array(value, name), name), dtype=np.float64)
    if array.shape != shape:
        raise ValueError(
            f"{name} should have the shape of {shape}, but got {array.shape}; "
            "see n_components and covariance_type."
        )
    check_finite(np.atleast_2d(array.reshape(len(array), -1)), name)
    return np.ascontiguousarray(array)


def _replace(problem, kernel, given):
    """A fitter's parameters, but for those that are given."""
    parameters = problem.parameters(kernel)
    found = {name: value for name, value in given.items() if value is not None}
    return Parameters(**{**parameters._asdict(), **found})
