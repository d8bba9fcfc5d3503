"""What a fitted mixture can tell: labels, responsibilities, densities, criteria, new rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from .._estimator.base import Estimator, MissingAttribute
from .._inputs.annotations import (
    ArrayLike,
    CovarianceType,
    Float64Array,
    FloatArray,
    Int,
    Int32Array,
    IntpArray,
    Real,
    Rows,
    Seed,
    Self,
)
from .._inputs.features import set_features
from .._inputs.parameters import check_integer
from .._inputs.random import check_random_state
from .._inputs.rows import check_finite, check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .data import MixtureProblem, Parameters
from .structures import structure_of

__all__ = ["FittedMixture"]

BLOCK = 1 << 20
"""Responsibilities that NumPy looks at in one call, about 10 ms."""

_OF_A_FIT = (
    "fit alone sets it, and these parameters were given, loaded or derived from another "
    "estimator; call fit to have it"
)


class FittedMixture(Estimator):
    """A mixture with `weights_`, `means_`, `covariances_` and `precisions_cholesky_`.

    A subclass has the parameters `covariance_type`, `random_state` and `n_threads`.
    """

    covariance_type: CovarianceType
    random_state: Seed
    n_threads: Int | None

    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    precisions_: Float64Array
    precisions_cholesky_: Float64Array

    _estimator_type = "density_estimator"
    _takes_sparse_rows = False
    if not TYPE_CHECKING:  # which take attributes of a class for those of every instance
        converged_ = MissingAttribute(_OF_A_FIT)
        n_iter_ = MissingAttribute(_OF_A_FIT)
        lower_bound_ = MissingAttribute(_OF_A_FIT)
        lower_bounds_ = MissingAttribute(_OF_A_FIT)
        report_ = MissingAttribute(_OF_A_FIT)

    @overload
    def predict(
        self, X: Rows, return_uncertainty: Literal[False] = False
    ) -> Int32Array: ...  # numpydoc ignore=GL08
    @overload
    def predict(
        self, X: Rows, return_uncertainty: Literal[True]
    ) -> tuple[Int32Array, Float64Array]: ...  # numpydoc ignore=GL08
    @overload
    def predict(
        self, X: Rows, return_uncertainty: bool
    ) -> Int32Array | tuple[Int32Array, Float64Array]: ...  # numpydoc ignore=GL08
    def predict(
        self, X: Rows, return_uncertainty: bool = False
    ) -> Int32Array | tuple[Int32Array, Float64Array]:
        """Likeliest component of each row; the lowest index wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows of any numeric dtype and layout, whatever `fit` saw.
        return_uncertainty : bool, default=False
            Whether to return `uncertainty` too.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            The same for a row alone as among others.
        uncertainty : ndarray of shape (n_samples,), float64
            One minus the largest responsibility, as `uncertainty` says; only if
            `return_uncertainty`.
        """
        return self._ask(X, _labels_and_uncertainty if return_uncertainty else _labels)

    def predict_proba(self, X: Rows) -> Float64Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        resp : ndarray of shape (n_samples, n_components), float64
            Each row adds up to 1.
        """
        return self._ask(X, _resp_and_log_prob)[0]

    def score_samples(self, X: Rows) -> Float64Array:
        """Log-density of each row, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples,), float64
            Minus infinity where every component's density is zero.
        """
        return self._ask(X, _log_prob)

    def score_samples_by_component(self, X: Rows) -> Float64Array:
        """Log-density of each row under each component alone, in nats.

        The mixing weights do not enter: ``scipy.special.logsumexp(log_prob + np.log(weights_),
        axis=1)`` is `score_samples`.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples, n_components), float64
            Minus infinity where the component's density is zero even in logarithms.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> mixture = GaussianMixture.from_parameters([0.9, 0.1], [[0.0], [2.0]], [[[1.0]]] * 2)
        >>> mixture.score_samples_by_component([[0.0], [1.0]]).round(3)
        array([[-0.919, -2.919],
               [-1.419, -1.419]])
        """
        self._check_is_fitted()
        X = check_rows(X, self, reset=False)
        log_prob = np.empty((len(X), len(self.weights_)))
        for k in range(log_prob.shape[1]):
            log_prob[:, k] = self._answer(X, _log_prob, self._component(k))
        return log_prob

    def score(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Mean log-density of the rows, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        score : float
            Larger is better.
        """
        log_prob = self.score_samples(X)
        weights = check_sample_weight(sample_weight, len(log_prob))
        if weights is not None:  # of a size that products with log-densities hold
            weights = np.ldexp(weights, -math.frexp(weights.max())[1])
        log_likelihood, total = _weighted_sum(log_prob, weights)
        return log_likelihood / total

    def uncertainty(self, X: Rows) -> Float64Array:
        """How unsure the assignment of each row is: one minus its largest responsibility.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,), float64
            Between 0 and ``1 - 1 / n_components``.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> bool(mixture.uncertainty([[5.0]])[0] > mixture.uncertainty([[9.0]])[0])
        True
        """
        return 1 - _by_rows(_largest, self.predict_proba(X))

    def entropy(self, X: Rows) -> Float64Array:
        """Entropy of the responsibilities of each row, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        entropy : ndarray of shape (n_samples,), float64
            Between 0 and ``log(n_components)``.
        """
        return _by_rows(_entropy, self.predict_proba(X))

    def sample(
        self, n_samples: Int = 1, random_state: Seed = None
    ) -> tuple[Float64Array, IntpArray]:
        """Draw new rows.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
            Where the draws come from. None: the parameter `random_state` of the mixture. With an
            int, every call draws the same rows: those of scikit-learn, but for covariance
            matrices of 512 features or more.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            The rows, component after component.
        labels : ndarray of shape (n_samples,), int64
            The component of each.
        """
        from .draws import draw_rows

        self._check_is_fitted()
        n_samples = check_integer("n_samples", n_samples, 1)
        if random_state is None:
            random_state = self.random_state
        return draw_rows(self, n_samples, check_random_state(random_state))

    # Parts, and what they tell of each other

    def marginal(self, features: int | str | Sequence[int | str]) -> Self:
        """The mixture of some of the features, whatever the others are.

        Parameters
        ----------
        features : int, str, or sequence of them
            Features by index or, where X had names, by name; in the order that is wanted.

        Returns
        -------
        mixture : GaussianMixture
            Of the same `covariance_type`; it answers like a fitted one, but has no `report_`,
            `converged_` and so on.

        Raises
        ------
        TypeError, ValueError
            If a feature is unknown or named twice, or none is named.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 1.0], [1.0, 2.0], [2.0, 3.5], [8.0, 1.0], [9.0, 0.0], [10.0, 2.0]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.marginal(0).means_
        array([[5.]])
        """
        self._check_is_fitted()
        from .conditional import marginal

        return marginal(self, features)

    def condition(
        self, given: Mapping[int, Real] | Mapping[str, Real] | Mapping[int | str, Real]
    ) -> Self:
        """The mixture of the other features, where some are known to have given values.

        Every component is weighed by how dense it is at the values, and moved to what it expects
        beside them: the regression of the other features on those. The conditional expectation is
        ``weights_ @ means_`` of the result; `impute` tells it for many rows.

        Parameters
        ----------
        given : dict of int or str to float
            Values of features by index or, where X had names, by name.

        Returns
        -------
        mixture : GaussianMixture
            Of the features left, in their order, and of the same `covariance_type`; it answers
            like a fitted one, but has no `report_`, `converged_` and so on.

        Raises
        ------
        TypeError, ValueError
            If a feature is unknown or given twice, if none is left, or if a value is not finite
            or so far from every component that its density is zero even in logarithms.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 0.9], [1.0, 3.1], [2.0, 5.1], [3.0, 6.9]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.condition({0: 10.0}).means_.round(2)
        array([[21.]])
        """
        self._check_is_fitted()
        from .conditional import condition

        return condition(self, given)

    def impute(self, X: Rows) -> FloatArray:
        """Fill in missing values with what the mixture expects beside those that are there.

        Each NaN becomes the conditional expectation under the mixture [1]_, which is right where
        values are missing at random; so a column of NaN is predicted from the other columns. Rows
        that miss the same features are looked at together.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, in which NaN is a missing value.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float32 or float64 as X
            A copy without NaN.

        Raises
        ------
        TypeError, ValueError
            If X is not as described, holds infinity, or a row lies so far from every component
            that its density is zero even in logarithms.

        References
        ----------
        .. [1] Z. Ghahramani and M. I. Jordan, "Supervised learning from incomplete data via an EM
           approach", Advances in Neural Information Processing Systems 6, 1994.

        Examples
        --------
        >>> import numpy as np
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0, 0.9], [1.0, 3.1], [2.0, 5.1], [3.0, 6.9]]
        >>> mixture = GaussianMixture(random_state=0).fit(X)
        >>> mixture.impute([[10.0, np.nan], [np.nan, np.nan]]).round(2)
        array([[10. , 21. ],
               [ 1.5,  4. ]])
        """
        self._check_is_fitted()
        from .conditional import impute

        return impute(self, check_rows(X, self, reset=False))

    # Criteria for choosing a model

    def bic(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Bayesian information criterion: ``-2 log-likelihood + parameters log(n)``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        bic : float
            Smaller is better, as in scikit-learn; mclust's has the other sign.
        """
        log_likelihood, total = self._log_likelihood(X, sample_weight)
        return -2 * log_likelihood + self._n_parameters() * math.log(total)

    def aic(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's information criterion: ``-2 log-likelihood + 2 parameters``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        aic : float
            Smaller is better.
        """
        return -2 * self._log_likelihood(X, sample_weight)[0] + 2 * self._n_parameters()

    def icl(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Integrated completed likelihood: BIC, and a penalty for unsure assignments [1]_.

        ``bic - 2 sum_i w_i log max_k r_ik``, as mclust has it but for the sign.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        icl : float
            Smaller is better.

        References
        ----------
        .. [1] C. Biernacki, G. Celeux and G. Govaert, "Assessing a mixture model for clustering
           with the integrated completed likelihood", IEEE Transactions on Pattern Analysis and
           Machine Intelligence 22, 2000.
        """
        resp, log_prob = self._ask(X, _resp_and_log_prob)
        weights = check_sample_weight(sample_weight, len(resp))
        log_likelihood, total = _weighted_sum(log_prob, weights)
        bic = -2 * log_likelihood + self._n_parameters() * math.log(total)
        return bic - 2 * _weighted_sum(np.log(_by_rows(_largest, resp)), weights)[0]

    def _n_parameters(self):
        """Free parameters of the model."""
        n_components, n_features = self.means_.shape
        structure = structure_of(self.covariance_type)
        return (
            structure.n_parameters(n_components, n_features)
            + n_components * n_features
            + n_components
            - 1
        )

    def _log_likelihood(self, X, sample_weight):
        """Weighted log-likelihood in nats, and the total weight."""
        log_prob = self.score_samples(X)
        return _weighted_sum(log_prob, check_sample_weight(sample_weight, len(log_prob)))

    # Attributes

    def _check_is_fitted(self):
        super()._check_is_fitted()
        if not self._is_as_fitted():
            raise ValueError(
                f"covariance_type={self.covariance_type!r}, but this {type(self).__name__} was "
                f"fitted with another and has covariances of shape {self.covariances_.shape}; set "
                "it back with set_params, or call fit again."
            )

    def _is_as_fitted(self):
        """Whether the parameters have the structure that `covariance_type` says now."""
        report = getattr(self, "report_", None)  # a loaded mixture has none
        fitted = self.covariance_type if report is None else report.covariance_type
        shape = structure_of(self.covariance_type).shape(*self.means_.shape)
        return fitted == self.covariance_type and self.covariances_.shape == shape

    @classmethod
    def _of(cls, parameters, feature_names, **options):
        """A mixture that has its parameters without a fit."""
        mixture = cls(**{"n_components": len(parameters.weights)} | options)
        mixture._set_parameters(parameters)
        set_features(mixture, parameters.means.shape[1], feature_names)
        return mixture

    def _set_parameters(self, parameters):
        """Set the attributes that hold the parameters of the mixture."""
        self.weights_ = parameters.weights
        self.means_ = parameters.means
        self.covariances_ = parameters.covariances
        self.precisions_cholesky_ = parameters.precisions_cholesky
        structure = structure_of(self.covariance_type)
        self.precisions_ = structure.precisions(parameters.precisions_cholesky)

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        structure = structure_of(self.covariance_type)
        shape = structure.shape("n_components", "n_features_in_")
        matrices = Layout("<f8", shape, positive=structure.variances)
        return super()._fitted_layouts() | {
            "weights_": Layout("<f8", ("n_components",), low=0, total=1),
            "means_": Layout("<f8", ("n_components", "n_features_in_")),
            "covariances_": matrices,
            "precisions_": matrices,
            "precisions_cholesky_": matrices,
            "converged_": Layout("bool", optional=True),
            "n_iter_": Layout("int", low=0, optional=True),
            "lower_bound_": Layout("float", optional=True),
            "lower_bounds_": Layout("floats", optional=True),
        }

    # Kernels

    def _parameters(self):
        return Parameters(self.weights_, self.means_, self.covariances_, self.precisions_cholesky_)

    def _ask(self, X, answer):
        """What the compiled mixture answers about rows; ValueError if one is not finite."""
        self._check_is_fitted()
        return self._answer(check_rows(X, self, reset=False), answer, self._parameters())

    def _component(self, k):
        """One component, as the parameters of a mixture."""
        which = slice(k, k + 1)
        structure = structure_of(self.covariance_type)
        matrices = structure.select(self.covariances_, self.precisions_cholesky_, which)
        return Parameters(np.ones(1), self.means_[which], *matrices)

    def _answer(self, X, answer, parameters):
        """What the compiled mixture of some parameters answers about checked rows."""
        n_threads, _ = resolve_threads(self.n_threads)
        structure = structure_of(self.covariance_type)
        kernel = MixtureProblem(X, None, structure, n_threads).scorer(parameters)
        found = answer(kernel)
        if kernel.has_lost_rows:  # no component has a density where a value is not finite
            check_finite(X)
        return found


def _labels(kernel):
    labels = np.empty(kernel.n_samples, dtype=np.int32)
    kernel.label(labels)
    return labels


def _labels_and_uncertainty(kernel):
    return _labels(kernel), 1 - _by_rows(_largest, _resp_and_log_prob(kernel)[0])


def _log_prob(kernel):
    log_prob = np.empty(kernel.n_samples)
    kernel.score(log_prob)
    return log_prob


def _resp_and_log_prob(kernel):
    log_prob = np.empty(kernel.n_samples)
    resp = np.empty((kernel.n_samples, kernel.n_components))
    kernel.responsibilities(resp, log_prob)
    return resp, log_prob


def _by_rows(function, resp):
    """A number for each row of responsibilities: Ctrl-C is heard between blocks of rows."""
    found = np.empty(len(resp))
    step = max(1, BLOCK // resp.shape[1])
    for start in range(0, len(resp), step):
        found[start : start + step] = function(resp[start : start + step])
    return found


def _largest(resp):
    return resp.max(axis=1)


def _entropy(resp):
    return np.sum(resp * -np.log(np.where(resp > 0, resp, 1.0)), axis=1)


def _weighted_sum(values, weights):
    """Weighted sum, and the total weight; a row of zero weight may be infinitely far away."""
    if weights is None:
        return float(values.sum()), float(len(values))
    there = weights > 0
    return float(weights[there] @ values[there]), float(weights.sum())
