"""The search for the best optimum: starts in several coordinates, and moves between optima."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from support.mixtures import COVARIANCE_TYPES, PARAMETERS, fit_mixture
from support.samples import blobs, fitted_hash

from mixclust._mixture.data import MixtureData
from mixclust._mixture.fits import Fit
from mixclust._mixture.geometry import cut_across, directions_of_groups, halvings, whitening
from mixclust._mixture.perturbations import perturb
from mixclust._mixture.split_merge import Halves, improve
from mixclust._mixture.structures import structure_of


def cigars(seed, d, n_components, stretch=20.0):
    """Parallel stretched clusters, 5 standard deviations apart, turned at random; their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_components, size=150 * n_components)
    X = rng.normal(size=(len(labels), d))
    X[:, 0] *= stretch
    X[:, 1] += 5.0 * labels
    return X @ np.linalg.qr(rng.normal(size=(d, d)))[0].T, labels


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize(("d", "n_components"), [(2, 2), (2, 5), (5, 3), (10, 2)])
def test_stretched_clusters_are_found(d, n_components, covariance_type):
    """A fit from their labels ends no higher; k-means cuts across them."""
    X, labels = cigars(d, d, n_components)
    truth = fit_mixture(X, n_components, covariance_type=covariance_type, resp_init=labels)
    for seed in range(3):
        found = fit_mixture(
            X, n_components, covariance_type=covariance_type,
            random_state=seed,
        )  # fmt: skip
        assert found.lower_bound_ > truth.lower_bound_ - 1e-3


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_turned_and_stretched_rows_reach_the_same_optimum(covariance_type):
    X, _ = cigars(3, 3, 3)
    rng = np.random.default_rng(0)
    change = np.linalg.qr(rng.normal(size=(3, 3)))[0] * [1e-3, 1.0, 1e4]
    options = {"covariance_type": covariance_type, "random_state": 0}
    plain, changed = fit_mixture(X, 3, **options), fit_mixture(X @ change + 7.0, 3, **options)
    shift = np.log(abs(np.linalg.det(change)))
    assert changed.lower_bound_ + shift == pytest.approx(plain.lower_bound_, abs=1e-3)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_moves_leave_a_poor_optimum_and_never_lose(covariance_type):
    """Two components on one cluster, and one on two clusters."""
    rng = np.random.default_rng(1)
    X = np.vstack([rng.normal(size=(200, 2)) + center for center in ([0, 0], [9, 0], [0, 9])])
    labels = np.repeat([0, 1, 2], 200)
    poor = np.where(labels == 0, X[:, 0] > 0, 2).astype(np.int32)
    data = MixtureData(X, None, structure_of(covariance_type), 1)
    data.describe("auto")
    kernel = data.fitter(3)
    kernel.start(labels=poor)
    bounds, _, _ = kernel.run(100, 1e-4)
    fit = Fit(0, 0, bounds[-1], data.parameters(kernel))
    best = fit_mixture(X, 3, covariance_type=covariance_type, resp_init=labels)
    assert fit.bound < best.lower_bound_ - 0.1
    halves = Halves(data, np.random.RandomState(0))
    assert improve(data, fit, halves, 0) == (fit, 0.0), "nothing may be spent"
    improved, cost = improve(data, fit, halves, 1e9)
    assert improved.bound > best.lower_bound_ - 0.01
    assert cost > data.cost(3)
    again, cost_again = improve(data, fit, halves, 1e9)
    assert again.bound == improved.bound
    assert 0 < cost_again < cost, "the same rows are looked at once"
    random_state = np.random.RandomState(1)
    assert improve(data, improved, Halves(data, random_state), 1e9)[0].bound >= improved.bound
    assert perturb(data, improved, random_state, 1e9, 20)[0].bound >= improved.bound
    assert perturb(data, fit, random_state, 1e9, 40)[0].bound > best.lower_bound_ - 0.01
    assert perturb(data, fit, random_state, 0, 20) == (fit, 0.0), "nothing may be spent"


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weights_are_repetitions_for_the_optimum(covariance_type):
    X = blobs(2, 900, 3, 4)
    sample_weight = np.random.default_rng(0).integers(0, 3, 900).astype(float)
    repeated = np.repeat(X, sample_weight.astype(int), axis=0)
    options = {"covariance_type": covariance_type, "random_state": 0}
    weighted = fit_mixture(X, 4, sample_weight=sample_weight, **options)
    assert weighted.lower_bound_ == pytest.approx(
        fit_mixture(repeated, 4, **options).lower_bound_, abs=1e-3
    )


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize("d", [2, 5, 10])
@pytest.mark.parametrize("n_components", [2, 3, 5])
def test_turned_groups_are_found_by_default(d, n_components, covariance_type):
    """Groups stretched along one axis and apart along another, turned by 45 degrees."""
    rng = np.random.default_rng(d)
    labels = rng.integers(n_components, size=200 * n_components)
    X = rng.normal(size=(len(labels), d))
    X[:, 0] *= 20
    X[:, 1] += 5 * labels
    turn = np.eye(d)
    turn[:2, :2] = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    for seed in range(3):
        mixture = fit_mixture(
            X @ turn, n_components, covariance_type=covariance_type, random_state=seed
        )
        assert adjusted_rand_score(mixture.predict(X @ turn), labels) > 0.9


