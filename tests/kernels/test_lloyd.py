"""The passes of k-means, with and without bounds, against the plain NumPy of reference.py."""

import signal
from functools import partial

import numpy as np
import pytest
from support import reference
from support.runs import (
    BOUNDS,
    backwards,
    bounded_passes,
    byte_passes,
    frame_of,
    label,
    one_shard,
    plain_passes,
    prefix_passes,
    run,
)
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal, whole_numbers

PASSES = {
    "plain": plain_passes,
    "bounded": partial(bounded_passes, always=True),
    "either": partial(bounded_passes, always=False),
    "prefix": prefix_passes,
    "bytes": byte_passes,
}


@pytest.fixture(params=PASSES)
def passes(request):
    """A function that makes the passes over X."""
    return PASSES[request.param]


# ---------------------------------------------------------------------------- labels


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 4, 5, 8, 17, 100])
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_is_exact_on_whole_numbers(dtype, n_clusters):
    for n in (0, 1, 2, 15, 16, 17, 47, 48, 49, 200):
        for d in (1, 2, 3, 8, 17, 40):
            X = whole_numbers(n + d, n, d, dtype=dtype, low=-3, high=4)
            centers = whole_numbers(d, n_clusters, d, low=-3, high=4)
            labels, inertia, _ = label(X, centers)
            np.testing.assert_array_equal(labels, reference.nearest(X, centers))
            assert inertia == reference.inertia(X, centers, labels)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_at_any_stride(dtype, layout):
    X, centers = normal(0, 150, 6, dtype=dtype), normal(1, 11, 6)
    labels, inertia, _ = label(layouts(X)[layout], centers)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    assert inertia == pytest.approx(reference.inertia(X, centers, labels), rel=1e-13)


@pytest.mark.parametrize("shape", [(3, 2000, 5), (5000, 2, 3), (300, 3, 5000), (130, 900, 60)])
def test_label_in_blocks_of_every_kind(shape):
    """Few rows of many features, many rows, more centres than a cache holds."""
    n, d, n_clusters = shape
    X, centers = whole_numbers(0, n, d, dtype=np.float32), whole_numbers(1, n_clusters, d)
    labels, inertia, _ = label(X, centers)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    assert inertia == reference.inertia(X, centers, labels)


@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_alone_equal_labels_with_the_inertia(dtype):
    for n, d, n_clusters in [(0, 3, 2), (1, 1, 1), (49, 16, 9), (2000, 3, 40), (300, 130, 400)]:
        X, centers = normal(n, n, d, dtype=dtype), normal(d, n_clusters, d)
        expected, _, _ = label(X, centers)
        for keep_panels in (False, True):
            lloyd = plain_passes(X, n_clusters, keep_panels=keep_panels)
            for _ in range(2):  # the second time from the panels that were kept
                labels = np.full(n, 77, dtype=np.int32)
                assert lloyd.label(centers, labels, measure=False) == 0
                np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_equal_labels_of_float64_at_a_huge_offset(dtype, offset):
    """The frame removes most of the offset; without it float64 decides every row."""
    grid = whole_numbers(0, 400, 3, low=-2000, high=2000) * (64 if dtype is np.float32 else 1)
    X = (grid + offset).astype(dtype)
    centers = X[:9].astype(np.float64)
    expected = reference.nearest(X, centers)
    shift = X.mean(axis=0, dtype=np.float64)
    for frame in ({}, {"shift": shift}, {"shift": shift, "scale": 2.0**-17}):
        labels, inertia, _ = label(X, centers, **frame)
        np.testing.assert_array_equal(labels, expected)
        assert inertia == pytest.approx(reference.inertia(X, centers, expected), rel=1e-12)


