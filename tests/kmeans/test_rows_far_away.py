"""Rows so far away that float64 cannot tell centres apart: the labels of all ways agree."""

import numpy as np
import pytest
import scipy.sparse as sp
from support.samples import DTYPES, normal, quiet_fit

from mixclust import KMeans
from mixclust._kmeans import dense_data, spatial_rows

SCALES = [1e4, 1e7, 1e12, 1e14, 1e17]


@pytest.fixture(params=["rows", "blocks"])
def way(request, monkeypatch):
    """Sort rows of few features always, or never."""
    if request.param == "rows":
        monkeypatch.setattr(dense_data, "worth_sorting", lambda *sizes: False)
    else:
        monkeypatch.setattr(spatial_rows, "MIN_ROWS", 1)
        monkeypatch.setattr(
            dense_data, "worth_sorting", lambda n, d, *rest: d <= spatial_rows.MAX_FEATURES
        )
    return request.param


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [1, 2, 8, 10, 150])
def test_a_row_has_the_label_that_it_has_alone(d, dtype, scale, way):
    kmeans = quiet_fit(KMeans(50, init=normal(0, 50, d), n_init=1, max_iter=1), normal(1, 500, d))
    X = normal(2, 3000, d)
    X[::2] *= scale
    X = X.astype(dtype)
    labels = kmeans.predict(X)
    few = [*range(0, 200, 2), *range(1, 40, 2)]
    alone = np.concatenate([kmeans.predict(X[i : i + 1]) for i in few])
    np.testing.assert_array_equal(labels[few], alone)
    np.testing.assert_array_equal(kmeans.nearest_centers(X)[0][:, 0], labels)


@pytest.mark.parametrize("scale", SCALES)
def test_fits_agree(scale, way):
    X, weights = normal(0, 4000, 2), np.ones(4000)
    X[::4] *= scale
    weights[::4] = 0
    labels = []
    for algorithm in ("auto", "lloyd", "elkan"):
        kmeans = KMeans(60, init=X[1:241:4], n_init=1, algorithm=algorithm)
        labels.append(quiet_fit(kmeans, X, sample_weight=weights).labels_)
    np.testing.assert_array_equal(labels[0], labels[1])
    np.testing.assert_array_equal(labels[0], labels[2])


@pytest.mark.parametrize("scale", SCALES)
def test_sparse_rows_have_the_label_that_they_have_alone(scale):
    X = np.where(np.random.default_rng(3).random((600, 20)) < 0.3, normal(4, 600, 20), 0)
    X[::2] *= scale
    kmeans = quiet_fit(KMeans(30, init=normal(5, 30, 20), n_init=1, max_iter=1), X[1::2])
    rows = sp.csr_matrix(X)
    labels = kmeans.predict(rows)
    alone = np.concatenate([kmeans.predict(rows[i : i + 1]) for i in range(0, 600, 3)])
    np.testing.assert_array_equal(labels[::3], alone)


def test_weight_that_rounding_loses_makes_no_centre_of_nan():
    """The cluster of the last two rows has only a weight of 1e-17 left when it gives one away."""
    X = np.array([[0.0], [3.0], [9.0], [10.0]])
    for small in (1e-17, 1e-14, 1e-9):
        for algorithm in ("auto", "lloyd", "elkan"):
            kmeans = KMeans(
                3, init=[[0.0], [0.0], [9.5]], n_init=1, max_iter=5, algorithm=algorithm
            )
            quiet_fit(kmeans, X, sample_weight=[small, 1, 1, 1])
            assert np.isfinite(kmeans.cluster_centers_).all()
            assert ((kmeans.cluster_centers_ >= 0) & (kmeans.cluster_centers_ <= 10)).all()


def test_refills_are_those_of_lloyd(way):
    """Equally far rows refill empty clusters in the order in which they were given."""
    grid = np.stack(np.meshgrid(np.arange(60.0), np.arange(60.0)), axis=-1).reshape(-1, 2)
    X = np.random.default_rng(0).permutation(grid)
    init = np.concatenate([X[:40], X[:3]])
    fits = [
        quiet_fit(KMeans(43, init=init, n_init=1, max_iter=20, algorithm=algorithm), X)
        for algorithm in ("auto", "lloyd")
    ]
    assert fits[0].n_empty_clusters_refilled_ == fits[1].n_empty_clusters_refilled_ == 3
    np.testing.assert_array_equal(fits[0].labels_, fits[1].labels_)
