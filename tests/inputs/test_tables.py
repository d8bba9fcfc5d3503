"""Columns of tables that are not floats: converted if they hold numbers, or named in an error."""

import datetime
import decimal
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mixclust import GaussianMixture, KMeans
from mixclust._inputs.rows import check_rows, check_sample_weight

TABLES = {
    "pandas": pd.DataFrame,
    "pandas over pyarrow": lambda columns: pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
}
FLOATS = [0.5, 1.5, 9.0]


def rows_of(X):
    return check_rows(X, None, reset=True)


# One column that does not hold numbers -------------------------------------------------------

NOT_NUMBERS = {
    "date": [datetime.date(2020, 1, day) for day in (1, 2, 3)],
    "datetime": [datetime.datetime(2020, 1, day) for day in (1, 2, 3)],
    "date and nothing": [datetime.date(2020, 1, 1), None, None],
    "duration": [datetime.timedelta(hours) for hours in (1, 2, 3)],
    "time": [datetime.time(hour) for hour in (1, 2, 3)],
    "text": ["1", "b", "c"],
    "text and nothing": [None, "b", None],
    "bytes": [b"1", b"b", b"c"],
    "record": [{"a": 1}] * 3,
    "list": [[1.0, 2.0]] * 3,
    "ragged list": [[1.0, 2.0], [3.0], []],
}


@pytest.mark.parametrize("library", TABLES)
@pytest.mark.parametrize("kind", NOT_NUMBERS)
def test_columns_that_are_not_numbers_are_named(kind, library):
    table = TABLES[library]({"a": FLOATS, "bad": NOT_NUMBERS[kind], "c": FLOATS})
    with pytest.raises(TypeError, match=r"^column 'bad' of X h(as|olds) .* drop|leave .* column"):
        rows_of(table)


OTHER_COLUMNS = {
    "polars categorical": pl.DataFrame({"bad": pl.Series(list("xyx"), dtype=pl.Categorical)}),
    "polars enum": pl.DataFrame({"bad": pl.Series(list("xyx"), dtype=pl.Enum(["x", "y"]))}),
    "polars array": pl.DataFrame({"bad": pl.Series([[1.0]] * 3, dtype=pl.Array(pl.Float64, 1))}),
    "polars zone": pl.DataFrame({"bad": pl.Series([0], dtype=pl.Datetime("us", "UTC"))}),
    "pyarrow dictionary": pa.table({"bad": pa.array(list("xyx")).dictionary_encode()}),
    "pyarrow vectors": pa.table({"bad": pa.FixedSizeListArray.from_arrays(pa.array(FLOATS), 1)}),
    "pyarrow zone": pa.table({"bad": pa.array([0], pa.timestamp("s", "UTC"))}),
    "pandas category": pd.DataFrame({"bad": pd.Categorical(list("xyx"))}),
    "pandas zone": pd.DataFrame({"bad": pd.date_range("2020", periods=3, tz="UTC")}),
    "pandas period": pd.DataFrame({"bad": pd.period_range("2020", periods=3, freq="D")}),
    "pandas interval": pd.DataFrame({"bad": pd.interval_range(0, 3)}),
}


@pytest.mark.parametrize("case", OTHER_COLUMNS)
def test_types_of_one_library_are_named(case):
    with pytest.raises(TypeError, match=r"^column 'bad' of X "):
        rows_of(OTHER_COLUMNS[case])


def test_messages_about_columns():
    dates = {"a": FLOATS, "bad": NOT_NUMBERS["date"]}
    time_remedy = "convert it to a number of days or of another unit, or drop the column."
    for library, dtype in {
        "polars": "datetime64[D]",
        "pyarrow": "datetime64[D]",
        "pandas over pyarrow": "date32[day][pyarrow]",
    }.items():
        with pytest.raises(TypeError) as error:
            rows_of(TABLES[library](dates))
        assert str(error.value) == (
            f"column 'bad' of X has dtype {dtype}, which does not hold numbers; {time_remedy}"
        )
    with pytest.raises(TypeError) as error:
        rows_of(pd.DataFrame({0: FLOATS, 1: NOT_NUMBERS["text"]}))
    assert str(error.value) == (
        "column 1 of X holds a value that is not a number (could not convert string to float: "
        "'b'); convert it to numbers, or drop the column."
    )


