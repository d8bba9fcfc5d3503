"""Entries and tables of printed reports."""

import math
import textwrap

import numpy as np

__all__ = ["mean_texts", "print_blocks", "print_entry", "print_table", "share_text"]

WIDTH = 100  # characters of a line
INDENT = " " * 10  # of the later lines of an entry


def print_entry(text):
    """Print a text in lines of at most `WIDTH` characters, the later ones indented.

    Parameters
    ----------
    text : str
    """
    print(
        textwrap.fill(
            text, WIDTH, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
        )
    )


def print_table(rows):
    """Print rows of texts with right-aligned columns.

    Parameters
    ----------
    rows : iterable of sequence of str
    """
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "".join(f"  {text:>{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        )


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


def print_blocks(left, numbers, columns):
    """Print columns of texts as tables of at most `WIDTH` characters, with a blank line between.

    Parameters
    ----------
    left : list of list of str
        The first columns.
    numbers : list of str
        The column with which later tables begin.
    columns : list of list of str
    """
    block = left
    for column in columns:
        if _width(block) + _width([column]) > WIDTH and len(block) > 1:
            print_table(zip(*block, strict=True))
            print()
            block = [numbers]
        block = [*block, column]
    print_table(zip(*block, strict=True))


def _width(columns):
    return sum(2 + max(map(len, column)) for column in columns)
