"""The mean silhouette, beside plain NumPy; rows alone in their cluster."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust import KMeans
from mixclust._kmeans.silhouettes import mean_silhouette


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_mean_of_the_silhouettes(weighted):
    X = blobs(0, 200, 3, 4)
    weights = np.arange(200) % 3 / 2.0 if weighted else None
    kmeans = KMeans(4, random_state=0).fit(X, sample_weight=weights)
    expected = np.average(kmeans.silhouette_samples(X), weights=weights)
    assert mean_silhouette(kmeans, X, weights) == pytest.approx(expected, rel=1e-12)


def test_rows_alone_in_their_cluster_count_nothing():
    X = np.array([[0.0], [2.0], [10.0], [20.0], [20.0]])
    kmeans = KMeans(3, init=[[1.0], [10.0], [20.0]]).fit(X)
    assert kmeans.silhouette_samples(X)[2] == 1
    expected = (kmeans.silhouette_samples(X)[:2].sum() + 2) / 5
    assert mean_silhouette(kmeans, X, None) == pytest.approx(expected)
    weights = np.array([1.0, 1.0, 1.0, 1.0, 0.0])  # the last row is not there
    expected = kmeans.silhouette_samples(X)[:2].sum() / 4
    assert mean_silhouette(kmeans, X, weights) == pytest.approx(expected)


def test_one_cluster_has_none():
    X = blobs(0, 20, 2, 2)
    assert np.isnan(mean_silhouette(KMeans(1).fit(X), X, None))