CHANGES = {
    "full": lambda rng: np.linalg.qr(rng.normal(size=(3, 3)))[0] * [1e-3, 1.0, 1e4],
    "tied": lambda rng: np.linalg.qr(rng.normal(size=(3, 3)))[0] * [1e-3, 1.0, 1e4],
    "diag": lambda rng: np.diag([1e-3, 1.0, 1e4]),
    "spherical": lambda rng: 30.0 * np.linalg.qr(rng.normal(size=(3, 3)))[0],
}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_changed_units_and_order_of_rows_reach_the_same_optimum(covariance_type):
    """Any affine map for full and tied, units for diag, a turn and one unit for spherical."""
    rng = np.random.default_rng(0)
    centers = [[0, 0, 0], [9, 0, 0], [0, 9, 3], [9, 9, 9]]
    X = np.vstack([rng.normal(size=(100, 3)) * rng.uniform(0.5, 2) + at for at in centers])
    change = CHANGES[covariance_type](rng)
    shift = np.log(abs(np.linalg.det(change)))
    options = {"covariance_type": covariance_type, "random_state": 0}
    plain = fit_mixture(X, 4, **options).lower_bound_
    changed = fit_mixture(X @ change + 7.0, 4, **options).lower_bound_
    permuted = fit_mixture(X[rng.permutation(len(X))], 4, **options).lower_bound_
    assert changed + shift == pytest.approx(plain, abs=1e-3)
    assert permuted == pytest.approx(plain, abs=1e-3)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_search_is_the_same_in_other_coordinates(covariance_type):
    """Overlapping clusters with many optima: each row keeps its component, and its number.

    The floor of variances does not turn with the rows, and decides some close choices.
    """
    n_same = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        parts = [
            rng.normal(size=(80, 2)) @ (turn(rng) * np.exp(0.7 * rng.normal(size=2)))
            + 0.8 * rng.normal(size=2)
            for _ in range(4)
        ]
        X = np.vstack(parts)
        changed = X @ (turn(rng) * np.exp(rng.normal(size=2)) @ turn(rng)) + 7
        options = {"covariance_type": covariance_type, "random_state": seed}
        labels = fit_mixture(X, 4, **options).predict(X)
        n_same += (fit_mixture(changed, 4, **options).predict(changed) == labels).all()
    assert n_same >= 12


def turn(rng):
    return np.linalg.qr(rng.normal(size=(2, 2)))[0]


def test_report_tells_the_optima():
    X = np.random.default_rng(0).normal(size=(600, 2))
    mixture = fit_mixture(X, 5, random_state=0)
    optima = mixture.report_.runs[0].optima
    assert len(optima) > 1
    assert (np.diff(optima) < -1e-3).all()
    assert f"optima met     {len(optima)}, the best leads by" in repr(mixture.report_)
    assert fit_mixture(X, 5, init_params="kmeans").report_.runs[0].optima == ()


