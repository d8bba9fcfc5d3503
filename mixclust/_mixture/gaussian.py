"""GaussianMixture: soft clustering and density estimation by EM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._estimator.base import unchanged_on_error
from .._inputs.annotations import (
    Acceleration,
    ArrayLike,
    CollapsePolicy,
    CovarianceType,
    InitFunction,
    Int,
    Int32Array,
    MixtureInit,
    Real,
    Request,
    Rows,
    Seed,
    Self,
)
from .._inputs.parameters import check_bool, check_integer, check_option, check_real
from .._inputs.random import lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .data import MixtureProblem
from .em import ACCELERATIONS, COLLAPSE_POLICIES, best_mixture
from .fitted import FittedMixture
from .given import check_names, check_parameters, parameters_of_sklearn
from .monitor import FitState
from .report import FitReport, warn_of_fit
from .starts import INITS, check_resp
from .structures import structure_of

if TYPE_CHECKING:
    import sklearn.mixture

__all__ = ["GaussianMixture"]


class GaussianMixture(FittedMixture):
    """A mixture of Gaussians, fitted by expectation maximisation [1]_.

    The parameters, attributes and methods are scikit-learn's. What differs: rows may have weights;
    float32 rows are read in place and all arithmetic is float64's; the defaults of `init_params`
    and `reg_covar` do not depend on the units of X; a run ends when little is still to come, see
    `tol`; a component that collapses never raises; and there is more to ask for, such as
    `uncertainty`, `entropy`, `icl` and `report_`.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        A covariance matrix for each component, one for all, a variance for each component and
        feature, or one for each component.
    tol : float, default=1e-5
        EM has converged when the mean log-likelihood of a row has less than that to gain, in nats,
        in all iterations to come together: the gains extrapolated by Aitken's rule with the
        slowest of the last three rates, and no farther than 100 gains as large as the last [4]_.
        scikit-learn compares the last gain with its default of 1e-3, which ends runs on plateaus.
    reg_covar : float or "auto", default="auto"
        What is added to every variance. "auto": a millionth of the feature's variance, whatever
        its unit; a number is in squared units of X.
    max_iter : int, default=1000
        Iterations of a run, at most.
    n_init : int, default=1
        Number of runs; the one of greatest likelihood is kept.
    init_params : {"auto", "kmeans", "k-means++", "random", "random_from_data"} or callable, \
            default="auto"
        Where runs start. "auto": short runs of EM from up to twenty clusterings; the better half
        goes on a little, and the best of all is where the run begins [2]_. From 20,000 rows on
        they look at a part of them, so that they cost less than the run. There are fewer
        where factorising covariance matrices is dear, as it is from some 300 features on; then the
        best of a few clusterings by k-means is the start. The others are scikit-learn's, but that
        covariances of components of one row each begin as the floor if tied, too. A callable
        ``init_params(X, n_components, random_state)`` returns what `fit` takes as `resp_init`.
    weights_init : array-like of shape (n_components,), default=None
        Mixing weights to start from.
    means_init : array-like of shape (n_components, n_features), default=None
        Means to start from. Weights and precisions that are not given come from the rows nearest
        to each mean then, in standard deviations of the features, unless `init_params` is a
        callable or `fit` is given a `resp_init`.
    precisions_init : array-like, default=None
        Precisions (inverse covariances) to start from, of the shape of `precisions_`.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Where draws come from. The same int gives the same bits on any number of threads.
    warm_start : bool, default=False
        Whether `fit` goes on from where the last one ended, in a single run; unless it is given
        a `resp_init`.
    verbose : int, default=0
        1 prints when a run begins and ends, and every `verbose_interval` iterations of it; 2 adds
        times and how the log-likelihood changed.
    verbose_interval : int, default=10
        Iterations between two lines printed within a run.
    on_collapse : {"floor", "restart", "drop"}, default="floor"
        What becomes of a component that is left without rows, or whose covariance is no more
        than `reg_covar`, or the rounding of X, in some direction: it stays as it is, on the floor
        that `reg_covar` is (a covariance that is singular to rounding all the same is replaced by
        the one before, or raised by a millionth of the variances or more if there was none); it
        starts again at the row that the mixture explains worst; or it is dropped, so that the
        fit has fewer components. `report_` counts such components in any case.
    acceleration : {"squarem"} or None, default=None
        Whether to extrapolate after every two iterations [3]_: the same fixed points in fewer
        passes where EM is slow. The likelihood does not fall either.
    callback : callable, default=None
        ``callback(state)`` is called once a pass with the `init`, the `iteration`, the
        `lower_bound` and, on request, the ``parameters()``; true ends the run, without a
        ConvergenceWarning: `converged_` is False, and `report_` says that it was stopped.
    n_threads : int or None, default=None
        Threads to use. None: MIXCLUST_NUM_THREADS, OMP_NUM_THREADS, or what affinity and the
        control group's quota allow.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,), float64
        Mixing weights, which add up to 1.
    means_ : ndarray of shape (n_components, n_features), float64
        Means, in units of X.
    covariances_ : ndarray, float64
        Covariances, in squared units of X: (n_components, n_features, n_features) if "full",
        (n_features, n_features) if "tied", (n_components, n_features) if "diag",
        (n_components,) if "spherical".
    precisions_ : ndarray, float64
        Inverses of the covariances, of the same shape.
    precisions_cholesky_ : ndarray, float64
        Upper Cholesky factors of the precisions, or square roots without matrices.
    converged_ : bool
        Whether the run that was kept converged.
    n_iter_ : int
        Iterations of that run.
    lower_bound_ : float
        Mean log-likelihood of a row, in nats, under the parameters before the last iteration.
    lower_bounds_ : list of float
        That of every iteration.
    report_ : FitReport
        Starts and their scores, collapses, near-duplicate components, times; prints as a table.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,), str
        Names of the features, where X has them.

    See Also
    --------
    KMeans : Hard, round clusters, faster still.

    Notes
    -----
    Components come in no particular order, and another `random_state` may give another. To sort
    them by their first mean: ``order = mixture.means_[:, 0].argsort()``, then
    ``mixture.means_[order]`` and ``order.argsort()[mixture.predict(X)]``.

    Memory beyond X: at most 128 MiB of sums, a few strips of rows a thread, 4 bytes a row to
    start; "kmeans" needs what `KMeans` does, "random" a float64 for each row and component. No
    array of rows by components exists otherwise.

    References
    ----------
    .. [1] A. P. Dempster, N. M. Laird and D. B. Rubin, "Maximum likelihood from incomplete data
       via the EM algorithm", Journal of the Royal Statistical Society B 39, 1977.
    .. [2] C. Biernacki, G. Celeux and G. Govaert, "Choosing starting values for the EM algorithm
       for getting the highest likelihood in multivariate Gaussian mixture models",
       Computational Statistics & Data Analysis 41, 2003.
    .. [3] R. Varadhan and C. Roland, "Simple and globally convergent methods for accelerating the
       convergence of any EM algorithm", Scandinavian Journal of Statistics 35, 2008.
    .. [4] G. McLachlan and D. Peel, "Finite Mixture Models", section 2.11, Wiley, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixture
    >>> X = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 3.0], [10.0, 2.0], [9.0, 4.0], [11.0, 3.0]])
    >>> mixture = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> np.sort(mixture.means_, axis=0).round(6)
    array([[ 1.,  3.],
           [10.,  3.]])
    >>> bool(mixture.predict([[0.0, 0.0]])[0] == mixture.predict([[2.0, 3.0]])[0])
    True
    """

    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    report_: FitReport

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
        acceleration: Acceleration | None = None,
        callback: Callable[[FitState], object] | None = None,
        n_threads: Int | None = None,
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
        self.acceleration = acceleration
        self.callback = callback
        self.n_threads = n_threads

    def fit(
        self,
        X: Rows,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        resp_init: ArrayLike | None = None,
    ) -> Self:
        """Fit the mixture to X.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            float32 and float64 arrays of any strides are read in place; other numbers become
            float64. A column of arrays of one length, such as embeddings, has a row for each.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, by position (the index of a Series is not looked at): an integer
            counts as so many copies, zero as absence. Rows of weight zero can be labelled, so
            that they must be finite too.
        resp_init : array-like of shape (n_samples,) or (n_samples, n_components), default=None
            Labels or responsibilities to start from, in place of `init_params`.

        Returns
        -------
        self : GaussianMixture
            The fitted estimator; after an error or Ctrl-C it is what it was before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, X is sparse, holds NaN or infinity, has
            fewer rows than components, or values whose squares do not fit float64.

        Warns
        -----
        CollapseWarning
            If covariance matrices have at least as many features as there are rows.
        ConvergenceWarning
            If the run that was kept did not converge, unless the callback ended it.
        CollapseWarning
            If components of that run are collapsed.
        """
        with unchanged_on_error(self):
            params = self._check_params()
            X = check_rows(X, self, reset=True)
            sample_weight = check_sample_weight(sample_weight, X.shape[0])
            self._check_n_samples(X, sample_weight)
            resp_init = check_resp(resp_init, X.shape[0], params.n_components)
            n_threads, _ = resolve_threads(self.n_threads)
            problem = MixtureProblem(
                X, sample_weight, structure_of(self.covariance_type), n_threads
            )
            previous = self._previous(X) if resp_init is None else None
            with lent_random_state(self.random_state, kept=callable(self.init_params)) as source:
                best, report = best_mixture(problem, params, resp_init, source, previous)
            self._keep(best, report)
            warn_of_fit(report, params.tol, of_collapse=not problem.has_too_few_rows)
        return self

    def fit_predict(
        self,
        X: Rows,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        resp_init: ArrayLike | None = None,
    ) -> Int32Array:
        """Fit, and return the labels.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.
        resp_init : array-like of shape (n_samples,) or (n_samples, n_components), default=None
            Labels or responsibilities to start from.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Likeliest component of each row, as `predict` says.
        """
        return self.fit(X, sample_weight=sample_weight, resp_init=resp_init).predict(X)

    @classmethod
    def from_parameters(
        cls,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        *,
        covariance_type: CovarianceType = "full",
        feature_names: Sequence[str] | None = None,
        **params: Any,
    ) -> Self:
        """A mixture that has its parameters without a fit.

        It answers as a fitted one does. It lacks `report_`, `converged_`, `n_iter_` and
        `lower_bound_`, which tell of a fit; and its `fit` starts anew.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
            Mixing weights, of at least 0, which add up to 1; within 1e-6 of it they are divided
            by their sum.
        means : array-like of shape (n_components, n_features)
            Means, in units of the rows.
        covariances : array-like
            Covariances, of the shape of `covariances_`: symmetric positive definite matrices, or
            positive variances.
        covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
            What `covariances` holds.
        feature_names : sequence of str, default=None
            Names of the features.
        **params : object
            Other parameters of the constructor, such as `random_state` and `n_threads`.

        Returns
        -------
        mixture : GaussianMixture
            Its arrays are copies, in float64.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> mixture = GaussianMixture.from_parameters(
        ...     [0.5, 0.5], [[0.0], [10.0]], [1.0, 1.0], covariance_type="spherical"
        ... )
        >>> mixture.predict([[1.0], [8.0]])
        array([0, 1], dtype=int32)
        """
        parameters = check_parameters(weights, means, covariances, covariance_type)
        n_components, n_features = parameters.means.shape
        if params.pop("n_components", n_components) != n_components:
            raise ValueError(f"n_components is that of means, {n_components}; leave it out.")
        names = check_names(feature_names, n_features)
        mixture = cls._of(parameters, names, covariance_type=covariance_type, **params)
        mixture._check_params()
        return mixture

    @classmethod
    def from_sklearn(cls, estimator: sklearn.mixture.GaussianMixture) -> Self:
        """A mixture with the parameters of a fitted scikit-learn one.

        Parameters
        ----------
        estimator : sklearn.mixture.GaussianMixture
            Fitted.

        Returns
        -------
        mixture : GaussianMixture
            It predicts the same, up to rounding. Parameters of the constructor, `converged_`,
            `n_iter_` and lower bounds are taken over; arrays are copies. It lacks `report_`.

        Raises
        ------
        TypeError, ValueError
            If it is no such estimator, is not fitted, or if its `precisions_cholesky_` does not
            belong to its `covariances_`.

        Examples
        --------
        >>> from sklearn.mixture import GaussianMixture as Theirs  # doctest: +SKIP
        >>> theirs = Theirs(2).fit([[0.0], [1.0], [8.0], [9.0]])  # doctest: +SKIP
        >>> GaussianMixture.from_sklearn(theirs).predict([[0.0]])  # doctest: +SKIP
        """
        parameters, names, params, run = parameters_of_sklearn(estimator)
        mixture = cls._of(parameters, names, **params | {"n_components": len(parameters.weights)})
        mixture._check_params()
        vars(mixture).update(run)
        return mixture

    def to_sklearn(self) -> sklearn.mixture.GaussianMixture:
        """A scikit-learn mixture with these parameters, fitted.

        Where scikit-learn has no counterpart: ``reg_covar="auto"`` becomes a number, a millionth
        of the least variance of a feature; ``init_params="auto"``, or a callable, "kmeans"; a
        Generator the RandomState over its bits. `on_collapse`, `callback` and `n_threads` stay
        behind, and so do starting parameters if components were dropped.

        Returns
        -------
        estimator : sklearn.mixture.GaussianMixture
            Its arrays are copies; it predicts the same, up to rounding.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        NotFittedError
            Before `fit`.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> theirs = mixture.to_sklearn()  # doctest: +SKIP
        >>> theirs.predict_proba(X).shape  # doctest: +SKIP
        (6, 2)
        """
        from .to_sklearn import mixture_to_sklearn

        self._check_is_fitted()
        return mixture_to_sklearn(self)

    if TYPE_CHECKING:  # `Estimator` gives these to a class with such methods

        def set_fit_request(
            self, *, sample_weight: Request = "$UNCHANGED$", resp_init: Request = "$UNCHANGED$"
        ) -> Self: ...
        def set_predict_request(self, *, return_uncertainty: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _check_params(self):
        """Parameters by name; numbers are Python's, since NumPy's overflow and round."""
        numbers = {
            "n_components": check_integer("n_components", self.n_components, 1),
            "max_iter": check_integer("max_iter", self.max_iter, 0),
            "n_init": check_integer("n_init", self.n_init, 1),
            "verbose_interval": check_integer("verbose_interval", self.verbose_interval, 1),
            "tol": check_real("tol", self.tol, 0),
            "reg_covar": check_real("reg_covar", self.reg_covar, 0, auto=True),
        }
        check_option("on_collapse", self.on_collapse, COLLAPSE_POLICIES)
        check_bool("warm_start", self.warm_start)
        if not callable(self.init_params):
            check_option("init_params", self.init_params, INITS)
        if self.acceleration is not None:
            check_option("acceleration", self.acceleration, ACCELERATIONS)
        structure_of(self.covariance_type)
        return self._checked_params(numbers)

    def _check_n_samples(self, X, sample_weight):
        n_samples = len(X) if sample_weight is None else np.count_nonzero(sample_weight)
        if n_samples < max(2, self.n_components):
            raise ValueError(
                f"n_components={self.n_components} needs at least {max(2, self.n_components)} "
                f"rows of positive weight, but n_samples = {n_samples}; pass more rows or ask for "
                "fewer components."
            )

    def _previous(self, X):
        """Where a warm start goes on from."""
        if not (self.warm_start and hasattr(self, "converged_")):
            return None
        if self.means_.shape[1] != X.shape[1]:
            raise ValueError(
                f"warm_start=True goes on from {self.means_.shape[1]} features, but X has "
                f"{X.shape[1]}; pass the same features or set warm_start=False."
            )
        found = len(self.weights_)
        if not self._is_as_fitted():
            raise ValueError(
                f"warm_start=True goes on from covariances of shape {self.covariances_.shape}, but "
                f"covariance_type={self.covariance_type!r}; leave it or set warm_start=False."
            )
        if found > self.n_components or (found < self.n_components and self.on_collapse != "drop"):
            raise ValueError(
                f"warm_start=True goes on from {found} components, but "
                f"n_components={self.n_components}; leave it or set warm_start=False."
            )
        return self._parameters(), self._last_bounds()

    def _last_bounds(self):
        """Bounds of the last iterations; where a fit took few of them, also of those before it."""
        bounds = getattr(self, "lower_bounds_", [])  # earlier versions of scikit-learn had none
        report = getattr(self, "report_", None)  # a loaded mixture has none
        gains = [] if report is None else report.runs[report.best].last_gains
        if len(gains) < len(bounds) or not len(bounds):
            return bounds
        return [*(bounds[-1] - np.cumsum(gains[::-1])[::-1]).tolist(), bounds[-1]]

    def _keep(self, run, report):
        """Set the fitted attributes."""
        self._set_parameters(run.parameters)
        self.converged_ = run.converged
        self.n_iter_ = len(run.lower_bounds)
        self.lower_bound_ = run.lower_bounds[-1] if run.lower_bounds else -np.inf
        self.lower_bounds_ = run.lower_bounds
        self.report_ = report
