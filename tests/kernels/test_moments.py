"""The M step's kernels: weighted sums of strips, and Cholesky factors.

Sums of whole numbers are exact, in any order; the product of a factor and its transpose is compared
with the matrix.
"""

import numpy as np
import pytest
from support.samples import normal, whole_numbers

from mixclust.kernels.mixture import moment_tiles

U = 2.0**-53
LONG = np.longdouble

# ---------------------------------------------------------------------------- rows to be summed


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.49, 0.51, 1.0])
@pytest.mark.parametrize("d", [1, 2, 5, 16, 33])
def test_weigh_rows(mixture_doors, d, share):
    """The kernel keeps only the rows to be summed, in their order, or all rows."""
    unit = mixture_doors.unit()
    for height in (unit, 3 * unit):
        n = round(share * height)
        strip, mean = normal(d, d, height) + 1e6, normal(d + 1, d) + 1e6
        resp = np.random.default_rng(d).uniform(0.1, 1, size=height)
        reach = np.full(height, 0.01)
        chosen = np.sort(np.random.default_rng(n).permutation(height)[:n])
        reach[chosen] = 100.0
        differences, weighted = mixture_doors.weigh(strip, mean, resp, reach, 1.0)
        length = differences.shape[1]
        assert length % (unit // 6) == 0
        assert n <= length <= height
        there = np.arange(height) if length == height else chosen
        assert length == height or length < n + unit // 6
        expected = np.zeros((d + 2, len(there)))
        expected[:d] = strip[:, there] - mean[:, np.newaxis]
        expected[d] = 1
        np.testing.assert_array_equal(differences[:, : len(there)], expected)
        np.testing.assert_array_equal(weighted[:, : len(there)], resp[there] * expected)
        assert np.isfinite(differences).all()
        assert not weighted[:, len(there) :].any()


def test_rows_of_exactly_the_threshold_do_not_matter(mixture_doors):
    unit = mixture_doors.unit()
    strip, resp, reach = whole_numbers(0, 2, unit), np.zeros(unit), np.ones(unit)
    resp[:4], reach[:4] = [0.5, 0.25, 0.5, 0.0], [4.0, 8.0, 4.5, 1e300]
    differences, weighted = mixture_doors.weigh(strip, np.zeros(2), resp, reach, 2.0)
    assert differences.shape[1] == unit // 6
    np.testing.assert_array_equal(differences[:2, 0], strip[:, 2])
    np.testing.assert_array_equal(weighted[:, 0], [*strip[:, 2] / 2, 0.5, 0])
    assert not weighted[:, 1:].any()


# ---------------------------------------------------------------------------- sums


def filled_up(blocks):
    """Return blocks, the first of them repeated until their number is a multiple of three."""
    return np.array(blocks + blocks[:1] * (-len(blocks) % 3), dtype=np.intp)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 3), (3, 5), (9, 2)])
def test_add_outer_blocks_of_a_rectangle(mixture_doors, shape):
    blocks = filled_up([(2 * a, 2 * b) for a in range(shape[0]) for b in range(shape[1])])
    assert_outer(mixture_doors, 2 * shape[0], 2 * shape[1], blocks)


@pytest.mark.parametrize("n_pairs", [1, 2, 3, 4, 5, 9])
def test_add_outer_blocks_of_a_triangle(mixture_doors, n_pairs):
    blocks = filled_up([(2 * a, 2 * b) for a in range(n_pairs) for b in range(a + 1)])
    assert_outer(mixture_doors, 2 * n_pairs, 2 * n_pairs, blocks)


def assert_outer(mixture_doors, n_left, n_right, blocks):
    """Compare with a matrix product, at every length that a tile may run over."""
    lanes, unit = mixture_doors.unit() // 6, mixture_doors.unit()
    left, right = whole_numbers(n_left, n_left, unit), whole_numbers(n_right, n_right, unit)
    before = whole_numbers(0, len(blocks), 2, 2)
    for length in range(0, unit + 1, lanes):
        product = left[:, :length] @ right[:, :length].T
        added = [product[a : a + 2, b : b + 2] for a, b in blocks]
        found = mixture_doors.outer_blocks(left, right, length, blocks, before)
        np.testing.assert_array_equal(found, before + added)


