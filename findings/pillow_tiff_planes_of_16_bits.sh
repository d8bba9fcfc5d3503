#!/usr/bin/env bash
# pillow 13.0.0: an uncompressed RGB TIFF of 16 bits in separate planes is read as noise.
#
# Surprise: with PlanarConfiguration 2 and no compression, pillow reads each plane of 16-bit levels
# as if it had 8 bits: every level becomes two pixels, its low byte and its high byte, and the lower
# half of the picture is lost. No error, no warning. The same picture with interleaved channels, or
# with LZW compression in planes, is read right (in 8 bits).
#
# TIFF 6.0 defines PlanarConfiguration 2 for any BitsPerSample. Baseline readers need not support
# planes, but a reader that does not would refuse the file; pillow's documentation of TIFF names no
# limit.
#
# Harm to users of mixclust: pictures of microscopes and satellites, which are often written in
# planes, gave palettes of noise. mixclust/images/_modes.py refuses the form and names the remedy.
#
# Compares pixels that pillow reads with the high bytes of the levels that were written, and exits
# with 1 when the behaviour has changed. Files are written and checked with tifffile 2026.3.3. Needs
# network access to a package index.
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
levels = (np.arange(24).reshape(2, 4, 3) * 2560 + 7).astype(np.uint16)  # rows, columns, channels
found = []
for planes in ("contig", "separate"):
    file = io.BytesIO()
    written = levels if planes == "contig" else np.moveaxis(levels, -1, 0)
    tifffile.imwrite(file, written, photometric="rgb", planarconfig=planes)
    file.seek(0)
    np.testing.assert_array_equal(tifffile.imread(file), written)
    pixels = np.asarray(Image.open(file))
    right = np.array_equal(pixels, levels >> 8)
    print(f"{planes:8}  as written: {right};  red of the first row:", pixels[0, :, 0].tolist())
    found.append(right)
print("high bytes that were written:          ", (levels[0, :, 0] >> 8).tolist())
as_described = found == [True, False]
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
