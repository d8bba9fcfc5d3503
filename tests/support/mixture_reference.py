"""One step of EM for a Gaussian mixture in plain NumPy: slow, short, easy to check.

Nothing here is shared with the package. Covariances are matrices of shape (n_components,
n_features, n_features) for every structure; the M step takes them about the new means.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

STRUCTURES = ("full", "tied", "diag", "spherical")


class Mixture(NamedTuple):
    """Parameters of a mixture."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


def log_densities(X, mixture):
    """Log weight plus log density, (n_samples, n_components), in nats."""
    X = np.asarray(X, dtype=np.float64)
    result = np.empty((len(X), len(mixture.weights)))
    for k, (weight, mean, covariance) in enumerate(zip(*mixture, strict=True)):
        lower = np.linalg.cholesky(covariance)
        standard = solve_triangular(lower, (X - mean).T, lower=True)
        with np.errstate(divide="ignore", over="ignore"):
            result[:, k] = (
                np.log(weight)
                - 0.5 * X.shape[1] * np.log(2 * np.pi)
                - np.log(np.diagonal(lower)).sum()
                - 0.5 * (standard**2).sum(axis=0)
            )
    return result


def expect(X, mixture):
    """Responsibilities, (n_samples, n_components), and the log-probability of each row."""
    joint = log_densities(X, mixture)
    log_prob = logsumexp(joint, axis=1)
    return np.exp(joint - log_prob[:, np.newaxis]), log_prob


def one_hot(labels, n_components):
    """Responsibilities of labels; negative labels are nobody's."""
    return (labels[:, np.newaxis] == np.arange(n_components)).astype(np.float64)


def maximise(X, resp, structure, sample_weight=None, floor=0.0):
    """The mixture of greatest likelihood under given responsibilities.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    resp : ndarray of shape (n_samples, n_components)
    structure : one of STRUCTURES
    sample_weight : ndarray of shape (n_samples,) or None
    floor : float
        Added to every variance, in squared units of X.
    """
    X = np.asarray(X, dtype=np.float64)
    shares = resp if sample_weight is None else resp * sample_weight[:, np.newaxis]
    n_features, sizes = X.shape[1], shares.sum(axis=0)
    means = shares.T @ X / sizes[:, np.newaxis]
    scatters = np.empty((len(sizes), n_features, n_features))
    for k, share in enumerate(shares.T):
        means[k] += share @ (X - means[k]) / sizes[k]  # less the rounding of the first attempt
        difference = X - means[k]
        scatters[k] = (share[:, np.newaxis] * difference).T @ difference
    if structure == "tied":
        covariances = np.broadcast_to(scatters.sum(axis=0) / sizes.sum(), scatters.shape)
    else:
        covariances = scatters / sizes[:, np.newaxis, np.newaxis]
    identity = np.eye(n_features)
    if structure == "diag":
        covariances = covariances * identity
    elif structure == "spherical":
        variances = np.trace(covariances, axis1=1, axis2=2) / n_features
        covariances = variances[:, np.newaxis, np.newaxis] * identity
    return Mixture(sizes / sizes.sum(), means, covariances + floor * identity)


def em(X, mixture, structure, n_iter, *, sample_weight=None, floor=0.0):
    """The mixture after some iterations, and the mean log-likelihood of a row before each."""
    weights = np.ones(len(X)) if sample_weight is None else sample_weight
    bounds = []
    for _ in range(n_iter):
        resp, log_prob = expect(X, mixture)
        bounds.append(weights[weights > 0] @ log_prob[weights > 0] / weights.sum())
        mixture = maximise(X, resp, structure, sample_weight, floor)
    return mixture, bounds
