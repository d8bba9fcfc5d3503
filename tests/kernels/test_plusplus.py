"""Seeding and distances to centres against the plain NumPy of reference.py."""

import numpy as np
import pytest
from support import reference
from support.runs import BOUNDS, backwards, frame_of, label, one_shard, padded_columns
from support.samples import DTYPES, LAYOUTS, layouts, normal, whole_numbers

from mixclust._kmeans.spatial_rows import curve_pairs, rows_of
from mixclust.kernels.kmeans import block_plusplus, dense_plusplus, distances
from mixclust.kernels.rows import dense_rows

# ---------------------------------------------------------------------------- seeding


def choose(
    X, n_clusters, n_trials, uniforms, *,
    sample_weight=None, bounds=None, map_tasks=None, frame=(), keep_panels=True,
):  # fmt: skip
    bounds = one_shard(len(X)) if bounds is None else bounds
    rows, frame = dense_rows.DenseRows(X, sample_weight), frame_of(X, *frame)
    options = (n_clusters, n_trials, map_tasks, keep_panels)
    plusplus = dense_plusplus.PlusPlus(rows, frame, bounds, *options)
    indices = np.full(n_clusters, -1, dtype=np.intp)
    plusplus.run(np.asarray(uniforms, dtype=np.float64), indices)
    return indices


@pytest.mark.parametrize("keep_panels", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_seeds_at_any_stride(dtype, layout, keep_panels):
    X = normal(3, 120, 7, dtype=dtype)
    uniforms = np.random.default_rng(0).uniform(size=1 + 9 * 4)
    found = choose(layouts(X)[layout], 10, 4, uniforms, keep_panels=keep_panels)
    np.testing.assert_array_equal(found, reference.greedy_plusplus(X, 10, 4, uniforms))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("n", "d", "n_clusters", "n_trials"),
    [(1, 1, 1, 1), (2, 1, 2, 3), (17, 2, 17, 2), (300, 1, 40, 5), (900, 3, 60, 6), (400, 8, 5, 1),
     (500, 33, 12, 9), (250, 4, 9, 70), (120, 200, 20, 4)],
)  # fmt: skip
def test_seeds(n, d, n_clusters, n_trials, weighted):
    """Groups of rows, so that most trials leave most rows as they are; 70 trials share notes.

    Whole numbers make potentials exact: two rows that are each other's only neighbours tie.
    """
    generator = np.random.default_rng(n)
    X = whole_numbers(n, n, d, low=-40, high=41) + 1000.0 * generator.integers(0, 9, (n, 1))
    sample_weight = generator.integers(1, 5, n).astype(float) if weighted else None
    for _ in range(3):
        uniforms = generator.uniform(size=1 + (n_clusters - 1) * n_trials)
        expected = reference.greedy_plusplus(X, n_clusters, n_trials, uniforms, sample_weight)
        for dtype in DTYPES:
            for keep_panels in (False, True):
                found = choose(
                    X.astype(dtype), n_clusters, n_trials, uniforms,
                    sample_weight=sample_weight, keep_panels=keep_panels,
                )  # fmt: skip
                np.testing.assert_array_equal(found, expected)


def test_seeds_have_the_same_bits_whoever_maps_the_passes():
    X, uniforms = normal(1, 500, 5), np.random.default_rng(0).uniform(size=1 + 19 * 4)
    here = choose(X, 20, 4, uniforms, bounds=BOUNDS)
    np.testing.assert_array_equal(
        choose(X, 20, 4, uniforms, bounds=BOUNDS, map_tasks=backwards), here
    )
    np.testing.assert_array_equal(here, reference.greedy_plusplus(X, 20, 4, uniforms))


@pytest.mark.parametrize("uniform", [0.0, 1.0 - 2.0**-53])
def test_rows_without_weight_are_never_seeds(uniform):
    X = normal(1, 50, 2)
    sample_weight = np.zeros(50)
    sample_weight[20:25] = [1, 2, 1, 0, 3]
    found = choose(X, 3, 2, np.full(5, uniform), sample_weight=sample_weight)
    assert (sample_weight[found] > 0).all()
    assert uniform == 0 or len(set(found)) == 3


