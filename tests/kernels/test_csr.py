"""k-means on sparse rows against NumPy on the filled-up rows, scikit-learn and dense kernels."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
import sklearn.cluster
from support.runs import sparse_passes

from mixclust import KMeans, kmeans_plusplus
from mixclust._kmeans.csr_data import CSRData
from mixclust.kernels.rows import csr_rows

SHAPES = [  # rows, features, clusters, share of numbers stored
    (1, 1, 1, 1.0),
    (5, 3, 5, 0.6),
    (49, 7, 2, 0.3),
    (300, 40, 17, 0.1),
    (600, 13, 65, 1.0),
    (1100, 400, 33, 0.02),
    (700, 90, 130, 0.1),
    (3000, 20, 8, 0.15),
]
DTYPES = [np.float32, np.float64]
INDICES = [np.int32, np.int64]


def random_csr(shape, density, dtype=np.float64, indices=np.int32, seed=0):
    """Sparse rows around a few sparse centres, some rows and columns empty."""
    n, d = shape
    rng = np.random.default_rng(seed)
    full = rng.normal(size=(n, d)) + rng.integers(0, 4, size=(n, 1)) * rng.normal(size=d)
    full[rng.random((n, d)) >= density] = 0
    if n > 10:
        full[rng.choice(n, 3, replace=False)] = 0
    if d > 10:
        full[:, rng.choice(d, 2, replace=False)] = 0
    X = scipy.sparse.csr_array(full.astype(dtype))
    return scipy.sparse.csr_array(
        (X.data, X.indices.astype(indices), X.indptr.astype(indices)), shape=X.shape
    )


def start_of(X, n_clusters, seed=1):
    """Distinct rows of X, filled up."""
    rows = np.unique(X.toarray(), axis=0)
    return rows[np.random.default_rng(seed).choice(len(rows), n_clusters, replace=False)]


def squared_distances(X, centers):
    """Oracle: differences in float64 of the filled-up rows."""
    X = X.toarray().astype(np.float64)
    return np.stack([((X - c) ** 2).sum(axis=1) for c in centers.astype(np.float64)], axis=1)


def fitted_arrays(kmeans):
    return [kmeans.labels_, kmeans.cluster_centers_, np.array(kmeans.inertia_)]


@pytest.mark.parametrize("indices", INDICES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_fit_agrees_with_numpy_on_the_filled_up_rows(shape, dtype, indices):
    n, d, k, density = shape
    X = random_csr((n, d), density, dtype, indices)
    weight = np.random.default_rng(2).integers(0, 3, n) + (np.arange(n) < k)
    kmeans = KMeans(k, init=start_of(X, k), tol=0).fit(X, sample_weight=weight)
    squares = squared_distances(X, kmeans.cluster_centers_)
    nearest = squares.min(axis=1)
    assert kmeans.cluster_centers_.dtype == dtype
    assert kmeans.labels_.dtype == np.int32
    chosen = squares[np.arange(n), kmeans.labels_]
    np.testing.assert_allclose(chosen, nearest, rtol=1e-12, atol=1e-12)
    assert kmeans.inertia_ == pytest.approx((weight * nearest).sum(), rel=1e-12, abs=1e-12)
    full = X.toarray().astype(np.float64)
    for j in np.unique(kmeans.labels_):
        mine = kmeans.labels_ == j
        if weight[mine].sum() > 0 and kmeans.n_empty_clusters_refilled_ == 0:
            mean = np.average(full[mine], axis=0, weights=weight[mine])
            tolerance = 1e-6 if dtype == np.float32 else 1e-12
            np.testing.assert_allclose(kmeans.cluster_centers_[j], mean, atol=tolerance)


@pytest.mark.parametrize("indices", INDICES)
@pytest.mark.parametrize("shape", SHAPES)
def test_fit_equals_scikit_learn_from_the_same_start(shape, indices):
    n, d, k, density = shape
    X = random_csr((n, d), density, indices=indices)
    start = start_of(X, k)
    weight = np.random.default_rng(3).random(n) + 0.1
    ours = KMeans(k, init=start, n_init=1).fit(X, sample_weight=weight)
    theirs = sklearn.cluster.KMeans(k, init=start, n_init=1).fit(
        random_csr((n, d), density),
        sample_weight=weight,
    )
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_fit_equals_that_of_the_filled_up_rows(shape, dtype):
    n, d, k, density = shape
    X = random_csr((n, d), density, dtype)
    start = start_of(X, k)
    sparse, dense = KMeans(k, init=start).fit(X), KMeans(k, init=start).fit(X.toarray())
    np.testing.assert_array_equal(sparse.labels_, dense.labels_)
    assert sparse.inertia_ == pytest.approx(dense.inertia_, rel=1e-10, abs=1e-10)
    assert sparse.n_empty_clusters_refilled_ == dense.n_empty_clusters_refilled_


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("algorithm", ["auto", "lloyd", "elkan"])
def test_predict_gives_the_labels_of_fit(dtype, algorithm):
    X = random_csr((2000, 60), 0.1, dtype)
    kmeans = KMeans(20, random_state=0, algorithm=algorithm, max_iter=3).fit(X)
    np.testing.assert_array_equal(kmeans.predict(X), kmeans.labels_)
    alone = [kmeans.predict(X[[i]])[0] for i in range(50)]
    np.testing.assert_array_equal(alone, kmeans.labels_[:50])
    np.testing.assert_array_equal(kmeans.predict(X.toarray()), kmeans.labels_)
    assert kmeans.score(X) == pytest.approx(-kmeans.inertia_, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_clusters", [2, 9])
def test_distances_and_nearest_centers(dtype, n_clusters):
    X = random_csr((400, 30), 0.2, dtype)
    kmeans = KMeans(n_clusters, random_state=0).fit(X)
    expected = np.sqrt(squared_distances(X, kmeans.cluster_centers_))
    distances = kmeans.transform(X)
    assert distances.dtype == dtype
    np.testing.assert_allclose(distances, expected, rtol=1e-6 if dtype == np.float32 else 1e-12)
    labels, two = kmeans.nearest_centers(X)
    assert (labels.dtype, two.dtype) == (np.int32, np.float64)
    np.testing.assert_array_equal(labels[:, 0], kmeans.labels_)
    np.testing.assert_allclose(two, np.sort(expected, axis=1)[:, :2], rtol=1e-12)
    np.testing.assert_array_equal(
        expected[np.arange(len(labels)), labels[:, 1]], np.sort(expected, axis=1)[:, 1]
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_keep_their_digits_next_to_a_center(dtype):
    X = random_csr((5, 40), 0.3, dtype)
    centers = np.repeat(X.toarray()[:1], 2, axis=0)
    kmeans = KMeans(2, init=centers).fit(X)
    kmeans.cluster_centers_ = centers.copy()
    kmeans.cluster_centers_[1, X.indices[0]] *= 1 + 2.0**-20
    expected = np.sqrt(squared_distances(X, kmeans.cluster_centers_))
    assert expected[0, 0] == 0 < expected[0, 1] < 1e-5
    np.testing.assert_allclose(kmeans.transform(X), expected.astype(dtype), rtol=1e-6)
    assert kmeans.score(X[[0]]) == 0
    np.testing.assert_array_equal(kmeans.nearest_centers(X[[0]])[0], [[0, 1]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_for_every_cluster_costs_nothing(dtype):
    X = random_csr((30, 50), 0.2, dtype)
    X = X[np.unique(X.toarray(), axis=0, return_index=True)[1]]
    kmeans = KMeans(X.shape[0], init=X.toarray()).fit(X)
    assert kmeans.inertia_ == 0
    np.testing.assert_array_equal(kmeans.labels_, np.arange(X.shape[0]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_zeros(dtype):
    X = scipy.sparse.csr_array((6, 4), dtype=dtype)
    kmeans = KMeans(1, random_state=0).fit(X)
    np.testing.assert_array_equal(kmeans.cluster_centers_, np.zeros((1, 4)))
    np.testing.assert_array_equal(kmeans.labels_, np.zeros(6))
    assert kmeans.inertia_ == 0
    np.testing.assert_array_equal(kmeans.transform(X), np.zeros((6, 1)))


def test_stored_zeros_are_zeros():
    X = random_csr((300, 20), 0.3)
    zeros = scipy.sparse.csr_array(X, copy=True)
    zeros.data[::5] = 0
    without = scipy.sparse.csr_array(zeros.toarray())
    start = start_of(without, 6)
    for mine, other in zip(
        fitted_arrays(KMeans(6, init=start).fit(zeros)),
        fitted_arrays(KMeans(6, init=start).fit(without)),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n_clusters", [2, 9, 40])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(500, 30, 0.2), (2000, 300, 0.05), (400, 5, 0.9)])
def test_seeds_equal_seeds_of_scikit_learn(shape, weighted, n_clusters):
    X = random_csr(shape[:2], shape[2])
    weight = np.random.default_rng(5).random(shape[0]) if weighted else None
    for seed in range(5):
        centers, indices = kmeans_plusplus(X, n_clusters, sample_weight=weight, random_state=seed)
        _, expected = sklearn.cluster.kmeans_plusplus(
            X, n_clusters, sample_weight=weight, random_state=seed
        )
        np.testing.assert_array_equal(indices, expected)
        np.testing.assert_array_equal(centers, X[indices].toarray())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(60, 300), (4000, 5)])
def test_seeds_are_distinct_rows_as_long_as_there_are_any(shape, dtype):
    once = random_csr((20, shape[1]), 0.3, dtype)
    distinct = len(np.unique(once.toarray(), axis=0))
    X = scipy.sparse.vstack([once] * (shape[0] // 20), format="csr")
    centers, _ = kmeans_plusplus(X, distinct, random_state=0)
    assert len(np.unique(centers, axis=0)) == distinct


def test_fewer_distinct_rows_than_clusters_warns():
    X = scipy.sparse.vstack([random_csr((4, 9), 0.5)] * 5, format="csr")
    with pytest.warns(UserWarning, match=r"Number of distinct clusters \(4\)"):
        kmeans = KMeans(6, random_state=0).fit(X)
    assert kmeans.inertia_ == pytest.approx(0, abs=1e-25)


def test_integer_weight_is_repetition_and_zero_weight_absence():
    X = random_csr((200, 25), 0.2, seed=1)
    weight = np.random.default_rng(7).integers(0, 4, 200)
    start = start_of(X, 5)
    weighted = KMeans(5, init=start, tol=0).fit(X, sample_weight=weight)
    repeated = KMeans(5, init=start, tol=0).fit(X[np.repeat(np.arange(200), weight)])
    assert weighted.n_empty_clusters_refilled_ == 0  # a refill takes one of the copies
    np.testing.assert_allclose(
        weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-12, atol=1e-13
    )
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_clusters_are_refilled_as_with_dense_rows(dtype):
    X = random_csr((300, 20), 0.4, dtype)
    start = np.concatenate([start_of(X, 3), np.full((2, 20), 1e3)]).astype(dtype)
    sparse, dense = KMeans(5, init=start).fit(X), KMeans(5, init=start).fit(X.toarray())
    assert sparse.n_empty_clusters_refilled_ == dense.n_empty_clusters_refilled_ > 0
    np.testing.assert_array_equal(sparse.labels_, dense.labels_)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype):
    X = random_csr((60_000, 50), 0.4, dtype)
    fits = [KMeans(30, random_state=0, max_iter=12, n_threads=t).fit(X) for t in (1, 2, 3)]
    assert CSRData(X, None, 30, 3).threads_for_pass() == 3
    for other in fits[1:]:
        for one, another in zip(fitted_arrays(fits[0]), fitted_arrays(other), strict=True):
            np.testing.assert_array_equal(one, another)
    transformed = [fits[0].set_params(n_threads=t).transform(X) for t in (1, 3)]
    np.testing.assert_array_equal(*transformed)


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1e30, 1e150])
def test_units_do_not_matter(scale):
    X = random_csr((500, 30), 0.2)
    start = start_of(X, 7)
    one = KMeans(7, init=start).fit(X)
    other = KMeans(7, init=start * scale).fit(X * scale)
    np.testing.assert_array_equal(one.labels_, other.labels_)
    np.testing.assert_allclose(one.cluster_centers_, other.cluster_centers_ / scale, atol=1e-12)


def test_rows_far_from_all_that_was_fitted_are_labelled_right():
    X = random_csr((200, 12), 0.5)
    kmeans = KMeans(6, random_state=0).fit(X)
    far = scipy.sparse.csr_array(X.toarray() * 1e60)
    expected = squared_distances(far, kmeans.cluster_centers_)
    chosen = expected[np.arange(200), kmeans.predict(far)]
    np.testing.assert_array_equal(chosen, expected.min(axis=1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_float64_decides_where_float32_cannot(dtype):
    X = random_csr((800, 40), 0.3, dtype)
    rng = np.random.default_rng(9)
    centers = start_of(X, 10).repeat(3, axis=0).astype(np.float64)
    centers *= 1 + 1e-9 * rng.standard_normal(centers.shape)
    passes, labels = sparse_passes(X, 30), np.empty(800, dtype=np.int32)
    passes.label(centers, labels)
    assert passes.n_decided > 700
    squares = squared_distances(X, centers)
    chosen, nearest = squares[np.arange(800), labels], squares.min(axis=1)
    np.testing.assert_allclose(chosen, nearest, rtol=1e-14, atol=1e-30)
    passes.label(start_of(X, 30).astype(np.float64), labels)
    assert passes.n_decided < 100


def test_ties_go_to_the_lowest_index():
    X = scipy.sparse.csr_array(np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 0.0], [1.0, 1.0]]))
    kmeans = KMeans(3, init=[[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]], max_iter=1).fit(X)
    kmeans.cluster_centers_ = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
    np.testing.assert_array_equal(kmeans.predict(X), [1, 0, 0, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    X = random_csr((50, 8), 0.3)
    X.data[7] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        KMeans(3).fit(X)


def test_squares_that_overflow_are_refused():
    X = random_csr((50, 8), 0.3)
    with pytest.raises(ValueError, match="overflow float64"):
        KMeans(3).fit(X * 1e154)


@pytest.mark.parametrize("dtype", DTYPES)
def test_input_is_neither_modified_nor_needs_to_be_writable(dtype):
    X = random_csr((300, 20), 0.3, dtype)
    weight = np.ones(300)
    kept = [array.copy() for array in (X.data, X.indices, X.indptr, weight)]
    for array in (X.data, X.indices, X.indptr, weight):
        array.flags.writeable = False
    kmeans = KMeans(4, random_state=0).fit(X, sample_weight=weight)
    kmeans.predict(X)
    kmeans.transform(X)
    kmeans.nearest_centers(X)
    for array, copy in zip((X.data, X.indices, X.indptr, weight), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tolerance_follows_the_variance_of_the_columns_zeros_included(dtype, weighted):
    X = random_csr((5000, 30), 0.2, dtype)
    X.data[X.indices == 3] += 1000
    weight = np.arange(5000) % 4 if weighted else np.ones(5000, dtype=int)
    data = CSRData(X, weight.astype(np.float64) if weighted else None, 2, 2)
    data.describe()
    expected = np.repeat(X.toarray().astype(np.float64), weight, axis=0).var(axis=0).mean()
    assert data.mean_variance == pytest.approx(expected, rel=1e-10)


def test_fit_needs_memory_for_rows_and_centers_alone():
    n, d, k = 40_000, 500, 20
    X = scipy.sparse.random(n, d, density=0.004, format="csr", random_state=0)
    kmeans = KMeans(k, random_state=0, max_iter=3, n_threads=2)
    kmeans.fit(X)
    tracemalloc.start()
    kmeans.fit(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Labels, labels before and norms; the copies of the centres; a tenth for the small things.
    # Neither the n x k nor the n x d array would fit, 3.2 and 80 MB in float32.
    assert peak < 1.1 * (25 * n + 8 * 8 * k * (d + 16)) + 100_000 < 2.2e6


def test_kernels_refuse_wrong_shapes():
    X = random_csr((20, 6), 0.5)
    rows = csr_rows.CSRRows(X, None)
    with pytest.raises(TypeError, match="float32 or float64"):
        csr_rows.CSRRows(X.astype(np.int64), None)
    mixed = X.copy()
    mixed.indptr = mixed.indptr.astype(np.int64)
    with pytest.raises(TypeError, match="one width"):
        csr_rows.CSRRows(mixed, None)
    with pytest.raises(ValueError, match="differ in length"):
        csr_rows.CSRRows(X, np.ones(19))
    with pytest.raises(IndexError, match="range of rows"):
        csr_rows.column_sums(rows, 0, 21, np.zeros(6), np.empty((6, 4)))
    with pytest.raises(ValueError, match="n_features rows"):
        csr_rows.column_sums(rows, 0, 20, np.zeros(5), np.empty((6, 4)))
    columns, centers = np.zeros((6, 8)), np.zeros((2, 6))
    with pytest.raises(IndexError, match="range of rows"):
        csr_rows.to_all(rows, 0, 20, columns, centers, np.empty((19, 2)))
    with pytest.raises(ValueError, match="the same points"):
        csr_rows.to_all(rows, 0, 20, columns, np.zeros((2, 5)), np.empty((20, 2)))
    with pytest.raises(ValueError, match="column for each centre"):
        csr_rows.to_all(rows, 0, 20, columns, centers, np.empty((20, 3)))
    with pytest.raises(ValueError, match="cover all rows"):
        sparse_passes(X, 2, bounds=np.array([0, 19]))
