"""Rows drawn by first centres: against NumPy, in any cutting, and starts that miss no cluster."""

import numpy as np
import pytest
from support.parts import ListParts, SentParts, cut

from mixclust import ConvergenceWarning, KMeans
from mixclust._kmeans import parted
from mixclust._kmeans.part_draws import DrawRequest, draw_rows, limits_of
from mixclust._passes.frame import power_of_two
from mixclust._passes.row_keys import hash_rows, uniform_rows
from mixclust._passes.survey import survey

N_ROWS, N_CLUSTERS, N_DRAWN, SEED = 6000, 12, 300, 11
CUTTINGS = [(N_ROWS,), (1, 299), (37,)]


def some_rows(dtype=np.float64, offset=0.0):
    """Groups of rows, of which some are small and far away."""
    rng = np.random.default_rng(3)
    sizes = np.array([3000, 1500, 900, 500, 60, 20, 15, 5])
    X = np.repeat(rng.normal(size=(8, 4)) * 9, sizes, axis=0) + rng.normal(size=(N_ROWS, 4))
    return (rng.permutation(X) + offset).astype(dtype)


def some_weights():
    """Weights of these rows, zeros among them."""
    weights = np.random.default_rng(4).exponential(size=N_ROWS)
    weights[::5] = 0
    return weights


def request_for(X, weights, n_rows=N_DRAWN, share=1.0):
    """A request with rows of X as the first centres, which expects a share of the true inertia."""
    found = survey(cut(X, N_ROWS, sample_weight=weights), 100, 0, 1)
    centers = X[:N_CLUSTERS].astype(np.float64)
    distances, labels = nearest(X, centers)
    weights = np.ones(len(X)) if weights is None else weights
    cluster_weights = np.bincount(labels, weights, minlength=N_CLUSTERS) + 1
    limits = share * limits_of(n_rows, weights @ distances, N_CLUSTERS)
    scale = power_of_two(found.size)
    return DrawRequest(SEED, n_rows, centers, cluster_weights, found.shift, scale, limits)


def nearest(X, centers):
    """Squared distances to the nearest centres, and the labels."""
    distances = ((X.astype(np.float64)[:, np.newaxis] - centers) ** 2).sum(axis=2)
    return distances.min(axis=1), distances.argmin(axis=1)


def drawn_by_numpy(X, weights, request):
    """Numbers and weights of the rows that are drawn."""
    weights = np.ones(len(X)) if weights is None else weights
    distances, labels = nearest(X, request.centers)
    chances, drawn = np.zeros(len(X)), np.zeros(len(X), dtype=bool)
    uniforms = uniform_rows(request.seed, np.arange(len(X)))
    for score, limit in zip(
        (weights * distances, weights / request.cluster_weights[labels]),
        request.limits,
        strict=True,
    ):
        with np.errstate(divide="ignore"):
            keys = uniforms / score
        bound = min(limit, np.sort(keys)[request.n_rows])
        drawn |= keys < bound
        chances = np.maximum(chances, bound * score)
    return np.flatnonzero(drawn), weights[drawn] / np.minimum(chances[drawn], 1)