@pytest.mark.parametrize("n_shards", [1, 5])
def test_a_late_trial_brings_most_rows_nearer(n_shards):
    """Rows of little weight have no seed until a late step; lists have no room for all of them."""
    n_few, n_many, n_clusters, n_trials = 48, 192, 12, 3
    X = whole_numbers(2, n_few + n_many, 4, low=-500, high=500)
    X[n_few:] = whole_numbers(3, n_many, 4, low=5000, high=5050)
    sample_weight = np.append(np.ones(n_few), np.full(n_many, 2.0**-40))
    uniforms = np.random.default_rng(4).uniform(high=0.9, size=1 + (n_clusters - 1) * n_trials)
    uniforms[-3 * n_trials : -2 * n_trials] = 1 - 2.0**-53
    bounds = np.linspace(0, len(X), n_shards + 1).astype(np.intp)
    found = choose(X, n_clusters, n_trials, uniforms, sample_weight=sample_weight, bounds=bounds)
    expected = reference.greedy_plusplus(X, n_clusters, n_trials, uniforms, sample_weight)
    np.testing.assert_array_equal(found, expected)
    assert (found[:-3] < n_few).all()
    assert found[-3] >= n_few


def test_more_seeds_than_distinct_rows():
    X = np.repeat([[0.0], [1.0]], 30, axis=0)
    found = choose(X, 5, 3, np.random.default_rng(0).uniform(size=13))
    assert ((found >= 0) & (found < 60)).all()
    assert set(X[found].ravel()) == {0.0, 1.0}


@pytest.mark.parametrize("offset", [1e6, 1e12])
def test_seeds_do_not_depend_on_an_offset(offset):
    X, uniforms = whole_numbers(0, 400, 3), np.random.default_rng(0).uniform(size=1 + 29 * 5)
    np.testing.assert_array_equal(choose(X + offset, 30, 5, uniforms), choose(X, 30, 5, uniforms))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shift", "scale"), [(0.0, 1.0), (3.0, 2.0**-9), (-1e4, 0.5), (0.0, 2.0**90), (1e30, 2.0**-99)]
)
def test_no_frame_changes_the_seeds(dtype, shift, scale):
    """Nor one in which the screen overflows, underflows or loses every digit."""
    generator = np.random.default_rng(0)
    X = (whole_numbers(1, 400, 9) + 50 * generator.integers(0, 9, (400, 1))).astype(dtype)
    for n_trials in (1, 5, 17):
        uniforms = generator.uniform(size=1 + 29 * n_trials)
        expected = reference.greedy_plusplus(X, 30, n_trials, uniforms)
        for keep_panels in (False, True):
            found = choose(
                X, 30, n_trials, uniforms,
                frame=(np.full(9, shift), scale), keep_panels=keep_panels,
            )  # fmt: skip
            np.testing.assert_array_equal(found, expected)


def test_rows_a_rounding_away_are_measured():
    """Float32 cannot tell these rows from the trials; float64 can."""
    X = 1.0 + 1e-9 * whole_numbers(0, 300, 12, low=-40, high=41)
    uniforms = np.random.default_rng(1).uniform(size=1 + 39 * 4)
    found = choose(X, 40, 4, uniforms, frame=())
    np.testing.assert_array_equal(found, reference.greedy_plusplus(X, 40, 4, uniforms))


def test_seeding_refuses_wrong_shapes():
    X = normal(0, 10, 2)
    with pytest.raises(ValueError, match="seeding needs a cluster and a trial"):
        choose(X, 0, 1, [0.5])
    with pytest.raises(ValueError, match="uniforms must hold"):
        choose(X, 3, 2, np.full(4, 0.5))


# ---------------------------------------------------------------------------- the screen


