"""The text of a file with a table, read in blocks: encodings of CSV, gzip, and Parquet."""

import codecs
import contextlib
import gzip
import io
import itertools
import os
import stat
import zlib

from .._passes.sources.files import Stamp
from .errors import CommandError, reason_of
from .files import STANDARD_STREAM, read_standard_input, shown_name
from .table_parquet import estimate_size, parquet_pieces, parquet_text

__all__ = ["TableText", "read_text"]

STREAMED_BYTES = 256 << 20
"""Tables of more text than this are streamed unless an option decides."""

GZIP_RATIO = 4
"""Text of a gzip file in units of its size, at least, where the sizes of its parts are unknown."""

BLOCK_BYTES = 1 << 20
"""Bytes that are read and decoded at a time."""

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
LONGEST_MARK = max(len(mark) for mark, _ in [*OTHER_FILES, *BYTE_ORDER_MARKS])


class TableText:
    """The text of a table, which can be read as often as needed.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    pieces : callable
        ``pieces()`` returns a generator of pairs: the next bytes of the text, and the share of
        the file that has been read, from 0 to 1.
    encoding : str
    text_columns, has_names, is_streamed, batches
        See below.

    Attributes
    ----------
    encoding : str
        Argument of `io.TextIOWrapper` that writes text in the same encoding, mark included.
    text_columns : frozenset of str
        Names of columns that the file declares as text, even if their fields look like numbers.
    has_names : bool
        Whether the first line holds the names of the columns for certain.
    is_streamed : bool
        Whether the file is read again in every pass. Otherwise its bytes are in memory.
    batches : callable or None
        For a table of Parquet, ``batches()`` iterates over it in batches of pyarrow.
    report : callable or None
        ``report(share)`` is called with the share of the text that has been used, after each block.
    """

    def __init__(
        self,
        path,
        pieces,
        encoding="utf-8",
        *,
        text_columns=frozenset(),
        has_names=False,
        is_streamed=False,
        batches=None,
    ):
        self._path, self._pieces = path, pieces
        self.encoding = encoding
        self.text_columns, self.has_names = text_columns, has_names
        self.is_streamed, self.batches = is_streamed, batches
        self.report = None

    def blocks(self):
        """Iterate over the text, without a byte-order mark, in blocks that end anywhere."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        n_lines = 0
        for piece, share in itertools.chain(self._pieces(), [(b"", 1.0)]):
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise self._damaged(error, n_lines) from None
            if "\0" in text:
                line = n_lines + text.count("\n", 0, text.index("\0")) + 1
                raise CommandError(
                    f"{self._path}: line {line} holds a NUL character, as binary files do and "
                    "UTF-16 without a byte-order mark; save the table as CSV in UTF-8."
                )
            n_lines += text.count("\n")
            if text:
                yield text
            if self.report is not None:
                self.report(share)

    def lines(self):
        """Iterate over the lines, each with its line break."""
        return itertools.chain.from_iterable(
            io.StringIO(text, newline="") for text in self._whole_lines()
        )

    def _whole_lines(self):
        """Iterate over blocks that end at the end of a line."""
        pending = []
        for block in self.blocks():
            # A "\r" at the end may be the first half of a line break.
            end = max(block.rfind("\n"), block.rfind("\r", 0, -1)) + 1
            pending.append(block[:end])
            if end:
                yield "".join(pending)
                pending = []
            pending.append(block[end:])
        yield "".join(pending)

    def _damaged(self, error, n_lines):
        """Make the error about bytes that cannot be decoded; `n_lines` lines are above them."""
        if self.encoding not in ("utf-8", "utf-8-sig"):
            return CommandError(
                f"{self._path}: is damaged {self.encoding.upper()}: {error.reason}."
            )
        line = n_lines + error.object.count(b"\n", 0, error.start) + 1
        return CommandError(
            f"{self._path}: line {line} is not UTF-8; save the table as CSV in UTF-8."
        )


def read_text(path, stream=None):
    """Open the text of a table.

    Parameters
    ----------
    path : pathlib.Path
        CSV in UTF-8, or in UTF-16 or UTF-32 with a byte-order mark, compressed by gzip or not; or
        Parquet, which is converted to CSV. The first bytes tell the kind of file; its name does
        not count. "-" is standard input.
    stream : bool or None, default=None
        Whether to read the file anew in every pass, instead of keeping it in memory; None decides
        by its size.

    Returns
    -------
    table_text : TableText

    Raises
    ------
    CommandError
        If the file cannot be read or is of another kind.
    """
    if str(path) == STANDARD_STREAM:
        if stream:
            raise CommandError("standard input can be read only once; leave out --stream.")
        return _held_text(shown_name(path), read_standard_input("table"))
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                if stream:
                    raise CommandError(
                        f"{path}: is no file that can be read several times; leave out --stream."
                    )
            elif stream is not False:
                opened = _open_stream(path, file, stream)
                if opened is not None:
                    return opened
            data = file.read()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {reason_of(error)}.") from None
    return _held_text(path, data)


def _held_text(path, data):
    """Give the text of a file that is in memory."""
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise CommandError(f"{path}: is damaged gzip: {reason_of(error)}.") from None
    options = {}
    if data.startswith(PARQUET):
        data, text_columns, batches = parquet_text(path, data)
        options = {"text_columns": text_columns, "has_names": True, "batches": batches}
    else:
        options = {"encoding": _find_encoding(path, data)}
    return TableText(path, lambda: _pieces_of(data), **options)


def _open_stream(path, file, stream):
    """Open a file that is read anew in every pass; None if it is small or cannot be."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(LONGEST_MARK)
    is_parquet, is_gzip = head.startswith(PARQUET), head.startswith(GZIP)
    if is_parquet:
        text_size = estimate_size(path)
    elif is_gzip:
        file.seek(max(0, size - 4))
        # The last four bytes are the size of the text of the last part, modulo 2**32.
        text_size = max(GZIP_RATIO * size, int.from_bytes(file.read(4), "little"))
    else:
        text_size = size
    file.seek(0)
    if not (stream or text_size > STREAMED_BYTES):
        return None
    stamp = Stamp(path)
    if is_parquet:
        pieces, text_columns, batches = parquet_pieces(path, stamp)
        options = {"text_columns": text_columns, "has_names": True, "batches": batches}
        return TableText(path, pieces, is_streamed=True, **options)

    def pieces():
        return _pieces_in(path, stamp, is_gzip)

    with contextlib.closing(pieces()) as first:
        head = next(first, (b"",))[0]
    if head.startswith(PARQUET):  # in gzip, which allows no jumps
        return None
    return TableText(path, pieces, _find_encoding(path, head), is_streamed=True)


