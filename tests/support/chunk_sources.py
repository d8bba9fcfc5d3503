"""Sources of chunks of every kind that `mixclust.chunks` takes, all with the same rows."""

import numpy as np
import pytest

N_ROWS, N_FEATURES = 1000, 3
NAMES = ["a", "b", "c"]


def rows(dtype="f4"):
    """Rows of which each value says where it stands, and weights."""
    X = np.arange(N_ROWS * N_FEATURES, dtype=dtype).reshape(N_ROWS, N_FEATURES)
    return X, np.arange(N_ROWS) * 0.5


def frame(weighted=False):
    pandas = pytest.importorskip("pandas")
    X, weights = rows()
    table = pandas.DataFrame(X, columns=NAMES)
    return table.assign(w=weights) if weighted else table


def ndarray(folder):
    return rows()[0]


def strided(folder):
    return np.repeat(np.asfortranarray(rows()[0]), 2, axis=0)[::2]


def memmap(folder):
    return np.load(npy(folder), mmap_mode="r")


def memmap_slice(folder):
    np.save(folder / "longer.npy", np.repeat(rows()[0], 2, axis=0))
    return np.load(folder / "longer.npy", mmap_mode="r")[::2]


def private_memmap(folder):
    return np.load(npy(folder), mmap_mode="c")


def npy(folder):
    np.save(folder / "rows.npy", rows()[0])
    return str(folder / "rows.npy")


def fortran_npy(folder):
    np.save(folder / "rows.npy", np.asfortranarray(rows()[0]))
    return folder / "rows.npy"


def swapped_npy(folder):
    np.save(folder / "rows.npy", rows(">f4")[0])
    return folder / "rows.npy"


def npy_list(folder):
    X, paths = rows()[0], []
    for first, last in ((0, 10), (10, 10), (10, 700), (700, N_ROWS)):
        paths.append(folder / f"rows-{first}-{last}.npy")
        np.save(paths[-1], X[first:last])
    return paths


def sequence(folder):
    X = rows()[0]
    return [X[:10], X[10:10], X[10:700], X[700:]]


def pairs(folder):
    X, weights = rows()
    return [(X[:10], weights[:10]), (X[10:10], weights[10:10]), (X[10:], weights[10:])]


def function(folder):
    return lambda: iter(sequence(folder))


def iterable(folder):
    class Loader:
        def __iter__(self):
            yield from sequence(folder)

    return Loader()


def h5py_dataset(folder):
    file = pytest.importorskip("h5py").File(folder / "rows.h5", "w")
    return file.create_dataset("rows", data=rows()[0])


def h5py_stored_in_chunks(folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "rows.h5", "w") as file:
        file.create_dataset("rows", data=rows()[0], chunks=(64, 2), compression="gzip")
    return h5py.File(folder / "rows.h5", "r")["rows"]


def zarr_array(folder):
    return pytest.importorskip("zarr").array(rows()[0], chunks=(70, 2))


def mixed_list(folder):
    X = rows()[0]
    np.save(folder / "first.npy", X[:300])
    file = pytest.importorskip("h5py").File(folder / "rows.h5", "w")
    return [folder / "first.npy", file.create_dataset("rows", data=X[300:])]


def dask_array(folder):
    array = pytest.importorskip("dask.array")
    return array.from_array(rows()[0], chunks=(150, 2))


def pandas_frame(folder, weighted=False):
    return frame(weighted)


def polars_frame(folder, weighted=False):
    return pytest.importorskip("polars").from_pandas(frame(weighted))


def frames(folder, weighted=False):
    table = frame(weighted)
    return [table[:300], table[300:]]


def arrow_table(folder, weighted=False):
    return pytest.importorskip("pyarrow").Table.from_pandas(frame(weighted))


def parquet(folder, weighted=False):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    path = folder / "rows.parquet"
    pyarrow.write_table(arrow_table(folder, weighted), path, row_group_size=130)
    return path


def parquet_list(folder, weighted=False):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    table = arrow_table(folder, weighted)
    paths = [folder / "first.parquet", folder / "second.parquet"]
    pyarrow.write_table(table[:123], paths[0])
    pyarrow.write_table(table[123:], paths[1])
    return paths


def arrow_dataset(folder, weighted=False):
    paths = parquet_list(folder, weighted)
    return pytest.importorskip("pyarrow.dataset").dataset([str(path) for path in paths])


def csv_dataset(folder, weighted=False):
    dataset = pytest.importorskip("pyarrow.dataset")
    frame(weighted).to_csv(folder / "rows.csv", index=False)
    return dataset.dataset(folder / "rows.csv", format="csv")


def dask_frame(folder, weighted=False):
    return pytest.importorskip("dask.dataframe").from_pandas(frame(weighted), npartitions=7)


CUT = [
    *(ndarray, strided, memmap, memmap_slice, private_memmap),
    *(npy, fortran_npy, swapped_npy, npy_list, h5py_dataset, h5py_stored_in_chunks, zarr_array),
    mixed_list,
]
"""Cut into chunks of one size, and without names."""

KEPT = [sequence, function, iterable, dask_array]
"""With a cutting of their own, and without names."""

TABLES = [
    *(pandas_frame, polars_frame, frames, arrow_table),
    *(parquet, parquet_list, arrow_dataset, csv_dataset, dask_frame),
]
"""With names of columns."""
