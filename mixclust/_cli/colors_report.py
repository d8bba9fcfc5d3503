"""The report that ``mixclust colors`` prints."""

import math
import os
from typing import NamedTuple

import numpy as np

from ..images._pixels import is_partly_transparent, split_alpha
from .files import print_written
from .wording import count

__all__ = ["PictureError", "print_report"]

N_COLUMNS = 4  # of the palette


class PictureError(NamedTuple):
    """The error of a recoloured picture.

    Attributes
    ----------
    mean_error, psnr : float
        As in `mixclust.images.Distortion`, in levels of 8 bits.
    difference : float
        Mean CIEDE2000 difference.
    """

    mean_error: float
    psnr: float
    difference: float


def print_report(arguments, picture, result, error, seconds):
    """Print the palette, the error, the sizes of the files, and the time of each step.

    Parameters
    ----------
    arguments : argparse.Namespace
    picture : Picture
    result : Quantized
    error : PictureError
    seconds : dict of str to float
        Seconds of each step.
    """
    height, width = picture.pixels.shape[:2]
    n_found = len(result.palette)
    print(f"{arguments.photo}, {width} x {height} pixels, in {count(n_found, 'colour')}:\n")
    _print_palette(result)
    if n_found < arguments.colors:
        depth = "" if picture.levels is None else ", in 8 bits"
        print(f"found  {count(n_found, 'colour')} in the whole picture{depth}; all are kept")
    _print_transparency(result)
    _print_error(picture.pixels, error)
    _print_sizes(arguments)
    print("time   " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in seconds.items()))
    print_written(arguments.output, arguments.compare)


def _print_palette(result):
    """Print each colour and its share of the pixels, the largest first."""
    counts = np.bincount(result.labels.ravel(), minlength=len(result.palette))
    names = [_hex_code(entry) for entry in result.palette]
    length = max(map(len, names))
    cells = [
        f"{names[k]:{length}} {_percent(counts[k] / counts.sum()):>8}"
        for k in np.argsort(-counts, kind="stable")
    ]
    n_rows = -(-len(cells) // N_COLUMNS)
    for row in range(n_rows):
        print("  " + "    ".join(cells[row::n_rows]))
    print()


def _hex_code(entry):
    """Write #rrggbb, or #rrggbbaa for a colour that is not opaque."""
    return "#" + bytes(entry[:3] if entry[3:].tolist() in ([], [255]) else entry).hex()


def _print_transparency(result):
    alpha = result.palette[:, 3:]
    n_clear, n_partly = (alpha == 0).sum(), ((alpha > 0) & (alpha < 255)).sum()
    if n_clear or n_partly:
        print(f"alpha  {count(n_clear, 'colour')} fully transparent, {n_partly} partly")


def _print_error(image, error):
    if math.isnan(error.mean_error):
        print("error  none: every pixel is transparent")
        return
    alpha = split_alpha(image)[1]
    is_partly = alpha is not None and is_partly_transparent(alpha)
    background = ", over black or over white, the worse of both" if is_partly else ""
    print(f"error  mean {error.mean_error:.2f} of 255, PSNR {error.psnr:.2f} dB{background}")
    print(f"colour mean difference {error.difference:.2f} (CIEDE2000; 1 is just noticeable)")


def _print_sizes(arguments):
    before, after = os.path.getsize(arguments.photo), os.path.getsize(arguments.output)
    if not before:  # the picture came from a pipe, which has no size
        print(f"file   {after:,} bytes")
        return
    print(f"file   {before:,} bytes -> {after:,} bytes ({_percent(after / before)})")
    if after > before:
        print("note   the result is larger than the picture")


def _percent(share):
    return f"{100 * share:.2f} %"
