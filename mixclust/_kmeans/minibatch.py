"""MiniBatchKMeans: k-means of rows that come, or are drawn, in small batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from .._estimator.base import unchanged_on_error, watched_fit
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
from .._inputs.parameters import check_bool, check_integer, check_option, check_real
from .._inputs.random import check_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .data_kinds import data_class, described_data
from .kmeans import INITS, Init
from .minibatch_fitted import FittedStream
from .minibatch_monitor import MiniBatchKMeansState
from .minibatch_runs import Stream, first_centers, fit_batches, take_in

__all__ = ["MiniBatchKMeans"]


class MiniBatchKMeans(FittedStream):
    """k-means of rows in small batches: each centre is the running mean of its rows [1]_.

    Of each batch, every row joins its nearest centre, and each centre moves to the mean of all rows
    that joined it so far. `fit` draws batches from X; `partial_fit` takes in the rows of a stream,
    a batch at a time, and holds none of them. The parameters, attributes and methods are
    scikit-learn's. The differences: float64 decides every label, and centres are kept in float64
    between batches, for float32 data too; rows of zero weight are absent; `forgetting_factor`,
    `counts_` and the methods of `KMeans` are there besides.

    For rows that fit in memory `KMeans` usually finds a lower inertia. It is faster up to about
    5,000 rows, and several times slower for many: see docs/streams.md.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, and of centres.
    init : {"k-means++", "random"}, callable or array-like of shape (n_clusters, n_features), \
            default="k-means++"
        Where centres start: greedy k-means++ on a sample of the rows, rows of the sample drawn at
        random, ``init(sample, n_clusters, random_state)``, or given centres.
    max_iter : int, default=100
        `fit` takes in at most so many times the number of rows.
    batch_size : int, default=1024
        Rows of a batch in `fit`; at most the number of rows. `partial_fit` takes all rows that it
        is given as one batch.
    verbose : int, default=0
        Whether to print the inertia of every batch, per row, in squared units of X.
    compute_labels : bool, default=True
        Whether to label the rows under the centres that were found: all rows in `fit`, the rows of
        the batch in `partial_fit`. Without, a call of `partial_fit` takes half the time.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from. The same int gives the same bits on any number of threads, and in
        `fit` on dense float64 data the starts and batches that scikit-learn draws.
    tol : float, default=0.0
        `fit` ends when the squared shifts of all centres in one batch add up to at most `tol`
        times the mean (weighted) variance of the columns; 0 never ends it.
    max_no_improvement : int or None, default=10
        `fit` ends after so many batches in a row without a new minimum of the smoothed inertia;
        None never ends it.
    init_size : int or None, default=None
        Rows of the sample in which centres start. None: 3 times the batch, and if these are fewer
        than the clusters, 3 times the clusters.
    n_init : int or "auto", default="auto"
        Number of starts in `fit`, of which the one of least inertia on a sample is kept before
        the first batch. "auto" is 1 for "k-means++" and for given centres, 3 for the others.
    reassignment_ratio : float, default=0.01
        A cluster is light if its count is less than this share of the largest count. Light
        clusters restart at random rows of the batch, once every ``10 * n_clusters`` rows and
        while a cluster has no rows; their counts become the least count of the others. Between 0,
        for never, and 1.
    forgetting_factor : float, default=1.0
        Factor from 0 to 1 of all counts before each batch. 1 weighs all rows alike, so that
        centres settle; less forgets, so that they follow a drift: a batch that came h batches ago
        counts ``forgetting_factor**h``, and ``0.5 ** (1 / h)`` halves it. 0 knows the last batch
        alone.
    callback : callable, default=None
        ``callback(state)`` is called by `fit` once a batch with the `step`, `n_steps`, `inertia`,
        `ewa_inertia`, `center_shift` and, on request, the ``centers()``, and before for each start
        that it compares, with `step` 0; true ends the fit. `ProgressBar` is a callback.
    n_threads : int or None, default=None
        Threads to use, for batches that are large enough. None: MIXCLUST_NUM_THREADS,
        OMP_NUM_THREADS, or as many as affinity and the quota of the control group allow.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), float32 or float64 as X
        Centres. `partial_fit` continues from them in float64.
    counts_ : ndarray of shape (n_clusters,), float64
        Weight of the rows that each centre is the mean of, less forgotten ones. Rows of `fit` count
        1 each, since they are drawn by their weights.
    labels_ : ndarray of shape (n_samples,), int32
        Nearest centre of each row, of the last batch after `partial_fit`; always ``predict`` of
        these rows. Only if `compute_labels`.
    inertia_ : float
        Weighted sum of squared distances of the same rows to the nearest centre, in squared units
        of X times weight. Without `compute_labels` an estimate: in `fit` from the smoothed inertia
        of batches, in `partial_fit` under the centres before they moved.
    total_weight_ : float
        Weights of the same rows added up; the number of rows where they have none.
    n_iter_ : int
        Number of times that `fit` took in as many rows as there are, rounded up. Not set by
        `partial_fit`.
    n_steps_ : int
        Batches taken in, by `fit` and `partial_fit` together.
    report_ : KMeansReport
        Inertia, batches, and the weights behind the centres; prints as a table.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), dtype object
        Names of the features; not there if X had none.

    See Also
    --------
    KMeans : Of all rows in every iteration.

    Notes
    -----
    Batches are drawn with replacement, in proportion to the weights. The smoothed inertia is an
    exponentially weighted average over batches in which a batch counts ``2 * batch_size /
    (n_samples + 1)``, at most 1; the first batch is left out.

    References
    ----------
    .. [1] D. Sculley, "Web-scale k-means clustering", WWW 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import MiniBatchKMeans
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [10.0, 2.0], [10.0, 4.0], [10.0, 0.0]])
    >>> kmeans = MiniBatchKMeans(2, random_state=0).fit(X)
    >>> kmeans.labels_
    array([1, 1, 1, 0, 0, 0], dtype=int32)

    Rows of a stream, of which the first batch has at least as many rows as there are clusters:

    >>> kmeans = MiniBatchKMeans(2, random_state=0)
    >>> for batch in (X[:4], X[4:]):
    ...     kmeans = kmeans.partial_fit(batch)
    >>> kmeans.cluster_centers_
    array([[ 1.,  2.],
           [10.,  2.]])
    >>> kmeans.counts_, kmeans.n_steps_
    (array([3., 3.]), 2)
    """

    def __init__(
        self,
        n_clusters: Int = 8,
        *,
        init: Init | Rows | InitFunction = "k-means++",
        max_iter: Int = 100,
        batch_size: Int = 1024,
        verbose: Int = 0,
        compute_labels: bool = True,
        random_state: Seed = None,
        tol: Real = 0.0,
        max_no_improvement: Int | None = 10,
        init_size: Int | None = None,
        n_init: Int | Literal["auto"] = "auto",
        reassignment_ratio: Real = 0.01,
        forgetting_factor: Real = 1.0,
        callback: Callable[[MiniBatchKMeansState], object] | None = None,
        n_threads: Int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.verbose = verbose
        self.compute_labels = compute_labels
        self.random_state = random_state
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.init_size = init_size
        self.n_init = n_init
        self.reassignment_ratio = reassignment_ratio
        self.forgetting_factor = forgetting_factor
        self.callback = callback
        self.n_threads = n_threads

    def fit(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the clusters of X from batches of its rows that are drawn at random.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            float32 and float64 arrays of any strides are read in place, and so is CSR; other
            numbers become float64.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row: how likely it is drawn. Zero counts as absence.

        Returns
        -------
        self : MiniBatchKMeans
            The fitted estimator, which forgets earlier fits and batches; an error or Ctrl-C leaves
            it as it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, holds NaN or infinity, has fewer rows than
            clusters, or values that are too large for float64 to square.

        Warns
        -----
        ConvergenceWarning
            If a cluster has no rows in the end, as when X has fewer distinct rows than
            `n_clusters`; only if `compute_labels`.
        """
        with watched_fit(self, X, y, sample_weight):
            params = self._check_params()
            X = check_rows(X, self, reset=True)
            sample_weight = check_sample_weight(sample_weight, X.shape[0])
            n_threads, _ = resolve_threads(self.n_threads)
            data = described_data(X, sample_weight, params.n_clusters, n_threads)
            random_state = check_random_state(self.random_state)
            stream, n_steps, ewa_inertia = fit_batches(data, params, random_state)
            size = min(params.batch_size, data.n_present)
            self._forget_stream(n_iter=-(-n_steps * size // data.n_present))
            self._keep_stream(stream, data, n_steps, ewa_inertia * data.total_weight)
            if params.compute_labels:
                self._warn_if_empty()
        return self

    def partial_fit(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Take in the rows of X as one batch.

        The first call, unless `fit` was called before, finds where the centres start.

        Parameters
        ----------
        X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
            Rows, as in `fit`, with the features of the batches before. The first batch has at
            least `n_clusters` rows, and better many times as many.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row: an integer counts as so many copies, zero as absence.

        Returns
        -------
        self : MiniBatchKMeans
            The estimator; an error or Ctrl-C leaves it as it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, holds NaN or infinity, has other features than
            the batches before, or if the first batch has fewer rows than clusters.

        Examples
        --------
        >>> from mixclust import MiniBatchKMeans
        >>> kmeans = MiniBatchKMeans(2, init=[[0.0], [10.0]])
        >>> kmeans.partial_fit([[1.0], [11.0]]).partial_fit([[2.0], [5.0]]).cluster_centers_
        array([[ 2.66666667],
               [11.        ]])
        """
        with unchanged_on_error(self):
            params = self._check_params()
            is_first = not self.__sklearn_is_fitted__()
            X = check_rows(X, self, reset=is_first)
            sample_weight = check_sample_weight(sample_weight, X.shape[0])
            n_threads, _ = resolve_threads(self.n_threads)
            if is_first:
                stream, data = self._first_batch(X, sample_weight, params, n_threads)
            else:
                stream = self._stream(params)
                data = data_class(X)(X, sample_weight, params.n_clusters, n_threads)
                data.describe()
            stream, inertia = take_in(data, stream, params, self._random_state_of_step)
            n_steps = 1 if is_first else self.n_steps_ + 1
            self._keep_stream(stream, data, n_steps, inertia)
        return self

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
            Nearest centre of each row, with and without `compute_labels`.
        """
        self.fit(X, sample_weight=sample_weight)
        return self.labels_ if self.compute_labels else self.predict(X)

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

    if TYPE_CHECKING:  # `Estimator` adds these at run time

        def set_output(self, *, transform: Container | None = None) -> Self: ...
        def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray: ...
        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_partial_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _check_params(self):
        """Parameters by name; numbers are Python's, since NumPy's overflow and round."""
        patience = self.max_no_improvement
        numbers = {
            "n_clusters": check_integer("n_clusters", self.n_clusters, 1),
            "max_iter": check_integer("max_iter", self.max_iter, 1),
            "batch_size": check_integer("batch_size", self.batch_size, 1),
            "tol": check_real("tol", self.tol, 0),
            "max_no_improvement": check_integer("max_no_improvement", patience, 0, optional=True),
            "init_size": check_integer("init_size", self.init_size, 1, optional=True),
            "n_init": check_integer("n_init", self.n_init, 1, auto=True),
            "reassignment_ratio": _check_share("reassignment_ratio", self.reassignment_ratio),
            "forgetting_factor": _check_share("forgetting_factor", self.forgetting_factor),
        }
        check_bool("compute_labels", self.compute_labels)
        if isinstance(self.init, str):
            check_option("init", self.init, INITS)
        return self._checked_params(numbers)

    def _first_batch(self, X, sample_weight, params, n_threads):
        """State before the first batch, and the data of that batch."""
        if X.shape[0] < params.n_clusters:
            raise ValueError(
                f"n_clusters={params.n_clusters} exceeds n_samples={X.shape[0]} of the first batch "
                "of partial_fit; pass at least as many rows as clusters in the first call."
            )
        data = described_data(X, sample_weight, params.n_clusters, n_threads)
        centers = first_centers(data, params, check_random_state(self.random_state))
        return Stream(centers, np.zeros(params.n_clusters)), data


def _check_share(name, value):
    """A parameter between 0 and 1 as a float."""
    value = check_real(name, value, 0)
    if value > 1:
        raise ValueError(f"{name}={value} must be at most 1.")
    return value