@pytest.mark.parametrize("share", [0.5, 1.0, 1e6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("dtype", "offset"), [(np.float32, 0), (np.float64, 0), (np.float32, 1e3), (np.float64, 1e6)]
)
def test_draws_equal_numpy_in_every_cutting(dtype, offset, weighted, share):
    X = some_rows(dtype, offset)
    weights = some_weights() if weighted else None
    request = request_for(X, weights, share=share)
    expected, expected_weights = drawn_by_numpy(X, weights, request)
    assert share == 0.5 or N_DRAWN < len(expected) < 2 * N_DRAWN
    first = None
    for sizes in CUTTINGS:
        rows, own_weights, indices = draw_rows(cut(X, *sizes, sample_weight=weights), request, 1)
        np.testing.assert_array_equal(indices, expected)
        np.testing.assert_array_equal(rows, X[expected])
        np.testing.assert_allclose(own_weights, expected_weights, rtol=1e-9)
        first = own_weights if first is None else first
        np.testing.assert_array_equal(own_weights, first)
    pieces = cut(X, 37, sample_weight=weights)
    for parts in (pieces, SentParts(pieces.arrays, pieces.weights)):
        np.testing.assert_array_equal(draw_rows(parts, request, 2)[1], first)


def test_expected_sums_change_no_draw_as_long_as_enough_rows_are_sent():
    X = some_rows()
    one, other = (draw_rows(cut(X, 500), request_for(X, None, share=s), 1) for s in (4, 1e9))
    np.testing.assert_array_equal(one[2], other[2])
    np.testing.assert_array_equal(one[1], other[1])
    no_limit = request_for(X, None)._replace(limits=limits_of(N_DRAWN, 0.0, N_CLUSTERS))
    assert np.isinf(no_limit.limits[0])
    np.testing.assert_array_equal(draw_rows(cut(X, 500), no_limit, 1)[2], one[2])


def test_weights_of_draws_add_up_to_all_rows():
    """Weight and inertia under other centres, in the mean over seeds: draws favour no row."""
    X = some_rows()
    request = request_for(X, None)
    others = np.random.default_rng(0).normal(size=(5, 4)) * 9
    sums = []
    for seed in range(200):
        rows, weights, _ = draw_rows(cut(X, N_ROWS), request._replace(seed=seed), 1)
        sums.append([weights.sum(), weights @ nearest(rows, others)[0]])
    exact = np.array([N_ROWS, nearest(X, others)[0].sum()])
    errors = np.array(sums) / exact - 1
    assert (np.abs(errors.mean(axis=0)) < 4 * errors.std(axis=0) / np.sqrt(len(sums))).all()
    assert (errors.std(axis=0) < 0.08).all()


def test_all_rows_are_drawn_with_their_own_weight_where_they_are_few():
    X, weights = some_rows()[:200], some_weights()[:200]
    request = request_for(some_rows(), None, n_rows=5000)._replace(limits=np.full(2, np.inf))
    rows, own_weights, indices = draw_rows(cut(X, 7, sample_weight=weights), request, 1)
    np.testing.assert_array_equal(indices, np.flatnonzero(weights))
    np.testing.assert_array_equal(rows, X[indices])
    np.testing.assert_array_equal(own_weights, weights[indices])


def test_numbers_of_rows_lie_between_zero_and_one():
    indices = np.arange(100_000)
    uniforms = uniform_rows(5, indices)
    np.testing.assert_allclose(uniforms, hash_rows(5, indices) / 2.0**64, atol=2.0**-52)
    assert (uniforms > 0).all()
    assert (uniforms < 1).all()


# Fits


@pytest.fixture
def small_samples(monkeypatch):
    """Samples of few rows, so that rows are drawn where there are few."""
    monkeypatch.setattr(parted, "MIN_SAMPLE_ROWS", 300)


def rows_of_rare_clusters(dtype=np.float64, offset=0.0):
    """Three large clusters, and seven far ones of 8 rows each of 30,056."""
    rng = np.random.default_rng(1)
    middles = np.concatenate([rng.normal(size=(3, 3)), rng.normal(size=(7, 3)) * 300])
    labels = np.repeat(np.arange(10), [10_000] * 3 + [8] * 7)
    X = middles[labels] + rng.normal(size=(len(labels), 3)) * 0.05
    return (rng.permutation(X) + offset).astype(dtype)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("dtype", "offset"), [(np.float32, 0), (np.float64, 0), (np.float32, 1e3), (np.float64, 1e6)]
)
def test_rare_clusters_that_a_sample_misses_are_found(dtype, offset, weighted, small_samples):
    X = rows_of_rare_clusters(dtype, offset)
    weights = np.where(np.arange(len(X)) % 4 == 0, 0.0, 2.0) if weighted else None
    best = 0.05**2 * 3 * (len(X) if weights is None else weights.sum())
    for seed in range(3):
        parts = cut(X, 4000, sample_weight=weights)
        fitted = KMeans(10, random_state=seed).fit(parts)
        assert fitted.inertia_ < 1.1 * best
        sample = KMeans(10, init=lambda sample, k, random_state: sample[:k], n_init=1)
        assert sample.set_params(random_state=seed).fit(parts).inertia_ > 10 * best
        assert fitted.init_inertias_[0] == pytest.approx(fitted.inertia_, rel=0.3)


