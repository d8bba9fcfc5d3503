"""The answers of a fitted mixture: labels, responsibilities, densities, new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from .._estimator.base import Estimator, MissingAttribute
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    Int,
    Int32Array,
    IntpArray,
    Out,
    Rows,
    Seed,
)
from .._inputs.features import set_features
from .._inputs.parameters import check_integer
from .._inputs.random import check_random_state
from .._inputs.rows import check_sample_weight
from .._passes.parts import Parts
from .answers import (
    gather_answers,
    read_entropy,
    read_labels,
    read_log_prob,
    read_resp,
    read_uncertainty,
    weighted_sum,
)
from .criteria import Criteria
from .decomposition import Decomposition
from .marginals import Marginals
from .noise import has_noise, noise_layouts, set_noise, with_noise_of
from .parameters import Parameters
from .report import FitReport
from .structures import CovarianceType, structure_of

__all__ = ["FittedMixture", "parameter_layouts"]

_OF_A_FIT = (
    "fit alone sets it, and these parameters were given, found by partial_fit or derived from "
    "another estimator; call fit to have it"
)
_OF_NOISE = "the mixture has no noise; fit with noise=True to have it"


class FittedMixture(Criteria, Decomposition, Marginals, Estimator):
    """A mixture with `weights_`, `means_`, `covariances_` and `precisions_cholesky_`.

    A subclass has the parameters `covariance_type`, `random_state` and `n_threads`.
    """

    covariance_type: CovarianceType
    noise: bool
    random_state: Seed
    n_threads: Int | None

    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    precisions_: Float64Array
    precisions_cholesky_: Float64Array
    noise_weight_: float
    noise_volume_: float
    noise_corner_: Float64Array
    noise_edges_: Float64Array

    _estimator_type = "density_estimator"
    _takes_sparse_rows = False
    if not TYPE_CHECKING:  # type checkers would take these for attributes of all instances
        converged_ = MissingAttribute(_OF_A_FIT)
        n_iter_ = MissingAttribute(_OF_A_FIT)
        lower_bound_ = MissingAttribute(_OF_A_FIT)
        lower_bounds_ = MissingAttribute(_OF_A_FIT)
        report_ = MissingAttribute(_OF_A_FIT)
        noise_weight_ = MissingAttribute(_OF_NOISE)
        noise_volume_ = MissingAttribute(_OF_NOISE)
        noise_corner_ = MissingAttribute(_OF_NOISE)
        noise_edges_ = MissingAttribute(_OF_NOISE)

    @overload
    def predict(
        self, X: Rows | Parts, return_uncertainty: Literal[False] = False, *, out: Out = None
    ) -> Int32Array: ...  # numpydoc ignore=GL08
    @overload
    def predict(
        self, X: Rows | Parts, return_uncertainty: Literal[True], *, out: Out = None
    ) -> tuple[Int32Array, Float64Array]: ...  # numpydoc ignore=GL08
    @overload
    def predict(
        self, X: Rows | Parts, return_uncertainty: bool, *, out: Out = None
    ) -> Int32Array | tuple[Int32Array, Float64Array]: ...  # numpydoc ignore=GL08
    def predict(
        self, X: Rows | Parts, return_uncertainty: bool = False, *, out: Out = None
    ) -> Int32Array | tuple[Int32Array, Float64Array]:
        """Likeliest component of each row, -1 for noise; the lowest index wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows of any numeric dtype and layout; they may differ from the ones of `fit`.
        return_uncertainty : bool, default=False
            Whether to return `uncertainty` too.
        out : str, path-like, ndarray or None, default=None
            Where the labels go: a .npy file, which has this name once it is complete, or an int32
            array or memmap. None makes a new array.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            The same for a row alone as among others. `out` if it is an array, a read-only memmap
            of the file if it is a path.
        uncertainty : ndarray of shape (n_samples,), float64
            One minus the largest responsibility, as `uncertainty` says; only if
            `return_uncertainty`.
        """
        labels = self._gather(X, read_labels, (), np.int32, out)
        return (labels, self.uncertainty(X)) if return_uncertainty else labels

    def predict_proba(self, X: Rows | Parts, *, out: Out = None) -> Float64Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        out : str, path-like, ndarray or None, default=None
            Where the responsibilities go: a .npy file, or a float64 array or memmap.

        Returns
        -------
        resp : ndarray of shape (n_samples, n_components), float64
            Each row adds up to 1. With noise there is one more column, the last one, for noise.
        """
        self._check_is_fitted()
        width = (len(self.weights_) + self._has_noise(),)
        return self._gather(X, read_resp, width, np.float64, out)

    def score_samples(self, X: Rows | Parts, *, out: Out = None) -> Float64Array:
        """Log-density of each row, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        out : str, path-like, ndarray or None, default=None
            Where the log-densities go: a .npy file, or a float64 array or memmap.

        Returns
        -------
        log_prob : ndarray of shape (n_samples,), float64
            Minus infinity where every component's density is zero. The density of noise counts, for
            rows outside of the box of noise too.
        """
        return self._gather(X, read_log_prob, (), np.float64, out)

    def score_samples_by_component(self, X: Rows | Parts) -> Float64Array:
        """Log-density of each row under each component alone, in nats.

        The mixing weights play no part: ``scipy.special.logsumexp(log_prob + np.log(weights_),
        axis=1)`` is `score_samples`. Noise plays no part either; its log-density is
        ``-np.log(noise_volume_)`` for every row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples, n_components), float64
            Minus infinity where the row lies so far from the component that it overflows.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> mixture = GaussianMixture.from_parameters([0.9, 0.1], [[0.0], [2.0]], [[[1.0]]] * 2)
        >>> mixture.score_samples_by_component([[0.0], [1.0]]).round(3)
        array([[-0.919, -2.919],
               [-1.419, -1.419]])
        """
        self._check_is_fitted()
        columns = [
            gather_answers(self, X, self._component(k), read_log_prob, (), np.float64)
            for k in range(len(self.weights_))
        ]
        return np.stack(columns, axis=1)

    def score(
        self, X: Rows | Parts, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Mean log-density of the rows, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        y : ignored
            There by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; chunks have weights of their own.

        Returns
        -------
        score : float
            Larger is better.
        """
        if isinstance(X, Parts):
            log_likelihood, total = self._log_likelihood(X, sample_weight)
            return log_likelihood / total
        log_prob = self.score_samples(X)
        weights = check_sample_weight(sample_weight, len(log_prob))
        if weights is not None:  # else products with log-densities may overflow
            weights = np.ldexp(weights, -math.frexp(weights.max())[1])
        log_likelihood, total = weighted_sum(log_prob, weights)
        return log_likelihood / total

    def uncertainty(self, X: Rows | Parts) -> Float64Array:
        """Uncertainty of the label of each row: one minus its largest responsibility.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,), float64
            Between 0 and ``1 - 1 / n_components``; noise counts as a component.

        Examples
        --------
        >>> from mixclust import GaussianMixture
        >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> bool(mixture.uncertainty([[5.0]])[0] > mixture.uncertainty([[9.0]])[0])
        True
        """
        return self._gather(X, read_uncertainty, (), np.float64, None)

    def entropy(self, X: Rows | Parts) -> Float64Array:
        """Entropy of the responsibilities of each row, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.

        Returns
        -------
        entropy : ndarray of shape (n_samples,), float64
            Between 0 and ``log(n_components)``; noise counts as a component.
        """
        return self._gather(X, read_entropy, (), np.float64, None)

    def sample(
        self, n_samples: Int = 1, random_state: Seed = None
    ) -> tuple[Float64Array, IntpArray]:
        """Draw new rows.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
            Source of the draws. None: the parameter `random_state` of the mixture. With an int,
            every call draws the same rows: the rows that scikit-learn draws, unless covariance
            matrices have 512 features or more.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            The rows, component after component, noise last: uniform in the box at `noise_corner_`.
        labels : ndarray of shape (n_samples,), int64
            The component of each; -1 for noise.
        """
        from .draws import draw_rows

        self._check_is_fitted()
        n_samples = check_integer("n_samples", n_samples, 1)
        if random_state is None:
            random_state = self.random_state
        return draw_rows(self, n_samples, check_random_state(random_state))

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
        """Whether `covariance_type` still is the structure of the parameters."""
        report = getattr(self, "report_", None)  # a mixture from parameters has none
        structure = structure_of(self.covariance_type)
        fitted = structure if report is None else structure_of(report.covariance_type)
        shape = structure.shape(*self.means_.shape)
        return fitted is structure and self.covariances_.shape == shape

    @classmethod
    def _of(cls, parameters, feature_names, **options):
        """A mixture with given parameters, without a fit."""
        mixture = cls(**{"n_components": len(parameters.weights)} | options)
        return mixture._taking(parameters, feature_names)

    def _taking(self, parameters, feature_names):
        """This mixture, with given parameters in place of a fit."""
        self._set_parameters(parameters)
        set_features(self, parameters.means.shape[1], feature_names)
        return self

    def _set_parameters(self, parameters):
        """Set the attributes that hold the parameters of the mixture."""
        self.weights_ = parameters.weights
        self.means_ = parameters.means
        self.covariances_ = parameters.covariances
        self.precisions_cholesky_ = parameters.precisions_cholesky
        structure = structure_of(self.covariance_type)
        self.precisions_ = structure.precisions(parameters.precisions_cholesky)
        set_noise(self, parameters)

    def _has_noise(self):
        return has_noise(self)

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        noise = noise_layouts(self)
        rest = "noise_weight_" if noise else None
        run = {
            "converged_": Layout("bool", optional=True),
            "n_iter_": Layout("int", low=0, optional=True),
            "lower_bound_": Layout("float", optional=True),
            "lower_bounds_": Layout("floats", optional=True),
            "report_": Layout("report", optional=True),
        }
        return (
            super()._fitted_layouts() | noise | parameter_layouts(self.covariance_type, rest) | run
        )

    def _report_from_file(self, values):
        return FitReport._from_file(values, self._parameters(), self.covariance_type)

    # Kernels

    def _parameters(self):
        parameters = Parameters(
            self.weights_, self.means_, self.covariances_, self.precisions_cholesky_
        )
        return with_noise_of(self, parameters)

    def _gather(self, X, answer, width, dtype, out):
        """Answer of the compiled mixture about rows; ValueError if one is not finite."""
        self._check_is_fitted()
        return gather_answers(self, X, self._parameters(), answer, width, dtype, out)

    def _component(self, k):
        """One component, as the parameters of a mixture."""
        which = slice(k, k + 1)
        structure = structure_of(self.covariance_type)
        matrices = structure.select(self.covariances_, self.precisions_cholesky_, which)
        return Parameters(np.ones(1), self.means_[which], *matrices)


def parameter_layouts(covariance_type, rest=None):
    """Layouts of the parameters of a mixture in a file.

    Parameters
    ----------
    covariance_type : str
        Structure of the covariances.
    rest : str, optional
        Name of the attribute that the weights lack to add up to 1.

    Returns
    -------
    layouts : dict of str to Layout
        By the names of the attributes.
    """
    from .._estimator.persistence import Layout

    structure = structure_of(covariance_type)
    shape = structure.shape("n_components", "n_features_in_")
    matrices = Layout("<f8", shape, positive=structure.variances)
    return {
        "weights_": Layout("<f8", ("n_components",), low=0, total=1, rest=rest),
        "means_": Layout("<f8", ("n_components", "n_features_in_")),
        "covariances_": matrices,
        "precisions_": matrices,
        "precisions_cholesky_": matrices,
    }
