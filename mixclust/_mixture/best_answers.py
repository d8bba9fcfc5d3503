"""The answers of a selection, which are the ones of its best mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, overload

from .._estimator.base import Estimator
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    FloatArray,
    Int,
    Int32Array,
    IntpArray,
    Real,
    Rows,
    Seed,
)
from .gaussian import GaussianMixture

__all__ = ["BestAnswers"]


class BestAnswers(Estimator):
    """The methods of `GaussianMixture` that ask a fit, answered by `best_estimator_`."""

    best_estimator_: GaussianMixture

    _estimator_type = "density_estimator"
    _takes_sparse_rows = False

    def _best(self):
        """The best mixture, ready to answer."""
        self._check_is_fitted()
        best = self.best_estimator_
        best.n_threads = self.n_threads  # type: ignore[attr-defined]  # a subclass has it
        return best

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
        """Likeliest component of each row under the best mixture, -1 for noise.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        return_uncertainty : bool, default=False
            Whether to return `uncertainty` too.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Likeliest component of each row.
        uncertainty : ndarray of shape (n_samples,), float64
            One minus the largest responsibility; only if `return_uncertainty`.
        """
        return self._best().predict(X, return_uncertainty)

    def predict_proba(self, X: Rows) -> Float64Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        resp : ndarray of shape (n_samples, n_components), float64
            Each row adds up to 1. With noise there is one more column, the last one, for noise.
        """
        return self._best().predict_proba(X)

    def score_samples(self, X: Rows) -> Float64Array:
        """Log-density of each row under the best mixture, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples,), float64
            Minus infinity where every component's density is zero.
        """
        return self._best().score_samples(X)

    def score_samples_by_component(self, X: Rows) -> Float64Array:
        """Log-density of each row under each component alone, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples, n_components), float64
            Minus infinity where the row lies so far from the component that it overflows.
        """
        return self._best().score_samples_by_component(X)

    def score(self, X: Rows, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Mean log-density of the rows under the best mixture, in nats.

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
        return self._best().score(X, sample_weight=sample_weight)

    def uncertainty(self, X: Rows) -> Float64Array:
        """Uncertainty of the label of each row: one minus its largest responsibility.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,), float64
            Between 0 and ``1 - 1 / n_components``; noise counts as a component.
        """
        return self._best().uncertainty(X)

    def entropy(self, X: Rows) -> Float64Array:
        """Entropy of the responsibilities of each row, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        entropy : ndarray of shape (n_samples,), float64
            Between 0 and ``log(n_components)``; noise counts as a component.
        """
        return self._best().entropy(X)

    def bic(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Bayesian information criterion of the best mixture: see `GaussianMixture.bic`.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        bic : float
            Smaller is better.
        """
        return self._best().bic(X, sample_weight)

    def aic(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's information criterion of the best mixture: see `GaussianMixture.aic`.

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
        return self._best().aic(X, sample_weight)

    def icl(self, X: Rows, sample_weight: ArrayLike | None = None) -> float:
        """Integrated completed likelihood of the best mixture: see `GaussianMixture.icl`.

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
        """
        return self._best().icl(X, sample_weight)

    def sample(
        self, n_samples: Int = 1, random_state: Seed = None
    ) -> tuple[Float64Array, IntpArray]:
        """Draw new rows from the best mixture.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
            Source of the draws. None: the parameter `random_state` of this estimator.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            The rows, component after component, noise last.
        labels : ndarray of shape (n_samples,), int64
            The component of each; -1 for noise.
        """
        return self._best().sample(
            n_samples, self.random_state if random_state is None else random_state
        )

    def without_noise(self) -> GaussianMixture:
        """The best mixture without its noise: see `GaussianMixture.without_noise`.

        Returns
        -------
        mixture : GaussianMixture
            A mixture without the attributes that describe a fit.
        """
        return self._best().without_noise()

    def marginal(self, features: int | str | Sequence[int | str]) -> GaussianMixture:
        """The best mixture of some of the features: see `GaussianMixture.marginal`.

        Parameters
        ----------
        features : int, str, or sequence of them
            Features by index or, where X had names, by name, in the order of the result.

        Returns
        -------
        mixture : GaussianMixture
            A mixture without the attributes that describe a fit.
        """
        return self._best().marginal(features)

    def condition(
        self,
        given: Mapping[int, Real] | Mapping[str, Real] | Mapping[int | str, Real],
    ) -> GaussianMixture:
        """The best mixture given the values of some features: see `GaussianMixture.condition`.

        Parameters
        ----------
        given : dict of int or str to float
            Values of features by index or, where X had names, by name.

        Returns
        -------
        mixture : GaussianMixture
            A mixture of the other features.
        """
        return self._best().condition(given)

    def impute(self, X: Rows) -> FloatArray:
        """Replace missing values by their expectations: see `GaussianMixture.impute`.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows, in which NaN is a missing value.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float32 or float64 as X
            A copy without NaN.
        """
        return self._best().impute(X)
