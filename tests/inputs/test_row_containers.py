"""Containers of dense rows: arrays of any dtype and layout, tables of any library."""

import decimal
import fractions
import types

import hypothesis.extra.numpy as npst
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mixclust._inputs import rows as input_rows
from mixclust._inputs.rows import check_rows

FIRST = np.arange(24.0).reshape(6, 4)


class FakeEstimator:
    """An object that features are recorded on."""


def fitted(n_features, names=None):
    estimator = FakeEstimator()
    estimator.n_features_in_ = n_features
    if names is not None:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    return estimator


def rows_of(X):
    return check_rows(X, None, reset=True)


# Arrays --------------------------------------------------------------------------------------

LAYOUTS = {
    "C": lambda X: X.copy(),
    "Fortran": np.asfortranarray,
    "transposed": lambda X: X.copy().T,
    "reversed": lambda X: X[::-1, ::-1],
    "every second": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "broadcast": lambda X: np.broadcast_to(X[0], X.shape),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_floats_are_not_copied(layout, dtype):
    X = LAYOUTS[layout](FIRST.astype(dtype))
    for writeable in {X.flags.writeable, False}:
        X.flags.writeable = writeable
        rows = rows_of(X)
        assert rows.dtype == dtype
        assert rows.strides == X.strides
        assert np.shares_memory(rows, X)


@given(
    npst.arrays(
        st.sampled_from([np.float32, np.float64]),
        npst.array_shapes(min_dims=2, max_dims=2, max_side=6),
    ),
    st.tuples(st.sampled_from([-3, -2, -1, 1, 2, 3]), st.sampled_from([-3, -2, -1, 1, 2, 3])),
)
def test_any_strides_are_not_copied(X, steps):
    X = X[:: steps[0], :: steps[1]]
    assert np.shares_memory(rows_of(X), X)


def test_fields_of_packed_records_are_aligned():
    records = np.zeros(3, [("flag", "i1"), ("rows", "f8", (2,))])
    records["rows"] = [[1, 2], [3, 4], [5, 6]]
    assert not records["rows"].flags.aligned
    rows = rows_of(records["rows"])
    assert rows.flags.aligned
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_readonly_memmap_is_not_copied(tmp_path, dtype):
    np.save(tmp_path / "rows.npy", FIRST.astype(dtype))
    X = np.load(tmp_path / "rows.npy", mmap_mode="r")
    rows = rows_of(X)
    assert type(rows) is np.ndarray
    assert np.shares_memory(rows, X)


@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [
        (">f4", np.float32),
        (">f8", np.float64),
        (np.float16, np.float64),
        (np.longdouble, np.float64),
        (np.int64, np.float64),
        (np.uint8, np.float64),
        (">i2", np.float64),
        (bool, np.float64),
        (object, np.float64),
        (str, np.float64),
        (bytes, np.float64),
    ],
)
def test_other_numbers_are_converted(given_dtype, dtype):
    X = np.array([[1, 0], [0, 1]]).astype(given_dtype)
    rows = rows_of(X)
    assert rows.dtype == dtype
    assert rows.dtype.isnative
    assert rows.tolist() == [[1, 0], [0, 1]]


class OnlyArray:
    """An array-like with ``__array__`` alone."""

    def __init__(self, table):
        self.table = table

    def __array__(self, dtype=None, copy=None):
        return self.table


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        [range(1, 3), range(3, 5)],
        [np.array([1, 2]), [3, 4]],
        [["1", "2.0"], ["3e0", " 4"]],
        [[decimal.Decimal(1), fractions.Fraction(2)], [True + 2, np.float32(4)]],
        np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=False),
        memoryview(np.array([[1.0, 2.0], [3.0, 4.0]])),
        OnlyArray(np.array([[1, 2], [3, 4]])),
    ],
    ids=lambda X: type(X).__name__,
)
def test_array_likes(X):
    rows = rows_of(X)
    assert type(rows) is np.ndarray
    assert rows.dtype == np.float64
    assert rows.tolist() == [[1, 2], [3, 4]]


def test_missing_and_overflowing_objects_are_left_to_check_finite():
    assert np.isnan(rows_of([[None, 1.0]])[0, 0])
    assert rows_of(np.array([[np.finfo(np.longdouble).max]])).shape == (1, 1)


def test_one_row_costs_no_more_than_a_few_calls(monkeypatch):
    # A single row to predict must not take the slow path of tables.
    def refuse(*args):
        raise AssertionError("the fast path was left")

    for slow in ("as_table", "as_float", "feature_names", "is_sparse"):
        monkeypatch.setattr(input_rows, slow, refuse)
    row = np.zeros((1, 16))
    estimator = types.SimpleNamespace(n_features_in_=16)
    assert check_rows(row, estimator, reset=False) is row


# Tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dataframe_of_floats_is_not_copied(dtype):
    X = FIRST.astype(dtype)
    rows = rows_of(pd.DataFrame(X, columns=list("abcd"), copy=False))
    assert rows.dtype == dtype
    assert np.shares_memory(rows, X)


def _column_types():
    numpy_floats = {"a": np.float32, "b": np.float64}
    nullable = {"a": "Int64", "b": "Float32"}
    arrow = {"a": pd.ArrowDtype(pa.int32()), "b": pd.ArrowDtype(pa.float64())}
    return [numpy_floats, nullable, arrow, {"a": bool, "b": float}, {"a": object, "b": object}]


