"""EM in which labelled rows belong to components of their class, against plain NumPy."""

import numpy as np
import pytest
from scipy.special import logsumexp
from support.mixture_reference import Mixture, log_densities, maximise
from support.mixtures import COVARIANCE_TYPES, assert_close_to_scale, covariance_matrices

from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures import structure_of
from mixclust.kernels.mixture.row_classes import RowClasses

CLASSES_OF_COMPONENTS = np.array([0, 0, 1, 2, 2], dtype=np.int32)


def rows(seed, n=700, d=3):
    """Overlapping rows, weights, and labels of which a third are unknown."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(-1, 3, n).astype(np.int32)
    X = generator.standard_normal((n, d)) + labels[:, np.newaxis] + 5
    return X, generator.uniform(0, 3, n), labels


def plain_em(X, resp, labels, structure, sample_weight, priors, n_iter):
    """Mean log-likelihoods and the mixture after iterations of EM in plain NumPy."""
    bounds = []
    for i in range(n_iter + 1):
        mixture = maximise(X, resp, structure, sample_weight)
        if priors is not None:
            weights = mixture.weights.copy()
            for c, prior in enumerate(priors):
                weights[c == CLASSES_OF_COMPONENTS] *= (
                    prior / weights[c == CLASSES_OF_COMPONENTS].sum()
                )
            mixture = Mixture(weights, mixture.means, mixture.covariances)
        joint = log_densities(X, mixture)
        others = (labels[:, np.newaxis] >= 0) & (
            labels[:, np.newaxis] != CLASSES_OF_COMPONENTS[np.newaxis]
        )
        joint[others] = -np.inf
        log_prob = logsumexp(joint, axis=1)
        resp = np.exp(joint - log_prob[:, np.newaxis])
        if i < n_iter:
            bounds.append(sample_weight @ log_prob / sample_weight.sum())
    return bounds, mixture


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("priors", [None, np.array([0.5, 0.2, 0.3])], ids=["free", "given"])
@pytest.mark.parametrize("is_far", [False, True], ids=["near", "far"])
def test_em_is_that_of_plain_numpy(covariance_type, priors, is_far):
    """Far apart, components take the exact density and moments of their structure."""
    X, sample_weight, labels = rows(0)
    if is_far:
        X += 1e4 * np.maximum(labels, 0)[:, np.newaxis]
    start = np.random.default_rng(1).dirichlet(np.ones(5), len(X))
    start[labels >= 0] *= labels[labels >= 0, np.newaxis] == CLASSES_OF_COMPONENTS
    start /= start.sum(axis=1, keepdims=True)
    data = MixtureData(X, sample_weight, structure_of(covariance_type), 1)
    data.describe(0.0)
    kernel = data.fitter(5)
    kernel.restrict(RowClasses(labels, CLASSES_OF_COMPONENTS, priors))
    kernel.start(resp=start)
    bounds, _, n_collapsed = kernel.run(12, 0.0)
    assert n_collapsed == 0
    expected, mixture = plain_em(
        X, start, labels, covariance_type, sample_weight, priors, len(bounds)
    )
    np.testing.assert_allclose(bounds, expected, rtol=1e-8 if is_far else 1e-10)
    assert (np.diff(bounds) > -1e-12).all()
    found = data.parameters(kernel)
    np.testing.assert_allclose(found.weights, mixture.weights, rtol=1e-7)
    assert_close_to_scale(found.means, mixture.means, 1e-8)
    matrices = covariance_matrices(found.covariances, covariance_type, 5, 3)
    assert_close_to_scale(matrices, mixture.covariances, 1e-6)
    if priors is not None:
        sums = np.bincount(CLASSES_OF_COMPONENTS, found.weights)
        np.testing.assert_allclose(sums, priors, rtol=1e-14)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_labels_of_no_row_restrict_nothing(covariance_type):
    """Bit for bit the fit without classes."""
    X, sample_weight, _ = rows(2)
    start = np.random.default_rng(1).dirichlet(np.ones(5), len(X))
    bounds = []
    for labels in (None, np.full(len(X), -1, dtype=np.int32)):
        data = MixtureData(X, sample_weight, structure_of(covariance_type), 1)
        data.describe(0.0)
        kernel = data.fitter(5)
        if labels is not None:
            kernel.restrict(RowClasses(labels, CLASSES_OF_COMPONENTS))
        kernel.start(resp=start)
        bounds.append(kernel.run(8, 0.0)[0])
    assert bounds[0] == bounds[1]


def test_priors_of_a_class_that_lost_all_weight_are_shared_equally():
    X, _, _ = rows(3)
    labels = np.zeros(len(X), dtype=np.int32)
    data = MixtureData(X, None, structure_of("diag"), 1)
    data.describe("auto")
    kernel = data.fitter(5)
    kernel.restrict(RowClasses(labels, CLASSES_OF_COMPONENTS, np.array([0.5, 0.1, 0.4])))
    kernel.start(labels=(np.arange(len(X)) % 2).astype(np.int32))
    weights = data.parameters(kernel).weights
    np.testing.assert_allclose(weights, [0.25, 0.25, 0.1, 0.2, 0.2], rtol=1e-14)


@pytest.mark.parametrize(
    ("labels", "components", "priors", "message"),
    [
        ([0, 3], [0, 1, 2], None, "class without components"),
        ([0, 1], [0, -1], None, "a class of at least 0"),
        ([0, 1], [0, 1], [1.0], "a number for each class"),
    ],
)
def test_classes_that_do_not_fit_are_refused(labels, components, priors, message):
    labels, components = np.array(labels, dtype=np.int32), np.array(components, dtype=np.int32)
    with pytest.raises(ValueError, match=message):
        RowClasses(labels, components, None if priors is None else np.array(priors))


def test_classes_of_other_rows_or_components_are_refused():
    X, _, labels = rows(4)
    data = MixtureData(X, None, structure_of("full"), 1)
    data.describe(0.0)
    for of_rows, n_components in ((labels[:-1], 5), (labels, 4)):
        with pytest.raises(ValueError, match="do not fit"):
            data.fitter(n_components).restrict(RowClasses(of_rows, CLASSES_OF_COMPONENTS))
