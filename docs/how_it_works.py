"""Draw the pictures of how-it-works.md.

Usage: python docs/how_it_works.py [FOLDER]      (default: the folder of this script)
"""

import io
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from mixclust import GaussianMixture, KMeans
from mixclust.images import quantize

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
STYLE = {"fontsize": 9, "ha": "center", "va": "center"}
N_COLORS = 64  # of a picture: smaller files
N_STARTS = 200
OFFSET = 500  # added to both features of the rows of `draw_labels`


def draw_pass():
    """Draw the way of rows through a pass: shards, panels, tables, parameters."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    ax = figure.subplots()
    ax.set(xlim=(0, 16.1), ylim=(0.2, 6.8))
    ax.axis("off")

    def box(x, y, width, height, text, color):
        shape = "round,pad=0,rounding_size=0.12"
        patch = FancyBboxPatch((x, y), width, height, boxstyle=shape, fc=color + "22", ec=color)
        ax.add_patch(patch)
        ax.text(x + width / 2, y + height / 2, text, **STYLE)

    def arrow(start, end, **options):
        style = {"arrowstyle": "-|>", "mutation_scale": 11, "color": "0.3"}
        ax.add_patch(FancyArrowPatch(start, end, **style | options))

    for column, title in ((1.2, "rows of X"), (5.3, "panel, in cache"), (9.0, "table of sums")):
        ax.text(column, 6.5, title, weight="bold", **STYLE)
    for i in range(4):
        y = 4.9 - 1.35 * i
        box(0.2, y, 2.0, 1.1, f"shard {i + 1}", BLUE)
        box(3.8, y, 3.0, 1.1, "distances or\nlog-densities", GREEN)
        box(8.0, y, 2.0, 1.1, f"table {i + 1}", ORANGE)
        arrow((2.25, y + 0.55), (3.75, y + 0.55))
        arrow((6.85, y + 0.55), (7.95, y + 0.55))
        arrow((10.05, y + 0.55), (11.25, 3.5 + 0.25 * (1.5 - i)))
        ax.text(3.0, y + 0.85, f"thread {1 + i % 2}", color="0.4", fontsize=7.5, ha="center")
    box(11.3, 2.7, 2.0, 1.6, "merge,\nin this order", ORANGE)
    box(14.0, 2.7, 1.9, 1.6, "new para-\nmeters", BLUE)
    arrow((13.35, 3.5), (13.95, 3.5))
    corner = "angle,angleA=-90,angleB=180,rad=6"
    arrow((14.95, 2.65), (5.3, 0.35), connectionstyle=corner, arrowstyle="-")
    arrow((5.32, 0.35), (5.32, 0.8))
    ax.text(11.6, 0.45, "next pass", fontsize=8.5, color="0.3", ha="center")
    return figure


def draw_labels():
    """Draw labels by plain float32 scores, and by mixclust, of rows with an offset."""
    rng = np.random.default_rng(0)
    X = (OFFSET + rng.uniform(-1, 1, size=(4000, 2))).astype(np.float32)
    kmeans = KMeans(8, random_state=0).fit(X)
    centers = kmeans.cluster_centers_.astype(np.float32)
    differences = X[:, np.newaxis].astype(float) - centers
    nearest = (differences**2).sum(axis=2).argmin(axis=1)
    of_scores = (np.float32(0.5) * (centers**2).sum(axis=1) - X @ centers.T).argmin(axis=1)
    certified = KMeans(8, init=centers, max_iter=1, n_init=1).fit(centers).predict(X)

    figure = Figure(figsize=(8, 4.3), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    pairs = (("scores in plain float32", of_scores), ("mixclust", certified))
    for ax, (name, labels) in zip(axes, pairs, strict=True):
        wrong = labels != nearest
        ax.scatter(*X.T, c=nearest, s=3, cmap="Pastel1")
        ax.scatter(*X[wrong].T, s=5, color="black")
        ax.set_title(f"{name}: {wrong.sum()} of {len(X):,} labels are wrong", fontsize=9.5)
        ax.set_aspect("equal")
        ticks = [OFFSET - 1, OFFSET, OFFSET + 1]
        ax.set(xticks=ticks, yticks=ticks)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def draw_starts(data):
    """Draw the ends of fits from k-means and of the default fit, on bank notes."""
    X = np.loadtxt(data, delimiter=",", skiprows=1, usecols=range(1, 7))
    ends = [
        GaussianMixture(4, init_params="kmeans", random_state=seed).fit(X).score(X)
        for seed in range(N_STARTS)
    ]
    default = GaussianMixture(4, random_state=0).fit(X).score(X)
    figure = Figure(figsize=(8, 2.9), layout="constrained")
    ax = figure.subplots()
    ax.hist(ends, bins=60, color=BLUE, label=f"{N_STARTS} fits from one run of k-means each")
    ax.axvline(default, color=ORANGE, lw=2, label="the default fit")
    ax.set(xlabel="mean log-likelihood of a row, in nats", ylabel="fits")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper center")
    return figure


def main():
    """Write the three pictures to the folder on the command line."""
    here = Path(__file__).resolve().parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    pictures = {
        "how-pass.png": draw_pass(),
        "how-labels.png": draw_labels(),
        "how-starts.png": draw_starts(here.parent / "examples" / "banknote.csv"),
    }
    for name, figure in pictures.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, dpi=150)
        _, palette, labels = quantize(Image.open(buffer).convert("RGB"), N_COLORS, random_state=0)
        picture = Image.fromarray(labels.astype(np.uint8), "P")
        picture.putpalette(palette.tobytes())
        picture.save(folder / name, optimize=True)


if __name__ == "__main__":
    main()