def test_add_outer_blocks_does_not_read_behind_the_length(mixture_doors):
    unit = mixture_doors.unit()
    left, right = whole_numbers(0, 2, unit), whole_numbers(1, 2, unit)
    half = unit // 2
    expected = left[:, :half] @ right[:, :half].T
    left[:, half:] = right[:, half:] = np.nan
    found = mixture_doors.outer_blocks(left, right, half, filled_up([(0, 0)]), np.zeros((3, 2, 2)))
    np.testing.assert_array_equal(found, np.tile(expected, (3, 1, 1)))


@pytest.mark.parametrize("units", [1, 2, 5])
@pytest.mark.parametrize("d", [1, 2, 3, 8, 33])
def test_add_diagonal_moments(mixture_doors, d, units):
    height = units * mixture_doors.unit()
    strip = np.vstack(
        [whole_numbers(d, d, height) + 2.0**20, np.ones((1, height)), np.zeros((1, height))]
    )
    mean = np.append(whole_numbers(d + 1, d) + 2.0**20, [0.0, 0.0])
    resp = whole_numbers(d + 2, height, low=0)
    before = whole_numbers(d + 3, d + 2, 2)
    differences = strip - mean[:, np.newaxis]
    expected = before.copy()
    expected[: d + 1, 0] += differences[: d + 1] @ resp
    expected[:d, 1] += differences[:d] ** 2 @ resp
    found = mixture_doors.diagonal_moments(strip, mean, resp, before)
    np.testing.assert_array_equal(found[: d + 1, 0], expected[: d + 1, 0])
    np.testing.assert_array_equal(found[:d, 1], expected[:d, 1])