def _find_encoding(path, data):
    """Find the encoding by the byte-order mark, or refuse another kind of file."""
    for magic, kind in OTHER_FILES:
        if data.startswith(magic):
            raise CommandError(f"{path}: is {kind}; save the table as CSV in UTF-8 or as Parquet.")
    return next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")


def _pieces_of(data):
    """Iterate over bytes in memory as `TableText` needs them."""
    for first in range(0, len(data), BLOCK_BYTES):
        yield data[first : first + BLOCK_BYTES], min(1.0, (first + BLOCK_BYTES) / len(data))


def _pieces_in(path, stamp, is_gzip):
    """Iterate over the bytes of a file, decompressed, as `TableText` needs them."""
    try:
        with open(path, "rb") as file:
            _check_unchanged(path, stamp, file)
            size = os.fstat(file.fileno()).st_size
            source = gzip.GzipFile(fileobj=file) if is_gzip else file
            while piece := source.read(BLOCK_BYTES):
                yield piece, min(1.0, file.tell() / size)
            _check_unchanged(path, stamp, file)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CommandError(f"{path}: is damaged gzip: {reason_of(error)}.") from None
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {reason_of(error)}.") from None


def _check_unchanged(path, stamp, file):
    """Refuse a file that changed since it was opened first."""
    try:
        stamp.check(file.fileno())
    except RuntimeError:
        raise CommandError(
            f"{path}: changed while it was read; start again when it is complete."
        ) from None
