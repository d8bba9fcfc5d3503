"""
The displays of mixclust.plot
=============================

Pairs, projection, density, histogram, means and elbow of bank notes and of eruptions. With a folder
as the argument the script writes a small file of each.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save
from PIL import Image

from mixclust import GaussianMixture, KMeans
from mixclust.plot import (
    DensityDisplay,
    ElbowDisplay,
    HistogramDisplay,
    MeansDisplay,
    PairsDisplay,
    ProjectionDisplay,
)


class Table(np.ndarray):
    """Rows with names of columns; a DataFrame of pandas would do as well."""

    columns = ()


def read(name, indices, columns):
    """Read columns of a table, and name them."""
    rows = np.loadtxt(DATA / name, delimiter=",", skiprows=1, usecols=indices).view(Table)
    rows.columns = columns
    return rows


names = ["length", "left", "right", "bottom", "top", "diagonal"]
notes = read("banknote.csv", range(1, 7), names)
geyser = read("faithful.csv", (0, 1), ["eruption (min)", "waiting (min)"])
of_notes = GaussianMixture(3, n_init=10, random_state=0).fit(notes)
of_geyser = GaussianMixture(3, covariance_type="tied", random_state=0).fit(geyser)


def pairs(figure):
    PairsDisplay.from_estimator(of_notes, notes, max_features=3, axes=figure.subplots(3, 3))


def projection(figure):
    ProjectionDisplay.from_estimator(of_notes, notes, ax=figure.subplots())


def density(figure):
    DensityDisplay.from_estimator(of_geyser, geyser, ax=figure.subplots())


def histogram(figure):
    HistogramDisplay.from_estimator(of_geyser, geyser, feature=1, ax=figure.subplots())


def means(figure):
    MeansDisplay.from_estimator(of_notes, ax=figure.subplots())


def elbow(figure):
    scaled = notes / notes.std(axis=0)
    elbow = ElbowDisplay.from_estimator(KMeans(random_state=0), scaled, ax=figure.subplots())
    print(f"largest silhouette: {elbow.best()} clusters")


DRAWINGS = [pairs, projection, density, histogram, means, elbow]


def write_each(folder):
    """Write each picture to a file of few colours."""
    for draw in DRAWINGS:
        figure = plt.figure(figsize=(5.4, 5) if draw is pairs else (5.4, 3.6))
        draw(figure)
        path = folder / f"plot-{draw.__name__}.png"
        figure.savefig(path, dpi=110)
        plt.close(figure)
        with Image.open(path) as picture:
            few_colours = picture.convert("RGB").quantize(128)
        few_colours.save(path, optimize=True)
        print(f"wrote {path}")


if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
    write_each(Path(sys.argv[1]))
else:
    figure = plt.figure(figsize=(WIDTH, 11))
    places = figure.subfigures(3, 2, height_ratios=[1.3, 1, 1], width_ratios=[1.1, 1])
    for place, draw in zip(places.flat, DRAWINGS, strict=True):
        draw(place)
    headline(figure, "Bank notes and eruptions, as mixclust.plot draws them")
    save(figure, "displays.png")
