"""KMeans fitted to rows in parts: the fit in memory, to rounding, for any cutting."""

import copy
import pickle

import numpy as np
import pytest
from support.parts import FailingParts, ListParts, SentParts, cut

import mixclust
from mixclust import ConvergenceWarning, KMeans
from mixclust._passes.parts import Parts

CUTTINGS = [(600,), (1, 299), (37,), (1,)]


def some_rows(dtype=np.float64, offset=0.0):
    """Five groups of rows that overlap, in three features."""
    rng = np.random.default_rng(5)
    middles = rng.normal(size=(5, 3)) * 3
    X = middles[rng.integers(5, size=600)] + rng.normal(size=(600, 3))
    return (X + offset).astype(dtype)


def some_weights():
    """Weights of these rows, zeros among them."""
    weights = np.random.default_rng(6).exponential(size=600)
    weights[::7] = 0
    return weights


def assert_same_fit(one, two, rtol=1e-10):
    """Two fits have the same attributes, numbers to rounding."""
    scale = np.abs(two.cluster_centers_).max()
    eps = max(rtol, 4 * np.finfo(two.cluster_centers_.dtype).eps)
    np.testing.assert_allclose(one.cluster_centers_, two.cluster_centers_, atol=eps * scale)
    assert one.cluster_centers_.dtype == two.cluster_centers_.dtype
    np.testing.assert_allclose(one.inertia_, two.inertia_, rtol=max(rtol, eps))
    np.testing.assert_allclose(one.total_weight_, two.total_weight_, rtol=1e-12)
    assert one.n_iter_ == two.n_iter_
    assert one.n_empty_clusters_refilled_ == two.n_empty_clusters_refilled_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sizes", CUTTINGS)
def test_fit_from_given_centers_is_the_fit_in_memory(dtype, offset, weighted, sizes):
    X = some_rows(dtype, offset)
    weights = some_weights() if weighted else None
    params = {"init": X[:5], "tol": 0, "n_init": 1}
    in_memory = KMeans(5, **params).fit(X, sample_weight=weights)
    parts = cut(X, *sizes, sample_weight=weights)
    fitted = KMeans(5, **params).fit(parts)
    assert_same_fit(fitted, in_memory)
    np.testing.assert_array_equal(fitted.predict(parts), in_memory.labels_)
    np.testing.assert_array_equal(fitted.predict(X), in_memory.labels_)
    assert fitted.init_inertias_.tolist() == [fitted.inertia_]


@pytest.mark.parametrize("max_iter", [1, 3])
def test_tolerance_and_max_iter_end_a_run_as_in_memory(max_iter):
    X = some_rows()
    for params in ({"max_iter": max_iter, "tol": 0}, {"tol": 1e-2}):
        params |= {"init": X[:5], "n_init": 1}
        assert_same_fit(KMeans(5, **params).fit(cut(X, 37)), KMeans(5, **params).fit(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cutting_changes_no_start(dtype):
    X, weights = some_rows(dtype), some_weights()
    for init in ("k-means++", "random"):
        fits = [
            KMeans(5, init=init, n_init=2, random_state=1).fit(
                cut(X, *sizes, sample_weight=weights)
            )
            for sizes in CUTTINGS
        ]
        for fitted in fits[1:]:
            assert_same_fit(fitted, fits[0])
            np.testing.assert_allclose(fitted.init_inertias_, fits[0].init_inertias_, rtol=1e-6)
        assert len(fits[0].init_inertias_) == 2


def test_sample_of_all_rows_starts_as_in_memory():
    X = some_rows()
    in_memory = KMeans(5, random_state=3, tol=0).fit(X)
    fitted = KMeans(5, random_state=3, tol=0).fit(cut(X, 100))
    np.testing.assert_allclose(fitted.inertia_, in_memory.inertia_, rtol=1e-10)
    np.testing.assert_array_equal(fitted.predict(X), in_memory.labels_)
    assert fitted.n_iter_ <= 2  # rounding moves the centres of the sample once


def test_parts_may_lie_on_other_machines():
    X, weights = some_rows(), some_weights()
    pieces = cut(X, 37, sample_weight=weights)
    here = KMeans(5, random_state=0).fit(pieces)
    there = KMeans(5, random_state=0).fit(SentParts(pieces.arrays, pieces.weights))
    np.testing.assert_array_equal(here.cluster_centers_, there.cluster_centers_)
    assert here.inertia_ == there.inertia_


def test_bits_do_not_depend_on_threads():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200_000, 16)).astype(np.float32)
    parts = cut(X, 90_000)
    one, two = (KMeans(32, random_state=0, max_iter=5, n_threads=n).fit(parts) for n in (1, 2))
    np.testing.assert_array_equal(one.cluster_centers_, two.cluster_centers_)
    assert one.inertia_ == two.inertia_


