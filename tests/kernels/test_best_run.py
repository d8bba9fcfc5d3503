"""Runs from several starts in one call, against one run after the other."""

from collections import deque
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from support import reference
from support.runs import frame_of, one_shard, plain_passes, sparse_passes
from support.samples import DTYPES, blobs, normal

from mixclust import KMeans
from mixclust._inputs.random import draw_uniforms
from mixclust._kmeans import runs
from mixclust._kmeans.seeding import Starts
from mixclust.kernels.kmeans import best_run, csr_plusplus, dense_plusplus
from mixclust.kernels.rows import csr_rows, dense_rows

N_CLUSTERS = 4


dense_passes = partial(plain_passes, n_clusters=N_CLUSTERS, keep_panels=True)


def run_all(X, starts, n_places, *, make_seeding=None, keep=True, passes=dense_passes, **options):
    """Result and inertias of runs from all starts, with so many places."""
    found = best_run.Runs(n_places, *X.shape, N_CLUSTERS)
    options = {"max_iter": 100, "tol": 0.0} | options
    lloyd, inertias, first = passes(X), np.empty(starts.count), 0
    while first < starts.count:
        last = min(first + found.n_free, starts.count)
        tasks = deque(range(first, last))
        found.run(lloyd, starts, make_seeding, keep, tasks, first, **options)
        assert not tasks
        found.compare(inertias[first:last])
        first = last
    return found.result(), inertias


def run_one_by_one(X, centers):
    """Results of one run after the other from each start."""
    found = []
    for start in centers:
        lloyd, start, labels = dense_passes(X), start.copy(), np.empty(len(X), dtype=np.int32)
        inertia, n_iter = lloyd.run(start, labels, 100, 0.0)
        n_distinct = len(np.unique(labels))
        found.append((start, labels, inertia, n_iter, lloyd.n_refilled, n_distinct))
    return found


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n_places", [2, 3, 7, 12])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_best_of_all_runs_on_any_number_of_places(dtype, n_places):
    X = blobs(0, 300, 3, 6, dtype=dtype)
    generator = np.random.default_rng(1)
    chosen = [generator.choice(300, N_CLUSTERS, replace=False) for _ in range(12)]
    centers = X[np.array(chosen)].astype(np.float64)
    expected = run_one_by_one(X, centers)
    kept = reference.best_run([run[1] for run in expected], [run[2] for run in expected])
    for starts in (Starts(12, centers=centers), Starts(12, rows=np.array(chosen))):
        found, inertias = run_all(X, starts, n_places)
        assert_same(found, expected[kept])
        np.testing.assert_array_equal(inertias, [run[2] for run in expected])


def test_the_same_clusters_renumbered_are_no_better():
    """Sums in another order end in other last digits, which must not decide."""
    X = blobs(0, 500, 5, N_CLUSTERS) + 0.1
    start = X[np.random.default_rng(0).choice(500, N_CLUSTERS, replace=False)]
    orders = [np.random.default_rng(seed).permutation(N_CLUSTERS) for seed in range(20)]
    centers = np.array([start[order] for order in orders])
    found, _ = run_all(X, Starts(20, centers=centers), 20)
    assert_same(found, run_one_by_one(X, centers[:1])[0])


