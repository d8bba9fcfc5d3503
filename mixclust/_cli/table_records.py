"""The records of a table as text: delimiter, comments, header and rows."""

import contextlib
import csv
import itertools
import re

from .errors import CommandError
from .table_fields import FieldReader
from .wording import count

__all__ = ["BLANKS", "Records"]

DELIMITERS = ",;\t|"
BLANKS = " "  # the delimiter is any run of spaces and tabs; the csv module is given a tab
SAMPLED_RECORDS = 20  # from which the delimiter is found
SEPARATOR_LINE = re.compile(r'"?sep=(\\t|[^"\w\r\n])"?[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
QUOTED_OR_BLANKS = re.compile(r'("(?:[^"]|"")*")|[ \t]+')
MAX_FIELD_CHARACTERS = 2**31 - 1  # that the csv module takes on every system
OPENING_QUOTE = re.compile(r'(?:^|[ \t])"')


class Records:
    """The header of a table and the rows below it, as text.

    The text is split again each time that rows are asked for: the fields of a large table as
    separate strings would take several times as much memory as the text.

    Parameters
    ----------
    path : path-like
        The name of the table in messages.
    text : TableText
    has_header : bool or None
        True if the first record holds the names, False if it is a row. None is True.

    Attributes
    ----------
    delimiter : str
        A space means any run of blanks.
    separator_line : str
        The first line if it is like ``sep=;``, else empty.
    header : list of str
        A name for each field of a row.
    has_row_names : bool
        Whether the header of the file has no name for the first field of each row, as in tables
        that R writes.
    line_end : {"\\n", "\\r\\n"}
    skips_blanks : bool
        Whether blanks after delimiters are left out. They are if a quoted field follows some of
        them, since its quotes would otherwise be read as text.
    n_comments, n_blank_lines, n_hash_rows : int
        Skipped comments, skipped blank lines, and rows that begin with ``#``; set when all rows
        have been read.
    """

    def __init__(self, path, text, has_header=None):
        self.path = path
        self._text = text
        match = SEPARATOR_LINE.match(next(text.lines(), ""))
        self.separator_line = match[0].rstrip("\r\n") if match else ""
        self._first_line = 2 if match else 1
        self._hash_is_comment = True
        self._n_fields = self._first_record = None
        self._header_is_comment = False
        if match:
            self.delimiter = "\t" if match[1] == "\\t" else match[1]
        else:
            self.delimiter = _find_delimiter(self._sample_lines())
        self._scan()
        self.n_comments = self.n_blank_lines = self.n_hash_rows = 0
        self._find_header(has_header)

    def rows(self):
        """Iterate over the rows below the header, each as its line number and its fields.

        Rows of Parquet have no lines, and are numbered from 1.
        """
        records = itertools.islice(self._records(), self._n_before_rows, None)
        n_fields, has_lines = len(self.header), not self._text.has_names
        for row, (line, fields) in enumerate(records, 1):
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
            yield line if has_lines else row, fields

    def _lines(self):
        """Iterate over the lines below the one that names the delimiter."""
        return itertools.islice(self._text.lines(), self._first_line - 1, None)

    def _scan(self):
        """Read the whole text once: find its size, its line ends, and blanks before quotes."""
        blanks_and_quote = re.compile(rf'(?:^|{re.escape(self.delimiter)}) +"', re.MULTILINE)
        self.line_end, self.skips_blanks, self._n_characters = "\n", False, 0
        before = ""
        for block in self._text.blocks():
            self._n_characters += len(block)
            block = before + block
            if self.line_end == "\n" and "\r\n" in block:
                self.line_end = "\r\n"
            if self.delimiter != BLANKS and not self.skips_blanks:
                self.skips_blanks = blanks_and_quote.search(block) is not None
            # The character before blanks at the end, and they, may belong to a match.
            before = block[max(0, len(block.rstrip(" ")) - 1) :]

    def _find_header(self, has_header):
        """Find the header and the number of fields of a row."""
        first = list(itertools.islice(self._records(), 2))
        if not first:
            # Every line begins with "#", so the sign does not mark comments.
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
        """Extend a header that has one name less than the first row has fields."""
        if len(fields) != len(self.header) + 1:
            return
        self._counted_from = f"line {line} has"
        if fields[-1].strip():
            self.header, self.has_row_names = ["", *self.header], True
        else:
            self.header, self._ends_in_delimiter = [*self.header, ""], True

    def _commented_header(self, line, fields):
        """Find the names in a comment directly above the first record, if that is a row of numbers.

        Returns None if there is no comment, or none with a name for each field.
        """
        reader = FieldReader(".")
        if not any(map(reader.is_number, fields)):
            return None
        above = list(itertools.islice(self._lines(), line - self._first_line))
        comments = [text for text in above if text.strip()]
        if not comments:
            return None
        names = self._split(comments[-1].lstrip().removeprefix("#"))
        if len(names) != len(fields) or any(map(reader.is_number, names)):
            return None
        return [names[0] if names[0].strip() else "#", *names[1:]]

    def _split(self, line):
        """Split one line into its fields."""
        return next(_csv_reader([_plain(line, self.delimiter)], self.delimiter), [])

    def _records(self):
        """Iterate over the line number and the fields of each record, the header included."""
        lines = _Lines(self._lines(), self._first_line, self.delimiter, self._is_comment)
        largest = min(self._n_characters, MAX_FIELD_CHARACTERS)
        limit = csv.field_size_limit(max(csv.field_size_limit(), largest))
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
        # A header in a comment does not count as a comment.
        self.n_comments = lines.n_comments - self._header_is_comment
        self.n_blank_lines = lines.n_blank
        self.n_hash_rows = lines.n_hash_rows

    def _is_comment(self, number, line):
        """Tell whether a line that begins with ``#`` is a comment.

        It is if it is above the first record or does not have the number of fields of a row.
        """
        if not self._hash_is_comment:
            return False
        if self._n_fields in (None, 1) or number < self._first_record:
            return True
        if self.delimiter == BLANKS and line[1:2].isspace():
            return True
        return len(self._split(line)) != self._n_fields

    def _sample_lines(self):
        """Give the first lines that are not blank."""
        lines = itertools.islice(self._lines(), 10 * SAMPLED_RECORDS)
        return [line for line in lines if line.strip()]


class _Lines:
    """Lines for the csv module; blank lines and comments between records are skipped.

    Parameters
    ----------
    lines : iterator of str
    first_line : int
        Number of the first line.
    delimiter : str
    is_comment : callable
        ``is_comment(number, line)`` tells whether a line that begins with ``#`` is a comment.

    Attributes
    ----------
    between_records : bool
        Set to True by the reader of the lines before each record. A quoted field may hold line
        breaks, so that a record has several lines.
    start : int
        Number of the line in which the present record begins.
    """

    def __init__(self, lines, first_line, delimiter, is_comment):
        self._lines = lines
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
        for line in self._lines:
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
        """Add to a line the lines below it that belong to a quoted field still open at its end."""
        if '"' not in line or not OPENING_QUOTE.search(QUOTED_OR_BLANKS.sub(_unquoted, line)):
            return line
        lines = [line]
        for line in self._lines:
            self._number += 1
            lines.append(line)
            if line.count('"') % 2:
                break
        return "".join(lines)

    def _is_left_out(self, line):
        """Count a line that begins with ``#`` as a comment or as a row; tell whether to skip it."""
        is_comment = self._is_comment(self._number, line)
        self.n_comments += is_comment
        self.n_hash_rows += not is_comment
        return is_comment

    def _begin(self):
        """Begin a record; count the blank lines above it unless it is the first."""
        self.between_records = False
        self.start = self._number
        if self._n_blank_since:
            self.n_blank += self._n_blank_since if self._any else 0
            self._n_blank_since = 0
        self._any = True


def _csv_reader(lines, delimiter, skips_blanks=True, strict=False):
    return csv.reader(
        lines,
        delimiter="\t" if delimiter == BLANKS else delimiter,
        skipinitialspace=skips_blanks,
        strict=strict,
    )


def _unquoted(match):
    """Replace a quoted field by a letter; leave blanks as they are."""
    return "q" if match[1] else match[0]


def _plain(line, delimiter):
    """Prepare a line for the csv module: replace each run of blanks by a tab."""
    if delimiter != BLANKS:
        return line
    if '"' in line:
        return QUOTED_OR_BLANKS.sub(lambda match: match[1] or "\t", line.strip())
    return "\t".join(line.split())


def _find_delimiter(lines):
    """Find the delimiter that splits the first records most regularly.

    Blanks are tried only if no other delimiter does, since they also separate words of a text.
    """
    uncommented = [line for line in lines if not line.startswith("#")] or lines
    scores = {delimiter: _score(uncommented, delimiter) for delimiter in DELIMITERS}
    if not max(scores.values())[0]:
        scores[BLANKS] = _score(uncommented, BLANKS)
    return max(scores, key=scores.get)


def _score(lines, delimiter):
    """Rate a delimiter: regularity of the first records, share of numbers, fields of a record."""
    reader = _csv_reader([_plain(line, delimiter) for line in lines], delimiter)
    records = []
    # Damaged lines end the sample; reading the table reports them.
    with contextlib.suppress(csv.Error):
        records += itertools.islice(filter(None, reader), SAMPLED_RECORDS)
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
    """Tell whether all rows are numbers with a decimal comma, split into two fields."""
    reader = FieldReader(",")
    return len(rows[0]) == 2 and all(
        re.fullmatch(r"[+-]?\d+", row[0].strip())
        and row[1].strip().isdecimal()
        and reader.number(",".join(row)) is not None
        for row in rows
    )
