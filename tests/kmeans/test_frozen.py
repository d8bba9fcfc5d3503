"""KMeans(frozen_centers=...): centres that stay, while others are seeded and moved beside them."""

import numpy as np
import pytest
import scipy.sparse as sp
from support import reference
from support.samples import DTYPES, blobs, fitted_hash, normal, quiet_fit, whole_numbers

from mixclust import ConvergenceWarning, KMeans, MiniBatchKMeans, chunks, k_means
from mixclust._kmeans.dense_data import DenseData

# Shapes and numbers of clusters that choose each of the searches: all centres, groups of centres,
# sorted centres, blocks of close rows.
SHAPES = {
    "few": (500, 3, 8),
    "many": (3000, 30, 40),
    "one feature": (5000, 1, 150),
    "blocks": (40_000, 2, 60),
}


def problem(n_samples, n_features, n_clusters, dtype=np.float64, seed=0):
    """Rows with copies, weights with zeros, frozen centres of which one has no row, a start."""
    X = normal(seed, n_samples, n_features, dtype=dtype)
    X[::5] = X[0]
    weights = np.random.default_rng(seed).integers(0, 3, n_samples).astype(float)
    frozen = normal(seed + 1, 4, n_features, dtype=dtype)
    frozen[1] = 40
    start = X[np.flatnonzero(weights)[: n_clusters - 4]]
    return X, weights, frozen, start


def check(kmeans, X, frozen, weights=None):
    """The frozen centres are there, and labels, inertia and `predict` agree with all centres."""
    centers = kmeans.cluster_centers_
    np.testing.assert_array_equal(centers[: len(frozen)], frozen.astype(centers.dtype))
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X))
    expected = reference.inertia(X.astype(float), centers.astype(float), kmeans.labels_, weights)
    assert kmeans.inertia_ == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("algorithm", ["auto", "elkan", "lloyd"])
def test_agrees_with_plain_iterations(shape, algorithm, dtype):
    X, weights, frozen, start = problem(*shape, dtype=dtype)
    options = {"tol": 0, "max_iter": 6, "algorithm": algorithm}
    kmeans = KMeans(shape[2], frozen_centers=frozen, init=start, **options)
    quiet_fit(kmeans, X, sample_weight=weights)
    check(kmeans, X, frozen, weights)
    if dtype == np.float64:
        centers = np.vstack([frozen, start])
        found = reference.lloyd(X, centers, sample_weight=weights, max_iter=6, n_frozen=4)
        np.testing.assert_array_equal(kmeans.labels_, found["labels"])
        np.testing.assert_allclose(kmeans.cluster_centers_, found["centers"], atol=1e-12)
        assert kmeans.n_empty_clusters_refilled_ == found["n_refilled"]


@pytest.mark.parametrize("kind", [np.array, sp.csr_array])
def test_sparse_rows_give_the_same(kind):
    X = np.maximum(whole_numbers(0, 600, 6), 0)
    frozen = np.array([[0.0] * 6, [50.0] * 6])
    kmeans = KMeans(9, frozen_centers=frozen, random_state=0, tol=0).fit(kind(X))
    dense = KMeans(9, frozen_centers=frozen, random_state=0, tol=0).fit(X)
    np.testing.assert_array_equal(kmeans.labels_, dense.labels_)
    np.testing.assert_allclose(kmeans.cluster_centers_, dense.cluster_centers_, atol=1e-12)
    check(kmeans, X, frozen)
    assert 1 not in kmeans.labels_


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [2, 20])
def test_seeds_are_the_ones_of_greedy_plusplus_beside_the_frozen_centres(d, dtype):
    """The draws go on where seeds that were drawn before are the frozen centres."""
    X = blobs(3, 7000, d, 12, dtype=dtype)
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    data = DenseData(X, weights, 12, 1)
    data.describe()
    draws = np.random.default_rng(1).uniform(size=1 + 11 * 3)
    rows = np.empty(12, dtype=np.intp)
    data.seeding(3, 1).run(draws, rows)
    beside = np.empty(7, dtype=np.intp)
    given = data.take(rows[:5])
    data.seeding(3, 1).run(draws[1 + 4 * 3 :], beside, given)
    np.testing.assert_array_equal(beside, rows[5:])


