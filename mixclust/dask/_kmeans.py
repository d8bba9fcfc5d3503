"""KMeans over arrays and dataframes of Dask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._estimator.base import MissingAttribute
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    FloatArray,
    InitFunction,
    Int,
    NameArray,
    Real,
    Request,
    Rows,
    Seed,
    Self,
)
from .._kmeans.kmeans import Algorithm, Init, Refine
from .._kmeans.kmeans import KMeans as PlainKMeans
from .._kmeans.monitor import KMeansState
from .._kmeans.report import KMeansReport
from ._base import DaskEstimator, take_parameters
from ._sums import add_inertia

if TYPE_CHECKING:
    import distributed

    from .._passes.progress import ChunkProgress
    from ._collections import DaskArray, DaskRows

__all__ = ["KMeans"]


@take_parameters
class KMeans(DaskEstimator):  # numpydoc ignore=PR01
    """k-means clustering of the partitions of an array or DataFrame of Dask.

    Every iteration sends tasks to the workers that hold the partitions, or one task for each
    partition that is read anew, and adds the sums in the order of partitions. The fit depends on
    the partitions alone: the number of workers and threads, the order in which they finish, and
    lost workers change no bit. Runs start on a sample of rows, in the process of the client; the
    best of `n_init` runs on the sample goes on over all rows. For "k-means++" a pass draws the
    sample so that it misses no small cluster.

    Parameters
    ----------
    n_threads : int or None, default=None
        Threads of a task. None: the CPUs that a worker may use, divided by its number of threads.
        Workers that Dask starts in processes of their own set OMP_NUM_THREADS=1, and so use one.
    client : distributed.Client or None, default=None
        The client of the cluster. None: the default client, or, without one, Dask's scheduler
        within this process. It is not pickled.
    progress : None, bool or callable, default=None
        True writes a line of progress on a terminal; ``progress(state)`` is called after each
        partition with a `mixclust.ChunkProgress`, in which a chunk is a partition.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        Centres, in memory of the client; so are all other attributes but `labels_`.
    labels_ : dask array of shape (n_samples,), int32
        Nearest centre of each row, computed on request: ``predict(X)``. It refers to X, and is
        not pickled.
    inertia_ : float
        Weighted sum of squared distances to the nearest centre.

    See Also
    --------
    mixclust.KMeans : The same for rows in memory.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from mixclust.dask import KMeans
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [10.0, 2.0], [10.0, 4.0], [10.0, 0.0]])
    >>> kmeans = KMeans(n_clusters=2, random_state=0).fit(da.from_array(X, chunks=(2, -1)))
    >>> np.sort(kmeans.cluster_centers_, axis=0)
    array([[ 1.,  2.],
           [10.,  2.]])
    >>> kmeans.inertia_
    16.0
    >>> kmeans.labels_.chunks
    ((2, 2, 2),)
    >>> bool((kmeans.labels_.compute() == kmeans.to_local().predict(X)).all())
    True
    """

    cluster_centers_: FloatArray
    labels_: DaskArray
    inertia_: float
    total_weight_: float
    n_iter_: int
    init_inertias_: Float64Array
    n_empty_clusters_refilled_: int

    _estimator_type = "clusterer"
    _plain = PlainKMeans
    _of_answers = ("n_clusters",)
    if not TYPE_CHECKING:
        labels_ = MissingAttribute(
            "it was pickled or loaded from a file, which keeps no labels; predict(X) labels rows"
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
        refine: Refine | None = None,
        frozen_centers: Rows | None = None,
        callback: Callable[[KMeansState], object] | None = None,
        n_threads: Int | None = None,
        client: distributed.Client | None = None,
        progress: bool | Callable[[ChunkProgress], object] | None = None,
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
        self.client = client
        self.progress = progress

    def fit(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> Self:
        """Find the clusters of X.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Its partitions are read in every iteration: persist it if it fits the memory of the
            workers. Numbers of rows may be unknown, and partitions may be empty.
        y : ignored
            There by convention.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row, by position. It is cut like X if it is not.

        Returns
        -------
        self : KMeans
            The fitted estimator; an error or Ctrl-C leaves it as it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described; the message names the partition.
        """
        self._fit(X, sample_weight)
        self.labels_ = self.predict(X)
        return self

    @property
    def report_(self) -> KMeansReport:
        """The report of the fit: inertia, sizes of the clusters, runs and how they compare.

        Returns
        -------
        report : KMeansReport
            As of the plain estimator.
        """
        return self._to_plain().report_

    def fit_predict(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> DaskArray:
        """Fit, and return the labels, which are computed on request.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        labels : dask array of shape (n_samples,), int32
            Nearest centre of each row.
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def fit_transform(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> DaskArray:
        """Fit, and return the distances of the rows to all centres, computed on request.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        distances : dask array of shape (n_samples, n_clusters), float32 or float64 as X
            As `transform` returns them.
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def predict(self, X: DaskRows) -> DaskArray:
        """Nearest centre of each row, computed on request; the lowest index wins a tie.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : dask array of shape (n_samples,), int32
            In the partitions of X.
        """
        return self._ask(X, "predict", np.int32)

    def transform(self, X: DaskRows) -> DaskArray:
        """Distances of rows to all centres, computed on request.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        distances : dask array of shape (n_samples, n_clusters), float32 or float64 as X
            Euclidean distances in units of X, in the partitions of X.
        """
        self._check_is_fitted()
        return self._ask(X, "transform", None, len(self.cluster_centers_))

    def score(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> float:
        """Negative inertia of rows under the fitted centres, in one pass over the partitions.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.
        y : ignored
            There by convention.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        score : float
            Larger is better.
        """
        return -float(self._sum(X, sample_weight, add_inertia))

    def to_local(self) -> PlainKMeans:
        """The plain estimator with these parameters and fitted attributes.

        Returns
        -------
        kmeans : mixclust.KMeans
            Its arrays are copies. It has all methods and answers about rows in memory, but has no
            `labels_`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        local: PlainKMeans = super().to_local()
        return local

    if TYPE_CHECKING:  # `Estimator` adds these

        def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray: ...
        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    @property
    def _n_features_out(self) -> Any:
        return len(self.cluster_centers_)
