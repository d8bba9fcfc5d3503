"""Rows that are refused, and the message for each of them."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mixclust._inputs.rows import check_rows


def rows_of(X):
    return check_rows(X, None, reset=True)


ONE_D = (
    "X must have 2 dimensions, rows by features, got shape {}. Reshape your data with "
    "X.reshape(-1, 1) if it is one feature or X.reshape(1, -1) if it is one row."
)
ONE_D_LIST = ONE_D.replace("X.reshape", "np.asarray(X).reshape")
NOT_A_TABLE = "X must be a table of rows by features, got {}."
NOT_A_NUMBER = (
    "X holds a value that is not a number ({}); convert it to numbers, or drop the column."
)
COMPLEX = (
    "Complex data not supported: X has dtype complex128; "
    "pass its real part, or the real and imaginary parts as separate features."
)
NO_ROWS = "X has 0 sample(s) (shape={}) while a minimum of 1 is required; pass at least one row."
NO_FEATURES = (
    "X has 0 feature(s) (shape={}) while a minimum of 1 is required; pass at least one column."
)
NO_NUMBERS = (
    "X has dtype {}, which does not hold numbers; convert it to numbers, or drop the column."
)
TIME = (
    "X has dtype {}, which does not hold numbers; "
    "convert it to a number of days or of another unit, or drop the column."
)
FLOAT = "float() argument must be a string or a real number, not '{}'"

BAD_ROWS = {
    "None": (None, TypeError, NOT_A_TABLE.format("None")),
    "number": (3.0, TypeError, NOT_A_TABLE.format("an object of type float")),
    "text": ("abc", TypeError, NOT_A_TABLE.format("an object of type str")),
    "dict": ({"a": [1]}, TypeError, NOT_A_TABLE.format("an object of type dict")),
    "set": ({1, 2}, TypeError, NOT_A_TABLE.format("an object of type set")),
    "generator": (iter([[1]]), TypeError, NOT_A_TABLE.format("an object of type list_iterator")),
    "class": (int, TypeError, NOT_A_TABLE.format("an object of type type")),
    "lazy frame": (
        pl.LazyFrame({"a": [1.0]}),
        TypeError,
        NOT_A_TABLE.format("an object of type LazyFrame; pass X.collect()"),
    ),
    "empty list": ([], ValueError, ONE_D_LIST.format("(0,)")),
    "one dimension": ([1, 2], ValueError, ONE_D_LIST.format("(2,)")),
    "series": (pd.Series([1.0]), ValueError, ONE_D_LIST.format("(1,)")),
    "polars series": (pl.Series([1.0]), ValueError, ONE_D_LIST.format("(1,)")),
    "pyarrow array": (pa.array([1.0]), ValueError, ONE_D_LIST.format("(1,)")),
    "array of one dimension": (np.ones(2), ValueError, ONE_D.format("(2,)")),
    "records": (
        np.zeros(2, [("a", float), ("b", int)]),
        TypeError,
        "X holds records with the fields 'a', 'b', not a table of rows by features; "
        "pass numpy.lib.recfunctions.structured_to_unstructured(X).",
    ),
    "three dimensions": (
        np.zeros((2, 3, 4)),
        ValueError,
        "X must have 2 dimensions, rows by features, got shape (2, 3, 4). Reshape your data with "
        "X.reshape(len(X), -1) for one row an entry of the first axis.",
    ),
    "no rows": (np.zeros((0, 3)), ValueError, NO_ROWS.format("(0, 3)")),
    "no features": (np.zeros((3, 0)), ValueError, NO_FEATURES.format("(3, 0)")),
    "empty rows": ([[], []], ValueError, NO_FEATURES.format("(2, 0)")),
    "empty frame": (pd.DataFrame(), ValueError, NO_ROWS.format("(0, 0)")),
    "empty csr": (sp.csr_array((0, 3)), ValueError, NO_ROWS.format("(0, 3)")),
    "complex": ([[1j]], ValueError, COMPLEX),
    "complex frame": (
        pd.DataFrame({"a": [1j], "b": [1.0]}),
        ValueError,
        COMPLEX.replace("X has", "column 'a' of X has"),
    ),
    "complex csr": (sp.csr_array([[1j]]), ValueError, COMPLEX),
    "complex object": (
        np.array([[1j]], dtype=object),
        TypeError,
        NOT_A_NUMBER.format(FLOAT.format("complex")),
    ),
    "dict inside": ([[{}, 1]], TypeError, NOT_A_NUMBER.format(FLOAT.format("dict"))),
    "date inside": (
        [[datetime.date(2020, 1, 1)]],
        TypeError,
        NOT_A_NUMBER.format(FLOAT.format("datetime.date")),
    ),
    "huge integer": (
        [[10**400]],
        ValueError,
        NOT_A_NUMBER.format("int too large to convert to float"),
    ),
    "array inside": (
        np.array([[np.zeros(2), None]], dtype=object),
        ValueError,
        "X holds an ndarray where a number is required; to cluster by the values in one column, "
        "pass this column alone.",
    ),
    "dates": (np.array([["2020-01-01"]], "M8[D]"), TypeError, TIME.format("datetime64[D]")),
    "durations": (np.array([[1]], "m8[s]"), TypeError, TIME.format("timedelta64[s]")),
    "NumPy's date inside": (
        np.array([[np.datetime64("2020-01-01")]], dtype=object),
        TypeError,
        "X holds a value that is not a number (2020-01-01); "
        "convert it to a number of days or of another unit, or drop the column.",
    ),
    "void": (np.zeros((1, 1), "V4"), TypeError, NO_NUMBERS.format("|V4")),
    "masked": (
        np.ma.array([[1.0, 2.0]], mask=[[False, True]]),
        ValueError,
        "X has 1 masked value(s); fill them, or drop the rows that hold them.",
    ),
    "masked rows of a list": (
        [np.ma.array([1.0, 2.0], mask=[False, True]), [3.0, 4.0]],
        ValueError,
        "X has 1 masked value(s); fill them, or drop the rows that hold them.",
    ),
    "mixed names": (
        pd.DataFrame([[1.0, 2.0]], columns=["a", 1]),
        TypeError,
        "Feature names are only supported if all input features have string names, but your input "
        "has ['int', 'str'] as feature name / column name types; rename them, for example with "
        "X.columns = X.columns.astype(str), or pass an array.",
    ),
    "sparse of one dimension": (
        sp.coo_array(np.ones(3)),
        ValueError,
        "X must have 2 dimensions, rows by features, got shape (3,). "
        "Reshape your data with X.reshape(1, -1) if it is one row.",
    ),
}
if sp.coo_array(np.ones(3)).ndim == 2:  # SciPy before 1.13 makes it one row
    del BAD_ROWS["sparse of one dimension"]


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows(case):
    X, kind, message = BAD_ROWS[case]
    with pytest.raises((TypeError, ValueError)) as error:
        rows_of(X)
    assert type(error.value) is kind
    assert str(error.value) == message


@pytest.mark.parametrize("X", [[[1], [1, 2]], [[[1], 2]]])
def test_rows_of_unequal_length(X):
    message = r"^X cannot be read as an array \(setting an .*\); pass rows of equal length\.$"
    with pytest.raises(ValueError, match=message):
        rows_of(X)


def test_text_in_an_array():
    message = r"^X holds a value that is not a number \(could not convert string to float: .*'a'"
    with pytest.raises(ValueError, match=message):
        rows_of([["a", "b"]])


def test_messages_use_the_name():
    with pytest.raises(TypeError, match=r"^init must be a table"):
        check_rows(None, None, reset=True, name="init")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers()
    | st.dates(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING)
def test_anything_gives_rows_or_a_clear_error(X):
    try:
        rows = rows_of(X)
    except (TypeError, ValueError) as error:
        assert "X" in str(error)  # noqa: PT017 (both outcomes are right)
    else:
        assert rows.ndim == 2
        assert rows.dtype in (np.float32, np.float64)
