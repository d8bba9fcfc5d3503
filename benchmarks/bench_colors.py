"""The colour spaces of `mixclust.images.quantize` on twelve photographs.

    python benchmarks/bench_colors.py

For 8, 16 and 64 colours and each space: the mean CIEDE2000 difference, the mean error of levels
(0 to 255) and the CPU time of a whole call, with one thread. The default of `space` is the one with
the smallest mean CIEDE2000 difference.
"""

import argparse
import time

import numpy as np
from bench_pictures import pictures, print_missing

from mixclust.images import color_difference, distortion, quantize

SPACES = ("oklab", "lab", "rgb")


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
    arguments = parser.parse_args()
    print_missing()
    print("mean CIEDE2000 / mean error of levels / CPU s\n")
    print(f"{'picture':18} {'colours':>7}" + "".join(f"{space:>22}" for space in SPACES))
    results = {n_colors: [] for n_colors in arguments.colors}
    for name, image in pictures():
        for n_colors, rows in results.items():
            rows.append([measure(image, n_colors, space) for space in SPACES])
            print_row(name, n_colors, rows[-1])
    for n_colors, rows in results.items():
        print_row(f"mean of {len(rows)}", n_colors, np.mean(rows, axis=0))


def print_row(name, n_colors, cells):
    """Print the three numbers of each space."""
    texts = [f"{eye:.2f} / {level:.2f} / {seconds:.2f}" for eye, level, seconds in cells]
    print(f"{name:18} {n_colors:7}" + "".join(f"{text:>22}" for text in texts), flush=True)


if __name__ == "__main__":
    main()