def test_float64_decides_where_float32_cannot():
    """Rows a few units of the 50th bit off the bisector of two centres, on either side."""
    centers = np.array([[-1.0, 0.0], [1.0, 0.0]])
    sides = np.arange(-500, 501)
    X = np.column_stack([sides * 2.0**-45, normal(0, len(sides))])
    labels, _, n_decided = label(X, centers)
    np.testing.assert_array_equal(labels, sides > 0)
    assert n_decided == len(X)
    _, _, n_decided = label(np.array([[-1.0, 0.1], [1.0, 0.2]] * 40), centers)
    assert n_decided == 0


@pytest.mark.parametrize("scale", [2.0**-60, 1.0, 2.0**60])
@pytest.mark.parametrize("size", [1e-15, 1.0, 1e15])
def test_labels_at_any_scale_of_data_and_frame(size, scale):
    X, centers = normal(0, 200, 4) * size, normal(1, 7, 4) * size
    labels, inertia, _ = label(X, centers, scale=scale)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    assert inertia == pytest.approx(reference.inertia(X, centers, labels), rel=1e-13)


def test_inertia_is_weighted():
    X, centers = normal(0, 333, 5), normal(1, 6, 5)
    sample_weight = np.random.default_rng(2).exponential(size=333)
    sample_weight[::7] = 0
    labels, inertia, _ = label(X, centers, sample_weight=sample_weight)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    expected = reference.inertia(X, centers, labels, sample_weight)
    assert inertia == pytest.approx(expected, rel=1e-13)


# ---------------------------------------------------------------------------- runs


@pytest.mark.parametrize("max_iter", [1, 2, 5])
def test_the_last_centers_are_full_sums(max_iter):
    """Sums that rows were moved between have the bits of sums that are made afresh."""
    X = normal(0, 17_000, 3)
    found = run(X, X[:6], max_iter=max_iter)
    expected = run(X, X[:6], max_iter=max_iter, n_slices=1)
    assert found["n_iter"] == max_iter
    np.testing.assert_array_equal(found["labels"], expected["labels"])
    np.testing.assert_array_equal(found["centers"], expected["centers"])


def assert_same_run(found, expected, rtol=1e-12):
    for name in ("labels", "n_iter", "n_refilled"):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    scale = abs(expected["centers"]).max()
    np.testing.assert_allclose(found["centers"], expected["centers"], rtol=0, atol=rtol * scale)
    assert found["inertia"] == pytest.approx(expected["inertia"], rel=max(rtol, 1e-10))


RUNS = [(1, 1, 1), (1, 5, 1), (2, 3, 2), (60, 1, 4), (200, 2, 7), (500, 16, 20), (150, 40, 5)]
# Large enough for sums that are kept while only the rows that change their centre are moved.
RUNS += [(9000, 4, 12), (17_000, 2, 5), (2100, 17, 30)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "n_clusters"), RUNS)
def test_run(n, d, n_clusters, weighted, passes):
    X = normal(n, n, d) + 3
    sample_weight = np.random.default_rng(1).integers(0, 4, n) + float(n < 9) if weighted else None
    start = X[:n_clusters]
    options = {"sample_weight": sample_weight, "max_iter": 40}
    assert_same_run(run(X, start, passes=passes, **options), reference.lloyd(X, start, **options))


@pytest.mark.parametrize(
    "options", [{"keep_panels": True}, *({"n_slices": n} for n in (1, 3, 32))], ids=str
)
@pytest.mark.parametrize("weighted", [False, True])
def test_run_with_other_buffers(options, weighted, passes):
    X = blobs(3, 4000, 9, 12)
    sample_weight = np.random.default_rng(1).uniform(size=4000) if weighted else None
    expected = reference.lloyd(X, X[:12], sample_weight=sample_weight)
    found = run(X, X[:12], sample_weight=sample_weight, passes=passes, **options)
    assert_same_run(found, expected)


def test_run_keeps_its_panels_between_runs(passes):
    X = normal(0, 500, 3)
    lloyd = passes(X, 4, keep_panels=True)
    for start in (0, 100, 0):
        centers, labels = X[start : start + 4].copy(), np.empty(500, dtype=np.int32)
        inertia, n_iter = lloyd.run(centers, labels, 100, 0.0)
        expected = reference.lloyd(X, X[start : start + 4])
        np.testing.assert_array_equal(labels, expected["labels"])
        assert (n_iter, inertia) == (expected["n_iter"], pytest.approx(expected["inertia"]))