@pytest.mark.parametrize("init", ["k-means++", "random", lambda X, k, random_state: X[:k]])
@pytest.mark.parametrize("refine", [None, "breathing"])
def test_every_start_and_any_number_of_threads(init, refine):
    X, weights, frozen, _ = problem(30_000, 4, 20)
    options = {"init": init, "n_init": 3, "refine": refine, "frozen_centers": frozen}
    options |= {"random_state": 0, "max_iter": 8}
    fits = [quiet_fit(KMeans(20, n_threads=n, **options), X, sample_weight=weights) for n in (1, 3)]
    assert fitted_hash(fits[0]) == fitted_hash(fits[1])
    check(fits[0], X, frozen, weights)
    assert len(fits[0].init_inertias_) == 3
    assert 1 not in fits[0].labels_


@pytest.mark.parametrize("n_free", [1, 2, 9])
def test_refinement_is_never_worse_and_moves_no_frozen_centre(n_free):
    X, weights, frozen, _ = problem(2000, 2, 12)
    options = {"frozen_centers": frozen, "random_state": 0}
    plain = KMeans(4 + n_free, **options).fit(X, sample_weight=weights)
    seen = []
    refined = KMeans(4 + n_free, refine="breathing", callback=seen.append, **options)
    refined.fit(X, sample_weight=weights)
    assert refined.inertia_ <= plain.inertia_
    check(refined, X, frozen, weights)
    assert all((state.centers()[:4] == frozen).all() for state in seen)


def test_refills_leave_an_empty_frozen_cluster_alone():
    X = normal(0, 400, 2)
    frozen = np.full((2, 2), 1e3)
    start = np.full((6, 2), 9.0)
    seen = []
    kmeans = KMeans(8, frozen_centers=frozen, init=start, callback=seen.append, tol=0).fit(X)
    assert kmeans.n_empty_clusters_refilled_ > 0
    assert np.bincount(kmeans.labels_, minlength=8)[:2].tolist() == [0, 0]
    check(kmeans, X, frozen)
    assert (np.diff([state.inertia for state in seen]) <= 0).all()


def test_all_centres_frozen():
    X = normal(0, 300, 3)
    for init in ("k-means++", "random", lambda X, k, random_state: X[:k]):
        kmeans = KMeans(5, frozen_centers=X[:5], init=init, refine="breathing").fit(X)
        np.testing.assert_array_equal(kmeans.cluster_centers_, X[:5])
        np.testing.assert_array_equal(kmeans.labels_, reference.nearest(X, X[:5]))


@pytest.mark.parametrize("distance", [1e8, 1e100])
@pytest.mark.parametrize("algorithm", ["auto", "elkan"])
def test_a_centre_far_away_costs_the_others_no_digit(distance, algorithm):
    X = blobs(0, 3000, 3, 6)
    frozen = np.full((1, 3), distance)
    beside = KMeans(7, frozen_centers=frozen, init=X[:6], algorithm=algorithm, tol=0).fit(X)
    alone = KMeans(6, init=X[:6], algorithm=algorithm, tol=0).fit(X)
    np.testing.assert_array_equal(beside.labels_, alone.labels_ + 1)
    np.testing.assert_allclose(beside.cluster_centers_[1:], alone.cluster_centers_, rtol=1e-12)
    check(beside, X, frozen)
    seeded = KMeans(7, frozen_centers=frozen, random_state=0, n_init=5).fit(X)
    expected = KMeans(6, n_init=9, random_state=0).fit(X).inertia_
    assert seeded.inertia_ == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("given", [True, False])
