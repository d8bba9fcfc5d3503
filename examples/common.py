"""Shared parts of the examples: data, the style of pictures, and the path to write them to."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

DATA = Path(__file__).parent
WIDTH = 8  # inches, at 150 dots each

plt.rcParams.update(
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 9.5,
        "figure.constrained_layout.use": True,
        "font.size": 9,
        "savefig.dpi": 150,
    }
)


def stretched_blobs(n_samples=400, spread=1.2, seed=0):
    """Draw four clusters, stretched in several directions: rows (n_samples, 2), and clusters."""
    generator = np.random.default_rng(seed)
    centers = np.array([[-3.4, 0.2], [-1.3, -0.2], [2.2, 1.5], [2.4, -1.3]])
    lengths = spread * np.array([[1.2, 0.25], [1.2, 0.25], [1.3, 0.3], [0.5, 0.5]])
    angles = np.deg2rad([60, 60, -25, 0])
    labels = np.arange(n_samples) % 4
    along, across = (lengths[labels] * generator.standard_normal((n_samples, 2))).T
    cos, sin = np.cos(angles[labels]), np.sin(angles[labels])
    shift = np.column_stack([cos * along - sin * across, sin * along + cos * across])
    return centers[labels] + shift, labels


def moons(n_samples=400, noise=0.05, seed=0):
    """Draw two half circles that reach into each other: rows (n_samples, 2)."""
    generator = np.random.default_rng(seed)
    angle = np.linspace(0, np.pi, n_samples // 2)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    rows = np.vstack([upper, [1, 0.5] - upper])
    return rows + noise * generator.standard_normal(rows.shape)


def agreement(labels, truth):
    """Compute the share of rows with the most frequent truth of their cluster."""
    counts = np.zeros((labels.max() + 1, truth.max() + 1))
    np.add.at(counts, (labels, truth), 1)
    return counts.max(axis=1).sum() / len(truth)


def headline(figure, text):
    """Write a title above all axes of a picture."""
    figure.suptitle(text, x=0.01, ha="left", weight="bold", size=12)


def save(figure, name):
    """Write a picture to the path that the command names, or to `name` in this directory."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else name)
    figure.savefig(path)
    print(f"wrote {path}")