def test_centers_of_float32_rows_are_float32_numbers(passes):
    X = normal(0, 300, 4, dtype=np.float32)
    centers = run(X, X[:5], passes=passes)["centers"]
    np.testing.assert_array_equal(centers, centers.astype(np.float32))
    labels = reference.nearest(X, centers)
    np.testing.assert_allclose(centers, reference.means(X, labels, 5), rtol=1e-6)


@pytest.mark.parametrize("max_iter", [1, 2, 3])
def test_run_stops_at_max_iter(max_iter, passes):
    X = normal(5, 400, 2)
    found = run(X, X[:8], max_iter=max_iter, passes=passes)
    assert_same_run(found, reference.lloyd(X, X[:8], max_iter=max_iter))
    assert found["n_iter"] == max_iter


@pytest.mark.parametrize("tol", [1e-3, 1e-1, 1e9])
def test_run_stops_at_tol(tol, passes):
    X = normal(5, 400, 2)
    found = run(X, X[:8], tol=tol, passes=passes)
    assert_same_run(found, reference.lloyd(X, X[:8], tol=tol))
    assert found["n_iter"] < reference.lloyd(X, X[:8])["n_iter"]


def test_report_of_every_iteration(passes):
    X, seen = normal(5, 17_000, 2), []
    X[:6000] += 20  # three groups, so that few rows change their centre before the end
    X[6000:9000, 0] -= 30
    start = X[[0, 1, 7000, 16_000]]
    found = run(
        X,
        start,
        report=lambda *told: seen.append((*told[:3], told[3].copy())),
        passes=passes,
    )
    expected = reference.lloyd(X, start)
    iterations, inertias, shifts, centers = zip(*seen, strict=True)
    assert iterations == tuple(range(expected["n_iter"]))
    np.testing.assert_allclose(inertias, expected["history"], rtol=1e-12)
    assert shifts[-1] == 0
    assert all(shift > 0 for shift in shifts[:-1])
    moved = [((a - b) ** 2).sum() for a, b in zip(centers, (start, *centers), strict=False)]
    np.testing.assert_allclose(moved, shifts, rtol=1e-9, atol=1e-12)
    assert_same_run(found, expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_empty_clusters_take_the_farthest_rows(weighted, passes):
    X = normal(2, 200, 3)
    sample_weight = np.tile([0.0, 1.0, 2.0, 1.0], 50) if weighted else None
    start = np.vstack([X[:3], np.full((4, 3), 100.0)])
    expected = reference.lloyd(X, start, sample_weight=sample_weight)
    assert expected["n_refilled"] >= 4
    assert_same_run(run(X, start, sample_weight=sample_weight, passes=passes), expected)


def test_more_clusters_than_distinct_rows(passes):
    X = np.repeat([[0.0, 0.0], [3.0, 4.0]], [5, 3], axis=0)
    found = run(X, np.repeat([[0.0, 0.0], [3.0, 4.0]], [3, 2], axis=0), passes=passes)
    assert np.isfinite(found["centers"]).all()
    assert found["inertia"] == 0
    assert len(set(found["labels"])) == 2


def test_centers_stay_means_when_a_huge_row_leaves_late(passes):
    """The row at 1.05e19 changes its cluster when few others do, and takes no digits along."""
    small = normal(0, 40_000) + 7
    huge = np.array([1.05, 2.05, 2.05, 2.05, 2.05, 2.05, 4.9, 6.6, 6.7]) * 1e19
    X = np.concatenate([small, huge])[:, np.newaxis]
    start = np.array([[0], [3e19], [10.1e19]])
    found = run(X, start, shift=np.zeros(1), passes=passes)
    changed = np.flatnonzero(found["labels"] != reference.lloyd(X, start, max_iter=1)["labels"])
    assert changed.tolist() == [40_000], "the rows no longer make the case that they should"
    assert found["centers"][0, 0] == pytest.approx(small.mean(), rel=1e-12)


def test_cluster_that_loses_its_rows_late_is_refilled(passes):
    """Two rows either side of their centre leave it at once, when hardly any other row moves."""
    right = np.array([1.05, 2.05, 2.05, 2.05, 2.05, 2.05, 4.9, 6.6, 6.7])
    far_away = 1e3 + normal(0, 40_000)
    X = np.concatenate([right, -right, far_away])[:, np.newaxis]
    start = np.array([[0], [3], [10.1], [-3], [-10.1], [1e3]])
    found, expected = run(X, start, passes=passes), reference.lloyd(X, start)
    assert reference.lloyd(X, start, max_iter=2)["n_refilled"] == 0
    assert expected["n_refilled"] == 1
    assert_same_run(found, expected)


@pytest.mark.parametrize("orders", [12, 300])
def test_weights_may_differ_by_orders_of_magnitude(orders, passes):
    generator = np.random.default_rng(0)
    X = generator.standard_normal((400, 2))
    sample_weight = 10.0 ** generator.uniform(-orders / 2, orders / 2, 400)
    found = run(X, X[:12], sample_weight=sample_weight, passes=passes)
    expected = reference.means(X, found["labels"], 12, sample_weight)
    np.testing.assert_allclose(found["centers"], expected, rtol=0, atol=1e-9)


def test_run_refuses_wrong_shapes():
    X = np.zeros((4, 2))
    lloyd = plain_passes(X, 3)
    with pytest.raises(ValueError, match="centers must have shape"):
        lloyd.run(np.zeros((2, 2)), np.empty(4, dtype=np.int32), 1, 0.0)
    with pytest.raises(ValueError, match="labels must have shape"):
        lloyd.label(np.zeros((3, 2)), np.empty(3, dtype=np.int32))
    with pytest.raises(ValueError, match="needs a cluster"):
        plain_passes(X, 0)
    with pytest.raises(ValueError, match="shard_bounds must cover all rows"):
        plain_passes(X, 1, bounds=one_shard(3))
    with pytest.raises(ValueError, match="the frame and X differ in their number of features"):
        plain_passes(X, 1, frame=frame_of(np.zeros((4, 3))))


# ---------------------------------------------------------------------------- passes


@pytest.mark.parametrize("n_slices", [0, 2])
def test_a_pass_has_the_same_bits_whoever_maps_it(n_slices, passes):
    X = normal(1, 500, 70)
    options = {"passes": passes, "bounds": BOUNDS, "n_slices": n_slices}
    here = run(X, X[:10], **options)
    there = run(X, X[:10], map_tasks=backwards, **options)
    for name, value in here.items():
        np.testing.assert_array_equal(there[name], value, err_msg=name)
    assert_same_run(here, reference.lloyd(X, X[:10]))


def test_an_error_of_the_mapper_ends_the_run():
    def fail(function, n_tasks):
        raise OSError("no thread left")

    with pytest.raises(OSError, match="no thread left"):
        label(normal(0, 500, 2), np.zeros((1, 2)), bounds=BOUNDS, map_tasks=fail)


def test_an_error_of_the_report_ends_the_run():
    X = normal(0, 500, 2)
    with pytest.raises(ZeroDivisionError):
        run(X, X[:3], report=lambda *iteration: 1 / 0)


if hasattr(signal, "setitimer"):

    def test_a_slice_of_sums_hears_signals():
        """More than once: between its rows, not only when it is done."""
        X = np.broadcast_to(np.arange(16.0), (3_000_000, 16))
        lloyd = plain_passes(X, 1, n_slices=1)
        lloyd.label(np.zeros((1, 16)), np.empty(len(X), dtype=np.int32), measure=False)
        heard = []
        before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
        try:
            signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
            lloyd.sum_slice(0)
            n_heard = len(heard)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert n_heard > 1
