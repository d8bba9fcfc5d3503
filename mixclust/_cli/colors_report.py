"""The report that ``mixclust colors`` prints."""

import math
import os
from typing import NamedTuple

from ..images._palette_text import hex_code
from ..images._pixels import is_partly_transparent, split_alpha
from .colors_write import palette_by_share
from .files import STANDARD_STREAM, print_written
from .wording import count

__all__ = ["PictureError", "print_many", "print_report"]

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


def print_report(arguments, name, n_colors, picture, result, error, seconds, size=None):
    """Print the palette, the error, the sizes of the files, and the time of each step.

    Parameters
    ----------
    arguments : argparse.Namespace
    name : str
        The picture.
    n_colors : int
        The largest number of colours that was asked for.
    picture : Picture
    result : Quantized
    error : PictureError
    seconds : dict of str to float
        Seconds of each step.
    size : str or None
        The size in words; None gives the one of the picture.
    """
    height, width = picture.pixels.shape[:2]
    size = size or f"{width} x {height} pixels"
    order, shares = palette_by_share(result, not arguments.use)
    n_found = len(order)
    dithered = ", dithered" if arguments.dither else ""
    print(f"{name}, {size}, in {count(n_found, 'colour')}{dithered}:\n")
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
        _print_sizes(*_sizes(arguments.photo[0], arguments.output))
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


def print_many(arguments, rows, shared):
    """Print a line for each of several pictures.

    Parameters
    ----------
    arguments : argparse.Namespace
    rows : list of (pathlib.Path, pathlib.Path or None, tuple, Quantized, PictureError)
        Picture, output, shape of the pixels, result and error.
    shared : Quantized or None
        The result of all pictures, if they share a palette that was found.
    """
    if shared is not None:
        order, shares = palette_by_share(shared, True)
        print(f"{count(len(rows), 'picture')} in {count(len(order), 'colour')}:\n")
        _print_palette(shared.palette[order].tolist(), shares)
    length = max(len(str(row[0])) for row in rows)
    print(f"{'picture':{length}}  {'pixels':>13} colours  error  CIEDE2000  bytes")
    for source, output, shape, result, error in rows:
        n_colors = len(palette_by_share(result, False)[0])
        size = f"{shape[1]} x {shape[0]}"
        sizes = ""
        if output is not None:
            before, after = _sizes(source, output)
            sizes = f"  {before:,} -> {after:,}"
        print(
            f"{source!s:{length}}  {size:>13} {n_colors:7}  {error.mean_error:5.2f}  "
            f"{error.difference:9.2f}{sizes}"
        )
    if arguments.output:
        print(f"\nwrote  {count(len(rows), 'picture')} in {arguments.output}")
    print_written(*arguments.palette)


def _sizes(source, output):
    """Give the bytes of both files; 0 for a stream."""
    before = 0 if str(source) == STANDARD_STREAM else os.path.getsize(source)
    return before, os.path.getsize(output)


def _print_sizes(before, after):
    if not before:  # the picture came from a pipe, which has no size
        print(f"file   {after:,} bytes")
        return
    print(f"file   {before:,} bytes -> {after:,} bytes ({_percent(after / before)})")
    if after > before:
        print("note   the result is larger than the picture")


def _percent(share):
    return f"{100 * share:.2f} %"
