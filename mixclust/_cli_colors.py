"""``python -m mixclust colors``: a photograph in few colours."""

import logging
import os
import time
import warnings
from pathlib import Path

import numpy as np

from . import images
from ._cli_shared import (
    CommandError,
    add_fit_options,
    check_input,
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
        help="the picture: PNG, JPEG or whatever pillow reads (first frame)",
    )
    parser.add_argument(
        "--colors",
        type=whole_number(1, 256),
        default=16,
        metavar="N",
        help="number of colours, 1 to 256 (default: 16)",
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
    add_fit_options(parser)
    parser.set_defaults(run=run)


def run(arguments):
    """Recolour a picture as the arguments say, and print what was done."""
    _require_pillow()
    check_threads(arguments.threads)
    _check_outputs(arguments)
    clock = _Clock()
    picture, original = _read_picture(arguments.photo)
    if arguments.compare:
        _check_side_by_side(arguments.compare, original)
    image, transparency = _cut_alpha(original)
    clock.lap("load")
    result = _quantize(image, arguments)
    distortion = images.distortion(image, result.recolored)
    clock.lap("cluster")
    profile = _color_profile(picture)
    _write_palette_png(arguments.output, result, image, profile)
    if arguments.compare:
        _write_side_by_side(arguments.compare, original, result.recolored, profile)
    clock.lap("write")
    _print_report(arguments, image, result, distortion, transparency, clock)


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
    """Refuse, before any work, what could not be written after it."""
    check_output(arguments.output, arguments.photo, "picture", [".png"])
    if arguments.compare:
        check_output(arguments.compare, arguments.photo, "picture", [".png", ".jpg", ".jpeg"])
        if arguments.compare.resolve() == arguments.output.resolve():
            raise CommandError(
                f"--compare and --output are both {arguments.output}; give two names."
            )


def _read_picture(path):
    """Decode a picture; give it as pillow has it and as an array."""
    from PIL import Image, UnidentifiedImageError

    check_input(path, "picture")
    try:
        # What pillow warns of or logs, it reads or refuses; a refusal is the one line to print.
        logging.getLogger("PIL").addHandler(logging.NullHandler())
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(file)
            picture.load()
            return picture, images.to_array(picture)
    except UnidentifiedImageError:
        raise CommandError(f"{path}: is not an image that pillow knows.") from None
    except Exception as error:  # pillow's decoders raise many types on damaged files
        reason = getattr(error, "strerror", None) or error
        raise CommandError(f"{path}: cannot be read: {str(reason).rstrip('.')}.") from None


def _check_side_by_side(path, original):
    """Refuse two pictures that a JPEG cannot hold side by side."""
    height, width = original.shape[:2]
    width = 2 * width + GAP
    if path.suffix.lower() != ".png" and max(width, height) > JPEG_LIMIT:
        raise CommandError(
            f"{path}: both pictures side by side are {width:,} x {height:,} pixels, but a JPEG "
            f"has at most {JPEG_LIMIT:,} a side; name a .png."
        )


def _cut_alpha(image):
    """Make each pixel opaque or transparent, whichever it is nearer to: a palette has no between.

    Returns the image, without alpha where all is opaque, and the number of pixels that are
    transparent now and of those that were partly so.
    """
    if image.ndim == 2 or image.shape[2] == 3:
        return image, (0, 0)
    alpha = image[:, :, 3]
    n_partly = np.count_nonzero((alpha > 0) & (alpha < 255))
    alpha = np.where(alpha < 128, 0, 255).astype(np.uint8)
    n_transparent = np.count_nonzero(alpha == 0)
    if n_transparent:
        return np.dstack([image[:, :, :3], alpha]), (n_transparent, n_partly)
    return image[:, :, :3], (0, n_partly)


def _quantize(image, arguments):
    if arguments.colors == 256 and image.shape[2:] == (4,):
        raise CommandError(
            f"{arguments.photo}: has transparent pixels, which take one of the 256 "
            "places of a palette; pass --colors 255 or fewer."
        )
    try:
        return images.quantize(
            image,
            arguments.colors,
            random_state=arguments.seed,
            n_init=arguments.n_init,
            n_threads=arguments.threads,
        )
    except images.TooFewColorsError as error:
        if error.n_distinct == 0:
            raise CommandError(f"{arguments.photo}: every pixel is transparent.") from None
        raise CommandError(
            f"{arguments.photo}: --colors {arguments.colors} exceeds the number of distinct "
            f"colours of the picture, {error.n_distinct}; pass at most that many.",
        ) from None


def _color_profile(picture):
    """Give the ICC profile that the colours of the output are meant in, or None."""
    return picture.info.get("icc_profile") if picture.mode in ("RGB", "RGBA", "P") else None


def _write_palette_png(path, result, image, profile):
    """Write a PNG of mode P; transparent pixels take one more entry, after the colours."""
    from PIL import Image

    labels, palette, options = result.labels, result.palette, {}
    if image.shape[2:] == (4,):
        labels = np.where(image[:, :, 3] == 0, len(palette), labels).astype(np.uint8)
        options["transparency"] = len(palette)
        palette = np.vstack([palette, np.zeros((1, 3), np.uint8)])
    output = Image.fromarray(labels)
    output.putpalette(palette.tobytes())
    _save(output, path, "PNG", icc_profile=profile, **options)


def _write_side_by_side(path, original, recolored, profile):
    """Write the original, left, and the recoloured picture, right, on white."""
    from PIL import Image

    pair = [Image.fromarray(original), Image.fromarray(recolored)]
    width, height = pair[0].size
    canvas = Image.new("RGB", (2 * width + GAP, height), "white")
    for image, left in zip(pair, (0, width + GAP), strict=True):
        canvas.paste(image, (left, 0), image if image.mode == "RGBA" else None)
    if path.suffix.lower() == ".png":
        _save(canvas, path, "PNG", icc_profile=profile)
    else:
        _save(canvas, path, "JPEG", icc_profile=profile, quality=85)


def _save(picture, path, kind, **options):
    with open_output(path) as file:
        picture.save(file, kind, **options)


def _print_report(arguments, image, result, distortion, transparency, clock):
    height, width = image.shape[:2]
    print(f"{arguments.photo}, {width} x {height} pixels, in {len(result.palette)} colours:\n")
    _print_palette(image, result)
    n_transparent, n_partly = transparency
    if n_transparent or n_partly:
        print(
            f"transparent  {_percent(n_transparent / (width * height))} of all pixels; "
            f"{n_partly} partly transparent ones were made opaque or transparent"
        )
    print(f"error  mean {distortion.mean_error:.2f} of 255, PSNR {distortion.psnr:.2f} dB")
    before, after = os.path.getsize(arguments.photo), os.path.getsize(arguments.output)
    if before:
        print(f"file   {before:,} bytes -> {after:,} bytes ({_percent(after / before)})")
    else:  # a pipe, which has no size
        print(f"file   {after:,} bytes")
    print("time   " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in clock.laps.items()))
    written = [str(path) for path in (arguments.output, arguments.compare) if path]
    print("wrote  " + ", ".join(written))


def _print_palette(image, result):
    """Print each colour and its share of the visible pixels, the largest first."""
    visible = image[:, :, 3] > 0 if image.shape[2:] == (4,) else slice(None)
    counts = np.bincount(result.labels[visible].ravel(), minlength=len(result.palette))
    cells = [
        f"#{bytes(result.palette[k]).hex()} {_percent(counts[k] / counts.sum()):>8}"
        for k in np.argsort(-counts, kind="stable")
    ]
    n_rows = -(-len(cells) // COLUMNS)
    for row in range(n_rows):
        print("  " + "    ".join(cells[row::n_rows]))
    print()


def _percent(share):
    return f"{100 * share:.2f} %"
