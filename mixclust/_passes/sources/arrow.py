"""Rows in Parquet files and in datasets and tables of pyarrow."""

import os
import sys

import numpy as np

from ..._inputs.arrays import TIME_REMEDY
from .files import Stamp
from .stores import BlockStore
from .tables import choose_columns

__all__ = ["ArrowStore", "DatasetArrowStore", "ParquetStore", "TableArrowStore", "is_arrow"]

BATCH_BYTES = 16 << 20
"""Memory of the rows that are decoded at a time, as float64."""

MIN_BATCH_ROWS, MAX_BATCH_ROWS = 1 << 10, 1 << 16

TILE_BYTES = 1 << 18
"""Memory of the rows that columns are copied to at a time, so that they stay in cache."""

BUFFER_BYTES = 1 << 18
"""Memory for each column of a row group that is being read; whole columns without it."""


def is_arrow(source):
    """Return whether an object is a dataset, table or batch of pyarrow."""
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None:
        return False
    dataset = sys.modules.get("pyarrow.dataset")
    return isinstance(source, (pyarrow.Table, pyarrow.RecordBatch)) or (
        dataset is not None and isinstance(source, dataset.Dataset)
    )


class ArrowStore(BlockStore):
    """Rows in batches of pyarrow, copied column by column; nulls become NaN.

    Parameters
    ----------
    schema : pyarrow.Schema
    label : str
    columns : list of str or int, or None
        None takes all columns but pandas' index and the weights.
    weight_column : str or None
    """

    def __init__(self, schema, label, columns, weight_column):
        self.label = label
        names = list(schema.names)
        if columns is None:
            index = (schema.pandas_metadata or {}).get("index_columns", ())
            hidden = {name for name in index if isinstance(name, str)}
            names = [name for name in names if name not in hidden or name == weight_column]
        chosen = choose_columns(names, columns, weight_column, label)
        self.feature_names = np.array(chosen, dtype=object)
        self.n_features = len(chosen)
        self.has_weights = weight_column is not None
        self._selected = chosen + [weight_column] * self.has_weights
        if len(set(self._selected)) < len(self._selected):  # weights are a feature, too
            self._selected.pop()
        self._weight_column = weight_column
        n_rows = BATCH_BYTES // (8 * len(self._selected))
        self._batch_rows = min(MAX_BATCH_ROWS, max(MIN_BATCH_ROWS, n_rows))
        types = [schema.field(name).type for name in self._selected]
        for name, kind in zip(self._selected, types, strict=True):
            _check_type(name, kind, label)
        is_float32 = all(str(kind) == "float" for kind in types[: self.n_features])
        self.dtype = np.dtype(np.float32 if is_float32 else np.float64)

    def copy(self, block, rows, X, weights):
        block = block.slice(rows.start, rows.stop - rows.start)
        columns = [_as_numpy(block.column(j)) for j in range(self.n_features)]
        step = max(1, TILE_BYTES // (X.itemsize * self.n_features))
        for first in range(0, len(X), step):
            tile = slice(first, first + step)
            for j, column in enumerate(columns):
                X[tile, j] = column[tile]
        if weights is not None:
            weights[:] = _as_numpy(block.column(self._selected.index(self._weight_column)))


def _check_type(name, kind, label):
    from pyarrow import types

    tests = ("is_floating", "is_integer", "is_boolean", "is_decimal", "is_null")
    if any(getattr(types, test)(kind) for test in tests):
        return
    remedy = "leave the column out with columns=[...], or convert it to numbers."
    if types.is_temporal(kind):
        remedy = TIME_REMEDY
    raise TypeError(
        f"column {name!r} of {label} has type {kind}, which does not hold numbers; {remedy}"
    )


def _as_numpy(column):
    from pyarrow import types

    kind = column.type
    if types.is_decimal(kind) or types.is_null(kind) or (types.is_boolean(kind)):
        column = column.cast("double")
    return column.to_numpy(zero_copy_only=False)


class ParquetStore(ArrowStore):
    """A Parquet file, decoded batch by batch.

    Parameters
    ----------
    path : str
    columns : list of str or int, or None
    weight_column : str or None
    """

    def __init__(self, path, columns, weight_column):
        self.path = os.path.abspath(path)
        self._stamp = Stamp(self.path)
        with _open_parquet(path) as (file, _):
            super().__init__(file.schema_arrow, path, columns, weight_column)
            self.n_rows = file.metadata.num_rows

    def check_unchanged(self):
        self._stamp.check()

    def blocks(self):
        with _open_parquet(self.path) as (file, _):
            yield from file.iter_batches(
                batch_size=self._batch_rows, columns=self._selected, use_threads=False
            )


class _open_parquet:
    """Context of an open Parquet file, which is closed at its end in every version of pyarrow."""

    def __init__(self, path):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise ImportError(
                f"pyarrow is required to read {path}; install it with pip install mixclust[tables]."
            ) from error
        self._file = pyarrow.OSFile(path, "rb")
        try:
            self._parquet = pyarrow.parquet.ParquetFile(
                self._file, buffer_size=BUFFER_BYTES, pre_buffer=False
            )
        except pyarrow.ArrowInvalid as error:
            self._file.close()
            raise ValueError(f"{path} cannot be read as a Parquet file ({error}).") from error

    def __enter__(self):
        return self._parquet, self._file

    def __exit__(self, *exception):
        self._file.close()


class DatasetArrowStore(ArrowStore):
    """A pyarrow Dataset, read fragment by fragment.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
    columns : list of str or int, or None
    weight_column : str or None
    """

    def __init__(self, dataset, columns, weight_column):
        import pyarrow.dataset
        import pyarrow.fs

        self._dataset = dataset
        super().__init__(dataset.schema, _kind(dataset), columns, weight_column)
        self._stamps = []
        if isinstance(dataset, pyarrow.dataset.FileSystemDataset):
            if isinstance(dataset.filesystem, pyarrow.fs.LocalFileSystem):
                self._stamps = [Stamp(path) for path in dataset.files]
                self.label += f" of {len(dataset.files)} file(s)"
            if isinstance(dataset.format, pyarrow.dataset.ParquetFileFormat):
                self.n_rows = dataset.count_rows()  # other formats would be read whole

    def check_unchanged(self):
        for stamp in self._stamps:
            stamp.check()

    def blocks(self):
        batches = self._dataset.to_batches(
            columns=self._selected,
            batch_size=self._batch_rows,
            batch_readahead=1,
            fragment_readahead=1,
            use_threads=False,
        )
        yield from batches


class TableArrowStore(ArrowStore):
    """A pyarrow Table or RecordBatch.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
    columns : list of str or int, or None
    weight_column : str or None
    """

    def __init__(self, table, columns, weight_column):
        import pyarrow

        if isinstance(table, pyarrow.RecordBatch):
            table = pyarrow.Table.from_batches([table])
        super().__init__(table.schema, _kind(table), columns, weight_column)
        self._table = table
        self.n_rows = table.num_rows

    def check_unchanged(self):
        pass  # tables of pyarrow cannot be changed

    def blocks(self):
        yield from self._table.select(self._selected).to_batches(max_chunksize=self._batch_rows)


def _kind(source):
    return f"pyarrow {type(source).__name__}"
