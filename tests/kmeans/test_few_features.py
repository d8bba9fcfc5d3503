"""k-means on rows in their order along a curve: the same answers, whatever the data are like."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mixclust import KMeans
from mixclust._kmeans import dense_data
from mixclust._kmeans.spatial_rows import worth_sorting


@pytest.fixture(autouse=True)
def _blocks(monkeypatch):
    """Sort rows for all fits, also where it does not pay."""
    monkeypatch.setattr(dense_data, "worth_sorting", lambda *sizes: sizes[1] <= 8)


@pytest.fixture
def sorts(monkeypatch):
    """The numbers of rows that fits have sorted."""
    found, sort_rows = [], dense_data.sort_rows

    def sort(rows, X, *rest):
        found.append(len(X))
        return sort_rows(rows, X, *rest)

    monkeypatch.setattr(dense_data, "sort_rows", sort)
    return found


def blobs(n, d, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(scale=3, size=(9, d))
    return centers[rng.integers(9, size=n)] + spread * rng.normal(size=(n, d))


def squares(X, centers):
    """Squared distances of all rows to all centres, from differences in float64."""
    return sum(
        np.square(np.asarray(X)[:, j, np.newaxis].astype(np.float64) - centers[:, j])
        for j in range(X.shape[1])
    )


def check(X, start, sample_weight=None, **options):
    """Fit, and compare with NumPy and with the plain algorithm."""
    options = {"max_iter": 40, "n_threads": 2} | options
    model = KMeans(len(start), init=start, **options).fit(X, sample_weight=sample_weight)
    centers = np.asarray(model.cluster_centers_, dtype=np.float64)
    weights = np.ones(len(X)) if sample_weight is None else sample_weight
    apart, size = squares(X, centers), float(np.abs(X).max())
    assert_array_equal(model.labels_, apart.argmin(axis=1))
    close = {"rtol": 1e-11, "atol": 1e-28 * size**2}
    assert_allclose(model.inertia_, weights @ apart.min(axis=1), **close)
    plain = KMeans(len(start), init=start, algorithm="lloyd", **options)
    plain.fit(X, sample_weight=sample_weight)
    assert model.n_iter_ == plain.n_iter_
    assert_array_equal(model.labels_, plain.labels_)
    assert_allclose(model.inertia_, plain.inertia_, **close)
    rtol = 1e-6 if X.dtype == np.float32 else 1e-11
    assert_allclose(model.cluster_centers_, plain.cluster_centers_, rtol=rtol, atol=rtol * size)
    assert model.n_empty_clusters_refilled_ == plain.n_empty_clusters_refilled_
    return model


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "d", "k"),
    [(1, 1, 1), (95, 2, 3), (96, 1, 5), (97, 3, 97), (1537, 2, 20), (5000, 3, 40), (30_000, 2, 25)]
    + [(4000, d, 30) for d in range(4, 9)],
)
def test_labels_are_float64s(n, d, k, dtype, sorts):
    X = blobs(n, d, seed=n).astype(dtype)
    check(X, X[:: n // k][:k].copy())
    assert sorts == [n]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_equal_rows_are_one(dtype, weighted, sorts):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 12, size=(20_000, 3)).astype(dtype)
    start = rng.uniform(0, 12, size=(30, 3)).astype(dtype)
    weights = rng.integers(0, 3, size=len(X)).astype(float) if weighted else None
    model = check(X, start, weights, tol=0, max_iter=300)
    counts = np.bincount(model.labels_, weights, minlength=30)
    for j in range(3):
        sums = np.bincount(model.labels_, X[:, j] * (1 if weights is None else weights))
        assert_allclose(model.cluster_centers_[:, j] * counts, sums, rtol=1e-5)


def test_all_rows_are_equal():
    X = np.full((3000, 2), 7.25)
    with pytest.warns(UserWarning, match="distinct clusters"):
        model = KMeans(3, random_state=0).fit(X)
    assert model.inertia_ == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_go_to_the_lowest_index(dtype):
    grid = np.stack(np.meshgrid(np.arange(60.0), np.arange(60.0)), axis=-1).reshape(-1, 2)
    start = np.array([[10.0, 10], [20, 10], [20, 10], [10, 20], [20, 20], [45, 45]])
    model = KMeans(6, init=start.astype(dtype), max_iter=1, tol=0).fit(grid.astype(dtype))
    apart = squares(grid, model.cluster_centers_)
    assert_array_equal(model.labels_, apart.argmin(axis=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_zero_weights_and_copies_of_centers(dtype, weighted):
    X = blobs(6000, 2).astype(dtype)
    weights = np.random.default_rng(1).choice([0.0, 0.5, 2.0], size=len(X)) if weighted else None
    start = X[:12].copy()
    start[5] = start[2]  # one of the two is empty, and is refilled
    model = check(X, start, weights)
    assert model.n_empty_clusters_refilled_ > 0


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[::-1, ::2],
        lambda X: X + 1e6,
        lambda X: X * 1e150,
        lambda X: X * 1e-150,
        lambda X: X * [1e-8, 1e8],
        lambda X: X**9,
    ],
    ids=["fortran", "strides", "offset", "huge", "tiny", "columns", "tails"],
)
def test_layouts_and_scales(change):
    X = change(blobs(8000, 2, spread=0.7))
    X.flags.writeable = False
    check(X, np.array(X[::400]), tol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outliers(dtype):
    X = blobs(20_000, 3).astype(dtype)
    X[5], X[77] = 1e4, -1e7
    check(X, X[100::700].copy())


def test_clusters_of_very_different_size():
    tiny = 5 + 1e-9 * blobs(4000, 2)
    X = np.concatenate([blobs(4000, 2), tiny])
    check(X, np.concatenate([X[:8], tiny[:8]]), tol=0)


@pytest.mark.parametrize("max_iter", [1, 2, 3])
def test_few_iterations(max_iter):
    X = blobs(10_000, 2)
    check(X, X[:30].copy(), max_iter=max_iter, tol=0)


@pytest.mark.parametrize("d", [2, 6, 8])
def test_rows_without_structure(d):
    """Boxes leave many centres open, and the assignment changes to the other one."""
    X = np.random.default_rng(0).normal(size=(6000, d))
    check(X, X[:250].copy(), tol=0, max_iter=25)


def test_threads_change_no_bit():
    X = blobs(60_000, 2)
    fits = [KMeans(40, init=X[:40].copy(), n_threads=n).fit(X) for n in (1, 2, 3)]
    for model in fits[1:]:
        assert_array_equal(model.labels_, fits[0].labels_)
        assert_array_equal(model.cluster_centers_, fits[0].cluster_centers_)
        assert model.inertia_ == fits[0].inertia_


def test_runs_share_the_order(sorts):
    X = blobs(12_000, 2)
    model = KMeans(15, n_init=4, random_state=3).fit(X)
    plain = KMeans(15, n_init=4, random_state=3, algorithm="lloyd").fit(X)
    assert sorts == [12_000]
    assert_allclose(model.init_inertias_, plain.init_inertias_, rtol=1e-11)
    assert_array_equal(model.labels_, plain.labels_)


def test_callback_sees_the_same_inertias():
    X = blobs(12_000, 3)
    seen = {"auto": [], "lloyd": []}
    for algorithm, values in seen.items():
        KMeans(
            20,
            init=X[:20].copy(),
            algorithm=algorithm,
            callback=lambda state, values=values: values.append(
                (state.inertia, state.center_shift)
            ),
        ).fit(X)
    assert_allclose(seen["auto"], seen["lloyd"], rtol=1e-9)


@pytest.mark.parametrize("refine", [None, "breathing"])
def test_labels_are_those_of_predict(refine):
    X = blobs(5000, 2)
    model = KMeans(12, random_state=0, refine=refine).fit(X)
    assert_array_equal(model.labels_, model.predict(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_predict_and_score_sort_part_by_part(dtype, weighted, sorts, monkeypatch):
    X = blobs(20_000, 2).astype(dtype)
    X[7] = 1e5
    weights = np.random.default_rng(0).choice([0.0, 1.5], size=len(X)) if weighted else None
    model = KMeans(50, init=X[:50].copy(), max_iter=2).fit(X)
    sorts.clear()
    monkeypatch.setattr(dense_data, "MAX_LABELLED_ROWS", 8000)
    apart = squares(X, model.cluster_centers_.astype(np.float64))
    assert_array_equal(model.predict(X), apart.argmin(axis=1))
    assert sorts == [6666, 6667, 6667]
    expected = (np.ones(len(X)) if weights is None else weights) @ apart.min(axis=1)
    assert_allclose(-model.score(X, sample_weight=weights), expected, rtol=1e-11)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_predict_refuses_numbers_that_are_not_finite(wrong, sorts):
    X = blobs(9000, 2)
    model = KMeans(30, init=X[:30].copy(), max_iter=2).fit(X)
    X[4321, 1] = wrong
    sorts.clear()
    with pytest.raises(ValueError, match=r"X\[4321, 1\]|NaN|infinity"):
        model.predict(X)
    assert sorts == []


@pytest.mark.parametrize(("d", "dtype"), [(2, np.float64), (3, np.float32), (8, np.float64)])
@pytest.mark.parametrize("weighted", [False, True])
def test_memory_beyond_rows(d, dtype, weighted):
    n = 200_000
    X = blobs(n, d).astype(dtype)
    weights = np.ones(n) if weighted else None
    start = X[:20].copy()
    tracemalloc.start()
    KMeans(20, init=start, max_iter=2).fit(X, sample_weight=weights)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / n < d * (2 * X.itemsize + 4) + 44


@pytest.mark.parametrize(
    ("sizes", "worth"),
    [
        ((1_000_000, 2, 50, 1, 300), True),
        ((546_560, 3, 64, 1, 20), True),
        ((546_560, 3, 64, 1, 1), False),
        ((1_000_000, 3, 8, 1, 300), False),
        ((1_000_000, 9, 1000, 1, 300), False),
        ((1000, 2, 100, 1, 300), False),
    ],
)
def test_when_rows_are_sorted(sizes, worth):
    assert worth_sorting(*sizes) is worth
