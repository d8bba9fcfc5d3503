"""Sweeps over numbers of components: no mixture is less likely than a smaller one."""

import warnings

import numpy as np
import pytest
from support.mixtures import COVARIANCE_TYPES, PARAMETERS
from support.real_data import DATA
from support.samples import blobs, fitted_hash, normal

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture
from mixclust._mixture import sweep
from mixclust._mixture.choice import Choice
from mixclust._mixture.structures import Full, covariance_types, registry


def bars(seed, n=200):
    """Three long groups side by side, turned."""
    rng = np.random.default_rng(seed)
    X = np.vstack([rng.normal(size=(n, 2)) * [10, 0.3] + [0, 3 * i] for i in range(3)])
    c, s = np.cos(0.5), np.sin(0.5)
    return X @ [[c, s], [-s, c]]


ROWS = {
    "iris": DATA["iris"],
    "bars": bars(0, 60),
    "noise": normal(1, 150, 3),
    "blobs": blobs(2, 200, 2, 5).astype(np.float32),
    "one feature": np.sort(normal(3, 120, 1), axis=0) ** 3,
}


ROUNDING_IN_NATS = 1e-9
FLOOR_IN_NATS = {"one feature": 1e-4}
"""Falls by `reg_covar`, which is half of the variance of the smallest components there."""


