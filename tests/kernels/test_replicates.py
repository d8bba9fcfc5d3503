"""Replicates: weighted fits in one compiled loop, and the counts of draws."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust import GaussianMixture
from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures import structure_of
from mixclust.kernels.mixture.replicates import Replicates, count_draws

X = blobs(0, 60, 2, 2)
MIXTURE = GaussianMixture(2, random_state=0).fit(X)


def make(n_places, packed=True):
    """Replicates over places for rows, and the data that they read rows from."""
    data = MixtureData(X, None, structure_of("full"), 1)
    data.describe("auto")
    weights = np.ones(n_places)
    rows = np.tile(data.shift, (n_places, 1)) if packed else data.X
    varying = data.with_varying_weights(rows, weights, 60.0)
    kernel = varying.fitter(2)
    varying.use(kernel, MIXTURE._parameters())
    source = X if packed else None
    return Replicates(kernel, weights, source, rows if packed else None, data.scales), data


def run(replicates, weights, which, max_iter=500, tol=1e-10):
    n = len(weights)
    numbers, bounds = np.zeros((n, replicates.n_numbers)), np.zeros(n)
    outcomes = np.zeros((n, 3), np.int32)
    which = np.asarray(which, dtype=np.intp)
    replicates.run(weights, which, max_iter, tol, numbers, bounds, outcomes)
    return numbers, bounds, outcomes


def draws(n_fits, seed=0):
    generator = np.random.default_rng(seed)
    return generator.multinomial(60, np.full(60, 1 / 60), n_fits).astype(float)


def test_order_and_neighbours_change_no_bit():
    replicates, _ = make(60)
    weights = draws(5)
    together = run(replicates, weights, range(5))
    for b in (4, 0, 2):
        alone = run(replicates, weights, [b])
        for found, expected in zip(alone, together, strict=True):
            np.testing.assert_array_equal(found[b], expected[b])
            assert (np.delete(found, b, axis=0) == 0).all()


def test_places_change_nothing_but_rounding():
    """Packed in few places, in many, or read in place: the same fits."""
    weights = draws(4)
    assert np.count_nonzero(weights, axis=1).max() <= 48
    results = [run(make(48)[0], weights, range(4)), run(make(60)[0], weights, range(4))]
    results.append(run(make(60, packed=False)[0], weights, range(4)))
    for other in results[1:]:
        np.testing.assert_allclose(other[0], results[0][0], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(other[1], results[0][1], rtol=1e-8)


def test_bounds_are_those_of_the_parameters():
    """The bound of a converged fit is its weighted log-likelihood, computed by itself."""
    weights = draws(3)
    numbers, bounds, outcomes = run(make(60)[0], weights, range(3), tol=1e-12)
    shift = make(60)[1].shift
    for b in range(3):
        fitted = GaussianMixture.from_parameters(
            numbers[b, :2], numbers[b, 2:6].reshape(2, 2) + shift, numbers[b, 14:].reshape(2, 2, 2)
        )
        assert fitted.score(X, sample_weight=weights[b]) == pytest.approx(bounds[b], abs=1e-8)
    assert outcomes[:, 2].all()
    assert (outcomes[:, 0] < 500).all()


def test_iterations_are_limited():
    for max_iter in (1, 2, 3, 4, 7):
        _, bounds, outcomes = run(make(60)[0], draws(3), range(3), max_iter=max_iter, tol=0.0)
        assert (outcomes[:, 0] <= max_iter).all()
        assert (outcomes[:, 0] >= max_iter - 1).all()
        assert np.isfinite(bounds).all()


def test_likelihood_rises_with_the_iterations():
    weights = draws(6)
    results = [run(make(60)[0], weights, range(6), max_iter=n, tol=0.0)[1] for n in range(1, 30)]
    assert (np.diff(results, axis=0) > -1e-9).all()


def test_draws_are_counted():
    drawn = np.random.default_rng(0).integers(0, 9, (4, 30), dtype=np.int32)
    counts = np.full((4, 9), np.nan)
    count_draws(drawn, counts)
    expected = [np.bincount(line, minlength=9) for line in drawn]
    np.testing.assert_array_equal(counts, expected)


def test_refusals():
    replicates, data = make(48)
    with pytest.raises(ValueError, match="more than 48 places"):
        run(replicates, np.ones((1, 60)), [0])
    with pytest.raises(ValueError, match="a column for each row"):
        run(replicates, np.ones((1, 59)), [0])
    with pytest.raises(ValueError, match="indices of replicates"):
        run(replicates, draws(2), [2])
    with pytest.raises(ValueError, match="max_iter"):
        run(replicates, draws(1), [0], max_iter=0)
    with pytest.raises(ValueError, match="as many lines"):
        replicates.run(
            draws(2),
            np.zeros(1, np.intp),
            5,
            0.1,
            np.zeros((1, replicates.n_numbers)),
            np.zeros(2),
            np.zeros((2, 3), np.int32),
        )
    with pytest.raises(ValueError, match="n_numbers columns"):
        replicates.run(
            draws(1),
            np.zeros(1, np.intp),
            5,
            0.1,
            np.zeros((1, 3)),
            np.zeros(1),
            np.zeros((1, 3), np.int32),
        )
    with pytest.raises(ValueError, match="indices of rows"):
        count_draws(np.full((1, 2), 5, np.int32), np.zeros((1, 5)))
    with pytest.raises(ValueError, match="as many lines"):
        count_draws(np.zeros((1, 2), np.int32), np.zeros((2, 5)))
    kernel = data.fitter(2)
    with pytest.raises(ValueError, match="number for each row"):
        Replicates(kernel, np.ones(59), None, None, data.scales)
    with pytest.raises(ValueError, match="both source and packed"):
        Replicates(kernel, np.ones(60), data.X, None, data.scales)
    with pytest.raises(ValueError, match="shape of the rows"):
        Replicates(kernel, np.ones(60), data.X, np.ones((59, 2)), data.scales)
    with pytest.raises(ValueError, match="number for each feature"):
        Replicates(kernel, np.ones(60), None, None, np.ones(3))