def test_whole_weights_are_copies_and_zero_is_absence():
    X = some_rows()
    weights = np.random.default_rng(0).integers(0, 3, size=600)
    params = {"init": X[:5], "n_init": 1, "tol": 0}
    weighted = KMeans(5, **params).fit(cut(X, 37, sample_weight=weights))
    copies = KMeans(5, **params).fit(cut(np.repeat(X, weights, axis=0), 37))
    np.testing.assert_allclose(weighted.cluster_centers_, copies.cluster_centers_, rtol=1e-12)
    np.testing.assert_allclose(weighted.inertia_, copies.inertia_, rtol=1e-12)
    np.testing.assert_allclose(weighted.score(cut(X, 9, sample_weight=weights)), -copies.inertia_)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_empty_clusters_get_the_farthest_rows_of_all_parts(weighted, dtype):
    X = some_rows(dtype)
    weights = some_weights() if weighted else None
    init = np.concatenate([X[:3], np.full((3, 3), 1e3), X[3:5]])
    params = {"init": init, "n_init": 1, "tol": 0}
    in_memory = KMeans(8, **params).fit(X, sample_weight=weights)
    assert in_memory.n_empty_clusters_refilled_ >= 3
    for sizes in CUTTINGS:
        assert_same_fit(KMeans(8, **params).fit(cut(X, *sizes, sample_weight=weights)), in_memory)


def test_more_clusters_than_rows_of_a_part_and_than_distinct_rows():
    X = some_rows()
    params = {"init": X[:50], "n_init": 1, "tol": 0}
    assert_same_fit(KMeans(50, **params).fit(cut(X, 20)), KMeans(50, **params).fit(X))
    copies = np.repeat(X[:4], 5, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"clusters \(4\) found smaller"):
        fitted = KMeans(6, random_state=0).fit(cut(copies, 3))
    assert fitted.inertia_ < 1e-20


def test_fewer_rows_of_positive_weight_than_clusters():
    X = some_rows()[:9]
    parts = cut(X, 2, sample_weight=np.arange(9) < 3)
    with pytest.warns(ConvergenceWarning):
        fitted = KMeans(5, random_state=0).fit(parts)
    assert fitted.inertia_ < 1e-20
    with pytest.raises(ValueError, match="exceeds the 3 rows of positive"):
        KMeans(5, init="random", random_state=0).fit(parts)
    with pytest.raises(ValueError, match="n_clusters=10 exceeds n_samples=9"):
        KMeans(10, random_state=0).fit(parts)


def test_callable_init_is_given_the_sample():
    X = some_rows()
    seen = []

    def init(sample, n_clusters, random_state):
        seen.append(sample.shape)
        return sample[:n_clusters]

    fitted = KMeans(5, init=init, n_init=1, random_state=0).fit(cut(X, 37))
    assert seen == [(600, 3)]
    in_memory = KMeans(5, init=init, n_init=1).fit(X)
    np.testing.assert_allclose(fitted.inertia_, in_memory.inertia_, rtol=1e-3)


