"""The picture that ``mixclust colors`` reads: pixels, resolution, colour space and notes."""

import io
import logging
import struct
import warnings
from typing import NamedTuple

import numpy as np

from ..images._modes import decode
from .errors import CommandError, reason_of
from .files import STANDARD_STREAM, check_input, read_standard_input, shown_name
from .wording import count

# Bits that cameras and scanners use for a level. The range of levels is that of the first number of
# bits that holds the largest level, even if the file stores more bits.
USUAL_BITS = (8, 10, 12, 14, 16)
X_RESOLUTION = 282  # tag of TIFF
MAX_DPI = 65535  # pixels an inch; the limit of JPEG
MERGED_FORMATS = ("PSD",)  # the frames are layers, which pillow has merged into one picture


class Picture(NamedTuple):
    """A picture to be recoloured.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or RGBA.
    levels : ndarray of uint16, shape of `pixels`, or None
        The levels before rounding to 8 bits, if the picture is grey of more than 8 bits.
    save_options : dict
        Resolution, gamma and colour space, as options of pillow for saving a PNG.
    notes : list of str
        Properties of the file that are left out or changed, one line each.
    """

    pixels: np.ndarray
    levels: np.ndarray | None
    save_options: dict
    notes: list


class Frames(NamedTuple):
    """The frames of an animation, or the pages of a file.

    Attributes
    ----------
    pictures : list of Picture
    durations : list of float, or None
        Milliseconds of each frame; None if they are pages.
    n_plays : int
        How often the animation is played; 0 is without end.
    """

    pictures: list
    durations: list | None
    n_plays: int


def read_picture(path, frame=None, levels=None):
    """Read a picture.

    Parameters
    ----------
    path : Path
        The file; "-" is standard input.
    frame : int or None
        The number of the frame, from 1; None takes the first, with a note if there are more.
    levels : (float, float) or None
        The levels of black and of white in grey of more than 8 bits; None takes the range that
        suits the levels of the picture.

    Returns
    -------
    picture : Picture

    Raises
    ------
    CommandError
        If the picture cannot be read, or `frame` or `levels` does not fit it.
    """
    return _read(path, lambda picture, name: _one_picture(picture, name, frame, levels))


def read_frames(path, levels=None):
    """Read all frames of an animation, or all pages.

    Parameters
    ----------
    path : Path
        The file; "-" is standard input.
    levels : (float, float) or None
        As for `read_picture`; required for grey of more than 8 bits in several pages, so that all
        have one range.

    Returns
    -------
    frames : Frames

    Raises
    ------
    CommandError
        If the picture cannot be read, or `levels` does not fit it.
    """
    return _read(path, lambda picture, name: _all_frames(picture, name, levels))


def _read(path, read):
    """Open a picture and read it by a function of the picture and its name."""
    from PIL import Image, UnidentifiedImageError

    if str(path) == STANDARD_STREAM:
        path, source = shown_name(path), io.BytesIO(read_standard_input("picture"))
    else:
        check_input(path, "picture")
        source = path
    try:
        # Hide warnings and log entries of pillow: an error is to be reported in one line.
        logging.getLogger("PIL").addHandler(logging.NullHandler())
        with _open(source) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(Image.open(file), path)
    except CommandError:
        raise
    except UnidentifiedImageError:
        raise CommandError(f"{path}: is not an image that pillow knows; save it as PNG.") from None
    except Exception as error:  # decoders of pillow raise many types on damaged files
        raise CommandError(f"{path}: cannot be read: {reason_of(error)}.") from None


def _one_picture(picture, path, frame, levels):
    """Read one frame of an open picture."""
    if frame is not None:
        _go_to_frame(picture, path, frame)
    decoded = decode(picture)
    notes = list(decoded.notes)
    save_options = _save_options(picture, decoded.is_transposed, notes)
    mode = picture.mode
    if frame is None:
        notes += _frames_left_out(picture)
    return _scaled(decoded, path, mode, levels, save_options, notes)


def _all_frames(picture, path, levels):
    """Read all frames of an open picture."""
    n_frames = 1 if picture.format in MERGED_FORMATS else getattr(picture, "n_frames", 1)
    # The default image of an APNG is no part of the animation.
    first = int(n_frames > 1 and bool(picture.info.get("default_image")))
    pictures, durations = [], []
    for number in range(first, n_frames):
        if number:
            picture.seek(number)
        decoded = decode(picture)
        notes = list(decoded.notes)
        save_options = _save_options(picture, decoded.is_transposed, notes)
        if decoded.is_raw and levels is None and n_frames > 1:
            raise CommandError(
                f"{path}: has pages of more than 8 bits; pass --levels LOW HIGH, the range of all."
            )
        pictures.append(_scaled(decoded, path, picture.mode, levels, save_options, notes))
        durations.append(picture.info.get("duration"))
    return Frames(pictures, None if None in durations else durations, _times_played(picture))


def _times_played(picture):
    """Give how often an animation is played; 0 is without end."""
    loop = picture.info.get("loop")
    if picture.format != "GIF":
        return 0 if loop is None else loop
    # A GIF holds how often it is repeated, if it is.
    return {None: 1, 0: 0}.get(loop, (loop or 0) + 1)


