"""GaussianMixture over arrays and dataframes of Dask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._estimator.base import MissingAttribute
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    InitFunction,
    Int,
    IntpArray,
    Real,
    Request,
    Seed,
    Self,
)
from .._mixture.criteria import criteria_of
from .._mixture.em import Acceleration, CollapsePolicy
from .._mixture.gaussian import GaussianMixture as PlainGaussianMixture
from .._mixture.monitor import FitState
from .._mixture.priors import PriorOption
from .._mixture.report import FitReport
from .._mixture.starts import MixtureInit
from .._mixture.structures import CovarianceType
from ._base import DaskEstimator, take_parameters
from ._sums import add_log_prob, add_resp

if TYPE_CHECKING:
    import distributed

    from .._passes.progress import ChunkProgress
    from ._collections import DaskArray, DaskRows

__all__ = ["GaussianMixture"]

_OF_NOISE = "the mixture has no noise; fit with noise=True to have it"


@take_parameters
class GaussianMixture(DaskEstimator):  # numpydoc ignore=PR01
    """A mixture of Gaussians, fitted by EM to the partitions of an array or DataFrame of Dask.

    Every iteration sends tasks to the workers that hold the partitions, or one task for each
    partition that is read anew, and adds the sums in the order of partitions. The fit depends on
    the partitions alone: the number of workers and threads, the order in which they finish, and
    lost workers change no bit. Starts are sought in a sample of at most 100,000 rows, in the
    process of the client; `n_init` runs on the sample compete.

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
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray, float64
        Parameters, in memory of the client, as `mixclust.GaussianMixture` describes; so are all
        other attributes.

    See Also
    --------
    mixclust.GaussianMixture : The same for rows in memory.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from mixclust.dask import GaussianMixture
    >>> X = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 3.0], [10.0, 2.0], [9.0, 4.0], [11.0, 3.0]])
    >>> rows = da.from_array(X, chunks=(2, -1))
    >>> mixture = GaussianMixture(n_components=2, random_state=0).fit(rows)
    >>> np.sort(mixture.means_, axis=0).round(6)
    array([[ 1.,  3.],
           [10.,  3.]])
    >>> labels = mixture.predict(rows)
    >>> labels.chunks
    ((2, 2, 2),)
    >>> bool(labels.compute()[0] == mixture.to_local().predict([[2.0, 3.0]])[0])
    True
    """

    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    precisions_: Float64Array
    precisions_cholesky_: Float64Array
    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    report_: FitReport
    noise_weight_: float
    noise_volume_: float
    noise_corner_: Float64Array
    noise_edges_: Float64Array

    _estimator_type = "density_estimator"
    _plain = PlainGaussianMixture
    _of_answers = ("n_components", "covariance_type", "noise")
    if not TYPE_CHECKING:
        noise_weight_ = MissingAttribute(_OF_NOISE)
        noise_volume_ = MissingAttribute(_OF_NOISE)
        noise_corner_ = MissingAttribute(_OF_NOISE)
        noise_edges_ = MissingAttribute(_OF_NOISE)

    def __init__(
        self,
        n_components: Int = 1,
        *,
        covariance_type: CovarianceType = "full",
        tol: Real = 1e-5,
        reg_covar: Real | Literal["auto"] = "auto",
        max_iter: Int = 1000,
        n_init: Int = 1,
        init_params: MixtureInit | InitFunction = "auto",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: Seed = None,
        warm_start: bool = False,
        verbose: Int = 0,
        verbose_interval: Int = 10,
        on_collapse: CollapsePolicy = "floor",
        noise: bool = False,
        noise_volume: Real | None = None,
        prior: PriorOption | None = None,
        acceleration: Acceleration | None = None,
        learning_decay: Real = 0.6,
        forgetting_factor: Real | None = None,
        callback: Callable[[FitState], object] | None = None,
        n_threads: Int | None = None,
        client: distributed.Client | None = None,
        progress: bool | Callable[[ChunkProgress], object] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type: CovarianceType = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.on_collapse = on_collapse
        self.noise = noise
        self.noise_volume = noise_volume
        self.prior: PriorOption | None = prior
        self.acceleration = acceleration
        self.learning_decay = learning_decay
        self.forgetting_factor = forgetting_factor
        self.callback = callback
        self.n_threads = n_threads
        self.client = client
        self.progress = progress

    def fit(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> Self:
        """Fit the mixture to X.

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
        self : GaussianMixture
            The fitted estimator; an error or Ctrl-C leaves it as before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described; the message names the partition.
        """
        self._fit(X, sample_weight)
        return self

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
            As `predict` returns them.
        """
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict(self, X: DaskRows) -> DaskArray:
        """Likeliest component of each row, -1 for noise, computed on request.

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

    def predict_proba(self, X: DaskRows) -> DaskArray:
        """Responsibilities: the probability of each component given the row, lazily.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        resp : dask array of shape (n_samples, n_components), float64
            In the partitions of X. With noise there is one more column, the last one, for noise.
        """
        self._check_is_fitted()
        n_columns = len(self.weights_) + hasattr(self, "noise_weight_")
        return self._ask(X, "predict_proba", np.float64, n_columns)

    def score_samples(self, X: DaskRows) -> DaskArray:
        """Log-density of each row in nats, computed on request.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : dask array of shape (n_samples,), float64
            In the partitions of X.
        """
        return self._ask(X, "score_samples", np.float64)

    def uncertainty(self, X: DaskRows) -> DaskArray:
        """Uncertainty of the label of each row: one minus its largest responsibility, lazily.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        uncertainty : dask array of shape (n_samples,), float64
            In the partitions of X.
        """
        return self._ask(X, "uncertainty", np.float64)

    def entropy(self, X: DaskRows) -> DaskArray:
        """Entropy of the responsibilities of each row in nats, computed on request.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        entropy : dask array of shape (n_samples,), float64
            In the partitions of X.
        """
        return self._ask(X, "entropy", np.float64)

    def score(
        self, X: DaskRows, y: object = None, sample_weight: DaskRows | ArrayLike | None = None
    ) -> float:
        """Mean log-density of the rows in nats, in one pass over the partitions.

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
        log_likelihood, total = self._sum(X, sample_weight, add_log_prob)
        return float(log_likelihood / total)

    def bic(self, X: DaskRows, sample_weight: DaskRows | ArrayLike | None = None) -> float:
        """Bayesian information criterion, in one pass over the partitions.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        bic : float
            Smaller is better.
        """
        log_likelihood, total = self._sum(X, sample_weight, add_log_prob)
        return float(criteria_of(log_likelihood, self._n_parameters(), total)["bic"])

    def aic(self, X: DaskRows, sample_weight: DaskRows | ArrayLike | None = None) -> float:
        """Akaike's information criterion, in one pass over the partitions.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        aic : float
            Smaller is better.
        """
        log_likelihood, total = self._sum(X, sample_weight, add_log_prob)
        return float(criteria_of(log_likelihood, self._n_parameters(), total)["aic"])

    def icl(self, X: DaskRows, sample_weight: DaskRows | ArrayLike | None = None) -> float:
        """Integrated completed likelihood: BIC plus a penalty for uncertain labels.

        Parameters
        ----------
        X : dask array or DataFrame of shape (n_samples, n_features)
            Rows.
        sample_weight : dask array, dask Series or array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        icl : float
            Smaller is better.
        """
        log_likelihood, total, certainty = self._sum(X, sample_weight, add_resp)
        return float(criteria_of(log_likelihood, self._n_parameters(), total, certainty)["icl"])

    def sample(
        self, n_samples: Int = 1, random_state: Seed = None
    ) -> tuple[Float64Array, IntpArray]:
        """Draw new rows, in memory of this process.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
            Source of the draws. None: the parameter `random_state` of the mixture.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            The rows, component after component.
        labels : ndarray of shape (n_samples,), int64
            The component of each; -1 for noise.
        """
        return self.to_local().sample(n_samples, random_state)

    def to_local(self) -> PlainGaussianMixture:
        """The plain mixture with these parameters and fitted attributes.

        Returns
        -------
        mixture : mixclust.GaussianMixture
            Its arrays are copies. It has all methods, for example `marginal` and `impute`, and
            answers about rows in memory.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        local: PlainGaussianMixture = super().to_local()
        return local

    if TYPE_CHECKING:  # `Estimator` adds these

        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _n_parameters(self) -> Any:
        return self._to_plain()._n_parameters()
