"""The E step's kernels, from strips to responsibilities, against longdouble.

The bounds are derived, not guessed: a sum of n terms has n roundings of at most `U` times the sum
of the absolute terms. If longdouble is no longer than double, the bounds hold its roundings, too.
"""

import numpy as np
import pytest
from support.samples import DTYPES, LAYOUTS, layouts, normal, whole_numbers

from mixclust.kernels.rows import dense_rows
from mixclust.kernels.rows.rows import Frame

N_FEATURES = [*range(1, 18), 64, 130]
U = 2.0**-53
LONG = np.longdouble


def assert_within(found, exact, bound):
    """Compare with longdouble, number by number."""
    errors = abs(np.asarray(found, dtype=LONG) - exact)
    assert np.isfinite(errors).all()
    assert (errors <= bound).all(), f"{float((errors / bound).max())} times the bound"


# ---------------------------------------------------------------------------- strips


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_load_strip(mixture_doors, dtype, layout):
    unit = mixture_doors.unit()
    for d in (1, 2, 3, 4, 7, 8, 9, 16, 17, 33):
        X, shift = normal(d, unit + 5, d, dtype=dtype) + dtype(1e3), normal(d + 1, d) + 1e3
        data = dense_rows.DenseRows(layouts(X)[layout])
        frame = Frame(shift)
        for start, n in [(0, unit), (5, unit), (0, 1), (unit + 4, 1), (3, unit - 1), (2, 0)]:
            for height in (unit, 2 * unit):
                expected = np.zeros((d, height))
                expected[:, :n] = (X[start : start + n].astype(np.float64) - shift).T
                found = mixture_doors.strip(data, frame, start, n, height)
                np.testing.assert_array_equal(found, expected)


def test_load_strip_ignores_the_scale(mixture_doors):
    X = normal(0, 7, 3)
    data = dense_rows.DenseRows(X)
    frame = Frame(np.zeros(3), 2.0**-20)
    strip = mixture_doors.strip(data, frame, 0, 7, mixture_doors.unit())
    np.testing.assert_array_equal(strip[:, :7], X.T)


# ---------------------------------------------------------------------------- densities


def strip_of(unit, d, *, units, offset=0.0, scale=1.0):
    """Draw rows from one distribution, as a strip of `units` strip units, and a mean among them."""
    strip = offset + scale * normal(d, d, units * unit)
    return strip, offset + scale * normal(d + 1, d)


def triangle(d, scale):
    """An upper Cholesky factor of a precision, in units of 1 / scale."""
    return np.triu(normal(d + 2, d, d) + 3 * np.eye(d)) / scale


FRAMES = {
    "plain": {},
    "far off": {"offset": 1e12},
    "tiny": {"scale": 1e-140},
    "huge": {"scale": 1e140, "offset": -1e150},
}


@pytest.fixture(params=FRAMES)
def frame(request):
    """Offset and scale of the rows."""
    return FRAMES[request.param]


@pytest.mark.parametrize("units", [1, 2, 5])
@pytest.mark.parametrize("d", N_FEATURES)
def test_full_log_density(mixture_doors, d, units, frame):
    strip, mean = strip_of(mixture_doors.unit(), d, units=units, **frame)
    upper = triangle(d, frame.get("scale", 1.0))
    differences = (strip.astype(LONG) - mean[:, np.newaxis]).T
    squared = ((differences @ upper.astype(LONG)) ** 2).sum(axis=1) / 2
    # Row and mean are multiplied apart: the rounding is that of their sizes, not their difference.
    lost = (d + 4) * U * ((abs(strip.T) + abs(mean)).astype(LONG) @ abs(upper).astype(LONG))
    columns = abs(differences @ upper.astype(LONG))
    bound = (lost * columns + lost**2).sum(axis=1) + (d + 8) * U * (squared + 1.25)
    found = mixture_doors.full(strip, mean, upper, -1.25)
    assert_within(found, -1.25 - squared, bound)


def test_full_log_density_ignores_what_lies_below_the_diagonal(mixture_doors):
    strip, mean = strip_of(mixture_doors.unit(), 5, units=1)
    upper = triangle(5, 1.0)
    dirty = upper + np.tril(np.full((5, 5), np.nan), -1)
    np.testing.assert_array_equal(
        mixture_doors.full(strip, mean, dirty, 0.0), mixture_doors.full(strip, mean, upper, 0.0)
    )


@pytest.mark.parametrize("units", [1, 2, 5])
@pytest.mark.parametrize("d", N_FEATURES)
def test_diagonal_log_density(mixture_doors, d, units, frame):
    strip, mean = strip_of(mixture_doors.unit(), d, units=units, **frame)
    scales = (0.1 + abs(normal(d + 2, d))) / frame.get("scale", 1.0)
    standard = (strip.astype(LONG) - mean[:, np.newaxis]) * scales[:, np.newaxis]
    half = (standard**2).sum(axis=0) / 2
    lost = 3 * U * (abs(strip) + abs(mean[:, np.newaxis])) * scales[:, np.newaxis]
    bound = (lost * abs(standard) + lost**2).sum(axis=0) + (d + 8) * U * (half + 2.5)
    found = mixture_doors.diagonal(strip, mean, scales, 2.5)
    assert_within(found, 2.5 - half, bound)


