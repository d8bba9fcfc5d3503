"""GaussianMixtureIC: the choice of the covariance model and the number of components."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from .._estimator.base import watched_fit
from .._inputs.annotations import (
    ArrayLike,
    Int,
    Int32Array,
    Real,
    Request,
    Rows,
    Seed,
    Self,
)
from .._inputs.parameters import check_integer, check_option, check_real
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .model_search import ModelSearch, SearchState
from .options import check_noise_and_prior
from .priors import PriorOption
from .selection import CRITERIA, Criterion
from .selection_report import COLUMNS, as_table
from .selection_state import SelectionState
from .structures import covariance_types, structure_of

__all__ = ["SIZES", "GaussianMixtureIC"]

Starts: TypeAlias = Literal["shared", "independent"]
STARTS = get_args(Starts)

SIZES = tuple(range(1, 10))

MAX_SIZES = 10_000
"""Numbers of components of one selection."""


class GaussianMixtureIC(SelectionState):
    """Mixtures of every covariance model and size, and the best of them by a criterion.

    The mixtures share their starts, so that all of them cost little more than a few fits. The best
    one answers: the methods of `GaussianMixture` are here too.

    Parameters
    ----------
    n_components : int or sequence of int, default=(1, 2, 3, 4, 5, 6, 7, 8, 9)
        Numbers of components to try, for example ``range(1, 10)``.
    covariance_type : str or sequence of str, default="all"
        Models of covariances to try: names that `GaussianMixture` takes, as a sequence or separated
        by commas, or "all".
    criterion : {"bic", "aic", "icl"}, default="bic"
        The criterion of the choice. Smaller is better, as in scikit-learn; the criteria of R's
        mclust have the other sign.
    tol : float, default=1e-5
        Tolerance of each run of EM: see `GaussianMixture`.
    reg_covar : float or "auto", default="auto"
        Added to every variance: see `GaussianMixture`.
    max_iter : int, default=1000
        Iterations of a run, at most.
    n_init : int, default=1
        Number of searches. Of each model and size the likeliest mixture is kept.
    starts : {"shared", "independent"}, default="shared"
        "shared": all mixtures start from the same partitions of the rows, and from each other.
        "independent": each starts from a search of its own, as in `GaussianMixture`, and is then
        tried from the next smaller and larger ones. This takes many times as long on
        small tables and ends at likelier mixtures, many of which describe a few rows each.
    noise : bool, default=False
        Whether every mixture has noise, a further component of constant density: see
        `GaussianMixture`. The box of noise is the same in all mixtures.
    noise_volume : float, default=None
        Volume of noise, in units of X to the power of the number of features, in place of that of
        a box.
    prior : None, "default" or dict, default=None
        A prior of means and covariances in every mixture: see `GaussianMixture`. A "scale" that is
        given holds for all sizes; the default one is smaller for more components. Criteria
        use the likelihood at the mode of the posterior, as in mclust.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the draws. The same int gives the same bits on any number of threads.
    verbose : int, default=0
        1 prints a line after each step of the search.
    callback : callable, default=None
        ``callback(state)`` is called at each step with its name, `step`, and the numbers of
        mixtures fitted so far, `n_fitted`, and in all, `n_mixtures`. If it returns a true value,
        the search ends, and mixtures that were not reached are gaps in the table.
    n_threads : int or None, default=None
        Threads to use: see `GaussianMixture`. Mixtures are fitted side by side where rows are few.

    Attributes
    ----------
    criteria_ : pandas.DataFrame or ndarray
        A row for each model and size, with the columns covariance_type, n_components,
        log_likelihood (nats), n_parameters, bic, aic, icl, converged, n_iter, collapsed and note.
        A DataFrame if pandas is imported, else a structured array; both give a column by
        ``criteria_["bic"]``. Criteria of a mixture that cannot be had are NaN, and its note says
        why; it is never the best.
    best_estimator_ : GaussianMixture
        The best mixture.
    best_params_ : dict
        Its `n_components` and `covariance_type`.
    report_ : SelectionReport
        The three best mixtures with their differences, ties, gaps, skipped models and times;
        prints as text.
    weights_ : ndarray of shape (n_components,), float64
        Mixing weights of the best mixture, which add up to 1, or with noise to
        ``1 - noise_weight_``.
    means_ : ndarray of shape (n_components, n_features), float64
        Its means, in units of X.
    noise_weight_, noise_volume_, noise_corner_, noise_edges_
        Its noise, as in `GaussianMixture`; with ``noise=True`` only.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), str
        Names of the features, where X has them.

    See Also
    --------
    select : The same in one call.
    GaussianMixture : One mixture.

    Notes
    -----
    A difference of at most 2 between two criteria is weak evidence: `report_` calls these mixtures
    ties [1]_. Of equal values, to the last bit, the mixture of fewer parameters wins.

    References
    ----------
    .. [1] A. E. Raftery, "Bayesian model selection in social research", Sociological Methodology
       25, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixtureIC
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) * [3, 1] + [0, 9]])
    >>> search = GaussianMixtureIC(range(1, 5), random_state=0).fit(X)
    >>> search.best_params_
    {'n_components': 2, 'covariance_type': 'diag'}
    >>> labels = search.predict(X)
    >>> len(search.criteria_)
    56
    """

    def __init__(
        self,
        n_components: Int | Iterable[Int] = SIZES,
        *,
        covariance_type: str | Sequence[str] = "all",
        criterion: Criterion = "bic",
        tol: Real = 1e-5,
        reg_covar: Real | Literal["auto"] = "auto",
        max_iter: Int = 1000,
        n_init: Int = 1,
        starts: Starts = "shared",
        noise: bool = False,
        noise_volume: Real | None = None,
        prior: PriorOption | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        callback: Callable[[SearchState], object] | None = None,
        n_threads: Int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.criterion: Criterion = criterion
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.starts: Starts = starts
        self.noise = noise
        self.noise_volume = noise_volume
        self.prior: PriorOption | None = prior
        self.random_state = random_state
        self.verbose = verbose
        self.callback = callback
        self.n_threads = n_threads

    def fit(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit a mixture of every model and size, and choose the best.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, as in `GaussianMixture.fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, as in `GaussianMixture.fit`. Their sum counts as the number of rows
            in the criteria.

        Returns
        -------
        self : GaussianMixtureIC
            The fitted estimator; an error or Ctrl-C leaves it as before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, or X has fewer rows than the smallest of the
            numbers of components.

        Warns
        -----
        ConvergenceWarning
            If the best mixture did not converge.
        CollapseWarning
            If every mixture has a collapsed component; the smallest one is kept then.
        """
        with watched_fit(self, X, y, sample_weight):
            params = self._check_params()
            rows = check_rows(X, self, reset=True)
            sample_weight = check_sample_weight(sample_weight, rows.shape[0])
            n_threads, _ = resolve_threads(self.n_threads)
            search = ModelSearch(rows, sample_weight, params, n_threads)
            search.run()
            self._keep(search)
        return self

    def fit_predict(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Int32Array:
        """Fit, and return the labels of the best mixture.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, as in `fit`.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Likeliest component of each row, as `predict` says.
        """
        return self.fit(X, sample_weight=sample_weight).predict(X)

    if TYPE_CHECKING:  # `Estimator` adds these

        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_predict_request(self, *, return_uncertainty: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    # Parameters

    def _check_params(self):
        """Options by name, with `sizes` and `kinds`; `kinds` is None for all models."""
        numbers = {
            "max_iter": check_integer("max_iter", self.max_iter, 1),
            "n_init": check_integer("n_init", self.n_init, 1),
            "tol": check_real("tol", self.tol, 0),
            "reg_covar": check_real("reg_covar", self.reg_covar, 0, auto=True),
        }
        check_option("criterion", self.criterion, CRITERIA)
        check_option("starts", self.starts, STARTS)
        params = self._checked_params(numbers | check_noise_and_prior(self))
        params.sizes = _check_sizes(self.n_components)
        params.kinds = _check_kinds(self.covariance_type)
        return params

    @property
    def best_params_(self) -> dict[str, Any]:
        """Parameters of the best mixture.

        Returns
        -------
        params : dict
            Its `n_components` and `covariance_type`.
        """
        return {"n_components": len(self.weights_), "covariance_type": self._best_kind}

    @property
    def criteria_(self) -> Any:
        """The table of all models and sizes.

        Returns
        -------
        table : pandas.DataFrame or ndarray
            A new object: see the attributes of the class.
        """
        return as_table({name: getattr(self, f"_column_{name}") for name in COLUMNS})


def _check_sizes(n_components):
    """Numbers of components as a tuple of int, each once."""
    wanted = "an int of at least 1 or a sequence of them, for example range(1, 10)"
    is_scalar = np.ndim(n_components) == 0
    has_items = hasattr(n_components, "__iter__") and not isinstance(n_components, np.ndarray)
    if is_scalar and (has_items or isinstance(n_components, (bool, float))):
        raise TypeError(f"n_components must be {wanted}, got {n_components!r}.")
    if is_scalar:
        return (check_integer("n_components", n_components, 1),)
    sizes = tuple(n_components)
    if not 0 < len(sizes) <= MAX_SIZES:
        raise ValueError(
            f"n_components holds {len(sizes)} numbers; pass {wanted}, at most {MAX_SIZES:,}."
        )
    return tuple(dict.fromkeys(check_integer("n_components", size, 1) for size in sizes))


def _check_kinds(covariance_type):
    """Names of models as a list, each once; None for all."""
    if isinstance(covariance_type, str):
        if covariance_type.strip() == "all":
            return None
        covariance_type = [name.strip() for name in covariance_type.split(",")]
    try:
        kinds = list(dict.fromkeys(covariance_type))
    except TypeError:
        raise TypeError(
            f"covariance_type must be 'all', a model or a sequence of models, got "
            f"{covariance_type!r}; the models are {', '.join(covariance_types())}."
        ) from None
    if not kinds:
        raise ValueError("covariance_type is empty; name at least one model, or pass 'all'.")
    for kind in kinds:
        structure_of(kind)
    return kinds
