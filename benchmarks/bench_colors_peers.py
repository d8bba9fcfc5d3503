"""`mixclust colors` against pngquant, ImageMagick and Pillow on twelve photographs.

    python benchmarks/bench_colors_peers.py [--pngquant PROGRAM] [--magick PROGRAM]

Each program reads a PNG and writes a palette PNG of 16, 64 and 256 colours without dithering, in a
process of its own with one thread. The table has the means over the photographs: CIEDE2000 and
error of levels (0 to 255), each computed by mixclust from the written file, bytes of the file, and
CPU seconds of the process, start included. The time of mixclust includes its report, which measures
the error.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from bench_pictures import pictures, print_missing
from PIL import Image

from mixclust.images import color_difference, distortion

PILLOW = (
    "import sys; from PIL import Image; source, n, kmeans, target = sys.argv[1:]; "
    "Image.open(source).quantize(int(n), kmeans=int(kmeans), dither=Image.Dither.NONE)"
    ".save(target)"
)
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def commands(arguments):
    """Give a function of (source, number, target) that makes a command line, for each program."""
    python = sys.executable
    found = {}
    for space in ("oklab", "rgb"):
        found[f"mixclust {space}"] = lambda source, n, target, space=space: [
            *[python, "-m", "mixclust", "colors", source, "--colors", n],
            *["--space", space, "--threads", "1", "-o", target],
        ]
    if arguments.pngquant:
        found["pngquant"] = lambda source, n, target: [
            *[arguments.pngquant, "--nofs", "--force", "-o", target, n, source]
        ]
    if arguments.magick:
        found["ImageMagick"] = lambda source, n, target: [
            *[arguments.magick, source, "+dither", "-colors", n, f"PNG8:{target}"]
        ]
    for name, kmeans in (("Pillow median cut", "0"), ("Pillow k-means", "10")):
        found[name] = lambda source, n, target, kmeans=kmeans: [
            *[python, "-c", PILLOW, source, n, kmeans, target]
        ]
    return found


def run(command):
    """Run a command; give the CPU seconds of the process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(image, source, n_colors, command):
    """Give CIEDE2000, error of levels, bytes, CPU seconds and number of colours of one program."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "out.png")
        seconds = run(command(source, str(n_colors), target))
        with Image.open(target) as picture:
            recolored = np.asarray(picture.convert("RGB"))
        size = os.path.getsize(target)
    n_found = len(np.unique(recolored @ np.array([65536, 256, 1])))
    if n_found > n_colors:
        raise ValueError(f"{n_found} colours were written instead of {n_colors}")
    error = distortion(image, recolored).mean_error
    return color_difference(image, recolored), error, size, seconds, n_found


def find_magick():
    """Find ImageMagick on the path, by one of the names that it has."""
    for name in ("magick", "convert-im6.q16", "convert"):
        path = shutil.which(name)
        if path is None:
            continue
        done = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
        if done.stdout.startswith("Version: ImageMagick"):
            return path
    return None


def main():
    """Print a table for each number of colours."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--colors", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--pngquant", default=shutil.which("pngquant"), metavar="PROGRAM")
    parser.add_argument("--magick", default=find_magick(), metavar="PROGRAM")
    parser.add_argument("--picture", type=Path, help="this picture instead of the photographs")
    parser.add_argument("--megapixels", type=float, help="size to which pictures are resized")
    arguments = parser.parse_args()
    for name in ("pngquant", "magick"):
        if not getattr(arguments, name):
            print(f"left out, not installed: {name}")
    programs = commands(arguments)
    results = {(n, name): [] for n in arguments.colors for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        for name, image in chosen_pictures(arguments):
            if arguments.megapixels:
                image = resized(image, arguments.megapixels)
            source = os.path.join(folder, f"{name}.png")
            Image.fromarray(image).save(source)
            for (n_colors, program), rows in results.items():
                rows.append(measure(image, source, n_colors, programs[program]))
    for n_colors in arguments.colors:
        n_pictures = len(results[n_colors, "mixclust oklab"])
        print(f"\n{n_colors} colours, means of {n_pictures} pictures\n")
        print("| program | CIEDE2000 | levels | bytes | CPU s | colours |")
        print("|---|---|---|---|---|---|")
        for program in programs:
            means = np.mean(results[n_colors, program], axis=0)
            print("| {} | {:.2f} | {:.2f} | {:,.0f} | {:.2f} | {:.0f} |".format(program, *means))


def chosen_pictures(arguments):
    """Give the photographs, or the picture that was named."""
    if arguments.picture is None:
        print_missing()
        return pictures()
    with Image.open(arguments.picture) as picture:
        return [(arguments.picture.stem, np.asarray(picture.convert("RGB")))]


def resized(image, megapixels):
    """Resize a picture, and add noise of 2 levels, as a sensor does."""
    height, width = image.shape[:2]
    scale = (1e6 * megapixels / (width * height)) ** 0.5
    size = round(width * scale), round(height * scale)
    smooth = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, 2, smooth.shape)
    return np.clip(np.rint(smooth + noise), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
