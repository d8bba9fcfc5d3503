"""Numbers of components at their means, moved apart where they would cover each other."""

import numpy as np

from ._canvas import color_of, find_note

__all__ = ["draw_numbers"]

SPACING = 17.0
"""Least distance of two numbers, in points: a disc about two digits, and some room."""
MAX_RING = 12
"""How many spacings a number is moved at most."""


def draw_numbers(means, ax):
    """Write the number of each component at its mean, or near it with a line that leads there.

    They leave out the legend and notes. Where they go depends on the limits of the axes: draw them
    last.

    Parameters
    ----------
    means : array-like of shape (n_components, 2)
        Where the components are.
    ax : matplotlib.axes.Axes
        Where to draw.

    Returns
    -------
    numbers : list of matplotlib.text.Annotation
    """
    means = np.asarray(means, float)
    return [
        ax.annotate(
            str(k),
            mean,
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            size="small",
            weight="bold",
            color=color_of(k),
            bbox={"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": color_of(k)} if any(offset) else None,
            zorder=3,
        )
        for k, (mean, offset) in enumerate(zip(means, _offsets(means, ax), strict=True))
    ]


def _offsets(means, ax):
    """Where each number goes, in points from its mean: the nearest place that is free."""
    per_pixel = 72 / ax.figure.dpi
    at = per_pixel * ax.transData.transform(means)
    first, last = per_pixel * ax.bbox.get_points()
    covered = [
        per_pixel * artist.get_window_extent().get_points()
        for artist in (ax.get_legend(), find_note(ax))
        if artist is not None
    ]
    places = _places()
    taken = np.empty((0, 2))
    offsets = []
    for point in at:
        there = point + places
        gaps = np.linalg.norm(there[:, np.newaxis] - taken, axis=2).min(axis=1, initial=np.inf)
        free = gaps >= SPACING
        free[1:] &= ((there > first) & (there < last)).all(axis=1)[1:]
        for low, high in covered:
            free &= ((there < low - SPACING / 2) | (there > high + SPACING / 2)).any(axis=1)
        best = np.argmax(free)  # its own place, the first one, where all is full
        offsets.append(tuple(places[best].tolist()))
        taken = np.vstack([taken, there[best]])
    return offsets


def _places():
    """Offsets to try, from near to far: rings of places about the mean."""
    rings = [np.zeros((1, 2))]
    for ring in range(1, MAX_RING + 1):
        angles = np.linspace(0, 2 * np.pi, 6 * ring, endpoint=False) + np.pi / 2
        rings.append(SPACING * ring * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.vstack(rings)