def test_other_clusters_are_better_by_any_difference():
    """Four points, the corners of a rectangle that is a square but for the last digits."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0 + 1e-12, 0.0], [1.0 + 1e-12, 1.0]])
    X = np.r_[X, X + 1000.0]
    far = np.array([[1000.5, 1000.0], [1000.5, 1001.0]])
    across, along = [[0.5, 0.0], [0.5, 1.0]], [[0.0, 0.5], [1.0, 0.5]]
    centers = np.array([np.r_[across, far], np.r_[along, far]])
    found, inertias = run_all(X, Starts(2, centers=centers), 2)
    assert inertias[1] < inertias[0] < inertias[1] * (1 + 1e-9)
    assert found[2] == inertias[1]


def test_clusters_that_hold_rows_are_counted():
    X = np.repeat(normal(0, 3, 2), 10, axis=0)
    (*_, n_distinct), _ = run_all(X, Starts(1, centers=X[np.newaxis, :N_CLUSTERS]), 1)
    assert n_distinct == run_one_by_one(X, X[np.newaxis, :N_CLUSTERS])[0][-1] <= 3


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_are_chosen_before_a_run(dtype, keep):
    X = blobs(0, 200, 3, 5, dtype=dtype)
    X[np.abs(X) < 1] = 0
    uniforms = draw_uniforms(0, (6, 1 + 3 * (N_CLUSTERS - 1)))
    csr_X = scipy.sparse.csr_array(X)
    for data, passes, make_seeding in (
        (X, dense_passes, partial(dense_plusplus.PlusPlus, dense_rows.DenseRows(X), frame_of(X))),
        (
            csr_X,
            partial(sparse_passes, n_clusters=N_CLUSTERS),
            partial(csr_plusplus.CSRPlusPlus, csr_rows.CSRRows(csr_X)),
        ),
    ):
        make_seeding = partial(make_seeding, one_shard(200), N_CLUSTERS, 3)
        chosen = np.empty((6, N_CLUSTERS), dtype=np.intp)
        for draws, indices in zip(uniforms, chosen, strict=True):
            make_seeding().run(draws, indices)
        starts = Starts(6, rows=np.empty_like(chosen), uniforms=uniforms)
        options = {"passes": passes, "make_seeding": make_seeding, "keep": keep}
        found, inertias = run_all(data, starts, 3, **options)
        np.testing.assert_array_equal(starts.rows, chosen)
        centers = X[chosen].astype(np.float64)
        expected, expected_inertias = run_all(data, Starts(6, centers=centers), 3, passes=passes)
        assert_same(found, expected)
        np.testing.assert_array_equal(inertias, expected_inertias)


def test_report_of_the_runs():
    X, reports = blobs(0, 200, 3, 5), []
    starts = Starts(2, centers=np.array([X[:N_CLUSTERS], X[-N_CLUSTERS:]]))
    run_all(X, starts, 2, report=lambda *values: reports.append(values))
    begins = [i for i, values in enumerate(reports) if not values]
    assert begins[0] == 0
    assert len(begins) == 2
    for lo, hi in zip(begins, [*begins[1:], len(reports)], strict=True):
        assert [values[0] for values in reports[lo + 1 : hi]] == [*range(hi - lo - 1)]


def test_an_error_ends_the_other_runners_too():
    X, tasks = blobs(0, 50, 3, 2), deque(range(5))

    def report(*_):
        raise KeyboardInterrupt

    starts = Starts(5, rows=np.zeros((5, N_CLUSTERS), dtype=np.intp))
    found = best_run.Runs(5, *X.shape, N_CLUSTERS)
    with pytest.raises(KeyboardInterrupt):
        found.run(dense_passes(X), starts, None, True, tasks, 0, 10, 0.0, report)
    assert not tasks


@pytest.mark.parametrize(
    ("starts", "error", "message"),
    [
        (Starts(1, rows=np.array([[0, 1, 2, 50]])), IndexError, "numbers of rows"),
        (Starts(1, rows=np.array([[0, 1, 2, -1]])), IndexError, "numbers of rows"),
        (Starts(1, rows=np.array([[0, 1, 2]])), ValueError, "a row a cluster"),
        (Starts(1, centers=np.zeros((1, 3, 3))), ValueError, "extents"),
        (Starts(1), ValueError, "centers or rows"),
        (Starts(0, rows=np.zeros((0, 4), dtype=np.intp)), IndexError, "tasks"),
        (
            Starts(1, rows=np.zeros((1, 4), dtype=np.intp), uniforms=np.zeros((1, 3))),
            ValueError,
            "draws",
        ),
    ],
)
def test_runs_refuse_wrong_shapes(starts, error, message):
    X = normal(0, 50, 3)
    rows, options = dense_rows.DenseRows(X), (one_shard(50), N_CLUSTERS, 3)
    make_seeding = partial(dense_plusplus.PlusPlus, rows, frame_of(X), *options)
    found = best_run.Runs(1, 50, 3, N_CLUSTERS)
    with pytest.raises(error, match=message):
        found.run(dense_passes(X), starts, make_seeding, True, deque([0]), 0, 10, 0.0)


def test_places_refuse_wrong_shapes():
    X = normal(0, 50, 3)
    starts = Starts(2, centers=np.zeros((2, N_CLUSTERS, 3)))
    for n_places, n_samples, n_features in [(1, 50, 3), (2, 49, 3), (2, 50, 2)]:
        found = best_run.Runs(n_places, n_samples, n_features, N_CLUSTERS)
        with pytest.raises((IndexError, ValueError)):
            found.run(dense_passes(X), starts, None, True, deque([0, 1]), 0, 10, 0.0)
    with pytest.raises(ValueError, match="at most n_free"):
        found.compare(np.empty(3))
    with pytest.raises(ValueError, match="no run"):
        found.result()


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_the_same_bits_with_few_places(monkeypatch, n_threads):
    X = normal(0, 3000, 20)
    fit = partial(KMeans(9, n_init=8, random_state=0, n_threads=n_threads).fit, X)
    expected = [getattr(fit(), name) for name in ("labels_", "cluster_centers_", "init_inertias_")]
    monkeypatch.setattr(runs, "MAX_PLACES_BYTES", 0)
    found = fit()
    assert_same([found.labels_, found.cluster_centers_, found.init_inertias_], expected)


def test_draws_equal_draws_of_a_new_source():
    for seed in (0, np.int64(7), 2**32 - 1):
        expected = np.random.RandomState(seed).uniform(size=(3, 5))
        for _ in range(2):
            np.testing.assert_array_equal(draw_uniforms(seed, (3, 5)), expected)
    source, other = np.random.default_rng(5), np.random.default_rng(5)
    np.testing.assert_array_equal(draw_uniforms(source, 4), other.uniform(size=4))
    np.testing.assert_array_equal(source.uniform(size=4), other.uniform(size=4))
