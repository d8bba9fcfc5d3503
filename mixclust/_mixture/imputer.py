"""MixtureImputer: missing values from the conditional distributions of a mixture."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from .._estimator.base import Estimator, watched_fit
from .._inputs.annotations import (
    ArrayLike,
    Container,
    Float64Array,
    Int,
    NameArray,
    Real,
    Request,
    Rows,
    Seed,
    Self,
    Transformed,
)
from .._inputs.features import output_names
from .._inputs.parameters import check_bool, check_integer
from .._inputs.random import lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._inputs.tables import masked_as_nan
from .fitted import parameter_layouts
from .gaussian import GaussianMixture
from .monitor import FitState
from .parameters import Parameters
from .priors import PriorOption
from .structures import CovarianceType

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["MixtureImputer"]


class MixtureImputer(Estimator):
    """Replace missing values by their expectations under a Gaussian mixture, as a transformer [1]_.

    `fit` fits a `GaussianMixture` to X; `transform` predicts each missing value from the other
    values of its row. With one component that is a linear regression on the other features; with
    several it follows curves and clusters. The result has the columns of X, in their order.

    The fit starts from the rows without missing values, or, where these are few, from all rows with
    other values of the column in place of missing ones. `rounds` of stochastic EM follow [2]_: the
    missing values are drawn from their conditional distributions, and one iteration of EM goes over
    all rows. It is right where gaps depend on other values of the row, but not on the missing one.

    Parameters
    ----------
    n_components : int, default=1
        Number of components of the mixture.
    covariance_type : str, default="full"
        Structure of the covariances, as for `GaussianMixture`. Without correlations within
        components ("diag", "spherical") a value is predicted from the component alone.
    draw : bool, default=False
        Whether missing values are drawn from their conditional distribution, in place of its
        expectation. Expectations have the least squared error; draws keep the variances and
        correlations of the columns, and several of them show how uncertain a later result is.
    rounds : int, default=10
        Rounds of stochastic EM over all rows, if some are incomplete. 0 fits the complete rows
        alone, which is right where gaps depend on nothing, and draws no random numbers for gaps.
    tol : float, default=1e-5
        EM ends when little gain is to come, as for `GaussianMixture`.
    reg_covar : float or "auto", default="auto"
        Added to every variance, as for `GaussianMixture`.
    max_iter : int, default=1000
        Iterations of a run, at most.
    n_init : int, default=1
        Number of runs; the one of greatest likelihood is kept.
    prior : None, "default" or dict, default=None
        Prior of means and covariances, as for `GaussianMixture`: for few complete rows.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the draws, of the fit and of `draw`. With an int every call of `transform` draws
        the same values for the same rows.
    verbose : int, default=0
        Whether to print the progress of the fit, as for `GaussianMixture`.
    callback : callable, default=None
        ``callback(state)`` is called once a pass of the fit, as for `GaussianMixture`.
    n_threads : int or None, default=None
        Threads of the fit, as for `GaussianMixture`.

    Attributes
    ----------
    mixture_ : GaussianMixture
        The fitted mixture. It has no `report_`, as after rounds of stochastic EM there is none,
        unless all rows were complete or ``rounds=0``.
    weights_ : ndarray of shape (n_components,), float64
        Mixing weights.
    means_ : ndarray of shape (n_components, n_features), float64
        Means, in units of X.
    covariances_ : ndarray, float64
        Covariances, in squared units of X, of the shape that `GaussianMixture` has.
    precisions_cholesky_ : ndarray, float64
        Factors of their inverses, of the same shape.
    n_complete_rows_ : int
        Number of the rows without missing values.
    n_iter_ : int
        Iterations of EM: of the run that was kept, and the rounds.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), str
        Names of the features, where X has them.

    See Also
    --------
    GaussianMixture.impute : The same from a mixture that is fitted already.
    GaussianMixture.condition : The whole conditional distribution of a row.

    Notes
    -----
    Memory beyond X: two copies of X and a byte for each value while `fit` runs, unless all rows are
    complete; in `transform` a copy of X, and 12 MiB.

    References
    ----------
    .. [1] Z. Ghahramani and M. I. Jordan, "Supervised learning from incomplete data via an EM
       approach", Advances in Neural Information Processing Systems 6, 1994.
    .. [2] G. Celeux and J. Diebolt, "The SEM algorithm: a probabilistic teacher algorithm derived
       from the EM algorithm for the mixture problem", Computational Statistics Quarterly 2, 1985.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import MixtureImputer
    >>> X = [[0.0, 0.9], [1.0, 3.1], [2.0, 5.1], [3.0, 6.9], [4.0, np.nan]]
    >>> imputer = MixtureImputer(rounds=0, random_state=0).fit(X)
    >>> imputer.n_complete_rows_
    4
    >>> imputer.transform([[10.0, np.nan], [2.5, 6.0]]).round(2)
    array([[10. , 21. ],
           [ 2.5,  6. ]])
    """

    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    precisions_cholesky_: Float64Array
    n_complete_rows_: int
    n_iter_: int

    _takes_sparse_rows = False

    def __init__(
        self,
        n_components: Int = 1,
        *,
        covariance_type: CovarianceType = "full",
        draw: bool = False,
        rounds: Int = 10,
        tol: Real = 1e-5,
        reg_covar: Real | Literal["auto"] = "auto",
        max_iter: Int = 1000,
        n_init: Int = 1,
        prior: PriorOption | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        callback: Callable[[FitState], object] | None = None,
        n_threads: Int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type: CovarianceType = covariance_type
        self.draw = draw
        self.rounds = rounds
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior: PriorOption | None = prior
        self.random_state = random_state
        self.verbose = verbose
        self.callback = callback
        self.n_threads = n_threads

    def fit(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to X.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, in which NaN, None and NA of tables, and masked values are missing values.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, as in `GaussianMixture.fit`.

        Returns
        -------
        self : MixtureImputer
            The fitted imputer; an error or Ctrl-C leaves it as before.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is not as described, X holds infinity, a column without values, or
            too few rows; with ``rounds=0`` too few complete rows.

        Warns
        -----
        CollapseWarning, ConvergenceWarning
            As in `GaussianMixture.fit`.
        """
        with watched_fit(self, X, y, sample_weight):
            mixture, rounds = self._check_params()
            X = check_rows(masked_as_nan(X), self, reset=True)
            sample_weight = check_sample_weight(sample_weight, X.shape[0])
            names = getattr(self, "feature_names_in_", None)
            self.n_complete_rows_ = _fit(mixture, X, sample_weight, rounds, names)
            self.n_iter_ = mixture.n_iter_
            if self.n_complete_rows_ < len(X) and rounds:
                self.n_iter_ += rounds
                mixture = self._mixture()._taking(mixture._parameters(), None)
            if names is not None:
                mixture.feature_names_in_ = names
            self.mixture_ = mixture
            for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
                setattr(self, name, getattr(mixture, name))
        return self

    def transform(self, X: Rows) -> Transformed:
        """Replace the missing values of rows.

        A column may be missing altogether, and so may all values of a row, which becomes the mean
        of the mixture.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, in which NaN, None and NA of tables, and masked values are missing values.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float32 or float64 as X
            A copy without NaN, or the DataFrame that `set_output` asked for.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError, ValueError
            If X is not as described, holds infinity, or a row lies so far from every component
            that its log-density overflows.
        """
        from .conditional import impute

        self._check_is_fitted()
        check_bool("draw", self.draw)
        X = check_rows(masked_as_nan(X), self, reset=False)
        if not self.draw:
            return impute(self.mixture_, X)
        with lent_random_state(self.random_state) as random_state:
            return impute(self.mixture_, X, random_state)

    def fit_transform(
        self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Transformed:
        """Fit, and replace the missing values of the same rows.

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
        X : ndarray of shape (n_samples, n_features), float32 or float64 as X
            A copy without NaN, or the DataFrame that `set_output` asked for.
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray:
        """Return the names of the columns that `transform` returns: the ones of X.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Names to use where `fit` saw none; compared with the ones that it saw otherwise.

        Returns
        -------
        names : ndarray of shape (n_features,), dtype object
            "x0", "x1" and so on where there are no names.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `input_features` differ from the features seen by `fit`.
        """
        self._check_is_fitted()
        return output_names(self, input_features)

    if TYPE_CHECKING:  # `Estimator` adds these at run time
        mixture_: GaussianMixture

        def set_output(self, *, transform: Container | None = None) -> Self: ...
        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    else:

        @functools.cached_property
        def mixture_(self):
            """The mixture of an imputer that was loaded, made when it is first asked for."""
            if not self.__sklearn_is_fitted__():
                raise AttributeError(f"{type(self).__name__!r} object has no 'mixture_'")
            names = ("weights_", "means_", "covariances_", "precisions_cholesky_")
            parameters = Parameters(*(getattr(self, name) for name in names))
            return self._mixture()._taking(parameters, getattr(self, "feature_names_in_", None))

    @property
    def _n_features_out(self):
        return self.n_features_in_

    def _mixture(self):
        """The mixture of these options, not fitted."""
        options = self.get_params(deep=False)
        del options["draw"], options["rounds"]
        return GaussianMixture(**options)

    def _check_params(self):
        """The mixture to be fitted, its options checked, and the number of rounds."""
        check_bool("draw", self.draw)
        mixture = self._mixture()
        mixture._check_params()
        return mixture, check_integer("rounds", self.rounds, 0)

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        layouts = parameter_layouts(self.covariance_type)
        del layouts["precisions_"]
        layouts |= {"n_complete_rows_": Layout("int", low=0), "n_iter_": Layout("int", low=0)}
        return super()._fitted_layouts() | layouts

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _fit(mixture, X, sample_weight, rounds, names):
    """Fit a mixture to rows that may be incomplete; return the number of complete rows."""
    from .incomplete_fit import complete_rows, fit_rounds, require_values

    complete, n_missing = complete_rows(X)
    if complete.all():
        mixture.fit(X, sample_weight=sample_weight)
    elif rounds:
        parameters = fit_rounds(mixture, X, sample_weight, complete, rounds, names)
        mixture._set_parameters(parameters)
    else:
        counted = complete if sample_weight is None else complete & (sample_weight > 0)
        n_counted, n_needed = np.count_nonzero(counted), max(2, mixture.n_components)
        if n_counted < n_needed:
            rows = X if sample_weight is None else X[sample_weight > 0]
            require_values(np.isnan(rows), names)
            _raise_too_few(n_counted, n_needed, n_missing, len(X), names)
        weights = None if sample_weight is None else sample_weight[complete]
        mixture.fit(X[complete], sample_weight=weights)
    return int(np.count_nonzero(complete))


def _raise_too_few(n_complete, n_needed, n_missing, n_samples, names):
    column = int(n_missing.argmax())
    name = column if names is None else repr(names[column])
    raise ValueError(
        f"X has {n_complete} rows of positive weight without missing values, but the fit with "
        f"rounds=0 needs at least {n_needed}; pass rounds=10, or leave out columns with many "
        f"missing values (column {name} lacks {n_missing[column]} of {n_samples})."
    )