def test_names_of_columns_that_occur_twice():
    frame = pd.DataFrame([[1.0, "x"]], columns=["a", "a"])
    with pytest.raises(TypeError, match=r"^column 'a' of X holds"):
        rows_of(frame)


# One column of numbers -----------------------------------------------------------------------

NUMBERS = {
    "integers": [1, 2, 3],
    "booleans": [True, False, True],
    "decimals": [decimal.Decimal("0.5"), decimal.Decimal(2), decimal.Decimal(3)],
    "numbers spelled out": ["1", "2.5", "3e0"],
    "missing": [1.5, None, None],
    "missing integers": [1, None, 2],
    "missing booleans": [True, None, False],
    "missing decimals": [decimal.Decimal(1), None, None],
    "nothing": [None, None, None],
}


@pytest.mark.parametrize("library", TABLES)
@pytest.mark.parametrize("kind", NUMBERS)
def test_columns_of_numbers_are_taken(kind, library):
    column = NUMBERS[kind]
    rows = rows_of(TABLES[library]({"a": FLOATS, "b": column}))
    assert rows.dtype == np.float64
    expected = [np.nan if value is None else float(value) for value in column]
    np.testing.assert_array_equal(rows, np.column_stack([FLOATS, expected]))


def test_missing_values_of_pandas_beside_text_that_spells_numbers():
    columns = {"a": FLOATS, "b": ["1", pd.NA, None], "c": pd.array([1, None, 2], "Int64")}
    for dtype in (object, "string", "category"):
        frame = pd.DataFrame(columns).astype({"b": dtype})
        np.testing.assert_array_equal(
            rows_of(frame), [[0.5, 1, 1], [1.5, np.nan, np.nan], [9, np.nan, 2]]
        )


def test_types_of_numbers_of_one_library():
    for table in (
        pl.DataFrame({"a": FLOATS, "b": pl.Series([1, 2, 3], dtype=pl.Int128)}),
        pl.DataFrame({"a": FLOATS, "b": pl.Series([1, 2, 3], dtype=pl.UInt8)}),
        pl.DataFrame({"a": FLOATS, "b": pl.Series([1, 2, 3], dtype=pl.Decimal(10, 2))}),
        pa.table({"a": FLOATS, "b": pa.array([1, 2, 3], pa.float16())}),
        pa.table({"a": FLOATS, "b": pa.array([1, 2, 3]).dictionary_encode()}),
        pa.table({"a": FLOATS, "b": pa.chunked_array([[1], [2, 3]])}),
        pd.DataFrame({"a": FLOATS, "b": pd.Categorical([1, 2, 3])}),
        pd.DataFrame({"a": FLOATS, "b": np.array([1, 2, 3], ">f8")}),
    ):
        assert rows_of(table).tolist() == [[0.5, 1], [1.5, 2], [9, 3]]


def test_one_float_type_is_left_to_the_library():
    X = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    frame = pl.DataFrame(X)
    assert np.shares_memory(rows_of(frame), frame[:, 0].to_numpy())
    for frame in (pl.DataFrame({"a": [None, 1.0]}), pa.table({"a": [None, 1.0]})):
        np.testing.assert_array_equal(rows_of(frame), [[np.nan], [1]])


# Columns of arrays ---------------------------------------------------------------------------

EMBEDDINGS = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)