def test_cutting_and_threads_change_no_start(small_samples):
    X, weights = rows_of_rare_clusters(), np.random.default_rng(0).exponential(size=30_056)
    seeds = []
    for sizes, n_threads in [((30_056,), 1), ((30_056,), 2), ((999,), 2), ((1, 20_000), 1)]:

        def keep(state):
            if state.iteration == 0:
                seeds.append(state.centers())

        parts = cut(X, *sizes, sample_weight=weights)
        options = {"callback": keep, "random_state": 4, "n_init": 2, "n_threads": n_threads}
        KMeans(40, **options).fit(parts)
    for other in seeds[1:]:
        np.testing.assert_array_equal(other, seeds[0])


def test_a_draw_is_one_pass(small_samples):
    X = rows_of_rare_clusters()

    class Counted(ListParts):
        def total(self, task, request, n_threads):
            tasks.append(task.__name__)
            return super().total(task, request, n_threads)

    for init, first in (("k-means++", ["survey_part", "draw_part"]), ("random", ["survey_part"])):
        tasks = []
        KMeans(10, init=init, n_init=1, random_state=0).fit(Counted(cut(X, 4000).arrays))
        assert tasks[: len(first)] == first
        assert set(tasks[len(first) :]) <= {"expect_part", "far_part"}
    tasks = []
    KMeans(3, random_state=0).fit(Counted(cut(X[:300], 50).arrays))
    assert "draw_part" not in tasks  # the sample holds all rows


def test_sources_of_random_numbers(small_samples):
    X = rows_of_rare_clusters()
    for make in (lambda: 3, lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)):
        one, two = (KMeans(10, random_state=make()).fit(cut(X, 5000)) for _ in range(2))
        np.testing.assert_array_equal(one.cluster_centers_, two.cluster_centers_)


def test_frozen_centers_count_as_first_centers(small_samples):
    X = rows_of_rare_clusters()
    frozen = KMeans(10, random_state=0).fit(cut(X, 5000)).cluster_centers_[:4]
    frozen = np.vstack([frozen, [[1e4, 0, 0]]])
    fitted = KMeans(11, frozen_centers=frozen, random_state=0).fit(cut(X, 5000))
    np.testing.assert_array_equal(fitted.cluster_centers_[:5], frozen)
    assert fitted.inertia_ < 1.1 * 0.05**2 * 3 * len(X)
    alone = KMeans(5, frozen_centers=frozen, random_state=0).fit(cut(X, 5000))
    np.testing.assert_array_equal(alone.cluster_centers_, frozen)


@pytest.mark.parametrize("n_distinct", [1, 6, 40])
def test_fewer_distinct_rows_than_clusters(n_distinct, small_samples):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_distinct, 3))[rng.integers(n_distinct, size=5000)]
    with pytest.warns(ConvergenceWarning, match=rf"clusters \({n_distinct}\) found smaller"):
        fitted = KMeans(60, random_state=0).fit(cut(X, 700))
    assert fitted.inertia_ < 1e-20


def test_most_rows_of_weight_zero(small_samples):
    X = rows_of_rare_clusters()
    weights = np.where(np.arange(len(X)) % 50 == 0, 1.0, 0.0)
    weights[X[:, 0] > 50] = 0
    fitted = KMeans(3, random_state=0).fit(cut(X, 900, sample_weight=weights))
    present = KMeans(3, init=fitted.cluster_centers_, n_init=1).fit(X[weights > 0])
    assert fitted.inertia_ == pytest.approx(present.inertia_, rel=1e-9)
