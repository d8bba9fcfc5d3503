"""Seeding and distances to centres against the plain NumPy of reference.py."""

import numpy as np
import pytest
import reference
from runs import BOUNDS, backwards, label, one_shard, padded_columns
from samples import DTYPES, LAYOUTS, layouts, normal, whole_numbers

from mixclust.kernels import dense_seeding, distances, rows

# ---------------------------------------------------------------------------- seeding


def choose(
    X, n_clusters, n_trials, uniforms, *,
    sample_weight=None, bounds=None, map_tasks=None, frame=None,
):  # fmt: skip
    bounds = one_shard(len(X)) if bounds is None else bounds
    data = rows.Rows(X, sample_weight)
    if frame is not None:
        data.set_frame(*frame)
    plusplus = dense_seeding.PlusPlus(data, bounds, n_clusters, n_trials, map_tasks)
    indices = np.full(n_clusters, -1, dtype=np.intp)
    plusplus.run(np.asarray(uniforms, dtype=np.float64), indices)
    return indices


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_seeds_at_any_stride(dtype, layout):
    X = normal(3, 120, 7, dtype=dtype)
    uniforms = np.random.default_rng(0).uniform(size=1 + 9 * 4)
    found = choose(layouts(X)[layout], 10, 4, uniforms)
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
            found = choose(
                X.astype(dtype), n_clusters, n_trials, uniforms, sample_weight=sample_weight
            )
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
        found = choose(X, 30, n_trials, uniforms, frame=(np.full(9, shift), scale))
        np.testing.assert_array_equal(found, reference.greedy_plusplus(X, 30, n_trials, uniforms))


def test_rows_a_rounding_away_are_measured():
    """Float32 cannot tell these rows from the trials; float64 can."""
    X = 1.0 + 1e-9 * whole_numbers(0, 300, 12, low=-40, high=41)
    uniforms = np.random.default_rng(1).uniform(size=1 + 39 * 4)
    found = choose(X, 40, 4, uniforms, frame=(np.zeros(12), 1.0))
    np.testing.assert_array_equal(found, reference.greedy_plusplus(X, 40, 4, uniforms))


def test_seeding_refuses_what_does_not_fit():
    X = normal(0, 10, 2)
    with pytest.raises(ValueError, match="seeding needs a cluster and a trial"):
        choose(X, 0, 1, [0.5])
    with pytest.raises(ValueError, match="uniforms must hold"):
        choose(X, 3, 2, np.full(4, 0.5))


# ---------------------------------------------------------------------------- the screen


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_in_the_frame_of_the_screen(doors, dtype, layout):
    for d in (1, 2, 7, 16, 35):
        X, origin = whole_numbers(d, 9, d, dtype=dtype), np.full(d, 3.0)
        found, norms = doors.framed(rows.Rows(layouts(X)[layout]), origin, 0.5)
        expected = 0.5 * X.astype(np.float64) - 3.0
        np.testing.assert_array_equal(found[:, :d], expected)
        np.testing.assert_array_equal(found[:, d:], 0.0)
        squares = (expected**2).sum(axis=1)
        assert (norms <= squares).all()
        assert (norms >= squares * (1 - 1 / 128)).all()
    assert doors.framed(rows.Rows(np.full((1, 3), 1e19)), np.zeros(3), 1.0)[1] == np.inf


@pytest.mark.parametrize("n_trials", [1, 2, 3, 8, 9, 21])
def test_screen_is_exact_on_whole_numbers(doors, n_trials):
    """A row passes where a score is its bar, and not where the bar lies just below."""
    for d in (1, 2, 7, 8, 33):
        X, trials = whole_numbers(d, 8, d), whole_numbers(d + 1, n_trials, d)
        framed, _ = doors.framed(rows.Rows(X), np.full(d, 2.0), 1.0)
        scores = ((trials - 2.0) ** 2).sum(axis=1) / 2 - (X - 2.0) @ (trials - 2.0).T
        bars = scores.min(axis=1).astype(np.float32)
        found, largest = doors.screened(framed, trials, np.full(d, 2.0), 1.0, bars)
        assert found == [1] * 8
        assert largest == ((trials - 2.0) ** 2).sum(axis=1).max()
        bars[::2] -= np.float32(0.5)
        bars[1] = np.nan
        found, _ = doors.screened(framed, trials, np.full(d, 2.0), 1.0, bars)
        assert found == [0, 1] * 4


# ---------------------------------------------------------------------------- distances


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_to_all(dtype, layout):
    for n, d, n_clusters in [(1, 1, 1), (7, 3, 2), (8, 9, 8), (9, 2, 17), (40, 30, 5)]:
        X, centers = normal(n, n, d, dtype=dtype), normal(d, n_clusters, d)
        out = np.full((n, n_clusters), np.nan, dtype=dtype)
        data = rows.Rows(layouts(X)[layout])
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
                rows.Rows(X), 0, n, padded_columns(centers), centers, labels, out
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
    distances.to_nearest_two(rows.Rows(X), 0, 200, padded_columns(centers), centers, labels, out)
    np.testing.assert_array_equal(labels[:, 0], expected)
    assert (labels[:, 1] != labels[:, 0]).all()


def test_distances_refuse_what_does_not_fit():
    data, centers = rows.Rows(normal(0, 10, 2)), normal(1, 3, 2)
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