def test_seeds_of_every_kind_and_their_independence():
    X = some_rows()
    for make in (lambda: 3, lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)):
        one, two = (KMeans(5, random_state=make()).fit(cut(X, 50)) for _ in range(2))
        np.testing.assert_array_equal(one.cluster_centers_, two.cluster_centers_)


def test_callback_and_verbose_show_the_iterations_over_all_parts(capsys):
    X = some_rows()
    states, expected = [], []
    params = {"init": X[:5], "n_init": 1, "tol": 0}
    KMeans(5, callback=states.append, **params).fit(cut(X, 37))
    KMeans(5, callback=expected.append, **params).fit(X)
    np.testing.assert_allclose(
        [(s.init, s.iteration, s.inertia, s.center_shift) for s in states],
        [(s.init, s.iteration, s.inertia, s.center_shift) for s in expected],
        atol=1e-12,
        rtol=1e-10,
    )
    np.testing.assert_allclose(states[-1].centers(), expected[-1].centers(), rtol=1e-12)
    stopped = KMeans(5, callback=lambda state: state.iteration == 2, **params).fit(cut(X, 37))
    assert stopped.n_iter_ == 2
    KMeans(5, verbose=1, random_state=0).fit(cut(X, 37))
    assert capsys.readouterr().out.count("Initialization complete") == 1


def test_answers_over_parts_are_the_answers_in_memory(tmp_path):
    X, weights = some_rows(np.float32), some_weights()
    fitted = KMeans(5, random_state=0).fit(X)
    for sizes in CUTTINGS:
        parts = cut(X, *sizes, sample_weight=weights)
        np.testing.assert_array_equal(fitted.predict(parts), fitted.predict(X))
        np.testing.assert_array_equal(fitted.transform(parts), fitted.transform(X))
        np.testing.assert_array_equal(
            fitted.silhouette_samples(parts), fitted.silhouette_samples(X)
        )
        for mine, theirs in zip(
            fitted.nearest_centers(parts), fitted.nearest_centers(X), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_allclose(
            fitted.score(parts), fitted.score(X, sample_weight=weights), rtol=1e-12
        )
    for rows in (X, cut(X, 37)):
        labels = np.empty(600, dtype=np.int32)
        assert fitted.predict(rows, out=labels) is labels
        np.testing.assert_array_equal(labels, fitted.labels_)
        path = tmp_path / "distances.npy"
        np.testing.assert_array_equal(fitted.transform(rows, out=path), fitted.transform(X))
        np.testing.assert_array_equal(np.load(path), fitted.transform(X))


def test_fit_predict_and_fit_transform():
    X = some_rows()
    parts = cut(X, 37)
    params = {"init": X[:5], "n_init": 1}
    np.testing.assert_array_equal(
        KMeans(5, **params).fit_predict(parts), KMeans(5, **params).fit_predict(X)
    )
    np.testing.assert_allclose(
        KMeans(5, **params).fit_transform(parts), KMeans(5, **params).fit_transform(X), atol=1e-10
    )
    assert KMeans(5, **params).set_output(transform="pandas").fit_transform(parts).shape == (600, 5)


def test_labels_are_not_kept_and_the_reason_is_given(tmp_path):
    X = some_rows()
    fitted = KMeans(5, random_state=0).fit(X).fit(cut(X, 37))
    with pytest.raises(AttributeError, match=r"fitted to chunks.*predict\(X\) labels any"):
        _ = fitted.labels_
    fitted.save(tmp_path / "model")
    loaded = KMeans.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    with pytest.raises(ValueError, match="fitted to chunks"):
        fitted.save(tmp_path / "model", labels=True)
    assert fitted.to_gaussian_mixture().predict(X[:3]).shape == (3,)
    assert fitted.to_sklearn().predict(X[:3]).shape == (3,)
    assert isinstance(pickle.loads(pickle.dumps(fitted)), KMeans)


def test_arguments_that_parts_do_not_allow_are_named():
    X = some_rows()
    parts = cut(X, 37)
    with pytest.raises(ValueError, match=r"sample_weight was passed beside.*chunks"):
        KMeans(5).fit(parts, sample_weight=np.ones(600))
    with pytest.raises(ValueError, match="refine='breathing' needs all rows in memory"):
        KMeans(5, refine="breathing").fit(parts)
    fitted = KMeans(5, random_state=0).fit(X)
    with pytest.raises(ValueError, match="sample_weight was passed beside"):
        fitted.score(parts, sample_weight=np.ones(600))
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.predict(cut(X[:, :2], 37))
    with pytest.raises(mixclust.NotFittedError):
        KMeans(5).predict(parts)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("gone")])
