"""Readers of the options of ``mixclust colors`` that argparse calls."""

import argparse
import math
import os.path
from pathlib import Path

import numpy as np

from ..images._dither import DITHER_METHODS
from ..images._palette_text import parse_code
from ..images._points import SPACES

__all__ = [
    "name_method",
    "read_codes",
    "read_difference",
    "read_level",
    "read_method",
    "read_space",
    "read_strength",
]


def read_space(text):
    """Read the name of a colour space."""
    if text not in SPACES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a colour space: oklab, lab or rgb")
    return text


def read_difference(text):
    """Read a mean colour difference: a finite number of at least 0."""
    value = _number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value


def read_strength(text):
    """Read the strength of a weight: a number from 0 to 1."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def name_method(arguments):
    """Join --dither and a method that follows it by "="; alone, give it the default.

    So that a picture may follow it, too: a name with a suffix, or of a file or folder that exists.
    Any other word is taken for a method, which `read_method` refuses.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    arguments : list of str
    """
    joined, rest = [], list(arguments)
    while rest:
        joined.append(rest.pop(0))
        if joined[-1] == "--":
            return joined + rest
        if joined[-1] == "--dither":
            method = rest.pop(0) if rest and _may_be_method(rest[0]) else DITHER_METHODS[0]
            joined[-1] = f"--dither={method}"
    return joined


def _may_be_method(text):
    """Tell whether the word behind --dither is no option and no picture."""
    if text in DITHER_METHODS:
        return True
    return not (text.startswith("-") or Path(text).suffix or os.path.exists(text))


def read_method(text):
    """Read the name of a method of dithering."""
    if text not in DITHER_METHODS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {' and '.join(DITHER_METHODS)}")
    return text


def read_level(text):
    """Read a level: a finite number."""
    value = _number(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def read_codes(text):
    """Read hexadecimal codes that commas separate; equal ones are one.

    Parameters
    ----------
    text : str
        For example ``#ff0000,#0000ff``.

    Returns
    -------
    colors : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        With alpha if a code has it.

    Raises
    ------
    argparse.ArgumentTypeError
        If a code is none, or fully transparent.
    """
    try:
        colors = [parse_code(code.strip(), "a code") for code in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, with commas between them") from None
    if any(color[3:] == (0,) for color in colors):
        raise argparse.ArgumentTypeError(
            f"{text!r} has a fully transparent colour; transparent pixels have their own entry"
        )
    if any(len(color) == 4 for color in colors):
        colors = [(*color, 255)[:4] for color in colors]
    return np.array(list(dict.fromkeys(colors)), np.uint8)


def _number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan
