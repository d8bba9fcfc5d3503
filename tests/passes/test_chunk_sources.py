"""Every source of chunks gives the same rows and weights, in order, in every pass."""

import numpy as np
import pytest
from support.chunk_sources import CUT, KEPT, N_ROWS, NAMES, TABLES, csv_dataset, pairs, rows

import mixclust

ALL = [*CUT, *KEPT, *TABLES]


def read(chunks):
    """Rows, weights and heights of the parts of one pass."""
    heights, X, weights = [], [], []
    for index, part in enumerate(chunks.read()):
        assert part.index == index
        assert part.first == sum(heights)
        assert part.X.dtype == chunks.dtype
        assert part.X.dtype.isnative
        assert part.X.shape[1] == chunks.n_features
        heights.append(len(part.X))
        X.append(part.X)  # parts stay as they are, though memory is used again
        weights.append(part.weights)
    has_weights = weights[0] is not None
    return np.concatenate(X), np.concatenate(weights) if has_weights else None, heights


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("chunk_rows", ["auto", 7, 250, 5000])
def test_all_rows_come_in_order(make, chunk_rows, tmp_path):
    X, _ = rows()
    chunks = mixclust.chunks(make(tmp_path), chunk_rows=chunk_rows)
    for _ in range(2):
        found, weights, heights = read(chunks)
        assert weights is None
        assert not chunks.has_weights
        np.testing.assert_array_equal(found, X)
        assert found.dtype == (np.float64 if make is csv_dataset else np.float32)
        assert chunks.n_rows == N_ROWS
        assert chunks.n_chunks == len(heights)
        assert max(heights) <= (N_ROWS if chunk_rows == "auto" else chunk_rows)
    if chunks.chunk_rows is not None and chunk_rows != "auto":
        assert (
            heights == [*[chunk_rows] * (N_ROWS // chunk_rows), N_ROWS % chunk_rows][: len(heights)]
        )


@pytest.mark.parametrize("make", [*CUT, *KEPT])
@pytest.mark.parametrize("columns", [[2, 0], [-1], [1, 2], [0, 2]])
def test_columns_by_index(make, columns, tmp_path):
    found, _, _ = read(mixclust.chunks(make(tmp_path), columns=columns, chunk_rows=300))
    np.testing.assert_array_equal(found, rows()[0][:, columns])


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("columns", [None, ["c", "a"], [2, 0], ["b"]])
def test_columns_and_weights_by_name(make, columns, tmp_path):
    source = make(tmp_path, weighted=True)
    chunks = mixclust.chunks(source, columns=columns, sample_weight="w", chunk_rows=300)
    X, weights = rows()
    found, found_weights, _ = read(chunks)
    index = (
        [0, 1, 2] if columns is None else [c if c in (0, 2) else NAMES.index(c) for c in columns]
    )
    np.testing.assert_array_equal(found, X[:, index])
    np.testing.assert_array_equal(found_weights, weights)
    assert chunks.has_weights
    assert list(chunks.feature_names) == [NAMES[i] for i in index]


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("form", ["array", "float32", "file", "list", "memmap"])
def test_weights_of_another_place(make, form, tmp_path):
    X, weights = rows()
    np.save(tmp_path / "weights.npy", weights)
    given = {
        "array": weights,
        "float32": weights.astype("f4"),
        "file": str(tmp_path / "weights.npy"),
        "list": weights.tolist(),
        "memmap": np.load(tmp_path / "weights.npy", mmap_mode="r"),
    }[form]
    chunks = mixclust.chunks(make(tmp_path), sample_weight=given, chunk_rows=300)
    for _ in range(2):
        found, found_weights, _ = read(chunks)
        np.testing.assert_array_equal(found, X)
        np.testing.assert_array_equal(found_weights, weights)
        assert found_weights.dtype == np.float64


@pytest.mark.parametrize("chunk_rows", ["auto", 7, 5000])
def test_pairs_of_arrays_and_weights(chunk_rows, tmp_path):
    found, found_weights, _ = read(mixclust.chunks(pairs(tmp_path), chunk_rows=chunk_rows))
    np.testing.assert_array_equal(found, rows()[0])
    np.testing.assert_array_equal(found_weights, rows()[1])


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", ">i4", ">f8", "f8"])
@pytest.mark.parametrize("columns", [None, [2, 0]])
def test_dtypes_of_files(dtype, columns, tmp_path):
    X = (np.arange(300).reshape(100, 3) % 100).astype(dtype)
    np.save(tmp_path / "rows.npy", X)
    for source in (
        tmp_path / "rows.npy",
        np.load(tmp_path / "rows.npy", mmap_mode="r"),
        [X, X[:0]],
    ):
        found, _, _ = read(mixclust.chunks(source, columns=columns, chunk_rows=30))
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, X if columns is None else X[:, columns])


def test_a_cut_does_not_depend_on_the_files(tmp_path):
    """The same rows in one file and in several are cut into the same chunks."""
    X, _ = rows()
    for i in range(10):
        np.save(tmp_path / f"{i}.npy", X[100 * i : 100 * i + 100])
    *_, heights = read(mixclust.chunks(sorted(tmp_path.glob("*.npy")), chunk_rows=250))
    assert heights == [250] * 4


def test_arrays_in_memory_are_not_copied():
    X, _ = rows()
    for source in (X, [X[:500], X[500:]], X[:, ::2]):
        assert all(np.shares_memory(part.X, X) for part in mixclust.chunks(source).read())


def test_auto_depends_on_shape_and_dtype_alone():
    auto = mixclust.chunks(np.zeros((3, 32), "f4")).chunk_rows
    assert auto == mixclust.chunks(np.zeros((3000, 32), "f4")).chunk_rows
    assert auto * 32 * 4 <= 1 << 24 < 1.01 * auto * 32 * 4
    assert mixclust.chunks(np.zeros((3, 1))).chunk_rows == (1 << 20) // 48 * 48
    assert mixclust.chunks(np.zeros((1, 1_000_000))).chunk_rows == 48


def test_columns_of_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    decimals = pyarrow.array([1, 2, None]).cast(pyarrow.decimal128(21, 2))
    table = pyarrow.table(
        {
            "whole": pyarrow.array([1, None, 3], pyarrow.int16()),
            "flag": pyarrow.array([True, None, False]),
            "decimal": decimals,
            "none": pyarrow.nulls(3),
            "half": np.array([1, 2, 3], "f2"),
        }
    )
    parquet.write_table(table, tmp_path / "kinds.parquet")
    found, _, _ = read(mixclust.chunks(tmp_path / "kinds.parquet"))
    nan = np.nan
    expected = [[1, 1, 1, nan, 1], [nan, nan, 2, nan, 2], [3, 0, nan, nan, 3]]
    np.testing.assert_array_equal(found, expected)
    frame = pandas.DataFrame({"x": [1.0, 2.0]}, index=pandas.Index([7, 8], name="id"))
    frame.to_parquet(tmp_path / "indexed.parquet")
    assert list(mixclust.chunks(tmp_path / "indexed.parquet").feature_names) == ["x"]
    found, _, _ = read(mixclust.chunks(tmp_path / "indexed.parquet", columns=["x"]))
    np.testing.assert_array_equal(found, [[1], [2]])