@pytest.mark.parametrize("units", [1, 2, 5])
@pytest.mark.parametrize("d", N_FEATURES)
def test_two_linear_scores(mixture_doors, d, units, frame):
    strip, _ = strip_of(mixture_doors.unit(), d, units=units, **frame)
    slopes = normal(d + 2, d, 2) / frame.get("scale", 1.0)
    found = mixture_doors.linear(strip, slopes, 0.75, -4.0)
    for scores, slope, constant in zip(found, slopes.T, (0.75, -4.0), strict=True):
        products = strip.astype(LONG) * slope[:, np.newaxis]
        bound = (d + 1) * U * (abs(products).sum(axis=0) + abs(constant))
        assert_within(scores, constant + products.sum(axis=0), bound)


@pytest.mark.parametrize("d", [1, 2, 3, 16, 17])
def test_densities_are_exact_on_whole_numbers(mixture_doors, d):
    """Each lane of each vector reads its own row, and no other."""
    strip = whole_numbers(d, d, 2 * mixture_doors.unit()) + 2.0**20
    mean, upper = whole_numbers(d + 1, d) + 2.0**20, np.triu(whole_numbers(d + 2, d, d))
    differences = strip - mean[:, np.newaxis]
    expected = 3 - ((upper.T @ differences) ** 2).sum(axis=0) / 2
    np.testing.assert_array_equal(mixture_doors.full(strip, mean, upper, 3.0), expected)
    scales = np.diagonal(upper).copy()
    expected = 3 - ((differences * scales[:, np.newaxis]) ** 2).sum(axis=0) / 2
    np.testing.assert_array_equal(mixture_doors.diagonal(strip, mean, scales, 3.0), expected)
    slopes = whole_numbers(d + 3, d, 2)
    found = mixture_doors.linear(strip, slopes, 3.0, -7.0)
    np.testing.assert_array_equal(found, slopes.T @ strip + [[3.0], [-7.0]])


def test_row_too_far_for_float64_has_no_density(mixture_doors):
    strip, mean = strip_of(mixture_doors.unit(), 3, units=1)
    strip[1, 4] = 1e200
    for found in (
        mixture_doors.full(strip, mean, triangle(3, 1.0), 0.0),
        mixture_doors.diagonal(strip, mean, np.ones(3), 0.0),
    ):
        assert np.flatnonzero(found == -np.inf).tolist() == [4]
        assert np.isfinite(np.delete(found, 4)).all()


# ---------------------------------------------------------------------------- responsibilities


def normalised(log_density, weights):
    """Return responsibilities, log-probabilities, and bounds of the roundings of both."""
    n_components = len(log_density)
    largest = log_density.max(axis=0)
    below = log_density.astype(LONG) - largest
    densities = np.exp(below)
    total = densities.sum(axis=0)
    resp = weights * densities / total
    # exp turns the absolute rounding of its argument into a relative one.
    resp_bound = (abs(below) + n_components + 8) * U * resp + weights * 1e-307
    log_prob = largest + np.log(total)
    log_prob_bound = U * (abs(log_prob) + 2 * np.log(total) + n_components + 4)
    return resp, log_prob, resp_bound, log_prob_bound


@pytest.mark.parametrize("spread", [0.1, 10.0, 1000.0])
@pytest.mark.parametrize("n_components", [1, 2, 3, 7, 64, 1000])
def test_responsibilities(mixture_doors, n_components, spread):
    height = 2 * mixture_doors.unit()
    log_density = spread * normal(n_components, n_components, height) - 40.0
    weights = np.random.default_rng(0).exponential(size=height)
    weights[::5] = 0
    weights[1::5] = 1
    resp, log_prob, total, _ = mixture_doors.responsibilities(log_density, weights)
    expected, expected_log_prob, resp_bound, log_prob_bound = normalised(log_density, weights)
    assert_within(resp, expected, resp_bound)
    assert_within(log_prob, expected_log_prob, log_prob_bound)
    bound = weights @ (log_prob_bound + height * U * abs(expected_log_prob))
    assert_within(total, weights @ expected_log_prob, bound)
    assert not resp[:, weights == 0].any()


@pytest.mark.parametrize("at", [-1e300, -1e5, -708.0, 0.0, 709.0, 1e5])
def test_responsibility_of_a_single_component_is_the_weight(mixture_doors, at):
    height = mixture_doors.unit()
    log_density = at + np.arange(height, dtype=np.float64)[np.newaxis]
    weights = np.arange(height) / 7
    resp, log_prob, total, _ = mixture_doors.responsibilities(log_density, weights)
    np.testing.assert_array_equal(resp[0], weights)
    np.testing.assert_array_equal(log_prob, log_density[0])
    assert total == pytest.approx(weights @ log_density[0], rel=1e-14)


