"""k-means and its seeding as functions."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from .._inputs.annotations import (
    ArrayLike,
    FloatArray,
    InitFunction,
    Int,
    Int32Array,
    IntpArray,
    Real,
    Rows,
    Seed,
)
from .._inputs.parameters import check_integer
from .._inputs.random import draw_uniforms
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.parts import Parts
from .._passes.threads import resolve_threads
from .data_kinds import described_data
from .kmeans import Algorithm, Init, KMeans, Refine
from .seeding import n_draws_for, n_trials_for

__all__ = ["k_means", "kmeans_plusplus"]


@overload
def k_means(  # numpydoc ignore=GL08
    X: Rows | Parts,
    n_clusters: Int,
    *,
    sample_weight: ArrayLike | None = None,
    init: Init | Rows | InitFunction = "k-means++",
    n_init: Int | Literal["auto"] = "auto",
    max_iter: Int = 300,
    verbose: Int = False,
    tol: Real = 1e-4,
    random_state: Seed = None,
    copy_x: bool = True,
    algorithm: Algorithm = "auto",
    refine: Refine | None = None,
    frozen_centers: Rows | None = None,
    return_n_iter: Literal[False] = False,
    n_threads: Int | None = None,
) -> tuple[FloatArray, Int32Array, float]: ...
@overload
def k_means(  # numpydoc ignore=GL08
    X: Rows | Parts,
    n_clusters: Int,
    *,
    sample_weight: ArrayLike | None = None,
    init: Init | Rows | InitFunction = "k-means++",
    n_init: Int | Literal["auto"] = "auto",
    max_iter: Int = 300,
    verbose: Int = False,
    tol: Real = 1e-4,
    random_state: Seed = None,
    copy_x: bool = True,
    algorithm: Algorithm = "auto",
    refine: Refine | None = None,
    frozen_centers: Rows | None = None,
    return_n_iter: Literal[True],
    n_threads: Int | None = None,
) -> tuple[FloatArray, Int32Array, float, int]: ...
def k_means(
    X: Rows | Parts,
    n_clusters: Int,
    *,
    sample_weight: ArrayLike | None = None,
    init: Init | Rows | InitFunction = "k-means++",
    n_init: Int | Literal["auto"] = "auto",
    max_iter: Int = 300,
    verbose: Int = False,
    tol: Real = 1e-4,
    random_state: Seed = None,
    copy_x: bool = True,
    algorithm: Algorithm = "auto",
    refine: Refine | None = None,
    frozen_centers: Rows | None = None,
    return_n_iter: bool = False,
    n_threads: Int | None = None,
) -> tuple[FloatArray, Int32Array, float] | tuple[FloatArray, Int32Array, float, int]:
    """k-means clustering as a function.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
        Rows.
    n_clusters : int
        Number of clusters.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    init : {"k-means++", "random"}, callable or array-like, default="k-means++"
        Where runs start, as in `KMeans`.
    n_init : int or "auto", default="auto"
        Number of runs, as in `KMeans`.
    max_iter : int, default=300
        Iterations of a run, at most.
    verbose : bool, default=False
        Whether to print the inertia of every iteration.
    tol : float, default=1e-4
        When a run also ends, as in `KMeans`.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from.
    copy_x : bool, default=True
        There for scikit-learn's sake: X is read in place and never modified.
    algorithm : {"auto", "lloyd", "elkan"}, default="auto"
        How the same labels are found, as in `KMeans`.
    refine : None or "breathing", default=None
        Whether centres are exchanged after the runs, as in `KMeans`.
    frozen_centers : array-like of shape (n_frozen, n_features), default=None
        Centres that never move, as in `KMeans`; they are the first ones.
    return_n_iter : bool, default=False
        Whether to return the number of iterations too.
    n_threads : int or None, default=None
        Threads to use, as in `KMeans`.

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        Centres.
    labels : ndarray of shape (n_samples,), int32
        Nearest centre of each row.
    inertia : float
        Weighted sum of squared distances, in squared units of X times weight.
    n_iter : int
        Iterations of the run that was kept; only if `return_n_iter`.

    Examples
    --------
    >>> from mixclust import k_means
    >>> centers, labels, inertia = k_means([[0.0], [1.0], [9.0]], 2, random_state=0)
    >>> sorted(centers.ravel().tolist()), inertia
    ([0.5, 9.0], 0.5)
    """
    kmeans = KMeans(
        n_clusters,
        init=init,
        n_init=n_init,
        max_iter=max_iter,
        tol=tol,
        verbose=verbose,
        random_state=random_state,
        copy_x=copy_x,
        algorithm=algorithm,
        refine=refine,
        frozen_centers=frozen_centers,
        n_threads=n_threads,
    )
    labels = kmeans.fit_predict(X, sample_weight=sample_weight)
    result = (kmeans.cluster_centers_, labels, kmeans.inertia_)
    return (*result, kmeans.n_iter_) if return_n_iter else result


def kmeans_plusplus(
    X: Rows,
    n_clusters: Int,
    *,
    sample_weight: ArrayLike | None = None,
    x_squared_norms: object = None,
    random_state: Seed = None,
    n_local_trials: Int | None = None,
    n_threads: Int | None = None,
) -> tuple[FloatArray, IntpArray]:
    """Choose rows as the seeds of clusters by greedy k-means++ [1]_.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        Rows.
    n_clusters : int
        Number of seeds.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    x_squared_norms : ignored
        There for scikit-learn's sake: distances are taken from differences.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from.
    n_local_trials : int or None, default=None
        Candidates a step, of which the best is kept. None: ``2 + int(log(n_clusters))``.
    n_threads : int or None, default=None
        As in `KMeans`.

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        The rows chosen.
    indices : ndarray of shape (n_clusters,), intp
        Which rows they are.

    References
    ----------
    .. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
       2007.

    Examples
    --------
    >>> from mixclust import kmeans_plusplus
    >>> centers, indices = kmeans_plusplus([[0.0], [1.0], [9.0]], 2, random_state=0)
    >>> centers.ravel(), indices
    (array([1., 9.]), array([1, 2]))
    """
    n_clusters = check_integer("n_clusters", n_clusters, 1)
    if n_local_trials is None:
        n_local_trials = n_trials_for(n_clusters)
    n_local_trials = check_integer("n_local_trials", n_local_trials, 1)
    X = check_rows(X, None, reset=True)
    sample_weight = check_sample_weight(sample_weight, X.shape[0])
    threads, _ = resolve_threads(n_threads)
    data = described_data(X, sample_weight, n_clusters, threads)
    uniforms = draw_uniforms(random_state, n_draws_for(n_clusters, n_local_trials))
    indices = np.empty(n_clusters, dtype=np.intp)
    data.seeding(n_local_trials, threads).run(uniforms, indices)
    return data.take(indices).astype(X.dtype), indices