@pytest.mark.parametrize("units", [1, 2, 5])
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_add_few_features(mixture_doors, d, units):
    assert mixture_doors.counts_as_few(d)
    height = units * mixture_doors.unit()
    strip = whole_numbers(d, d, height) + 2.0**20
    mean = whole_numbers(d + 1, d) + 2.0**20
    resp = whole_numbers(d + 2, height, low=0)
    before = whole_numbers(d + 3, (d + 1) * (d + 2) // 2)
    rows = np.vstack([strip - mean[:, np.newaxis], np.ones((1, height))])
    expected = before + ((rows * resp) @ rows.T)[np.tril_indices(d + 1)]
    found = mixture_doors.few_features(strip, mean, resp, before)
    np.testing.assert_array_equal(found, expected)


def test_more_than_five_features_are_not_few(mixture_doors):
    """The loops of five features would read no sixth."""
    assert not mixture_doors.counts_as_few(6)


@pytest.mark.parametrize("is_triangle", [False, True])
@pytest.mark.parametrize("n_left", [*range(1, 12), 15, 16, 31, 50])
@pytest.mark.parametrize("n_right", [1, 2, 3, 7, 50])
def test_lists_of_blocks_hold_every_block_and_fill_up_the_last_three(n_left, n_right, is_triangle):
    if is_triangle:
        n_right = n_left
    found = moment_tiles.blocks_in_threes(n_left, n_right, is_triangle)
    assert len(found) % 3 == 0
    expected = {
        (2 * a, 2 * b) for a in range(n_left) for b in range(a + 1 if is_triangle else n_right)
    }
    assert set(map(tuple, found.tolist())) == expected
    assert len(found) - len(expected) < 3


# ---------------------------------------------------------------------------- Cholesky factors

SIZES = [*range(1, 18), 64]
LARGE_SIZES = [100, 199, 200, 256, 257, 515]  # about the size from which on LAPACK factorises


def positive_definite(n, *, condition=100.0):
    """A symmetric matrix with eigenvalues from 1 to `condition`."""
    basis, _ = np.linalg.qr(normal(n, n, n))
    matrix = (basis * np.geomspace(1, condition, n)) @ basis.T
    return (matrix + matrix.T) / 2


def assert_factorises(factor, matrix):
    """U'U equals the matrix up to the roundings of its computation."""
    assert not np.tril(factor, -1).any()
    assert (np.diagonal(factor) > 0).all()
    long, n = factor.astype(LONG), len(factor)
    bound = (n + 4) * U * (abs(long).T @ abs(long))
    assert (abs(long.T @ long - matrix) <= bound).all()


def assert_inverts(inverse, factor):
    """U U^-1 equals 1 up to the roundings of its computation."""
    assert not np.tril(inverse, -1).any()
    long, other, n = factor.astype(LONG), inverse.astype(LONG), len(factor)
    bound = (n + 4) * U * (abs(long) @ abs(other))
    assert (abs(long @ other - np.eye(n)) <= bound).all()


@pytest.mark.parametrize("condition", [1.0, 1e6, 1e13])
@pytest.mark.parametrize("n", SIZES)
def test_factorise_and_invert(mixture_doors, n, condition):
    matrix = positive_definite(n, condition=condition)
    factor, stopped = mixture_doors.upper_factor(matrix)
    assert stopped == n
    assert_factorises(factor, matrix)
    inverse, log_diagonal = mixture_doors.inverse(factor)
    assert_inverts(inverse, factor)
    exact = np.log(np.diagonal(factor).astype(LONG))
    assert abs(log_diagonal - exact.sum()) <= (n + 1) * U * (1 + abs(exact).sum())


@pytest.mark.parametrize("n", SIZES)
def test_factors_do_not_depend_on_units(mixture_doors, n):
    matrix, units = positive_definite(n), 2.0 ** (37 * (np.arange(n) % 5 - 2))
    factor, _ = mixture_doors.upper_factor(matrix)
    scaled, _ = mixture_doors.upper_factor(matrix * units * units[:, np.newaxis])
    np.testing.assert_array_equal(scaled, factor * units)


@pytest.mark.parametrize("n", [2, 3, 7, 16])
def test_factorise_tells_where_it_stopped(mixture_doors, n):
    """Whole numbers, so that a pivot that is zero comes out as zero."""
    for pivot in range(n):
        factor = np.triu(whole_numbers(n, n, n, low=-2, high=3), 1) + np.eye(n)
        for last in (0.0, -1.0, np.nan):
            matrix = factor.T @ factor
            matrix[pivot, pivot] += last - 1
            assert mixture_doors.upper_factor(matrix)[1] == pivot


def floors(n, limit=0.0, rescue=1e-6):
    return np.full(n, limit), np.full(n, rescue)


@pytest.mark.parametrize("n", SIZES + LARGE_SIZES)
def test_precision_factor_leaves_a_sound_covariance_alone(mixture_doors, n):
    covariance = positive_definite(n, condition=1e6)
    raised, inverse, collapsed = mixture_doors.precision(covariance, *floors(n))
    assert not collapsed
    np.testing.assert_array_equal(raised, covariance)
    assert_is_precision(inverse, covariance)


@pytest.mark.parametrize("n", [2, 3, 5, 16, 33, *LARGE_SIZES])
@pytest.mark.parametrize("size", [2.0**-27, 1.0, 2.0**27])
def test_precision_factor_raises_a_singular_covariance(mixture_doors, n, size):
    rank = n - 1 if n < 100 else n // 2  # a single pivot of many may be positive by rounding
    rows = whole_numbers(n, n, rank) * size
    rescue = 1e-6 * size**2 * (1 + np.arange(n))
    raised, inverse, collapsed = mixture_doors.precision(rows @ rows.T, np.zeros(n), rescue)
    assert collapsed
    np.testing.assert_allclose(raised, rows @ rows.T + np.diag(rescue), rtol=1e-15)
    assert_is_precision(inverse, raised)


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 9])
def test_precision_factor_raises_ever_more_until_it_can(mixture_doors, steps):
    """The first of the multiples 1, 11, 111 ... of the rescue that makes the pivot positive."""
    lacking = 10.0**steps * 1.05
    covariance = np.array([[1.0, 0.0], [0.0, -lacking]]) * 1e-3
    raised, inverse, collapsed = mixture_doors.precision(covariance, *floors(2, rescue=1e-3))
    added = sum(10.0**step for step in range(steps + 1))
    enough = added if added > lacking else added + 10.0 ** (steps + 1)
    assert collapsed
    np.testing.assert_allclose(np.diagonal(raised - covariance), 1e-3 * enough, rtol=1e-9)
    assert_is_precision(inverse, raised)


