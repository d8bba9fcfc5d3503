#!/usr/bin/env bash
# Pillow 13.0.0: a larger `kmeans` of Image.quantize makes the palette worse.
#
# Surprise: Image.quantize(colors, kmeans=m) moves the palette of the median cut by iterations of
# k-means. The documentation says "Integer greater than or equal to zero", which reads as a number of
# iterations, and 0 does turn them off. But 1 is the most: iterations go on until at most m - 1 pixels
# change their colour, so that 30,000 does little. On a picture of 300 x 200 pixels in 16 colours the
# mean squared error (sum over R, G, B) is 4,406 with kmeans=0, 1,486 with 1 and with 100, 1,793 with
# 10,000 and 2,699 with 30,000.
#
# Harm to users of mixclust: a comparison with Pillow at a large number is one with less than Pillow
# can do. benchmarks/bench_colors_peers.py, whose table is in docs/images.md, takes kmeans=10: at most
# nine pixels change at the end.
#
# Prints the errors, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "pillow==13.0.0" "numpy==2.4.6"

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import PIL
from PIL import Image

print("Pillow", PIL.__version__)
y, x = np.mgrid[:200, :300]
noise = np.random.default_rng(0).normal(scale=12, size=(200, 300, 3))
waves = np.stack([np.sin(x / 40), np.sin(y / 30 + 1), np.sin((x + y) / 50)], axis=2)
pixels = np.clip(128 + 90 * waves + noise, 0, 255).astype(np.uint8)
picture = Image.fromarray(pixels)
errors = {}
for kmeans in (0, 1, 100, 10_000, 30_000):
    reduced = picture.quantize(
        16, method=Image.Quantize.MEDIANCUT, kmeans=kmeans, dither=Image.Dither.NONE
    )
    difference = np.asarray(reduced.convert("RGB")).astype(float) - pixels
    errors[kmeans] = (difference**2).sum(axis=2).mean()
    print(f"kmeans={kmeans}: mean squared error {errors[kmeans]:.1f}")
gain = errors[0] - errors[1]
as_described = gain > 0.5 * errors[0] and errors[1] < 0.9 * errors[10_000] < 0.9 * errors[30_000]
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
