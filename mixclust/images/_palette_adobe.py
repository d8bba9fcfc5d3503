"""Palettes of Adobe's programs: Swatch Exchange (ASE) and Photoshop's colour swatches (ACO).

All numbers are big-endian. ASE is ``ASEF``, the version, the number of blocks, and blocks of a
kind, a length, and the content; a colour holds its name in UTF-16, its model, and floats. ACO is a
list of colours of five 16-bit numbers each, and a second list that adds the names. Neither has
alpha.
"""

import math
import struct

__all__ = ["read_aco", "read_ase", "write_aco", "write_ase"]

ASE_SIGNATURE = b"ASEF"
COLOR_BLOCK = 0x0001
NORMAL_COLOR = 2  # neither global nor spot
RGB_SPACE, GREY_SPACE = 0, 8  # of ACO
ACO_SPACES = {1: "HSB", 2: "CMYK", 7: "Lab"}
MAX_GREY = 10_000  # white, in ACO


def write_ase(title, swatches):
    """Write Swatch Exchange 1.0: one block for each colour, and no groups."""
    blocks = [ASE_SIGNATURE, struct.pack(">HHI", 1, 0, len(swatches))]
    for swatch in swatches:
        name = _utf16(swatch.label)
        levels = (level / 255 for level in swatch.color[:3])
        body = struct.pack(">H", len(name) // 2) + name + b"RGB "
        body += struct.pack(">3fH", *levels, NORMAL_COLOR)
        blocks.append(struct.pack(">HI", COLOR_BLOCK, len(body)) + body)
    return b"".join(blocks)


def read_ase(data):
    """Read the RGB and grey colours of all groups; other models are refused."""
    if data[:4] != ASE_SIGNATURE:
        raise ValueError(f"begins with {data[:4]!r}; an .ase file begins with {ASE_SIGNATURE!r}")
    reader = _Reader(data, 4)
    _, _, n_blocks = reader.numbers(">HHI", "the header")
    colors = []
    for number in range(1, n_blocks + 1):
        kind, length = reader.numbers(">HI", f"block {number} of {n_blocks}")
        body = reader.take(length, f"block {number} of {n_blocks}")
        if kind == COLOR_BLOCK:
            colors.append(_ase_color(_Reader(body), len(colors) + 1))
    return colors


def _ase_color(block, number):
    place = f"colour {number}"
    (n_units,) = block.numbers(">H", place)
    block.take(2 * n_units, place)
    model = block.take(4, place)
    if model not in (b"RGB ", b"Gray"):
        raise ValueError(
            f"{place} is of model {model.decode('latin-1').strip()!r}; convert the swatches to RGB"
        )
    values = block.numbers(">3f" if model == b"RGB " else ">f", place)
    if not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
        raise ValueError(f"{place} has levels {values}; required are numbers from 0 to 1")
    return tuple(round(255 * value) for value in values) * (3 // len(values))


def write_aco(title, swatches):
    """Write both versions, as Photoshop does: the colours, then the colours with their names."""
    colors = [
        struct.pack(">5H", RGB_SPACE, *(257 * level for level in swatch.color[:3]), 0)
        for swatch in swatches
    ]
    names = [_utf16(swatch.label) for swatch in swatches]
    named = [
        color + struct.pack(">I", len(name) // 2) + name
        for color, name in zip(colors, names, strict=True)
    ]
    return b"".join(
        [
            struct.pack(">HH", 1, len(colors)),
            *colors,
            struct.pack(">HH", 2, len(colors)),
            *named,
        ]
    )


def read_aco(data):
    """Read the RGB and grey colours of the first list; other spaces are refused."""
    reader = _Reader(data)
    version, n_colors = reader.numbers(">HH", "the header")
    if version not in (1, 2):
        raise ValueError(f"has version {version}; an .aco file has version 1 or 2")
    colors = []
    for number in range(1, n_colors + 1):
        place = f"colour {number} of {n_colors}"
        space, *values = reader.numbers(">5H", place)
        if version == 2:
            (n_units,) = reader.numbers(">I", place)
            reader.take(2 * n_units, place)
        colors.append(_aco_color(space, values, place))
    return colors


def _aco_color(space, values, place):
    if space == RGB_SPACE:
        return tuple(round(value / 257) for value in values[:3])
    if space != GREY_SPACE:
        name = ACO_SPACES.get(space, f"number {space}")
        raise ValueError(f"{place} is of space {name}; convert the swatches to RGB")
    if values[0] > MAX_GREY:
        raise ValueError(f"{place} has grey {values[0]}; required is 0 to {MAX_GREY}")
    return (round(255 * values[0] / MAX_GREY),) * 3


class _Reader:
    """Takes consecutive parts of bytes, and names the part that is missing."""

    def __init__(self, data, start=0):
        self._data, self._position = data, start

    def take(self, n_bytes, place):
        """Give the next bytes."""
        end = self._position + n_bytes
        if end > len(self._data):
            raise ValueError(
                f"ends within {place}: {len(self._data)} bytes where {end} are required"
            )
        part = self._data[self._position : end]
        self._position = end
        return part

    def numbers(self, form, place):
        """Give the next numbers of a form of `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form), place))


def _utf16(text):
    """Encode a name with its final 0, two bytes for each unit."""
    return (text + "\0").encode("utf-16-be")
