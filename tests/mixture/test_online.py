"""`partial_fit`: the steps of online EM against plain NumPy and EM, long streams, drift."""

import numpy as np
import pytest
from support.mixture_reference import Mixture, expect
from support.mixtures import assert_close_to_scale
from support.samples import blobs, normal, quiet_fit
from support.streams import BATCHES, X, pass_on

from mixclust import GaussianMixture
from mixclust._mixture.structures import covariance_types


def steps_in_numpy(batches, weights, start, step_of, floor, is_diagonal):
    """Cappé and Moulines' recursion of mean statistics, each followed by an M step."""
    mixture, seen, mean = start, 0.0, None
    for rows, w in zip(batches, weights, strict=True):
        resp, log_prob = expect(rows, mixture)
        resp = resp * w[:, np.newaxis]
        squares = np.einsum("nk,ni,nj->kij", resp, rows, rows)
        new = [resp.sum(axis=0) / w.sum(), resp.T @ rows / w.sum(), squares / w.sum()]
        seen += w.sum()
        step = step_of(w.sum(), seen)
        if mean is None:
            mean = new
        mean = [(1 - step) * a + step * b for a, b in zip(mean, new, strict=True)]
        counts, sums, squares = mean
        means = sums / counts[:, np.newaxis]
        covariances = squares / counts[:, np.newaxis, np.newaxis]
        covariances = covariances - means[:, :, np.newaxis] * means[:, np.newaxis]
        if is_diagonal:
            covariances = covariances * np.eye(rows.shape[1])
        covariances = covariances + floor * np.eye(rows.shape[1])
        mixture = Mixture(counts, means, covariances)
        bound = w @ log_prob / w.sum()
    return mixture, bound


@pytest.mark.parametrize("forgetting_factor", [None, 0.7, 1, 0])
@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_steps_are_those_of_plain_numpy(covariance_type, forgetting_factor):
    weights = [np.random.default_rng(i).uniform(0.5, 3, len(B)) for i, B in enumerate(BATCHES)]
    start = quiet_fit(
        GaussianMixture(3, covariance_type=covariance_type, random_state=0, max_iter=2), X
    )
    mixture = GaussianMixture(
        3,
        covariance_type=covariance_type,
        reg_covar=1e-3,
        weights_init=start.weights_,
        means_init=start.means_ + 0.3,
        precisions_init=start.precisions_,
        learning_decay=0.8,
        forgetting_factor=forgetting_factor,
    )
    kept = [0.0]

    def step_of(weight, seen):
        if forgetting_factor is None:
            return (weight / seen) ** 0.8
        kept[0] = forgetting_factor * kept[0] + weight
        return weight / kept[0]

    covariances = start.covariances_
    if covariance_type == "diag":
        covariances = covariances[:, :, np.newaxis] * np.eye(3)
    expected, bound = steps_in_numpy(
        BATCHES,
        weights,
        Mixture(start.weights_, start.means_ + 0.3, covariances),
        step_of,
        1e-3,
        covariance_type == "diag",
    )
    pass_on(mixture, BATCHES, weights)
    found = mixture.covariances_
    if covariance_type == "diag":
        found = found[:, :, np.newaxis] * np.eye(3)
    np.testing.assert_allclose(mixture.weights_, expected.weights, rtol=1e-9)
    assert_close_to_scale(mixture.means_, expected.means, 1e-9)
    assert_close_to_scale(found, expected.covariances, 1e-8)
    np.testing.assert_allclose(mixture.lower_bound_, bound, rtol=1e-9)
    np.testing.assert_allclose(mixture.weight_seen_, sum(w.sum() for w in weights))
    assert mixture.n_steps_ == 3


@pytest.mark.parametrize("options", [{}, {"noise": True}, {"prior": "default"}], ids=str)
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_one_batch_of_all_rows_is_one_iteration_of_fit(covariance_type, options):
    rows = X[:, :1] if covariance_type in ("E", "V") else X
    options = options | {"covariance_type": covariance_type, "random_state": 0}
    found = pass_on(GaussianMixture(3, **options), [rows])
    expected = quiet_fit(GaussianMixture(3, max_iter=1, **options), rows)
    assert_close_to_scale(found.means_, expected.means_, 1e-10)
    assert_close_to_scale(found.covariances_, expected.covariances_, 1e-9)
    np.testing.assert_allclose(found.weights_, expected.weights_, rtol=1e-10)
    np.testing.assert_allclose(found.lower_bound_, expected.lower_bound_, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_every_model_comes_closer_to_other_rows(covariance_type, dtype):
    rows = blobs(1, 9000, 1 if covariance_type in ("E", "V") else 4, 4, dtype)
    mixture = GaussianMixture(
        4, covariance_type=covariance_type, init_params="random", random_state=0
    )
    pass_on(mixture, [rows[:200]])
    before = mixture.score(rows[8000:])
    for _ in range(2):
        pass_on(mixture, np.split(rows[200:8000], 39))
    assert mixture.score(rows[8000:]) > before + 0.02
    assert mixture.n_steps_ == 79


def test_a_stream_that_ends_may_be_passed_again():
    """The last epoch counts all rows alike; then the mixture is nearly the optimum of all rows."""
    rows = blobs(2, 20_000, 3, 5) @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0, 0, 1]])
    mixture = pass_on(GaussianMixture(5, random_state=0), np.split(rows, 20))
    loss_after_one = -mixture.score(rows)
    mixture.set_params(forgetting_factor=1)
    pass_on(mixture, np.split(rows, 20))
    best = GaussianMixture(
        5, weights_init=mixture.weights_, means_init=mixture.means_,
        precisions_init=mixture.precisions_, tol=1e-9,
    ).fit(rows)  # fmt: skip
    best = best.score(rows)
    assert 0 <= best - mixture.score(rows) < 1e-4
    assert best + loss_after_one < 1e-3


