"""GaussianMixture: soft clustering and density estimation by EM."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from .._estimator.base import watched_fit
from .._inputs.annotations import (
    ArrayLike,
    InitFunction,
    Int,
    Int32Array,
    Real,
    Request,
    Rows,
    Seed,
    Self,
)
from .._passes.parts import Parts
from .em import Acceleration, CollapsePolicy
from .exchange import Exchange
from .fitted import FittedMixture
from .gaussian_fit import fit_mixture
from .monitor import FitState
from .online import Online, forget_stream
from .options import check_options
from .priors import PriorOption
from .report import FitReport, warn_of_fit
from .starts import MixtureInit
from .structures import CovarianceType

__all__ = ["GaussianMixture"]


class GaussianMixture(Online, Exchange, FittedMixture):
    """A mixture of Gaussians, fitted by expectation maximisation [1]_.

    The parameters, attributes and methods are scikit-learn's, with these differences: rows may
    have weights; float32 rows are read in place, and all arithmetic is in float64; the defaults of
    `init_params` and `reg_covar` do not depend on the units of X; a run ends when little gain is
    to come, see `tol`; a collapsed component raises no error; and there are more methods and
    attributes, among them `uncertainty`, `entropy`, `icl` and `report_`.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : str, default="full"
        "full": a covariance matrix for each component; "tied": one matrix for all components;
        "diag": a variance for each component and feature; "spherical": one variance for each
        component. Or three letters for the volumes, shapes and orientations of the components, E
        if they are equal, V if they vary, I if there is none [8]_: "EII" (or "tied-spherical"),
        "VII" ("spherical"), "EEI" ("tied-diag"), "VEI", "EVI", "VVI" ("diag"), "EEE" ("tied"),
        "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV" ("full"). With one feature also "E" and "V".
    tol : float, default=1e-5
        EM has converged when all further iterations together would add less than `tol` to the mean
        log-likelihood of a row, in nats. The gain to come is extrapolated by Aitken's rule with
        the slowest of the last three rates, and taken as at most 100 times the last gain [4]_.
        scikit-learn compares the last gain with 1e-3 by default, which ends runs on plateaus.
    reg_covar : float or "auto", default="auto"
        Added to every variance. "auto": a millionth of the feature's variance, in any unit; a
        number is in squared units of X.
    max_iter : int, default=1000
        Iterations of a run, at most.
    n_init : int, default=1
        Number of runs; the run of greatest likelihood is kept.
    init_params : {"auto", "kmeans", "k-means++", "random", "random_from_data"} or callable, \
            default="auto"
        How runs start. "auto" searches for the best optimum: short runs of EM start from rounds of
        eight clusterings in several coordinates [2]_, until three that nearly converged
        agree on the best optimum, in at most four rounds. Moves then merge two components and split
        another, and restart from halves of the rows, as long as the likelihood rises [5]_. Of more
        than 4,000 rows, or 150 for each component, the search looks at a part. Its cost is limited:
        many features and components leave fewer short runs, or none, and the run starts from the
        best of a few clusterings by k-means. The other names are scikit-learn's; components that
        start from one row each begin with variances of `reg_covar`, for "tied" too. A callable
        ``init_params(X, n_components, random_state)`` returns labels or responsibilities, as
        `fit` takes for `resp_init`.
    weights_init : array-like of shape (n_components,), default=None
        Mixing weights to start from.
    means_init : array-like of shape (n_components, n_features), default=None
        Means to start from. Weights and precisions that are not given are then computed from the
        rows nearest to each mean, in standard deviations of the features, unless `init_params` is
        a callable or `fit` is given a `resp_init`.
    precisions_init : array-like, default=None
        Precisions (inverse covariances) to start from, of the shape of `precisions_`; the run
        starts from the nearest ones of the model.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the draws. The same int gives the same bits on any number of threads.
    warm_start : bool, default=False
        Whether `fit` goes on from the parameters of the last fit, in a single run, unless it is
        given a `resp_init` or `noise_init`.
    verbose : int, default=0
        1 prints a line when a run begins and ends, after each step of the search for a start, and
        every `verbose_interval` iterations; 2 adds times and log-likelihoods.
    verbose_interval : int, default=10
        Iterations between two lines that are printed within a run.
    on_collapse : {"floor", "restart", "drop"}, default="floor"
        The treatment of a collapsed component, one without rows or with a variance in some
        direction of no more than `reg_covar` or the rounding of X. "floor" keeps it, with the
        variances that `reg_covar` leaves it; a covariance that is singular to rounding even so is
        replaced by that of the iteration before, or in the first iteration raised by a millionth
        of the variances or more. "restart" moves it to the row of least density. "drop" removes
        it, so that the fit has fewer components. `report_` counts collapsed components in any
        case.
    noise : bool, default=False
        Whether a further component has the constant density 1 / V and takes its share of the
        weight: rows that lie in no cluster spoil no covariance then. V is the volume of the
        bounding box of X, or of the box along the principal components if that is smaller [6]_.
    noise_volume : float, default=None
        V, in units of X to the power of the number of features, in place of that of a box.
    prior : None, "default" or dict, default=None
        A prior of means and covariances [7]_: EM then finds the mode of the posterior, and a
        covariance cannot collapse. A mean is normal about "mean", with the covariance of its
        component divided by "kappa"; a covariance matrix is inverse Wishart with "dof" degrees of
        freedom and the matrix "scale", a variance inverse gamma with dof / 2 and scale / 2. A
        dict may hold some of these four; defaults are the mean of X, 0.01, n_features + 2, and
        the covariance of X (for "diag" and "spherical" the mean of its variances) times
        ``n_components ** (-2 / n_features)``.
    acceleration : {"squarem"} or None, default=None
        "squarem" extrapolates after every two iterations [3]_. It has the same fixed points, needs
        fewer passes where EM is slow, and never lowers the likelihood either.
    learning_decay : float, default=0.6
        Of `partial_fit` without `forgetting_factor`: the step size of batch number t is t to the
        power of minus `learning_decay`, greater than 0.5 and at most 1.
    forgetting_factor : float, default=None
        Of `partial_fit`: share of their weight that earlier rows keep when a further batch comes,
        from 0 to 1. About ``1 / (1 - forgetting_factor)`` batches are remembered, so that the fit
        follows drift. With 1 all rows count the same, with 0 only the last batch counts. None:
        steps decrease.
    callback : callable, default=None
        ``callback(state)`` is called once a pass with the `init`, the `iteration`, the
        `lower_bound` and, on request, the ``parameters()``; and after each step of the search for
        a start, with `iteration` 0. If it returns a true value, the run ends without a
        ConvergenceWarning; `converged_` is False. `ProgressBar` is a callback.
    n_threads : int or None, default=None
        Threads to use. None: MIXCLUST_NUM_THREADS, else OMP_NUM_THREADS, else as many as affinity
        and the quota of the control group allow.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,), float64
        Mixing weights, which add up to 1, or with noise to ``1 - noise_weight_``.
    means_ : ndarray of shape (n_components, n_features), float64
        Means, in units of X.
    covariances_ : ndarray, float64
        Covariances, in squared units of X: (n_components, n_features, n_features) if "full",
        (n_features, n_features) if "tied", (n_components, n_features) if "diag",
        (n_components,) if "spherical"; as "spherical" if "EII", as "diag" if "EEI", "VEI" or
        "EVI", as "full" if "VEE", "EVE", "VVE", "EEV", "VEV" or "EVV". See `volumes_`, `shapes_`
        and `orientations_` too.
    precisions_ : ndarray, float64
        Inverses of the covariances, of the same shape.
    precisions_cholesky_ : ndarray, float64
        Upper Cholesky factors of the precisions; square roots of precisions if "diag" or
        "spherical".
    noise_weight_ : float
        Weight of noise; this and the next three exist with ``noise=True`` only.
    noise_volume_ : float
        V, in units of X to the power of the number of features.
    noise_corner_ : ndarray of shape (n_features,), float64
        A corner of the box of volume V. With `noise_volume` it is the bounding box, scaled about
        its middle to that volume.
    noise_edges_ : ndarray of shape (n_features, n_features), float64
        The edges of the box from that corner, one in each row.
    converged_ : bool
        Whether the run that was kept converged.
    n_iter_ : int
        Iterations of the run that was kept.
    lower_bound_ : float
        Mean log-likelihood of a row, in nats, under the parameters before the last iteration.
        With a prior, its log-density, less constants, over the weight of the rows is added.
    lower_bounds_ : list of float
        Lower bound of every iteration.
    n_steps_ : int
        Calls of `partial_fit` so far; only after one. It then sets `lower_bound_` for its batch,
        and removes `converged_`, `n_iter_`, `lower_bounds_` and `report_`.
    weight_seen_ : float
        Weight of all rows of `fit`, or of all batches.
    report_ : FitReport
        Criteria, runs, optima that short runs met, collapses, near-duplicates; prints as a table.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), str
        Names of the features, where X has them.

    See Also
    --------
    KMeans : Hard, round clusters; faster.

    Notes
    -----
    Components come in no particular order, which may change with `random_state`. To sort them by
    the first feature of their means: ``order = mixture.means_[:, 0].argsort()``, then
    ``mixture.means_[order]`` and ``order.argsort()[mixture.predict(X)]``.

    Memory beyond X: at most 128 MiB of sums, a few strips of rows for each thread, 4 bytes a row to
    start, and a copy of X of at most 1 MiB until criteria of `report_` are read. A fit of 24
    components or more that lie apart needs 12 bytes a row, and up to 64 more for hundreds of
    components: it sorts the rows by component, and leaves out components with a responsibility
    below rounding. "kmeans" also needs the memory of `KMeans`; "random" allocates a float64 for
    each row and component, the only array of rows by components.

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
    .. [5] N. Ueda, R. Nakano, Z. Ghahramani and G. E. Hinton, "SMEM algorithm for mixture models",
       Neural Computation 12, 2000.
    .. [6] C. Fraley and A. E. Raftery, "How many clusters? Which clustering method? Answers via
       model-based cluster analysis", The Computer Journal 41, 1998.
    .. [7] C. Fraley and A. E. Raftery, "Bayesian regularization for normal mixture estimation and
       model-based clustering", Journal of Classification 24, 2007.
    .. [8] G. Celeux and G. Govaert, "Gaussian parsimonious clustering models", Pattern Recognition
       28, 1995.

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
    n_steps_: int
    weight_seen_: float

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

    def fit(
        self,
        X: Rows | Parts,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        resp_init: ArrayLike | None = None,
        noise_init: ArrayLike | None = None,
    ) -> Self:
        """Fit the mixture to X.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            float32 and float64 arrays of any strides are read in place; other numbers become
            float64. A column of arrays of equal length, for example embeddings, has a row for each
            array. Chunks are read once a pass; the fit starts from a sample of their rows.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, by position (the index of a Series is ignored): an integer weight
            equals that number of copies, zero the absence of the row. Rows of weight zero must be
            finite too, since they can be labelled.
        resp_init : array-like of shape (n_samples,) or (n_samples, n_components), default=None
            Labels or responsibilities to start from, in place of `init_params`.
        noise_init : array-like of shape (n_samples,), bool, default=None
            Rows that are noise at the start: the Gaussians start from the other rows. Without it
            every start takes noise for a twentieth of the weight, and EM finds the share.

        Returns
        -------
        self : GaussianMixture
            The fitted estimator; an error or Ctrl-C leaves it as before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, X is sparse, holds NaN or infinity, has
            fewer rows than components, or values with squares that overflow float64; or if
            ``noise=True`` and the box around X has no volume.

        Warns
        -----
        CollapseWarning
            If covariance matrices have at least as many features as there are rows.
        ConvergenceWarning
            If the run that was kept did not converge, unless the callback ended it.
        CollapseWarning
            If components of that run are collapsed.
        """
        with watched_fit(self, X, y, sample_weight):
            best, report, data = fit_mixture(
                self, self._check_params(), X, sample_weight, resp_init, noise_init
            )
            self._keep(best, report)
            warn_of_fit(report, self.tol, of_collapse=not data.has_too_few_rows)
        return self

    def fit_predict(
        self,
        X: Rows | Parts,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        resp_init: ArrayLike | None = None,
        noise_init: ArrayLike | None = None,
    ) -> Int32Array:
        """Fit, and return the labels.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.
        resp_init : array-like of shape (n_samples,) or (n_samples, n_components), default=None
            Labels or responsibilities to start from.
        noise_init : array-like of shape (n_samples,), bool, default=None
            Rows that are noise at the start.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Likeliest component of each row, as `predict` says.
        """
        self.fit(X, sample_weight=sample_weight, resp_init=resp_init, noise_init=noise_init)
        return self.predict(X)

    if TYPE_CHECKING:  # `Estimator` adds these

        def set_fit_request(
            self,
            *,
            sample_weight: Request = "$UNCHANGED$",
            resp_init: Request = "$UNCHANGED$",
            noise_init: Request = "$UNCHANGED$",
        ) -> Self: ...
        def set_predict_request(self, *, return_uncertainty: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _check_params(self):
        """Options by name, with numbers as Python's, which neither overflow nor round."""
        return self._checked_params(check_options(self))

    def _attributes_at(self, state):
        at = copy.copy(self)
        at._set_parameters(state.parameters())
        return {
            name: value for name, value in vars(at).items() if vars(self).get(name) is not value
        }

    def _keep(self, run, report):
        """Set the fitted attributes."""
        forget_stream(self)
        self.weight_seen_ = report.total_weight
        self._set_parameters(run.parameters)
        self.converged_ = run.converged
        self.n_iter_ = len(run.lower_bounds)
        self.lower_bound_ = run.lower_bounds[-1] if run.lower_bounds else -np.inf
        self.lower_bounds_ = run.lower_bounds
        self.report_ = report
