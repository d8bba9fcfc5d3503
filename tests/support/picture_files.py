"""Files of pictures byte by byte: forms that pillow does not write, and the chunks of a PNG."""

import struct
import zlib
from pathlib import Path

import numpy as np


def png(pixels, bits, color_type, **chunks):
    """Give a PNG.

    Parameters
    ----------
    pixels : array of int, shape (H, W) or (H, W, channels)
    bits : int
        Bits of a channel: 1, 2, 4, 8 or 16.
    color_type : int
        0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
    **chunks : bytes
        More chunks by name, in front of the pixels.
    """
    pixels = np.asarray(pixels)
    height, width = pixels.shape[:2]
    levels = pixels.reshape(height, -1)
    if bits >= 8:
        rows = [line.astype(f">u{bits // 8}").tobytes() for line in levels]
    else:
        digits = (levels[..., np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1
        rows = [np.packbits(line.ravel()).tobytes() for line in digits]
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = {"IHDR": header, **chunks, "IDAT": data, "IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body))
        + name.encode()
        + body
        + struct.pack(">I", zlib.crc32(name.encode() + body))
        for name, body in parts.items()
    )


def tiff(levels, photometric=1, planar=1):
    """Give an uncompressed TIFF of levels (H, W), or of planes (channels, H, W).

    `photometric` is 0 if white is zero, 1 for grey, 2 for RGB; `planar` is 2 for planes.
    """
    levels = np.asarray(levels)
    levels = levels.astype(levels.dtype.newbyteorder("<"))
    planes = levels if planar == 2 else levels[np.newaxis]
    size = planes[0].nbytes
    start = 8
    entries = {
        256: planes.shape[2],
        257: planes.shape[1],
        258: [8 * levels.itemsize] * len(planes),
        259: 1,
        262: photometric,
        273: [start + i * size for i in range(len(planes))],
        277: len(planes),
        278: planes.shape[1],
        279: [size] * len(planes),
        284: planar,
        339: [{"u": 1, "i": 2, "f": 3}[levels.dtype.kind]] * len(planes),
    }
    at = start + planes.nbytes + planes.nbytes % 2
    directory, more = struct.pack("<H", len(entries)), b""
    for tag, values in entries.items():
        values = np.atleast_1d(values).astype("<u4")
        data = values.tobytes()
        if len(data) > 4:
            offset = at + 2 + 12 * len(entries) + 4 + len(more)
            more, data = more + data, struct.pack("<I", offset)
        directory += struct.pack("<HHI", tag, 4, len(values)) + data
    body = planes.tobytes() + b"\0" * (planes.nbytes % 2)
    return struct.pack("<2sHI", b"II", 42, at) + body + directory + struct.pack("<I", 0) + more


def png_chunks(path):
    """Give the last chunk of each type in a PNG."""
    data, chunks, at = Path(path).read_bytes(), {}, 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks[data[at + 4 : at + 8].decode()] = data[at + 8 : at + 8 + length]
        at += 12 + length
    return chunks
