"""Rows of weight zero: they change no sum, but they get labels, so they must be finite."""

import numpy as np
import pytest
import scipy.sparse as sp
from support.mixtures import COVARIANCE_TYPES, fit_mixture
from support.samples import ALGORITHMS, DTYPES

from mixclust import GaussianMixture, KMeans, kmeans_plusplus


def rows_and_absent_ones(far, dtype=np.float64):
    """Two small clusters, and more rows of weight zero far away."""
    generator = np.random.default_rng(0)
    there = 1e-6 * generator.standard_normal((400, 3))
    there[:200] += 1e-5
    absent = far * (1 + generator.random((600, 3)))
    order = generator.permutation(1000)
    weights = np.repeat([1.0, 0.0], [400, 600])[order]
    X = np.concatenate([there, absent])[order].astype(dtype)
    return X, weights, X[weights > 0]


FAR = [1.0, 1e8, 1e20, 1e100]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "CSR"])
def test_k_means_is_that_of_the_other_rows(make, algorithm, far):
    X, weights, there = rows_and_absent_ones(far)
    start = there[[np.argmax(there[:, 0]), np.argmin(there[:, 0])]]
    params = {"init": start, "tol": 1e-4, "algorithm": algorithm}
    found = KMeans(2, **params).fit(make(X), sample_weight=weights)
    expected = KMeans(2, **params).fit(make(there))
    np.testing.assert_allclose(found.cluster_centers_, expected.cluster_centers_, rtol=1e-12)
    np.testing.assert_array_equal(found.labels_[weights > 0], expected.labels_)
    assert found.inertia_ == pytest.approx(expected.inertia_, rel=1e-12)
    assert found.n_iter_ == expected.n_iter_
    np.testing.assert_array_equal(found.predict(make(X)), found.labels_)


@pytest.mark.parametrize("dtype", DTYPES)
def test_seeds_are_rows_that_count(dtype):
    X, weights, there = rows_and_absent_ones(1e6, dtype)
    _, indices = kmeans_plusplus(X, 5, sample_weight=weights, random_state=0)
    assert (weights[indices] > 0).all()
    found = KMeans(2, random_state=0).fit(X, sample_weight=weights)
    expected = KMeans(2, random_state=0).fit(there)
    assert found.inertia_ == pytest.approx(expected.inertia_, rel=1e-6)


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_mixtures_equal_mixtures_of_the_other_rows(covariance_type, far):
    X, weights, there = rows_and_absent_ones(far)
    start = there[[np.argmax(there[:, 0]), np.argmin(there[:, 0])]]
    params = {"covariance_type": covariance_type, "means_init": start, "random_state": 0}
    found = fit_mixture(X, 2, sample_weight=weights, **params)
    expected = fit_mixture(there, 2, **params)
    assert found.score(there) == pytest.approx(expected.score(there), abs=1e-9)
    assert found.score(X, sample_weight=weights) == pytest.approx(found.score(there), abs=1e-9)
    np.testing.assert_array_equal(
        found.report_.runs[0].collapsed, expected.report_.runs[0].collapsed
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_absent_rows_far_away_are_no_measure_of_rounding(covariance_type, dtype):
    generator = np.random.default_rng(0)
    there = generator.standard_normal((400, 3)) + 2.5 * generator.integers(0, 2, (400, 1))
    X = np.concatenate([np.full((20, 3), 1e30), there]).astype(dtype)
    weights = np.repeat([0.0, 1.0], [20, 400])
    params = {"covariance_type": covariance_type, "random_state": 0}
    found = fit_mixture(X, 2, sample_weight=weights, **params)
    expected = fit_mixture(X[20:], 2, **params)
    assert not found.report_.runs[0].collapsed.any()
    np.testing.assert_allclose(found.lower_bounds_, expected.lower_bounds_, rtol=1e-9)


# Not finite ----------------------------------------------------------------------------------

SAID = (
    "{} This concerns rows of sample_weight 0, which are labelled like the others: leave them out "
    "with X[sample_weight > 0]."
)
NAN = "Input X contains NaN, first in {}; impute the missing values or drop them."
INFINITE = (
    "Input X contains infinity or a value too large for dtype('float64'), first in {}; "
    "clip or drop these values."
)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("cells", [np.s_[7], np.s_[7, 1], np.s_[[7, 9], 2]], ids=str)
@pytest.mark.parametrize(
    ("model", "make"),
    [
        (KMeans(2), np.asarray),
        (KMeans(2), sp.csr_array),
        *[(GaussianMixture(2, covariance_type=kind), np.asarray) for kind in COVARIANCE_TYPES],
    ],
)
def test_values_that_are_not_finite_are_refused_in_absent_rows_too(model, make, cells, value):
    X = np.random.default_rng(0).standard_normal((40, 3))
    weights = np.ones(40)
    weights[[7, 9]] = 0
    X[cells] = value
    message = NAN if np.isnan(value) else INFINITE
    with pytest.raises(ValueError, match="sample_weight > 0") as error:
        model.fit(make(X), sample_weight=weights)
    feature = np.flatnonzero(~np.isfinite(X[7]))[0]
    assert str(error.value) == SAID.format(message.format(f"row 7, feature {feature}"))
    model.fit(make(X[weights > 0]), sample_weight=weights[weights > 0])  # the advice works
    X[20, 0] = value  # a row of positive weight, so the message is the usual one
    with pytest.raises(ValueError, match="Input X contains") as error:
        model.fit(make(X), sample_weight=weights)
    assert str(error.value) == message.format("row 20, feature 0")


def test_scores_refuse_them_too():
    X = np.random.default_rng(0).standard_normal((40, 3))
    weights = np.ones(40)
    weights[7] = 0
    kmeans, mixture = KMeans(2).fit(X), GaussianMixture(2).fit(X)
    X[7] = np.nan
    with pytest.raises(ValueError, match="rows of sample_weight 0"):
        kmeans.score(X, sample_weight=weights)
    with pytest.raises(ValueError, match="contains NaN"):
        mixture.score(X, sample_weight=weights)
