"""The compiled mixtures, called as the estimator calls them, and what to compare them with."""

import numpy as np

from mixclust.kernels.mixture import diagonal, full, linear, tied
from mixclust.kernels.rows import dense_rows
from support.mixture_reference import Mixture
from support.runs import one_shard

RESCUE = 1e-6


def center(X, sample_weight=None):
    """The mean of the rows, taken about the first of them."""
    X = np.asarray(X, dtype=np.float64)
    return X[0] + np.average(X - X[0], axis=0, weights=sample_weight)


def every_label(n, n_components):
    """Labels in turn, so that each component has rows of weight."""
    return (np.arange(n) // 2 % n_components).astype(np.int32)


def compiled(structure, X, n_components, *, floor=0.0, limit=0.0, shift=None, **options):
    """A compiled mixture over rows, by default in a frame centred on their mean, and that shift.

    Options are `sample_weight`, `bounds` and `map_tasks`.
    """
    sample_weight, bounds = options.get("sample_weight"), options.get("bounds")
    data = dense_rows.DenseRows(X, sample_weight)
    shift = center(X, sample_weight) if shift is None else shift
    data.set_frame(shift, 1.0)
    n, d = X.shape
    total_weight = float(n if sample_weight is None else sample_weight.sum())
    bounds = one_shard(n) if bounds is None else bounds
    arguments = (data, n_components, bounds, options.get("map_tasks"), total_weight)
    if structure == "full":
        kernel = full.FullMixture(*arguments)
    elif structure == "tied":
        centered = np.asarray(X, dtype=np.float64) - shift
        weights = np.ones(n) if sample_weight is None else sample_weight
        scatter = (weights[:, np.newaxis] * centered).T @ centered
        kernel = tied.TiedMixture(*arguments, scatter)
    else:
        kernel = linear.ExpandedMixture(*arguments, spherical=structure == "spherical")
    kernel.set_floor(np.full(d, floor), np.full(d, limit), np.full(d, RESCUE), np.zeros(d))
    return kernel, shift


def use(kernel, shift, structure, mixture):
    """Give a compiled mixture parameters in units of X."""
    covariances = np.ascontiguousarray(mixture.covariances)
    factors = np.linalg.inv(np.linalg.cholesky(covariances)).transpose(0, 2, 1).copy()
    if structure == "tied":
        factors, covariances = factors[0], covariances[0]
    elif structure != "full":
        factors, covariances = (
            np.diagonal(matrices, axis1=1, axis2=2).copy() for matrices in (factors, covariances)
        )
    kernel.set_parameters(mixture.weights, mixture.means - shift, factors, covariances)


def parameters(kernel, shift):
    """The parameters of a compiled mixture in units of X, covariances as matrices."""
    n_components, n_features = kernel.means.shape
    covariances, factors = kernel.covariances, kernel.precisions_cholesky
    shape = (n_components, n_features, n_features)
    if isinstance(kernel, diagonal.DiagonalMixture):
        covariances, factors = (
            a[:, :, np.newaxis] * np.eye(n_features) for a in (covariances, factors)
        )
    covariances, factors = (np.broadcast_to(a, shape) for a in (covariances, factors))
    identities = np.swapaxes(factors, 1, 2) @ covariances @ factors
    np.testing.assert_allclose(identities, np.broadcast_to(np.eye(n_features), shape), atol=1e-6)
    return Mixture(kernel.weights, kernel.means + shift, covariances)


def assert_same_mixture(found, expected, rtol=1e-11):
    """Compare parameters: means in standard deviations, covariances in variances."""
    np.testing.assert_allclose(found.weights, expected.weights, rtol=rtol, atol=1e-300)
    variances = np.diagonal(expected.covariances, axis1=1, axis2=2)
    scales = np.sqrt(variances)
    assert (abs(found.means - expected.means) <= rtol * scales).all(), "means"
    products = scales[:, :, np.newaxis] * scales[:, np.newaxis, :]
    errors = abs(found.covariances - expected.covariances)
    assert (errors <= rtol * products).all(), f"covariances: {(errors / products).max()}"


def answers(kernel, n_samples, n_components):
    """Labels, log-probabilities and responsibilities, once from `score`, once with them."""
    labels = np.full(n_samples, -77, dtype=np.int32)
    log_prob = np.full(n_samples, np.nan)
    resp, log_prob_too = np.full((n_samples, n_components), np.nan), np.full(n_samples, np.nan)
    kernel.label(labels)
    kernel.score(log_prob)
    kernel.responsibilities(resp, log_prob_too)
    np.testing.assert_array_equal(log_prob, log_prob_too)
    return labels, log_prob, resp
