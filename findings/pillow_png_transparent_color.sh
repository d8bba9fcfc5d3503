#!/usr/bin/env bash
# pillow 13.0.0: the transparent colour of PNGs of 2-bit and 4-bit grey, and of 16-bit RGB.
#
# Surprise: pillow scales the pixels of these PNGs to 8 bits, but gives the transparent colour
# (chunk tRNS) in the levels of the file. convert("RGBA") then compares 51 (level 3 of 15, scaled)
# with 3, or 18 (the high byte of 0x1234) with 0x1234: no pixel becomes transparent, no warning.
# Grey of 1 and of 8 bits is right.
#
# The PNG specification, section "tRNS Transparency", says that for grey and RGB the chunk holds
# sample values of the bit depth of the image, and that pixels of these values are transparent.
# pillow's page of file formats says that info["transparency"] of grey and RGB images is the colour
# that represents transparent pixels of the image; after scaling, no pixel has this colour.
#
# Harm to users of mixclust: an icon with a transparent ground came out on a solid ground, which
# also took one of the colours. mixclust/images/_modes.py scales the colour as the pixels are scaled.
#
# Prints the alpha that pillow gives to a pixel of the transparent colour; 0 is right. Exits with 1
# when the behaviour has changed. Needs network access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "pillow==13.0.0"

"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct
import sys
import zlib

import PIL
from PIL import Image


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def alpha_of_transparent_pixel(bits, color_type, row, transparent):
    """Open a PNG of two pixels, the first of which has the transparent colour."""
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, bits, color_type, 0, 0, 0)),
            chunk(b"tRNS", transparent),
            chunk(b"IDAT", zlib.compress(b"\0" + row)),
            chunk(b"IEND", b""),
        ]
    )
    picture = Image.open(io.BytesIO(data))
    alpha = picture.convert("RGBA").getpixel((0, 0))[3]
    print(f"{bits:2}-bit {'grey' if color_type == 0 else 'RGB '}  alpha {alpha:3}")
    return alpha


print("pillow", PIL.__version__)
found = [
    alpha_of_transparent_pixel(1, 0, bytes([0b10_000000]), b"\0\1"),
    alpha_of_transparent_pixel(2, 0, bytes([0b1001_0000]), b"\0\2"),
    alpha_of_transparent_pixel(4, 0, bytes([0x34]), b"\0\3"),
    alpha_of_transparent_pixel(8, 0, bytes([3, 4]), b"\0\3"),
    alpha_of_transparent_pixel(8, 2, bytes([1, 2, 3, 4, 5, 6]), b"\0\1\0\2\0\3"),
    alpha_of_transparent_pixel(16, 2, bytes([0x12, 0x34] * 3 + [0x99] * 6), b"\x12\x34" * 3),
]
as_described = found == [0, 255, 255, 0, 0, 255]
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
