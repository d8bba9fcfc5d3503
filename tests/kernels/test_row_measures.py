"""`Lloyd.measure`: the squared distance of each row, and how much farther the second centre is."""

import numpy as np
import pytest
import scipy.sparse as sp
from support.samples import blobs

from mixclust._kmeans.data_kinds import described_data

SHAPES = [(1, 1, 1), (50, 2, 3), (1000, 3, 17), (3000, 20, 50), (700, 130, 70)]


@pytest.mark.parametrize("kind", [np.ascontiguousarray, sp.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d", "n_clusters"), SHAPES)
def test_measures_of_rows(n, d, n_clusters, dtype, kind):
    X = blobs(n, n, d, 5).astype(dtype)
    data = described_data(kind(X), None, min(n_clusters, n), 2)
    centers = X[:n_clusters].astype(np.float64) + 0.25
    squares = np.square(X[:, np.newaxis].astype(np.float64) - centers).sum(axis=2)
    labels = squares.argmin(axis=1).astype(np.int32)
    passes, out = data.passes(2, "auto"), np.empty(n)
    squares.sort(axis=1)
    for _ in range(2):  # packed rows may be there the second time
        passes.measure(centers, labels, out)
        np.testing.assert_allclose(out, squares[:, 0], rtol=1e-12)
        passes.measure(centers, labels, out, margins=True)
        margins = squares[:, 1] - squares[:, 0] if n_clusters > 1 else np.zeros(n)
        # Of numbers as large as the squared norms.
        atol = 1e-5 * np.square(np.abs(X).max(axis=0).astype(np.float64)).sum()
        np.testing.assert_allclose(out, margins, rtol=1e-5, atol=atol)
        passes.label(centers, labels)


def test_measures_check_their_arguments():
    X = blobs(0, 60, 2, 3)
    passes = described_data(X, None, 3, 1).passes(1, "lloyd")
    labels, out = np.zeros(60, np.int32), np.empty(60)
    with pytest.raises(ValueError, match="labels and out"):
        passes.measure(X[:3].copy(), labels[:50], out)
    with pytest.raises(ValueError, match="labels and out"):
        passes.measure(X[:3].copy(), labels, out[:50])
    labels[40] = 3
    with pytest.raises(ValueError, match="numbers of clusters"):
        passes.measure(X[:3].copy(), labels, out)
