"""The text of a file with a table: encodings of CSV, gzip, and Parquet."""

import codecs
import gzip
import io
import zlib
from typing import NamedTuple

from .errors import CommandError, reason_of, require_package
from .wording import plain_name

__all__ = ["TableText", "read_text"]

# The first bytes of files.
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
# UTF-32 comes first, because its little-endian mark begins with the mark of UTF-16.
BYTE_ORDER_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
OTHER_FILES = [
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
        The text without a byte-order mark.
    encoding : str
        Argument of `io.TextIOWrapper` that writes text in the same encoding, mark included.
    text_columns : frozenset of str
        Names of columns that the file declares as text, even if their fields look like numbers.
    has_names : bool
        Whether the first line holds the names of the columns for certain.
    """

    text: str
    encoding: str
    text_columns: frozenset = frozenset()
    has_names: bool = False


def read_text(path):
    """Read the text of a table.

    Parameters
    ----------
    path : pathlib.Path
        CSV in UTF-8, or in UTF-16 or UTF-32 with a byte-order mark, compressed by gzip or not; or
        Parquet, which is converted to CSV. The first bytes tell the kind of file; its name does
        not count.

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
        raise CommandError(f"{path}: cannot be read: {reason_of(error)}.") from None
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise CommandError(f"{path}: is damaged gzip: {reason_of(error)}.") from None
    if data.startswith(PARQUET):
        return _read_parquet(path, data)
    for magic, kind in OTHER_FILES:
        if data.startswith(magic):
            raise CommandError(f"{path}: is {kind}; save the table as CSV in UTF-8 or as Parquet.")
    return _decode(path, data)


def _decode(path, data):
    """Decode the text by its byte-order mark, or as UTF-8."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
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
    """Convert Parquet to the text of CSV."""
    pa, csv, parquet = require_package(
        f"{path}: reading Parquet",
        "pyarrow",
        "mixclust[tables]",
        "pyarrow",
        "pyarrow.csv",
        "pyarrow.parquet",
    )
    file = io.BytesIO()
    try:
        table = parquet.read_table(io.BytesIO(data))
        text_columns = frozenset(
            plain_name(field.name)
            for field in table.schema
            if not _is_number(pa, _value_type(pa, field.type))
        )
        columns = [_plain_column(pa, column) for column in table.columns]
        if len(columns) == 1:  # a missing value of a single column would be a blank line
            columns = [columns[0].cast(pa.string()).fill_null("")]
        csv.write_csv(pa.table(columns, names=table.column_names), file)
    except (pa.ArrowException, OSError) as error:
        raise CommandError(f"{path}: cannot be read as Parquet: {reason_of(error)}.") from None
    return TableText(file.getvalue().decode("utf-8"), "utf-8", text_columns, has_names=True)


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
