"""``mixclust colors``: recolour a picture with few colours."""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

from .. import images
from ..images._pixels import split_alpha
from ..images._points import SPACES
from .colors_picture import read_picture
from .colors_report import PictureError, print_report
from .errors import CommandError, require_package
from .files import check_outputs, open_output
from .options import add_fit_options, check_threads, whole_number

PICTURE_SUFFIXES = [".png", ".jpg", ".jpeg"]
GAP_IN_PIXELS = 8  # between the two pictures of --compare
MAX_JPEG_PIXELS = 65_500  # of a side; the limit of libjpeg


def add_command(commands):
    """Add the parser of ``colors`` to the sub-parsers."""
    parser = commands.add_parser(
        "colors",
        allow_abbrev=False,
        help="recolour a picture with few colours",
        description="Recolour a picture with a few colours that k-means finds, and write it "
        "as a palette PNG.",
    )
    parser.add_argument(
        "photo",
        metavar="PHOTO",
        type=Path,
        help="the picture: PNG, JPEG or any other format that pillow reads",
    )
    parser.add_argument(
        "--colors",
        type=whole_number(1, 256),
        default=16,
        metavar="N",
        help="largest number of colours, 1 to 256, a transparent one included (default: 16)",
    )
    parser.add_argument(
        "--space",
        type=_space,
        default="oklab",
        metavar="SPACE",
        help="the colour space of distances: oklab, lab or rgb; the first two make the "
        "difference to the eye small, rgb the error of levels (default: oklab)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT.png",
        help="the palette PNG to write",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="SIDE",
        help="also write both pictures side by side, as .png or .jpg",
    )
    parser.add_argument(
        "--frame",
        type=whole_number(1),
        metavar="N",
        help="number of the frame or page to read from a file of several (default: 1)",
    )
    parser.add_argument(
        "--levels",
        type=_level,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="the levels of black and of white, for grey of more than 8 bits (default: the first "
        "range of 8, 10, 12, 14 or 16 bits that holds all levels; 0 to 1 for floating point)",
    )
    add_fit_options(parser)
    parser.set_defaults(run=run)


def _space(text):
    """Read the name of a colour space for argparse."""
    if text not in SPACES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a colour space: oklab, lab or rgb")
    return text


def _level(text):
    """Read a level for argparse: a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def run(arguments):
    """Recolour a picture as the arguments say, and print a report."""
    require_package("reading pictures", "pillow", "mixclust[images]", "PIL.Image")
    check_threads(arguments.threads)
    outputs = [
        ("--output", arguments.output, [".png"]),
        ("--compare", arguments.compare, PICTURE_SUFFIXES),
    ]
    check_outputs(arguments.photo, "picture", outputs)
    _check_levels(arguments.levels)
    watch = _StopWatch()
    picture = read_picture(arguments.photo, arguments.frame, arguments.levels)
    image = picture.pixels
    if arguments.compare:
        _check_side_by_side(arguments.compare, image)
    watch.end("load")
    result = _quantize(image, arguments)
    error = _measure_error(picture, result.recolored)
    watch.end("cluster")
    _write_palette_png(arguments.output, result, picture.save_options)
    if arguments.compare:
        _write_side_by_side(arguments.compare, image, result, picture.save_options)
    watch.end("write")
    for note in picture.notes:
        _print_note(f"{arguments.photo}: {note}")
    print_report(arguments, picture, result, error, watch.seconds)


def _print_note(text):
    """Print a note on standard error, unless it is closed."""
    if sys.stderr is not None:
        print(f"mixclust: note: {text}", file=sys.stderr)


class _StopWatch:
    """Seconds of consecutive steps, by the name of the step."""

    def __init__(self):
        self.seconds = {}
        self._start = time.perf_counter()

    def end(self, step):
        """End a step, and begin the next."""
        now = time.perf_counter()
        self.seconds[step], self._start = now - self._start, now


def _check_levels(levels):
    if levels and not levels[0] < levels[1]:
        raise CommandError(
            f"--levels {levels[0]:g} {levels[1]:g}: the first must be below the second."
        )


def _check_side_by_side(path, original):
    """Refuse a JPEG if both pictures side by side exceed its largest size."""
    height, width = original.shape[:2]
    width = 2 * width + GAP_IN_PIXELS
    if path.suffix.lower() != ".png" and max(width, height) > MAX_JPEG_PIXELS:
        raise CommandError(
            f"{path}: both pictures side by side are {width:,} x {height:,} pixels, but a JPEG "
            f"has at most {MAX_JPEG_PIXELS:,} a side; name a .png."
        )


def _quantize(image, arguments):
    """Recolour the pixels, or refuse one colour for transparent and visible pixels."""
    alpha = split_alpha(image)[1]
    if arguments.colors == 1 and alpha is not None and 0 in alpha and alpha.any():
        raise CommandError(
            f"{arguments.photo}: has transparent pixels, which take one entry of the "
            "palette; pass --colors 2 or more."
        )
    return images.quantize(
        image,
        arguments.colors,
        space=arguments.space,
        random_state=arguments.seed,
        n_init=arguments.n_init,
        n_threads=arguments.threads,
    )


def _measure_error(picture, recolored):
    """Compare in levels of 8 bits; 16-bit grey as it was before it was rounded to 8 bits."""
    original = picture.pixels
    if picture.levels is not None:
        original, recolored = picture.levels, recolored * np.uint16(257)
    mean_error, psnr = images.distortion(original, recolored)
    if picture.levels is not None:
        mean_error /= 257
    return PictureError(mean_error, psnr, images.color_difference(original, recolored))


def _write_palette_png(path, result, save_options):
    """Write a PNG of mode P; each entry of the palette has its own alpha."""
    from PIL import Image

    output = Image.fromarray(result.labels)
    output.putpalette(result.palette[:, :3].tobytes())
    if result.palette.shape[1] == 4 and result.palette[:, 3].min() < 255:
        save_options = {**save_options, "transparency": result.palette[:, 3].tobytes()}
    _save(output, path, "PNG", **save_options)


def _write_side_by_side(path, image, result, save_options):
    """Write the original on the left and the recoloured picture on the right, over white."""
    from PIL import Image

    height, width = image.shape[:2]
    canvas = Image.new("RGB", (2 * width + GAP_IN_PIXELS, height), "white")
    for pixels, left in ((image, 0), (result.recolored, width + GAP_IN_PIXELS)):
        side = Image.fromarray(pixels)
        canvas.paste(side, (left, 0), side if side.mode == "RGBA" else None)
    if path.suffix.lower() == ".png":
        _save(canvas, path, "PNG", **save_options)
    else:
        options = {k: v for k, v in save_options.items() if k in ("icc_profile", "dpi")}
        _save(canvas, path, "JPEG", quality=85, **options)


def _save(picture, path, kind, **options):
    with open_output(path) as file:
        picture.save(file, kind, **options)