def columns_of_arrays():
    flat = pa.array(EMBEDDINGS.ravel())
    vectors = pa.FixedSizeListArray.from_arrays(flat, 4)
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(EMBEDDINGS)
    arrow = pd.ArrowDtype(pa.list_(pa.float32(), 4))
    return {
        "pandas": (pd.Series, pd.DataFrame, list(EMBEDDINGS)),
        "pandas lists": (pd.Series, pd.DataFrame, EMBEDDINGS.tolist()),
        "pandas over pyarrow": (pd.Series, pd.DataFrame, pd.Series(vectors, dtype=arrow)),
        "polars list": (pl.Series, pl.DataFrame, pl.Series(EMBEDDINGS.tolist())),
        "polars array": (pl.Series, pl.DataFrame, pl.Series(EMBEDDINGS)),
        "pyarrow list": (pa.array, pa.table, pa.array(EMBEDDINGS.tolist(), pa.list_(pa.float32()))),
        "pyarrow vectors": (lambda column: column, pa.table, vectors),
        "pyarrow slice": (
            lambda column: column,
            pa.table,
            pa.concat_arrays([vectors[:2], vectors])[2:],
        ),
        "pyarrow chunks": (
            lambda column: column,
            pa.table,
            pa.chunked_array([vectors[:7], vectors[7:]]),
        ),
        "pyarrow tensors": (lambda column: column, pa.table, tensors),
    }


@pytest.mark.parametrize("case", columns_of_arrays())
def test_a_column_of_arrays_is_a_table(case):
    series, frame, column = columns_of_arrays()[case]
    rows = rows_of(series(column))
    np.testing.assert_array_equal(rows, EMBEDDINGS)
    expected = KMeans(3, init=EMBEDDINGS[:3]).fit(EMBEDDINGS)
    found = KMeans(3, init=EMBEDDINGS[:3]).fit(series(column))
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    # The message advises to pass the column alone, which works.
    table = frame({"number": np.arange(30.0), "e": column})
    with pytest.raises(TypeError, match=r"^column 'e' of X holds several values in") as error:
        rows_of(table)
    advice = re.search(r"pass (.*) alone", str(error.value))[1]
    np.testing.assert_array_equal(rows_of(eval(advice, {"X": table})), EMBEDDINGS)


def test_arrays_of_float32_stay_float32():
    assert rows_of(pd.Series(list(EMBEDDINGS))).dtype == np.float32
    objects = np.empty(30, dtype=object)
    objects[:] = list(EMBEDDINGS)
    assert rows_of(objects).dtype == np.float32


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([[1.0], [1.0, 2.0]], "row 1 of X has shape (2,), but row 0 has shape (1,); pass rows of "),
        ([None, [1.0], [2.0]], "row 0 of X is missing, but row 1 has shape (1,); pass rows of "),
        ([[1.0], 2.0], "row 1 of X has shape (), but row 0 has shape (1,); pass rows of "),
        ([np.ma.array([1.0], mask=True), [2.0]], "row 0 of X has 1 masked value(s); fill them"),
        ([[[1.0], [2.0, 3.0]]], "row 0 of X cannot be read as an array"),
        ([["x"]], "row 0 of X holds a value that is not a number"),
    ],
)
def test_columns_of_arrays_that_are_no_table(column, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        rows_of(pd.Series(column, dtype=object))


@pytest.mark.parametrize(
    "X",
    [
        [1.0, 2.0],
        pd.Series([1.0, 2.0]),
        pl.Series([1.0, 2.0]),
        pa.array([1.0, 2.0]),
        np.ones(2),
        np.ones((2, 3, 4)),
        np.ones((2, 3, 4)).tolist(),
        pd.Series([np.ones((2, 3))] * 2),
        pd.DataFrame({"e": [[1.0, 2.0]] * 3}).to_numpy()[:, 0].reshape(-1, 1, 1),
    ],
    ids=lambda X: type(X).__name__,
)
def test_advice_about_shapes_works(X):
    with pytest.raises(ValueError, match="Reshape your data with") as error:
        rows_of(X)
    advice = re.search(r"Reshape your data with (.*?) (if|for) ", str(error.value))[1]
    rows = eval(advice, {"X": X, "np": np})
    assert rows.ndim == 2


def test_advice_about_records_works():
    records = np.array([(1.0, 2), (3.0, 4)], dtype=[("a", float), ("b", int)])
    with pytest.raises(TypeError, match=r"fields 'a', 'b'.*pass numpy\.lib\.recfunctions"):
        rows_of(records)
    from numpy.lib.recfunctions import structured_to_unstructured

    assert rows_of(structured_to_unstructured(records)).tolist() == [[1, 2], [3, 4]]


# Objects that are no tables ------------------------------------------------------------------


class Deferred:
    """An array or table that is computed on request, as in dask; ``__array__`` drops masks."""

    def __init__(self, value):
        self.value = value

    def compute(self):
        return self.value

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype=dtype)


