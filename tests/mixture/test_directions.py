"""The directions that separate components, against formulas in plain NumPy and R's mclust."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from support.mclust_reference import mclust_numbers
from support.samples import normal
from support.tables import table

from mixclust._mixture.directions import choose_directions, find_directions
from mixclust._mixture.overlap import separating_features


def some_components(seed, n_components, n_features):
    """Weights, means and covariances of one seed."""
    generator = np.random.default_rng(seed)
    factors = generator.standard_normal((n_components, n_features, n_features))
    return (
        generator.dirichlet(np.ones(n_components)),
        3 * generator.standard_normal((n_components, n_features)),
        factors @ factors.swapaxes(1, 2) + 0.1 * np.eye(n_features),
    )


def total_covariance(weights, means, covariances):
    off = means - weights @ means
    between = np.einsum("k,ki,kj->ij", weights, off, off)
    return between, np.einsum("k,kij->ij", weights, covariances) + between


def kernel_of(weights, means, covariances, mean_weight):
    """Scrucca's kernel, and the covariance of all rows, in units of the features."""
    between, total = total_covariance(weights, means, covariances)
    inverse = np.linalg.inv(total)
    kernel = 2 * mean_weight * between @ inverse @ between
    for weight, covariance in zip(weights, covariances, strict=True):
        off = covariance - (total - between)
        kernel += 2 * (1 - mean_weight) * weight * off @ inverse @ off
    return kernel, total


