"""Functions of whole vectors that are inline in the kernels, at every level of instructions.

`exp` and `log` are measured against the decimal module, which rounds correctly at any precision.
"""

from decimal import Context, Decimal

import numpy as np
import pytest
from support.doors import load_doors

from mixclust import kernels

WORST_ULP = {"exp": 1.5, "log": 1.0}  # 1.02 and 0.71 were measured

EXACT = Context(prec=40, Emin=-9999, Emax=9999)


@pytest.fixture(scope="module", params=kernels.AVAILABLE_LEVELS)
def simd(request, doors_path):
    """The doors compiled for one level."""
    return load_doors(doors_path, f"simd_doors_{request.param}")


def call(function, *arrays, n_out=1):
    """The output of a door for arrays of any length; their tails are filled up with ones."""
    n = arrays[0].size
    padded = [np.append(array, np.ones(-n % 8)).astype(np.float64) for array in arrays]
    outs = [np.full(n + -n % 8, np.nan) for _ in range(n_out)]
    function(*(array.ctypes.data for array in [*padded, *outs]), n + -n % 8)
    return outs[0][:n] if n_out == 1 else [out[:n] for out in outs]


def ulps(found, exact):
    """Errors in units of the last place of the exact values, which are Decimals."""
    return np.array(
        [
            float(EXACT.subtract(Decimal(value), truth)) / np.spacing(abs(float(truth)))
            for value, truth in zip(found.tolist(), exact, strict=True)
        ]
    )


# ---------------------------------------------------------------------------- exp


def exp_arguments(name):
    generator = np.random.default_rng(0)
    if name == "everywhere":
        return generator.uniform(-708, 709, 20_000)
    if name == "near 0":
        return generator.choice([-1, 1], 4000) * 2.0 ** generator.uniform(-1074, 1, 4000)
    if name == "where the range is cut":
        halves = (np.arange(-1021, 1023) + 0.5) * np.log(2)
        return np.concatenate([halves, np.nextafter(halves, 800), np.nextafter(halves, -800)])
    return np.concatenate([np.arange(-708.0, 710.0), np.nextafter([-708.0, 709.0], 0)])


@pytest.mark.parametrize(
    "arguments", ["everywhere", "near 0", "where the range is cut", "whole numbers"]
)
def test_exp(simd, arguments):
    x = exp_arguments(arguments)
    exact = [EXACT.exp(Decimal(value)) for value in x.tolist()]
    assert abs(ulps(call(simd.exp, x), exact)).max() < WORST_ULP["exp"]


def test_exp_at_the_edges(simd):
    x = np.array([0.0, -0.0, -708.05, -708.5, -709.0, -745.0, -1e308, -np.inf, np.nan])
    assert call(simd.exp, x).tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    nearly = np.linspace(-708.05, -708, 101)
    found = call(simd.exp, nearly)
    assert ((found == 0) | (found > np.finfo(float).tiny)).all(), "no digit is lost before all are"
    assert found[-1] > 0


def test_exp_does_not_depend_on_its_lane(simd):
    x = np.random.default_rng(1).uniform(-720, 709, 16)
    once = call(simd.exp, x)
    for shift in range(1, 8):
        np.testing.assert_array_equal(call(simd.exp, np.roll(x, shift)), np.roll(once, shift))


# ---------------------------------------------------------------------------- log


def log_arguments(name):
    generator = np.random.default_rng(2)
    if name == "everywhere":
        return 10.0 ** generator.uniform(-300, 300, 20_000)
    if name == "near 1":
        return 1 + generator.choice([-1, 1], 4000) * 2.0 ** generator.uniform(-52, -1.1, 4000)
    if name == "where the range is cut":
        cuts = np.sqrt(0.5) * 2.0 ** np.arange(-1000, 1000)
        return np.concatenate([cuts, np.nextafter(cuts, 0), np.nextafter(cuts, np.inf)])
    powers = 2.0 ** np.delete(np.arange(-1022, 1024), 1022)
    return np.concatenate([powers, [np.finfo(float).max], np.arange(2.0, 1002.0)])


@pytest.mark.parametrize(
    "arguments", ["everywhere", "near 1", "where the range is cut", "whole numbers"]
)
def test_log(simd, arguments):
    x = log_arguments(arguments)
    x = x[x != 1]
    exact = [EXACT.ln(Decimal(value)) for value in x.tolist()]
    assert abs(ulps(call(simd.log, x), exact)).max() < WORST_ULP["log"]


def test_log_of_one_is_zero(simd):
    assert call(simd.log, np.ones(8)).tolist() == [0] * 8


# ---------------------------------------------------------------------------- bits


def test_power_of_two(simd):
    exponents = np.arange(-1022, 1024)
    np.testing.assert_array_equal(call(simd.power_of_two, exponents), 2.0**exponents)


def test_split(simd):
    tiny, huge = np.finfo(float).tiny, np.finfo(float).max
    cuts = np.sqrt(0.5) * 2.0 ** np.arange(-1021, 1024)
    x = np.concatenate([cuts, np.nextafter(cuts, 0), np.nextafter(cuts, np.inf), [tiny, huge, 1]])
    exponents, fractions = call(simd.split, x, n_out=2)
    assert (exponents == np.rint(exponents)).all()
    assert fractions.min() == np.sqrt(0.5)
    assert fractions.max() == np.nextafter(np.sqrt(2), 0)
    np.testing.assert_array_equal(np.ldexp(fractions, exponents.astype(int)), x)


def test_add_sums(simd):
    vectors = np.random.default_rng(3).integers(-99, 99, (4, simd.lanes())).astype(np.float64)
    out = np.array([1.0, 20.0, 300.0, 4000.0, np.nan])
    expected = [*(out[:4] + vectors.sum(axis=1)), np.nan]
    simd.add_sums(out.ctypes.data, vectors.ctypes.data)
    np.testing.assert_array_equal(out, expected)


def test_add_sums_keeps_its_four_numbers_apart(simd):
    for which in range(4):
        for lane in range(simd.lanes()):
            vectors, out = np.zeros((4, simd.lanes())), np.zeros(4)
            vectors[which, lane] = 7
            simd.add_sums(out.ctypes.data, vectors.ctypes.data)
            assert out.tolist() == [7.0 * (which == i) for i in range(4)]


def test_store_picked(simd):
    """The picked lanes in their order; behind them at most the rest of a vector is written."""
    lanes = simd.lanes()
    x = np.arange(1.0, lanes + 1)
    for bits in range(2**lanes):
        picked = x[[bits >> lane & 1 == 1 for lane in range(lanes)]]
        out = np.full(2 * lanes, -1.0)
        simd.store_picked(x.ctypes.data, out.ctypes.data, bits)
        np.testing.assert_array_equal(out[: len(picked)], picked)
        assert (out[lanes:] == -1).all()
        assert np.isfinite(out).all()


def test_gather(simd):
    x = np.random.default_rng(4).uniform(size=50)
    places = np.random.default_rng(5).integers(50, size=64)
    out = np.full(64, np.nan)
    simd.gather(x.ctypes.data, places.ctypes.data, out.ctypes.data, 64)
    np.testing.assert_array_equal(out, x[places])
