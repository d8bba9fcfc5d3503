"""``python -m mixclust colors``: a photograph in few colours."""

import argparse
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

from .. import images
from .colors_read import read_picture
from .options import (
    CommandError,
    add_fit_options,
    check_output,
    check_threads,
    open_output,
    whole_number,
)

COLUMNS = 4
GAP = 8  # pixels between the two pictures of --compare
JPEG_LIMIT = 65_500  # pixels a side, of libjpeg


def add_command(commands):
    """Add the parser of ``colors`` to the sub-parsers."""
    parser = commands.add_parser(
        "colors",
        allow_abbrev=False,
        help="recolour a picture with few colours",
        description="Recolour a picture with the few colours that k-means finds, and write it "
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
        help="number of colours at most, 1 to 256, a transparent one included (default: 16)",
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
        help="the frame or page to take from a file of several (default: the first)",
    )
    parser.add_argument(
        "--levels",
        type=_level,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="levels that are shown black and white, for grey of more than 8 bits (default: the "
        "range of 8, 10, 12, 14 or 16 bits that holds them; 0 to 1 for floating point)",
    )
    add_fit_options(parser)
    parser.set_defaults(run=run)


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
    _require_pillow()
    check_threads(arguments.threads)
    _check_outputs(arguments)
    _check_levels(arguments.levels)
    clock = _Clock()
    picture = read_picture(arguments.photo, arguments.frame, arguments.levels)
    image = picture.pixels
    if arguments.compare:
        _check_side_by_side(arguments.compare, image)
    clock.lap("load")
    result = _quantize(image, arguments)
    distortion = _distortion(picture, result.recolored)
    clock.lap("cluster")
    _write_palette_png(arguments.output, result, picture.save_options)
    if arguments.compare:
        _write_side_by_side(arguments.compare, image, result, picture.save_options)
    clock.lap("write")
    for note in picture.notes:
        _say(f"{arguments.photo}: {note}")
    _print_report(arguments, picture, result, distortion, clock)


def _say(text):
    """Print a line on standard error, if there is one."""
    if sys.stderr is not None:
        print(f"mixclust: note: {text}", file=sys.stderr)


class _Clock:
    """Times of consecutive phases, in seconds."""

    def __init__(self):
        self.laps = {}
        self.last = time.perf_counter()

    def lap(self, name):
        now = time.perf_counter()
        self.laps[name], self.last = now - self.last, now


def _require_pillow():
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise CommandError(
            "reading pictures needs pillow, which is not installed; run: "
            "pip install 'mixclust[images]'"
        ) from None


def _check_outputs(arguments):
    """Refuse, before any work, outputs that could not be written after it."""
    check_output(arguments.output, arguments.photo, "picture", [".png"])
    if arguments.compare:
        check_output(arguments.compare, arguments.photo, "picture", [".png", ".jpg", ".jpeg"])
        if os.path.realpath(arguments.compare) == os.path.realpath(arguments.output):
            raise CommandError(
                f"--compare and --output are both {arguments.output}; give two names."
            )


def _check_levels(levels):
    if levels and not levels[0] < levels[1]:
        raise CommandError(
            f"--levels {levels[0]:g} {levels[1]:g}: the first must be below the second."
        )


def _check_side_by_side(path, original):
    """Refuse two pictures that a JPEG cannot hold side by side."""
    height, width = original.shape[:2]
    width = 2 * width + GAP
    if path.suffix.lower() != ".png" and max(width, height) > JPEG_LIMIT:
        raise CommandError(
            f"{path}: both pictures side by side are {width:,} x {height:,} pixels, but a JPEG "
            f"has at most {JPEG_LIMIT:,} a side; name a .png."
        )


def _quantize(image, arguments):
    if arguments.colors == 1 and image.shape[2:] == (4,):
        alpha = image[:, :, 3]
        if (alpha == 0).any() and (alpha > 0).any():
            raise CommandError(
                f"{arguments.photo}: has transparent pixels, which take one entry of the "
                "palette; pass --colors 2 or more."
            )
    return images.quantize(
        image,
        arguments.colors,
        random_state=arguments.seed,
        n_init=arguments.n_init,
        n_threads=arguments.threads,
    )


