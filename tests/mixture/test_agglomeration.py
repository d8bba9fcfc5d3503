"""Trees of partitions, from which mixtures of several sizes start."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust._mixture.agglomeration import grow_trees
from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures import Full


def trees_of(X, weights):
    """Partitions into two to five groups."""
    data = MixtureData(X, weights, Full, 1)
    data.describe("auto")
    return grow_trees(data, range(2, 6), np.random.RandomState(0))


@pytest.mark.parametrize("unit", [1e-100, 1e-30, 2.0**-20, 1e3, 1e100])
def test_the_unit_of_weights_does_not_matter(unit):
    X = blobs(1, 300, 3, 5)
    weights = np.random.default_rng(2).uniform(0.5, 1.5, size=len(X))
    weights[::7] = 0
    plain, scaled = trees_of(X, weights), trees_of(X, unit * weights)
    for size, partitions in plain.items():
        assert len(partitions) == len(scaled[size]) == 2
        for labels, others in zip(partitions, scaled[size], strict=True):
            np.testing.assert_array_equal(labels[weights > 0], others[weights > 0])


def test_equal_weights_are_none():
    X = blobs(1, 300, 3, 5)
    for size, partitions in trees_of(X, None).items():
        for labels, others in zip(partitions, trees_of(X, np.full(len(X), 8.0))[size], strict=True):
            np.testing.assert_array_equal(labels, others)
