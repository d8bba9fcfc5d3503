"""The kernels that read and measure rows, against the plain NumPy of reference.py.

Whole numbers of moderate size make float32 scores and float64 distances exact, ties included:
there the kernels must agree with NumPy to the last bit, elsewhere within a bound on rounding.
"""

import itertools
import os

import numpy as np
import pytest
from support import reference
from support.runs import label, padded_columns
from support.samples import DTYPES, LAYOUTS, layouts, normal, whole_numbers

from mixclust.kernels.kmeans import distances
from mixclust.kernels.rows import column_moments, dense_rows

N_FEATURES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 130)


# ---------------------------------------------------------------------------- rows


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_are_read_in_place_at_any_stride(doors, dtype, layout):
    X = normal(1, 7, 5, dtype=dtype)
    data = dense_rows.DenseRows(layouts(X)[layout])
    assert (data.n_samples, data.n_features, data.is_double) == (7, 5, dtype is np.float64)
    for start, n in [(0, 7), (2, 1), (3, 4), (7, 0)]:
        np.testing.assert_array_equal(doors.read(data, start, n), X[start : start + n])


@pytest.mark.parametrize(
    "X",
    [
        np.zeros(3),
        np.zeros((2, 3, 4)),
        np.zeros((2, 3), dtype=np.float16),
        np.zeros((2, 3), dtype=np.longdouble),
        np.zeros((2, 3), dtype=complex),
        b"dd",
    ],
    ids=["1-D", "3-D", "float16", "longdouble", "complex", "bytes"],
)
def test_rows_refuse_buffers_of_other_sizes(X):
    # The dtype itself is tested once, by check_rows.
    with pytest.raises(TypeError, match="X must be a 2-D buffer of float32 or float64"):
        dense_rows.DenseRows(X)


def test_rows_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="sample_weight and X differ in length"):
        dense_rows.DenseRows(np.zeros((4, 2)), np.ones(3))


def test_rows_keep_their_buffers_alive(doors):
    data = dense_rows.DenseRows(np.arange(6.0).reshape(3, 2), np.ones(3))
    del_me = [np.full((3, 2), np.nan) for _ in range(50)]  # would reuse memory that was freed
    assert doors.read(data, 2, 1).tolist() == [[4.0, 5.0]]
    assert len(del_me) == 50


# ---------------------------------------------------------------------------- blocks and panels


def test_sizes(doors):
    height, _ = doors.sizes(1)
    assert height % 3 == 0
    assert 48 % height == 0, "shards begin at multiples of 48 rows"
    lanes = distances.lanes()
    for d in range(1, 70):
        width = doors.sizes(d)[1]
        assert width % lanes == 0
        assert d + 1 <= width <= d + lanes


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_load_rows(doors, dtype, layout):
    for d in N_FEATURES:
        X, shift = normal(d, 11, d, dtype=dtype) + dtype(1e3), normal(d + 1, d) + 1e3
        data = dense_rows.DenseRows(layouts(X)[layout])
        for lo, n in [(0, 11), (3, 1), (10, 1), (4, 0), (11, 0)]:
            expected = reference.block(X[lo : lo + n], shift, doors.sizes(d)[1])
            np.testing.assert_array_equal(doors.block(data, lo, n, shift), expected)


