#!/usr/bin/env bash
# pillow 13.0.0: TIFFs where white is zero are inverted in 8 bits, and not in 16 bits.
#
# Surprise: PhotometricInterpretation 0 (WhiteIsZero) means that level 0 is white. pillow inverts
# pixels of 1, 2, 4 and 8 bits, so that 0 is black, as its mode L means. Pixels of 16 bits (mode
# I;16) and of floating point (mode F) are handed over as they are: the same picture, saved with 8
# and with 16 bits, comes out once as a positive and once as a negative, without a warning.
#
# TIFF 6.0 defines PhotometricInterpretation 0 for grey images of any number of bits: 0 is white and
# 2**BitsPerSample - 1 is black. pillow's list of modes describes I;16 as 16-bit unsigned integer
# pixels and mentions no other polarity.
#
# Harm to users of mixclust: X-ray pictures and scans, which come in this form, came out as
# negatives. mixclust/images/_modes.py reads the tag and inverts the levels.
#
# Prints the levels that pillow gives for white, and exits with 1 when the behaviour has changed.
# The files are written and checked with tifffile 2026.3.3. Needs network access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "pillow==13.0.0" "numpy==2.4.6" "tifffile==2026.3.3"

"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
import PIL
import tifffile
from PIL import Image

print("pillow", PIL.__version__, "tifffile", tifffile.__version__)
found = []
for dtype in (np.uint8, np.uint16, np.float32):
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((1, 2), dtype), photometric="miniswhite")
    file.seek(0)
    page = tifffile.TiffFile(file).pages[0]
    picture = Image.open(file)
    level = picture.getpixel((0, 0))
    print(
        f"{np.dtype(dtype).name:8} {page.photometric.name}  level of white in the file 0, "
        f"pillow: mode {picture.mode}, level {level:g}"
    )
    found.append(level)
as_described = found == [255, 0, 0]
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
