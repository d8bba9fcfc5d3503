"""KMeans, k_means and kmeans_plusplus against scikit-learn and plain NumPy."""

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from sklearn.metrics import silhouette_samples
from support import reference
from support.real_data import DATA
from support.samples import ALGORITHMS, DTYPES, normal, whole_numbers

from mixclust import ConvergenceWarning, KMeans, k_means, kmeans_plusplus


def weights_for(X):
    return np.random.default_rng(8).exponential(size=len(X))


# ---------------------------------------------------------------------------- scikit-learn


SHAPES = [
    # n, d, n_clusters
    (1, 1, 1), (5, 3, 5), (40, 1, 3), (100, 2, 1), (300, 2, 4), (1000, 3, 16), (997, 5, 9),
    (640, 16, 33), (2000, 17, 10), (150, 100, 7), (90, 400, 4), (60, 2000, 5),
    (20_000, 2, 50), (3000, 8, 200),
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "n_clusters"), SHAPES)
def test_fit_is_scikit_learns_from_the_same_start(n, d, n_clusters, weighted, algorithm):
    X = normal(n, n, d) * 3 + 10
    sample_weight = weights_for(X) if weighted else None
    options = {"init": X[:n_clusters], "n_init": 1, "max_iter": 100}
    ours = KMeans(n_clusters, algorithm=algorithm, **options).fit(X, sample_weight=sample_weight)
    theirs = sklearn.cluster.KMeans(n_clusters, **options).fit(X, sample_weight=sample_weight)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10, abs=1e-20)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)


@pytest.mark.parametrize("init", ["k-means++", "random"])
@pytest.mark.parametrize("name", ["iris", "wine", "digits", "blobs"])
def test_restarts_are_scikit_learns(name, init):
    X = DATA[name]
    for seed in range(2):
        options = {"n_clusters": 3, "init": init, "n_init": 5, "random_state": seed}
        ours, theirs = KMeans(**options).fit(X), sklearn.cluster.KMeans(**options).fit(X)
        np.testing.assert_array_equal(ours.labels_, theirs.labels_)
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)
        assert ours.n_iter_ == theirs.n_iter_


def potential(X, seeds, sample_weight):
    weights = np.ones(len(X)) if sample_weight is None else sample_weight
    return weights @ reference.squared_distances(X, X[seeds]).min(axis=1)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", DATA)
def test_seeds_are_scikit_learns(name, weighted):
    """To ties: two candidates that are each other's nearest row leave the same potential."""
    X = DATA[name]
    sample_weight = weights_for(X) if weighted else None
    n_ties = 0
    for n_clusters in (1, 2, 3, 10, 40):
        for seed in range(8):
            options = {"sample_weight": sample_weight, "random_state": seed}
            centers, indices = kmeans_plusplus(X, n_clusters, **options)
            _, expected = sklearn.cluster.kmeans_plusplus(X, n_clusters, **options)
            np.testing.assert_array_equal(centers, X[indices])
            if not np.array_equal(indices, expected):
                n_ties += 1
                first = np.flatnonzero(indices != expected)[0] + 1
                ours = potential(X, indices[:first], sample_weight)
                theirs = potential(X, expected[:first], sample_weight)
                assert ours == pytest.approx(theirs, rel=1e-14)
    assert n_ties <= (4 if name == "iris" and not weighted else 1)


@pytest.mark.parametrize("n_local_trials", [1, 3, 12])
def test_number_of_trials_is_scikit_learns(n_local_trials):
    X = DATA["blobs"]
    options = {"n_local_trials": n_local_trials, "random_state": 5}
    _, indices = kmeans_plusplus(X, 20, **options)
    np.testing.assert_array_equal(indices, sklearn.cluster.kmeans_plusplus(X, 20, **options)[1])


def test_random_state_goes_on_as_scikit_learns_does():
    """The next draw after a fit is the same too: both fits took as many draws."""
    ours, theirs = np.random.RandomState(3), np.random.RandomState(3)
    KMeans(5, n_init=4, random_state=ours).fit(DATA["iris"])
    sklearn.cluster.KMeans(5, n_init=4, random_state=theirs).fit(DATA["iris"])
    assert ours.uniform() == theirs.uniform()