def test_rows_in_chunks(given):
    X, weights, frozen, start = problem(3000, 3, 12)
    options = {"frozen_centers": frozen, "tol": 0, "random_state": 0}
    if given:
        options["init"] = start[:8]
    parts = chunks(X, sample_weight=weights, chunk_rows=700)
    kmeans = quiet_fit(KMeans(12, **options), parts)
    np.testing.assert_array_equal(kmeans.cluster_centers_[:4], frozen)
    if given:
        in_memory = quiet_fit(KMeans(12, **options), X, sample_weight=weights)
        np.testing.assert_allclose(kmeans.cluster_centers_, in_memory.cluster_centers_, rtol=1e-9)


def test_function_and_file(tmp_path):
    X, _, frozen, _ = problem(500, 2, 8)
    centers, labels, _ = k_means(X, 8, frozen_centers=frozen.tolist(), random_state=0)
    kmeans = KMeans(8, frozen_centers=frozen, random_state=0).fit(X)
    np.testing.assert_array_equal(centers, kmeans.cluster_centers_)
    kmeans.save(tmp_path / "model")
    loaded = KMeans.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.frozen_centers, frozen)
    np.testing.assert_array_equal(loaded.fit(X).labels_, labels)
    theirs = kmeans.to_sklearn()
    np.testing.assert_array_equal(theirs.predict(X), labels)
    assert "frozen_centers" not in theirs.get_params()


def test_warns_of_few_distinct_rows_only_where_centres_are_free():
    X = np.repeat([[0.0], [1.0], [5.0]], 20, axis=0)
    KMeans(4, frozen_centers=[[9.0], [8.0]], random_state=0).fit(X)  # warnings are errors
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(4\).*n_clusters \(5\)"):
        KMeans(5, frozen_centers=[[9.0]], random_state=0).fit(X)
    assert KMeans(5, frozen_centers=[[9.0]] * 3).fit(X[18:21]).cluster_centers_.shape == (5, 1)
    none = KMeans(2, frozen_centers=np.empty((0, 1)), random_state=0).fit(X)
    assert fitted_hash(none) == fitted_hash(KMeans(2, random_state=0).fit(X))


BAD = [
    ({"frozen_centers": np.zeros((4, 2))}, r"shape \(4, 2\); it needs at most n_clusters=3 rows"),
    ({"frozen_centers": np.zeros((1, 3))}, "2 columns, which are the features of X"),
    ({"frozen_centers": [[np.nan, 0]]}, "frozen_centers contains NaN"),
    ({"frozen_centers": [[1e300, 0]]}, "frozen_centers spreads over 1e\\+300"),
    ({"frozen_centers": [1.0, 2.0]}, "frozen_centers"),
    (
        {"frozen_centers": np.zeros((1, 2)), "init": np.eye(3)[:, :2]},
        r"\(n_clusters - 1 frozen centers, n_features\) = \(2, 2\)",
    ),
    ({"frozen_centers": np.eye(3)[:, :2], "init": np.zeros((1, 2))}, "leave init out"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
@pytest.mark.parametrize("in_parts", [False, True])
def test_refuses_other_centres(options, message, in_parts):
    X = normal(0, 30, 2)
    kmeans = KMeans(3, **options)
    with pytest.raises(ValueError, match=message):
        kmeans.fit(chunks(X, chunk_rows=9) if in_parts else X)
    assert not hasattr(kmeans, "cluster_centers_")


def test_refuses_centres_that_the_dtype_does_not_hold_and_too_few_rows():
    X = normal(0, 2, 2, dtype=np.float32)
    with pytest.raises(ValueError, match="1e\\+60, which float32, the dtype of X, does not hold"):
        KMeans(2, frozen_centers=[[1e60, 0]]).fit(X)
    with pytest.raises(ValueError, match="n_clusters=4 less 1 frozen centers exceeds n_samples=2"):
        KMeans(4, frozen_centers=X[:1]).fit(X)
    with pytest.raises(TypeError, match="frozen_centers"):
        MiniBatchKMeans(2, frozen_centers=X[:1])
