"""Parquet as the text of CSV: the whole table, or batch by batch."""

import io
import itertools

from .errors import CommandError, reason_of, require_package
from .wording import plain_name

__all__ = ["PYARROW", "estimate_size", "parquet_pieces", "parquet_text"]

PYARROW = ("pyarrow", "mixclust[tables]", "pyarrow", "pyarrow.csv", "pyarrow.parquet")
"""Arguments of `require_package` behind the first."""

FIELD_BYTES = 8
"""Size of a field as text, for the estimate of a table's size."""

MAX_BATCH_ROWS = 1 << 14
BATCH_FIELDS = 1 << 17
"""Rows and fields of a batch, at most, that is converted at a time."""

BUFFER_BYTES = 1 << 18
"""Memory for each column of a row group that is being read; whole columns without it."""


def parquet_text(path, data):
    """Convert a table of Parquet to the text of CSV.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    data : bytes
        The file.

    Returns
    -------
    text : bytes
        In UTF-8, the names first.
    text_columns : frozenset of str
        Names of columns that are not of numbers.
    batches : callable
        ``batches()`` iterates over the table in batches of pyarrow.

    Raises
    ------
    CommandError
        If pyarrow is not installed or cannot read the file.
    """
    pa, csv, parquet = _require_pyarrow(path)
    try:
        table = parquet.read_table(io.BytesIO(data))
        text = _to_csv(pa, csv, table, with_names=True)
        return text, _text_columns(pa, table.schema), table.to_batches
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def parquet_pieces(path, stamp):
    """Convert a file of Parquet to the text of CSV, batch by batch.

    Parameters
    ----------
    path : path-like
    stamp : Stamp
        State of the file when it was opened first.

    Returns
    -------
    pieces : callable
        ``pieces()`` iterates over pairs of text and the share of rows that have been read.
    text_columns : frozenset of str
        Names of columns that are not of numbers.
    batches : callable
        ``batches()`` iterates over the table in batches of pyarrow.

    Raises
    ------
    CommandError
        If pyarrow is not installed or cannot read the file; also while pieces are read.
    """
    pa, csv, parquet = _require_pyarrow(path)
    try:
        with pa.OSFile(str(path), "rb") as file:
            text_columns = _text_columns(pa, parquet.ParquetFile(file).schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None

    def opened_batches():
        """Iterate over the file that was opened, and then over its batches."""
        try:
            stamp.check()
            with pa.OSFile(str(path), "rb") as file:
                opened = parquet.ParquetFile(file, buffer_size=BUFFER_BYTES, pre_buffer=False)
                yield opened
                n_columns = len(opened.schema_arrow.names)
                rows = max(1, min(MAX_BATCH_ROWS, BATCH_FIELDS // max(1, n_columns)))
                yield from opened.iter_batches(batch_size=rows, use_threads=False)
            stamp.check()
        except RuntimeError:
            raise CommandError(
                f"{path}: changed while it was read; start again when it is complete."
            ) from None
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, error) from None

    def batches():
        return itertools.islice(opened_batches(), 1, None)

    def pieces():
        found = opened_batches()
        opened = next(found)
        yield _to_csv(pa, csv, opened.schema_arrow.empty_table(), with_names=True), 0.0
        n_done = 0
        for batch in found:
            n_done += len(batch)
            text = _to_csv(pa, csv, pa.Table.from_batches([batch]), with_names=False)
            yield text, n_done / opened.metadata.num_rows

    return pieces, text_columns, batches


def estimate_size(path):
    """Estimate the size in bytes of a file of Parquet as text; 0 if it cannot be read.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    n_bytes : int
    """
    pa, _, parquet = _require_pyarrow(path)
    try:
        with pa.OSFile(str(path), "rb") as file:
            metadata = parquet.ParquetFile(file).metadata
            return FIELD_BYTES * metadata.num_rows * metadata.num_columns
    except (pa.ArrowException, OSError):
        return 0


def _require_pyarrow(path):
    return require_package(f"{path}: reading Parquet", *PYARROW)


def _unreadable(path, error):
    return CommandError(f"{path}: cannot be read as Parquet: {reason_of(error)}.")


def _text_columns(pa, schema):
    """Give the names of columns that are not of numbers."""
    return frozenset(
        plain_name(field.name)
        for field in schema
        if not _is_number(pa, _value_type(pa, field.type))
    )


def _to_csv(pa, csv, table, with_names):
    """Write a table of pyarrow as CSV."""
    file = io.BytesIO()
    columns = [_plain_column(pa, column) for column in table.columns]
    if len(columns) == 1:  # a missing value of a single column would be a blank line
        columns = [columns[0].cast(pa.string()).fill_null("")]
    options = csv.WriteOptions(include_header=with_names)
    csv.write_csv(pa.table(columns, names=table.column_names), file, options)
    return file.getvalue()


def _value_type(pa, kind):
    """Give the type of the values of a column, also if it is a dictionary of them."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_number(pa, kind):
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _plain_column(pa, column):
    """Convert a column so that pyarrow can write it to CSV.

    Values that pyarrow has no text form for are written as Python prints them.
    """
    kind = _value_type(pa, column.type)
    if kind != column.type:
        column = column.cast(kind)
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column
    try:
        text = column.cast(pa.string())
        if pa.types.is_duration(kind):  # text of whole numbers, to which the unit is added
            return pa.array([value and f"{value} {kind.unit}" for value in text.to_pylist()])
        return text
    except pa.ArrowException:  # lists, bytes
        return pa.array([None if value is None else str(value) for value in column.to_pylist()])
