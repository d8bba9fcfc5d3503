"""Marginal and conditional distributions of a mixture, and expectations of missing values."""

import math
import numbers
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

import numpy as np

from .._inputs.features import feature_index
from .._inputs.parameters import check_real
from .._inputs.rows import check_finite
from .parameters import Parameters
from .structures import structure_of

__all__ = ["condition", "impute", "marginal", "resp_of_known", "without_noise"]

NUMBERS_PER_BLOCK = 1 << 17
"""Numbers of a temporary array of rows by components by features: `impute` takes as many rows at a
time."""

VALUES_PER_SORT = 1 << 20
"""Values of the rows that `impute` sorts at a time by the features that they miss: about 50 ms."""

CACHED_NUMBERS = 1 << 22
"""Numbers in the factors that `impute` keeps for later rows that miss the same features: 32 MiB."""

MIN_CACHED_PATTERNS = 16
"""Patterns of missing features for which `impute` keeps the factors, however large these are."""


def marginal(mixture, features):
    """The mixture of some of the features.

    Parameters
    ----------
    mixture : FittedMixture
    features : int, str, or sequence of them

    Returns
    -------
    part : FittedMixture
    """
    _refuse_noise(mixture, "marginal")
    if isinstance(features, (str, numbers.Integral)):
        features = [features]
    if not isinstance(features, Iterable):
        raise TypeError(
            f"features={features!r} must be the index or name of a feature, or a sequence of them."
        )
    features = _indices(mixture, features, "features")
    if len(features) == 0:
        raise ValueError("features is empty; name at least one.")
    matrices = structure_of(mixture.covariance_type).marginal(
        mixture.covariances_, mixture.precisions_cholesky_, features
    )
    weights, means = mixture.weights_.copy(), mixture.means_[:, features]
    return _mixture_of(mixture, features, Parameters(weights, means, *matrices))


def without_noise(mixture):
    """The mixture of the Gaussians alone.

    Parameters
    ----------
    mixture : FittedMixture

    Returns
    -------
    gaussians : FittedMixture
    """
    parameters = mixture._parameters()
    if parameters.noise_weight and not parameters.weights.sum() > 0:
        raise ValueError("noise has all the weight and leaves no Gaussians; fit again.")
    if parameters.noise_box is not None:
        parameters = parameters.with_noise(0.0, None)
    parameters = Parameters(*map(np.copy, parameters))
    return _mixture_of(mixture, np.arange(mixture.n_features_in_), parameters)


def condition(mixture, given):
    """The mixture of the features that are not given.

    Parameters
    ----------
    mixture : FittedMixture
    given : dict of int or str to float

    Returns
    -------
    part : FittedMixture
    """
    _refuse_noise(mixture, "condition")
    if not isinstance(given, Mapping):
        raise TypeError(
            f"given must be a dict of features and their values, got {type(given).__name__}."
        )
    features = _indices(mixture, given, "given")
    if len(features) == mixture.n_features_in_:
        raise ValueError(
            "given holds every feature and leaves none; give fewer, or ask score_samples for the "
            "density of a whole row."
        )
    values = [check_real(f"given[{name!r}]", value, -math.inf) for name, value in given.items()]
    regression = _Regression(mixture, features)
    resp, means = regression.predict(np.array([values]).reshape(1, -1), f"given={given!r}")
    parameters = Parameters(resp[:, 0], means[:, 0], *regression.split.matrices_of_rest())
    return _mixture_of(mixture, regression.rest, parameters)


