"""merge_components: the path of mclust's clustCombi, labels, and the rows that it reads."""

import itertools

import numpy as np
import pytest
from support.mclust_reference import mclust_mixture, mclust_numbers
from support.samples import blobs
from support.tables import table

import mixclust._mixture.merging as merging
from mixclust import GaussianMixture, GaussianMixtureIC, KMeans, NotFittedError, merge_components
from mixclust._mixture.bend import find_bend

NUMBERS = mclust_numbers()
CASES = [("faithful", "full"), ("diabetes", "diag"), ("iris", "tied")]
X = blobs(0, 300, 2, 3)
MIXTURE = GaussianMixture(6, random_state=0).fit(X)


@pytest.mark.parametrize(("name", "covariance_type"), CASES)
def test_path_is_that_of_mclust(name, covariance_type):
    merged = merge_components(mclust_mixture(NUMBERS, name, covariance_type), table(name))
    np.testing.assert_array_equal(merged.merges_.ravel(), NUMBERS[f"{name}.merges"])
    np.testing.assert_allclose(
        merged.entropies_, NUMBERS[f"{name}.entropies"], rtol=1e-6, atol=1e-9
    )
    np.testing.assert_array_equal(merged.merged_counts_, NUMBERS[f"{name}.merged_counts"])
    assert merged.n_clusters_ == NUMBERS[f"{name}.n_clusters"]
    sizes = np.bincount(merged.predict(table(name), 3))
    np.testing.assert_array_equal(sizes, NUMBERS[f"{name}.sizes_of_3"])


def entropy(resp, weights):
    return -np.sum(weights[:, np.newaxis] * resp * np.log(np.where(resp > 0, resp, 1.0)))


@pytest.mark.parametrize("weighted", [False, True])
def test_every_step_lowers_the_entropy_most(weighted):
    """Against all pairs at every step, with whole arrays of responsibilities."""
    weights = np.random.default_rng(1).integers(0, 4, len(X)).astype(float)
    weights = weights if weighted else np.ones(len(X))
    merged = merge_components(MIXTURE, X, weights if weighted else None)
    resp = MIXTURE.predict_proba(X)
    assert merged.entropies_[0] == pytest.approx(entropy(resp, weights), rel=1e-12)
    for i, (first, second) in enumerate(merged.merges_):
        found = {}
        for a, b in itertools.combinations(range(resp.shape[1]), 2):
            joined = np.delete(resp, b, axis=1)
            joined[:, a] = resp[:, a] + resp[:, b]
            found[a, b] = entropy(joined, weights)
        assert min(found, key=found.get) == (first, second)
        assert merged.entropies_[i + 1] == pytest.approx(found[first, second], abs=1e-9)
        chosen = np.isin(resp.argmax(axis=1), (first, second))
        assert merged.merged_counts_[i] == weights[chosen].sum()
        resp[:, first] += resp[:, second]
        resp = np.delete(resp, second, axis=1)
        size = resp.shape[1]
        np.testing.assert_allclose(merged.predict_proba(X, size), resp, atol=1e-12)
        np.testing.assert_array_equal(merged.predict(X, size), resp.argmax(axis=1))
        assert merged.component_labels(size).max() == size - 1
    assert merged.entropies_[-1] == pytest.approx(0, abs=1e-9)


def test_integer_weights_are_copies_of_rows():
    weights = np.random.default_rng(2).integers(0, 3, len(X))
    weighted = merge_components(MIXTURE, X, weights)
    copies = merge_components(MIXTURE, np.repeat(X, weights, axis=0))
    np.testing.assert_array_equal(weighted.merges_, copies.merges_)
    np.testing.assert_allclose(weighted.entropies_, copies.entropies_, rtol=1e-9, atol=1e-9)


