"""Finiteness, weights, random states and parameters that are accepted or refused."""

import fractions

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mixclust._inputs.parameters import check_integer, check_option, check_real
from mixclust._inputs.random import check_random_state
from mixclust._inputs.rows import check_finite, check_sample_weight

# Finiteness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (70_000, 1), (3, 70_000), (700, 100)])
def test_every_value_is_looked_at(shape, dtype):
    X = np.zeros(shape, dtype)
    check_finite(X)
    for bad, message in [
        (np.nan, "Input X contains NaN, first in {}; impute the missing values or drop them."),
        (
            -np.inf,
            f"Input X contains infinity or a value too large for dtype('{dtype}'), first in {{}}; "
            "clip or drop these values.",
        ),
    ]:
        for place in [(0, 0), (-1, -1), (shape[0] // 2, shape[1] // 2)]:
            X[place] = bad
            with pytest.raises(ValueError, match="Input X contains") as error:
                check_finite(X)
            row, feature = (np.arange(size)[i] for size, i in zip(shape, place, strict=True))
            where = f"row {row}, feature {feature}" if shape[1] > 1 else f"row {row}"
            assert str(error.value) == message.format(where)
            X[place] = 0


def test_finite_strided_and_sparse():
    X = np.full((6, 6), np.nan)
    X[::2, ::-2] = 1.0
    check_finite(X[::2, ::-2])
    csr = sp.csr_array([[0.0, 2.0], [1.0, 0.0]])
    check_finite(csr)
    csr.data[-1] = np.inf
    with pytest.raises(ValueError, match=r"^Input weights contains infinity.*row 1, feature 0"):
        check_finite(csr, "weights")


def test_large_finite_values_are_finite():
    check_finite(np.full((100, 3), np.finfo(np.float64).max))


# Weights -------------------------------------------------------------------------------------


def test_no_weights():
    assert check_sample_weight(None, 3) is None


@pytest.mark.parametrize(
    "weights",
    [
        [1, 0, 2],
        (1, 0, 2),
        np.array([1, 0, 2], np.float32),
        np.array([1, 9, 0, 9, 2], ">f8")[::2],
        np.array([1, 0, 2], object),
        pd.Series([1, 0, 2], index=[5, 6, 7]),
        pd.Series([1, 0, 2], dtype="Int64"),
        pl.Series([1, 0, 2]),
        pa.array([1, 0, 2]),
    ],
    ids=lambda weights: type(weights).__module__,
)
def test_weights(weights):
    checked = check_sample_weight(weights, 3)
    assert checked.dtype == np.float64
    assert checked.dtype.isnative
    assert checked.flags.c_contiguous
    assert checked.tolist() == [1, 0, 2]


def test_weights_are_not_copied():
    weights = np.array([1.0, 2.0])
    weights.flags.writeable = False
    assert np.shares_memory(check_sample_weight(weights, 2), weights)


def test_one_weight_for_all_rows():
    assert check_sample_weight(2, 3).tolist() == [2, 2, 2]


BAD_WEIGHTS = [
    (
        [1.0, 2.0],
        "sample_weight has shape (2,), but X has 3 rows; pass one weight for each row, of shape "
        "(3,).",
    ),
    (
        np.ones((3, 1)),
        "sample_weight has shape (3, 1), but X has 3 rows; pass one weight for each row, of shape "
        "(3,).",
    ),
    ([1, -0.5, 1], "sample_weight holds -0.5, a negative weight; pass 0 to leave a row out."),
    (
        [1, np.nan, 1],
        "Input sample_weight contains NaN, first in row 1; impute the missing values or drop them.",
    ),
    (
        [1, np.inf, 1],
        "Input sample_weight contains infinity or a value too large for dtype('float64'), first in "
        "row 1; clip or drop these values.",
    ),
    ([0, 0, 0], "sample_weight is zero for every row; give at least one row a weight."),
    (0, "sample_weight is zero for every row; give at least one row a weight."),
    ([1e308] * 3, "sample_weight adds up to infinity; divide the weights by their maximum."),
    (
        [1j, 1, 1],
        "Complex data not supported: sample_weight has dtype complex128; pass its real "
        "part, or the real and imaginary parts as separate features.",
    ),
]


@pytest.mark.parametrize(("weights", "message"), BAD_WEIGHTS)
def test_bad_weights(weights, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        check_sample_weight(weights, 3)
    assert str(error.value) == message


@pytest.mark.parametrize("weights", ["abc", [[1], [2, 3]], [1, {}, 1]])
def test_weights_that_are_not_numbers(weights):
    with pytest.raises((TypeError, ValueError), match=r"^sample_weight "):
        check_sample_weight(weights, 3)


# Random states and parameters ----------------------------------------------------------------


def test_random_states():
    assert check_random_state(None) is np.random.mtrand._rand
    assert check_random_state(np.random) is np.random.mtrand._rand
    for seed in (7, np.int8(7), 2**32 - 1):
        expected = np.random.RandomState(seed).uniform(size=5)
        assert check_random_state(seed).uniform(size=5).tolist() == expected.tolist()
    for source in (np.random.RandomState(0), np.random.default_rng(0)):
        assert check_random_state(source) is source


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_out_of_range(seed):
    message = rf"^random_state={seed} must lie between 0 and 2\*\*32 - 1\.$"
    with pytest.raises(ValueError, match=message):
        check_random_state(seed)


@pytest.mark.parametrize("seed", ["abc", 1.0, [1], np.random.SeedSequence(0)], ids=str)
def test_bad_random_states(seed):
    message = r"^random_state must be None, an int, a numpy\.random\.RandomState or a numpy"
    with pytest.raises(TypeError, match=message):
        check_random_state(seed)


def test_integers():
    for value in (3, np.int8(3), np.uint64(3)):
        checked = check_integer("k", value, 1)
        assert type(checked) is int
        assert checked == 3
    with pytest.raises(ValueError, match=r"^k=0 must be at least 1 or None\.$"):
        check_integer("k", 0, 1, optional=True)
    with pytest.raises(ValueError, match=r"^k=0 must be at least 1\.$"):
        check_integer("k", 0, 1)
    for value in (3.0, "3", None, True, [3], float("nan")):
        with pytest.raises(TypeError, match=r"^k must be an int, got .* of type "):
            check_integer("k", value, 1)


def test_reals():
    for value in (0.5, np.float32(0.5), fractions.Fraction(1, 2)):
        checked = check_real("tol", value, 0)
        assert type(checked) is float
        assert checked == 0.5
    assert check_real("tol", 0, 0) == 0.0
    with pytest.raises(ValueError, match=r"^tol=-1 must be at least 0\.$"):
        check_real("tol", -1, 0)
    with pytest.raises(ValueError, match=r"^tol=0 must be greater than 0\.$"):
        check_real("tol", 0, 0, inclusive=False)
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=rf"^tol={value} must be finite\.$"):
            check_real("tol", value, 0)
    for value in ("1", None, True, 1j, [1.0]):
        with pytest.raises(TypeError, match=r"^tol must be a number, got .* of type "):
            check_real("tol", value, 0)


@pytest.mark.parametrize(("check", "kind"), [(check_integer, "an int"), (check_real, "a number")])
def test_numbers_that_may_be_automatic(check, kind):
    assert check("k", "auto", 1, auto=True) == "auto"
    assert check("k", 2, 1, auto=True) == 2
    with pytest.raises(TypeError, match=f"^k must be {kind} or 'auto', got 'a' of type str"):
        check("k", "a", 1, auto=True)
    with pytest.raises(TypeError, match=f"^k must be {kind}, got 'auto' of type str"):
        check("k", "auto", 1)


def test_options():
    assert check_option("algorithm", "lloyd", ("auto", "lloyd")) == "lloyd"
    with pytest.raises(ValueError, match=r"^algorithm='x' must be one of 'auto', 'lloyd'\.$"):
        check_option("algorithm", "x", ("auto", "lloyd"))
    with pytest.raises(
        ValueError, match=r"must be one of 'auto', 'lloyd'\. Did you mean 'lloyd'\?$"
    ):
        check_option("algorithm", "Lloyd", ("auto", "lloyd"))
    for value in (None, 1, ["auto"], np.array(["auto"])):
        with pytest.raises(TypeError, match=r"^algorithm must be one of 'auto', 'lloyd', got an o"):
            check_option("algorithm", value, ("auto", "lloyd"))