@pytest.mark.parametrize("n_trials", [1, 2, 4, 7, 8, 21])
def test_screen_is_exact_on_whole_numbers(doors, n_trials):
    """A row passes where a score is its bar, and not where the bar lies just below."""
    height = doors.sizes(1)[0]
    order = np.full(-(-n_trials // 4) * 4, -1, dtype=np.intp)
    order[:n_trials] = np.arange(n_trials)
    for d in (1, 2, 7, 8, 33, 140):
        X, trials = whole_numbers(d, height, d), whole_numbers(d + 1, n_trials, d)
        block = reference.block(X, 0, doors.sizes(d)[1])
        panel, _ = doors.panel(block, d, 1.0)
        packed, half_norms, _ = doors.groups(trials, order, np.zeros(d), 1.0)
        smallest, _, _ = reference.two_smallest_scores(X, trials)
        bars = smallest.astype(np.float32)
        assert doors.screened(panel, packed, half_norms, bars) == [1] * height
        bars[::2] -= np.float32(0.5)
        bars[1] = np.nan
        passed = doors.screened(panel, packed, half_norms, bars)
        assert passed == [r % 2 for r in range(height)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_bars_lie_above_deciding_values_within_reach_of_rounding(doors, dtype):
    norms = np.abs(normal(0, 50)).astype(np.float32)
    closest = np.square(normal(1, 50)).astype(dtype)
    exact = (0.25 * closest.astype(np.float64) - norms.astype(np.float64) ** 2) / 2
    for gamma, largest in ((1e-6, 3.0), (2.0**-8, 10.0)):
        margin = gamma * (norms.astype(np.float64) ** 2 + largest**2)
        above = doors.bars(norms, closest, 0.5, gamma, largest) - exact
        assert (above >= margin - 1e-6).all()
        assert (above <= margin + 1e-6 * (1 + closest)).all()


@pytest.mark.parametrize("large", [2.0**60, 2.0**63, 1e30, np.inf])
def test_nothing_is_above_the_bar_of_values_that_could_overflow(doors, large):
    closest = np.ones(3)
    bars = doors.bars(np.array([1, large, 1], dtype=np.float32), closest, 1.0, 1e-6, 1.0)
    np.testing.assert_array_equal(bars < 1e38, [True, False, True])
    assert not (doors.bars(np.ones(3, np.float32), closest, 1.0, 1e-6, large) < 1e38).any()


@pytest.mark.parametrize("d", [1, 2, 9, 33, 140])
def test_integers_of_a_panel_and_their_errors(doors, d):
    height, _ = doors.sizes(d)
    X = normal(d, height, d)
    X[3] *= 100  # cut to the largest integer
    panel = np.ascontiguousarray(X.T, dtype=np.float32)
    norms = np.sqrt((panel**2).sum(axis=0))
    largest = doors.largest_of_integers(d)
    assert largest**2 * d <= 2**29
    units = np.float32(largest / 5)
    integers, half_squares, errors, _ = doors.rounded(panel, norms, units)
    exact = X * float(units)
    assert (abs(integers) <= largest).all()
    within = abs(exact) < largest - 1
    assert (abs(exact - integers[:, :d])[within] < 0.51).all()
    np.testing.assert_array_equal(half_squares, (integers.astype(int) ** 2).sum(axis=1) // 2)
    true_errors = np.sqrt(((exact - integers[:, :d]) ** 2).sum(axis=1))
    assert (errors >= true_errors).all()
    assert (errors <= 1.001 * true_errors + 0.01 + 1e-6 * norms * units).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_trials", [1, 4, 7, 21])
@pytest.mark.parametrize("d", [1, 2, 9, 33, 140])
def test_the_screen_in_integers_passes_every_row_that_comes_nearer(doors, d, n_trials, dtype):
    """And few others: rows at most 2 % too far, where values are not cut."""
    height, _ = doors.sizes(d)
    for scale, outlier in ((1.0, 1), (1e-3, 1), (1.0, 30)):
        X, trials = scale * normal(d, height, d), scale * normal(d + 1, n_trials, d)
        trials[0] *= outlier
        panel = np.ascontiguousarray(X.T, dtype=np.float32)
        norms = np.sqrt((panel**2).sum(axis=0))
        units = float(np.float32(doors.largest_of_integers(d) / (5 * scale)))
        _, half_squares, errors, pairs = doors.rounded(panel, norms, units)
        nearest = reference.squared_distances(X, trials).min(axis=1)
        for factor, passes in ((1 + 1e-5, True), (0.96, False)):
            closest = (nearest * factor).astype(dtype)
            passed = doors.screened_in_integers(
                pairs, half_squares, errors, closest, trials, np.zeros(d), units
            )
            uncut = (abs(X) < 5 * scale).all() and (abs(trials) < 5 * scale).all()
            assert not passes or passed.all()
            assert passes or not uncut or passed[nearest > 0.1 * d * scale**2].sum() == 0


# ---------------------------------------------------------------------------- blocks


def choose_in_blocks(
    X, n_clusters, n_trials, uniforms, *, sample_weight=None, bounds=None, map_tasks=None, runs=1
):  # fmt: skip
    bounds = one_shard(len(X)) if bounds is None else bounds
    rows = dense_rows.DenseRows(X, sample_weight)
    box = np.array([X.min(axis=0), X.max(axis=0)], dtype=np.float64)
    order = rows_of(curve_pairs(rows, box, n_threads=1))
    seeding = block_plusplus.BlockPlusPlus(rows, order, bounds, n_clusters, n_trials, map_tasks)
    indices = np.full(n_clusters, -1, dtype=np.intp)
    for _ in range(runs):
        seeding.run(np.asarray(uniforms, dtype=np.float64), indices)
    return indices


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("n", "d", "n_clusters", "n_trials"),
    [(1, 1, 1, 1), (2, 1, 2, 3), (17, 2, 17, 2), (300, 1, 40, 5), (900, 3, 60, 6), (400, 8, 5, 1),
     (500, 7, 12, 9), (250, 4, 9, 70), (1000, 5, 20, 130)],
)  # fmt: skip
def test_seeds_in_blocks(n, d, n_clusters, n_trials, weighted):
    """Whole numbers have many equal rows and distances; 130 trials share the bits of masks."""
    generator = np.random.default_rng(n)
    X = whole_numbers(n, n, d, low=-40, high=41) + 1000.0 * generator.integers(0, 9, (n, 1))
    sample_weight = generator.integers(0 if n > 100 else 1, 5, n) * 1.0 if weighted else None
    for runs in (1, 2):
        uniforms = generator.uniform(size=1 + (n_clusters - 1) * n_trials)
        expected = reference.greedy_plusplus(X, n_clusters, n_trials, uniforms, sample_weight)
        for dtype in DTYPES:
            found = choose_in_blocks(
                X.astype(dtype), n_clusters, n_trials, uniforms,
                sample_weight=sample_weight, runs=runs,
            )  # fmt: skip
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_seeds_in_blocks_at_any_stride(dtype, layout):
    X = normal(3, 700, 3, dtype=dtype)
    uniforms = np.random.default_rng(0).uniform(size=1 + 29 * 4)
    found = choose_in_blocks(layouts(X)[layout], 30, 4, uniforms)
    np.testing.assert_array_equal(found, reference.greedy_plusplus(X, 30, 4, uniforms))


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_seeds_in_blocks_at_any_offset_and_scale(offset, scale):
    X = whole_numbers(0, 600, 3)
    X[7] = 1e5  # a row far away
    X = scale * (X + offset)
    uniforms = np.random.default_rng(0).uniform(size=1 + 29 * 5)
    expected = reference.greedy_plusplus(X / scale, 30, 5, uniforms)
    np.testing.assert_array_equal(choose_in_blocks(X, 30, 5, uniforms), expected)


def test_seeds_in_blocks_have_the_same_bits_whoever_maps_the_passes():
    X, uniforms = normal(1, 500, 5), np.random.default_rng(0).uniform(size=1 + 19 * 4)
    here = choose_in_blocks(X, 20, 4, uniforms, bounds=BOUNDS)
    np.testing.assert_array_equal(
        choose_in_blocks(X, 20, 4, uniforms, bounds=BOUNDS, map_tasks=backwards), here
    )
    np.testing.assert_array_equal(here, reference.greedy_plusplus(X, 20, 4, uniforms))


def test_seeds_in_blocks_of_equal_rows():
    X = np.repeat([[0.0, 3.0], [1.0, 3.0]], 300, axis=0)
    found = choose_in_blocks(X, 5, 3, np.random.default_rng(0).uniform(size=13))
    assert ((found >= 0) & (found < 600)).all()
    assert set(X[found, 0]) == {0.0, 1.0}


def test_blocks_refuse_wrong_shapes():
    rows, bounds = dense_rows.DenseRows(normal(0, 10, 9)), one_shard(10)
    with pytest.raises(ValueError, match="at most eight features"):
        block_plusplus.BlockPlusPlus(rows, np.arange(10, dtype=np.int32), bounds, 2, 2)
    rows = dense_rows.DenseRows(normal(0, 10, 3))
    for order, error in ((np.arange(9), ValueError), (np.arange(1, 11), IndexError)):
        with pytest.raises(error, match="order must"):
            block_plusplus.BlockPlusPlus(rows, order.astype(np.int32), bounds, 2, 2)


# ---------------------------------------------------------------------------- distances


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_to_all(dtype, layout):
    for n, d, n_clusters in [(1, 1, 1), (7, 3, 2), (8, 9, 8), (9, 2, 17), (40, 30, 5)]:
        X, centers = normal(n, n, d, dtype=dtype), normal(d, n_clusters, d)
        out = np.full((n, n_clusters), np.nan, dtype=dtype)
        data = dense_rows.DenseRows(layouts(X)[layout])
        distances.to_all(data, 0, n // 2, padded_columns(centers), out)
        assert np.isnan(out[n // 2 :]).all()
        distances.to_all(data, n // 2, n, padded_columns(centers), out)
        expected = np.sqrt(reference.squared_distances(X, centers))
        np.testing.assert_allclose(out, expected, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_to_the_nearest_two(dtype):
    for n, d, n_clusters in [(1, 1, 2), (7, 3, 2), (8, 9, 8), (90, 2, 17), (40, 30, 5)]:
        for make in (normal, whole_numbers):  # without and with ties
            X, centers = make(n, n, d, dtype=dtype), make(d, n_clusters, d)
            labels, out = np.full((n, 2), -1, dtype=np.int32), np.full((n, 2), np.nan)
            distances.to_nearest_two(
                dense_rows.DenseRows(X), 0, n, padded_columns(centers), centers, labels, out
            )
            expected_labels, expected = reference.nearest_two(X, centers)
            np.testing.assert_array_equal(labels, expected_labels)
            np.testing.assert_allclose(out, expected, rtol=1e-13)


def test_ties_but_for_rounding_are_decided_as_labels_are():
    """Centres of the same numbers in other orders, rows of equal ones: only rounding differs."""
    X = np.repeat(np.linspace(-2, 2, 200)[:, np.newaxis], 33, axis=1)
    centers = np.random.default_rng(0).permuted(np.tile(normal(1, 33), (12, 1)), axis=1)
    expected, _, _ = label(X, centers)
    assert len(set(expected)) > 3
    labels, out = np.empty((200, 2), dtype=np.int32), np.empty((200, 2))
    distances.to_nearest_two(
        dense_rows.DenseRows(X), 0, 200, padded_columns(centers), centers, labels, out
    )
    np.testing.assert_array_equal(labels[:, 0], expected)
    assert (labels[:, 1] != labels[:, 0]).all()


def test_distances_refuse_wrong_shapes():
    data, centers = dense_rows.DenseRows(normal(0, 10, 2)), normal(1, 3, 2)
    columns, out = padded_columns(centers), np.empty((10, 3))
    for lo, hi in [(-1, 2), (3, 2), (0, 11)]:
        with pytest.raises(IndexError, match=r"lo\.\.hi is not a range of rows"):
            distances.to_all(data, lo, hi, columns, out)
    with pytest.raises(ValueError, match="columns must have shape"):
        distances.to_all(data, 0, 10, columns[:1], out)
    with pytest.raises(ValueError, match="centers must hold two rows"):
        distances.to_nearest_two(
            data, 0, 10, columns, centers[:1], np.empty((10, 2), np.int32), np.empty((10, 2))
        )