@pytest.mark.parametrize("mean_weight", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize(("n_components", "n_features"), [(2, 2), (3, 4), (7, 3)])
def test_directions_are_generalised_eigenvectors(n_components, n_features, mean_weight):
    components = some_components(n_components, n_components, n_features)
    found = find_directions(*components, mean_weight)
    kernel, total = kernel_of(*components, mean_weight)
    values = eigh(kernel, total, eigvals_only=True)[::-1]
    np.testing.assert_allclose(found.shares, values / values.sum(), atol=1e-9)
    for share, vector in zip(found.shares, found.vectors.T, strict=True):
        image = kernel @ vector
        np.testing.assert_allclose(
            image, share * values.sum() * total @ vector, atol=1e-8 * np.abs(image).max() + 1e-12
        )
    identity = found.vectors.T @ total @ found.vectors
    np.testing.assert_allclose(identity, np.eye(n_features), atol=1e-9)
    correlations = total @ found.vectors / np.sqrt(np.diagonal(total))[:, np.newaxis]
    np.testing.assert_allclose(found.correlations, correlations, atol=1e-9)


@pytest.mark.parametrize("name", ["diabetes", "iris"])
@pytest.mark.parametrize("mean_weight", [0.5, 1])
def test_directions_are_mclusts(name, mean_weight):
    numbers = mclust_numbers("mclust_directions")
    weights = numbers[f"{name}.weights"]
    means = numbers[f"{name}.means"].reshape(len(weights), -1)
    n_features = means.shape[1]
    covariances = numbers[f"{name}.covariances"].reshape(-1, n_features, n_features)
    found = find_directions(weights / weights.sum(), means, covariances, mean_weight)
    theirs = numbers[f"{name}.{mean_weight}.basis"].reshape(-1, n_features).T
    values = numbers[f"{name}.{mean_weight}.eigenvalues"]
    n_directions = len(values)
    np.testing.assert_allclose(found.shares[:n_directions], values / values.sum(), rtol=1e-6)
    np.testing.assert_allclose(found.shares[n_directions:], 0, atol=1e-6)
    signs = np.sign((found.vectors[:, :n_directions] * theirs).sum(axis=0))
    scale = np.abs(theirs).max(axis=0)
    np.testing.assert_allclose(
        found.vectors[:, :n_directions] * signs / scale, theirs / scale, atol=1e-5
    )


def test_means_alone_are_linear_discriminants():
    X = table("iris")
    labels = np.repeat([0, 1, 2], 50)
    means = np.array([X[labels == k].mean(axis=0) for k in range(3)])
    covariances = np.array([np.cov(X[labels == k].T, bias=True) for k in range(3)])
    found = find_directions(np.full(3, 1 / 3), means, covariances, 1.0).take([0, 1])
    theirs = LinearDiscriminantAnalysis().fit(X, labels).transform(X)
    for ours, other in zip(found.project(X).T, theirs.T, strict=True):
        assert abs(np.corrcoef(ours, other)[0, 1]) == pytest.approx(1, abs=1e-9)


def test_the_plane_with_less_overlap_is_chosen():
    """Means differ in features 0 and 1; or variances alone, where others are correlated."""
    means = np.array([[0, 0, 0, 0], [6, 0, 0, 0], [0, 6, 0, 0]], float)
    covariances = np.array([np.eye(4)] * 3)
    covariances[2, 2, 2] = 1000
    assert choose_directions(np.full(3, 1 / 3), means, covariances).mean_weight == 1
    covariances[:, 2:, 2:] = [[1, 0.9], [0.9, 1]]
    covariances[1, 0, 0] = covariances[2, 1, 1] = 1000
    found = choose_directions(np.full(3, 1 / 3), np.zeros((3, 4)), covariances)
    assert found.mean_weight == 0.5
    np.testing.assert_allclose(found.correlations[2:, :2], 0, atol=1e-9)


def test_units_and_offsets_do_not_matter():
    weights, means, covariances = some_components(0, 3, 5)
    units = 10.0 ** np.array([-6, 0, 3, 9, 1])
    found = find_directions(weights, means, covariances)
    scaled = find_directions(
        weights, means * units + 1e3 * units, covariances * units * units[:, np.newaxis]
    )
    np.testing.assert_allclose(scaled.shares, found.shares, atol=1e-9)
    np.testing.assert_allclose(scaled.vectors * units[:, np.newaxis], found.vectors, rtol=1e-6)


def test_directions_without_separation_are_principal_components():
    """A single component; features 0 and 1 are strongly correlated, feature 2 is not."""
    covariance = np.array([[1.0, 0.9, 0], [0.9, 1.0, 0], [0, 0, 100.0]])
    found = find_directions(np.ones(1), np.zeros((1, 3)), covariance[np.newaxis])
    np.testing.assert_array_equal(found.shares, [0, 0, 0])
    expected = [[0.95**0.5, 0, 0.05**0.5], [0.95**0.5, 0, -(0.05**0.5)], [0, 1, 0]]
    np.testing.assert_allclose(np.abs(found.correlations), np.abs(expected), atol=1e-9)


def test_features_that_depend_or_are_constant_give_fewer_directions():
    X = np.column_stack([normal(0, 90), normal(1, 90), np.zeros(90)])
    X = np.column_stack([X, X[:, 0] + X[:, 1]])
    X[45:, 0] += 5
    X[45:, 3] += 5
    means = np.array([X[:45].mean(axis=0), X[45:].mean(axis=0)])
    covariances = np.array([np.cov(part.T) for part in (X[:45], X[45:])])
    found = find_directions(np.array([0.5, 0.5]), means, covariances)
    assert found.vectors.shape == (4, 2)
    assert np.isfinite(found.vectors).all()
    assert found.shares.sum() == pytest.approx(1)


def test_projections_of_rows_and_covariances():
    weights, means, covariances = some_components(4, 3, 4)
    found = find_directions(weights, means, covariances).take([2, 0])
    X = normal(0, 10, 4)
    expected = (X - weights @ means) @ found.vectors
    np.testing.assert_allclose(found.project(X), expected, atol=1e-12)
    np.testing.assert_allclose(
        found.project_covariances(covariances)[1], found.vectors.T @ covariances[1] @ found.vectors
    )


# Features that separate components


def test_further_features_separate_the_components_that_still_overlap():
    """Features 1 and 3 separate 0, 1 and 2; only 4 separates 2 from 3; 0 and 2 say nothing."""
    means = [[0, 0, 0, 0, 0], [0, 6, 0, 0, 0], [0, 0, 0, 6, 0], [0, 0, 0, 6, 4]]
    components = np.full(4, 0.25), np.array(means, float), np.array([np.eye(5)] * 4)
    assert separating_features(*components, 2) == [1, 3]
    assert separating_features(*components, 3) == [1, 3, 4]
    assert separating_features(*components, 5) == [0, 1, 2, 3, 4]
    assert separating_features(*components, 9) == [0, 1, 2, 3, 4]


def test_another_pair_separates_what_overlaps_in_the_first():
    means = np.array([[0, 0, 0, 0], [9, 0, 0, 0], [9, 0, 4, 0]], float)
    components = np.full(3, 1 / 3), means, np.array([np.eye(4)] * 3)
    assert 2 in separating_features(*components, apart_from=[0, 1])
    assert separating_features(*components, apart_from=[0, 2]) != [0, 2]


def test_of_three_features_the_other_pair_differs_from_the_first():
    components = some_components(1, 3, 3)
    first = separating_features(*components)
    assert separating_features(*components, apart_from=first[::-1]) != first