@pytest.mark.parametrize("options", [{"learning_decay": 1}, {"forgetting_factor": 1}], ids=str)
def test_sums_are_exact_without_forgetting(options):
    """With one component no responsibility changes, so that all rows count alike in the end."""
    weights = [np.arange(len(batch)) % 4.0 for batch in BATCHES]
    found = pass_on(GaussianMixture(reg_covar=0, **options), BATCHES, weights)
    expected = GaussianMixture(reg_covar=0).fit(X, sample_weight=np.concatenate(weights))
    assert_close_to_scale(found.means_, expected.means_, 1e-12)
    assert_close_to_scale(found.covariances_, expected.covariances_, 1e-12)


def test_a_row_at_a_time():
    mixture = GaussianMixture(reg_covar=0, forgetting_factor=1).partial_fit(X[:50])
    pass_on(mixture, X[50:, np.newaxis])
    expected = GaussianMixture(reg_covar=0).fit(X)
    assert_close_to_scale(mixture.covariances_, expected.covariances_, 1e-11)


@pytest.mark.parametrize("covariance_type", ["full", "spherical", "VEE"])
def test_long_streams_stay_in_range(covariance_type):
    """Also far from the origin, and when a component has had no row for long."""
    rng = np.random.default_rng(0)
    options = {"covariance_type": covariance_type, "random_state": 0, "forgetting_factor": 0.5}
    mixture = GaussianMixture(3, **options).partial_fit(1e6 + blobs(0, 300, 2, 3))
    far = mixture.means_[np.argmin(mixture.weights_)] + 0.0
    near = mixture.means_[np.argmax(mixture.weights_)]
    pass_on(mixture, (near + rng.normal(size=(30, 2)) for _ in range(2000)))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert np.isfinite(getattr(mixture, name)).all()
    assert np.isfinite(mixture.lower_bound_)
    assert mixture.n_steps_ == 2001
    assert abs(mixture.weights_ @ mixture.means_ - near).max() < 2
    assert abs(mixture.means_ - far).min() < 30  # a component without rows stays finite


def test_many_small_batches_far_from_the_origin():
    rng = np.random.default_rng(0)
    points = 1e6 + np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    rows = points[rng.integers(3, size=40_300)] + rng.normal(size=(40_300, 2))
    mixture = GaussianMixture(3, random_state=0).partial_fit(rows[:300])
    pass_on(mixture, np.split(rows[300:], 2000))
    order = np.lexsort((mixture.means_ - 1e6).round().T)
    assert_close_to_scale(mixture.means_[order] - 1e6, np.array([[0, 0], [8, 0], [0, 8]]), 0.1)
    np.testing.assert_allclose(mixture.covariances_, np.tile(np.eye(2), (3, 1, 1)), atol=0.4)


def test_drift_is_followed_on_request():
    losses = {}
    for factor in (1, 0.8):
        rng = np.random.default_rng(0)
        mixture = GaussianMixture(2, random_state=0, forgetting_factor=factor)
        for i in range(150):
            points = np.array([[0.0, 0.0], [10.0, 0.0]]) + 0.1 * i
            batch = points[rng.integers(2, size=300)] + rng.normal(size=(300, 2))
            mixture.partial_fit(batch)
        losses[factor] = -mixture.score(batch)
    assert losses[0.8] < 4
    assert losses[1] > losses[0.8] + 1


def test_weights_of_zero_and_whole_weights():
    weights = np.arange(len(X)) % 3
    precisions = np.tile(np.eye(3), (3, 1, 1))
    start = {
        "weights_init": np.full(3, 1 / 3), "means_init": X[:3], "precisions_init": precisions
    }  # fmt: skip
    found = GaussianMixture(3, **start).partial_fit(X, sample_weight=weights)
    expected = GaussianMixture(3, **start).partial_fit(np.repeat(X, weights, axis=0))
    assert found.weight_seen_ == expected.weight_seen_
    assert_close_to_scale(found.means_, expected.means_, 1e-9)


def test_rows_may_be_far_from_all_components():
    mixture = GaussianMixture(2, random_state=0).partial_fit(normal(0, 100, 2))
    pass_on(mixture, [1e8 + normal(1, 100, 2)])
    assert np.isfinite(mixture.means_).all()
    assert np.isfinite(mixture.score(normal(0, 100, 2)))
