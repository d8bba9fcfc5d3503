"""Groups of rows that are merged two by two, beside plain NumPy."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust.kernels.mixture.agglomeration import Groups

N_GROUPS = 12


def rows_of(n_features, seed=0):
    """Rows, weights and labels of groups, of which number 5 has no row."""
    X = blobs(seed, 90, n_features, 4)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, N_GROUPS, len(X)).astype(np.int32)
    labels[labels == 5] = 6
    return X, rng.uniform(0.5, 2, len(X)), labels


def loss_of(X, weights, is_ellipsoid):
    """Sum of squares of some rows, or twice their negative log-likelihood, but for constants."""
    count, d = weights.sum(), X.shape[1]
    residuals = X - weights @ X / count
    if not is_ellipsoid:
        return (weights @ residuals**2).sum()
    scatter = (residuals.T * weights) @ residuals + 0.1 * (d + 2) * np.eye(d)
    return count * (np.linalg.slogdet(scatter)[1] - d * np.log(count + d + 2))


def merged_plainly(X, weights, labels, is_ellipsoid):
    """Partitions of the rows by number of groups, each pair tried anew in every step."""
    labels, found = labels.copy(), {}
    while True:
        groups = np.unique(labels)
        found[len(groups)] = np.searchsorted(groups, labels)
        if len(groups) == 1:
            return found
        loss = {k: loss_of(X[labels == k], weights[labels == k], is_ellipsoid) for k in groups}
        pairs = [(i, j) for i in groups for j in groups if i < j]
        losses = []
        for i, j in pairs:
            at = (labels == i) | (labels == j)
            losses.append(loss_of(X[at], weights[at], is_ellipsoid) - loss[i] - loss[j])
        kept, gone = pairs[int(np.argmin(losses))]
        labels[labels == gone] = kept


@pytest.mark.parametrize("is_ellipsoid", [False, True])
@pytest.mark.parametrize("n_features", [1, 2, 3, 9])
def test_mergers_are_those_of_plain_numpy(n_features, is_ellipsoid):
    X, weights, labels = rows_of(n_features)
    numbers = Groups(X, weights, labels, N_GROUPS, is_ellipsoid).merge()
    expected = merged_plainly(X, weights, labels, is_ellipsoid)
    assert len(numbers) == len(expected) == N_GROUPS - 1
    assert np.all(numbers[:, 5] == -1)
    for size, plain in expected.items():
        np.testing.assert_array_equal(numbers[size - 1][labels], plain)


@pytest.mark.parametrize("is_ellipsoid", [False, True])
def test_weights_of_one_are_no_weights(is_ellipsoid):
    X, _, labels = rows_of(2)
    weighted = Groups(X, np.ones(len(X)), labels, N_GROUPS, is_ellipsoid).merge()
    np.testing.assert_array_equal(weighted, Groups(X, None, labels, N_GROUPS, is_ellipsoid).merge())


@pytest.mark.parametrize("is_ellipsoid", [False, True])
@pytest.mark.parametrize("scale", [1e-160, 1e160])
def test_every_size_has_its_groups_where_losses_are_no_numbers(scale, is_ellipsoid):
    X, weights, labels = rows_of(3)
    weights[labels == 2] = 0
    numbers = Groups(scale * X, weights, labels, N_GROUPS, is_ellipsoid).merge()
    for size in range(1, N_GROUPS):
        np.testing.assert_array_equal(np.unique(numbers[size - 1][labels]), range(size))


def test_arrays_that_do_not_fit_are_refused():
    X, weights, labels = rows_of(2)
    with pytest.raises(ValueError, match="labels must have a number for each row"):
        Groups(X, weights, labels[1:], N_GROUPS, True)
    with pytest.raises(ValueError, match="weights must have a number for each row"):
        Groups(X, weights[1:], labels, N_GROUPS, True)
    with pytest.raises(ValueError, match="numbers of groups"):
        Groups(X, weights, labels, N_GROUPS - 1, True)
    with pytest.raises(ValueError, match="there are no rows"):
        Groups(X[:0], None, labels[:0], N_GROUPS, True)