@pytest.mark.parametrize("n_good", [0, 1, 3])
def test_failure_in_any_pass_leaves_the_estimator_as_it_was(error, n_good):
    X = some_rows()
    pieces = cut(X, 100)
    for estimator in (KMeans(5, random_state=0), KMeans(5, random_state=0).fit(X[:, :2])):
        before = copy.deepcopy(vars(estimator))
        with pytest.raises(type(error)):
            estimator.set_params(init=X[:5]).fit(FailingParts(pieces.arrays, None, n_good, error))
        estimator.set_params(init="k-means++")
        assert vars(estimator).keys() == before.keys()
        for name, value in before.items():
            np.testing.assert_array_equal(vars(estimator)[name], value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_become_bad_name_chunk_and_row(dtype, value):
    X = some_rows(dtype)

    class Changing(ListParts):
        n_good = 0

        def read(self):
            for part in super().read():
                if self.n_passes == self.n_good + 1 and part.index == 3:
                    part = part._replace(X=part.X.copy())
                    part.X[7, 1] = value
                yield part

    for n_good in (0, 1, 2):
        parts = Changing(cut(X, 100).arrays)
        parts.n_good = n_good
        with pytest.raises(ValueError, match=r"in chunk 3 .*, at row 307, feature 1"):
            KMeans(5, init=X[:5], n_init=1).fit(parts)
    fitted = KMeans(5, random_state=0).fit(X)
    for method in (fitted.predict, fitted.transform, fitted.score, fitted.nearest_centers):
        with pytest.raises(ValueError, match=r"in chunk 3 .*, at row 307, feature 1"):
            method(Changing(cut(X, 100).arrays))


def test_failed_prediction_leaves_no_file(tmp_path):
    X = some_rows()
    fitted = KMeans(5, random_state=0).fit(X)
    pieces = cut(X, 100)
    with pytest.raises(OSError, match="gone"):
        fitted.predict(
            FailingParts(pieces.arrays, None, 0, OSError("gone")), out=tmp_path / "labels.npy"
        )
    assert list(tmp_path.iterdir()) == []


def test_public_chunks_are_parts(tmp_path):
    X = some_rows(np.float32)
    np.save(tmp_path / "X.npy", X)
    chunks = mixclust.chunks(tmp_path / "X.npy", chunk_rows=64)
    assert isinstance(chunks, Parts)
    fitted = KMeans(5, init=X[:5], n_init=1, tol=0).fit(chunks)
    in_memory = KMeans(5, init=X[:5], n_init=1, tol=0).fit(X)
    assert_same_fit(fitted, in_memory)
    labels = fitted.predict(chunks, out=tmp_path / "labels.npy")
    np.testing.assert_array_equal(labels, in_memory.labels_)


def test_sample_starts_are_near_the_starts_in_memory():
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(40, 4)) * 2)[rng.integers(40, size=60_000)]
    X += rng.normal(size=X.shape)
    in_memory = np.median([KMeans(40, random_state=s).fit(X).inertia_ for s in range(3)])
    parts = np.median([KMeans(40, random_state=s).fit(cut(X, 7000)).inertia_ for s in range(3)])
    assert parts < 1.02 * in_memory
