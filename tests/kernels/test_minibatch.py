"""Batches of rows and running means, against plain NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp
from support import reference
from support.runs import BOUNDS, backwards, plain_passes
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal, whole_numbers

from mixclust._kmeans.csr_data import CSRData
from mixclust.kernels.kmeans.minibatch import Batches, RunningMeans
from mixclust.kernels.rows.dense_rows import DenseRows


def step_of_reference(X, weights, centers, counts, forgetting_factor=1.0):
    """Labels, and the centres and counts after a batch, from the definition."""
    labels = reference.nearest(X, centers)
    centers, counts = centers.copy(), counts * forgetting_factor
    for k in range(len(centers)):
        own = labels == k
        weight = weights[own].sum()
        if weight > 0:
            total = counts[k] * centers[k] + weights[own] @ X[own].astype(np.float64)
            counts[k] += weight
            centers[k] = total / counts[k]
    return labels, centers, counts


# ---------------------------------------------------------------------------- running means


@pytest.mark.parametrize("forgetting_factor", [1.0, 0.7, 0.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["dense", "shards", "CSR"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_step_is_a_running_mean(dtype, kind, weighted, forgetting_factor):
    rows = blobs(0, 2000, 5, 7, dtype)
    if kind == "CSR":
        rows[abs(rows) < 2] = 0
    weights = np.arange(2000) % 3.0 if weighted else np.ones(2000)
    centers, counts = rows[:9].astype(np.float64), np.zeros(9)
    means = RunningMeans(centers, counts, 0.0, forgetting_factor)
    for first in range(0, 2000, 500):
        X, w = rows[first : first + 500], weights[first : first + 500]
        given = w if weighted else None
        if kind == "CSR":
            data = CSRData(sp.csr_array(X), given, 9, 1)
            data.describe()
            passes = data.single_pass()
        else:
            options = {"bounds": BOUNDS, "map_tasks": backwards} if kind == "shards" else {}
            passes = plain_passes(X, 9, sample_weight=given, **options)
        expected = step_of_reference(X, w, centers, counts, forgetting_factor)
        before = centers.copy()
        labels = np.empty(500, dtype=np.int32)
        inertia = means.step(passes, labels)
        np.testing.assert_array_equal(labels, expected[0])
        np.testing.assert_allclose(centers, expected[1], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(counts, expected[2], rtol=1e-12)
        distances = ((X.astype(np.float64) - before[labels]) ** 2).sum(axis=1)
        assert inertia == pytest.approx(w @ distances, rel=1e-10)


def test_step_on_whole_numbers_is_exact():
    X, centers = whole_numbers(0, 300, 3), whole_numbers(1, 4, 3).astype(np.float64)
    labels, _, counts = step_of_reference(X, np.ones(300), centers, np.zeros(4))
    sums = np.stack([X[labels == k].sum(axis=0) for k in range(4)])
    RunningMeans(centers, found := np.zeros(4)).step(
        plain_passes(X, 4), np.empty(300, dtype=np.int32)
    )
    np.testing.assert_array_equal(found, counts)
    np.testing.assert_array_equal(centers, sums / counts[:, np.newaxis])


def test_light_clusters_are_looked_for_now_and_then():
    """While a count is zero, and once every ten rows a cluster."""
    centers = np.array([[0.0], [100.0]])
    counts = np.array([0.0, 0.0])
    calls = []
    means = RunningMeans(centers, counts, 0.5)

    def step(n):
        passes = plain_passes(np.zeros((n, 1)), 2)
        means.step(passes, np.empty(n, dtype=np.int32), lambda *_: calls.append(n))

    step(5)
    assert calls == [5]
    counts[1] = 1e-3
    step(6)
    assert calls == [5]
    assert means.n_since_reassignment == 6
    step(14)
    assert calls == [5, 14]
    assert means.n_since_reassignment == 0
    counts[1] = 90.0
    step(100)
    assert calls == [5, 14]


# ---------------------------------------------------------------------------- batches


def make_batches(X, size, draw, weights=None):
    cumulative = guide = None
    if weights is not None:
        cumulative = np.cumsum(weights) / np.sum(weights)
        cumulative /= cumulative[-1]
        n = len(weights)
        guide = np.searchsorted(cumulative, np.arange(n) / n, side="right")
    passes = plain_passes(np.zeros((size, X.shape[1]), X.dtype), 2)
    batches = Batches(len(X), size, draw, cumulative, guide, source=DenseRows(X), passes=passes)
    return batches, cumulative


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_are_the_rows_that_are_drawn(dtype, layout, weighted):
    X = layouts(normal(0, 300, 6, dtype=dtype))[layout]
    generator = np.random.default_rng(1)
    weights = generator.exponential(size=300) ** 4 if weighted else None
    if weighted:
        weights[40:90] = 0
    drawn = []

    def draw(size):
        drawn.append(generator.random(size))
        return drawn[-1]

    batches, cumulative = make_batches(X, 50, draw, weights)
    centers, counts = np.array(X[:2], np.float64, order="C"), np.zeros(2)
    expected, expected_counts = centers.copy(), counts.copy()
    seen = []
    RunningMeans(centers, counts).run(
        batches, 7, 0.0, 0.1, -1, report=lambda *_: seen.append(batches.indices.copy())
    )
    for uniforms, indices in zip(drawn, seen, strict=True):
        rows = (uniforms * 300).astype(np.intp)
        if weighted:
            rows = np.searchsorted(cumulative, uniforms, side="right")
            assert (weights[rows] > 0).all()
        np.testing.assert_array_equal(indices, rows)
        _, expected, expected_counts = step_of_reference(
            X[rows], np.ones(50), expected, expected_counts
        )
    np.testing.assert_array_equal(counts, expected_counts)
    np.testing.assert_allclose(centers, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("u", [0.0, 0.25, 0.5, np.nextafter(1.0, 0.0)])
def test_numbers_at_the_edge_of_a_row(u):
    X = np.arange(4.0)[:, np.newaxis]
    for weights in (
        None,
        np.ones(4),
        [0.0, 1, 0, 3],
        [1.0, 0, 0, 0],
        [0.0, 0, 0, 1],
        [1e-300, 1, 1, 0],
    ):
        batches, cumulative = make_batches(X, 1, lambda size: np.full(size, u), weights)
        RunningMeans(X[:2].copy(), np.zeros(2)).run(batches, 1, 0.0, 0.1, -1)
        row = int(4 * u) if weights is None else np.searchsorted(cumulative, u, side="right")
        assert batches.indices.tolist() == [row]


def test_loaded_batches():
    X = normal(0, 100, 3)
    batches = Batches(
        100, 20, np.random.default_rng(0).random, load=lambda rows: plain_passes(X[rows], 4)
    )
    centers, counts = X[:4].copy(), np.zeros(4)
    RunningMeans(centers, counts).run(batches, 5, 0.0, 0.1, -1)
    assert counts.sum() == 100


def test_batches_that_do_not_fit():
    X = DenseRows(np.zeros((10, 3)))
    for shape, dtype in (((4, 3), np.float64), ((5, 2), np.float64), ((5, 3), np.float32)):
        passes = plain_passes(np.zeros(shape, dtype), 2)
        with pytest.raises(ValueError, match="passes must have rows"):
            Batches(10, 5, None, source=X, passes=passes)
    passes = plain_passes(np.zeros((5, 3)), 2)
    with pytest.raises(ValueError, match="belong together"):
        Batches(10, 5, None, np.ones(10), source=X, passes=passes)
    with pytest.raises(ValueError, match="must have shape"):
        Batches(10, 5, None, np.ones(9), np.zeros(9, np.intp), source=X, passes=passes)
    with pytest.raises(ValueError, match="must end with 1"):
        Batches(10, 5, None, np.zeros(10), np.zeros(10, np.intp), source=X, passes=passes)
    with pytest.raises(ValueError, match="needs a row"):
        Batches(10, 0, None, source=X, passes=passes)
    short = Batches(10, 5, lambda size: np.zeros(size - 1), source=X, passes=passes)
    with pytest.raises(ValueError, match="as many numbers"):
        RunningMeans(np.zeros((2, 3)), np.zeros(2)).run(short, 1, 0.0, 0.1, -1)
    with pytest.raises(ValueError, match="differ in length"):
        RunningMeans(np.zeros((2, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="as many clusters"):
        RunningMeans(np.zeros((3, 3)), np.zeros(3)).step(passes, np.empty(5, np.int32))
    with pytest.raises(ValueError, match="centers must have shape"):
        RunningMeans(np.zeros((3, 3)), np.zeros(3)).run(
            Batches(10, 5, np.random.default_rng(0).random, source=X, passes=passes),
            1, 0.0, 0.1, -1,
        )  # fmt: skip


# ---------------------------------------------------------------------------- the loop


def loop_of_reference(inertias, shifts, tol, smoothing, patience):
    """Number of batches, smoothed inertia and reason of the end, from the definition."""
    smoothed, lowest, n_failed = None, np.inf, 0
    for step, (inertia, shift) in enumerate(zip(inertias, shifts, strict=True), start=1):
        if step == 1:
            continue
        before = inertia if smoothed is None else smoothed
        smoothed = (1 - smoothing) * before + smoothing * inertia
        if tol > 0 and shift <= tol:
            return step, smoothed, "shift"
        n_failed = 0 if smoothed < lowest else n_failed + 1
        lowest = min(smoothed, lowest)
        if patience is not None and n_failed >= patience:
            return step, smoothed, "inertia"
    return len(inertias), inertias[0] if len(inertias) == 1 else smoothed, None


@pytest.mark.parametrize("tol", [0.0, 1e-3, 1e9])
@pytest.mark.parametrize("patience", [None, 0, 1, 5])
@pytest.mark.parametrize("n_steps", [1, 2, 3, 200])
def test_loop_ends_as_defined(n_steps, patience, tol):
    X = blobs(0, 500, 3, 4)

    def run(**options):
        batches, _ = make_batches(X, 40, np.random.default_rng(5).random)
        seen = []
        result = RunningMeans(X[:2].copy(), np.zeros(2)).run(
            batches, n_steps, report=lambda *state: seen.append(state[:4]), **options
        )
        return result, seen

    _, every = run(tol=0.0, smoothing=0.2, patience=-1)
    assert len(every) == n_steps
    result, seen = run(tol=tol, smoothing=0.2, patience=-1 if patience is None else patience)
    _, inertias, _, shifts = zip(*every, strict=True)
    expected = loop_of_reference(inertias, shifts, tol, 0.2, patience)
    assert result[::2] == expected[::2]
    assert result[1] == pytest.approx(expected[1], rel=1e-13)
    assert [state[0] for state in seen] == list(range(1, result[0] + 1))
    np.testing.assert_array_equal(seen, every[: len(seen)])


def test_report_ends_the_loop():
    X = blobs(0, 500, 3, 4)
    batches, _ = make_batches(X, 40, np.random.default_rng(5).random)
    means = RunningMeans(X[:2].copy(), np.zeros(2))
    assert means.run(batches, 100, 0.0, 0.2, -1, report=lambda step, *_: step == 3)[0] == 3


def test_distances_that_are_not_finite_end_the_loop():
    X = np.full((10, 1), 1e200)
    batches, _ = make_batches(X, 4, np.random.default_rng(5).random)
    means = RunningMeans(np.zeros((2, 1)), np.zeros(2))
    n_steps, smoothed, reason = means.run(batches, 9, 0.0, 0.2, -1)
    assert (n_steps, reason) == (1, None)
    assert not np.isfinite(smoothed)
