"""Checks of chunks, their progress, and the sum over them."""

import io
import os
import pickle
import re

import numpy as np
import pytest
import scipy.sparse as sp
from support.chunk_sources import N_ROWS, arrow_dataset, h5py_stored_in_chunks, npy, parquet, rows

import mixclust
from mixclust._passes.checks import check_part_finite
from mixclust._passes.parts import Part

X, WEIGHTS = rows("f8")


def drain(chunks, after=None, act=None):
    """Read all chunks, and act after one of them."""
    for part in chunks.read():
        if part.index == after:
            act()


def count(part, request, n_threads):
    return len(part.X)


def refuses(match, *args, error=ValueError, **kwargs):
    """`chunks`, or a pass over them, raises an error with these words."""
    with pytest.raises(error, match=match):
        drain(mixclust.chunks(*args, **kwargs))


def test_total_adds_in_order(tmp_path):
    def task(part, request, n_threads):
        return [(part.index, part.first, request, n_threads)]

    chunks = mixclust.chunks(npy(tmp_path), chunk_rows=300)
    expected = [(i, 300 * i, "request", 2) for i in range(4)]
    assert chunks.total(task, "request", 2) == expected


def test_repr():
    chunks = mixclust.chunks(X, chunk_rows=300, sample_weight=WEIGHTS)
    expected = "1000 rows, 3 columns, float64, chunk_rows=300, weighted>"
    assert repr(chunks) == f"<Chunks of ndarray of shape (1000, 3): {expected}"
    chunks = mixclust.chunks(lambda: iter([X]))
    assert "unknown rows" in repr(chunks)
    assert "chunk_rows=own" in repr(chunks)
    drain(chunks)
    assert "1000 rows" in repr(chunks)


# Bad chunks


def test_another_width():
    match = re.escape("chunk 2 (rows 500 to 999) has 2 features, but the first chunk has 3")
    refuses(match, [X[:300], X[300:500], X[500:, :2]])


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_another_dtype(kind):
    other = {"f4": "f8", "f8": "f4"}[kind]
    match = re.escape(f"chunk 1 (rows 500 to 999) has dtype {np.dtype(other)}")
    refuses(match, [X[:500].astype(kind), X[500:].astype(other)])


def test_no_numbers():
    match = re.escape("chunk 1 (from row 500)")
    refuses(match, [X[:500], X[500:].astype("M8[s]")], error=TypeError)
    refuses(match, [X[:500], X[500:] * 1j])
    refuses(match, [X[:500], "text"], error=TypeError)
    refuses(match, [X[:500], X[500]])


def test_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    refuses("chunk 1 .*toarray", [X, sparse.csr_matrix(X)], error=TypeError)
    refuses("sparse", sparse.csr_matrix(X), error=TypeError)