def test_deferred_tables_are_computed_first():
    assert rows_of(Deferred(np.ones((2, 3)))).tolist() == [[1, 1, 1]] * 2
    masked = np.ma.array([[1.0, 2.0]], mask=[[True, False]])
    with pytest.raises(ValueError, match=r"X has 1 masked value\(s\)"):
        rows_of(Deferred(masked))
    frame = pd.DataFrame({"a": FLOATS, "b": pd.array([1, 2, 3], "Int64")})
    assert rows_of(Deferred(frame)).tolist() == [[0.5, 1], [1.5, 2], [9, 3]]
    # A column of this name is not a method.
    assert rows_of(frame.rename(columns={"b": "compute"})).shape == (3, 2)
    with pytest.raises(TypeError, match="column 'a' of X"):
        rows_of(Deferred(pd.DataFrame({"a": ["x"], "b": [1]})))


def test_deferred_tables_that_stay_deferred():
    class Loaded(Deferred):  # as xarray's
        def compute(self):
            return self

    assert rows_of(Loaded(np.ones((2, 3)))).tolist() == [[1, 1, 1]] * 2


def test_masks_that_only_an_array_method_shows():
    class Holder:
        def __array__(self, dtype=None, copy=None):
            return np.ma.array([[1.0, 2.0]], mask=[[True, False]])

    with pytest.raises(ValueError, match=r"X has 1 masked value\(s\)"):
        rows_of(Holder())


def test_records_with_masks_are_records():
    records = np.ma.array(np.zeros(2, [("a", float), ("b", int)]), mask=[(True, False)] * 2)
    with pytest.raises(TypeError, match="X holds records with the fields 'a', 'b'"):
        rows_of(records)


def test_a_column_of_polars_structs_is_looked_at_by_field():
    day, hour = datetime.date(2020, 1, 1), datetime.timedelta(hours=1)
    for value in (day, hour):
        with pytest.raises(TypeError, match=r"column 'b' of X has dtype .*64"):
            rows_of(pl.Series([{"a": 1.0, "b": value}, {"a": 2.0, "b": value}]))
    assert rows_of(pl.Series([{"a": 1.0, "b": 2}, {"a": 3.0, "b": None}]))[0].tolist() == [1, 2]


def test_arrays_of_times_among_arrays_of_numbers():
    for times in (np.array([1, 2], "m8[s]"), np.array([1, 2], "M8[s]")):
        for numbers in ([1, 2], [1.0, 2.0]):
            with pytest.raises(TypeError, match=r"row 1 of X has dtype .*64\[s\]"):
                rows_of(pd.Series([numbers, times]))


def test_advice_about_objects_that_give_a_table():
    frame = pl.DataFrame({"a": FLOATS})
    reader = pa.table({"a": FLOATS}).to_reader()
    for X in (frame.lazy(), reader):
        with pytest.raises(TypeError, match="must be a table of rows by features") as error:
            rows_of(X)
        advice = re.search(r"; pass (.*)\.$", str(error.value))[1]
        assert rows_of(eval(advice, {"X": X})).ravel().tolist() == FLOATS


def test_sparse_rows_of_a_list_and_sparse_parameters():
    rows = sp.csr_array([[1.0, 0.0], [0.0, 2.0]])
    with pytest.raises(TypeError, match=r"pass scipy\.sparse\.vstack\(X\)"):
        rows_of([rows, rows])
    for parameter in ("means_init", "precisions_init"):
        mixture = GaussianMixture(2, covariance_type="diag", **{parameter: rows})
        with pytest.raises(TypeError, match=rf"{parameter} is sparse, .*{parameter}\.toarray\(\)"):
            mixture.fit(np.eye(2))


def test_weights_are_taken_by_position():
    weights = pd.Series([1.0, 2.0, 3.0], index=[2, 1, 0])
    assert check_sample_weight(weights, 3).tolist() == [1, 2, 3]
    assert check_sample_weight(pl.Series([1, 2], dtype=pl.Int128), 2).tolist() == [1, 2]
