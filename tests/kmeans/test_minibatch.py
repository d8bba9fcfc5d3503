"""MiniBatchKMeans.fit: scikit-learn's fits, the end of a fit, weights, layouts and messages."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import threadpoolctl
from sklearn.cluster import MiniBatchKMeans as SklearnMiniBatchKMeans
from support.samples import DTYPES, LAYOUTS, blobs, fitted_hash, layouts, quiet_fit

from mixclust import ConvergenceWarning, KMeans, MiniBatchKMeans

X = blobs(0, 5000, 4, 12)
WEIGHTS = np.random.default_rng(1).exponential(size=5000)


@pytest.fixture(autouse=True)
def one_thread_for_scikit_learn():
    """Its threads wait for each other at every batch, for long where a core is busy."""
    with threadpoolctl.threadpool_limits(1):
        yield


# ---------------------------------------------------------------------------- scikit-learn

OPTIONS = {
    "defaults": {},
    "random starts": {"init": "random"},
    "given start": {"init": X[:15]},
    "many starts": {"n_init": 4},
    "small batches": {"batch_size": 60},
    "one row a batch": {"batch_size": 1, "max_iter": 1},
    "many reassignments": {"reassignment_ratio": 0.5, "batch_size": 50},
    "tol": {"tol": 1e-3, "max_no_improvement": None},
    "no early stop": {"max_iter": 1, "max_no_improvement": None, "batch_size": 300},
    "no patience": {"max_no_improvement": 0},
    "small sample": {"init_size": 30},
    "one batch": {"max_iter": 1, "batch_size": 5000},
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", OPTIONS)
def test_a_fit_is_scikit_learns(name, weighted):
    """The same starts, batches, reassignments and end: float64 results agree to rounding."""
    weights = WEIGHTS if weighted else None
    for seed in range(2):
        ours = MiniBatchKMeans(15, random_state=seed, **OPTIONS[name])
        ours = quiet_fit(ours, X, sample_weight=weights)
        theirs = SklearnMiniBatchKMeans(15, random_state=seed, **OPTIONS[name])
        theirs.fit(X, sample_weight=weights)
        assert (ours.n_steps_, ours.n_iter_) == (theirs.n_steps_, theirs.n_iter_)
        np.testing.assert_allclose(
            ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9, atol=1e-9
        )
        np.testing.assert_array_equal(ours.counts_, theirs._counts)
        np.testing.assert_array_equal(ours.labels_, theirs.labels_)
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)


def test_a_callable_start_sees_the_rows_that_scikit_learns_sees():
    samples = []

    def init(rows, n_clusters, random_state):
        samples.append(np.array(rows))
        return rows[random_state.choice(len(rows), n_clusters, replace=False)]

    ours = MiniBatchKMeans(15, init=init, batch_size=100, random_state=3).fit(X)
    theirs = SklearnMiniBatchKMeans(15, init=init, batch_size=100, random_state=3).fit(X)
    assert [len(sample) for sample in samples] == 6 * [300]
    np.testing.assert_array_equal(samples[:3], samples[3:])
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9)


def test_inertia_without_labels_is_scikit_learns():
    options = {"compute_labels": False, "random_state": 0}
    ours = MiniBatchKMeans(15, **options).fit(X, sample_weight=WEIGHTS)
    theirs = SklearnMiniBatchKMeans(15, **options).fit(X, sample_weight=WEIGHTS)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)
    assert not hasattr(ours, "labels_")
    with pytest.raises(AttributeError, match="compute_labels=False"):
        ours.labels_  # noqa: B018 (reading it raises)
    expected = MiniBatchKMeans(15, random_state=0).fit_predict(X, sample_weight=WEIGHTS)
    np.testing.assert_array_equal(ours.predict(X), expected)
    np.testing.assert_array_equal(ours.fit_predict(X, sample_weight=WEIGHTS), expected)
    # Of a single batch scikit-learn has no estimate and raises.
    one = MiniBatchKMeans(15, max_iter=1, batch_size=5000, **options).fit(X)
    assert one.inertia_ == pytest.approx(-KMeans(15, init=start(one)).fit(X).score(X), rel=2)


def start(fitted):
    return fitted.cluster_centers_


def test_verbose_prints_scikit_learns_lines(capsys):
    options = {"random_state": 0, "verbose": 1, "n_init": 2, "reassignment_ratio": 0.3}
    MiniBatchKMeans(15, batch_size=50, **options).fit(X)
    ours = capsys.readouterr().out.splitlines()
    SklearnMiniBatchKMeans(15, batch_size=50, **options).fit(X)
    theirs = capsys.readouterr().out.splitlines()
    assert any("Reassigning" in line for line in ours)
    words = [[word.rstrip(":,") for word in line.split()] for line in ours]
    assert len(ours) == len(theirs)
    for found, line in zip(words, theirs, strict=True):
        for one, other in zip(found, [word.rstrip(":,") for word in line.split()], strict=True):
            assert one == other or float(one) == pytest.approx(float(other), rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_inertia_is_no_worse_than_scikit_learns_over_seeds(dtype):
    rows = X.astype(dtype)
    ours, theirs = (
        [kind(12, random_state=seed).fit(rows).inertia_ for seed in range(8)]
        for kind in (MiniBatchKMeans, SklearnMiniBatchKMeans)
    )
    assert np.mean(ours) <= np.mean(theirs) * (1 + 1e-3)


# ---------------------------------------------------------------------------- rows and weights


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_at_any_stride(dtype, layout):
    rows = X.astype(dtype)
    expected = MiniBatchKMeans(15, random_state=0).fit(rows)
    assert fitted_hash(MiniBatchKMeans(15, random_state=0).fit(layouts(rows)[layout])) == (
        fitted_hash(expected)
    )


def test_sparse_rows_are_fitted_as_dense_ones():
    rows = np.where(abs(X) < 3, 0, X)
    options = {"random_state": 0, "reassignment_ratio": 0.3, "batch_size": 100}
    dense = MiniBatchKMeans(15, **options).fit(rows, sample_weight=WEIGHTS)
    sparse = MiniBatchKMeans(15, **options).fit(sp.csr_array(rows), sample_weight=WEIGHTS)
    assert dense.n_steps_ == sparse.n_steps_
    np.testing.assert_allclose(
        sparse.cluster_centers_, dense.cluster_centers_, rtol=1e-9, atol=1e-9
    )
    np.testing.assert_array_equal(sparse.labels_, dense.labels_)


def test_absent_rows_change_nothing():
    weights = WEIGHTS * (np.arange(5000) % 3 > 0)
    options = {"random_state": 0, "batch_size": 300}
    found = MiniBatchKMeans(15, **options).fit(X, sample_weight=weights)
    present = weights > 0
    expected = MiniBatchKMeans(15, **options).fit(X[present], sample_weight=weights[present])
    assert (found.n_steps_, found.n_iter_) == (expected.n_steps_, expected.n_iter_)
    np.testing.assert_allclose(found.cluster_centers_, expected.cluster_centers_, rtol=1e-12)
    np.testing.assert_array_equal(found.labels_[present], expected.labels_)
    assert found.inertia_ == pytest.approx(expected.inertia_, rel=1e-12)


def test_equal_weights_are_no_weights():
    expected = MiniBatchKMeans(15, random_state=0).fit(X)
    found = MiniBatchKMeans(15, random_state=0).fit(X, sample_weight=np.full(5000, 0.5))
    np.testing.assert_array_equal(found.cluster_centers_, expected.cluster_centers_)
    assert found.inertia_ == expected.inertia_ / 2


def test_all_weight_on_a_few_rows():
    weights = np.zeros(5000)
    weights[[7, 4000]] = 1e-200, 2e-200
    fitted = MiniBatchKMeans(2, random_state=0, reassignment_ratio=0)
    fitted.fit(X, sample_weight=weights)
    np.testing.assert_allclose(
        np.sort(fitted.cluster_centers_, axis=0), np.sort(X[[7, 4000]], axis=0), rtol=1e-12
    )
    assert fitted.inertia_ == pytest.approx(0, abs=1e-220)


def test_any_batch_size_and_number_of_threads():
    for batch_size in (1, 7, 5000, 10**9):
        options = {"random_state": 0, "batch_size": batch_size, "max_iter": 2}
        one, two = (quiet_fit(MiniBatchKMeans(15, n_threads=n, **options), X) for n in (1, 2))
        assert fitted_hash(one) == fitted_hash(two)


# ---------------------------------------------------------------------------- the end of a fit


def test_early_stop_ends_sooner_at_hardly_a_loss():
    early = MiniBatchKMeans(12, random_state=0).fit(X)
    late = MiniBatchKMeans(12, random_state=0, max_no_improvement=None).fit(X)
    assert early.n_steps_ < late.n_steps_ / 3
    assert late.n_steps_ == 100 * 5000 // 1024
    assert late.inertia_ <= early.inertia_ <= 1.2 * late.inertia_


def test_tol_ends_a_fit():
    loose, tight = (
        MiniBatchKMeans(12, random_state=0, max_no_improvement=None, tol=tol).fit(X).n_steps_
        for tol in (1e-2, 1e-4)
    )
    assert 1 < loose < tight < 488


def test_reassignment_helps_where_clusters_start_empty():
    """Starts far from all rows but one: without reassignment, all rows stay in one cluster."""
    init = np.full((12, 4), 1e4)
    init[0] = 0
    stuck, helped = (
        quiet_fit(MiniBatchKMeans(12, init=init, reassignment_ratio=ratio, random_state=0), X)
        for ratio in (0, 0.01)
    )
    assert len(np.unique(stuck.labels_)) == 1
    assert len(np.unique(helped.labels_)) == 12
    assert helped.inertia_ < stuck.inertia_ / 5


def test_callback_sees_every_batch_and_ends_the_fit():
    states = []
    fitted = MiniBatchKMeans(15, random_state=0, callback=states.append).fit(X)
    assert [state.step for state in states] == list(range(fitted.n_steps_ + 1))
    assert states.pop(0).phase == "start"
    assert {state.n_steps for state in states} == {100 * 5000 // 1024}
    assert np.isnan(states[0].ewa_inertia)
    assert states[1].ewa_inertia == states[1].inertia
    assert all(state.center_shift >= 0 for state in states)
    np.testing.assert_array_equal(states[-1].centers(), fitted.cluster_centers_)
    alone = MiniBatchKMeans(15, random_state=0).fit(X)
    assert fitted_hash(alone) == fitted_hash(fitted)
    short = MiniBatchKMeans(15, random_state=0, callback=lambda state: state.step == 4).fit(X)
    assert short.n_steps_ == 4


# ---------------------------------------------------------------------------- arguments


def test_random_states_of_every_kind():
    def fit(random_state):
        return fitted_hash(MiniBatchKMeans(15, random_state=random_state).fit(X))

    assert fit(4) == fit(np.random.RandomState(4))
    assert fit(np.random.default_rng(4)) == fit(np.random.default_rng(4))
    assert len({fit(seed) for seed in range(4)}) == 4


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_clusters", 6000, "n_clusters=6000 exceeds n_samples=5000"),
        ("batch_size", 0, "batch_size=0 must be at least 1"),
        ("max_no_improvement", -1, "max_no_improvement=-1 must be at least 0"),
        ("reassignment_ratio", 1.5, "reassignment_ratio=1.5 must be at most 1"),
        ("forgetting_factor", 2, "forgetting_factor=2.0 must be at most 1"),
        ("forgetting_factor", -1, "forgetting_factor=-1 must be at least 0"),
        ("compute_labels", 1, "compute_labels must be True or False"),
        ("init", X[:3], r"init has shape \(3, 4\)"),
        ("init_size", 1.5, "init_size must be an int"),
    ],
)
def test_bad_arguments_are_named(name, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        MiniBatchKMeans(**{"n_clusters": 8, name: value}).fit(X)


def test_warnings_are_scikit_learns():
    with pytest.warns(RuntimeWarning, match="init_size=5 should be larger than n_clusters=15"):
        MiniBatchKMeans(15, init_size=5, random_state=0).fit(X)
    with pytest.warns(RuntimeWarning, match="only one init in MiniBatchKMeans instead of n_init=3"):
        MiniBatchKMeans(15, init=X[:15], n_init=3).fit(X)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(4\) found smaller"):
        MiniBatchKMeans(7, random_state=0).fit(np.repeat(X[:4], 9, axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MiniBatchKMeans(15, init=X[:15], n_init=1).fit(X)


def test_numbers_beyond_float64_are_refused():
    with pytest.raises(ValueError, match="overflow"):
        MiniBatchKMeans(2).fit(X * 1e200)
    with pytest.raises(ValueError, match="NaN"):
        MiniBatchKMeans(2).fit(np.where(X[4999, 3] == X, np.nan, X))
    with pytest.raises(ValueError, match="not hold the distances"):
        MiniBatchKMeans(2, init=np.full((2, 4), 1e250)).fit(X)
