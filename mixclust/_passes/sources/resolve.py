"""The choice of the kind of source by the type of the argument."""

import os
from collections.abc import Iterable, Sequence

import numpy as np

from ..._inputs.sparse import is_sparse
from ..._inputs.wording import with_article
from .arrow import DatasetArrowStore, ParquetStore, TableArrowStore, is_arrow
from .dask_blocks import DaskArraySource, DaskFrameSource, is_dask
from .datasets import DatasetStore, is_dataset
from .in_memory import ArraySource, MemmapSource, TableSource
from .iterables import IterableSource
from .npy import NpyStore
from .stores import StoredSource
from .tables import is_table
from .weights import WeightedSource

__all__ = ["open_source"]

PARQUET = (".parquet", ".pq", ".parq")


def open_source(source, columns, sample_weight, chunk_rows):
    """Return the Source for an argument of `chunks`.

    Parameters
    ----------
    source : object
    columns : list of int or str, or None
    sample_weight : array-like, path, str or None
    chunk_rows : int or "auto"

    Returns
    -------
    source : Source

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If the source is of no known kind, is empty, or does not hold numbers.
    """
    weight_column = None
    if isinstance(sample_weight, str) and _extension(sample_weight) != ".npy":
        weight_column, sample_weight = sample_weight, None
    opened = _open(source, columns, weight_column, chunk_rows)
    return opened if sample_weight is None else WeightedSource(opened, sample_weight)


def _open(source, columns, weight_column, chunk_rows):
    if is_sparse(source):
        raise TypeError("source is sparse, but chunks must be dense; fit takes sparse X itself.")
    if _is_stored(source):
        return StoredSource([_open_store(source, columns, weight_column)], chunk_rows)
    if isinstance(source, Sequence) and len(source) and all(map(_is_stored, source)):
        stores = [_open_store(item, columns, weight_column) for item in source]
        return StoredSource(stores, chunk_rows)
    if is_dask(source):
        if hasattr(source, "npartitions") and hasattr(source, "_meta") and is_table(source._meta):
            return DaskFrameSource(source, columns, weight_column, chunk_rows)
        if hasattr(source, "numblocks"):
            _refuse_weight_column(weight_column, "a dask array")
            return DaskArraySource(source, columns, chunk_rows)
    elif is_table(source):
        return TableSource(source, columns, weight_column, chunk_rows)
    elif isinstance(source, np.ndarray):
        _refuse_weight_column(weight_column, "an array")
        if source.ndim != 2:
            raise ValueError(
                f"source has shape {source.shape}; pass an array of two dimensions, rows by "
                "features."
            )
        opener = MemmapSource if isinstance(source, np.memmap) else ArraySource
        return opener(source, columns, chunk_rows)
    elif hasattr(type(source), "collect"):
        raise TypeError(
            f"source is {with_article(type(source).__name__)}, which is lazy; pass "
            "source.collect(), or write it to a Parquet file and pass the path."
        )
    elif hasattr(type(source), "__array__") and getattr(source, "ndim", 0) == 2:
        return ArraySource(np.asarray(source), columns, chunk_rows)
    elif isinstance(source, Iterable) or callable(source):
        return IterableSource(source, columns, weight_column, chunk_rows)
    kind = "None" if source is None else f"an object of type {type(source).__name__}"
    raise TypeError(
        "source must be an array, a path, a dataset or table, or chunks of rows in a list, an "
        f"iterable or a function, got {kind}."
    )


def _refuse_weight_column(weight_column, kind):
    if weight_column is not None:
        raise ValueError(
            f"sample_weight={weight_column!r} must be an array or the path of a .npy file: "
            f"{kind} has no column names."
        )


def _is_stored(source):
    """Return whether a source is a file or dataset, which is cut into chunks."""
    if isinstance(source, (str, os.PathLike)) or is_arrow(source):
        return True
    is_other = is_dask(source) or is_table(source) or is_sparse(source)
    return is_dataset(source) and not is_other


def _open_store(source, columns, weight_column):
    """Return the Store for a path or dataset."""
    if is_arrow(source):
        opener = TableArrowStore if hasattr(source, "num_rows") else DatasetArrowStore
        return opener(source, columns, weight_column)
    if not isinstance(source, (str, os.PathLike)):
        _refuse_weight_column(weight_column, with_article(type(source).__name__))
        return DatasetStore(source, columns)
    path = os.fspath(source)
    _check_path(path)
    if _extension(path) == ".npy":
        _refuse_weight_column(weight_column, path)
        return NpyStore(path, columns)
    if _extension(path) in PARQUET:
        return ParquetStore(path, columns, weight_column)
    raise ValueError(_unknown_extension(path))


def _extension(path):
    return os.path.splitext(path)[1].lower()


def _check_path(path):
    if os.path.isdir(path):
        remedy = f"sorted(pathlib.Path({path!r}).glob('*.parquet'))"
        if _extension(path) == ".zarr":
            remedy = f"zarr.open_array({path!r}, mode='r')"
        raise IsADirectoryError(f"{path} is a directory; pass its rows, for example {remedy}.")
    if not os.path.exists(path):
        remedy = f"; pass sorted(glob.glob({path!r}))" if set("*?[") & set(path) else ""
        raise FileNotFoundError(f"There is no file {path}{remedy}.")


def _unknown_extension(path):
    remedies = {
        ".csv": f"pass pyarrow.dataset.dataset({path!r}, format='csv')",
        ".feather": f"pass pyarrow.dataset.dataset({path!r}, format='feather')",
        ".arrow": f"pass pyarrow.dataset.dataset({path!r}, format='ipc')",
        ".npz": "save the array in a .npy file with numpy.save",
        ".h5": "pass the dataset h5py.File(path)[name]",
        ".hdf5": "pass the dataset h5py.File(path)[name]",
    }
    kind = _extension(path)
    remedy = remedies.get(kind, "pass the array, or an iterable of arrays")
    return (
        f"{path} has the extension {kind!r}; paths may end in .npy, {', '.join(PARQUET)}. For "
        f"other files {remedy}."
    )
