"""The starts of the runs of KMeans, the reports about runs, and the parameters."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from scipy import sparse
from support import reference
from support.real_data import DATA
from support.samples import ALGORITHMS, DTYPES, fitted_hash, normal

import mixclust
from mixclust import ConvergenceWarning, KMeans, k_means, kmeans_plusplus

# ---------------------------------------------------------------------------- starts


def test_every_run_is_reported():
    X = DATA["digits"]
    generator = np.random.RandomState(0)
    singles = [KMeans(10, n_init=1, random_state=generator).fit(X) for _ in range(6)]
    several = KMeans(10, n_init=6, random_state=0).fit(X)
    expected = [single.inertia_ for single in singles]
    np.testing.assert_allclose(several.init_inertias_, expected, rtol=1e-12)
    assert several.init_inertias_.dtype == np.float64
    best = singles[int(np.argmin(expected))]
    np.testing.assert_array_equal(several.labels_, best.labels_)
    assert several.n_iter_ == best.n_iter_
    assert several.inertia_ == several.init_inertias_.min()


@pytest.mark.parametrize(
    ("init", "n_runs"),
    [
        ("k-means++", 1),
        ("random", 10),
        (DATA["iris"][:3], 1),
        (lambda X, n_clusters, random_state: X[:n_clusters], 10),
    ],
    ids=["k-means++", "random", "array", "callable"],
)
def test_automatic_number_of_runs(init, n_runs):
    kmeans = KMeans(3, init=init, random_state=0).fit(DATA["iris"])
    assert kmeans.init_inertias_.shape == (n_runs,)


def test_callable_start():
    calls = []

    def init(X, n_clusters, random_state):
        calls.append((X.shape, n_clusters, random_state))
        return X[random_state.choice(len(X), n_clusters, replace=False)].tolist()

    state = np.random.RandomState(0)
    kmeans = KMeans(3, init=init, n_init=4, random_state=state).fit(DATA["iris"])
    assert calls == [((150, 4), 3, state)] * 4
    assert len(set(kmeans.init_inertias_)) > 1


def test_callable_start_cannot_modify_the_rows():
    def init(X, n_clusters, random_state):
        X -= X.mean(axis=0)

    X = DATA["iris"].copy()
    with pytest.raises(ValueError, match="read-only"):
        KMeans(3, init=init).fit(X)
    np.testing.assert_array_equal(X, DATA["iris"])
    assert X.flags.writeable


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_callable_start_cannot_modify_sparse_rows(kind):
    def init(X, n_clusters, random_state):
        assert type(X) is kind
        assert np.shares_memory(X.data, rows.data)
        X.data -= 1

    rows = kind(DATA["iris"])
    with pytest.raises(ValueError, match="read-only"):
        KMeans(3, init=init).fit(rows)
    np.testing.assert_array_equal(rows.toarray(), DATA["iris"])
    assert rows.data.flags.writeable


@pytest.mark.parametrize(
    "init",
    [
        DATA["iris"][:3].tolist(),
        DATA["iris"][:3].astype(np.float32),
        np.asfortranarray(DATA["iris"][:3]),
        pd.DataFrame(DATA["iris"][:3]),
        (DATA["iris"][:3] * 10).round().astype(int) / 10,
    ],
    ids=["list", "float32", "Fortran", "DataFrame", "rounded"],
)
def test_given_start(init):
    X = DATA["iris"]
    before = np.array(init)
    kmeans = KMeans(3, init=init).fit(X)
    np.testing.assert_array_equal(np.array(init), before)
    expected = reference.lloyd(X, before, tol=1e-4 * X.var(axis=0).mean())
    np.testing.assert_array_equal(kmeans.labels_, expected["labels"])


def test_given_start_is_used_once():
    message = "Explicit initial center position passed: performing only one init"
    with pytest.warns(RuntimeWarning, match=message):
        kmeans = KMeans(3, init=DATA["iris"][:3], n_init=5).fit(DATA["iris"])
    assert len(kmeans.init_inertias_) == 1


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (np.zeros((2, 4)), r"init has shape \(2, 4\); .* = \(3, 4\)"),
        (np.zeros((3, 5)), r"init has shape \(3, 5\); .* = \(3, 4\)"),
        (np.zeros(4), "init"),
        (np.full((3, 4), np.nan), "Input init contains NaN"),
        (np.full((3, 4), np.inf), "Input init contains infinity"),
        (None, "init"),
        ([["a"] * 4] * 3, "init"),
    ],
)
def test_bad_start(start, message):
    for init in (start, lambda X, n_clusters, random_state: start):
        with pytest.raises((TypeError, ValueError), match=message):
            KMeans(3, init=init, n_init=1).fit(DATA["iris"])


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_random_states(init):
    X = DATA["wine"]

    def fit(random_state):
        return KMeans(5, init=init, n_init=2, random_state=random_state).fit(X).labels_

    np.testing.assert_array_equal(fit(4), fit(np.random.RandomState(4)))
    np.testing.assert_array_equal(fit(np.random.default_rng(4)), fit(np.random.default_rng(4)))
    assert any((fit(seed) != fit(4)).any() for seed in range(4))
    state = np.random.get_state()
    try:
        np.random.seed(4)
        np.testing.assert_array_equal(fit(None), fit(4))
    finally:
        np.random.set_state(state)


def test_rows_without_weight_are_never_drawn():
    X = DATA["iris"]
    sample_weight = np.zeros(150)
    sample_weight[10:17] = 1.0
    for seed in range(30):
        _, indices = kmeans_plusplus(X, 5, sample_weight=sample_weight, random_state=seed)
        assert (sample_weight[indices] > 0).all()
        kmeans = KMeans(7, init="random", n_init=1, random_state=seed)
        assert kmeans.fit(X, sample_weight=sample_weight).inertia_ == 0


def test_fewer_rows_of_weight_than_random_seeds():
    sample_weight = np.r_[np.ones(4), np.zeros(146)]
    with pytest.raises(ValueError, match="n_clusters=5 exceeds the 4 rows of positive sample_weig"):
        KMeans(5, init="random").fit(DATA["iris"], sample_weight=sample_weight)


# ---------------------------------------------------------------------------- reports


def test_verbose(capsys):
    X = normal(1, 500, 2)
    kmeans = KMeans(6, init=X[:6], verbose=1).fit(X)
    first, *lines, last = capsys.readouterr().out.splitlines()
    assert first == "Initialization complete"
    assert last.startswith(f"Converged at iteration {kmeans.n_iter_ - 1}: ")
    pattern = re.compile(r"Iteration (\d+), inertia (\S+), center shift (\S+)\.")
    found = [pattern.fullmatch(line).groups() for line in lines]
    assert [int(iteration) for iteration, _, _ in found] == [*range(kmeans.n_iter_)]
    history = reference.lloyd(X, X[:6], max_iter=kmeans.n_iter_)["history"]
    np.testing.assert_allclose([float(inertia) for _, inertia, _ in found], history, rtol=1e-12)


@pytest.mark.parametrize("tol", [0, 1e-2])
def test_convergence_is_told_as_scikit_learn_does(tol, capsys):
    X = normal(1, 500, 2)
    options = {"init": X[:6], "n_init": 1, "tol": tol, "verbose": 1}
    KMeans(6, **options).fit(X)
    ours = capsys.readouterr().out.splitlines()[-1]
    sklearn.cluster.KMeans(6, algorithm="lloyd", **options).fit(X)
    theirs = capsys.readouterr().out.splitlines()[-1]
    number = re.compile(r"\d+\.\d+(?:e-\d+)?")
    assert number.sub("", ours) == number.sub("", theirs)
    found, expected = ([float(n) for n in number.findall(line)] for line in (ours, theirs))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert ("strict" in ours) == (tol == 0)


def test_a_run_that_stops_early_is_not_said_to_have_converged(capsys):
    X = normal(1, 500, 2)
    KMeans(6, init=X[:6], max_iter=2, verbose=1).fit(X)
    assert "Converged" not in capsys.readouterr().out


def test_not_verbose(capfd):
    KMeans(6, n_init=2, random_state=0).fit(normal(1, 500, 2))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_fewer_distinct_rows_than_clusters(dtype, algorithm):
    X = np.repeat(normal(0, 4, 3, dtype=dtype), 25, axis=0) + dtype(0.1)
    message = r"Number of distinct clusters \(4\) found smaller than n_clusters \(7\)"
    for seed in range(5):
        kmeans = KMeans(7, n_init=2, random_state=seed, algorithm=algorithm)
        with pytest.warns(ConvergenceWarning, match=message) as caught:
            kmeans.fit(X)
        assert caught[0].filename == __file__
        assert len(np.unique(kmeans.labels_)) == 4
        assert np.isfinite(kmeans.cluster_centers_).all()
        np.testing.assert_array_equal(kmeans.predict(X), kmeans.labels_)
        # The mean of 25 equal numbers may be the next one.
        assert kmeans.inertia_ <= 100 * 3 * (4 * np.finfo(dtype).eps) ** 2


@pytest.mark.parametrize("call", ["fit", "fit_predict", "fit_transform", "k_means"])
def test_warnings_point_at_the_line_of_the_user(call):
    """Of which there are two kinds here: one start for two runs, and one distinct row."""
    X, options = np.ones((5, 1)), {"init": [[1.0], [2.0]], "n_init": 2}
    kmeans = KMeans(2, **options)
    with pytest.warns() as caught:
        k_means(X, 2, **options) if call == "k_means" else getattr(kmeans, call)(X)
    assert [warning.category.__name__ for warning in caught] == [
        "RuntimeWarning",
        "ConvergenceWarning",
    ]
    assert {warning.filename for warning in caught} == {__file__}


def test_a_warning_that_is_an_error_leaves_the_estimator_as_it_was():
    kmeans = KMeans(2, n_init=1, random_state=0).fit([[0.0], [1.0]])
    before = dict(vars(kmeans))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConvergenceWarning):
            kmeans.fit(np.ones((5, 1)))
    assert vars(kmeans) == before


def test_constant_data():
    X = np.full((20, 2), 3.25)
    kmeans = KMeans(1, n_init=1).fit(X)
    assert kmeans.inertia_ == 0
    assert kmeans.cluster_centers_.tolist() == [[3.25, 3.25]]


def test_number_of_refills():
    X = np.arange(10.0)[:, np.newaxis]
    assert KMeans(2, init=[[0.0], [9.0]]).fit(X).n_empty_clusters_refilled_ == 0
    assert KMeans(3, init=[[0.0], [9.0], [99.0]]).fit(X).n_empty_clusters_refilled_ == 1
    kmeans = KMeans(10, init=np.r_[0.0, np.full(9, 99.0)][:, np.newaxis]).fit(X)
    assert kmeans.n_empty_clusters_refilled_ >= 8
    assert kmeans.inertia_ == 0


def test_clusters_without_weight_are_refilled():
    """The rows about 100 have no weight, so a centre there has no cluster."""
    X = np.r_[np.arange(10.0), 100.0, 101.0][:, np.newaxis]
    sample_weight = np.r_[np.ones(10), 0.0, 0.0]
    kmeans = KMeans(2, init=[[0.0], [100.0]]).fit(X, sample_weight=sample_weight)
    assert kmeans.n_empty_clusters_refilled_ == 1
    assert sorted(kmeans.cluster_centers_.ravel()) == [2.5, 7.5]


# ---------------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 151}, ValueError, "n_clusters=151 exceeds n_samples=150; pass at least as"),
        ({"n_clusters": 0}, ValueError, "n_clusters=0 must be at least 1"),
        ({"n_clusters": 2.0}, TypeError, "n_clusters must be an int, got 2.0 of type float"),
        ({"n_init": 0}, ValueError, "n_init=0 must be at least 1"),
        ({"n_init": "five"}, TypeError, "n_init must be an int or 'auto', got 'five' of type str"),
        ({"max_iter": 0}, ValueError, "max_iter=0 must be at least 1"),
        ({"max_iter": 2**63}, ValueError, "max_iter=9223372036854775808 must be at most"),
        ({"verbose": -1}, ValueError, "verbose=-1 must be at least 0"),
        ({"verbose": "yes"}, TypeError, "verbose must be an int, got 'yes' of type str"),
        ({"copy_x": None}, TypeError, "copy_x must be True or False, got None of type NoneType"),
        ({"tol": -1e-9}, ValueError, "tol=-1e-09 must be at least 0"),
        ({"tol": np.inf}, ValueError, "tol=inf must be finite"),
        ({"algorithm": "full"}, ValueError, "algorithm='full' must be one of 'auto', 'lloyd', "),
        ({"init": "kmeans++"}, ValueError, r"init='kmeans\+\+' must be one of 'k-means\+\+', "),
        ({"n_threads": 0}, ValueError, "n_threads=0 is not positive"),
        ({"random_state": -1}, ValueError, "random_state=-1 must lie between"),
    ],
)
def test_bad_parameters(options, error, message):
    with pytest.raises(error, match=message):
        KMeans(**{"n_init": 1} | options).fit(DATA["iris"])


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_integers_of_numpy_are_worth_as_much_as_pythons(integer):
    """Costs and tables of 100,000 rows are beyond any of the small ones."""
    X = normal(0, 100_000, 4)
    numbers = {"n_clusters": 3, "n_init": 2, "max_iter": 3, "random_state": 5}
    theirs = {name: integer(value) for name, value in numbers.items()}
    for init in ("k-means++", "random"):
        kmeans = KMeans(init=init, **theirs).fit(X)
        assert fitted_hash(kmeans) == fitted_hash(KMeans(init=init, **numbers).fit(X))
        assert all(kmeans.get_params()[name] is value for name, value in theirs.items())
    seeds = kmeans_plusplus(X, integer(3), n_local_trials=integer(5), random_state=0)[1]
    expected = kmeans_plusplus(X, 3, n_local_trials=5, random_state=0)[1]
    np.testing.assert_array_equal(seeds, expected)


def test_tol_of_numpy_is_worth_as_much_as_pythons():
    X = 1e6 * DATA["iris"]
    tol = np.float16(1e-4)
    kmeans = KMeans(3, init=X[:3], tol=tol).fit(X)
    assert fitted_hash(kmeans) == fitted_hash(KMeans(3, init=X[:3], tol=float(tol)).fit(X))


def test_bad_parameters_of_the_functions():
    with pytest.raises(ValueError, match="n_clusters=0 must be at least 1"):
        kmeans_plusplus(DATA["iris"], 0)
    with pytest.raises(ValueError, match="n_clusters=151 exceeds n_samples=150"):
        kmeans_plusplus(DATA["iris"], 151)
    with pytest.raises(ValueError, match="n_local_trials=0 must be at least 1"):
        kmeans_plusplus(DATA["iris"], 2, n_local_trials=0)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        kmeans_plusplus(np.full((3, 2), np.nan), 2)
    with pytest.raises(ValueError, match="algorithm='full' must be one of"):
        k_means(DATA["iris"], 2, algorithm="full")


@pytest.mark.parametrize("flag", [True, False, np.True_, np.False_])
def test_flags_of_python_and_numpy(flag, capsys):
    kmeans = KMeans(3, n_init=1, verbose=flag, copy_x=flag).fit(DATA["iris"])
    assert bool(capsys.readouterr().out) == flag
    assert kmeans.get_params()["verbose"] is flag


def test_public_names():
    for name in mixclust.__all__:
        assert hasattr(mixclust, name)
