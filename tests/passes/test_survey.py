"""The survey of rows in parts against NumPy on all rows."""

import pickle

import numpy as np
import pytest
from support.parts import ListParts, cut

from mixclust._passes.row_keys import hash_rows
from mixclust._passes.survey import LARGEST_KEY, SurveyRequest, survey, survey_part

RNG = np.random.default_rng(0)


def rows_with_weights(n=5000, d=3):
    """Rows of a few scales, and weights of which some are zero."""
    X = RNG.normal(size=(n, d)) * 10.0 ** np.arange(d) + 5.0
    weights = RNG.exponential(size=n) * (RNG.random(n) < 0.8)
    return X, weights


def assert_same(one, two):
    """All numbers of two surveys are the same bits."""
    for mine, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(5000,), (1,), (700, 1, 49)])
def test_survey_equals_numpy_in_every_cutting(dtype, sizes):
    X, weights = rows_with_weights()
    X = X.astype(dtype)
    found = survey(cut(X, *sizes, sample_weight=weights), 100, 7, 2)
    exact, present = X.astype(np.float64), weights > 0
    mean = np.average(exact, axis=0, weights=weights)
    variance = np.average((exact - mean) ** 2, axis=0, weights=weights)
    assert (found.n_rows, found.n_present) == (len(X), present.sum())
    np.testing.assert_allclose(found.total_weight, weights.sum(), rtol=1e-13)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-12)
    np.testing.assert_allclose(found.extremes[0], exact[present].min(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.extremes[1], exact[present].max(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.size, np.abs(exact - found.shift).max(), rtol=1e-14)
    np.testing.assert_allclose(found.mean_variance, variance.mean(), rtol=1e-12)


def test_sample_is_the_rows_of_smallest_hash_in_their_order():
    X, weights = rows_with_weights()
    present = np.flatnonzero(weights)
    keys = hash_rows(7, present)
    expected = np.sort(present[np.argsort(keys)[:100]])
    for sizes in [(5000,), (1,), (700, 1, 49)]:
        found = survey(cut(X, *sizes, sample_weight=weights), 100, 7, 1)
        np.testing.assert_array_equal(found.sample_indices, expected)
        np.testing.assert_array_equal(found.sample, X[expected])
        np.testing.assert_array_equal(found.sample_weight, weights[expected])
        assert found.shift[0] in found.sample[:, 0]
    other = survey(cut(X, 64, sample_weight=weights), 100, 8, 1)
    assert len(np.intersect1d(other.sample_indices, expected)) < 50


def test_sample_of_a_long_part_is_found_block_by_block():
    X = np.arange(200_000.0)[:, np.newaxis]
    found = survey(ListParts([X]), 50, 3, 1)
    expected = np.sort(np.argsort(hash_rows(3, np.arange(len(X))))[:50])
    np.testing.assert_array_equal(found.sample_indices, expected)
    assert found.sample_weight is None


def test_sample_is_all_rows_where_they_are_fewer():
    X = RNG.normal(size=(30, 2))
    found = survey(cut(X, 7), 100, 0, 1)
    np.testing.assert_array_equal(found.sample, X)


def test_hashes_are_uniform_and_depend_on_the_seed():
    keys = hash_rows(0, np.arange(100_000)) / 2.0**64
    assert abs(keys.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(keys[1:], keys[:-1])[0, 1]) < 0.02
    other = hash_rows(1, np.arange(100_000)) / 2.0**64
    assert abs(np.corrcoef(keys, other)[0, 1]) < 0.02


def test_parts_far_apart_and_huge_offsets_cost_no_digits():
    near = RNG.normal(size=(1000, 2))
    X = np.concatenate([near, near + 1e8, near + 1e8])
    found = survey(cut(X, 1000), 10, 0, 1)
    exact = X.astype(np.longdouble)
    np.testing.assert_allclose(found.variance, exact.var(axis=0).astype(float), rtol=1e-13)
    offset = near + 1e9
    found = survey(cut(offset, 100, 3), 10, 0, 1)
    exact = offset.astype(np.longdouble)
    np.testing.assert_allclose(found.variance, exact.var(axis=0).astype(float), rtol=1e-12)


def test_parts_without_weight_are_seen_but_do_not_count():
    X = np.array([[0.0], [1000.0], [2.0], [4.0]])
    for sizes in [(1,), (2,), (4,)]:
        found = survey(cut(X, *sizes, sample_weight=[0, 0, 1, 1]), 10, 0, 1)
        assert (found.mean[0], found.variance[0], found.n_present) == (3, 1, 2)
        assert found.extremes.ravel().tolist() == [2, 4]
        assert found.size == 1000 - found.shift[0]
        assert found.sample.ravel().tolist() == [2, 4]


@pytest.mark.parametrize(("value", "message"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_values_that_are_not_finite_name_chunk_and_row(value, message):
    X = RNG.normal(size=(100, 3))
    X[57, 1] = value
    with pytest.raises(ValueError, match=rf"{message}.* in chunk 2 .* at row 57, feature 1"):
        survey(cut(X, 20), 10, 0, 1)
    with pytest.raises(ValueError, match="weight 0"):
        survey(cut(X, 20, sample_weight=(np.arange(100) != 57)), 10, 0, 1)


def test_numbers_that_cannot_be_squared_are_refused():
    with pytest.raises(ValueError, match="overflow float64"):
        survey(ListParts([np.array([[1e308]]), np.array([[-1e308]])]), 10, 0, 1)
    with pytest.raises(ValueError, match="overflow float64"):
        survey(ListParts([np.array([[1.7e308], [-1.7e308]])]), 10, 0, 1)
    with pytest.raises(ValueError, match="underflow float64"):
        survey(ListParts([np.array([[0.0]]), np.array([[1e-160]])]), 10, 0, 1)
    with pytest.raises(ValueError, match="zero for every row"):
        survey(cut(np.ones((4, 1)), 2, sample_weight=np.zeros(4)), 10, 0, 1)


def test_bits_do_not_depend_on_threads_and_results_pickle():
    X = RNG.normal(size=(400_000, 16))
    parts = cut(X, 150_000)
    one, two = survey(parts, 100, 0, 1), survey(parts, 100, 0, 2)
    assert_same(one, two)

    def through_pickle(part, request, n_threads):
        return pickle.loads(pickle.dumps(survey_part(part, request, n_threads)))

    other = parts.total(through_pickle, SurveyRequest(100, 0, LARGEST_KEY), 1).result()
    assert_same(one, other)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_known_number_of_rows_does_not_change_the_sample(weighted):
    X, _ = rows_with_weights()
    weights = np.where(np.arange(5000) % 50 == 0, 1.0, 0.0) if weighted else None
    parts = cut(X, 700, sample_weight=weights)
    expected = survey(parts, 300, 7, 1)
    parts.n_rows = len(X)
    found = survey(parts, 300, 7, 1)
    np.testing.assert_array_equal(found.sample_indices, expected.sample_indices)
    assert len(found.sample) == (100 if weighted else 300)
    assert parts.n_passes == (3 if weighted else 2)
