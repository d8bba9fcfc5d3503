"""MiniBatchKMeans.partial_fit: running means of a stream, its state, drift and bad batches."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import threadpoolctl
from sklearn.cluster import MiniBatchKMeans as SklearnMiniBatchKMeans
from support import reference
from support.samples import DTYPES, LAYOUTS, assert_same, blobs, fitted_hash, layouts

from mixclust import KMeans, MiniBatchKMeans

X = blobs(0, 3000, 4, 6)
CUTS = [0, 500, 501, 940, 2000, 3000]
BATCHES = [X[i:j] for i, j in pairwise(CUTS)]


def stream(batches, model=None, **options):
    """A MiniBatchKMeans of 6 clusters that took in all batches."""
    model = MiniBatchKMeans(6, **{"random_state": 0} | options) if model is None else model
    for batch in batches:
        model.partial_fit(batch)
    return model


# ---------------------------------------------------------------------------- the mean


@pytest.mark.parametrize("forgetting_factor", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_centers_are_means_of_the_rows_that_joined_them(dtype, forgetting_factor):
    options = {"init": X[:6], "reassignment_ratio": 0, "forgetting_factor": forgetting_factor}
    model = MiniBatchKMeans(6, **options)
    sums, counts = np.zeros((6, 4)), np.zeros(6)
    centers = X[:6].astype(dtype).astype(np.float64)
    for batch in BATCHES:
        batch = batch.astype(dtype)
        model.partial_fit(batch)
        labels = reference.nearest(batch, centers)
        sums *= forgetting_factor
        counts *= forgetting_factor
        np.add.at(sums, labels, batch.astype(np.float64))
        np.add.at(counts, labels, 1.0)
        centers[counts > 0] = (sums / np.maximum(counts, 1e-300)[:, np.newaxis])[counts > 0]
        assert model.cluster_centers_.dtype == dtype
        np.testing.assert_allclose(model.counts_, counts, rtol=1e-12)
        np.testing.assert_allclose(
            model.cluster_centers_, centers, rtol=1e-12 if dtype == np.float64 else 1e-6
        )
        np.testing.assert_array_equal(model.labels_, model.predict(batch))
        assert model.inertia_ == pytest.approx(-model.score(batch), rel=1e-12)
        assert model.total_weight_ == len(batch)
    assert model.n_steps_ == len(BATCHES)
    assert not hasattr(model, "n_iter_")


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_batch_of_all_rows_is_an_iteration_of_lloyd(dtype):
    rows = X.astype(dtype)
    model = MiniBatchKMeans(6, init=rows[:6], reassignment_ratio=0).partial_fit(rows)
    kmeans = KMeans(6, init=rows[:6], max_iter=1, tol=0).fit(rows)
    np.testing.assert_array_equal(model.cluster_centers_, kmeans.cluster_centers_)
    np.testing.assert_array_equal(model.labels_, kmeans.labels_)
    assert model.inertia_ == pytest.approx(kmeans.inertia_, rel=1e-12)


def test_a_finite_stream_of_clusters_that_are_apart_ends_at_their_means():
    centers = 100.0 * np.eye(4)[:, :3]
    owners = np.random.default_rng(0).integers(4, size=3000)
    rows = centers[owners] + np.random.default_rng(1).standard_normal((3000, 3))
    model = MiniBatchKMeans(4, random_state=0)
    for i in range(0, 3000, 70):
        model.partial_fit(rows[i : i + 70])
    kmeans = KMeans(4, init=model.cluster_centers_).fit(rows)
    np.testing.assert_allclose(model.cluster_centers_, kmeans.cluster_centers_, rtol=1e-11)
    np.testing.assert_array_equal(model.counts_, np.bincount(kmeans.labels_))
    np.testing.assert_array_equal(model.predict(rows), kmeans.labels_)


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_a_stream_is_scikit_learns(init):
    options = {"init": init, "random_state": 3, "reassignment_ratio": 0}
    theirs = SklearnMiniBatchKMeans(6, **options)
    ours = MiniBatchKMeans(6, **options)
    with threadpoolctl.threadpool_limits(1):
        for batch in BATCHES:
            theirs.partial_fit(batch)
            ours.partial_fit(batch)
            np.testing.assert_allclose(
                ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10, atol=1e-10
            )
            np.testing.assert_array_equal(ours.labels_, theirs.labels_)
            assert ours.n_steps_ == theirs.n_steps_
    np.testing.assert_array_equal(ours.counts_, theirs._counts)


def test_integer_weights_are_copies():
    weights = np.arange(3000) % 4
    options = {"init": X[:6], "reassignment_ratio": 0}
    weighted, repeated = MiniBatchKMeans(6, **options), MiniBatchKMeans(6, **options)
    for i, j in pairwise(CUTS):
        if weights[i:j].any():
            weighted.partial_fit(X[i:j], sample_weight=weights[i:j])
            repeated.partial_fit(np.repeat(X[i:j], weights[i:j], axis=0))
    np.testing.assert_array_equal(weighted.counts_, repeated.counts_)
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-12)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-12)


def test_float32_streams_do_not_stall():
    """Small steps of a long stream add up, though float32 would round each of them away."""
    model = MiniBatchKMeans(1, init=[[1.0]], compute_labels=False)
    model.partial_fit(np.array([[1.0]], np.float32), sample_weight=[2.0**26])
    batch = np.full((2**15, 1), 2, np.float32)
    for _ in range(64):
        model.partial_fit(batch)
    assert model.cluster_centers_.dtype == np.float32
    expected = (2.0**26 + 2 * 64 * 2**15) / (2.0**26 + 64 * 2**15)
    assert model.cluster_centers_[0, 0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_batches_are_read_at_any_stride(layout):
    expected = stream(BATCHES)
    assert fitted_hash(stream([layouts(batch)[layout] for batch in BATCHES])) == (
        fitted_hash(expected)
    )


def test_sparse_batches():
    rows = np.where(abs(X) < 3, 0, X)
    batches = [rows[i:j] for i, j in pairwise(CUTS)]
    dense, sparse = stream(batches), stream([sp.csr_array(batch) for batch in batches])
    np.testing.assert_allclose(
        sparse.cluster_centers_, dense.cluster_centers_, rtol=1e-9, atol=1e-9
    )


def test_centers_far_from_a_batch():
    """The scale of a batch is its own; centres may lie many orders of magnitude outside."""
    init = [[0.0, 0.0], [1e9, 0.0], [-1e25, 1e25]]
    model = MiniBatchKMeans(3, init=init, reassignment_ratio=0)
    for scale in (1.0, 1e-12, 1e-30):
        model.partial_fit(scale * np.random.default_rng(0).standard_normal((50, 2)))
        assert (model.labels_ == 0).all()
    np.testing.assert_array_equal(model.cluster_centers_[1:], init[1:])


# ---------------------------------------------------------------------------- drift, reassignment


def drifting(n_batches):
    """Two clusters that move by 20 standard deviations, in batches, and where they end."""
    generator = np.random.default_rng(0)
    for i in range(n_batches):
        centers = np.array([[0.0, 20 * i], [50 * n_batches, 20 * i]]) / n_batches
        rows = np.repeat(centers, 50, axis=0)
        yield rows + generator.standard_normal(rows.shape)


def test_drift_is_followed_with_forgetting_alone():
    options = {"n_clusters": 2, "random_state": 0}
    kept, forgetting = (
        stream(drifting(200), MiniBatchKMeans(**options, forgetting_factor=factor))
        for factor in (1, 0.8)
    )
    end = np.array([[0.0, 20], [50, 20]])
    found = forgetting.cluster_centers_[np.argsort(forgetting.cluster_centers_[:, 0])]
    np.testing.assert_allclose(found, end, atol=1)
    np.testing.assert_allclose(kept.cluster_centers_[:, 1], 10, atol=1)
    np.testing.assert_allclose(forgetting.counts_, 50 / (1 - 0.8), rtol=1e-6)
    np.testing.assert_array_equal(kept.counts_, [10_000, 10_000])


def test_light_clusters_move_to_rows_of_the_batch():
    init = np.full((6, 4), 1e3)
    init[0] = 0
    model = MiniBatchKMeans(6, init=init, random_state=0).partial_fit(BATCHES[0])
    moved = model.cluster_centers_[1:]
    assert all((BATCHES[0] == center).all(axis=1).any() for center in moved)
    np.testing.assert_array_equal(model.counts_, 500.0)
    stuck = stream(BATCHES, init=init, reassignment_ratio=0)
    helped = stream(BATCHES, init=init)
    assert helped.score(X) > stuck.score(X) / 3


def test_rows_of_weight_zero_are_not_drawn():
    weights = np.zeros(500)
    weights[[3, 77, 78, 200]] = 1
    for seed in range(10):
        model = MiniBatchKMeans(6, init=np.full((6, 4), 1e3), random_state=seed)
        model.partial_fit(BATCHES[0], sample_weight=weights)
        own = (model.cluster_centers_[:, np.newaxis] == BATCHES[0][weights > 0]).all(axis=2)
        # At most half as many centres as rows that are there.
        assert own.any(axis=1).sum() == 2


# ---------------------------------------------------------------------------- the state


@pytest.mark.parametrize("begin", ["partial_fit", "fit"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_stream_goes_on_after_pickling_and_loading(tmp_path, dtype, begin):
    batches = [batch.astype(dtype) for batch in BATCHES]
    options = {"random_state": 4, "reassignment_ratio": 0.7, "forgetting_factor": 0.9}
    model = MiniBatchKMeans(6, **options)
    getattr(model, begin)(batches[0])
    stream(batches[1:3], model)
    model.save(tmp_path / "model", labels=True)
    loaded = MiniBatchKMeans.load(tmp_path / "model")
    assert_same(loaded, model)
    pickled = pickle.loads(pickle.dumps(model))
    expected = stream(batches[3:] * 3, model)
    assert_same(stream(batches[3:] * 3, loaded), expected)
    assert_same(stream(batches[3:] * 3, pickled), expected)


def test_a_stream_without_a_seed_is_saved(tmp_path):
    model = stream(BATCHES, random_state=None, reassignment_ratio=1)
    model.save(tmp_path / "model", labels=True)
    loaded = MiniBatchKMeans.load(tmp_path / "model")
    assert_same(stream(BATCHES, loaded), stream(BATCHES, model))


def test_fit_forgets_the_stream():
    expected = MiniBatchKMeans(6, random_state=0).fit(X.astype(np.float32))
    model = MiniBatchKMeans(6, random_state=0, reassignment_ratio=1).partial_fit(X * 3)
    assert_same(model.set_params(reassignment_ratio=0.01).fit(X.astype(np.float32)), expected)


def test_replaced_centers_are_used():
    model = MiniBatchKMeans(6, random_state=0).partial_fit(BATCHES[0].astype(np.float32))
    model.cluster_centers_ = model.cluster_centers_ + np.float32(1e4)
    model.partial_fit(BATCHES[1].astype(np.float32))
    assert model.cluster_centers_.min() > 5e3


def test_same_bits_on_any_number_of_threads():
    rows = blobs(3, 60_000, 8, 20)
    hashes = set()
    for n_threads in (1, 2, 3):
        model = MiniBatchKMeans(40, random_state=0, n_threads=n_threads)
        hashes.add(fitted_hash(model.partial_fit(rows).partial_fit(rows[:50_000])))
    assert len(hashes) == 1


def test_without_labels():
    model = MiniBatchKMeans(6, init=X[:6], reassignment_ratio=0).partial_fit(X[:50])
    before = -model.score(X[50:100])
    model.set_params(compute_labels=False).partial_fit(X[50:100])
    assert not hasattr(model, "labels_")
    assert model.inertia_ == pytest.approx(before, rel=1e-12)
    assert model.total_weight_ == 50


# ---------------------------------------------------------------------------- bad batches


def assert_refused(model, batch, message, **arguments):
    """The batch is refused, and the estimator is as it was before."""
    before = dict(vars(model))
    copies = {k: v.copy() for k, v in before.items() if isinstance(v, np.ndarray)}
    with pytest.raises((TypeError, ValueError), match=message):
        model.partial_fit(batch, **arguments)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    for name, value in copies.items():
        np.testing.assert_array_equal(before[name], value)


def test_bad_batches_leave_the_stream_as_it_was():
    model = MiniBatchKMeans(6, random_state=0)
    assert_refused(model, X[:5], "n_clusters=6 exceeds n_samples=5 of the first batch")
    names = list("abcd")
    model.partial_fit(pd.DataFrame(X[:100], columns=names))
    frame = pd.DataFrame(X[100:200], columns=names)
    assert_refused(model, frame[["a", "b", "d", "c"]], "must be in the same order")
    assert_refused(model, frame[["a", "b"]], "feature names should match")
    assert_refused(model, frame.mask(frame > 9), "NaN")
    assert_refused(model, frame * 1e200, "overflow")
    assert_refused(model, frame[:0], "0 sample")
    assert_refused(model, frame, "100 rows", sample_weight=np.ones(99))
    assert_refused(model, frame, "negative weight", sample_weight=-np.ones(100))
    model.set_params(n_clusters=5)
    assert_refused(model, frame, "n_clusters=5 differs from the 6 clusters")
    model.set_params(n_clusters=6, tol="x")
    assert_refused(model, frame, "tol must be")
    model.set_params(tol=0.0).partial_fit(frame)
    assert model.n_steps_ == 2
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.partial_fit(X[:1])


def test_other_numbers_of_features():
    model = MiniBatchKMeans(6, random_state=0).partial_fit(X[:100])
    assert_refused(model, X[:, :3], "X has 3 features, but MiniBatchKMeans is expecting 4")


def test_centers_too_far_for_float64():
    model = MiniBatchKMeans(2, init=[[0.0], [1.0]]).partial_fit([[0.0], [1.0]])
    model.cluster_centers_ = np.array([[1e200], [-1e200]])
    assert_refused(model, [[0.0]], "does not hold the distances")
