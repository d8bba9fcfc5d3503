"""
A photograph in 16 colours
==========================

A photograph in the 16 colours that k-means finds in it.
"""

import matplotlib.pyplot as plt
from common import DATA, WIDTH, headline, save
from PIL import Image

from mixclust.images import distortion, quantize

N_COLORS = 16

photograph = Image.open(DATA / "coffee.png")
recolored, palette, _ = quantize(photograph, N_COLORS, random_state=0)
mean_error, psnr = distortion(photograph, recolored)

figure, axes = plt.subplot_mosaic(
    [["before", "after"], ["palette", "palette"]],
    figsize=(WIDTH, 3.58),
    height_ratios=[8, 1],
)
axes["before"].imshow(photograph)
axes["before"].set_title("the photograph")
axes["after"].imshow(recolored)
axes["after"].set_title(f"{N_COLORS} colours: mean error {mean_error:.1f} of 255")
axes["palette"].imshow(palette[None], aspect="auto")
for ax in axes.values():
    ax.axis("off")
headline(figure, f"{N_COLORS} colours are enough for a photograph")
print(f"{len(palette)} colours, mean error {mean_error:.2f} of 255, PSNR {psnr:.1f} dB")
save(figure, "photo_colors.png")
