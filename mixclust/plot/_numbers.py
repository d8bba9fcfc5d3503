"""Numbers of components at their means, moved apart where they would cover each other.

Unlike its siblings this module imports matplotlib: import it when something is drawn.
"""

import numpy as np
from matplotlib.artist import Artist

from ._canvas import add_note, color_of, find_note

__all__ = ["draw_numbers"]

SPACING = 17.0
"""Least distance of two numbers, in points: a disc about two digits, and some room."""
MAX_NUMBERED = 60
"""Components up to which they are numbered; the axes have no room for more."""
MAX_RING = 12
"""How many spacings a number is moved at most."""


def draw_numbers(points, ax):
    """Write the number of each component at its point, or near it with a line that leads there.

    They keep clear of each other, of the legend and of notes, each time that the axes are drawn.
    More than 60 components have no numbers, and a note says so.

    Parameters
    ----------
    points : array-like of shape (n_components, 2)
        Where the components are.
    ax : matplotlib.axes.Axes
        Where to draw.

    Returns
    -------
    numbers : list of matplotlib.text.Annotation
        Empty if they are left out.
    """
    if len(points) > MAX_NUMBERED:
        add_note(ax, f"numbers of {len(points):,} components left out")
        return []
    numbers = [
        ax.annotate(
            str(k),
            point,
            (0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            size="small",
            weight="bold",
            color=color_of(k),
            bbox={"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": color_of(k)},
            zorder=3,
        )
        for k, point in enumerate(np.asarray(points, float))
    ]
    ax.add_artist(_Placement(numbers))
    return numbers


class _Placement(Artist):
    """Draws nothing, but places numbers before they are drawn: limits and layout are known then."""

    zorder = 2.9

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers

    def draw(self, renderer):
        """Give each number the nearest place that is free."""
        if not self.numbers:
            return
        per_pixel = 72 / self.axes.figure.dpi
        points = self.axes.transData.transform([number.xy for number in self.numbers])
        first, last = per_pixel * self.axes.bbox.get_points()
        covered = [
            per_pixel * artist.get_window_extent(renderer).get_points()
            for artist in (self.axes.get_legend(), find_note(self.axes))
            if artist is not None
        ]
        places = _places()
        taken = np.empty((0, 2))
        for number, point in zip(self.numbers, per_pixel * points, strict=True):
            there = point + places
            gaps = np.linalg.norm(there[:, np.newaxis] - taken, axis=2).min(axis=1, initial=np.inf)
            free = gaps >= SPACING
            free[1:] &= ((there > first) & (there < last)).all(axis=1)[1:]
            for low, high in covered:
                free &= ((there < low - SPACING / 2) | (there > high + SPACING / 2)).any(axis=1)
            best = np.argmax(free)  # its own place, the first one, where all is full
            number.xyann = tuple(places[best].tolist())
            number.arrow_patch.set_visible(best > 0)
            taken = np.vstack([taken, there[best]])


def _places():
    """Offsets to try, from near to far: rings of places about the mean."""
    rings = [np.zeros((1, 2))]
    for ring in range(1, MAX_RING + 1):
        angles = np.linspace(0, 2 * np.pi, 6 * ring, endpoint=False) + np.pi / 2
        rings.append(SPACING * ring * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.vstack(rings)
