"""Entries and tables of printed reports."""

import math
import shutil
import textwrap

__all__ = [
    "NO_BREAK",
    "columns_in_blocks",
    "print_entry",
    "print_table",
    "printable",
    "share_text",
]

WIDTH_RANGE = 80, 100  # characters of a line: the width of the terminal within these limits
INDENT = " " * 10  # of the later lines of an entry
NO_BREAK = "\0"  # in place of a space in an option, so that no line break divides the option


def line_width():
    """Number of characters of a line; the upper limit if no terminal tells its width."""
    low, high = WIDTH_RANGE
    return min(max(shutil.get_terminal_size((high, 24)).columns, low), high)


def print_entry(text, indent=INDENT):
    """Print a text in lines of limited width, the later ones indented.

    Parameters
    ----------
    text : str
        A `NO_BREAK` in it is printed as a space.
    indent : str, default=10 spaces
    """
    filled = textwrap.fill(
        text,
        line_width(),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    print(filled.replace(NO_BREAK, " "))


def columns_in_blocks(left, first, columns):
    """Divide columns of text into blocks of limited width.

    Parameters
    ----------
    left : list of list of str
        Columns at the left of the first block.
    first : list of str
        The column at the left of each later block.
    columns : iterable of list of str

    Yields
    ------
    block : list of list of str
    """
    block, width = left, line_width()
    for column in columns:
        if _width(block) + _width([column]) > width and len(block) > 1:
            yield block
            block = [first]
        block = [*block, column]
    yield block


def _width(columns):
    return sum(2 + max(map(len, column)) for column in columns)


def print_table(rows, n_left=0):
    """Print rows of texts.

    Parameters
    ----------
    rows : iterable of sequence of str
    n_left : int, default=0
        Number of columns that are aligned at the left; the others are aligned at the right.
    """
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            f"  {text:{'<' if j < n_left else '>'}{width}}"
            for j, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        print("".join(cells).rstrip())


def printable(text, max_length):
    """Write a text from a table in a cell: cut, and without signs that control a terminal."""
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return text if len(text) <= max_length else f"{text[: max_length - 3]}..."


def share_text(share):
    """Write a share with three decimals; one that would show as 0 is ``<0.001``, NaN is ``-``.

    Parameters
    ----------
    share : float

    Returns
    -------
    text : str
    """
    if math.isnan(share):
        return "-"
    return "<0.001" if 0 < share < 0.0005 else f"{share:.3f}"
