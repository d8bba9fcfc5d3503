"""``mixclust colors --all-frames``: the frames of an animation, or pages, with one palette."""

import io
from pathlib import Path

import numpy as np

from ..images._palette import take_codes
from ..images._pixels import is_partly_transparent, split_alpha, with_channels
from ..images._recolor import Quantized
from .colors_picture import Picture
from .colors_recolor import recolor, share_palette
from .colors_write import MAX_ENTRIES, used_entries
from .errors import CommandError, reason_of
from .files import STANDARD_STREAM, open_output
from .wording import count

__all__ = [
    "FRAME_SUFFIXES",
    "check_frame_arguments",
    "check_frames",
    "recolor_frames",
    "size_in_words",
    "write_frames",
]

FORMATS = {".png": "PNG", ".gif": "GIF", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
FRAME_SUFFIXES = list(FORMATS)
PAGE_DURATION = 1000  # milliseconds that a page is shown in an animation


def check_frame_arguments(arguments, sources):
    """Refuse arguments that do not fit --all-frames.

    Parameters
    ----------
    arguments : argparse.Namespace
    sources : list of pathlib.Path

    Raises
    ------
    CommandError
    """
    if len(sources) > 1:
        raise CommandError("--all-frames is for one file; name no other picture.")
    for option, value in (("--frame", arguments.frame), ("--compare", arguments.compare)):
        if value is not None:
            raise CommandError(f"{option} and --all-frames exclude each other; leave one out.")


def check_frames(path, frames):
    """Refuse frames of several sizes for a format of one size.

    Parameters
    ----------
    path : pathlib.Path or None
        The output.
    frames : Frames

    Raises
    ------
    CommandError
    """
    sizes = {picture.pixels.shape[:2] for picture in frames.pictures}
    if path is not None and len(sizes) > 1 and _format_of(path) != "TIFF":
        raise CommandError(f"{path}: the pages have {len(sizes)} sizes; name a .tif.")


def recolor_frames(frames, name, arguments, given):
    """Recolour all frames with one palette.

    Parameters
    ----------
    frames : Frames
    name : str
        The file in messages.
    arguments : argparse.Namespace
    given : ndarray of uint8, or None
        The palette; None finds one.

    Returns
    -------
    whole : Picture
        All frames one after the other, as a picture of one row of pixels.
    result : Quantized
        Of the whole.
    notes : list of str
        As of `recolor`.
    """
    parts = [picture.pixels for picture in frames.pictures]
    has_alpha = any(split_alpha(part)[1] is not None for part in parts)
    channels = (4,) if has_alpha else (3,)
    if {part.ndim for part in parts} == {2}:
        channels = ()
    parts = [with_channels(part, channels) for part in parts]
    if given is None:
        results, notes = share_palette(parts, [name] * len(parts), arguments)
    else:
        found = [recolor(part, name, arguments, given) for part in parts]
        results, notes = [result for result, *_ in found], []
    # A transparent entry may stand behind the given palette, for some of the frames.
    palette = max((result.palette for result in results), key=len)
    labels = _joined([result.labels for result in results], ())
    result = Quantized(take_codes(palette, labels), palette, labels)
    first, levels = frames.pictures[0], [picture.levels for picture in frames.pictures]
    notes_of_all = dict.fromkeys(note for picture in frames.pictures for note in picture.notes)
    whole = Picture(
        _joined(parts, channels),
        None if any(each is None for each in levels) else _joined(levels, channels),
        first.save_options,
        list(notes_of_all),
    )
    return whole, result, notes


def _joined(arrays, channels):
    """Put pixels one after the other, in one row."""
    return np.concatenate([array.reshape(1, -1, *channels) for array in arrays], axis=1)


def size_in_words(frames):
    """Give the number and the size of the frames, for the report."""
    n_frames = count(len(frames.pictures), "page" if frames.durations is None else "frame")
    height, width = frames.pictures[0].pixels.shape[:2]
    return f"{n_frames} of {width} x {height} pixels"


def write_frames(path, frames, result, save_options):
    """Write an animation or pages.

    Parameters
    ----------
    path : pathlib.Path
        With one of `FRAME_SUFFIXES`, or "-" for standard output, which gets an APNG.
    frames : Frames
    result : Quantized
        Of all frames one after the other.
    save_options : dict
        Options of pillow for a PNG.

    Returns
    -------
    notes : list of str
        Properties that the format does not hold.

    Raises
    ------
    CommandError
        If the colours do not fit the format, or the file cannot be written.
    """
    kind = _format_of(path)
    palette, labels = used_entries(result)
    sizes = [picture.pixels.shape[:2] for picture in frames.pictures]
    ends = np.cumsum([height * width for height, width in sizes])
    pieces = np.split(labels[0], ends[:-1])
    parts = [piece.reshape(size) for piece, size in zip(pieces, sizes, strict=True)]
    alpha = palette[:, 3] if palette.shape[1] == 4 else np.full(len(palette), 255, np.uint8)
    if kind == "GIF":
        _check_gif(path, palette, alpha)
    pictures = [_as_image(part, palette, alpha, kind) for part in parts]
    options, notes = _options(frames, alpha, kind, save_options)
    written = io.BytesIO()  # pillow reads a TIFF while it writes the pages
    try:
        pictures[0].save(written, kind, save_all=True, append_images=pictures[1:], **options)
    except (ValueError, RuntimeError) as error:  # limits of a format, for example of the sides
        raise CommandError(f"{path}: cannot be written: {reason_of(error)}.") from None
    with open_output(path) as file:
        file.write(written.getvalue())
    return notes


def _format_of(path):
    return "PNG" if str(path) == STANDARD_STREAM else FORMATS[Path(path).suffix.lower()]


def _check_gif(path, palette, alpha):
    if is_partly_transparent(alpha):
        raise CommandError(
            f"{path}: a GIF holds no partly transparent colours; name a .png or .webp."
        )
    if len(palette) > MAX_ENTRIES:
        raise CommandError(
            f"{path}: a GIF holds at most {MAX_ENTRIES} colours, and the frames take "
            f"{len(palette)}; name a .png or .webp."
        )


def _as_image(labels, palette, alpha, kind):
    """Give a frame as a picture of pillow: with a palette, if the format and the colours allow."""
    from PIL import Image

    is_opaque = (alpha == 255).all()
    if kind == "WEBP" or len(palette) > MAX_ENTRIES or (kind == "TIFF" and not is_opaque):
        colors = palette[:, :3] if is_opaque else np.column_stack([palette[:, :3], alpha])
        return Image.fromarray(take_codes(colors, labels))
    picture = Image.fromarray(labels.astype(np.uint8, copy=False))
    picture.putpalette(palette[:, :3].tobytes())
    return picture


def _options(frames, alpha, kind, save_options):
    """Give the options of pillow for a format, and notes about properties that it lacks."""
    options, notes = {}, []
    for name in {"PNG": save_options, "WEBP": ["icc_profile"], "TIFF": ["icc_profile", "dpi"]}.get(
        kind, []
    ):
        if name in save_options:
            options[name] = save_options[name]
    if "icc_profile" in save_options and kind == "GIF":
        notes.append("a GIF holds no colour profile; it is left out.")
    if kind == "TIFF":
        if frames.durations is not None and len(frames.pictures) > 1:
            notes.append("a TIFF holds pages, and no durations of frames.")
        return options | {"compression": "tiff_adobe_deflate"}, notes
    if len(frames.pictures) == 1:
        durations = None
    elif frames.durations is None:
        durations = [PAGE_DURATION] * len(frames.pictures)
        notes.append("the pages have no durations; each is shown for 1 second.")
    else:
        durations = [round(duration) for duration in frames.durations]
    if durations:
        options["duration"] = durations
        if kind != "GIF":
            options["loop"] = frames.n_plays
        elif frames.n_plays != 1:
            options["loop"] = max(frames.n_plays - 1, 0)
    is_opaque = (alpha == 255).all()
    if kind == "WEBP":
        options |= {"lossless": True, "exact": True, "quality": 100, "method": 4}
    elif kind == "GIF":
        options |= {"optimize": False, "disposal": 1 if is_opaque else 2}
        if not is_opaque:
            options["transparency"] = int(np.argmin(alpha))
    elif not is_opaque:
        options["transparency"] = alpha.tobytes()
    return options, notes
