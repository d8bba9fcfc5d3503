"""The answers of a fitted classifier: classes, their probabilities, densities, new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._estimator.base import Estimator, MissingAttribute
from .._inputs.annotations import (
    ArrayLike,
    Float64Array,
    Int,
    Int32Array,
    Rows,
    Seed,
)
from .._inputs.labels import check_labels, check_same_classes
from .._inputs.parameters import check_integer
from .._inputs.random import check_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .answers import answer_about, read_labels, read_log_prob, weighted_sum
from .class_report import ClassifierReport
from .gaussian import GaussianMixture
from .parameters import Parameters
from .structures import structure_of

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["FittedClassifier"]

_OF_A_FIT = "the file that it was loaded from had none; call fit to have it"


class FittedClassifier(Estimator):
    """A classifier with a mixture for each class.

    A subclass has the parameters `random_state` and `n_threads`.
    """

    random_state: Seed
    n_threads: Int | None

    classes_: Any
    priors_: Float64Array
    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    precisions_cholesky_: Float64Array
    component_classes_: Int32Array
    covariance_type_: str
    n_parameters_: int

    _estimator_type = "classifier"
    _takes_sparse_rows = False
    if not TYPE_CHECKING:  # type checkers would take it for an attribute of all instances
        report_ = MissingAttribute(_OF_A_FIT)

    def predict(self, X: Rows) -> Any:
        """Likeliest class of each row; the first class wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows of any numeric dtype and layout.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        X = self._checked(X)
        return self.classes_[self._likeliest(X)]

    def predict_proba(self, X: Rows) -> Float64Array:
        """Probability of each class given the row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes), float64
            Each row adds up to 1; columns are in the order of `classes_`. A row infinitely far
            from all components has the probabilities `priors_`.
        """
        log_joint = self._log_joint(self._checked(X))
        log_joint -= log_joint.max(axis=1, keepdims=True)
        proba = np.exp(log_joint, out=log_joint)
        proba /= proba.sum(axis=1, keepdims=True)
        return proba

    def predict_log_proba(self, X: Rows) -> Float64Array:
        """Logarithm of the probability of each class given the row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes), float64
            Finite also where `predict_proba` is too small for a float64.
        """
        log_joint = self._log_joint(self._checked(X))
        return log_joint - _log_sum(log_joint)[:, np.newaxis]

    def decision_function(self, X: Rows) -> Float64Array:
        """Log-probabilities of the classes, or with two classes their difference.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decision : ndarray of shape (n_samples, n_classes) or (n_samples,), float64
            `predict_log_proba`; with two classes, the log-odds of the second one.
        """
        log_joint = self._log_joint(self._checked(X))
        if log_joint.shape[1] == 2:
            return log_joint[:, 1] - log_joint[:, 0]
        return log_joint - _log_sum(log_joint)[:, np.newaxis]

    def log_densities(self, X: Rows) -> Float64Array:
        """Log-density of each row within each class, in nats.

        The probabilities of the classes play no part.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_density : ndarray of shape (n_samples, n_classes), float64
            ``log p(x | class)``; minus infinity where the row lies so far off that it overflows.
        """
        return self._log_densities(self._checked(X))

    def score_samples(self, X: Rows) -> Float64Array:
        """Log-density of each row in the mixture of all classes, in nats.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_prob : ndarray of shape (n_samples,), float64
            A small value marks a row that resembles no class.
        """
        return self._ask(self._checked(X), slice(None), read_log_prob)

    def score(self, X: Rows, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Share of the rows with the right predicted class.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            True classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        accuracy : float
            Between 0 and 1. Rows of unknown class (see `fit`) count as wrong.
        """
        X = self._checked(X)
        classes, codes = check_labels(y, len(X), self.classes_)
        is_right = np.zeros(len(X))
        known = codes >= 0
        if known.any():
            is_right[known] = classes[codes[known]] == self.classes_[self._likeliest(X)[known]]
        weights = check_sample_weight(sample_weight, len(X))
        right, total = weighted_sum(is_right, weights)
        return right / total

    def bic(
        self, X: Rows, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Bayesian information criterion: ``-2 log-likelihood + parameters log(n)``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Classes. The log-likelihood is that of rows and classes; rows of unknown class, all
            without `y`, add their `score_samples`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        bic : float
            Smaller is better; the criterion of mclust has the other sign. The probabilities of
            the classes count as parameters if they were estimated with the help of unlabelled
            rows.
        """
        log_likelihood, total = self._log_likelihood(X, y, sample_weight)
        return -2 * log_likelihood + self.n_parameters_ * math.log(total)

    def aic(
        self, X: Rows, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Akaike's information criterion: ``-2 log-likelihood + 2 parameters``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Classes, as for `bic`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        aic : float
            Smaller is better.
        """
        return -2 * self._log_likelihood(X, y, sample_weight)[0] + 2 * self.n_parameters_

    def sample(self, n_samples: Int = 1, random_state: Seed = None) -> tuple[Float64Array, Any]:
        """Draw new rows and their classes.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
            Source of the draws. None: the parameter `random_state` of the classifier.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            The rows, class after class.
        y : ndarray of shape (n_samples,)
            Their classes.
        """
        from .draws import draw_rows

        self._check_is_fitted()
        n_samples = check_integer("n_samples", n_samples, 1)
        if random_state is None:
            random_state = self.random_state
        mixture = self._mixture(slice(None))
        X, components = draw_rows(mixture, n_samples, check_random_state(random_state))
        return X, self.classes_[self.component_classes_[components]]

    # Attributes

    @property
    def mixtures_(self) -> list[GaussianMixture]:
        """The mixture of each class, in the order of `classes_`, with weights that add up to 1.

        Returns
        -------
        mixtures : list of GaussianMixture
            New objects, which answer like fitted mixtures.
        """
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'mixtures_'")
        return [self._mixture(self._components(c)) for c in range(len(self.classes_))]

    def _set_parameters(self, fit, classes):
        """Set the attributes that hold the parameters of all classes."""
        self.classes_ = classes
        self.component_classes_ = np.repeat(np.arange(len(classes), dtype=np.int32), fit.sizes)
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_ = fit.parameters
        self.priors_ = np.bincount(self.component_classes_, self.weights_)
        self.covariance_type_ = fit.covariance_type
        self.n_parameters_ = int(fit.n_parameters)

    def _mixture(self, which):
        """The mixture of some components."""
        return GaussianMixture._of(
            self._parameters(which),
            getattr(self, "feature_names_in_", None),
            covariance_type=self.covariance_type_,
            random_state=self.random_state,
            n_threads=self.n_threads,
        )

    def _components(self, c):
        """The components of a class, which follow each other."""
        first, last = np.searchsorted(self.component_classes_, [c, c + 1])
        return slice(int(first), int(last))

    def _parameters(self, which):
        """Parameters of some components, with weights that add up to 1."""
        weights = self.weights_[which]
        total = weights.sum()
        return Parameters(
            weights / total if total > 0 else np.full(len(weights), 1 / len(weights)),
            self.means_[which],
            *structure_of(self.covariance_type_).select(
                self.covariances_, self.precisions_cholesky_, which
            ),
        )

    def _fitted_layouts(self):
        from .._estimator.persistence import LABELS, Layout

        structure = structure_of(self.covariance_type_)
        shape = structure.shape("n_components", "n_features_in_")
        matrices = Layout("<f8", shape, positive=structure.variances)
        return super()._fitted_layouts() | {
            "classes_": Layout(LABELS, ("n_classes",)),
            "priors_": Layout("<f8", ("n_classes",), low=0, total=1),
            "weights_": Layout("<f8", ("n_components",), low=0, total=1),
            "means_": Layout("<f8", ("n_components", "n_features_in_")),
            "covariances_": matrices,
            "precisions_cholesky_": matrices,
            "component_classes_": Layout("<i4", ("n_components",), low=0, below="n_classes"),
            "covariance_type_": Layout("str"),
            "n_parameters_": Layout("int", low=1),
            "converged_": Layout("bool"),
            "n_iter_": Layout("int", low=0),
            "lower_bound_": Layout("float"),
            "lower_bounds_": Layout("floats"),
            "report_": Layout("report", optional=True),
        }

    def _layouts_of_file(self, values):
        self.covariance_type_ = values.get("covariance_type_")  # layouts of matrices depend on it
        return self._fitted_layouts()

    def _report_from_file(self, values):
        n_classes = len(self.classes_)
        slices = [slice(None), *(self._components(c) for c in range(n_classes))]
        found = [self._parameters(which) for which in slices]
        return ClassifierReport._from_file(
            values, self.classes_.tolist(), found, self.covariance_type_
        )

    # Kernels

    def _checked(self, X):
        """Rows of X, as floats."""
        self._check_is_fitted()
        return check_rows(X, self, reset=False)

    def _ask(self, X, which, answer):
        """Answer of the compiled mixture of some components about checked rows."""
        n_threads, _ = resolve_threads(self.n_threads)
        structure = structure_of(self.covariance_type_)
        return answer_about(X, self._parameters(which), structure, answer, n_threads)

    def _likeliest(self, X):
        """Index of the likeliest class of each row."""
        if len(self.weights_) == len(self.classes_):  # a component is a class
            return self._ask(X, slice(None), read_labels)
        return self._log_joint(X).argmax(axis=1)

    def _log_densities(self, X):
        log_density = np.empty((len(X), len(self.classes_)))
        for c in range(log_density.shape[1]):
            log_density[:, c] = self._ask(X, self._components(c), read_log_prob)
        return log_density

    def _log_joint(self, X):
        """Log-density of rows and classes; log-priors for rows infinitely far from all classes."""
        log_joint = self._log_densities(X)
        lost = np.isneginf(log_joint).all(axis=1)
        if lost.any():
            log_joint[lost] = 0
        with np.errstate(divide="ignore"):  # a class may have lost all weight
            log_joint += np.log(self.priors_)
        return log_joint

    def _log_likelihood(self, X, y, sample_weight):
        """Weighted log-likelihood of rows and classes in nats, and the total weight."""
        X = self._checked(X)
        weights = check_sample_weight(sample_weight, len(X))
        log_prob = self._ask(X, slice(None), read_log_prob)
        if y is not None:
            codes = check_same_classes(y, len(X), self.classes_)
            known = np.flatnonzero(codes >= 0)
            log_density = self._log_densities(X)
            with np.errstate(divide="ignore"):
                log_density += np.log(self.priors_)
            log_prob[known] = log_density[known, codes[known]]
        return weighted_sum(log_prob, weights)

    # Tags

    def __sklearn_tags__(self) -> Tags:
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.classifier_tags = ClassifierTags()
        tags.target_tags.required = True
        return tags


def _log_sum(log_joint):
    """Logarithm of the sum of the exponentials of each row."""
    largest = log_joint.max(axis=1)
    return largest + np.log(np.exp(log_joint - largest[:, np.newaxis]).sum(axis=1))
