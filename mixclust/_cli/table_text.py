"""The text of a table's file: gzip, Parquet, and the encodings that programs write."""

import codecs
import gzip
import io
import zlib
from typing import NamedTuple

from .options import CommandError

__all__ = ["TableText", "plain_name", "read_text"]

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
REFUSED = [
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"ARROW1", "an Arrow file"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ\x00", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF document"),
]


class TableText(NamedTuple):
    """The text of a table.

    Attributes
    ----------
    text : str
        Without a byte-order mark.
    encoding : str
        What `io.TextIOWrapper` takes to write text as this one was, mark included.
    text_columns : frozenset of str
        Columns that the file declares to be no numbers, whatever their fields look like.
    has_names : bool
        Whether the first line is known to hold the names of the columns.
    """

    text: str
    encoding: str
    text_columns: frozenset = frozenset()
    has_names: bool = False


def plain_name(text):
    """The name of a column in one line, as messages print it and options take it."""
    return " ".join(text.split())


def read_text(path):
    """Read the text of a table.

    Parameters
    ----------
    path : pathlib.Path
        CSV in UTF-8, or in UTF-16 or UTF-32 with a byte-order mark, compressed by gzip or not; or
        Parquet, which becomes CSV. The contents tell which, not the name.

    Returns
    -------
    table_text : TableText

    Raises
    ------
    CommandError
        If the file cannot be read or is of another kind.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}.") from None
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise CommandError(f"{path}: is damaged gzip: {str(error).rstrip('.')}.") from None
    if data.startswith(PARQUET):
        return _read_parquet(path, data)
    for magic, kind in REFUSED:
        if data.startswith(magic):
            raise CommandError(f"{path}: is {kind}; save the table as CSV in UTF-8 or as Parquet.")
    return _decode(path, data)


def _decode(path, data):
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise CommandError(f"{path}: is damaged {encoding.upper()}: {error.reason}.") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"{path}: line {line} is not UTF-8; save the table as CSV in UTF-8."
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CommandError(
            f"{path}: line {line} holds a NUL character, as binary files do and UTF-16 without a "
            "byte-order mark; save the table as CSV in UTF-8."
        )
    return TableText(text, encoding)


def _read_parquet(path, data):
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ImportError:
        raise CommandError(
            f"{path}: reading Parquet needs pyarrow, which is not installed; run: "
            "pip install 'mixclust[tables]'"
        ) from None
    file = io.BytesIO()
    try:
        table = parquet.read_table(io.BytesIO(data))
        text_columns = frozenset(
            plain_name(field.name)
            for field in table.schema
            if not _is_number(pa, _value_type(pa, field.type))
        )
        columns = [_plain_column(pa, column) for column in table.columns]
        if len(columns) == 1:  # of which a missing value would be a blank line
            columns = [columns[0].cast(pa.string()).fill_null("")]
        csv.write_csv(pa.table(columns, names=table.column_names), file)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise CommandError(f"{path}: cannot be read as Parquet: {reason}.") from None
    return TableText(file.getvalue().decode("utf-8"), "utf-8", text_columns, has_names=True)


def _value_type(pa, kind):
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_number(pa, kind):
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _plain_column(pa, column):
    """A column that pyarrow writes to CSV; values without a text form as Python shows them."""
    kind = _value_type(pa, column.type)
    if kind != column.type:
        column = column.cast(kind)
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column
    try:
        text = column.cast(pa.string())
        if pa.types.is_duration(kind):  # whole numbers of a unit
            return pa.array([value and f"{value} {kind.unit}" for value in text.to_pylist()])
        return text
    except pa.ArrowException:  # lists, bytes
        return pa.array([None if value is None else str(value) for value in column.to_pylist()])
