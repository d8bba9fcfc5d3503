#!/usr/bin/env bash
# colorthief 0.2.1: the palette leaves out white, has another length than asked, and invents colours.
#
# Surprise: a picture holds four colours and nothing else: white on 58 % of the pixels, a red on 30 %,
# a blue on 10 % and a green on 2 %. ColorThief.get_palette(color_count=2, quality=1) gives three
# colours, color_count=3 and 4 give four, 8 gives seven. White is never among them: pixels with all
# levels above 250 are skipped, and the documentation does not say so. With four colours asked for,
# three are near the picture's; the fourth, (152, 96, 120), is 121 levels away from every pixel.
#
# Harm to users of mixclust: a palette that is extracted there and given to
# `mixclust colors --use PALETTE` turns paper, snow and white backgrounds into another colour.
# `mixclust colors --palette OUT` counts every visible pixel, gives as many colours as were asked for
# where the picture has them, and each is the mean of its pixels (docs/images.md,
# tests/images/test_images.py).
#
# Prints the palettes, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "colorthief==0.2.1" "pillow==13.0.0" "numpy==2.4.6"

cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from colorthief import ColorThief
from PIL import Image

print("colorthief", version("colorthief"))
pixels = np.full((200, 200, 3), 255, dtype=np.uint8)
pixels[:60] = 200, 30, 30
pixels[60:80] = 30, 30, 200
pixels[80:84] = 0, 160, 0
Image.fromarray(pixels).save("picture.png")
present = np.unique(pixels.reshape(-1, 3), axis=0).astype(int)
lengths, farthest, whitest = {}, 0, 0
for n_colors in (2, 3, 4, 8):
    palette = np.array(ColorThief("picture.png").get_palette(color_count=n_colors, quality=1))
    distances = np.sqrt(((palette[:, None] - present) ** 2).sum(axis=2)).min(axis=1)
    lengths[n_colors] = len(palette)
    farthest = max(farthest, distances.max())
    whitest = max(whitest, palette.min(axis=1).max())
    print(f"{n_colors} asked for, {len(palette)} given:", [tuple(map(int, c)) for c in palette])
print(f"the farthest from every pixel: {farthest:.0f} levels; the whitest: {whitest}")
as_described = lengths == {2: 3, 3: 4, 4: 4, 8: 7} and farthest > 50 and whitest < 200
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
