"""KMeans on rows of many features, of which a few rotated ones may hold most of the variance."""

import tracemalloc

import numpy as np
import pytest
from support import reference
from support.samples import DTYPES, assert_same, normal, quiet_fit

from mixclust import KMeans
from mixclust._kmeans import coarse, dense_data, searches
from mixclust._passes.frame import frame_of
from mixclust.kernels.kmeans import byte_scores
from mixclust.kernels.kmeans.byte_scores import ByteScores


@pytest.fixture
def small(monkeypatch):
    """Try bounds on small data too."""
    for name in ("MIN_COARSE_COST", "MIN_SINGLE_COARSE_COST", "MIN_COARSE_PAIRS"):
        monkeypatch.setattr(searches, name, 0)


def embeddings(seed, n, d, dtype=np.float64):
    """Rows of unit length around points of a plane of 12 dimensions."""
    generator = np.random.default_rng(seed)
    points = generator.standard_normal((40, 12))[generator.integers(40, size=n)]
    points += 0.4 * generator.standard_normal((n, 12))
    X = points @ np.linalg.qr(generator.standard_normal((d, 12)))[0].T
    X += 0.05 * generator.standard_normal((n, d))
    return (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(dtype)


@pytest.fixture(params=[True, False], ids=["fast bytes", "no bytes"])
def fast_bytes(request, monkeypatch):
    """Whether the choice holds bytes for fast; they are slow, and right, on every CPU."""
    monkeypatch.setattr(byte_scores, "are_fast", lambda: request.param)
    return request.param


def choice_of(X, max_bytes=2**20, n_passes=8):
    return coarse.CoarseChoice(X, frame_of(X.astype(np.float64)), max_bytes, n_passes)


def test_prefix_is_as_long_as_the_plane(fast_bytes):
    X = embeddings(0, 3000, 160)
    assert choice_of(X)(X[:400]).n_axes == 16


def test_no_prefix_of_noise(fast_bytes):
    X = normal(0, 3000, 160)
    chosen = choice_of(X)(X[:400])
    assert isinstance(chosen, ByteScores) if fast_bytes else chosen is None


def test_no_bytes_where_a_few_features_are_huge():
    """Rounding takes all other features away, and leaves all centres open."""
    X = normal(0, 3000, 160)
    X[:, 0] = np.where(np.arange(3000) % 2, 1e6, -1e6)
    assert choice_of(X)(X[:400]) is None


def test_no_prefix_where_the_rotation_costs_more(monkeypatch):
    """Few clusters, and a single pass."""
    monkeypatch.setattr(byte_scores, "are_fast", lambda: False)
    X = embeddings(0, 3000, 160)
    assert choice_of(X, n_passes=1)(X[:12]) is None


@pytest.mark.parametrize("shape", [(400, 96), (97, 96), (96, 96), (3, 200), (1, 96)])
def test_choice_of_few_rows(shape, fast_bytes):
    X = embeddings(0, *shape)
    choice_of(X)(X[:2])


def test_runs_share_the_data_of_rows(fast_bytes):
    for X in (embeddings(0, 3000, 160), normal(0, 3000, 160)):
        choice = choice_of(X)
        assert choice(X[:400]) is choice(X[1000:1400])


@pytest.mark.parametrize("options", [{}, {"n_init": 3}, {"max_iter": 1}], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_fit_and_predict_equal_those_without_bounds(small, fast_bytes, dtype, options):
    X = normal(0, 3000, 160, dtype=dtype) if fast_bytes else embeddings(0, 3000, 160, dtype)
    X[::50] = X[7]  # copies of a row
    model = KMeans(120, init="random", random_state=0, tol=0).set_params(**options)
    found = quiet_fit(model, X)
    expected = quiet_fit(KMeans(**found.get_params()).set_params(algorithm="lloyd"), X)
    found.set_params(algorithm="lloyd")
    assert_same(found, expected)
    np.testing.assert_array_equal(found.predict(X), found.labels_)
    np.testing.assert_array_equal(found.labels_, reference.nearest(X, found.cluster_centers_))


def test_weights_threads_and_callback(small, fast_bytes):
    X = embeddings(1, 3000, 160)
    sample_weight = np.random.default_rng(1).integers(0, 3, 3000)
    start = np.concatenate([X[:90], X[:2], X[:1] + 9])
    models, histories = [], []
    for n_threads, algorithm in ((1, "auto"), (2, "auto"), (1, "lloyd")):
        history = []
        model = KMeans(
            93,
            init=start,
            algorithm=algorithm,
            callback=lambda state, history=history: history.append(state.inertia),
            n_threads=n_threads,
        )
        quiet_fit(model, X, sample_weight=sample_weight)
        models.append(model.set_params(algorithm="auto", n_threads=1, callback=None))
        histories.append(history)
    assert models[0].n_empty_clusters_refilled_ > 0
    for model, history in zip(models[1:], histories[1:], strict=True):
        assert_same(models[0], model)
        assert history == histories[0]


def test_memory_of_bounds(small, fast_bytes, monkeypatch):
    """Data of rows are kept up to their budget, and not at all beyond it."""
    X = embeddings(0, 60_000, 100, np.float32)
    model = KMeans(150, init=X[:150].copy(), n_init=1, max_iter=2)
    monkeypatch.setattr(dense_data, "MAX_SUMS_BYTES", 2**21)
    slack = 2**23  # sums, a sample of 2,144 rows and its axes, centres
    for max_bytes, row_bytes in ((0, 4), (36 * 2**20, 4 + 2 * 4 * 120)):
        monkeypatch.setattr(dense_data, "MAX_PANELS_BYTES", max_bytes)
        tracemalloc.start()
        try:
            quiet_fit(model, X)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak <= row_bytes * len(X) + slack
