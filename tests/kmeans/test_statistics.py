"""The statistics of a pass as values, and k-means written in Python with them."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from support import reference
from support.samples import DTYPES, blobs, normal

from mixclust import KMeans
from mixclust._kmeans.data_kinds import described_data
from mixclust._kmeans.dense_data import DenseData
from mixclust._kmeans.statistics import CenterStatistics
from mixclust.kernels.rows.rows import Frame

N_CLUSTERS = 7


def make_rows(kind, dtype=np.float64, n=4000, offset=100.0):
    """Rows of which some are sparse, their weights, and centres among them."""
    X = blobs(1, n, 5, N_CLUSTERS, dtype=dtype)
    if kind == "sparse":
        X[normal(2, n, 5) < 0] = 0
    else:
        X += dtype(offset)
    sample_weight = np.random.default_rng(3).integers(0, 4, n).astype(np.float64)
    sample_weight[:N_CLUSTERS] = 1
    centers = X[:N_CLUSTERS].astype(np.float64)
    return scipy.sparse.csr_array(X) if kind == "sparse" else X, sample_weight, centers


def expect(X, sample_weight, centers, n_threads=1):
    return described_data(X, sample_weight, len(centers), n_threads).expect(centers)


def filled(X):
    return X.toarray() if scipy.sparse.issparse(X) else X


def assert_close(found, expected, rtol=1e-12):
    """Equal to so many parts of the size of the numbers that were added up."""
    found = found.about(expected.origins)
    scale = np.abs(expected.sums).max() + expected.weights.max()
    np.testing.assert_allclose(found.sums, expected.sums, rtol=rtol, atol=rtol * scale)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=rtol)
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert found.inertia == pytest.approx(expected.inertia, rel=rtol)


kinds = pytest.mark.parametrize("kind", ["dense", "sparse"])


@kinds
@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_agree_with_numpy(kind, dtype):
    X, sample_weight, centers = make_rows(kind, dtype)
    found, rows = expect(X, sample_weight, centers), filled(X).astype(np.float64)
    labels = reference.nearest(rows, centers)
    for k in range(N_CLUSTERS):
        own = labels == k
        weights = sample_weight[own]
        expected = weights @ (rows[own] - found.origins[k])
        np.testing.assert_allclose(found.sums[k], expected, rtol=1e-12, atol=1e-9)
        assert (found.weights[k], found.counts[k]) == (weights.sum(), (weights > 0).sum())
    expected = reference.inertia(rows, centers, labels, sample_weight)
    assert found.inertia == pytest.approx(expected, rel=1e-12)


@kinds
@pytest.mark.parametrize("cuts", [[2000], [48], [1, 2, 3999], [500, 1000, 1001, 3000]], ids=str)
def test_statistics_of_parts_add_up_to_those_of_the_whole(kind, cuts):
    """Each part is described alone, so that its sums are about an origin of its own."""
    X, sample_weight, centers = make_rows(kind)
    sample_weight[[0, 1, 2, 1000, 3999]] = 1  # parts of one row
    bounds, total = [0, *cuts, X.shape[0]], None
    for lo, hi in pairwise(bounds):
        rows, weights = X[lo:hi], sample_weight[lo:hi]
        if hi - lo < N_CLUSTERS:  # fewer rows than clusters: rows of weight zero make them up
            pad = [*range(lo, hi), *range(N_CLUSTERS)]
            rows, weights = X[pad], np.append(weights, np.zeros(N_CLUSTERS))
        part = expect(rows, weights, centers)
        if total is None:
            total = part
        else:
            total += part
    assert_close(total, expect(X, sample_weight, centers))


@kinds
def test_statistics_are_the_same_for_any_number_of_threads(kind):
    X, sample_weight, centers = make_rows(kind)
    assert expect(X, sample_weight, centers) == expect(X, sample_weight, centers, n_threads=3)


@kinds
def test_statistics_survive_a_pickle(kind):
    found = expect(*make_rows(kind))
    copy = pickle.loads(pickle.dumps(found))
    assert copy == found
    copy.sums[2, 1] += 1e-9
    assert copy != found
    assert copy != "statistics"


def test_statistics_about_other_origins():
    found = expect(*make_rows("dense"))
    origins = normal(5, N_CLUSTERS, 5) + 100
    moved = found.about(origins)
    np.testing.assert_array_equal(moved.origins, origins)
    np.testing.assert_allclose(moved.centers(), found.centers(), rtol=1e-12)
    assert_close(moved.about(found.origins), found)
    assert found.about(found.origins) == found


def test_twice_the_rows_are_the_rows_twice():
    X, sample_weight, centers = make_rows("dense")
    double, again = expect(X, sample_weight, centers), expect(X, sample_weight, centers)
    double *= 2
    again += expect(X, sample_weight, centers)
    assert double == again
    double *= 0
    assert not double.counts.any()
    assert double.inertia == 0


def test_statistics_refuse_what_does_not_fit():
    found = expect(*make_rows("dense"))
    other = CenterStatistics(np.zeros(5), np.zeros((2, 5)), np.zeros(2), np.zeros(2), 0.0)
    with pytest.raises(ValueError, match="the same clusters and features"):
        found += other
    for factor in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="finite number of at least 0"):
            found *= factor
    other.counts[0] = 3
    with pytest.raises(ValueError, match="cluster 1 holds no row"):
        other.centers()


@kinds
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_iteration_in_python_is_the_compiled_one(kind, dtype):
    X, sample_weight, centers = make_rows(kind, dtype)
    data = described_data(X, sample_weight, N_CLUSTERS, 1)
    compiled, labels = centers.copy(), np.empty(X.shape[0], dtype=np.int32)
    data.passes(1, "lloyd").run(compiled, labels, 1, 0.0)
    np.testing.assert_array_equal(data.expect(centers).centers(dtype), compiled)


@kinds
def test_k_means_in_python_is_that_of_the_estimator(kind):
    X, sample_weight, centers = make_rows(kind)
    kmeans = KMeans(N_CLUSTERS, init=centers, tol=0).fit(X, sample_weight=sample_weight)
    data, before, n_iter = described_data(X, sample_weight, N_CLUSTERS, 1), None, 0
    while not np.array_equal(before, centers):
        before, n_iter = centers, n_iter + 1
        statistics = data.expect(centers)
        centers = statistics.centers(X.dtype)
    assert n_iter == kmeans.n_iter_
    # Moving sparse rows between sums, as the estimator does, rounds otherwise than adding them up.
    atol = 1e-12 if kind == "sparse" else 0
    np.testing.assert_allclose(centers, kmeans.cluster_centers_, rtol=0, atol=atol)
    assert statistics.inertia == pytest.approx(kmeans.inertia_, rel=atol, abs=0)


@pytest.mark.parametrize("n_features", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("n_rows", [1, 47, 48, 3001])
def test_sums_are_the_same_bits_in_any_memory_order(n_rows, n_features):
    """float32 rows of adjacent features are added without a copy in float64, others with one."""
    wide = 5 + 10 * normal(0, 2 * n_rows, n_features + 2).astype(np.float32)
    centers = 10 * normal(1, 4, n_features)
    rows = wide[::2, 1:-1]
    found = []
    for X in (rows, rows.copy(), np.asfortranarray(rows)):
        data = DenseData(X, None, len(centers), 1)
        data.frame = Frame(np.linspace(1, 2, n_features))
        found.append(data.expect(centers))
    assert found[0] == found[1] == found[2]
    counts = np.bincount(data.label(centers)[0], minlength=4)
    np.testing.assert_array_equal(found[0].counts, counts)
    np.testing.assert_allclose(found[0].sums.sum(axis=0), (rows - data.frame.origin).sum(axis=0))
