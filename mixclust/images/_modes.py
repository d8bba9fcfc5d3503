"""Pixels of images of pillow, of any mode.

pillow keeps some properties of a file only until the pixels are read, or does not apply them: the
bits of a level, the transparent level, and whether level 0 means white. They are read first.
"""

from typing import NamedTuple

import numpy as np

# Tags of TIFF, their values, and the orientations of EXIF that exchange width and height.
BITS_PER_SAMPLE, PHOTOMETRIC, PLANAR_CONFIGURATION, SAMPLE_FORMAT = 258, 262, 284, 339
SAMPLES_PER_PIXEL = 277
WHITE_IS_ZERO, SEPARATE_PLANES, UNSIGNED, SIGNED = 0, 2, 1, 2
ORIENTATION, TRANSPOSED = 274, (5, 6, 7, 8)


class Decoded(NamedTuple):
    """The pixels of a picture, upright.

    Attributes
    ----------
    pixels : ndarray
        uint8 of shape (H, W), (H, W, 3) or (H, W, 4). If `is_raw`, levels of another dtype, of
        shape (H, W) and of unknown range.
    is_raw : bool
        Whether the pixels are levels of more than 8 bits, or signed.
    opaque : ndarray of bool, shape (H, W), or None
        For raw levels, True for each pixel that is not transparent; None if all are opaque.
    white_is_zero : bool
        For raw levels, whether 0 is white and the largest level black.
    is_transposed : bool
        Whether turning upright exchanged width and height.
    notes : tuple of str
        Properties of the file that were not read exactly, one sentence each.
    """

    pixels: np.ndarray
    is_raw: bool = False
    opaque: np.ndarray | None = None
    white_is_zero: bool = False
    is_transposed: bool = False
    notes: tuple = ()

    def with_alpha(self, levels):
        """Make black 0 in 16-bit levels, and add alpha if pixels are transparent."""
        if self.white_is_zero:
            levels = 0xFFFF - levels
        if self.opaque is None:
            return levels
        return np.dstack([levels, np.where(self.opaque, np.uint16(0xFFFF), np.uint16(0))])


def decode(picture):
    """Read the pixels of a PIL image, and turn them upright.

    Raises
    ------
    ValueError
        If the mode cannot be converted.
    """
    tags = getattr(picture, "tag_v2", {})
    layout, bits = _layout(picture, tags)
    _refuse_misread_planes(picture, tags)
    notes = ()
    if bits > 8 and not picture.mode.startswith(("I", "F")):
        notes = (f"{bits} bits a channel were read as 8, which is all that pillow reads.",)
    n_more = _values(tags, SAMPLES_PER_PIXEL, 1)[0] - len(picture.getbands())
    if n_more > 0:
        channels, them = ("1 channel", "it") if n_more == 1 else (f"{n_more} channels", "them")
        notes += (f"{channels} beside {picture.mode} left out: the file does not name {them}.",)
    orientation = picture.getexif().get(ORIENTATION, 1)
    is_transposed = orientation in TRANSPOSED
    if orientation != 1:
        from PIL import ImageOps

        picture = ImageOps.exif_transpose(picture)
    picture.load()  # which may change the mode
    if _is_raw(picture, tags):
        decoded = _raw_levels(picture, tags)
    else:
        picture, more_notes = _scale_transparent_color(picture, layout)
        notes += more_notes
        decoded = Decoded(_as_8_bits(picture))
    return decoded._replace(is_transposed=is_transposed, notes=notes)


def _layout(picture, tags):
    """Give the name of pillow for the layout of the levels in the file, and the bits of a level.

    pillow forgets the layout when it reads the pixels: the name is "" afterwards, and 8 bits are
    assumed except for TIFF.
    """
    name, depth = "", max(_values(tags, BITS_PER_SAMPLE, 8))
    for tile in (getattr(picture, "tile", None) or ())[:1]:  # an ICO has None
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        name = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if tile[0].startswith("ppm") and arguments[-1] > 255:
            depth = int(arguments[-1]).bit_length()
    if ";16" in name:
        depth = 16
    return name, depth


