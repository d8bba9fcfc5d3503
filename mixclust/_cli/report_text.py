"""Entries and tables of printed reports."""

import math
import shutil
import textwrap

import numpy as np

__all__ = [
    "NO_BREAK",
    "mean_texts",
    "print_blocks",
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


def mean_texts(means, deviation):
    """Write the means of a column, to the second digit of its smallest standard deviation.

    Parameters
    ----------
    means : ndarray of shape (n_groups,)
    deviation : float
        The smallest one, greater than 0.

    Returns
    -------
    texts : list of str
    """
    decimals = 1 - math.floor(math.log10(deviation))
    largest = np.abs(means).max()
    if decimals <= 6 and largest < 1e9:
        decimals = max(0, decimals)
        return [f"{round(float(mean), decimals) + 0.0:.{decimals}f}" for mean in means]
    digits = decimals + math.floor(math.log10(largest)) if largest > 0 else 1
    return [f"{mean:.{min(max(digits, 1), 15)}e}" for mean in means]


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


def print_blocks(left, first, columns, n_left=0):
    """Print columns of texts as tables of limited width, with a blank line between.

    Parameters
    ----------
    left : list of list of str
        The first columns.
    first : list of str
        The column with which later tables begin.
    columns : list of list of str
    n_left : int, default=0
        Number of columns that are aligned at the left, as in `print_table`.
    """
    block, width = left, line_width()
    for column in columns:
        if _width(block) + _width([column]) > width and len(block) > 1:
            print_table(zip(*block, strict=True), n_left)
            print()
            block = [first]
        block = [*block, column]
    print_table(zip(*block, strict=True), n_left)


def _width(columns):
    return sum(2 + max(map(len, column)) for column in columns)