def test_blocks_and_threads_change_nothing(monkeypatch):
    """Small blocks that are read anew for each step give the path of a single block."""
    whole = merge_components(MIXTURE, X)
    monkeypatch.setattr(merging, "NUMBERS_PER_BLOCK", 6 * 71)
    monkeypatch.setattr(merging, "MAX_KEPT_NUMBERS", 0)
    paths = []
    for n_threads in (1, 2, 3):
        mixture = GaussianMixture(6, random_state=0, n_threads=n_threads).fit(X)
        paths.append(merge_components(mixture, X))
        np.testing.assert_array_equal(paths[-1].predict(X, 3), whole.predict(X, 3))
    np.testing.assert_array_equal(paths[0].merges_, whole.merges_)
    np.testing.assert_allclose(paths[0].entropies_, whole.entropies_, rtol=1e-9, atol=1e-9)
    for path in paths[1:]:
        np.testing.assert_array_equal(path.entropies_, paths[0].entropies_)


def test_memory_stays_below_an_array_of_rows_by_components():
    import tracemalloc

    rows = np.random.default_rng(0).normal(size=(100_000, 2))
    mixture = GaussianMixture.from_parameters(
        np.full(40, 1 / 40),
        np.random.default_rng(1).normal(size=(40, 2)),
        [np.eye(2)] * 40,
        n_threads=1,
    )
    tracemalloc.start()
    try:
        merging._Responsibilities(mixture, rows).sums(np.arange(40), *np.triu_indices(40, 1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * 8 * rows.shape[0] * 40


def test_components_of_one_cluster_come_together():
    angle = np.linspace(0, np.pi, 300)
    arc = np.column_stack([np.cos(angle), np.sin(angle)])
    rows = np.vstack([arc, arc + np.array([4, 0])]) + np.random.default_rng(0).normal(
        0, 0.05, (600, 2)
    )
    merged = merge_components(GaussianMixture(7, random_state=0).fit(rows), rows)
    assert merged.n_clusters_ == 2
    labels = merged.predict(rows)
    assert len(set(labels[:300])) == len(set(labels[300:])) == 1
    assert labels[0] != labels[-1]


def test_bend_of_two_lines():
    x = np.arange(1.0, 8.0)
    assert find_bend(x, np.maximum(0, 3 * (x - 4)))[0] == 3  # from the end: at x = 4
    (first, second) = find_bend(x, np.maximum(0, 3 * (x - 4)))[1]
    np.testing.assert_allclose([*first, *second], [0, 0, 3, -12], atol=1e-12)


@pytest.mark.parametrize("n_components", [1, 2])
def test_few_components_stay(n_components):
    mixture = GaussianMixture(n_components, random_state=0).fit(X)
    merged = merge_components(mixture, X)
    assert merged.merges_.shape == (n_components - 1, 2)
    assert merged.n_clusters_ == n_components
    np.testing.assert_array_equal(merged.predict(X), mixture.predict(X))
    assert str(merged)


def test_print_lists_the_members():
    numbers = NUMBERS["faithful.entropies"]
    printed = str(merge_components(mclust_mixture(NUMBERS, "faithful", "full"), table("faithful")))
    lines = printed.splitlines()
    assert lines[0] == "6 components, merged by entropy; the entropy bends at 2 clusters"
    assert lines[2].split() == ["6", f"{numbers[0]:.4f}"]
    assert lines[3] == f"       5{numbers[1]:12.4f}  2 + 5"
    assert lines[4].endswith("  0 + (2, 5)")
    assert len(lines) == 8


def test_refusals():
    with pytest.raises(TypeError, match="mixture is a KMeans; pass a fitted GaussianMixture"):
        merge_components(KMeans(2).fit(X), X)
    with pytest.raises(TypeError, match="pass its best_estimator_"):
        merge_components(GaussianMixtureIC([1, 2], covariance_type="full").fit(X), X)
    with pytest.raises(NotFittedError):
        merge_components(GaussianMixture(2), X)
    with pytest.raises(ValueError, match="features"):
        merge_components(MIXTURE, X[:, :1])
    merged = merge_components(MIXTURE, X)
    with pytest.raises(ValueError, match="n_clusters=7, but the mixture has 6 components"):
        merged.predict(X, 7)
    with pytest.raises(ValueError, match="n_clusters=0 must be at least 1"):
        merged.component_labels(0)
    with pytest.raises(ValueError, match="NaN"):
        merge_components(MIXTURE, np.where(np.arange(len(X))[:, np.newaxis] == 3, np.nan, X))