@pytest.mark.parametrize("n_clusters", [20, 35])
def test_refilling_is_scikit_learns(n_clusters):
    X = normal(2, 400, 3)
    start = np.vstack([X[:10], np.full((n_clusters - 10, 3), 50.0)])
    options = {"n_clusters": n_clusters, "init": start, "n_init": 1}
    ours, theirs = KMeans(**options).fit(X), sklearn.cluster.KMeans(**options).fit(X)
    assert ours.n_empty_clusters_refilled_ >= n_clusters - 11
    # Which empty cluster gets which of the farthest rows is NumPy's argpartition's choice.
    found, expected = (
        np.lexsort(kmeans.cluster_centers_.T).argsort()[kmeans.labels_] for kmeans in (ours, theirs)
    )
    np.testing.assert_array_equal(found, expected)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)


@pytest.mark.parametrize("method", ["predict", "transform", "score"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_methods_are_scikit_learns(method, dtype):
    X, new = normal(0, 500, 4, dtype=dtype), normal(1, 200, 4, dtype=dtype)
    options = {"n_clusters": 7, "init": X[:7], "n_init": 1}
    ours, theirs = KMeans(**options).fit(X), sklearn.cluster.KMeans(**options).fit(X)
    found, expected = getattr(ours, method)(new), getattr(theirs, method)(new)
    np.testing.assert_allclose(found, expected, rtol=1e-10 if dtype is np.float64 else 1e-4)
    assert np.asarray(found).dtype == np.asarray(expected).dtype or method == "score"


def test_function_is_scikit_learns():
    X, sample_weight = DATA["wine"], weights_for(DATA["wine"])
    options = {"sample_weight": sample_weight, "n_init": 3, "random_state": 1}
    options["return_n_iter"] = True
    ours, theirs = k_means(X, 4, **options), sklearn.cluster.k_means(X, 4, **options)
    assert len(ours) == len(theirs) == 4
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert len(k_means(X, 4, n_init=1, random_state=1)) == 3


def test_defaults_are_scikit_learns():
    ours = {"algorithm": "auto", "callback": None, "n_threads": None, "refine": None}
    ours["frozen_centers"] = None
    assert KMeans().get_params() == sklearn.cluster.KMeans().get_params() | ours


# ---------------------------------------------------------------------------- plain NumPy


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("dtype", DTYPES)
def test_fit_agrees_with_itself(dtype, offset, algorithm):
    """Labels name the nearest centres, centres are means of their rows, the inertia agrees."""
    X = (normal(3, 1500, 4) * 50 + offset).astype(dtype)
    sample_weight = weights_for(X)
    kmeans = KMeans(12, n_init=1, tol=0, random_state=0, algorithm=algorithm)
    kmeans.fit(X, sample_weight=sample_weight)
    labels, centers = kmeans.labels_, kmeans.cluster_centers_
    assert (labels.dtype, centers.dtype) == (np.int32, dtype)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    expected = reference.inertia(X, centers, labels, sample_weight)
    assert kmeans.inertia_ == pytest.approx(expected, rel=1e-12)
    means = reference.means(X, labels, 12, sample_weight)
    atol = (1e-14 if dtype is np.float64 else 2.0**-23) * (offset + 250)
    np.testing.assert_allclose(centers, means, rtol=0, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("max_iter", [1, 2, 5])
def test_fit_that_stops_early_agrees_with_itself(max_iter, algorithm):
    X = normal(3, 800, 3)
    options = {"init": X[:9], "max_iter": max_iter, "tol": 0}
    kmeans = KMeans(9, algorithm=algorithm, **options).fit(X)
    expected = reference.lloyd(X, X[:9], max_iter=max_iter)
    assert kmeans.n_iter_ == max_iter
    np.testing.assert_array_equal(kmeans.labels_, expected["labels"])
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X))
    np.testing.assert_allclose(kmeans.cluster_centers_, expected["centers"], rtol=1e-11, atol=1e-12)
    assert kmeans.inertia_ == pytest.approx(expected["inertia"], rel=1e-12)


@pytest.mark.parametrize("far", [1e9, 1e15, 1e19])
def test_rows_far_away_cost_no_digits(far):
    near = normal(0, 1000, 2) + 7
    X = np.vstack([near, [[far, 0.0], [far, 1.0], [1.5 * far, 3.0]]])
    kmeans = KMeans(2, init=[near[0], [far, 0.0]], tol=0).fit(X)
    np.testing.assert_array_equal(kmeans.labels_, [0] * 1000 + [1] * 3)
    np.testing.assert_allclose(kmeans.cluster_centers_[0], near.mean(axis=0), rtol=1e-13)
    kmeans = KMeans(4, init=[near[0], *X[-3:]], tol=0).fit(X)
    np.testing.assert_array_equal(kmeans.cluster_centers_[1:], X[-3:])
    assert kmeans.inertia_ == pytest.approx(((near - near.mean(axis=0)) ** 2).sum(), rel=1e-12)


@pytest.mark.parametrize("name", DATA)
def test_algorithms_agree(name):
    X = DATA[name]
    for n_clusters in (2, 10, 60):
        options = {"init": X[:: len(X) // n_clusters][:n_clusters], "n_init": 1}
        found = [KMeans(n_clusters, algorithm=a, **options).fit(X) for a in ALGORITHMS]
        for other in found[1:]:
            np.testing.assert_array_equal(other.labels_, found[0].labels_)
            assert other.inertia_ == pytest.approx(found[0].inertia_, rel=1e-12)
            assert other.n_iter_ == found[0].n_iter_


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", [0, 2**20])
def test_algorithms_agree_on_ties(offset, dtype):
    """Rows on a grid: many lie exactly in the middle of two centres, and many coincide."""
    for seed, high in [(0, 3), (1, 6), (2, 40)]:
        X = whole_numbers(seed, 3000, 3, low=0, high=high, dtype=dtype) + dtype(offset)
        start = np.unique(X, axis=0)[:: max(1, high - 2)][:60]
        options = {"init": start, "n_init": 1, "tol": 0}
        found = [KMeans(len(start), algorithm=a, **options).fit(X) for a in ALGORITHMS]
        for other in found:
            np.testing.assert_array_equal(
                other.labels_, reference.nearest(X, other.cluster_centers_)
            )
            np.testing.assert_array_equal(other.labels_, found[0].labels_)


def test_tol_is_relative_to_the_variance():
    X = normal(4, 3000, 2)
    for tol in (0, 1e-4, 1e-2, 1.0):
        options = {"init": X[:20], "n_init": 1, "tol": tol}
        ours, theirs = KMeans(20, **options).fit(X), sklearn.cluster.KMeans(20, **options).fit(X)
        far = KMeans(20, **options | {"init": 1000 * X[:20] + 7}).fit(1000 * X + 7)
        assert ours.n_iter_ == theirs.n_iter_ == far.n_iter_


# ---------------------------------------------------------------------------- methods


@pytest.mark.parametrize("dtype", DTYPES)
def test_transform(dtype):
    X = normal(0, 300, 5, dtype=dtype)
    kmeans = KMeans(6, n_init=1, random_state=0).fit(X)
    distances = kmeans.transform(X)
    assert (distances.shape, distances.dtype) == ((300, 6), dtype)
    expected = np.sqrt(reference.squared_distances(X, kmeans.cluster_centers_))
    np.testing.assert_allclose(distances, expected, rtol=10 * np.finfo(dtype).eps)
    again = KMeans(6, n_init=1, random_state=0).fit_transform(X)
    np.testing.assert_array_equal(again, distances)


def test_fit_predict_and_score():
    X, sample_weight = DATA["wine"], weights_for(DATA["wine"])
    kmeans = KMeans(4, n_init=1, random_state=0)
    labels = kmeans.fit_predict(X, sample_weight=sample_weight)
    assert labels is kmeans.labels_
    score = kmeans.score(X, sample_weight=sample_weight)
    assert score == pytest.approx(-kmeans.inertia_, rel=1e-14)
    expected = reference.inertia(X, kmeans.cluster_centers_, labels)
    assert kmeans.score(X) == pytest.approx(-expected, rel=1e-13)


@pytest.mark.parametrize("n_clusters", [2, 3, 25])
@pytest.mark.parametrize("dtype", DTYPES)
def test_nearest_centers(dtype, n_clusters):
    X, new = normal(0, 300, 3, dtype=dtype), normal(1, 100, 3, dtype=dtype)
    kmeans = KMeans(n_clusters, n_init=1, random_state=0).fit(X)
    labels, distances = kmeans.nearest_centers(new)
    expected_labels, expected = reference.nearest_two(new, kmeans.cluster_centers_)
    assert (labels.dtype, distances.dtype) == (np.int32, np.float64)
    np.testing.assert_array_equal(labels, expected_labels)
    np.testing.assert_allclose(distances, expected, rtol=1e-12)
    np.testing.assert_array_equal(labels[:, 0], kmeans.predict(new))


def test_nearest_centers_of_ties():
    """Rows in the middle of two centres, and centres that coincide."""
    kmeans = KMeans(4, init=[[0.0], [4.0], [4.0], [8.0]], max_iter=1)
    with pytest.warns(ConvergenceWarning):
        kmeans.fit([[0.0], [4.0], [4.0], [8.0]])
    assert kmeans.cluster_centers_.ravel().tolist() == [0.0, 4.0, 4.0, 8.0]
    labels, distances = kmeans.nearest_centers([[2.0], [4.0], [6.0], [100.0]])
    assert labels.tolist() == [[0, 1], [1, 2], [1, 2], [3, 1]]
    assert distances.tolist() == [[2.0, 2.0], [0.0, 0.0], [2.0, 2.0], [92.0, 96.0]]
    assert kmeans.silhouette_samples([[4.0]]).tolist() == [0.0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_silhouette_samples(dtype):
    X = DATA["wine"].astype(dtype)
    kmeans = KMeans(3, n_init=1, random_state=0).fit(X)
    silhouette = kmeans.silhouette_samples(X)
    expected = reference.simplified_silhouette(X, kmeans.cluster_centers_)
    assert silhouette.dtype == np.float64
    np.testing.assert_allclose(silhouette, expected, rtol=1e-10, atol=1e-12)
    assert ((silhouette >= 0) & (silhouette <= 1)).all()
    # The full silhouette of scikit-learn says about the same of each row.
    full = silhouette_samples(X.astype(float), kmeans.labels_)
    assert np.corrcoef(silhouette, full)[0, 1] > 0.9


@pytest.mark.parametrize("method", ["nearest_centers", "silhouette_samples"])
def test_second_nearest_needs_two_centers(method):
    kmeans = KMeans(1, n_init=1).fit(DATA["iris"])
    with pytest.raises(ValueError, match=r"^n_clusters=1 leaves no second nearest centre; fit"):
        getattr(kmeans, method)(DATA["iris"])


def test_predict_takes_any_dtype_after_a_fit_of_another():
    X = np.random.default_rng(0).integers(-50, 50, (200, 3))
    start = X[:5]
    expected = KMeans(5, init=start).fit(X).labels_
    forms = [X.astype(code) for code in ("i1", "i2", "i8", "f2", "f4", "f8", ">f4", ">f8", "g")]
    forms += [X.tolist(), pd.DataFrame(X), np.asfortranarray(X), X.astype(object)]
    for fitted in forms:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mixclust._inputs.features.compare_features", lambda *args: None)
            kmeans = KMeans(5, init=start).fit(fitted)
            np.testing.assert_array_equal(kmeans.labels_, expected)
            for asked in forms[:9]:
                np.testing.assert_array_equal(kmeans.predict(asked), expected)


def test_booleans():
    X = np.random.default_rng(0).integers(0, 2, (100, 6)).astype(bool)
    kmeans = KMeans(4, init=X[:4]).fit(X)
    expected = reference.lloyd(X, X[:4].astype(float))
    np.testing.assert_array_equal(kmeans.labels_, expected["labels"])


def test_refit_replaces_everything():
    table = pd.DataFrame(normal(0, 100, 3), columns=[*"abc"])
    kmeans = KMeans(5, n_init=3, random_state=0).fit(table)
    kmeans.set_params(n_clusters=2, n_init=1).fit(normal(1, 50, 7))
    fresh = KMeans(2, n_init=1, random_state=0).fit(normal(1, 50, 7))
    assert vars(kmeans).keys() == vars(fresh).keys()
    for name, value in vars(fresh).items():
        np.testing.assert_array_equal(getattr(kmeans, name), value, err_msg=name)


def test_estimator_arguments_are_left_as_they_are():
    init = DATA["iris"][:3]
    kmeans = KMeans(np.int64(3), init=init, max_iter=np.int32(5), tol=np.float32(0.5))
    parameters = dict(vars(kmeans))
    kmeans.fit(DATA["iris"])
    assert {name: vars(kmeans)[name] for name in parameters} == parameters
    assert kmeans.init is init
