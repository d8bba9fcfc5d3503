"""Parts of a mixture: marginals, conditionals, and what to expect of values that are missing.

With features in another order, a covariance is factorised anew from its own root: for an upper
triangle R with R'R the covariance, R's columns are put in that order and made a triangle again by
QR. Nothing is squared, subtracted or inverted but triangles, so that it succeeds for every
mixture that has `precisions_cholesky_`, in any units. For features given first, then the rest,

    R = [[R_gg, R_gr], [0, R_rr]]:   x_rest | x_given has the mean
    mu_rest + (x_given - mu_given) inv(R_gg) R_gr   and the covariance   R_rr' R_rr.
"""

import math
import numbers
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from .._inputs.features import feature_index
from .._inputs.parameters import check_real
from .._inputs.rows import check_finite
from .data import Parameters
from .linear_algebra import inverse_triangles, root_triangles
from .structures import structure_of

__all__ = ["condition", "impute", "marginal"]

BLOCK = 1 << 17
"""Numbers of a temporary array, where it would otherwise be rows by components by features."""

PATTERNS = 1 << 20
"""Values of the rows that `impute` sorts by the features that they miss, at a time: about 50 ms."""

SPLITS = 1 << 22
"""Numbers of the factors that `impute` keeps for rows that miss the same: 32 MiB."""


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
    if isinstance(features, (str, numbers.Integral)):
        features = [features]
    if not isinstance(features, Iterable):
        raise TypeError(
            f"features={features!r} must be a feature's index or name, or a sequence of such."
        )
    features = _indices(mixture, features, "features")
    if len(features) == 0:
        raise ValueError("features is empty; name at least one.")
    return _mixture_of(mixture, features, mixture.weights_.copy(), *_part(mixture, features))


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
    split = _Split(mixture, features)
    resp, means = split.look_at(np.array([values]).reshape(1, -1), f"given={given!r}")
    covariances, factors = _part(mixture, split.rest)[1:] if split.root is None else split.spread()
    return _mixture_of(mixture, split.rest, resp[:, 0], means[:, 0], covariances, factors)


