"""The choice of the kind of source by the type of the argument."""

import os
from collections.abc import Iterable, Sequence

import numpy as np

from .in_memory import ArraySource
from .iterables import IterableSource
from .npy import NpyStore
from .stores import StoredSource
from .weights import WeightedSource

__all__ = ["open_source"]


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
    opened = _open(source, columns, chunk_rows)
    return opened if sample_weight is None else WeightedSource(opened, sample_weight)


def _open(source, columns, chunk_rows):
    if isinstance(source, np.ndarray):
        return ArraySource(source, columns, chunk_rows)
    if is_stored(source):
        return StoredSource([open_store(source, columns)], chunk_rows)
    if isinstance(source, Sequence) and len(source) and all(map(is_stored, source)):
        return StoredSource([open_store(item, columns) for item in source], chunk_rows)
    if isinstance(source, Iterable) or callable(source):
        return IterableSource(source, columns, chunk_rows)
    kind = "None" if source is None else f"an object of type {type(source).__name__}"
    raise TypeError(
        f"source must be an array, a path, a dataset or table, or chunks of rows in a list, an "
        f"iterable or a function, got {kind}."
    )


def is_stored(source):
    """Return whether a source is a file or dataset, which is cut into chunks."""
    return isinstance(source, (str, os.PathLike))


def open_store(source, columns):
    """Return the Store for a path or dataset."""
    path = os.fspath(source)
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{path} is a directory; pass the list of its files in their order, for example "
            f"sorted(pathlib.Path({path!r}).glob('*.parquet'))."
        )
    if not os.path.exists(path):
        remedy = f"; pass sorted(glob.glob({path!r}))" if set("*?[") & set(path) else ""
        raise FileNotFoundError(f"There is no file {path}{remedy}.")
    kind = os.path.splitext(path)[1].lower()
    if kind == ".npy":
        return NpyStore(path, columns)
    raise ValueError(f"{path} has the extension {kind!r}; supported are .npy and .parquet.")