def impute(mixture, X, random_state=None):
    """Rows with the expectation of each missing value, or a draw, in its place.

    Parameters
    ----------
    mixture : FittedMixture
    X : ndarray of shape (n_samples, n_features), float32 or float64
    random_state : numpy.random.RandomState or numpy.random.Generator, optional
        Draw the missing values of a row together from their conditional distribution.

    Returns
    -------
    filled : ndarray of shape (n_samples, n_features), of the dtype of X
    """
    _refuse_noise(mixture, "impute")
    filled = np.array(X)
    size = mixture.precisions_cholesky_.size + mixture.means_.size

    @lru_cache(maxsize=max(MIN_CACHED_PATTERNS, CACHED_NUMBERS // size))
    def regression_of(pattern):
        given = np.unpackbits(np.frombuffer(pattern, np.uint8), count=filled.shape[1]) == 0
        return _Regression(mixture, np.flatnonzero(given))

    step = max(1, VALUES_PER_SORT // filled.shape[1])
    for start in range(0, len(filled), step):
        block = filled[start : start + step]
        _impute_block(block, regression_of, mixture.means_.size, random_state)
    return filled


def resp_of_known(mixture, X):
    """Responsibilities of rows given the values that they have.

    A row without values has the weights of the mixture, and one without gaps the responsibilities
    of `predict_proba`.

    Parameters
    ----------
    mixture : FittedMixture
        Without noise.
    X : ndarray of shape (n_samples, n_features)
        NaN is a missing value.

    Returns
    -------
    resp : ndarray of shape (n_samples, n_components)
    """
    missing = np.isnan(X)
    complete = ~missing.any(axis=1)
    if complete.all():
        return mixture.predict_proba(X)
    resp = np.empty((len(X), len(mixture.weights_)))
    if complete.any():
        resp[complete] = mixture.predict_proba(X[complete])
    for rows in _rows_by_pattern(missing, np.packbits(missing, axis=1)):
        known = np.flatnonzero(~missing[rows[0]])
        if len(known):
            resp[rows] = marginal(mixture, known).predict_proba(X[np.ix_(rows, known)])
        else:
            resp[rows] = mixture.weights_
    return resp


def _impute_block(filled, regression_of, size, random_state):
    """Fill in the missing values of some rows in place."""
    missing = np.isnan(filled)
    filled[missing] = 0
    check_finite(filled)
    step = max(1, NUMBERS_PER_BLOCK // size)
    patterns = np.packbits(missing, axis=1)
    for rows in _rows_by_pattern(missing, patterns):
        regression = regression_of(patterns[rows[0]].tobytes())
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            values = filled[np.ix_(block, regression.given)].astype(np.float64)
            resp, means = regression.predict(values, "a row of X")
            if random_state is None:
                values = np.einsum("kn,knj->nj", resp, means)
            else:
                values = regression.draw(resp, means, random_state)
            filled[np.ix_(block, regression.rest)] = values


def _rows_by_pattern(missing, patterns):
    """Indices of the rows with missing values: an array for each pattern of missing features."""
    rows = np.flatnonzero(missing.any(axis=1))
    _, pattern, counts = np.unique(patterns[rows], axis=0, return_inverse=True, return_counts=True)
    rows = rows[np.argsort(pattern.ravel(), kind="stable")]
    return np.split(rows, np.cumsum(counts)[:-1]) if len(rows) else []


class _Regression:
    """The regression of the rest of a mixture's features on given ones.

    Parameters
    ----------
    mixture : FittedMixture
    given : ndarray of shape (n_given,), intp
        Indices of the given features.
    """

    def __init__(self, mixture, given):
        n_given = len(given)
        self.given, self.rest = given, np.setdiff1d(np.arange(mixture.n_features_in_), given)
        self.means = mixture.means_
        self.structure = structure_of(mixture.covariance_type)
        self.split = self.structure.split(
            mixture.covariances_, mixture.precisions_cholesky_, given, self.rest
        )
        with np.errstate(divide="ignore"):  # a component may have no weight
            log_weights = np.log(mixture.weights_)
        log_scales = np.log(self.split.scales).sum(axis=-1)
        self.constants = log_weights + log_scales - n_given / 2 * math.log(2 * math.pi)

    def predict(self, values, name):
        """Responsibilities given some values, and the rest that each component expects.

        Parameters
        ----------
        values : ndarray of shape (n, n_given), float64
        name : str
            The name of the values in messages.

        Returns
        -------
        resp : ndarray of shape (n_components, n)
        means : ndarray of shape (n_components, n, n_rest)
        """
        with np.errstate(over="ignore", invalid="ignore"):
            whitened = self.split.whiten(values - self.means[:, np.newaxis, self.given])
            log_prob = self.constants[:, np.newaxis] - np.sum(whitened**2, axis=-1) / 2
        log_prob[np.isnan(log_prob)] = -np.inf  # of infinite differences
        largest = log_prob.max(axis=0)
        if not np.isfinite(largest).all():
            raise ValueError(
                f"{name} lies so far from every component that its log-density overflows; clip or "
                "drop these values."
            )
        resp = np.exp(log_prob - largest)
        means = np.repeat(self.means[:, np.newaxis, self.rest], len(values), axis=1)
        self.split.move(means, whitened)
        return resp / resp.sum(axis=0), means

    def draw(self, resp, means, random_state):
        """The rest, drawn from the components that `predict` found.

        Parameters
        ----------
        resp : ndarray of shape (n_components, n)
        means : ndarray of shape (n_components, n, n_rest)
        random_state : numpy.random.RandomState or numpy.random.Generator

        Returns
        -------
        values : ndarray of shape (n, n_rest)
        """
        n_components, n, n_rest = means.shape
        steps = np.cumsum(resp, axis=0)
        components = np.count_nonzero(steps < random_state.uniform(size=n) * steps[-1], axis=0)
        values = random_state.standard_normal(size=(n, n_rest))
        for k in range(n_components):
            rows = np.flatnonzero(components == k)
            if len(rows):
                root, drawn = self._roots[k], values[rows]
                values[rows] = drawn @ root if root.ndim == 2 else drawn * root
        return values + means[components, np.arange(n)]

    @cached_property
    def _roots(self):
        """For each component a matrix R, or its diagonal, with R'R the covariance of the rest."""
        covariances, _ = self.split.matrices_of_rest()
        family = structure_of(self.structure.family)
        return [family.root(covariances, k) for k in range(len(self.means))]


def _mixture_of(mixture, features, parameters):
    """A mixture of the class and options of `mixture`, of some of its features."""
    names = getattr(mixture, "feature_names_in_", None)
    structure = structure_of(mixture.covariance_type)
    return type(mixture)._of(
        parameters,
        None if names is None else names[features],
        covariance_type=mixture.covariance_type if structure.closed else structure.family,
        random_state=mixture.random_state,
        n_threads=mixture.n_threads,
    )


def _refuse_noise(mixture, method):
    """Refuse a mixture with noise, which is uniform in a box that may be oblique."""
    if mixture._has_noise():
        raise ValueError(
            f"{method} works on Gaussians, but this mixture has noise; call "
            f"without_noise().{method}(...) for the Gaussians alone."
        )


def _indices(mixture, features, argument):
    """Indices of features that are named or numbered; ValueError if one comes twice."""
    indices = [feature_index(mixture, feature, argument) for feature in features]
    if len(set(indices)) < len(indices):
        raise ValueError(f"{argument}={features!r} holds a feature twice; name each once.")
    return np.array(indices, dtype=np.intp)
