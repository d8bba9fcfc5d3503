"""The report that ``mixclust colors`` prints."""

import math
import os
from typing import NamedTuple

from ..images._palette_text import hex_code
from ..images._pixels import is_partly_transparent, split_alpha
from .colors_write import palette_by_share
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


def print_report(arguments, n_colors, picture, result, error, seconds):
    """Print the palette, the error, the sizes of the files, and the time of each step.

    Parameters
    ----------
    arguments : argparse.Namespace
    n_colors : int
        The largest number of colours that was asked for.
    picture : Picture
    result : Quantized
    error : PictureError
    seconds : dict of str to float
        Seconds of each step.
    """
    height, width = picture.pixels.shape[:2]
    order, shares = palette_by_share(result, not arguments.use)
    n_found = len(order)
    print(f"{arguments.photo}, {width} x {height} pixels, in {count(n_found, 'colour')}:\n")
    _print_palette(result.palette[order].tolist(), shares)
    if arguments.use:
        print(f"used   {n_found} of the {count(len(result.palette), 'colour')} of {arguments.use}")
    elif arguments.max_error is not None:
        print(f"limit  mean difference {arguments.max_error:g}, {count(n_found, 'colour')} taken")
    elif n_found < n_colors:
        depth = "" if picture.levels is None else ", in 8 bits"
        print(f"found  {count(n_found, 'colour')} in the whole picture{depth}; all are kept")
    _print_transparency(result)
    _print_error(picture.pixels, error)
    if arguments.output:
        _print_sizes(arguments)
    print("time   " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in seconds.items()))
    print_written(arguments.output, arguments.compare, *arguments.palette)


def _print_palette(colors, shares):
    """Print each colour and its share of the pixels, the largest first."""
    names = [hex_code(color) for color in colors]
    length = max(map(len, names))
    cells = [
        f"{name:{length}} {_percent(share):>8}" for name, share in zip(names, shares, strict=True)
    ]
    n_rows = -(-len(cells) // N_COLUMNS)
    for row in range(n_rows):
        print("  " + "    ".join(cells[row::n_rows]))
    print()


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
