"""What mixclust promises of every fit, part four: it improves, and it moves with its rows."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from support.samples import DTYPES, blobs, fitted_hash, normal

from mixclust import ConvergenceWarning, KMeans

# The same examples in every run, however slow the machine.
repeatable = settings(derandomize=True, deadline=None, max_examples=60)
SEEDS = st.integers(0, 2**32 - 1)


# ---------------------------------------------------------------------------- 11 the objective


@repeatable
@given(
    seed=SEEDS, n_clusters=st.integers(1, 12), d=st.integers(1, 6), dtype=st.sampled_from(DTYPES)
)
def test_inertia_never_rises(seed, n_clusters, d, dtype):
    generator = np.random.default_rng(seed)
    X = (generator.standard_normal((200, d)) ** 3).astype(dtype)
    sample_weight = generator.integers(0, 3, 200) + 0.5
    inertias = []
    for max_iter in range(1, 40):
        kmeans = KMeans(n_clusters, init=X[:n_clusters], max_iter=max_iter, tol=0)
        inertias.append(kmeans.fit(X, sample_weight=sample_weight).inertia_)
        if kmeans.n_iter_ < max_iter:
            break
    # Centres of float32 rows are rounded to float32.
    rtol = 1e-12 if dtype is np.float64 else 1e-6
    assert (np.diff(inertias) <= rtol * inertias[0]).all()


# ---------------------------------------------------------------------------- 12 equivariance


def fit_from(X, start, sample_weight=None):
    return KMeans(len(start), init=start, n_init=1, tol=0).fit(X, sample_weight=sample_weight)


def assert_same_fit(found, expected, centers, inertia, labels=None):
    np.testing.assert_array_equal(found.labels_, expected.labels_ if labels is None else labels)
    scale = abs(centers).max()
    np.testing.assert_allclose(found.cluster_centers_, centers, rtol=0, atol=1e-9 * scale)
    assert found.inertia_ == pytest.approx(inertia, rel=1e-8)


@repeatable
@given(seed=SEEDS, n=st.integers(8, 300), d=st.integers(1, 9), n_clusters=st.integers(1, 8))
def test_equivariance(seed, n, d, n_clusters):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d))
    start = X[:n_clusters]
    fit = fit_from(X, start)
    centers, inertia = fit.cluster_centers_, fit.inertia_

    rows = generator.permutation(n)
    assert_same_fit(fit_from(X[rows], start), fit, centers, inertia, fit.labels_[rows])

    features = generator.permutation(d)
    moved = fit_from(X[:, features], start[:, features])
    assert_same_fit(moved, fit, centers[:, features], inertia)

    clusters = generator.permutation(n_clusters)
    renamed = np.argsort(clusters)[fit.labels_]
    assert_same_fit(fit_from(X, start[clusters]), fit, centers[clusters], inertia, renamed)

    offset = 1000 * generator.standard_normal(d)
    assert_same_fit(fit_from(X + offset, start + offset), fit, centers + offset, inertia)

    factor = generator.uniform(-100, 100)
    assert_same_fit(
        fit_from(X * factor, start * factor), fit, centers * factor, inertia * factor**2
    )

    rotation, _ = np.linalg.qr(generator.standard_normal((d, d)))
    assert_same_fit(fit_from(X @ rotation, start @ rotation), fit, centers @ rotation, inertia)


@repeatable
@given(seed=SEEDS, n=st.integers(8, 200), d=st.integers(1, 9), n_clusters=st.integers(1, 8))
def test_weights(seed, n, d, n_clusters):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d))
    start = generator.standard_normal((n_clusters, d))
    sample_weight = generator.integers(0, 4, n)
    sample_weight[:n_clusters] += 1
    fit = fit_from(X, start, sample_weight)
    centers, inertia = fit.cluster_centers_, fit.inertia_

    repeated = fit_from(np.repeat(X, sample_weight, axis=0), start)
    if fit.n_empty_clusters_refilled_ == 0:  # two copies of a row may refill two clusters
        labels = np.repeat(fit.labels_, sample_weight)
        assert_same_fit(repeated, fit, centers, inertia, labels)

    there = sample_weight > 0
    absent = fit_from(X[there], start, sample_weight[there])
    assert_same_fit(absent, fit, centers, inertia, fit.labels_[there])
    np.testing.assert_array_equal(absent.predict(X), fit.labels_)

    factor = 10.0 ** generator.uniform(-9, 9)
    assert_same_fit(fit_from(X, start, sample_weight * factor), fit, centers, inertia * factor)
    if (sample_weight == 1).all():
        assert_same_fit(fit_from(X, start), fit, centers, inertia)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("exponent", [-30, -3, 1, 25])
def test_powers_of_two_change_no_bit(exponent, dtype):
    X, factor = blobs(1, 4000, 5, 9, dtype), dtype(2.0**exponent)
    options = {"n_clusters": 15, "n_init": 2, "random_state": 0}
    fit, scaled = KMeans(**options).fit(X), KMeans(**options).fit(X * factor)
    np.testing.assert_array_equal(scaled.labels_, fit.labels_)
    np.testing.assert_array_equal(scaled.cluster_centers_, fit.cluster_centers_ * factor)
    assert scaled.inertia_ == fit.inertia_ * float(factor) ** 2


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_without_weight_do_not_change_when_a_fit_has_converged(sparse):
    """The tolerance is a share of the variance of what is there, whatever else lies far away."""
    X = normal(0, 1500, 4)
    there = np.arange(1500) % 3 > 0
    X[~there] += 1e4
    rows = scipy.sparse.csr_array if sparse else np.asarray
    fit = KMeans(8, init=X[there][:8], n_init=1).fit(rows(X), sample_weight=there.astype(float))
    expected = KMeans(8, init=X[there][:8], n_init=1).fit(rows(X[there]))
    assert fit.n_iter_ == expected.n_iter_ > 3
    np.testing.assert_allclose(fit.cluster_centers_, expected.cluster_centers_, atol=1e-9)
    twice = KMeans(8, init=X[there][:8], n_init=1).fit(rows(np.repeat(X[there], 2, axis=0)))
    assert twice.n_iter_ == expected.n_iter_


@pytest.mark.parametrize("algorithm", ["auto", "lloyd", "elkan"])
def test_labels_are_those_of_predict_where_centers_coincide(algorithm):
    """Refilled from rows without weight, several centres end at the same place."""
    for seed in range(200):
        generator = np.random.default_rng(seed)
        n, d = generator.integers(3, 40), generator.integers(1, 4)
        n_clusters = int(generator.integers(1, n + 1))
        X, sample_weight = generator.normal(size=(n, d)), generator.integers(0, 2, n)
        sample_weight[0] = 1
        fit = KMeans(n_clusters, init=X[:n_clusters], n_init=1, tol=0, algorithm=algorithm)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit.fit(X, sample_weight=sample_weight)
        np.testing.assert_array_equal(fit.labels_, fit.predict(X))


def test_unit_weights_are_no_weights():
    X = blobs(1, 3000, 5, 9)
    options = {"n_clusters": 9, "n_init": 2, "random_state": 0}
    fit = KMeans(**options).fit(X)
    assert fitted_hash(KMeans(**options).fit(X, sample_weight=np.ones(3000))) == fitted_hash(fit)
    assert KMeans(**options).fit(X, sample_weight=2).inertia_ == pytest.approx(2 * fit.inertia_)
