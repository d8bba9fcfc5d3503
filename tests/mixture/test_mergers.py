"""The loss of likelihood by mergers of two components, for all pairs at once."""

from functools import partial

import numpy as np
import pytest
from support.mixtures import COVARIANCE_TYPES, fit_mixture

from mixclust._mixture.answers import read_resp_and_log_prob
from mixclust._mixture.data import MixtureData
from mixclust._mixture.mergers import cheapest_mergers, losses_apart, start_merged
from mixclust._mixture.short_runs import run_shortly
from mixclust._mixture.structures import structure_of


def described(X, sample_weight, covariance_type):
    data = MixtureData(X, sample_weight, structure_of(covariance_type), 1)
    data.describe("auto")
    return data


def mergers_of(data, mixture):
    parameters = mixture._parameters()
    resp, _ = read_resp_and_log_prob(data.scorer(parameters))
    losses = losses_apart(data, parameters)
    pairs, found = cheapest_mergers(data, len(parameters.weights), losses, resp)
    assert losses.min() <= found[0]  # shared rows make mergers dearer
    return resp, pairs, found


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("noise", [False, True])
def test_bounds_are_those_of_one_m_step(covariance_type, noise):
    """The pass after it tells the likelihood, which is a little higher than the bound."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(150, 3)) @ rng.normal(size=(3, 3)) + 3 * rng.normal(size=3)
                   for _ in range(5)])  # fmt: skip
    weights = rng.uniform(size=len(X))
    mixture = fit_mixture(
        X, 5, covariance_type=covariance_type, tol=1e-9, noise=noise, sample_weight=weights
    )
    data = described(X, weights, covariance_type)
    data.noise_box = mixture._parameters().noise_box
    resp, pairs, losses = mergers_of(data, mixture)
    starts = [partial(start_merged, resp, [pair]) for pair in pairs]
    merged = run_shortly(data, 4, starts, 1, 0.0)
    true_losses = np.array([mixture.lower_bound_ - fit.bound for fit in merged])
    assert len(pairs) == 5
    assert losses == sorted(losses)
    assert (losses >= true_losses - 1e-6).all()
    np.testing.assert_allclose(losses, true_losses, atol=0.12)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_two_remote_groups_are_a_cheap_merger(covariance_type):
    """They share no rows, and hold few."""
    rng = np.random.default_rng(1)
    sizes = [300, 300, 300, 8, 8]
    centers = np.array([[0, 0], [4, 0], [0, 4], [40, 40], [44, 40]])
    X = np.repeat(centers, sizes, axis=0) + rng.normal(size=(sum(sizes), 2))
    mixture = fit_mixture(
        X, 5, covariance_type=covariance_type, resp_init=np.repeat(range(5), sizes)
    )
    _, pairs, _ = mergers_of(described(X, None, covariance_type), mixture)
    assert pairs[0] == (3, 4)


def test_few_of_many_pairs_are_returned():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 2))
    mixture = fit_mixture(X, 30, init_params="kmeans", random_state=0, max_iter=5)
    _, pairs, losses = mergers_of(described(X, None, "full"), mixture)
    assert len(pairs) == len(losses) == 24
    assert all(i < j for i, j in pairs)