def impute(mixture, X):
    """Rows with the expectation of each missing value in its place.

    Parameters
    ----------
    mixture : FittedMixture
    X : ndarray of shape (n_samples, n_features), float32 or float64

    Returns
    -------
    filled : ndarray of shape (n_samples, n_features), of the dtype of X
    """
    filled = np.array(X)
    size = mixture.precisions_cholesky_.size + mixture.means_.size

    @lru_cache(maxsize=max(16, SPLITS // size))
    def split_at(pattern):
        given = np.unpackbits(np.frombuffer(pattern, np.uint8), count=filled.shape[1]) == 0
        return _Split(mixture, np.flatnonzero(given))

    step = max(1, PATTERNS // filled.shape[1])
    for start in range(0, len(filled), step):
        _impute_block(filled[start : start + step], split_at, mixture.means_.size)
    return filled


def _impute_block(filled, split_at, size):
    """Fill in the missing values of some rows in place."""
    missing = np.isnan(filled)
    filled[missing] = 0
    check_finite(filled)
    step = max(1, BLOCK // size)
    patterns = np.packbits(missing, axis=1)
    for rows in _rows_by_pattern(missing, patterns):
        split = split_at(patterns[rows[0]].tobytes())
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            values = filled[np.ix_(block, split.given)].astype(np.float64)
            resp, means = split.look_at(values, "a row of X")
            filled[np.ix_(block, split.rest)] = np.einsum("kn,knj->nj", resp, means)


def _rows_by_pattern(missing, patterns):
    """Indices of the rows that miss anything, those that miss the same together."""
    rows = np.flatnonzero(missing.any(axis=1))
    _, which, counts = np.unique(patterns[rows], axis=0, return_inverse=True, return_counts=True)
    rows = rows[np.argsort(which.ravel(), kind="stable")]
    return np.split(rows, np.cumsum(counts)[:-1]) if len(rows) else []


class _Split:
    """A mixture's features in two: those whose values are given, and the rest.

    Parameters
    ----------
    mixture : FittedMixture
    given : ndarray of shape (n_given,), intp
    """

    def __init__(self, mixture, given):
        n_components, n_features = mixture.means_.shape
        n_given = len(given)
        self.given, self.rest = given, np.setdiff1d(np.arange(n_features), given)
        self.means = mixture.means_
        factors = mixture.precisions_cholesky_
        if _has_matrices(mixture):
            self.root = _root(factors, np.concatenate([given, self.rest]))
            self.factors = inverse_triangles(self.root[..., :n_given, :n_given])
            scales = np.diagonal(self.factors, axis1=-2, axis2=-1)
        else:
            structure = structure_of(mixture.covariance_type)
            self.root = None
            self.factors = structure.scoring_factors(factors, n_components, n_features)[:, given]
            scales = self.factors
        with np.errstate(divide="ignore"):  # a component may have no weight
            log_weights = np.log(mixture.weights_)
        self.constants = (
            log_weights + np.log(scales).sum(axis=-1) - n_given / 2 * math.log(2 * math.pi)
        )

    def look_at(self, values, what):
        """Responsibilities given the values, and what each component expects of the rest.

        Parameters
        ----------
        values : ndarray of shape (n, n_given), float64
        what : str
            What messages call them.

        Returns
        -------
        resp : ndarray of shape (n_components, n)
        means : ndarray of shape (n_components, n, n_rest)
        """
        with np.errstate(over="ignore", invalid="ignore"):
            differences = values - self.means[:, np.newaxis, self.given]
            if self.root is None:
                whitened = differences * self.factors[:, np.newaxis]
            else:
                whitened = differences @ self.factors
            log_prob = self.constants[:, np.newaxis] - np.sum(whitened**2, axis=-1) / 2
        log_prob[np.isnan(log_prob)] = -np.inf  # of infinite differences
        largest = log_prob.max(axis=0)
        if not np.isfinite(largest).all():
            raise ValueError(
                f"{what} lies so far from every component that its density is zero even in "
                "logarithms; clip or drop such values."
            )
        resp = np.exp(log_prob - largest)
        means = np.repeat(self.means[:, np.newaxis, self.rest], len(values), axis=1)
        if self.root is not None:
            n_given = len(self.given)
            means += whitened @ self.root[..., :n_given, n_given:]
        return resp / resp.sum(axis=0), means

    def spread(self):
        """Covariances of the rest about what is expected, and factors of their inverses."""
        n_given = len(self.given)
        root = self.root[..., n_given:, n_given:]
        return np.swapaxes(root, -1, -2) @ root, inverse_triangles(root)


def _has_matrices(mixture):
    return mixture.covariance_type in ("full", "tied")


def _root(factors, features):
    """Upper triangles R with R'R the covariance of features, positive on the diagonal."""
    root = root_triangles(inverse_triangles(factors)[..., features])
    return root * np.sign(np.diagonal(root, axis1=-2, axis2=-1))[..., np.newaxis]


def _part(mixture, features):
    """Means, covariances and factors of some features."""
    means, covariances = mixture.means_[:, features], mixture.covariances_
    factors = mixture.precisions_cholesky_
    if _has_matrices(mixture):
        covariances = covariances[..., features[:, np.newaxis], features]
        return means, covariances, inverse_triangles(_root(factors, features))
    if mixture.covariance_type == "diag":
        return means, covariances[:, features], factors[:, features]
    return means, covariances.copy(), factors.copy()


def _mixture_of(mixture, features, *parameters):
    """A mixture of some of another's features."""
    names = getattr(mixture, "feature_names_in_", None)
    return type(mixture)._of(
        Parameters(*parameters),
        None if names is None else names[features],
        covariance_type=mixture.covariance_type,
        random_state=mixture.random_state,
        n_threads=mixture.n_threads,
    )


def _indices(mixture, features, what):
    """Indices of features that are named or numbered."""
    indices = [feature_index(mixture, feature, what) for feature in features]
    if len(set(indices)) < len(indices):
        raise ValueError(f"{what}={features!r} holds a feature twice; name each once.")
    return np.array(indices, dtype=np.intp)
