"""KMeans at the edges of the number range, in other units, and where centres coincide."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from support.samples import DTYPES, blobs, normal

from mixclust import ConvergenceWarning, KMeans


def test_huge_rows_get_their_nearest_centre_or_an_error():
    centers = [[-1e90], [1e90]]
    kmeans = KMeans(2, init=centers).fit(centers)
    new = np.array([[-1e100], [1e100], [-1e160], [1e160], [-1.7e308], [1.7e308]])
    assert kmeans.predict(new[:2]).tolist() == [0, 1]
    for method in ("predict", "transform", "score"):
        for row in new:
            message = None
            try:
                found = getattr(kmeans, method)([row])
            except ValueError as error:
                message = str(error)
            if message is None:
                assert np.isfinite(found).all()
                assert method != "predict" or found[0] == (row[0] > 0)
            else:
                assert "X spreads over" in message


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1e30, 1e140])
def test_clusters_are_found_at_any_scale(scale):
    X = blobs(0, 300, 2, 4)
    expected = KMeans(4, init=X[:4]).fit(X)
    found = KMeans(4, init=X[:4] * scale).fit(X * scale)
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    assert found.inertia_ / scale / scale == pytest.approx(expected.inertia_, rel=1e-9)


@pytest.mark.parametrize("n_samples", [1, 2, 3, 47, 48, 49, 95, 96, 97])
@pytest.mark.parametrize("n_features", [1, 2, 7, 8, 9])
def test_as_many_clusters_as_rows(n_samples, n_features):
    X = normal(0, n_samples, n_features)
    kmeans = KMeans(n_samples, n_init=1, random_state=0).fit(X)
    assert sorted(kmeans.labels_) == [*range(n_samples)]
    assert kmeans.inertia_ == pytest.approx(0, abs=1e-25)


@pytest.mark.parametrize("rows", [np.asarray, scipy.sparse.csr_array])
def test_distances_that_float32_does_not_hold_are_refused(rows):
    X = np.random.default_rng(0).normal(size=(50, 12)).astype(np.float32)
    kmeans = KMeans(3, random_state=0).fit(rows(X))
    far = np.full((1, 12), 3e38, dtype=np.float32)
    with pytest.raises(ValueError, match="float32 does not hold the distances"):
        kmeans.transform(rows(far))
    kmeans.predict(rows(far))
    distances = kmeans.transform(rows(far.astype(np.float64)))
    np.testing.assert_allclose(distances, 3e38 * np.sqrt(12), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("exponent", [-30, -3, 1, 25])
def test_powers_of_two_change_no_bit(exponent, dtype):
    X, factor = blobs(1, 4000, 5, 9, dtype), dtype(2.0**exponent)
    options = {"n_clusters": 15, "n_init": 2, "random_state": 0}
    fit, scaled = KMeans(**options).fit(X), KMeans(**options).fit(X * factor)
    np.testing.assert_array_equal(scaled.labels_, fit.labels_)
    np.testing.assert_array_equal(scaled.cluster_centers_, fit.cluster_centers_ * factor)
    assert scaled.inertia_ == fit.inertia_ * float(factor) ** 2


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_without_weight_do_not_change_when_a_fit_has_converged(sparse):
    """The tolerance is a share of the variance of the rows that have a weight."""
    X = normal(0, 1500, 4)
    there = np.arange(1500) % 3 > 0
    X[~there] += 1e4
    rows = scipy.sparse.csr_array if sparse else np.asarray
    fit = KMeans(8, init=X[there][:8], n_init=1).fit(rows(X), sample_weight=there.astype(float))
    expected = KMeans(8, init=X[there][:8], n_init=1).fit(rows(X[there]))
    assert fit.n_iter_ == expected.n_iter_ > 3
    np.testing.assert_allclose(fit.cluster_centers_, expected.cluster_centers_, atol=1e-9)
    twice = KMeans(8, init=X[there][:8], n_init=1).fit(rows(np.repeat(X[there], 2, axis=0)))
    assert twice.n_iter_ == expected.n_iter_


@pytest.mark.parametrize("algorithm", ["auto", "lloyd", "elkan"])
def test_labels_agree_with_predict_where_centers_coincide(algorithm):
    """Refilled from rows without weight, several centres end at the same place."""
    for seed in range(200):
        generator = np.random.default_rng(seed)
        n, d = generator.integers(3, 40), generator.integers(1, 4)
        n_clusters = int(generator.integers(1, n + 1))
        X, sample_weight = generator.normal(size=(n, d)), generator.integers(0, 2, n)
        sample_weight[0] = 1
        fit = KMeans(n_clusters, init=X[:n_clusters], n_init=1, tol=0, algorithm=algorithm)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit.fit(X, sample_weight=sample_weight)
        np.testing.assert_array_equal(fit.labels_, fit.predict(X))
