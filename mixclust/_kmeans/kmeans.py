"""KMeans: hard clustering, each row with its nearest centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from .._estimator.base import MissingAttribute, watched_fit
from .._inputs.annotations import (
    ArrayLike,
    Container,
    InitFunction,
    Int,
    Int32Array,
    NameArray,
    Real,
    Request,
    Rows,
    Seed,
    Self,
    Transformed,
)
from .._inputs.errors import warn_convergence
from .._inputs.parameters import check_bool, check_integer, check_option, check_real
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.parts import Parts, check_parts
from .._passes.threads import resolve_threads
from .breathing import breathe
from .data_kinds import described_data
from .fitted import OF_A_FIT, FittedCenters
from .monitor import KMeansState
from .parted import check_parted_params, fit_parts
from .runs import best_run
from .seeding import check_frozen, make_starts

__all__ = ["KMeans"]

Algorithm: TypeAlias = Literal["auto", "lloyd", "elkan"]
Init: TypeAlias = Literal["k-means++", "random"]
Refine: TypeAlias = Literal["breathing"]
ALGORITHMS = get_args(Algorithm)
INITS = get_args(Init)
REFINEMENTS = get_args(Refine)


class KMeans(FittedCenters):
    """k-means clustering: centres that minimise the squared distance of every row to its nearest.

    The parameters, attributes and methods are scikit-learn's. The differences: float64 decides
    every label, for float32 data too; rows of zero weight are absent; ``random_state`` may be a
    Generator; and `init_inertias_`, `n_empty_clusters_refilled_`, `nearest_centers` and
    `silhouette_samples` are there besides.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, and of centres.
    init : {"k-means++", "random"}, callable or array-like of shape (n_clusters, n_features), \
            default="k-means++"
        Where runs start: greedy k-means++ [1]_ with ``2 + int(log(n_clusters))`` trials a step,
        rows drawn at random, ``init(X, n_clusters, random_state)``, or given centres.
    n_init : int or "auto", default="auto"
        Number of runs; the one of least inertia is kept. "auto" is 1 for "k-means++" and for
        given centres, 10 for the others.
    max_iter : int, default=300
        Iterations of a run, at most.
    tol : float, default=1e-4
        A run also ends when the squared shifts of all centres add up to at most `tol` times the
        mean (weighted) variance of the columns.
    verbose : int, default=0
        Whether to print each seeding and the inertia of every iteration, in squared units of X
        times weight; or to log them, see docs/watching.md.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from. The same int gives the same bits on any number of threads, and on
        float64 data the seeds that scikit-learn picks.
    copy_x : bool, default=True
        There for scikit-learn's sake: X is read in place and never modified.
    algorithm : {"auto", "lloyd", "elkan"}, default="auto"
        How the same labels are found. "lloyd" looks at every centre for every row; "elkan" keeps
        bounds on distances and looks only where they do not decide; "auto" changes from the one
        to the other where that pays. With at most 8 features "auto" may also sort the rows and look
        at the centres near each block of close rows only; equal rows are then one row with their
        weight, also where an empty cluster takes the row that is farthest from its centre.
    refine : None or "breathing", default=None
        "breathing" exchanges centres of the best run while that lowers the inertia [2]_: up to 5
        centres are added in clusters of large error, and as many that are missed least are
        removed. The inertia is never larger than with None and the same seed, and usually smaller
        than of ten runs, in less time. It draws no random number.
    frozen_centers : array-like of shape (n_frozen, n_features), default=None
        Centres that never move, at most `n_clusters`: the first rows of `cluster_centers_` are
        these, in the dtype of X. Rows may belong to them. The other centres are seeded beside them
        and moved: `init` is for these alone, so that given centres, and the ones that a callable
        is asked for, are fewer by n_frozen. A frozen centre without rows stays where it is.
    callback : callable, default=None
        ``callback(state)`` is called once an iteration with the `init`, the `iteration`, the
        `inertia`, the `center_shift` and, on request, the ``centers()``, and before with the seeds
        of the run, `iteration` 0 and `inertia` NaN; true ends the run. The refinement is a run of
        its own, with a call for each exchange that was tried; `inertia` and ``centers()`` are then
        the best so far. `ProgressBar` is a callback.
    n_threads : int or None, default=None
        Threads to use. None: MIXCLUST_NUM_THREADS, OMP_NUM_THREADS, or as many as affinity and
        the quota of the control group allow.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        Centres: the frozen ones, then the others, each the mean of its rows.
    labels_ : ndarray of shape (n_samples,), int32
        Nearest centre of each row: always ``predict`` of the rows that were fitted. Absent after a
        fit to chunks.
    inertia_ : float
        Weighted sum of squared distances to the nearest centre, in squared units of X times
        weight.
    total_weight_ : float
        Weights of the rows added up; the number of rows where they have none.
    n_iter_ : int
        Iterations of the run that was kept; if a refinement found better centres, of the run from
        there.
    init_inertias_ : ndarray of shape (n_init,), float64
        Inertia at which each run ended, before the refinement: how stable the optimum is. After a
        fit to chunks, of the runs on the sample, times the ratio of the weights.
    n_empty_clusters_refilled_ : int
        How often the run of `n_iter_`, and the breaths of `refine`, gave an empty cluster the row
        farthest from its centre.
    report_ : KMeansReport
        Inertia, sizes of the clusters, the runs and how they compare, refills; prints as a table.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), str
        Names of the features, where X has them.

    See Also
    --------
    k_means : The same as a function.
    kmeans_plusplus : The seeding alone.

    Notes
    -----
    Memory beyond X: 4 bytes a row for the labels, 8 for several runs, or up to 32 MiB;
    while seeding 9 for float32 data, 13 for float64; bounds of "elkan" and "auto" take at most 48
    bytes a row; up to 38 MiB of packed rows, while seeding up to 36 MiB of rounded or sorted rows
    more, with 96 features or more up to 36 MiB of rotated or rounded rows and 48 MiB for the
    choice of these, and up to 32 MiB of partial sums. With at most 8 features "auto" may sort up
    to 512 MiB of rows so that close rows are adjacent: a copy of X, 6 bytes a number and 16 bytes a
    row, and while it sorts another copy of X and 17 bytes a row in place of the 6 bytes a number. A
    refinement takes at most 40 bytes a row, the labels included, and another 36 MiB of packed rows.

    Rows in chunks (`mixclust.chunks`) are read anew in every iteration, of which each has the
    centres of an iteration in memory, to rounding; how they are cut does not matter. A run starts
    from given centres at once. For other `init`, the `n_init` runs go over a sample, and the best
    of them goes on over all rows: the rows of least hash of seed and row number, 20,000 or 100 for
    each cluster, and at most 64 MiB of them unless that is less than 10 for each cluster. If there
    are more rows, "k-means++" draws in one more pass, by squared distances to centres of this
    sample and by the numbers of their rows, up to 40,000 rows or 100 for each cluster, and weighs
    them by their chances; the runs go over these, so that small clusters are not missed [3]_.
    `callback` and `verbose` show that and the iterations over all rows. `labels_` is not kept:
    ``predict(chunks, out="labels.npy")`` writes the labels to a file. `algorithm` counts on the
    sample alone; `refine` needs rows in memory, and sparse rows do too. Memory beyond two or three
    chunks: four times the sample, and 32 MiB of partial sums.

    References
    ----------
    .. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
       2007.
    .. [2] B. Fritzke, "Breathing k-means: superior k-means solutions through dynamic k-values",
       arXiv:2006.15666, 2020.
    .. [3] O. Bachem, M. Lucic and A. Krause, "Practical coreset constructions for machine
       learning", arXiv:1703.06476, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import KMeans
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [10.0, 2.0], [10.0, 4.0], [10.0, 0.0]])
    >>> kmeans = KMeans(n_clusters=2, random_state=0).fit(X)
    >>> kmeans.labels_
    array([1, 1, 1, 0, 0, 0], dtype=int32)
    >>> kmeans.predict([[0.0, 0.0], [12.0, 3.0]])
    array([1, 0], dtype=int32)
    >>> kmeans.cluster_centers_
    array([[10.,  2.],
           [ 1.,  2.]])
    >>> kmeans.inertia_
    16.0
    """

    if not TYPE_CHECKING:  # type checkers would take these for attributes of all instances
        init_inertias_ = MissingAttribute(OF_A_FIT)
        n_empty_clusters_refilled_ = MissingAttribute(OF_A_FIT)

    def __init__(
        self,
        n_clusters: Int = 8,
        *,
        init: Init | Rows | InitFunction = "k-means++",
        n_init: Int | Literal["auto"] = "auto",
        max_iter: Int = 300,
        tol: Real = 1e-4,
        verbose: Int = 0,
        random_state: Seed = None,
        copy_x: bool = True,
        algorithm: Algorithm = "auto",
        refine: Refine | None = None,
        frozen_centers: Rows | None = None,
        callback: Callable[[KMeansState], object] | None = None,
        n_threads: Int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.refine = refine
        self.frozen_centers = frozen_centers
        self.callback = callback
        self.n_threads = n_threads

    def fit(
        self, X: Rows | Parts, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Find the clusters of X.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            float32 and float64 arrays of any strides are read in place, and so is CSR; other
            numbers, float16 and bfloat16 among them, become float64. A column of arrays of one
            length, for example embeddings, has a row for each of them. `mixclust.chunks` gives
            rows of files, or of data larger than memory, chunk by chunk; see Notes.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, by position (the index of a Series is not looked at): an integer
            counts as so many copies, zero as absence. Rows of weight zero are labelled
            nevertheless, so that they must be finite too. Chunks have weights of their own.

        Returns
        -------
        self : KMeans
            The fitted estimator; an error or Ctrl-C leaves it as it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, holds NaN or infinity, has fewer rows than
            clusters that are not frozen, or values that are too large for float64 to square.

        Warns
        -----
        ConvergenceWarning
            If X has fewer distinct rows than centres that are not frozen.
        """
        with watched_fit(self, X, y, sample_weight):
            params = self._check_params()
            fit = self._fit_parts if isinstance(X, Parts) else self._fit_rows
            best = fit(X, sample_weight, params)
            if best.n_distinct < params.n_clusters:
                warn_convergence(
                    f"Number of distinct clusters ({best.n_distinct}) found smaller than "
                    f"n_clusters ({params.n_clusters}). Possibly due to duplicate points in X."
                )
        return self

    def fit_predict(
        self, X: Rows | Parts, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Int32Array:
        """Fit, and return the labels.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Nearest centre of each row.
        """
        self.fit(X, sample_weight=sample_weight)
        return self.predict(X) if isinstance(X, Parts) else self.labels_

    def fit_transform(
        self, X: Rows | Parts, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Transformed:
        """Fit, and return the distances of the rows to all centres.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features), or Chunks
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters), float32 or float64 as X
            Euclidean distances, in units of X.
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    if TYPE_CHECKING:  # `Estimator` adds these at run time

        def set_output(self, *, transform: Container | None = None) -> Self: ...
        def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray: ...
        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _fit_rows(self, X, sample_weight, params):
        """Fit to rows in memory."""
        X = check_rows(X, self, reset=True)
        sample_weight = check_sample_weight(sample_weight, X.shape[0])
        n_threads, _ = resolve_threads(self.n_threads)
        frozen = check_frozen(params.frozen_centers, params.n_clusters, X.shape[1], X.dtype)
        data = described_data(X, sample_weight, params.n_clusters, n_threads, frozen)
        starts = make_starts(params, data)
        best, inertias = best_run(data, starts, params)
        if params.refine is not None:
            best = breathe(data, best, params, len(inertias))
        sizes = None
        if sample_weight is not None:
            sizes = np.bincount(best.labels, sample_weight, minlength=params.n_clusters)
        self._keep(best, inertias, X.dtype, data.total_weight, sizes)
        return best

    def _fit_parts(self, parts, sample_weight, params):
        """Fit to rows in parts, from a start on a sample of them."""
        check_parts(parts, self, reset=True, sample_weight=sample_weight)
        check_parted_params(params)
        n_threads, _ = resolve_threads(self.n_threads)
        best, inertias, total_weight, sizes = fit_parts(parts, params, n_threads)
        self._keep(best, inertias, parts.dtype, total_weight, sizes)
        return best

    def _check_params(self):
        """Parameters by name; numbers are Python's, since NumPy's overflow and round."""
        numbers = {
            "n_clusters": check_integer("n_clusters", self.n_clusters, 1),
            "n_init": check_integer("n_init", self.n_init, 1, auto=True),
            "max_iter": check_integer("max_iter", self.max_iter, 1),
            "tol": check_real("tol", self.tol, 0),
        }
        check_option("algorithm", self.algorithm, ALGORITHMS)
        if self.refine is not None:
            check_option("refine", self.refine, REFINEMENTS)
        check_bool("copy_x", self.copy_x)
        if isinstance(self.init, str):
            check_option("init", self.init, INITS)
        return self._checked_params(numbers)
