"""Promise 1: the shards depend on the number and the cost of the rows, not on the threads."""

import numpy as np
import pytest

from mixclust._passes.shards import ALIGNMENT, MAX_SHARDS, shard_bounds, worthwhile_threads


@pytest.mark.parametrize("n_samples", [1, 47, 48, 49, 1000, 12_345, 10**6, 2**31 + 5, 10**12])
@pytest.mark.parametrize("cost_per_row", [1, 100, 10**5])
@pytest.mark.parametrize("most", [1, 16, MAX_SHARDS])
def test_shards_cover_all_rows(n_samples, cost_per_row, most):
    bounds = shard_bounds(n_samples, n_samples * cost_per_row, most)
    assert (bounds[0], bounds[-1]) == (0, n_samples)
    assert (np.diff(bounds) > 0).all()
    assert (bounds[:-1] % ALIGNMENT == 0).all()
    assert len(bounds) - 1 <= most
    assert bounds.dtype == np.intp
    assert not bounds.flags.writeable, "the bounds are cached"


def test_shards_are_about_equal():
    sizes = np.diff(shard_bounds(1_000_000, 10**12))
    assert len(sizes) == MAX_SHARDS
    assert sizes.max() - sizes.min() <= ALIGNMENT


def test_small_work_is_one_shard():
    assert shard_bounds(150, 150 * 3 * 4).tolist() == [0, 150]


def test_threads_are_worth_their_work():
    assert worthwhile_threads(1000, 8) == 1
    assert worthwhile_threads(10**12, 8) == 8
    assert [worthwhile_threads(c * 10**7, 8) for c in range(1, 9)] == [1, 1, 1, 2, 2, 3, 3, 4]