@pytest.mark.parametrize("scale", [1.0, 2.0**-30, 2.0**40])
def test_pack_panel(doors, scale):
    height = doors.sizes(1)[0]
    for d in N_FEATURES:
        for n in sorted({1, 2, height // 3, height - 1, height}):
            block = reference.block(normal(d, n, d), np.zeros(d), doors.sizes(d)[1])
            panel, norms = doors.panel(block, d, scale)
            np.testing.assert_array_equal(panel, reference.panel(block, d, scale, height))
            expected = np.zeros(height)
            expected[:n] = np.sqrt((block[:, :d] ** 2).sum(axis=1)) * scale
            np.testing.assert_allclose(norms, expected, rtol=1e-5)


def in_order(n_clusters):
    """Places of the centres in groups of four, as the plain tile has them."""
    order = np.full(-(-n_clusters // 4) * 4, -1, dtype=np.intp)
    order[:n_clusters] = np.arange(n_clusters)
    return order


def test_pack_centers(doors):
    for d in N_FEATURES:
        for n_clusters in (1, 2, 3, 4, 5, 8, 13):
            centers, shift = normal(d, n_clusters, d) + 50, np.full(d, 50.0)
            order = in_order(n_clusters)
            for places in (order, order[::-1].copy(), np.r_[order, -1, 0, -1, 0]):
                packed, half_norms, largest = doors.groups(centers, places, shift, 0.25)
                expected, expected_norms = reference.groups(centers, places, shift, 0.25)
                np.testing.assert_array_equal(packed, expected)
                np.testing.assert_allclose(half_norms, expected_norms, rtol=1e-6)
                norms = np.sqrt(((centers - shift) ** 2).sum(axis=1)) * 0.25
                assert largest == pytest.approx(norms.max(), rel=1e-13)


def panel_of(doors, X):
    """Rows, as many as a panel has, packed."""
    return doors.panel(reference.block(X, 0, doors.sizes(X.shape[1])[1]), X.shape[1], 1.0)[0]


@pytest.fixture(params=[False, True], ids=["pairs", "groups"])
def two_smallest(request, doors):
    """Both ways to the two smallest scores; without vectors groups are never compared."""
    by_groups = request.param and doors.sizes(1)[0] >= 4
    return lambda *arguments: doors.two_smallest(*arguments, by_groups)


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 4, 5, 7, 8, 31, 150])
def test_nearest_centers_are_exact_on_whole_numbers(doors, two_smallest, n_clusters):
    height = doors.sizes(1)[0]
    for d in N_FEATURES:
        X, centers = whole_numbers(d, height, d), whole_numbers(d + 1, n_clusters, d)
        packed, half_norms, _ = doors.groups(centers, in_order(len(centers)), np.zeros(d), 1.0)
        n_groups = len(packed)
        expected = reference.two_smallest_scores(X, centers)
        for splits in ([0, n_groups], [0, n_groups // 2, n_groups], range(n_groups + 1)):
            found = two_smallest(panel_of(doors, X), packed, half_norms, list(splits))
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


def test_nearest_centers_round_within_their_bound(doors, two_smallest):
    height = doors.sizes(1)[0]
    for d in (*N_FEATURES, 300, 1000):
        X = normal(d, height, d, dtype=np.float32)
        centers = normal(d + 1, 29, d).astype(np.float32).astype(np.float64)
        packed, half_norms, largest = doors.groups(
            centers, in_order(len(centers)), np.zeros(d), 1.0
        )
        best, second, index = two_smallest(panel_of(doors, X), packed, half_norms, [0, len(packed)])
        smallest, next_smallest, nearest = reference.two_smallest_scores(X, centers)
        norms = np.sqrt((X.astype(float) ** 2).sum(axis=1))
        bound = doors.rounding(d) * (norms * largest + largest**2 / 2)
        assert (abs(best - smallest) <= bound).all()
        assert (abs(second - next_smallest) <= bound).all()
        certain = next_smallest - smallest > 2 * bound
        assert certain.sum() > height // 2
        np.testing.assert_array_equal(index[certain], nearest[certain])


def test_the_rounding_of_a_score_does_not_grow_with_the_features_for_long(doors):
    """Blocks of features are added up apart, so that a sum of 128 is the longest."""
    assert doors.rounding(1) == 9 * 2.0**-24
    assert doors.rounding(128) == 136 * 2.0**-24
    assert doors.rounding(1280) == 149 * 2.0**-24


def test_grouping_pays_where_there_are_many_centers_of_few_features(doors):
    vectors = doors.sizes(1)[0] >= 4
    assert doors.grouping_pays(3, 64) == vectors
    assert not doors.grouping_pays(3, 16)
    assert not doors.grouping_pays(64, 100)
    # Registers for two groups together are the better use of many features.
    assert doors.grouping_pays(16, 1000) == (vectors and doors.sizes(1)[0] < 48)


def test_nearest_centers_are_the_first_of_equal_ones(doors, two_smallest):
    height = doors.sizes(1)[0]
    X = whole_numbers(0, height, 3)
    centers = np.repeat(whole_numbers(1, 5, 3), 4, axis=0)
    packed, half_norms, _ = doors.groups(centers, in_order(len(centers)), np.zeros(3), 1.0)
    best, second, index = two_smallest(panel_of(doors, X), packed, half_norms, [0, 5])
    assert (index % 4 == 0).all()
    np.testing.assert_array_equal(best, second)


def test_nearest_centers_leave_no_gap_for_rows_that_are_no_numbers(doors, two_smallest):
    """No certificate may trust their scores: neither best nor second is below."""
    X, centers = normal(0, doors.sizes(1)[0], 3), normal(1, 9, 3)
    X[::2, 1] = np.nan
    packed, half_norms, _ = doors.groups(centers, in_order(9), np.zeros(3), 1.0)
    best, second, _ = two_smallest(panel_of(doors, X), packed, half_norms, [0, 3])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(second - best > 0, np.arange(len(X)) % 2 == 1)


# ---------------------------------------------------------------------------- exact distances


def test_squared_distance(doors):
    for d in range(1, 70):
        x, c = normal(d, d), normal(d + 1, d)
        assert doors.distance(x, c) == pytest.approx(((x - c) ** 2).sum(), rel=1e-14)
        x, c = whole_numbers(d, d), whole_numbers(d + 1, d)
        assert doors.distance(x + 2.0**40, c + 2.0**40) == ((x - c) ** 2).sum()
        assert doors.distance(x, x) == 0


def test_squared_distance_keeps_infinity_and_nan(doors):
    for d in (1, 3, 8, 21):
        for j in range(d):
            x = np.zeros(d)
            x[j] = np.nan
            assert np.isnan(doors.distance(x, np.zeros(d)))
            x[j] = 1e200
            assert doors.distance(x, np.zeros(d)) == np.inf


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 40])
def test_decide_row(doors, n_clusters):
    for d in (1, 2, 3, 9, 33):
        X = whole_numbers(d, 30, d, low=-2, high=3) + 2.0**40
        centers = whole_numbers(d + 1, n_clusters, d, low=-2, high=3) + 2.0**40
        found = [doors.decide(x, centers) for x in X]
        np.testing.assert_array_equal(found, reference.nearest(X, centers))


def test_distances_to_lanes(doors):
    for d in (1, 2, 3, 8, 17):
        for n_points in (1, 2, 8, 9):
            X, points = normal(d, 8, d), normal(d + 1, n_points, d)
            found = doors.eight_rows(X, points, distances.lanes())
            np.testing.assert_allclose(found, reference.squared_distances(X, points), rtol=1e-13)


# ---------------------------------------------------------------------------- columns


def column_sums(X, origin, lo=0, hi=None, weights=None):
    sums = np.full((6, X.shape[1]), 7.0)
    column_moments.column_sums(
        dense_rows.DenseRows(X, weights), lo, len(X) if hi is None else hi, origin, sums
    )
    return sums


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_column_sums(dtype, layout):
    for n, d in [(1, 1), (1, 9), (2, 3), (50, 1), (700, 7), (90, 130), (3, 3000)]:
        X = whole_numbers(n, n, d, dtype=dtype) + dtype(2**20)
        found = column_sums(layouts(X)[layout], X[0].astype(float))
        np.testing.assert_array_equal(found, reference.column_sums(X, X[0]))
        weights = (np.arange(n) % 4).astype(np.float64)
        found = column_sums(layouts(X)[layout], X[0].astype(float), weights=weights)
        np.testing.assert_array_equal(found, reference.column_sums(X, X[0], weights))


def test_extremes_of_columns_are_merged_over_shards():
    X, origin = whole_numbers(1, 300, 5), np.ones(5)
    weights = (np.arange(300) % 3).astype(np.float64)
    sums = np.stack([column_sums(X, origin, lo, lo + 100, weights) for lo in (0, 100, 200)])
    extremes = np.full((2, 5), 7.0)
    column_moments.merge_extremes(sums, extremes)
    present = X[weights > 0] - origin
    expected = np.minimum(present.min(axis=0), 0), np.maximum(present.max(axis=0), 0)
    np.testing.assert_array_equal(extremes, expected)
    for wrong in (np.empty((2, 4)), np.empty((3, 5))):
        with pytest.raises(ValueError, match="extremes must have shape"):
            column_moments.merge_extremes(sums, wrong)


def test_column_sums_of_a_range():
    X, origin = whole_numbers(0, 300, 5), np.ones(5)
    for lo, hi in [(0, 0), (300, 300), (7, 8), (7, 299)]:
        weights = np.arange(300.0)
        expected = reference.column_sums(X[lo:hi], origin, weights[lo:hi])
        np.testing.assert_array_equal(column_sums(X, origin, lo, hi, weights), expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_column_sums_show_every_value_that_is_not_finite(dtype, bad):
    for d in (1, 2, 3, 7, 8, 17):
        for i in (0, 1, 99):
            for j in range(d):
                X = normal(d, 100, d, dtype=dtype)
                X[i, j] = bad
                origin = np.zeros(d)
                finite = np.isfinite(column_sums(X, origin)[4])
                assert not finite[j]
                assert finite.sum() == d - 1


def test_column_sums_of_huge_values_are_not_called_infinite():
    X = np.full((100, 3), 1e308)
    np.testing.assert_array_equal(column_sums(X, np.zeros(3))[4], 0)


def test_column_sums_refuse_what_does_not_fit():
    X = np.zeros((4, 3))
    for lo, hi in [(-1, 2), (3, 2), (0, 5)]:
        with pytest.raises(IndexError, match=r"lo\.\.hi is not a range of rows"):
            column_sums(X, np.zeros(3), lo, hi)
    with pytest.raises(ValueError, match="origin and sums must have n_features columns"):
        column_sums(X, np.zeros(2))


@pytest.mark.parametrize("bounds", [[0, 300], [0, 48, 96, 300]])
def test_merged_sums(bounds):
    X = normal(0, 300, 5, dtype=np.float64) * [1, 2, 3, 4, 5]
    sums = [column_sums(X, X[0], lo, hi) for lo, hi in itertools.pairwise(bounds)]
    size, mean_variance = column_moments.merge_sums(np.array(sums), 300)
    assert size == np.abs(X - X[0]).max()
    assert mean_variance == pytest.approx(X.var(axis=0).mean(), rel=1e-13)
    sums[-1][4, 2] = np.nan
    assert np.isnan(column_moments.merge_sums(np.array(sums), 300)[0])


def test_merged_sums_refuse_what_does_not_fit():
    for shape, n in [((1, 5, 3), 2), ((1, 6, 0), 2), ((1, 6, 3), 0)]:
        with pytest.raises(ValueError, match="sums must have shape"):
            column_moments.merge_sums(np.zeros(shape), n)


# ---------------------------------------------------------------------------- beyond 2**31


def test_offsets_of_rows_beyond_32_bits(doors):
    """Addresses only: nobody reads the memory there."""
    corner = np.zeros((1, 1), dtype=np.float32)
    for n, stride in [(2**20, 2**13), (2**33, 8), (2**20, -(2**13)), (3, 2**40)]:
        X = np.lib.stride_tricks.as_strided(corner, (n, 1), (stride, 4), writeable=False)
        data = dense_rows.DenseRows(X)
        assert data.n_samples == n
        for i in (1, n // 2, n - 1):
            assert doors.address_of_row(data, i) == i * stride


def test_rows_behind_2_to_the_31_values_are_found(doors, tmp_path):
    """A sparse file of 2**31 + 2**17 float32; only its last rows are on the disk."""
    n, d = 2**14 + 1, 2**17
    X = np.memmap(tmp_path / "X", dtype=np.float32, mode="w+", shape=(n, d))
    X[-2:] = whole_numbers(0, 2, d)
    origin, data = np.zeros(d), dense_rows.DenseRows(X)
    np.testing.assert_array_equal(doors.read(data, n - 1, 1), X[-1:])
    sums = np.empty((6, d))
    column_moments.column_sums(data, n - 2, n, origin, sums)
    np.testing.assert_array_equal(sums, reference.column_sums(X[-2:], origin))
    centers = np.array([X[-2], X[-1], origin], dtype=np.float64)
    bounds = np.array([0, n // 48 * 48, n], dtype=np.intp)
    labels, inertia, _ = label(X, centers, bounds=bounds, map_tasks=lambda f, last: f(last - 1))
    assert labels[-3:].tolist() == [2, 0, 1]
    assert inertia == 0
    out = np.zeros((n, 3))
    distances.to_all(data, n - 2, n, padded_columns(centers), out)
    np.testing.assert_array_equal(out.argmin(axis=1)[-2:], [0, 1])


if os.name == "posix":  # other systems may not keep the empty part of a file off the disk

    def test_more_distances_than_2_to_the_31_are_found(tmp_path):
        n, n_clusters = 2**16 + 2, 2**15
        out = np.memmap(tmp_path / "out", dtype=np.float32, mode="w+", shape=(n, n_clusters))
        X = np.zeros((n, 1))
        X[-2:] = [[3.0], [7.0]]
        centers = np.arange(n_clusters, dtype=np.float64)[:, np.newaxis]
        distances.to_all(dense_rows.DenseRows(X), n - 2, n, padded_columns(centers), out)
        np.testing.assert_array_equal(out[-2:], abs(X[-2:] - centers.T))
        assert not out[-3].any()