def _distortion(picture, recolored):
    """Compare with the levels of 16 bits where the picture has them; in units of 8-bit levels."""
    if picture.levels is None:
        return images.distortion(picture.pixels, recolored)
    distortion = images.distortion(picture.levels, recolored * np.uint16(257))
    return distortion._replace(mean_error=distortion.mean_error / 257)


def _write_palette_png(path, result, save_options):
    """Write a PNG of mode P; its palette entries hold an alpha of their own."""
    from PIL import Image

    output = Image.fromarray(result.labels)
    output.putpalette(result.palette[:, :3].tobytes())
    if result.palette.shape[1] == 4 and result.palette[:, 3].min() < 255:
        save_options = {**save_options, "transparency": result.palette[:, 3].tobytes()}
    _save(output, path, "PNG", **save_options)


def _write_side_by_side(path, image, result, save_options):
    """Write the original, left, and the recoloured picture, right, on white."""
    from PIL import Image

    height, width = image.shape[:2]
    canvas = Image.new("RGB", (2 * width + GAP, height), "white")
    for pixels, left in ((image, 0), (result.recolored, width + GAP)):
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


def _print_report(arguments, picture, result, distortion, clock):
    height, width = picture.pixels.shape[:2]
    n_found = len(result.palette)
    print(f"{arguments.photo}, {width} x {height} pixels, in {_colors(n_found)}:\n")
    _print_palette(result)
    if n_found < arguments.colors:
        depth = "" if picture.levels is None else ", in 8 bits"
        print(f"found  {_colors(n_found)} in the whole picture{depth}; all are kept")
    _print_transparency(result)
    _print_error(picture.pixels, distortion)
    _print_sizes(arguments)
    print("time   " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in clock.laps.items()))
    written = [str(path) for path in (arguments.output, arguments.compare) if path]
    print("wrote  " + ", ".join(written))


def _colors(number):
    return f"{number} colour" if number == 1 else f"{number} colours"


def _print_palette(result):
    """Print each colour and its share of the pixels, the largest first."""
    counts = np.bincount(result.labels.ravel(), minlength=len(result.palette))
    names = [_name(entry) for entry in result.palette]
    length = max(map(len, names))
    cells = [
        f"{names[k]:{length}} {_percent(counts[k] / counts.sum()):>8}"
        for k in np.argsort(-counts, kind="stable")
    ]
    n_rows = -(-len(cells) // COLUMNS)
    for row in range(n_rows):
        print("  " + "    ".join(cells[row::n_rows]))
    print()


def _name(entry):
    """Give #rrggbb, or #rrggbbaa for a colour that is not opaque."""
    return "#" + bytes(entry[:3] if entry[3:].tolist() in ([], [255]) else entry).hex()


def _print_transparency(result):
    alpha = result.palette[:, 3:]
    n_clear, n_partly = (alpha == 0).sum(), ((alpha > 0) & (alpha < 255)).sum()
    if n_clear or n_partly:
        print(f"alpha  {_colors(n_clear)} fully transparent, {n_partly} partly")


def _print_error(image, distortion):
    if math.isnan(distortion.mean_error):
        print("error  none: every pixel is transparent")
        return
    background = ", over black or over white, the worse of both" if _is_soft(image) else ""
    mean_error, psnr = distortion
    print(f"error  mean {mean_error:.2f} of 255, PSNR {psnr:.2f} dB{background}")


def _is_soft(image):
    """Tell whether some pixel is partly transparent."""
    return image.shape[2:] == (4,) and ((image[..., 3] > 0) & (image[..., 3] < 255)).any()


def _print_sizes(arguments):
    before, after = os.path.getsize(arguments.photo), os.path.getsize(arguments.output)
    if not before:  # a pipe, which has no size
        print(f"file   {after:,} bytes")
        return
    print(f"file   {before:,} bytes -> {after:,} bytes ({_percent(after / before)})")
    if after > before:
        print("note   the result is larger than the picture")


def _percent(share):
    return f"{100 * share:.2f} %"