@pytest.mark.parametrize("types", _column_types(), ids=str)
def test_pandas_columns(types):
    rows = rows_of(pd.DataFrame({"a": [1, 0], "b": [2.5, 3]}).astype(types))
    assert rows.dtype == np.float64
    assert rows.tolist() == [[1, 2.5], [0, 3]]


def test_missing_values_of_nullable_columns_are_nan():
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": pd.array([None, 2.0], "Float64")})
    np.testing.assert_array_equal(rows_of(frame), [[1, np.nan], [np.nan, 2]])


def test_other_pandas_columns():
    category = pd.DataFrame({"a": pd.Categorical([1, 2])})
    assert rows_of(category).tolist() == [[1], [2]]
    sparse = pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])})
    assert rows_of(sparse).tolist() == [[0], [1]]


TABLES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
}


@pytest.mark.parametrize("library", TABLES)
def test_tables_of_mixed_columns(library):
    table = TABLES[library]({"a": [1, 2], "b": [True, False], "c": [0.5, 1.5]})
    estimator = FakeEstimator()
    rows = check_rows(table, estimator, reset=True)
    assert type(rows) is np.ndarray
    assert rows.dtype == np.float64
    assert rows.tolist() == [[1, 1, 0.5], [2, 0, 1.5]]
    assert estimator.n_features_in_ == 3
    assert estimator.feature_names_in_.dtype == object
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pyarrow batch"])
def test_missing_values_of_tables_are_nan(library):
    table = TABLES[library]({"a": [1, None], "b": [True, None], "c": [None, 1.5]})
    np.testing.assert_array_equal(rows_of(table), [[1, 1, np.nan], [np.nan, np.nan, 1.5]])


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame({"a": [1.5, 2], "b": [3, 4]}, schema={"a": pl.Float32, "b": pl.Float32}),
        pa.table({"a": pa.array([1.5, 2], pa.float32()), "b": pa.array([3, 4], pa.float32())}),
        pd.DataFrame({"a": [1.5, 2], "b": [3, 4]}, dtype=np.float32),
    ],
    ids=lambda table: type(table).__module__,
)
def test_tables_of_float32_stay_float32(table):
    rows = rows_of(table)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[1.5, 3], [2, 4]]


def test_names_that_are_not_strings_are_no_names():
    for frame in [
        pd.DataFrame(FIRST),
        pd.DataFrame(FIRST, columns=pd.MultiIndex.from_product([["a", "b"], ["c", "d"]])),
    ]:
        estimator = FakeEstimator()
        check_rows(frame, estimator, reset=True)
        assert not hasattr(estimator, "feature_names_in_")


# Features ------------------------------------------------------------------------------------


def test_reset_records_features():
    estimator = FakeEstimator()
    check_rows(pd.DataFrame(FIRST, columns=list("abcd")), estimator, reset=True)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    check_rows(FIRST[:, :3], estimator, reset=True)
    assert vars(estimator) == {"n_features_in_": 3}


def test_invalid_rows_record_nothing():
    estimator = fitted(2, ["a", "b"])
    before = dict(vars(estimator))
    with pytest.raises(ValueError, match="0 sample"):
        check_rows(np.zeros((0, 3)), estimator, reset=True)
    assert vars(estimator) == before


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array, pd.DataFrame], ids=str)
def test_other_number_of_features(make):
    message = "X has 4 features, but FakeEstimator is expecting 3 features as input."
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        check_rows(make(FIRST), fitted(3), reset=False)
    assert str(error.value) == message


def test_same_names_pass():
    frame = pd.DataFrame(FIRST, columns=list("abcd"))
    check_rows(frame, fitted(4, list("abcd")), reset=False)
    check_rows(pl.DataFrame(FIRST, schema=list("abcd")), fitted(4, list("abcd")), reset=False)


HEAD = "The feature names should match those that were passed during fit.\n"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("dcba", "Feature names must be in the same order as they were in fit.\n"),
        (
            "abxy",
            "Feature names unseen at fit time:\n- x\n- y\n"
            "Feature names seen at fit time, yet now missing:\n- c\n- d\n",
        ),
        ("abc", "Feature names seen at fit time, yet now missing:\n- d\n"),
        ("abcdz", "Feature names unseen at fit time:\n- z\n"),
        ("abcdstuvwxyz", "Feature names unseen at fit time:\n- s\n- t\n- u\n- v\n- w\n- ...\n"),
    ],
)
def test_other_names(names, message):
    frame = pd.DataFrame(np.zeros((2, len(names))), columns=list(names))
    with pytest.raises(ValueError, match="feature names") as error:
        check_rows(frame, fitted(4, list("abcd")), reset=False)
    assert str(error.value) == HEAD + message


def test_names_on_one_side_warn():
    message = "X does not have valid feature names, but FakeEstimator was fitted with"
    with pytest.warns(UserWarning, match=message):
        check_rows(FIRST, fitted(4, list("abcd")), reset=False)
    message = "X has feature names, but FakeEstimator was fitted without feature names"
    with pytest.warns(UserWarning, match=message):
        check_rows(pd.DataFrame(FIRST, columns=list("abcd")), fitted(4), reset=False)
