"""KMeans: hard clustering, each row with its nearest centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, get_args

import numpy as np

from .._estimator.base import Estimator, MissingAttribute, unchanged_on_error
from .._inputs.annotations import (
    ArrayLike,
    Container,
    CovarianceType,
    Float64Array,
    FloatArray,
    InitFunction,
    Int,
    Int32Array,
    NameArray,
    Path,
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
from .._passes.threads import resolve_threads
from .data_kinds import described_problem, problem_class
from .monitor import KMeansState
from .runs import best_run
from .seeding import make_starts

if TYPE_CHECKING:
    import sklearn.cluster

    from .._mixture.gaussian import GaussianMixture

__all__ = ["KMeans"]

Algorithm: TypeAlias = Literal["auto", "lloyd", "elkan"]
Init: TypeAlias = Literal["k-means++", "random"]
ALGORITHMS = get_args(Algorithm)
INITS = get_args(Init)


class KMeans(Estimator):
    """k-means clustering: centres that minimise the squared distance of every row to its nearest.

    The parameters, attributes and methods are scikit-learn's. What differs: float64 decides every
    label, for float32 data too; rows of zero weight are absent; ``random_state`` may be a
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
        Whether to print the inertia of every iteration, in squared units of X times weight.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from. The same int gives the same bits on any number of threads, and on
        float64 data the seeds that scikit-learn picks.
    copy_x : bool, default=True
        There for scikit-learn's sake: X is read in place and never modified.
    algorithm : {"auto", "lloyd", "elkan"}, default="auto"
        How the same labels are found. "lloyd" looks at every centre for every row; "elkan" keeps
        bounds on distances and looks only where they do not decide; "auto" changes from the one
        to the other where that pays.
    callback : callable, default=None
        ``callback(state)`` is called once an iteration with the `init`, the `iteration`, the
        `inertia`, the `center_shift` and, on request, the ``centers()``; true ends the run.
    n_threads : int or None, default=None
        Threads to use. None: MIXCLUST_NUM_THREADS, OMP_NUM_THREADS, or what affinity and the
        control group's quota allow.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        Centres, each the mean of its rows.
    labels_ : ndarray of shape (n_samples,), int32
        Nearest centre of each row: always ``predict`` of the rows that were fitted.
    inertia_ : float
        Weighted sum of squared distances to the nearest centre, in squared units of X times
        weight.
    total_weight_ : float
        Weights of the rows added up; the number of rows where they have none.
    n_iter_ : int
        Iterations of the run that was kept.
    init_inertias_ : ndarray of shape (n_init,), float64
        Inertia at which each run ended: how stable the optimum is.
    n_empty_clusters_refilled_ : int
        How often the run that was kept gave an empty cluster the row farthest from its centre.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,), str
        Names of the features, where X has them.

    See Also
    --------
    k_means : The same as a function.
    kmeans_plusplus : The seeding alone.

    Notes
    -----
    Memory beyond X: 4 bytes a row for the labels, 8 for those of several runs, or up to 32 MiB;
    while seeding 9 for float32 data, 13 for float64; bounds of "elkan" and "auto" take at most 48
    bytes a row; up to 38 MiB of packed rows, while seeding up to 36 MiB more, and up to 32 MiB of
    partial sums.

    References
    ----------
    .. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
       2007.

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

    cluster_centers_: FloatArray
    labels_: Int32Array
    inertia_: float
    total_weight_: float
    n_iter_: int
    init_inertias_: Float64Array
    n_empty_clusters_refilled_: int

    _estimator_type = "clusterer"
    _mixture_of: ClassVar[Callable[..., GaussianMixture]]  # set by mixclust._mixture.from_kmeans
    labels_ = MissingAttribute(
        "it was loaded from a file without labels; predict(X) gives those of any rows, and "
        "save(path, labels=True) keeps those of the fit"
    )

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
        self.callback = callback
        self.n_threads = n_threads

    def fit(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the clusters of X.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            float32 and float64 arrays of any strides are read in place, and so is CSR; other
            numbers, float16 and bfloat16 among them, become float64. A column of arrays of one
            length, such as embeddings, has a row for each of them.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, by position (the index of a Series is not looked at): an integer
            counts as so many copies, zero as absence. Rows of weight zero are labelled
            nevertheless, so that they must be finite too.

        Returns
        -------
        self : KMeans
            The fitted estimator; after an error or Ctrl-C it is what it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, holds NaN or infinity, has fewer rows than
            clusters, or values whose squares do not fit float64.

        Warns
        -----
        ConvergenceWarning
            If X has fewer distinct rows than `n_clusters`.
        """
        with unchanged_on_error(self):
            params = self._check_params()
            X = check_rows(X, self, reset=True)
            sample_weight = check_sample_weight(sample_weight, X.shape[0])
            n_threads, _ = resolve_threads(self.n_threads)
            problem = described_problem(X, sample_weight, params.n_clusters, n_threads)
            starts = make_starts(params, problem)
            best, inertias = best_run(problem, starts, params)
            self._keep(best, inertias, problem)
            if best.n_distinct < params.n_clusters:
                warn_convergence(
                    f"Number of distinct clusters ({best.n_distinct}) found smaller than "
                    f"n_clusters ({params.n_clusters}). Possibly due to duplicate points in X."
                )
        return self

    def _check_params(self):
        """Parameters by name; numbers are Python's, since NumPy's overflow and round."""
        numbers = {
            "n_clusters": check_integer("n_clusters", self.n_clusters, 1),
            "n_init": check_integer("n_init", self.n_init, 1, auto=True),
            "max_iter": check_integer("max_iter", self.max_iter, 1),
            "tol": check_real("tol", self.tol, 0),
        }
        check_option("algorithm", self.algorithm, ALGORITHMS)
        check_bool("copy_x", self.copy_x)
        if isinstance(self.init, str):
            check_option("init", self.init, INITS)
        return self._checked_params(numbers)

    def _keep(self, run, inertias, problem):
        """Set the fitted attributes."""
        self.cluster_centers_ = run.centers.astype(problem.X.dtype)
        self.labels_ = run.labels
        self.inertia_ = run.inertia
        self.total_weight_ = problem.total_weight
        self.n_iter_ = run.n_iter
        self.init_inertias_ = inertias
        self.n_empty_clusters_refilled_ = run.n_refilled

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        return super()._fitted_layouts() | {
            "cluster_centers_": Layout("<f4 <f8", ("n_clusters", "n_features_in_")),
            "labels_": Layout("<i4", ("n_samples",), low=0, below="n_clusters", optional=True),
            "inertia_": Layout("float", low=0),
            "total_weight_": Layout("float", low=0),
            "n_iter_": Layout("int", low=0),
            "init_inertias_": Layout("<f8", ("n_init",), low=0),
            "n_empty_clusters_refilled_": Layout("int", low=0),
        }

    def save(self, path: Path, *, labels: bool = False) -> None:
        """Write the parameters and what was fitted to a file, without pickle.

        The file is a zip of an array each and of a JSON header; ``numpy.load`` shows the arrays.
        What it replaces is there until it is whole. The labels of the rows that were fitted,
        requests for metadata and containers asked of `set_output` are not saved.

        Parameters
        ----------
        path : str or path-like
            The file to write or replace, under any name.
        labels : bool, default=False
            Whether to save `labels_` too, at 4 bytes a row. An estimator that is loaded without
            them answers like the one saved, but has no `labels_` until it is fitted.

        Raises
        ------
        TypeError
            If a parameter is of a wrong type, or is not None, a bool, a number, a string or an
            array of numbers, such as a callable or a RandomState; the message names it.
        ValueError
            If a parameter has a wrong value, if fitted attributes were replaced by ones that do
            not fit together, or if `labels` is true, but there are none.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = os.path.join(directory, "kmeans.mixclust")
        ...     kmeans.save(path)
        ...     loaded = KMeans.load(path)
        >>> bool(loaded.predict([[2.0]])[0] == kmeans.predict([[2.0]])[0])
        True
        >>> hasattr(loaded, "labels_")
        False
        """
        check_bool("labels", labels)
        if labels and self.__sklearn_is_fitted__() and not hasattr(self, "labels_"):
            raise ValueError(
                "labels=True, but this KMeans has no labels_, since it was loaded from a file "
                "without them; fit it again, or pass labels=False."
            )
        self._write(path, () if labels else ("labels_",))

    @property
    def _n_features_out(self):
        return self.cluster_centers_.shape[0]

    def fit_predict(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Int32Array:
        """Fit, and return the labels.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
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
        return self.fit(X, sample_weight=sample_weight).labels_

    def fit_transform(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Transformed:
        """Fit, and return the distances of the rows to all centres.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
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

    def predict(self, X: Rows) -> Int32Array:
        """Nearest centre of each row; the lowest index wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows of any numeric dtype and layout, whatever `fit` saw.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            The same for a row alone as among others.
        """
        problem, centers = self._ready(X, None)
        labels, _ = problem.label(centers, measure=False)
        return labels

    def score(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Negative inertia of rows under the fitted centres: larger is better.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        score : float
            Minus the weighted sum of squared distances, in squared units of X times weight.
        """
        problem, centers = self._ready(X, sample_weight)
        _, inertia = problem.label(centers)
        return -inertia

    def transform(self, X: Rows) -> Transformed:
        """Distances of rows to all centres.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters), float32 or float64 as X
            Euclidean distances, in units of X.
        """
        problem, centers = self._ready(X, None)
        return problem.distances(centers)

    def nearest_centers(self, X: Rows) -> tuple[Int32Array, Float64Array]:
        """The nearest and the second nearest centre of each row, and how far they are.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples, 2), int32
            The nearest centre, as `predict` says, and the next one.
        distances : ndarray of shape (n_samples, 2), float64
            Euclidean distances to the two, in units of X.

        Raises
        ------
        ValueError
            If there is only one cluster.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [10.0]])
        >>> kmeans.nearest_centers([[4.0]])
        (array([[0, 1]], dtype=int32), array([[4., 6.]]))
        """
        problem, centers = self._ready(X, None)
        if len(centers) < 2:
            raise ValueError(
                "n_clusters=1 leaves no second nearest centre; fit with at least 2 clusters."
            )
        return problem.nearest_two(centers)

    def silhouette_samples(self, X: Rows) -> Float64Array:
        """Simplified silhouette of each row: how much nearer its centre is than the next.

        With the distance ``a`` to the nearest centre and ``b`` to the second nearest it is
        ``(b - a) / b``: 1 at a centre, 0 halfway between two. It takes one pass over rows and
        centres, where the silhouette over all pairs of rows [1]_ takes one over pairs.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        silhouette : ndarray of shape (n_samples,), float64
            Between 0 and 1; 0 where two centres coincide with the row.

        Raises
        ------
        ValueError
            If there is only one cluster.

        References
        ----------
        .. [1] P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation
           of cluster analysis", J. Comput. Appl. Math. 20, 1987. The simplified form: E. R.
           Hruschka et al., "Evolutionary algorithms for clustering gene-expression data", ICDM
           2004.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [10.0]])
        >>> kmeans.silhouette_samples([[0.0], [4.0], [5.0]]).round(3)
        array([1.   , 0.333, 0.   ])
        """
        _, distances = self.nearest_centers(X)
        near, far = distances.T
        return np.divide(far - near, far, out=np.zeros_like(far), where=far > 0)

    def to_gaussian_mixture(self, covariance_type: CovarianceType = "full") -> GaussianMixture:
        """The mixture that this solution implies: from hard to soft.

        k-means is the limit, and its inertia the classification likelihood, of a mixture of equal
        weights and of one variance for all components and features [1]_. Its means are the
        centres, its variance ``inertia_ / (total_weight_ * n_features)``. It answers at once,
        with the labels of `predict`; and as the parameters are those to start from too,
        ``fit(X)`` refines it without looking for others.

        Parameters
        ----------
        covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
            The structure that the variance is written in, and that `fit` refines.

        Returns
        -------
        mixture : GaussianMixture
            Fitted, with `weights_init`, `means_init` and `precisions_init`. It has no
            `report_`, `converged_` and so on until it is fitted.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If all rows lie on their centres, which leaves no variance.

        References
        ----------
        .. [1] G. Celeux and G. Govaert, "A classification EM algorithm for clustering and two
           stochastic versions", Computational Statistics & Data Analysis 14, 1992.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = KMeans(2, random_state=0).fit(X).to_gaussian_mixture()
        >>> mixture.predict_proba([[5.0]])
        array([[0.5, 0.5]])
        >>> mixture.fit(X).means_.round(3)
        array([[9.],
               [1.]])
        """
        self._check_is_fitted()
        return self._mixture_of(self, covariance_type)

    def to_sklearn(self) -> sklearn.cluster.KMeans:
        """A scikit-learn KMeans with these centres and labels, fitted.

        Where scikit-learn has no counterpart: ``algorithm="auto"`` becomes "lloyd", a Generator
        the RandomState over its bits, and `n_threads` stays behind. Converters to ONNX and PMML
        take it; docs/to-sklearn.md shows how.

        Returns
        -------
        estimator : sklearn.cluster.KMeans
            Its arrays are copies; it predicts the same, but where rounding decides. Its `predict`
            and `score` take rows of the dtype of its centres only, as after a fit of its own:
            pass ``X.astype(estimator.cluster_centers_.dtype)``. Without `labels_` if this
            estimator was loaded without them.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        NotFittedError
            Before `fit`.

        Examples
        --------
        >>> from mixclust import KMeans
        >>> kmeans = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> theirs = kmeans.to_sklearn()  # doctest: +SKIP
        >>> bool((theirs.labels_ == kmeans.labels_).all())  # doctest: +SKIP
        True
        """
        from .to_sklearn import kmeans_to_sklearn

        self._check_is_fitted()
        return kmeans_to_sklearn(self)

    if TYPE_CHECKING:  # `Estimator` gives these to a class with such methods

        def set_output(self, *, transform: Container | None = None) -> Self: ...
        def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray: ...
        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _ready(self, X, sample_weight):
        """Rows to be measured against the fitted centres, and those in float64."""
        self._check_is_fitted()
        X = check_rows(X, self, reset=False)
        sample_weight = check_sample_weight(sample_weight, X.shape[0])
        centers = np.ascontiguousarray(self.cluster_centers_, dtype=np.float64)
        n_threads, _ = resolve_threads(self.n_threads)
        return problem_class(X)(X, sample_weight, len(centers), n_threads), centers