def _refuse_misread_planes(picture, tags):
    """Refuse an uncompressed TIFF with planes of 16 bits, which pillow reads as if of 8 bits."""
    planes = _values(tags, PLANAR_CONFIGURATION, 1)[0] == SEPARATE_PLANES
    bits = _values(tags, BITS_PER_SAMPLE, 1)
    uncompressed = picture.info.get("compression") == "raw"
    if planes and uncompressed and len(bits) > 1 and max(bits) > 8:
        raise ValueError(
            f"planes of {max(bits)} bits a channel are misread by pillow; write the TIFF with "
            "interleaved channels (PlanarConfiguration 1) or 8 bits"
        )


def _values(tags, tag, default):
    """Give the values of a tag of TIFF, or the default of the tag if the file lacks it."""
    values = tags.get(tag, default)
    return values if isinstance(values, tuple) else (values,)


def _is_raw(picture, tags):
    """Tell whether the levels are grey of more than 8 bits, or signed."""
    is_signed = _values(tags, SAMPLE_FORMAT, UNSIGNED)[0] == SIGNED
    return picture.mode.startswith(("I", "F")) or (picture.mode == "L" and is_signed)


def _raw_levels(picture, tags):
    """Give the levels, signed or unsigned as in the file."""
    levels = np.asarray(picture)
    levels = levels.astype(levels.dtype.newbyteorder("="), copy=False)
    if picture.mode == "L":
        levels = levels.view(np.int8)
    is_signed = _values(tags, SAMPLE_FORMAT, UNSIGNED)[0] == SIGNED
    if picture.mode == "I" and _values(tags, BITS_PER_SAMPLE, 1) == (32,) and not is_signed:
        levels = levels.view(np.uint32)
    transparent = picture.info.get("transparency")
    return Decoded(
        levels,
        is_raw=True,
        opaque=levels != transparent if isinstance(transparent, int) else None,
        white_is_zero=_values(tags, PHOTOMETRIC, 1)[0] == WHITE_IS_ZERO,
    )


def _scale_transparent_color(picture, layout):
    """Scale the transparent level or colour of a PNG in the same way as pillow scales the pixels.

    pillow does not scale it: in 4-bit grey it stays 3 of 15, while the pixels become 51 of 255.
    Returns the picture, or a copy of it with another transparent colour, and notes.
    """
    transparent = picture.info.get("transparency")
    if picture.mode in ("1", "L") and isinstance(transparent, int):
        factor = {"L;2": 85, "L;4": 17}.get(layout, 1) if picture.mode == "L" else 255
        picture = picture.copy()
        picture.info["transparency"] = min(factor * transparent, 255)  # mode 1 may have 255
    if picture.mode != "RGB" or not isinstance(transparent, tuple):
        return picture, ()
    if ";16" not in layout and max(transparent) <= 255:
        return picture, ()
    picture = picture.copy()
    picture.info["transparency"] = tuple(level >> 8 for level in transparent)
    note = "the transparent colour of 16 bits a channel was matched by its high bytes alone."
    return picture, (note,)


def _as_8_bits(picture):
    """Give the pixels as grey, RGB, or RGBA if there is transparency."""
    if picture.mode == "La":
        picture = picture.convert("LA")  # the only conversion that pillow offers
    palette_alpha = picture.mode == "P" and picture.palette.mode.endswith("A")
    if picture.mode.endswith(("A", "a")) or "transparency" in picture.info or palette_alpha:
        return _pixels(picture, "RGBA")
    return _pixels(picture, "L" if picture.mode in ("1", "L") else "RGB")


def _pixels(picture, mode):
    """Give the pixels in a mode; to convert a picture of this mode would copy it."""
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))
