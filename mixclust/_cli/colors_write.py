"""The files that ``mixclust colors`` writes: pictures and palettes."""

import numpy as np

from ..images._palette import count_labels
from ..images._palette_files import PALETTE_SUFFIXES, encode_palette
from .errors import CommandError
from .files import open_output

__all__ = [
    "PALETTE_SUFFIXES",
    "PICTURE_SUFFIXES",
    "check_side_by_side",
    "palette_by_share",
    "used_entries",
    "write_palette",
    "write_recolored",
    "write_side_by_side",
]

PICTURE_SUFFIXES = [".png", ".jpg", ".jpeg"]
GAP_IN_PIXELS = 8  # between the two pictures of --compare
MAX_JPEG_PIXELS = 65_500  # of a side; the limit of libjpeg
MAX_ENTRIES = 256  # of the palette in a PNG


def palette_by_share(result, with_unused):
    """Sort the colours of a result by their shares of the pixels.

    Parameters
    ----------
    result : Quantized
    with_unused : bool
        Whether to give colours that no pixel has too, as the last.

    Returns
    -------
    order : ndarray of int
        The most frequent colour first, as indices of the palette.
    shares : ndarray of float64
        The share of each, in this order.
    """
    counts = count_labels(result.labels, len(result.palette))
    order = np.argsort(-counts, kind="stable")
    if not with_unused:
        order = order[: np.count_nonzero(counts)]
    return order, counts[order] / counts.sum()


def write_palette(path, result, title, with_unused):
    """Write a palette file, the most frequent colour first.

    Parameters
    ----------
    path : pathlib.Path
        With one of `PALETTE_SUFFIXES`.
    result : Quantized
    title : str
    with_unused : bool
        As in `palette_by_share`.

    Returns
    -------
    note : str or None
        The part of the palette that the format cannot hold.
    """
    order, shares = palette_by_share(result, with_unused)
    palette = result.palette[order]
    try:
        data = encode_palette(path.suffix.lower(), palette, shares, title)
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None
    with open_output(path) as file:
        file.write(data)
    if path.suffix.lower() in (".gpl", ".ase", ".aco") and (palette[:, 3:] < 255).any():
        return "has no alpha: clear colours were left out, and others written as opaque."
    return None


def used_entries(result):
    """Leave out the colours of a palette that no pixel has.

    Parameters
    ----------
    result : Quantized

    Returns
    -------
    palette : ndarray of uint8
    labels : ndarray of unsigned integers
        In uint8 if the palette has at most 256 colours.
    """
    used = np.flatnonzero(count_labels(result.labels, len(result.palette)))
    if len(used) == len(result.palette):
        return result.palette, result.labels
    entries = np.zeros(len(result.palette), np.min_scalar_type(len(used) - 1))
    entries[used] = np.arange(len(used))
    return result.palette[used], entries[result.labels]


def write_recolored(path, result, save_options):
    """Write a PNG of mode P, in which each entry of the palette has its own alpha.

    Entries that no pixel has are left out. A picture of more than 256 colours is written without a
    palette.

    Parameters
    ----------
    path : pathlib.Path
    result : Quantized
    save_options : dict
        Options of pillow.

    Returns
    -------
    note : str or None
        Said if the PNG has no palette.
    """
    from PIL import Image

    palette, labels = used_entries(result)
    if len(palette) > MAX_ENTRIES:
        _save(Image.fromarray(result.recolored), path, "PNG", **save_options)
        return (
            f"has {len(palette)} colours and was written without a palette, which holds at most "
            f"{MAX_ENTRIES}."
        )
    output = Image.fromarray(labels)
    output.putpalette(palette[:, :3].tobytes())
    if palette.shape[1] == 4 and palette[:, 3].min() < 255:
        save_options = {**save_options, "transparency": palette[:, 3].tobytes()}
    _save(output, path, "PNG", **save_options)
    return None


def check_side_by_side(path, original):
    """Refuse a JPEG if both pictures side by side exceed its largest size.

    Parameters
    ----------
    path : pathlib.Path
    original : ndarray
        The pixels of one picture.

    Raises
    ------
    CommandError
    """
    height, width = original.shape[:2]
    width = 2 * width + GAP_IN_PIXELS
    if path.suffix.lower() != ".png" and max(width, height) > MAX_JPEG_PIXELS:
        raise CommandError(
            f"{path}: both pictures side by side are {width:,} x {height:,} pixels, but a JPEG "
            f"has at most {MAX_JPEG_PIXELS:,} a side; name a .png."
        )


def write_side_by_side(path, image, result, save_options):
    """Write the original on the left and the recoloured picture on the right, over white.

    Parameters
    ----------
    path : pathlib.Path
        With one of `PICTURE_SUFFIXES`.
    image : ndarray of uint8
        The pixels of the original.
    result : Quantized
    save_options : dict
        Options of pillow.
    """
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
