"""The colour spaces of `mixclust.images.quantize` on twelve photographs.

    python benchmarks/bench_colors.py

For 8, 16 and 64 colours and each space: the mean CIEDE2000 difference, the mean error of levels
(0 to 255) and the CPU time of a whole call, with one thread. The default of `space` is the one with
the smallest mean CIEDE2000 difference.

    python benchmarks/bench_colors.py --accents

For strengths of `accents`, in OKLab: the mean CIEDE2000 difference of all pixels, and of the pixels
of the rarest saturated colours: among the pixels with a CIELAB chroma of at least 40, the half
percent of all pixels in the least populated cells of CIELAB, of side 10.
"""

import argparse
import time

import numpy as np
from bench_pictures import pictures, print_missing

from mixclust.images import color_difference, distortion, quantize
from mixclust.images._spaces import from_srgb

SPACES = ("oklab", "lab", "rgb")
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
MIN_CHROMA, CELL, RARE_SHARE = 40, 10, 0.005


def measure(image, n_colors, space):
    """Recolour an image: CIEDE2000, error of levels, CPU seconds."""
    start = time.process_time()
    recolored = quantize(image, n_colors, space=space, random_state=0, n_threads=1).recolored
    seconds = time.process_time() - start
    return color_difference(image, recolored), distortion(image, recolored).mean_error, seconds


def main():
    """Print a row for each picture and number of colours, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--colors", type=int, nargs="+", default=[8, 16, 64])
    parser.add_argument("--accents", action="store_true")
    arguments = parser.parse_args()
    print_missing()
    if arguments.accents:
        print_accents(arguments.colors)
        return
    print("mean CIEDE2000 / mean error of levels / CPU s\n")
    print(f"{'picture':18} {'colours':>7}" + "".join(f"{space:>22}" for space in SPACES))
    results = {n_colors: [] for n_colors in arguments.colors}
    for name, image in pictures():
        for n_colors, rows in results.items():
            rows.append([measure(image, n_colors, space) for space in SPACES])
            print_row(name, n_colors, rows[-1])
    for n_colors, rows in results.items():
        print_row(f"mean of {len(rows)}", n_colors, np.mean(rows, axis=0))


def print_accents(numbers):
    """Print a row for each number of colours: both differences for each strength."""
    print("mean CIEDE2000 of all pixels / of the rarest saturated colours\n")
    print(f"{'picture':18} {'colours':>7}" + "".join(f"{s:>15g}" for s in STRENGTHS))
    results = {n_colors: [] for n_colors in numbers}
    for name, image in pictures():
        rare = rare_saturated(image)
        for n_colors, rows in results.items():
            rows.append([])
            for strength in STRENGTHS:
                recolored = quantize(
                    image, n_colors, accents=strength, random_state=0, n_threads=1
                ).recolored
                pair = [(image, recolored), (image[rare][None], recolored[rare][None])]
                rows[-1].append([color_difference(*each) for each in pair])
            print_accents_row(name, n_colors, rows[-1])
    for n_colors, rows in results.items():
        print_accents_row(f"mean of {len(rows)}", n_colors, np.mean(rows, axis=0))


def print_accents_row(name, n_colors, cells):
    """Print the two differences of each strength."""
    texts = [f"{whole:.2f} / {rare:.2f}" for whole, rare in cells]
    print(f"{name:18} {n_colors:7}" + "".join(f"{text:>15}" for text in texts), flush=True)


def rare_saturated(image):
    """Give the pixels of the rarest saturated colours as a mask of shape (H, W)."""
    lab = from_srgb(image.reshape(-1, 3) / 255, "lab")
    cells = np.rint(lab / CELL).astype(int) @ np.array([10_000, 100, 1])
    _, cell, sizes = np.unique(cells, return_inverse=True, return_counts=True)
    saturated = np.flatnonzero(np.hypot(lab[:, 1], lab[:, 2]) >= MIN_CHROMA)
    order = saturated[np.argsort(sizes[cell[saturated]], kind="stable")]
    mask = np.zeros(len(lab), bool)
    mask[order[: max(1, int(RARE_SHARE * len(lab)))]] = True
    return mask.reshape(image.shape[:2])


def print_row(name, n_colors, cells):
    """Print the three numbers of each space."""
    texts = [f"{eye:.2f} / {level:.2f} / {seconds:.2f}" for eye, level, seconds in cells]
    print(f"{name:18} {n_colors:7}" + "".join(f"{text:>22}" for text in texts), flush=True)


if __name__ == "__main__":
    main()