@pytest.mark.parametrize("n_threads", [2, 4])
def test_same_bits_for_any_number_of_threads(n_threads):
    X = blobs(5, 3000, 4, 6)
    options = {"random_state": 0}
    expected = fitted_hash(fit_mixture(X, 6, n_threads=1, **options))
    assert fitted_hash(fit_mixture(X, 6, n_threads=n_threads, **options)) == expected


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize(
    "X",
    [
        np.zeros((8, 2)),
        np.column_stack([np.arange(12.0), np.zeros(12)]),
        np.arange(6.0)[:, np.newaxis],
        np.random.default_rng(0).normal(size=(6, 9)),
        np.repeat(np.eye(3), 4, axis=0),
    ],
    ids=["alike", "constant column", "one feature", "few rows", "duplicates"],
)
def test_odd_rows(X, covariance_type):
    mixture = fit_mixture(X, 3, covariance_type=covariance_type)
    for name in PARAMETERS:
        assert np.isfinite(getattr(mixture, name)).all()


def test_directions_of_groups_separate_them():
    X, labels = cigars(4, 5, 2)
    data = MixtureData(X, None, structure_of("full"), 1)
    data.describe("auto")
    Z = data.round_rows
    np.testing.assert_allclose(np.cov(Z.T, bias=True), np.eye(5), atol=1e-9)
    direction = directions_of_groups(Z, np.random.RandomState(0), 4)[:, 0]
    cut = Z @ direction > 0
    assert max(np.mean(cut == labels), np.mean(cut != labels)) > 0.95
    assert all(0 < cut.sum() < len(Z) for cut in halvings(Z, np.random.RandomState(0)))


@pytest.mark.parametrize("angle", [0.7, 1.5])
def test_a_cut_across_directions_tells_crossing_groups_apart(angle):
    """Half of a group lies on either side of the other: no line separates them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=600)
    X = rng.normal(size=(600, 2)) * [12, 1]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    X[labels == 1] = X[labels == 1] @ turn
    data = MixtureData(X, None, structure_of("full"), 1)
    data.describe("auto")
    directions = directions_of_groups(data.round_rows, np.random.RandomState(0), 8)
    cut = cut_across(data.round_rows, directions)
    assert max(np.mean(cut == labels), np.mean(cut != labels)) > 0.8


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weighted_rows_are_round(covariance_type):
    """White for full and tied, of unit variances for diag, of a mean variance of one else."""
    X = (blobs(0, 50, 3, 2) + 1e6).astype(np.float64)
    weights = np.random.default_rng(0).uniform(size=50)
    data = MixtureData(X, weights, structure_of(covariance_type), 1)
    data.describe("auto")
    np.testing.assert_allclose(np.average(data.round_rows, axis=0, weights=weights), 0, atol=1e-6)
    covariance = np.cov(data.round_rows.T, aweights=weights, bias=True)
    if covariance_type in ("full", "tied"):
        np.testing.assert_allclose(covariance, np.eye(3), atol=1e-6)
    elif covariance_type == "diag":
        np.testing.assert_allclose(np.diagonal(covariance), 1, rtol=1e-6)
    else:
        assert np.trace(covariance) == pytest.approx(3, rel=1e-6)


def test_directions_without_a_length_become_an_axis():
    Z = np.ones((5, 2))
    directions = directions_of_groups(Z, np.random.RandomState(0), 3)
    np.testing.assert_array_equal(directions, [[1.0] * 3, [0.0] * 3])


def test_constant_directions_are_left_out():
    covariance = np.diag([4.0, 0.0, 1.0])
    assert whitening(covariance).shape == (3, 2)


@pytest.mark.parametrize("last", [1, 2, 4])
def test_a_callback_that_ends_the_search_is_not_asked_again(last):
    X = np.random.default_rng(0).normal(size=(800, 4))
    steps = []

    def stop(state):
        if state.iteration == 0:
            steps.append(state)
            return len(steps) >= last
        return True

    fit_mixture(X, 6, random_state=0, callback=stop)
    assert len(steps) == last
