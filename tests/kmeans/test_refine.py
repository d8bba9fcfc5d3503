"""KMeans(refine="breathing"): never worse, exact at the end, and the same for equal data."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.cluster
from support.real_data import DATA
from support.samples import blobs, fitted_hash, normal, quiet_fit

from mixclust import ConvergenceWarning, KMeans, k_means

GRID = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2)
GRID = np.repeat(GRID, 20, axis=0) + 0.08 * normal(0, 720, 2)


def both(X, n_clusters, sample_weight=None, **options):
    """Fits without and with refinement."""
    options = {"random_state": 0} | options
    plain = quiet_fit(KMeans(n_clusters, **options), X, sample_weight=sample_weight)
    refined = KMeans(n_clusters, refine="breathing", **options)
    return plain, quiet_fit(refined, X, sample_weight=sample_weight)


def check_agreement(kmeans, X, sample_weight=None):
    """The inertia belongs to the centres, and `predict` gives the labels."""
    centers = kmeans.cluster_centers_.astype(np.float64)
    squares = np.square(X[:, np.newaxis] - centers).sum(axis=2).min(axis=1)
    expected = np.average(squares, weights=sample_weight) * (
        len(X) if sample_weight is None else sample_weight.sum()
    )
    assert kmeans.inertia_ == pytest.approx(expected, rel=1e-9, abs=1e-9)
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["iris", "wine"])
@pytest.mark.parametrize("n_clusters", [2, 9, 30])
def test_never_worse(name, n_clusters, seed):
    X = DATA[name]
    plain, refined = both(X, n_clusters, random_state=seed)
    assert refined.inertia_ <= plain.inertia_
    np.testing.assert_array_equal(refined.init_inertias_, plain.init_inertias_)
    check_agreement(refined, X)


@pytest.mark.parametrize("seed", range(5))
def test_finds_every_cluster_of_a_grid(seed):
    plain, refined = both(GRID, 36, random_state=seed)
    assert sorted(np.bincount(refined.labels_)) == [20] * 36
    assert refined.inertia_ <= plain.inertia_


def test_beats_ten_runs_where_there_are_many_clusters():
    X = normal(1, 2000, 2)
    ten = [KMeans(40, n_init=10, random_state=seed).fit(X).inertia_ for seed in range(4)]
    one = [both(X, 40, random_state=seed)[1].inertia_ for seed in range(4)]
    assert np.mean(one) < np.mean(ten)


def test_a_solution_that_cannot_be_refined_keeps_its_bits():
    X = blobs(0, 300, 2, 3) * 100
    plain, refined = both(X, 3, n_init=3)
    assert plain.inertia_ == refined.inertia_
    assert fitted_hash(plain) == fitted_hash(refined)


def test_last_centers_are_converged():
    X = normal(2, 3000, 3)
    _, refined = both(X, 25, tol=0)
    again = KMeans(25, init=refined.cluster_centers_, tol=0).fit(X)
    np.testing.assert_allclose(again.cluster_centers_, refined.cluster_centers_, rtol=1e-12)
    assert refined.n_iter_ <= refined.max_iter


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [np.array, sp.csr_array])
def test_threads_change_no_bit(kind, dtype):
    X = np.maximum(blobs(3, 30_000, 6, 30), 0).astype(dtype)
    weights = np.random.default_rng(0).uniform(0, 2, len(X))
    options = {"refine": "breathing", "random_state": 0, "max_iter": 30}
    fits = [
        KMeans(40, n_threads=n_threads, **options).fit(kind(X), sample_weight=weights)
        for n_threads in (1, 2, 5)
    ]
    assert len({fitted_hash(fit) for fit in fits}) == 1


def test_given_centers_need_no_seed():
    X = normal(4, 500, 2)
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    first, second = (KMeans(20, init=X[:20], refine="breathing").fit(X) for _ in range(2))
    assert fitted_hash(first) == fitted_hash(second)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert first.inertia_ < KMeans(20, init=X[:20]).fit(X).inertia_


def test_refinement_takes_no_draw_from_a_generator():
    X = normal(4, 500, 2)
    states = [np.random.default_rng(0) for _ in range(2)]
    for refine, state in zip((None, "breathing"), states, strict=True):
        KMeans(20, refine=refine, random_state=state).fit(X)
    assert states[0].random() == states[1].random()


def test_integer_weights_count_as_copies():
    X = normal(5, 300, 2)
    weights = np.random.default_rng(5).integers(0, 4, 300)
    copies = np.repeat(X, weights, axis=0)
    _, weighted = both(X, 25, sample_weight=weights, init=X[weights > 0][:25])
    _, repeated = both(copies, 25, init=X[weights > 0][:25])
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-9)
    np.testing.assert_array_equal(np.repeat(weighted.labels_, weights), repeated.labels_)
    check_agreement(weighted, X, weights)


def test_rows_of_zero_weight_are_absent():
    X = normal(6, 300, 2)
    weights = np.ones(300)
    weights[::3] = 0
    X[::3] *= 50
    _, weighted = both(X, 20, sample_weight=weights, init=X[1:300:3][:20])
    _, without = both(X[weights > 0], 20, init=X[1:300:3][:20])
    np.testing.assert_allclose(weighted.cluster_centers_, without.cluster_centers_, rtol=1e-9)


def test_sparse_rows_are_clustered_like_dense_ones():
    X = np.maximum(normal(7, 600, 8), 0)
    _, dense = both(X, 30)
    _, sparse = both(sp.csr_array(X), 30)
    np.testing.assert_allclose(sparse.cluster_centers_, dense.cluster_centers_, atol=1e-9)
    np.testing.assert_array_equal(sparse.labels_, dense.labels_)
    plain = KMeans(30, random_state=0).fit(sp.csr_array(X))
    assert sparse.inertia_ < plain.inertia_


@pytest.mark.parametrize("n_clusters", [1, 2, 38, 39, 40])
def test_as_many_clusters_as_rows_or_one(n_clusters):
    X = normal(8, 40, 2)
    plain, refined = both(X, n_clusters)
    assert refined.inertia_ <= plain.inertia_
    check_agreement(refined, X)


@pytest.mark.parametrize("n_clusters", [6, 7, 8, 12])
def test_duplicated_rows(n_clusters):
    X = np.repeat(normal(9, 7, 3), 5, axis=0)
    kmeans = KMeans(n_clusters, refine="breathing", random_state=0)
    if n_clusters > 7:
        with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(7\)"):
            kmeans.fit(X)
    else:
        kmeans.fit(X)
    assert len(np.unique(kmeans.labels_)) == min(n_clusters, 7)
    check_agreement(kmeans, X)


def test_start_of_equal_centers():
    X = normal(10, 500, 2)
    init = np.full((12, 2), 9.0)
    plain, refined = both(X, 12, init=init, n_init=1, max_iter=1)
    assert refined.inertia_ <= plain.inertia_
    assert len(np.unique(refined.labels_)) == 12
    check_agreement(refined, X)


@pytest.mark.parametrize("seed", [34, 204, 372])
def test_scale_of_the_weights_changes_nothing(seed):
    """The error of a cluster of one row may be rounding in place of zero: it needs no centre."""
    generator = np.random.default_rng(seed)
    n_samples, n_clusters = 60 + seed % 100, 1 + seed % 8
    X = generator.standard_normal((n_samples, 1 + seed % 9))
    start = X[np.random.default_rng(seed).permutation(n_samples)[:n_clusters]]
    weights = generator.integers(0, 4, n_samples)
    weights[:n_clusters] += 1
    factor = 10.0 ** generator.uniform(-9, 9)
    _, refined = both(X, n_clusters, sample_weight=weights, init=start)
    _, scaled = both(X, n_clusters, sample_weight=weights * factor, init=start)
    np.testing.assert_array_equal(scaled.labels_, refined.labels_)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_scale_of_the_rows_changes_only_the_units(scale):
    X = normal(11, 400, 2)
    scale = 2.0 ** np.round(np.log2(scale))
    _, plain = both(X, 20)
    with np.errstate(all="raise"):
        _, scaled = both(X * scale, 20)
    np.testing.assert_array_equal(scaled.labels_, plain.labels_)


def test_far_rows_do_not_hide_the_others():
    X = np.vstack([normal(12, 1000, 2), [[1e9, 1e9], [-1e9, 3e9]]])
    for seed in range(3):
        plain, refined = both(X, 25, random_state=seed)
        assert refined.inertia_ <= plain.inertia_


def test_callback_sees_one_more_run():
    X, seen = normal(13, 800, 2), []
    refined = KMeans(25, n_init=2, random_state=0, refine="breathing", callback=seen.append).fit(X)
    assert [state.init for state in seen] == sorted(state.init for state in seen)
    assert {state.init for state in seen} == {0, 1, 2}
    last = [state for state in seen if state.init == 2]
    assert [state.iteration for state in last] == list(range(1, len(last) + 1))
    assert all(np.isnan(state.center_shift) for state in last)
    assert all(np.diff([state.inertia for state in last]) <= 0)
    assert last[0].inertia <= refined.init_inertias_.min()
    assert last[0].centers().shape == (25, 2)
    assert refined.inertia_ <= last[-1].inertia
    alone = KMeans(25, n_init=2, random_state=0, refine="breathing").fit(X)
    assert fitted_hash(alone) == fitted_hash(refined)


def test_callback_ends_the_refinement():
    X, seen = normal(13, 800, 2), []

    def stop(state):
        seen.append(state)
        return state.init == 1 and state.iteration == 3

    stopped = KMeans(25, random_state=0, refine="breathing", callback=stop).fit(X)
    assert seen[-1].iteration == 3
    full = KMeans(25, random_state=0, refine="breathing").fit(X)
    assert full.inertia_ < stopped.inertia_ <= stopped.init_inertias_[0]
    check_agreement(stopped, X)


def test_verbose_prints_the_lowest_inertia(capsys):
    X = normal(13, 200, 2)
    refined = KMeans(8, random_state=0, refine="breathing", verbose=1).fit(X)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Refinement" in line]
    assert lines[0].startswith("Refinement 0, inertia ")
    assert float(lines[-1].split()[-1].rstrip(".")) >= refined.inertia_


def test_error_in_a_callback_leaves_the_estimator_as_it_was():
    kmeans = KMeans(5, random_state=0, refine="breathing").fit(DATA["iris"])
    before = fitted_hash(kmeans)

    def fail(state):
        if state.init == 1:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        kmeans.set_params(callback=fail).fit(DATA["wine"])
    assert fitted_hash(kmeans) == before


@pytest.mark.parametrize("value", ["swaps", "", True, 5, ["breathing"]])
def test_other_values_are_refused(value):
    with pytest.raises((TypeError, ValueError), match="refine"):
        KMeans(2, refine=value).fit(DATA["iris"])


def test_function_saved_and_converted(tmp_path):
    X = DATA["iris"]
    _, refined = both(X, 9)
    centers, labels, inertia = k_means(X, 9, refine="breathing", random_state=0)
    assert centers.tobytes() == refined.cluster_centers_.tobytes()
    assert labels.tobytes() == refined.labels_.tobytes()
    assert inertia == refined.inertia_
    refined.save(tmp_path / "kmeans")
    loaded = KMeans.load(tmp_path / "kmeans")
    assert loaded.refine == "breathing"
    assert "refine='breathing'" in repr(loaded)
    assert loaded.inertia_ == refined.inertia_
    theirs = refined.to_sklearn()
    assert isinstance(theirs, sklearn.cluster.KMeans)
    np.testing.assert_array_equal(theirs.labels_, refined.labels_)
