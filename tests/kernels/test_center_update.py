"""Refilled clusters by hand."""

import numpy as np

from mixclust.kernels.kmeans.center_update import CenterUpdate


def refill(counts, rows, owners):
    """Sums 100, 200, ... of weights 10, 20, ... after a refill, the counts, and the result."""
    counts = np.array(counts, dtype=np.intp)
    numbers = np.arange(1.0, len(counts) + 1)
    sums = np.column_stack([100 * numbers, 10 * numbers]) * (counts > 0)[:, np.newaxis]
    rows = np.array(rows, dtype=np.float64).reshape(-1, 2)
    n_refilled = CenterUpdate().refill(sums, counts, rows, np.array(owners, dtype=np.int32))
    return sums.tolist(), counts.tolist(), n_refilled


def test_empty_clusters_take_rows_from_their_owners():
    sums, counts, n_refilled = refill([5, 0, 4, 0], [[7, 1], [8, 2]], [0, 2])
    assert sums == [[93, 9], [7, 1], [292, 28], [8, 2]]
    assert (counts, n_refilled) == ([4, 1, 3, 1], 2)


def test_clusters_without_a_row_take_the_sums_of_the_heaviest():
    sums, counts, n_refilled = refill([5, 0, 0], [[7, 1]], [0])
    assert sums == [[93, 9], [7, 1], [93, 9]]
    assert (counts, n_refilled) == ([4, 1, 0], 1)
    assert refill([5, 0, 1], [], []) == ([[100, 10], [300, 30], [300, 30]], [5, 0, 1], 0)


def test_a_cluster_that_lost_its_only_row_takes_the_sums_of_the_heaviest():
    sums, counts, _ = refill([1, 0, 4], [[100, 10]], [0])
    assert sums == [[300, 30], [100, 10], [300, 30]]
    assert counts == [0, 1, 4]
