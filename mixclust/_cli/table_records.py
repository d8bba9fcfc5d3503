"""The records of a table's text: delimiter, comments, the header and the rows below it."""

import contextlib
import csv
import io
import itertools
import re

from .options import CommandError
from .table_fields import FieldReader

__all__ = ["Records", "count"]

DELIMITERS = ",;\t|"
BLANKS = " "  # runs of spaces and tabs, which are as one tab to the csv module
SAMPLE = 20  # records that show the delimiter
SEPARATOR_LINE = re.compile(r'"?sep=(\\t|[^"\w\r\n])"?[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
QUOTED_OR_BLANKS = re.compile(r'("(?:[^"]|"")*")|[ \t]+')
OPENING_QUOTE = re.compile(r'(?:^|[ \t])"')


class Records:
    """The header of a table and the rows below it, as text.

    The text stays as it is and is split again whenever rows are asked for: as Python strings, the
    fields of a large table would take several times its memory.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    text : str
    has_header : bool or None
        Whether the first record holds the names. None: it does, and may not be all numbers.

    Attributes
    ----------
    delimiter : str
        A space stands for any run of blanks.
    separator_line : str
        The first line if it is ``sep=;`` or alike, else empty.
    header : list of str
        As many names as a row has fields.
    has_row_names : bool
        Whether the header had no name for the first field of each row, as R writes tables.
    skips_blanks : bool
        Whether blanks behind delimiters are left out. They are where a quoted field follows some:
        its quotes would be part of the text otherwise.
    n_comments, n_blank_lines, n_hash_rows : int
        Lines that were passed over, and rows that begin with ``#``, once all rows have been read.
    """

    def __init__(self, path, text, has_header=None):
        self.path = path
        match = SEPARATOR_LINE.match(text)
        self.separator_line = match[0].rstrip("\r\n") if match else ""
        self._start, self._first_line = (match.end(), 2) if match else (0, 1)
        self._text = text
        self._hash_is_comment = True
        self._n_fields = self._first_record = None
        self._header_is_comment = False
        if match:
            self.delimiter = "\t" if match[1] == "\\t" else match[1]
        else:
            self.delimiter = _find_delimiter(self._sample_lines())
        blanks_and_quote = rf'(?:^|{re.escape(self.delimiter)}) +"'
        self.skips_blanks = (
            self.delimiter != BLANKS and re.search(blanks_and_quote, text, re.MULTILINE) is not None
        )
        self.n_comments = self.n_blank_lines = self.n_hash_rows = 0
        self._find_header(has_header)

    def rows(self):
        """Line number and fields of each row below the header."""
        records = self._records()
        n_fields = len(self.header)
        for line, fields in itertools.islice(records, self._n_before_rows, None):
            if len(fields) != n_fields:
                raise CommandError(
                    f"{self.path}: line {line} has {count(len(fields), 'field')}, "
                    f"but {self._counted_from} {n_fields}; correct the line, or begin "
                    "lines that are no rows with #."
                )
            if self._ends_in_delimiter and fields[-1].strip():
                raise CommandError(
                    f"{self.path}: line {line} has {count(n_fields, 'field')}, but the header "
                    f"has {n_fields - 1}, and the rows above end in an empty field; correct the "
                    "line, or name all columns in the header."
                )
            yield line, fields

    def _find_header(self, has_header):
        """Find the names, and how many fields a row has."""
        first = list(itertools.islice(self._records(), 2))
        if not first:
            # Every line begins with "#": then it is no sign of a comment.
            self._hash_is_comment = False
            first = list(itertools.islice(self._records(), 2))
        if not first:
            raise CommandError(f"{self.path}: is empty.")
        line, fields = first[0]
        commented = self._commented_header(line, fields) if has_header is not False else None
        self._header_is_comment = commented is not None
        self.has_row_names = self._ends_in_delimiter = False
        if has_header is False:
            self.header, self._n_before_rows = [f"x{j + 1}" for j in range(len(fields))], 0
            self._counted_from = f"line {line} has"
        elif commented:
            self.header, self._n_before_rows = commented, 0
            self._counted_from = "the header has"
        else:
            self.header, self._n_before_rows = fields, 1
            self._counted_from = "the header has"
            if len(first) == 2:
                self._compare(*first[1])
        self._n_fields, self._first_record = len(self.header), line

    def _compare(self, line, fields):
        """Look for one field more in the first row than in the header."""
        if len(fields) != len(self.header) + 1:
            return
        self._counted_from = f"line {line} has"
        if fields[-1].strip():
            self.header, self.has_row_names = ["", *self.header], True
        else:
            self.header, self._ends_in_delimiter = [*self.header, ""], True

    def _commented_header(self, line, fields):
        """The names in the comment right above the first record, if that record is a row."""
        reader = FieldReader(".")
        if not any(map(reader.is_number, fields)):
            return None
        lines = io.StringIO(self._text[self._start :], newline="")
        above = list(itertools.islice(lines, line - self._first_line))
        comments = [text for text in above if text.strip()]
        if not comments:
            return None
        names = self._split(comments[-1].lstrip().removeprefix("#"))
        if len(names) != len(fields) or any(map(reader.is_number, names)):
            return None
        return [names[0] if names[0].strip() else "#", *names[1:]]

    def _split(self, line):
        """The fields of one line."""
        return next(_csv_reader([_plain(line, self.delimiter)], self.delimiter), [])

    def _records(self):
        """Line number and fields of each record, the header's first."""
        lines = _Lines(
            self._text[self._start :], self._first_line, self.delimiter, self._is_comment
        )
        limit = csv.field_size_limit(max(csv.field_size_limit(), len(self._text)))
        try:
            reader = _csv_reader(lines, self.delimiter, self.skips_blanks, strict=True)
            while True:
                lines.between_records = True
                try:
                    fields = next(reader, None)
                except csv.Error as error:
                    raise CommandError(
                        f"{self.path}: line {lines.start}: {error}; close each quoted field, and "
                        "double the quotes that are part of its text."
                    ) from None
                if fields is None:
                    break
                yield lines.start, fields
        finally:
            csv.field_size_limit(limit)
        # The commented header is no comment.
        self.n_comments = lines.n_comments - self._header_is_comment
        self.n_blank_lines = lines.n_blank
        self.n_hash_rows = lines.n_hash_rows

    def _is_comment(self, number, line):
        """Whether a line that begins with ``#`` is above the table or is no row of it."""
        if not self._hash_is_comment:
            return False
        if self._n_fields in (None, 1) or number < self._first_record:
            return True
        if self.delimiter == BLANKS and line[1:2].isspace():
            return True
        return len(self._split(line)) != self._n_fields

    def _sample_lines(self):
        """Lines at the beginning, without comments."""
        lines = io.StringIO(self._text[self._start :], newline="")
        return [line for line in itertools.islice(lines, 10 * SAMPLE) if line.strip()]


class _Lines:
    """Lines for the csv module; between records, blank lines and comments are passed over.

    Attributes
    ----------
    between_records : bool
        Set by the reader of the lines; a quoted field may hold further lines.
    start : int
        Number of the line in which the last record begins.
    """

    def __init__(self, text, first_line, delimiter, is_comment):
        self._file = io.StringIO(text, newline="")
        self._delimiter = delimiter
        self._is_comment = is_comment
        self._number = first_line - 1
        self._n_blank_since = 0
        self._any = False
        self.between_records = True
        self.start = first_line
        self.n_blank = self.n_comments = self.n_hash_rows = 0

    def __iter__(self):
        blanks = self._delimiter == BLANKS
        for line in self._file:
            self._number += 1
            if self.between_records:
                if line[0] == "#" and self._is_left_out(line):
                    continue
                if line.isspace():
                    self._n_blank_since += 1
                    continue
                self._begin()
            yield _plain(self._close_quotes(line), self._delimiter) if blanks else line

    def _close_quotes(self, line):
        """The line, and the lines below it that belong to a quoted field which it leaves open."""
        if '"' not in line or not OPENING_QUOTE.search(QUOTED_OR_BLANKS.sub(_unquoted, line)):
            return line
        lines = [line]
        for line in self._file:
            self._number += 1
            lines.append(line)
            if line.count('"') % 2:
                break
        return "".join(lines)

    def _is_left_out(self, line):
        """Count a line that begins with ``#``, as a comment or as a row."""
        is_comment = self._is_comment(self._number, line)
        self.n_comments += is_comment
        self.n_hash_rows += not is_comment
        return is_comment

    def _begin(self):
        """Begin a record; blank lines count between records, not above or below all of them."""
        self.between_records = False
        self.start = self._number
        if self._n_blank_since:
            self.n_blank += self._n_blank_since if self._any else 0
            self._n_blank_since = 0
        self._any = True


def count(n, noun):
    """A number and its noun, such as ``1 field`` or ``2 fields``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _csv_reader(lines, delimiter, skips_blanks=True, strict=False):
    return csv.reader(
        lines,
        delimiter="\t" if delimiter == BLANKS else delimiter,
        skipinitialspace=skips_blanks,
        strict=strict,
    )


def _unquoted(match):
    """Leave blanks as they are, and put a letter in the place of a quoted field."""
    return "q" if match[1] else match[0]


def _plain(line, delimiter):
    """A line as the csv module reads it: runs of blanks are one tab."""
    if delimiter != BLANKS:
        return line
    if '"' in line:
        return QUOTED_OR_BLANKS.sub(lambda match: match[1] or "\t", line.strip())
    return "\t".join(line.split())


def _find_delimiter(lines):
    """The delimiter that splits the first records most regularly.

    Blanks come last: they are also between the words of a text.
    """
    uncommented = [line for line in lines if not line.startswith("#")] or lines
    scores = {delimiter: _score(uncommented, delimiter) for delimiter in DELIMITERS}
    if not max(scores.values())[0]:
        scores[BLANKS] = _score(uncommented, BLANKS)
    return max(scores, key=scores.get)


def _score(lines, delimiter):
    """How regular the first records are, what share of their fields are numbers, and how many."""
    reader = _csv_reader([_plain(line, delimiter) for line in lines], delimiter)
    records = []
    # The lines before any damage can still tell; reading the table names the damage.
    with contextlib.suppress(csv.Error):
        records += itertools.islice(filter(None, reader), SAMPLE)
    if not records:
        return (0, 0.0, 1)
    header, rows = records[0], records[1:] or records
    n_fields = len(rows[0])
    if {len(row) for row in rows} != {n_fields} or len(header) not in (n_fields, n_fields - 1):
        return (0, 0.0, len(header))
    if n_fields == 1:
        return (0, 0.0, 1)
    if delimiter == "," and len(header) == 1 and _are_decimals(rows):
        return (-1, 0.0, 1)
    readers = [FieldReader(".")] if delimiter == "," else [FieldReader("."), FieldReader(",")]
    n_numbers = sum(
        any(reader.number(field) is not None for reader in readers) for row in rows for field in row
    )
    regularity = 2 if len(header) == n_fields else 1
    return (regularity, n_numbers / (n_fields * len(rows)), n_fields)


def _are_decimals(rows):
    """Whether rows of two fields are numbers with a decimal comma."""
    reader = FieldReader(",")
    return len(rows[0]) == 2 and all(
        re.fullmatch(r"[+-]?\d+", row[0].strip())
        and row[1].strip().isdecimal()
        and reader.number(",".join(row)) is not None
        for row in rows
    )