@pytest.mark.parametrize(("value", "found"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_values_that_are_not_finite_are_located(value, found):
    bad = X.copy()
    bad[777, 1] = value
    for part in mixclust.chunks(bad, chunk_rows=100).read():
        if part.index != 7:
            check_part_finite(part)
            continue
        match = re.escape("in chunk 7 (rows 700 to 799), at row 777, feature 1")
        with pytest.raises(ValueError, match=f"Input X contains {found}.* {match}"):
            check_part_finite(part)
    weights = np.ones(100)
    weights[77] = 0
    with pytest.raises(ValueError, match="sample_weight 0"):
        check_part_finite(Part(7, 700, bad[700:800], weights))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("as_pairs", [False, True])
def test_bad_weights(value, as_pairs):
    weights = WEIGHTS.copy()
    weights[777] = value
    match = re.escape("chunk 7 (rows 700 to 799)") + ".*at row 777"
    if as_pairs:
        refuses(match, [(X[i : i + 100], weights[i : i + 100]) for i in range(0, N_ROWS, 100)])
    else:
        refuses(match, X, sample_weight=weights, chunk_rows=100)


def test_masked_values():
    mask = np.zeros(X.shape, bool)
    mask[777] = True
    match = re.escape("chunk 7 (from row 700) has 3 masked value(s)")
    refuses(match, np.ma.masked_array(X, mask), chunk_rows=100)
    refuses("1 masked value", X, sample_weight=np.ma.masked_array(WEIGHTS, mask[:, 0]))


def test_large_weights_are_no_error():
    drain(mixclust.chunks(X, sample_weight=np.full(N_ROWS, 1e308)))


@pytest.mark.parametrize("n_weights", [0, 999, 1001])
def test_another_number_of_weights(n_weights, tmp_path):
    weights = np.ones(n_weights)
    np.save(tmp_path / "weights.npy", weights)
    for given in (weights, tmp_path / "weights.npy"):
        refuses(f"sample_weight has {n_weights} weights", X, sample_weight=given)
        refuses(
            f"sample_weight has {n_weights} weights",
            lambda: iter([X[:500], X[500:]]),
            sample_weight=given,
        )
    match = re.escape("sample_weight of chunk 0 (rows 0 to 999) has shape")
    refuses(match, [(X, weights)])


def test_weights_of_some_chunks_alone():
    refuses("has no weights", [(X, WEIGHTS), X])
    refuses("has weights", [X, (X, WEIGHTS)])
    refuses("gives weights itself", [(X, WEIGHTS)], sample_weight=WEIGHTS)


# Sources that cannot be read, or not again


def test_sources_that_can_be_read_only_once():
    touched = []

    def generator():
        touched.append(1)
        yield X

    refuses("only once.*list.*function", generator(), error=TypeError)
    refuses("only once", iter([X]), error=TypeError)
    refuses("only once", map(np.asarray, [X]), error=TypeError)
    assert touched == []
    iterator = iter([X, X])
    refuses("one iterator twice", lambda: iterator, error=TypeError)


def test_another_number_of_rows_in_the_second_pass():
    for second, match in ((900, "gave 900 rows"), (1100, "beyond the 1000 rows")):
        heights = iter([N_ROWS, N_ROWS, second])
        chunks = mixclust.chunks(lambda heights=heights: iter([np.zeros((next(heights), 2))]))
        drain(chunks)
        with pytest.raises(ValueError, match=match):
            drain(chunks)


@pytest.mark.parametrize("make", [npy, parquet, h5py_stored_in_chunks, arrow_dataset])
@pytest.mark.parametrize("when", ["before", "between", "within"])
def test_files_that_change(make, when, tmp_path):
    chunks = mixclust.chunks(make(tmp_path), chunk_rows=100)
    [path] = (
        tmp_path.glob("second.*") or [None] if make is arrow_dataset else tmp_path.glob("rows*")
    )

    def change():
        status = os.stat(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))

    if when == "before":
        change()
    if when == "between":
        drain(chunks)
        change()
    with pytest.raises(RuntimeError, match="changed while"):
        drain(chunks, 2 if when == "within" else None, change)


def test_a_file_that_is_replaced_or_deleted(tmp_path):
    path = npy(tmp_path)
    chunks = mixclust.chunks(path)
    status = os.stat(path)
    np.save(tmp_path / "other.npy", X.astype("f4") + 1)
    os.utime(tmp_path / "other.npy", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(tmp_path / "other.npy", path)
    with pytest.raises(RuntimeError, match="changed"):
        drain(chunks)
    chunks = mixclust.chunks(path)
    os.remove(path)
    with pytest.raises(RuntimeError, match="was deleted"):
        drain(chunks)


def test_a_file_that_is_cut_off(tmp_path):
    path = npy(tmp_path)
    chunks = mixclust.chunks(path, chunk_rows=100)
    with pytest.raises(RuntimeError, match="changed"):
        drain(chunks, 0, lambda: os.truncate(path, 6000))
    refuses("cut off", path)


def test_no_rows(tmp_path):
    np.save(tmp_path / "empty.npy", X[:0])
    for source in (X[:0], X[:, :0], tmp_path / "empty.npy", [X[:0], X[:0]]):
        refuses("at least one", source)
    refuses("no rows", [])
    refuses("no rows", lambda: iter([]))


def test_paths_that_cannot_be_read(tmp_path):
    refuses("is a directory", tmp_path, error=IsADirectoryError)
    refuses("There is no file .*none", tmp_path / "none.npy", error=FileNotFoundError)
    refuses("glob.glob", str(tmp_path / "*.npy"), error=FileNotFoundError)
    for name, remedy in (("a.csv", "format='csv'"), ("b.h5", "h5py"), ("c.xyz", "iterable")):
        (tmp_path / name).write_text("1,2\n")
        refuses(rf".npy, .parquet.*{remedy}", tmp_path / name)
    (tmp_path / "text.npy").write_text("1,2\n")
    refuses("cannot be read as a .npy file", tmp_path / "text.npy")
    np.save(tmp_path / "objects.npy", np.array([[None]]))
    refuses("cannot be read as a .npy file", tmp_path / "objects.npy")
    np.save(tmp_path / "flat.npy", X[0])
    refuses("array of shape", tmp_path / "flat.npy")
    pytest.importorskip("pyarrow")
    (tmp_path / "text.parquet").write_text("1,2\n")
    refuses("cannot be read as a Parquet file", tmp_path / "text.parquet")


def test_files_that_do_not_fit_together(tmp_path):
    np.save(tmp_path / "a.npy", X)
    np.save(tmp_path / "b.npy", X[:, :2])
    np.save(tmp_path / "c.npy", X.astype("f4"))
    refuses("b.npy has features 2", [tmp_path / "a.npy", tmp_path / "b.npy"])
    refuses("c.npy has dtype float32", [tmp_path / "a.npy", tmp_path / "c.npy"])


def test_sources_of_no_kind():
    for source in (None, 3, object()):
        refuses("source must be", source, error=TypeError)
    refuses("array of two dimensions", X[0])


def test_bad_arguments():
    refuses("chunk_rows=0", X, chunk_rows=0)
    refuses("chunk_rows must be", X, chunk_rows=1.5, error=TypeError)
    refuses("progress=3", X, progress=3, error=TypeError)
    refuses("columns holds 3, but", X, columns=[3])
    refuses("no column names", X, columns=["a"], error=TypeError)
    refuses("'a' twice", X, columns=["a", "a"])
    refuses("columns is empty", X, columns=[])
    refuses("columns must be", X, columns=1.5, error=TypeError)
    refuses("no column names", X, sample_weight="w")
    refuses("no column names", [X], sample_weight="w")
    refuses("one dimension", X, sample_weight=X)


def test_tables_with_bad_columns(tmp_path):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"x": [1.0, 2.0], "day": pandas.to_datetime(["2020", "2021"])})
    table["name"] = ["a", "b"]
    refuses("'day'.*number of days", table, columns=["x", "day"], error=TypeError)
    refuses("columns holds 'z'.*the columns are x, day, name", table, columns=["z"])
    refuses("sample_weight='z' is no column", table, sample_weight="z")
    table.to_parquet(tmp_path / "table.parquet")
    path = tmp_path / "table.parquet"
    refuses("'day' of .*number of days", path, error=TypeError)
    refuses("'name' of .*leave the column out", path, columns=["x", "name"], error=TypeError)
    refuses("columns holds 'z'", path, columns=["z"])
    refuses("sample_weight='z' is no column", path, sample_weight="z")
    other = table.rename(columns={"x": "y"})
    refuses("first chunk has", [table[["x"]], other[["y"]]])
    table[["x"]].to_parquet(tmp_path / "x.parquet")
    other[["y"]].to_parquet(tmp_path / "y.parquet")
    refuses("other column names", [tmp_path / "x.parquet", tmp_path / "y.parquet"])