@pytest.mark.parametrize("n", [90, *LARGE_SIZES])
def test_precision_factor_finds_the_pivot_that_is_lacking_in_any_place(mixture_doors, n):
    """Also at the place where a large matrix is halved."""
    for pivot in (0, n // 2 - 1, n // 2, n - 1):
        for lacking, added in [(0.0, 1.0), (1.05e-3, 11.0)]:
            covariance = np.eye(n)
            covariance[pivot, pivot] = -lacking
            raised, inverse, collapsed = mixture_doors.precision(
                covariance, *floors(n, rescue=1e-3)
            )
            assert collapsed
            np.testing.assert_allclose(raised, covariance + 1e-3 * added * np.eye(n), rtol=1e-12)
            assert_is_precision(inverse, raised)


@pytest.mark.parametrize("n", [33, *LARGE_SIZES])
def test_precision_factor_takes_no_number_for_a_collapse(mixture_doors, n):
    covariance = np.eye(n)
    covariance[n // 2, n // 2] = np.nan
    assert mixture_doors.precision(covariance, *floors(n))[2]


def test_precision_factor_mistrusts_pivots_that_are_rounding(mixture_doors):
    for gap, trusted in [(1e-10, True), (1e-15, False)]:
        covariance = np.array([[1.0, 1.0], [1.0, 1.0 + gap]])
        raised, inverse, collapsed = mixture_doors.precision(covariance, *floors(2))
        assert collapsed is not trusted
        np.testing.assert_array_equal(raised, covariance + 1e-6 * (not trusted) * np.eye(2))
        assert abs(inverse).max() < 2e5


def test_precision_factor_keeps_what_was_there_before(mixture_doors):
    """A covariance that is singular to rounding does not replace one that is not."""
    before = positive_definite(4, condition=1e3)
    _, factor, _ = mixture_doors.precision(before, *floors(4))
    line = np.outer([1.0, 2, 3, 4], [1.0, 2, 3, 4])
    kept, inverse, collapsed = mixture_doors.precision(line, *floors(4), before=factor)
    assert collapsed
    np.testing.assert_array_equal(inverse, factor)
    np.testing.assert_allclose(kept, before, rtol=1e-12)


def test_precision_factor_mistrusts_variances_that_are_rounding(mixture_doors):
    rescue, rounding = np.full(2, 1e-6), np.array([0.0, 1e-9])
    for variance, trusted in [(1.1e-9, True), (0.9e-9, False)]:
        covariance = np.diag([1.0, variance])
        raised, _, collapsed = mixture_doors.precision(covariance, np.zeros(2), rescue, rounding)
        assert collapsed is not trusted
        np.testing.assert_array_equal(raised, covariance + 1e-6 * (not trusted) * np.eye(2))


def test_precision_factor_knows_what_is_the_floor_alone(mixture_doors):
    """A covariance within the limit is a collapse, even if it can be factorised as it is."""
    covariance = np.array([[4.0, 2.0], [2.0, 1.25]])
    for limit, collapsed in [
        ((0.0, 0.0), False),
        ((0.7, 0.0), False),
        ((0.8, 0.0), True),  # (4 - 0.8) 1.25 = 2^2
        ((0.0, 0.25), True),
        ((0.4, 0.1), False),
        ((0.4, 0.2), True),
    ]:
        raised, inverse, found = mixture_doors.precision(
            covariance, np.array(limit), np.full(2, 1e-6)
        )
        assert found is collapsed
        np.testing.assert_array_equal(raised, covariance)
        np.testing.assert_array_equal(inverse, [[0.5, -1.0], [0.0, 2.0]])


@pytest.mark.parametrize("n", [2, 5, 33, *LARGE_SIZES])
def test_precision_factor_sees_the_floor_alone_in_any_direction(mixture_doors, n):
    """A singular matrix plus the floor is a collapse, for any direction and order of features."""
    generator = np.random.default_rng(n)
    sound = positive_definite(n, condition=10)
    for size in (0.1, 1.0, 30.0):
        direction = size * generator.normal(size=n)
        direction[-1] = 1
        into = np.eye(n) - np.outer(direction, np.eye(n)[-1])
        floor = 1e-6 * np.ones(n)
        for covariance, collapsed in [(sound, False), (into @ sound @ into.T, True)]:
            for order in (np.arange(n), np.arange(n)[::-1], generator.permutation(n)):
                _, _, found = mixture_doors.precision(
                    np.ascontiguousarray((covariance + np.diag(floor))[np.ix_(order, order)]),
                    2 * floor,
                    floor,
                )
                assert found is collapsed


def assert_is_precision(factor, covariance):
    """Whether an upper triangle times its transpose is the inverse of a covariance."""
    np.testing.assert_array_equal(factor, np.triu(factor))
    size = np.sqrt(np.diagonal(covariance))
    whitened = factor.T @ covariance @ factor
    condition = np.linalg.cond(covariance / np.outer(size, size))
    np.testing.assert_allclose(whitened, np.eye(len(covariance)), atol=1e-14 * condition)