def quiet_sweep(estimator, sizes, X, sample_weight=None, progress=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", CollapseWarning)
        return sweep.fit_sweep(estimator, sizes, X, sample_weight, progress)


def is_sound(mixture):
    return mixture.report_.n_collapsed == 0


def bounds_of(mixtures):
    """Bounds by size of the mixtures without collapsed components, and bounds of all."""
    return np.array(
        [mixtures[size].lower_bound_ for size in sorted(mixtures) if is_sound(mixtures[size])]
    )


def alone(estimator, size, X, sample_weight=None):
    """The mixture of one size, fitted outside a sweep."""
    return quiet_sweep(estimator, [size], X, sample_weight)[size]


@pytest.mark.parametrize("init_params", ["auto", "kmeans", "random_from_data"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", ROWS)
def test_the_likelihood_never_falls(name, covariance_type, init_params):
    """And no mixture is worse than outside the sweep."""
    X = ROWS[name]
    estimator = GaussianMixture(
        covariance_type=covariance_type, init_params=init_params, random_state=0
    )
    mixtures = quiet_sweep(estimator, range(1, 10), X)
    assert list(mixtures) == list(range(1, 10))
    least = -FLOOR_IN_NATS.get(name, ROUNDING_IN_NATS)
    assert (np.diff(bounds_of(mixtures)) >= least).all()
    for size, mixture in mixtures.items():
        before = alone(estimator, size, X)
        if is_sound(before):
            assert is_sound(mixture)
            assert mixture.lower_bound_ >= before.lower_bound_


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("sizes", [[9, 2, 4], [1, 12], [8, 1, 8, 3]])
def test_sizes_with_gaps_in_any_order(sizes, covariance_type):
    X = ROWS["blobs"]
    estimator = GaussianMixture(
        covariance_type=covariance_type, init_params="random_from_data", random_state=1
    )
    mixtures = quiet_sweep(estimator, sizes, X)
    assert list(mixtures) == list(dict.fromkeys(sizes))
    assert [mixtures[size].n_components for size in mixtures] == list(mixtures)
    assert (np.diff(bounds_of(mixtures)) >= -ROUNDING_IN_NATS).all()
    for size, mixture in mixtures.items():
        assert mixture.means_.shape == (size, 2)


def test_a_poor_mixture_is_improved_from_both_sides():
    """A start that gives all rows to one component leaves the others to the sweep."""
    X = bars(0)

    def poor(X, n_components, random_state):
        labels = np.zeros(len(X), dtype=int)
        if n_components == 3:
            labels = np.repeat([0, 1, 2], 200)
        else:
            labels[: n_components - 1] = np.arange(1, n_components)
        return labels

    estimator = GaussianMixture(init_params=poor, random_state=0)
    mixtures = quiet_sweep(estimator, range(1, 6), X)
    for size, mixture in mixtures.items():
        assert is_sound(mixture)
        origin = mixture.report_.runs[0].origin
        if size in (1, 3):
            assert origin == ""
        else:
            assert origin.startswith("the mixture of ")
            assert f"start          {origin}\n" in repr(mixture.report_)
    assert mixtures[2].report_.runs[0].origin.endswith("of the same sweep, by merging")
    assert mixtures[5].report_.runs[0].origin == (
        "the mixture of 4 components of the same sweep, by splitting"
    )
    np.testing.assert_array_less(
        alone(estimator, 2, X).lower_bound_ + 0.1, mixtures[2].lower_bound_
    )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_improved_mixtures_are_real_fits(covariance_type):
    """Their attributes agree with each other, and a fit goes on from them."""
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(DATA["iris"], columns=list("abcd"))
    weights = 0.5 + np.arange(len(X)) % 3
    estimator = GaussianMixture(
        covariance_type=covariance_type, init_params="random_from_data", random_state=3, n_init=2
    )
    before = dict(vars(estimator))
    mixtures = quiet_sweep(estimator, range(1, 8), X, weights)
    assert vars(estimator) == before
    improved = [size for size in mixtures if mixtures[size].report_.runs[0].origin]
    assert improved
    plain = GaussianMixture(random_state=0).fit(X)
    for size in improved:
        mixture = mixtures[size]
        assert set(vars(mixture)) == set(vars(plain))
        assert mixture.get_params() == estimator.get_params() | {"n_components": size}
        assert list(mixture.feature_names_in_) == list("abcd")
        report = mixture.report_
        assert (report.best, len(report.runs)) == (0, 1)
        assert report.runs[0].n_iter == mixture.n_iter_ == len(mixture.lower_bounds_)
        assert report.runs[0].converged == mixture.converged_
        assert report.runs[0].lower_bound == mixture.lower_bound_ == mixture.lower_bounds_[-1]
        assert report.effective_sizes == pytest.approx(mixture.weights_ * weights.sum())
        assert mixture.weights_.sum() == pytest.approx(1)
        assert mixture.score(X, sample_weight=weights) == pytest.approx(
            mixture.lower_bound_, abs=1e-4
        )
        assert mixture.bic(X, weights) < np.inf
        bound = mixture.lower_bound_
        mixture.set_params(warm_start=True)
        mixture.fit(X, sample_weight=weights)
        assert mixture.lower_bound_ >= bound - 1e-7  # reg_covar may take a little
        assert mixture.report_.runs[0].origin == "the last fit"


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_trials_on_a_part_of_the_rows(covariance_type, monkeypatch):
    X, weights = blobs(5, 3000, 3, 6), 1.0 + np.arange(3000) % 2
    weights[:100] = 0
    monkeypatch.setattr(sweep, "MAX_COST_OF_PASS", 1)
    estimator = GaussianMixture(
        covariance_type=covariance_type, init_params="random_from_data", random_state=0
    )
    mixtures = quiet_sweep(estimator, range(1, 9), X, weights)
    assert (np.diff(bounds_of(mixtures)) >= -ROUNDING_IN_NATS).all()
    assert any(mixture.report_.runs[0].origin for mixture in mixtures.values())


def test_weights_are_repetitions():
    X = ROWS["bars"]
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    repeated = np.repeat(X, weights.astype(int), axis=0)
    estimator = GaussianMixture(random_state=0)
    weighted = bounds_of(quiet_sweep(estimator, range(1, 4), X, weights))
    np.testing.assert_allclose(
        weighted, bounds_of(quiet_sweep(estimator, range(1, 4), repeated)), atol=1e-3
    )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_rows_of_weight_zero_are_absent(covariance_type):
    """Far rows of weight zero are the only ones that some component would be nearest to."""
    X = ROWS["bars"]
    absent = 40 + normal(0, 50, 2)
    weights = np.repeat([1.0, 0.0], [len(X), 50])
    estimator = GaussianMixture(
        covariance_type=covariance_type, init_params="random_from_data", random_state=0
    )
    mixtures = quiet_sweep(estimator, range(1, 7), np.vstack([X, absent]), weights)
    assert (np.diff(bounds_of(mixtures)) >= -ROUNDING_IN_NATS).all()
    assert any(mixture.report_.runs[0].origin for mixture in mixtures.values())
    for mixture in mixtures.values():
        assert mixture.score(X) == pytest.approx(mixture.lower_bound_, abs=1e-4)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_same_bits_again_and_for_any_number_of_threads(covariance_type):
    X = blobs(5, 3000, 4, 6)
    options = {"covariance_type": covariance_type, "init_params": "kmeans"}

    def hashes(n_threads, random_state):
        estimator = GaussianMixture(random_state=random_state, n_threads=n_threads, **options)
        mixtures = quiet_sweep(estimator, [2, 5, 6, 7], X)
        return [fitted_hash(mixture) for mixture in mixtures.values()]

    expected = hashes(1, 0)
    assert hashes(2, 0) == expected
    assert hashes(4, 0) == expected
    for make in (np.random.RandomState, np.random.default_rng):
        assert hashes(1, make(7)) == hashes(2, make(7))


def test_collapsed_mixtures_give_way_and_are_no_start():
    """Duplicates let components collapse; a sound fit is preferred, and a gap stays one."""
    corners = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    X = np.vstack([np.repeat(corners, 15, axis=0), 2 * normal(0, 60, 2) + 9])

    def onto_duplicates(X, n_components, random_state):
        labels = np.full(len(X), n_components - 1)
        labels[:15] = 0
        return labels

    estimator = GaussianMixture(init_params=onto_duplicates, random_state=0)
    assert not is_sound(alone(estimator, 2, X))
    mixtures = quiet_sweep(estimator, [1, 2, 3], X)
    assert is_sound(mixtures[1])
    assert is_sound(mixtures[2])
    assert mixtures[2].report_.runs[0].origin.startswith("the mixture of 1 component ")
    alike = quiet_sweep(GaussianMixture(random_state=0), [1, 2, 3], np.repeat(np.eye(2), 9, axis=0))
    assert not any(is_sound(alike[size]) for size in (2, 3))


def test_where_no_component_can_be_split_the_density_stays():
    """Three components on rows that give each other no start: the same density is no loss."""
    X = normal(4, 24, 3)

    def one_on_all(X, n_components, random_state):
        resp = np.full((len(X), n_components), 1e-3)
        resp[:, 0] = 1 - 1e-3 * (n_components - 1)
        return resp

    estimator = GaussianMixture(init_params=one_on_all, random_state=0)
    mixtures = quiet_sweep(estimator, [1, 2, 3], X)
    assert (np.diff(bounds_of(mixtures)) >= -ROUNDING_IN_NATS).all()


def test_a_collapsed_mixture_between_two_others_is_passed_over():
    """The next larger mixture starts from the one below, and has its own size."""
    corners = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    X = np.repeat(corners, 15, axis=0) + 0.1 * normal(0, 60, 2)
    estimator = GaussianMixture(random_state=0)
    mixtures = {size: alone(estimator, size, X) for size in (2, 3, 4)}
    assert all(is_sound(mixtures[size]) for size in (2, 4))
    mixtures[3].report_.n_collapsed = 1
    mixtures[4].lower_bound_ = -9.0
    steps = []
    improver = sweep._Sweep(mixtures, X, None, lambda *step: steps.append(step))
    improver._best_trial = lambda starts, size: None
    improver._go_up()
    assert steps == [(3, 2), (4, 2)]
    assert mixtures[4].report_.runs[0].origin == (
        "the mixture of 2 components of the same sweep, by doubling"
    )
    assert mixtures[4].means_.shape == (4, 2)
    assert mixtures[4].lower_bound_ >= mixtures[2].lower_bound_ - ROUNDING_IN_NATS


def test_doubling_keeps_the_density():
    X = bars(1)
    mixtures = quiet_sweep(GaussianMixture(random_state=0), [2], X)
    for larger in (3, 6):
        for covariance_type in COVARIANCE_TYPES:
            estimator = GaussianMixture(covariance_type=covariance_type, random_state=0)
            mixtures = {size: alone(estimator, size, X) for size in (2, larger)}
            steps = sweep._Sweep(mixtures, X, None, lambda size, other: None)
            mixtures[larger].lower_bound_ = -np.inf
            doubled = steps._doubled(2, larger)
            steps._replace(larger, doubled, "doubled")
            assert len(doubled.weights) == larger
            assert doubled.weights.sum() == pytest.approx(1)
            assert mixtures[larger].report_.runs[0].origin == "doubled"
            assert mixtures[larger].lower_bounds_[0] == pytest.approx(
                mixtures[2].score(X), abs=1e-9
            )


class Hinged(Full):
    """Covariance matrices with an M step in Python: only the face of a structure is known."""

    name = "hinged"

    @staticmethod
    def maximise(statistics, parameters, floor):
        counts = np.maximum(statistics.counts, 1e-12)
        means = statistics.means()
        scatters = statistics.about(means).scatters
        covariances = scatters / counts[:, np.newaxis, np.newaxis] + np.diag(floor)
        return counts / counts.sum(), means, covariances


def test_a_structure_of_ones_own(monkeypatch):
    monkeypatch.setattr(registry, "_STRUCTURES", dict(registry._STRUCTURES))
    registry.register(Hinged)
    X = bars(2)
    estimator = GaussianMixture(covariance_type="hinged", init_params="kmeans", random_state=0)
    mixtures = quiet_sweep(estimator, range(1, 6), X)
    assert (np.diff(bounds_of(mixtures)) >= -ROUNDING_IN_NATS).all()
    assert any(mixture.report_.runs[0].origin for mixture in mixtures.values())


@pytest.mark.parametrize(
    ("X", "options"),
    [
        (normal(0, 6, 9), {}),
        (np.zeros((8, 2)), {}),
        (np.column_stack([np.arange(12.0), np.zeros(12)]), {}),
        (normal(0, 40, 2), {"max_iter": 0}),
        (normal(0, 40, 2), {"max_iter": 1}),
        (normal(0, 40, 2), {"on_collapse": "drop"}),
        (normal(0, 40, 2), {"on_collapse": "restart"}),
        (normal(0, 40, 2), {"acceleration": "squarem"}),
        (normal(0, 40, 2), {"reg_covar": 0}),
    ],
)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_odd_rows_and_options(X, options, covariance_type):
    estimator = GaussianMixture(covariance_type=covariance_type, random_state=0, **options)
    mixtures = quiet_sweep(estimator, [1, 2, 4], X)
    for mixture in mixtures.values():
        for name in PARAMETERS:
            assert np.isfinite(getattr(mixture, name)).all()
    bounds = bounds_of(mixtures)
    assert (np.diff(bounds[np.isfinite(bounds)]) >= -ROUNDING_IN_NATS).all()


def test_a_mixture_that_replaces_another_warns_once():
    X = bars(0)
    estimator = GaussianMixture(init_params="random", random_state=0, max_iter=3, tol=0)
    with pytest.warns(ConvergenceWarning, match="did not converge in 3 iterations") as caught:
        mixtures = sweep.fit_sweep(estimator, [1, 2, 3], X)
    n_improved = sum(bool(mixture.report_.runs[0].origin) for mixture in mixtures.values())
    assert n_improved >= 1
    assert len(caught) >= 3 + n_improved


def test_progress_names_each_step():
    steps = []
    quiet_sweep(
        GaussianMixture(random_state=0), [2, 1, 3], bars(0), None, lambda *step: steps.append(step)
    )
    assert steps[:5] == [(2, None), (1, None), (3, None), (2, 1), (3, 2)]
    assert (2, 3) in steps
    assert (1, 2) not in steps, "one component has one optimum"


def test_an_interrupt_ends_a_sweep(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "run_shortly", interrupt)
    with pytest.raises(KeyboardInterrupt):
        quiet_sweep(GaussianMixture(random_state=0), [1, 2], bars(0))


@pytest.mark.parametrize("starts", ["shared", "independent"])
@pytest.mark.parametrize("seed", range(3))
def test_three_long_groups_are_three_components(seed, starts):
    options = {"random_state": 0, "starts": starts}
    choice = Choice(bars(seed), list(range(1, 7)), list(covariance_types()), "bic", options)
    assert choice.best == (3, "tied")
    assert sorted(choice.values) == sorted(
        (size, kind) for size in range(1, 7) for kind in covariance_types()
    )
    assert sorted(np.bincount(choice.mixture.predict(bars(seed)))) == [200, 200, 200]