def test_lazy_frames_are_refused():
    polars = pytest.importorskip("polars")
    refuses("collect", polars.LazyFrame({"x": [1.0]}), error=TypeError)


def test_without_pyarrow(tmp_path, monkeypatch):
    import sys

    path = tmp_path / "rows.parquet"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refuses(r"pip install mixclust\[tables\]", path, error=ImportError)


# Progress


def test_progress_is_told_after_each_chunk(tmp_path):
    states = []
    chunks = mixclust.chunks(npy(tmp_path), chunk_rows=300, progress=states.append)
    for part in chunks.read():
        assert len(states) == part.index
    drain(chunks)
    assert [state.pass_number for state in states] == [1] * 4 + [2] * 4
    assert [state.chunks_done for state in states] == [1, 2, 3, 4] * 2
    assert [state.rows_done for state in states] == [300, 600, 900, 1000] * 2
    assert {(state.n_chunks, state.n_rows) for state in states} == {(4, 1000)}
    assert all(state.seconds > 0 for state in states)
    assert [state.seconds_left == 0 for state in states] == [False, False, False, True] * 2
    chunks.begin()
    drain(chunks)
    assert states[-1].pass_number == 1


def test_progress_of_an_unknown_number_of_rows():
    states = []
    chunks = mixclust.chunks(lambda: iter([X[:400], X[400:]]), progress=states.append)
    drain(chunks)
    assert [(state.n_chunks, state.n_rows, state.seconds_left) for state in states] == [
        (None, None, None)
    ] * 2
    drain(chunks)
    assert (states[-1].n_chunks, states[-1].n_rows) == (2, 1000)


def test_an_exception_of_progress_ends_the_pass():
    def stop(state):
        if state.chunks_done == 2:
            raise InterruptedError

    chunks = mixclust.chunks(X, chunk_rows=100, progress=stop)
    with pytest.raises(InterruptedError):
        chunks.total(count, None, 1)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_on_a_terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    drain(mixclust.chunks(X, chunk_rows=300, progress=True))
    assert re.search(r"pass 1: chunk 4 of 4, 1000 rows, [\d.]+ s, 0.0 s left\n$", stream.getvalue())
    drain(mixclust.chunks(lambda: iter([X]), progress=True))
    assert re.search(r"pass 1: chunk 1, 1000 rows, [\d.]+ s\n$", stream.getvalue())


def test_no_line_elsewhere(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    drain(mixclust.chunks(X, progress=True))
    assert stream.getvalue() == ""


def test_chunks_of_paths_pickle(tmp_path):
    path = npy(tmp_path)
    chunks = pickle.loads(pickle.dumps(mixclust.chunks(path, chunk_rows=300)))
    assert chunks.total(count, None, 1) == N_ROWS
    np.save(path, X[:10])
    with pytest.raises(RuntimeError, match="changed"):
        drain(chunks)


@pytest.mark.parametrize("columns", [[True, False], np.array([True, False])])
def test_masks_of_columns_are_refused(columns):
    with pytest.raises(TypeError, match=r"masks are not taken; pass numpy.flatnonzero"):
        mixclust.chunks(np.zeros((3, 2)), columns=columns)


def test_arrays_of_other_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"source has shape \(5,\)"):
        mixclust.chunks(np.zeros(5))
    with pytest.raises(TypeError, match="is sparse, but chunks must be dense"):
        mixclust.chunks([sp.csr_array(np.eye(3))])