@pytest.mark.parametrize("n_components", [2, 3, 8, 1000])
def test_equal_densities_share_alike(mixture_doors, n_components):
    height = mixture_doors.unit()
    resp, log_prob, _, _ = mixture_doors.responsibilities(
        np.full((n_components, height), -3.0), np.ones(height)
    )
    assert np.unique(resp).size == 1
    assert resp[0, 0] == pytest.approx(1 / n_components, rel=1e-15)
    np.testing.assert_allclose(log_prob, np.log(n_components) - 3, rtol=1e-15)


def test_components_without_density_get_nothing(mixture_doors):
    height = mixture_doors.unit()
    log_density = np.full((3, height), -np.inf)
    log_density[1] = np.linspace(-1e6, 1e2, height)
    resp, log_prob, _, _ = mixture_doors.responsibilities(log_density, np.full(height, 2.0))
    np.testing.assert_array_equal(resp, np.repeat([[0.0], [2.0], [0.0]], height, axis=1))
    np.testing.assert_array_equal(log_prob, log_density[1])


@pytest.mark.parametrize("lane", [0, 1, 5])
def test_row_without_any_density_is_defined(mixture_doors, lane):
    height = mixture_doors.unit()
    log_density = normal(0, 4, height)
    others = np.delete(np.arange(height), lane)
    untouched = mixture_doors.responsibilities(log_density, np.ones(height))
    log_density[:, lane] = -np.inf
    resp, log_prob, _, _ = mixture_doors.responsibilities(log_density, np.ones(height))
    assert not resp[:, lane].any()
    assert log_prob[lane] <= -np.finfo(np.float64).max
    np.testing.assert_array_equal(resp[:, others], untouched[0][:, others])
    np.testing.assert_array_equal(log_prob[others], untouched[1][others])
    weights = (np.arange(height) != lane).astype(np.float64)
    _, _, total, _ = mixture_doors.responsibilities(log_density, weights)
    assert total == pytest.approx(untouched[1][others].sum(), rel=1e-13)


@pytest.mark.parametrize("log_noise", [-1e5, -50.0, -40.0, 10.0])
@pytest.mark.parametrize("n_components", [1, 2, 7])
def test_noise_is_one_more_component(mixture_doors, n_components, log_noise):
    height = 2 * mixture_doors.unit()
    log_density = 10 * normal(n_components, n_components, height) - 40.0
    log_density[:, 3] = -np.inf
    log_density[0, 4] = np.nan
    weights = np.random.default_rng(0).exponential(size=height)
    found = mixture_doors.responsibilities(log_density, weights, log_noise)
    with_noise = np.append(log_density, np.full((1, height), log_noise), axis=0)
    expected, log_prob, total, _ = mixture_doors.responsibilities(with_noise, weights)
    np.testing.assert_allclose(found[0], expected[:-1], rtol=1e-13)
    np.testing.assert_allclose(found[1], log_prob, rtol=1e-14)
    assert found[2] == pytest.approx(total, rel=1e-13)
    assert found[3] == pytest.approx(expected[-1].sum(), rel=1e-13)
    labels, _ = mixture_doors.labels(log_density, 0, log_noise)
    likeliest, _ = mixture_doors.labels(with_noise, 0)
    np.testing.assert_array_equal(labels, np.where(likeliest == n_components, -1, likeliest))


@pytest.mark.parametrize("n_components", [1, 2, 5, 300])
def test_likeliest(mixture_doors, n_components):
    height = mixture_doors.unit()
    log_density = whole_numbers(n_components, n_components, height, low=-3, high=4)
    log_density[:, 0] = -np.inf
    log_density[0, 1::4] = -np.inf
    expected = log_density.argmax(axis=0)
    expected[np.isneginf(log_density.max(axis=0))] = n_components - 1
    assert expected[0] == n_components - 1
    found, lost = mixture_doors.labels(log_density, n_components - 1)
    np.testing.assert_array_equal(found, expected)
    assert lost <= -np.finfo(np.float64).max
    log_density[:, np.isneginf(log_density.max(axis=0))] = -1e300
    assert mixture_doors.labels(log_density, 0)[1] == 0
    log_density[:, -1] = np.nan
    found, lost = mixture_doors.labels(log_density, n_components - 1)
    assert found[-1] == n_components - 1
    assert lost <= -np.finfo(np.float64).max


def test_measure_reach(mixture_doors):
    """The reach times the weight is at least the squared distance of each responsible component."""
    height = mixture_doors.unit()
    weights = np.random.default_rng(0).exponential(size=height)
    weights[::5] = 0
    log_density = -np.geomspace(1e-3, 1e6, 4 * height).reshape(4, height)
    _, log_prob, _, _ = mixture_doors.responsibilities(log_density, np.ones(height))
    reach = mixture_doors.reach(log_prob, weights, 2.0)
    np.testing.assert_array_equal(reach == 0, weights == 0)
    there = (weights > 0) & (log_density > log_prob - 708)
    squared = 2 * (2.0 - log_density)
    assert (reach * weights >= squared)[there].all()
