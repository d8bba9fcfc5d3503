"""``mixclust colors``: recolour a picture with few colours."""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

from .. import images
from ..images._palette_text import parse_code
from ..images._pixels import split_alpha, with_channels
from ..images._points import SPACES
from .colors_picture import read_picture
from .colors_report import PictureError, print_report
from .colors_write import (
    PALETTE_SUFFIXES,
    PICTURE_SUFFIXES,
    check_side_by_side,
    write_palette,
    write_recolored,
    write_side_by_side,
)
from .errors import CommandError, reason_of, require_package
from .files import check_input, check_outputs
from .options import add_fit_options, check_threads, whole_number

DEFAULT_COLORS = 16
MAX_COLORS = 256  # the default with --max-error


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
        metavar="N",
        help="largest number of colours, 1 to 256, a transparent one included "
        f"(default: {DEFAULT_COLORS}; {MAX_COLORS} with --max-error)",
    )
    parser.add_argument(
        "--max-error",
        type=_difference,
        metavar="E",
        help="take as few colours as are found to make the mean CIEDE2000 difference at most E",
    )
    parser.add_argument(
        "--keep",
        type=_colors,
        metavar="CODES",
        help='colours that the palette holds as they are, for example "#ff0000,#0000ff"; the '
        "others are fitted beside them",
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
        metavar="OUT.png",
        help="the palette PNG to write; not required with --palette",
    )
    parser.add_argument(
        "--palette",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="also write the palette, as .gpl, .hex, .json, .css, .ase, .aco, or as a picture of "
        "its colours, .png; may be repeated",
    )
    parser.add_argument(
        "--use",
        type=Path,
        metavar="FILE",
        help="recolour with the colours of this palette (.gpl, .hex, .json, .css, .ase or .aco) "
        "instead of clustering",
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


def _difference(text):
    """Read a mean colour difference for argparse: a finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value


def _colors(text):
    """Read hexadecimal codes that commas separate, for argparse; equal ones are one."""
    try:
        colors = [parse_code(code.strip(), "a code") for code in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, with commas between them") from None
    if any(color[3:] == (0,) for color in colors):
        raise argparse.ArgumentTypeError(
            f"{text!r} has a fully transparent colour; transparent pixels have their own entry"
        )
    if all(len(color) == 3 for color in colors):
        return np.array(list(dict.fromkeys(colors)), np.uint8)
    return np.array(list(dict.fromkeys((*color, 255)[:4] for color in colors)), np.uint8)


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
    _check_outputs(arguments)
    _check_levels(arguments.levels)
    given = _given_palette(arguments)
    watch = _StopWatch()
    picture = read_picture(arguments.photo, arguments.frame, arguments.levels)
    if arguments.compare:
        check_side_by_side(arguments.compare, picture.pixels)
    watch.end("load")
    if given is None:
        result = _quantize(picture.pixels, arguments)
    else:
        result = images.apply_palette(picture.pixels, given, space=arguments.space)
    error = _measure_error(picture, result.recolored)
    watch.end("cluster" if given is None else "recolour")
    notes = [f"{arguments.photo}: {note}" for note in picture.notes]
    notes += _write_all(arguments, picture, result)
    watch.end("write")
    if arguments.max_error is not None and error.difference > arguments.max_error:
        notes.append(
            f"{arguments.photo}: {len(result.palette)} colours leave a mean difference of "
            f"{error.difference:.2f}, more than --max-error {arguments.max_error:g}."
        )
    for note in notes:
        _print_note(note)
    print_report(arguments, _most_colors(arguments), picture, result, error, watch.seconds)


def _check_outputs(arguments):
    """Refuse, before any work, outputs that are missing or cannot be written."""
    if not (arguments.output or arguments.palette):
        raise CommandError("there is nothing to write; pass -o OUT.png or --palette FILE.")
    palettes = [("--palette", path, PALETTE_SUFFIXES) for path in arguments.palette]
    outputs = [
        ("--output", arguments.output, [".png"]),
        ("--compare", arguments.compare, PICTURE_SUFFIXES),
        *palettes,
    ]
    check_outputs(arguments.photo, "picture", outputs)
    if arguments.use:
        check_outputs(arguments.use, "palette of --use", outputs)


def _given_palette(arguments):
    """Read the palette of --use, or give None."""
    if arguments.use is None:
        return None
    for option, value in (
        ("--colors", arguments.colors),
        ("--max-error", arguments.max_error),
        ("--keep", arguments.keep),
    ):
        if value is not None:
            raise CommandError(
                f"{option} and --use exclude each other: a given palette is used whole."
            )
    check_input(arguments.use, "palette")
    try:
        return images.load_palette(arguments.use)
    except OSError as error:
        raise CommandError(f"{arguments.use}: cannot be read: {reason_of(error)}.") from None
    except ValueError as error:
        raise CommandError(str(error)) from None


def _write_all(arguments, picture, result):
    """Write the files that were asked for, and give notes about their formats."""
    notes = []
    if arguments.output:
        notes.append(
            (arguments.output, write_recolored(arguments.output, result, picture.save_options))
        )
    if arguments.compare:
        write_side_by_side(arguments.compare, picture.pixels, result, picture.save_options)
    for path in arguments.palette:
        notes.append((path, write_palette(path, result, arguments.photo.name, not arguments.use)))
    return [f"{path}: {note}" for path, note in notes if note]


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


def _quantize(image, arguments):
    """Recolour the pixels, or refuse too few colours for the entries that they must hold."""
    n_colors = _most_colors(arguments)
    alpha = split_alpha(image)[1]
    n_kept = 0 if arguments.keep is None else len(arguments.keep)
    n_clear = int(alpha is not None and 0 in alpha)
    if n_kept and n_colors < n_kept + n_clear:
        beside = " and the entry of the transparent pixels" if n_clear else ""
        raise CommandError(
            f"--colors {n_colors} is less than the {n_kept} colours of --keep{beside}; pass "
            f"--colors {n_kept + n_clear} or more."
        )
    if n_colors == 1 and n_clear and alpha.any():
        raise CommandError(
            f"{arguments.photo}: has transparent pixels, which take one entry of the "
            "palette; pass --colors 2 or more."
        )
    return images.quantize(
        image,
        n_colors,
        space=arguments.space,
        keep=arguments.keep,
        max_error=arguments.max_error,
        random_state=arguments.seed,
        n_init=arguments.n_init,
        n_threads=arguments.threads,
    )


def _most_colors(arguments):
    """Give the largest number of colours of the palette."""
    default = DEFAULT_COLORS if arguments.max_error is None else MAX_COLORS
    return default if arguments.colors is None else arguments.colors


def _measure_error(picture, recolored):
    """Compare in levels of 8 bits; 16-bit grey as it was before it was rounded to 8 bits."""
    original = picture.pixels
    if picture.levels is not None:
        original, recolored = picture.levels, recolored * np.uint16(257)
    original = with_channels(original, recolored.shape[2:])
    mean_error, psnr = images.distortion(original, recolored)
    if picture.levels is not None:
        mean_error /= 257
    return PictureError(mean_error, psnr, images.color_difference(original, recolored))
