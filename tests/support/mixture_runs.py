"""Compiled mixtures, called as the estimator calls them, and comparisons of parameters."""

from types import SimpleNamespace

import numpy as np

from mixclust._mixture.structures import structure_of
from mixclust.kernels.mixture.answers import Answers
from mixclust.kernels.mixture.em import EM
from mixclust.kernels.mixture.parameters import VarianceLimits
from mixclust.kernels.rows.dense_rows import DenseRows
from mixclust.kernels.rows.rows import Frame
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


class Fitter(EM):
    """A compiled EM that answers under its own parameters, too."""

    def __init__(self, structure, rows, frame, model, *cut_and_weight):
        super().__init__(rows, frame, model, *cut_and_weight)
        self._ask = lambda: Answers(
            rows, frame, structure.density(model.parameters), model.parameters, *cut_and_weight[:2]
        )

    def label(self, labels):
        self._ask().label(labels)

    def score(self, log_prob):
        self._ask().score(log_prob)

    def responsibilities(self, resp, log_prob):
        self._ask().responsibilities(resp, log_prob)

    @property
    def weights(self):
        return self.model.parameters.get()[0]

    @property
    def means(self):
        return self.model.parameters.get()[1]

    @property
    def precisions_cholesky(self):
        return self.model.parameters.get()[2]

    @property
    def covariances(self):
        return self.model.parameters.get()[3]


def scatter_about(X, shift, weights):
    """Weighted scatter matrix of the rows about a point."""
    centered = np.asarray(X, dtype=np.float64) - shift
    return (weights[:, np.newaxis] * centered).T @ centered


def compiled(structure, X, n_components, *, floor=0.0, limit=0.0, shift=None, **options):
    """A compiled mixture over rows, by default in a frame centred on their mean, and that shift.

    Options are `sample_weight`, `bounds`, `map_tasks` and `rescue`.
    """
    sample_weight, bounds = options.get("sample_weight"), options.get("bounds")
    shift = center(X, sample_weight) if shift is None else shift
    n, d = X.shape
    weights = np.broadcast_to(1.0, n) if sample_weight is None else sample_weight
    limits = [np.full(d, number) for number in (floor, limit, options.get("rescue", RESCUE), 0.0)]
    data = SimpleNamespace(
        weights_vary=False,
        n_features=X.shape[1],
        limits=VarianceLimits(np.array(limits)),
        smallest_count=min(1.0, weights.sum() / max(1, np.count_nonzero(weights))),
        scatter=scatter_about(X, shift, weights) if structure == "tied" else None,
        total_weight=float(weights.sum()),
        noise_box=None,
        prior=None,
    )
    kind = structure_of(structure)
    kernel = Fitter(
        kind,
        DenseRows(X, sample_weight),
        Frame(shift),
        kind.model(n_components, data),
        one_shard(n) if bounds is None else bounds,
        options.get("map_tasks"),
        data.total_weight,
    )
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
    if covariances.shape[2] < n_features:
        covariances, factors = (a * np.eye(n_features) for a in (covariances, factors))
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
