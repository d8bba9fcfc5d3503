"""Entries and tables of printed reports."""

import math
import textwrap

__all__ = ["print_entry", "print_table", "share_text"]

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