def _scaled(decoded, path, mode, levels, save_options, notes):
    """Give a decoded picture with levels of 8 bits."""
    if decoded.is_raw:
        raw = _scale_levels(path, decoded.pixels, levels, notes)
        wide = decoded.with_alpha(raw)
        if wide.ndim == 3:
            wide = wide[:, :, [0, 0, 0, 1]]
        return Picture(np.rint(wide / 257).astype(np.uint8), wide, save_options, notes)
    if levels:
        raise CommandError(
            f"{path}: --levels is for grey of more than 8 bits; this picture has mode {mode}."
        )
    return Picture(decoded.pixels, None, save_options, notes)


def _open(source):
    return source if isinstance(source, io.BytesIO) else open(source, "rb")


def _go_to_frame(picture, path, frame):
    n_frames = getattr(picture, "n_frames", 1)
    if frame > n_frames:
        raise CommandError(
            f"{path}: has {count(n_frames, 'frame')}; --frame {frame} exceeds this number."
        )
    picture.seek(frame - 1)


def _frames_left_out(picture):
    """Write notes about frames other than the first; it is read first, as this moves the file."""
    if picture.format in MERGED_FORMATS:
        return []
    try:
        n_frames = getattr(picture, "n_frames", 1)
    except Exception:  # decoders of pillow raise many types on damaged files
        return ["its other frames or pages are damaged, and left out; the first is taken."]
    if n_frames > 1:
        return [
            f"{n_frames - 1} of its {n_frames} frames or pages are left out; the first is taken, "
            "--frame N takes another."
        ]
    n_sizes = len(set(picture.info.get("sizes", ())))
    if n_sizes > 1:
        return [f"{n_sizes - 1} of its {n_sizes} sizes are left out; the largest is taken."]
    return []


def _scale_levels(path, values, limits, notes):
    """Scale levels so that the lower limit becomes 0 and the upper one 65535."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        n_bad = np.count_nonzero(~np.isfinite(values))
        raise CommandError(f"{path}: {n_bad} of its pixels are NaN or infinite; replace them.")
    smallest, largest = values.min(), values.max()
    low, high = limits or _usual_limits(path, smallest, largest)
    n_outside = np.count_nonzero((values < low) | (values > high))
    if n_outside:
        notes.append(f"{n_outside} pixels have levels beyond --levels and were clipped.")
    notes.append(
        f"levels {low:g} to {high:g} were taken as the range from black to white, and written "
        f"with 8 bits; the picture has {smallest:g} to {largest:g}, --levels LOW HIGH sets another "
        "range."
    )
    scaled = (values.astype(np.float64) - low) / (high - low)
    return np.rint(65535 * scaled.clip(0, 1)).astype(np.uint16)


def _usual_limits(path, smallest, largest):
    """Choose the range of levels: the fewest usual bits, or 0 to 1 for floating point."""
    if smallest >= 0 and smallest.dtype.kind == "f" and largest <= 1:
        return 0, 1
    if smallest >= 0 and smallest.dtype.kind != "f" and largest < 1 << USUAL_BITS[-1]:
        bits = next(bits for bits in USUAL_BITS if largest < 1 << bits)
        return 0, (1 << bits) - 1
    raise CommandError(
        f"{path}: has levels from {smallest:g} to {largest:g} and no known range; pass "
        "--levels LOW HIGH, which become black and white."
    )


def _save_options(picture, is_transposed, notes):
    """Give the options of pillow that keep resolution, gamma and colour space in a palette PNG."""
    from PIL.PngImagePlugin import PngInfo

    options, info = {}, picture.info
    in_color = picture.mode in ("RGB", "RGBA", "P", "PA")
    if info.get("icc_profile") and in_color:
        options["icc_profile"] = info["icc_profile"]
    elif info.get("icc_profile"):
        notes.append(
            f"its colour profile is left out: it is for mode {picture.mode}, and a palette is RGB."
        )
    aspect = _aspect(picture)
    if aspect is None and "dpi" in info:
        dpi = tuple(float(value) for value in info["dpi"])
        if all(0 < value <= MAX_DPI for value in dpi):
            options["dpi"] = dpi[::-1] if is_transposed else dpi
        else:
            notes.append(f"its resolution is left out: {dpi[0]:g} x {dpi[1]:g} dpi.")
    if aspect and aspect[0] != aspect[1]:
        notes.append(
            f"its ratio of pixel sides is left out: {float(aspect[0]):g} : {float(aspect[1]):g}."
        )
    chunks = PngInfo()
    if "gamma" in info:
        chunks.add(b"gAMA", struct.pack(">I", round(1e5 * info["gamma"])))
    if "chromaticity" in info:
        chunks.add(b"cHRM", struct.pack(">8I", *(round(1e5 * x) for x in info["chromaticity"])))
    if "srgb" in info and "icc_profile" not in options:
        chunks.add(b"sRGB", bytes([info["srgb"]]))
    if chunks.chunks:
        options["pnginfo"] = chunks
    return options


def _aspect(picture):
    """Give the pixels along both sides if the file holds their ratio alone, else None.

    For a TIFF without a resolution, pillow reports 1 pixel an inch.
    """
    info = picture.info
    if picture.format == "TIFF" and X_RESOLUTION not in picture.tag_v2:
        return 1, 1
    if info.get("jfif_unit") == 0 and "dpi" not in info:
        return info["jfif_density"]
    return info.get("aspect") or (info.get("resolution") if "dpi" not in info else None)
