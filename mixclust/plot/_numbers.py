"""Numbers of components at their means, moved apart if they would cover each other.

This module imports matplotlib, unlike the other modules of the package. It is imported when
something is drawn.
"""

import numpy as np
from matplotlib.artist import Artist

from ._canvas import add_note, color_of, find_note

__all__ = ["draw_numbers"]

SPACING_IN_POINTS = 17.0
"""Least distance of two numbers: the diameter of a disc around two digits, and some space."""
MAX_NUMBERED = 60
"""Largest number of components that are numbered; the axes have no room for more."""
MAX_RING = 12
"""Largest distance of a number from its point, in units of the spacing."""


def draw_numbers(points, ax):
    """Write the number of each component at its point, or near it with a line that leads there.

    Each time that the axes are drawn, the numbers are placed so that they do not cover each other,
    the legend or notes.
    More than 60 components have no numbers, and a note says so.

    Parameters
    ----------
    points : array-like of shape (n_components, 2)
        Points of the components.
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    numbers : list of matplotlib.text.Annotation
        Empty if the numbers are left out.
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
    """An invisible artist that places the numbers just before they are drawn.

    The limits and the layout of the axes are known only then.
    """

    zorder = 2.9  # just below the numbers, which matplotlib therefore draws afterwards

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers

    def draw(self, renderer):
        """Move each number to the nearest free place."""
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
        places, half = _places(), SPACING_IN_POINTS / 2
        taken = np.empty((0, 2))
        for number, point in zip(self.numbers, per_pixel * points, strict=True):
            there = point + places
            gaps = np.linalg.norm(there[:, np.newaxis] - taken, axis=2).min(axis=1, initial=np.inf)
            free = gaps >= SPACING_IN_POINTS
            free[1:] &= ((there > first) & (there < last)).all(axis=1)[1:]
            for low, high in covered:
                free &= ((there < low - half) | (there > high + half)).any(axis=1)
            best = np.argmax(free)  # the first one, at the point itself, if no place is free
            number.xyann = tuple(places[best].tolist())
            number.arrow_patch.set_visible(best > 0)
            taken = np.vstack([taken, there[best]])


def _places():
    """Give the offsets to try, from near to far: rings of places around the point."""
    rings = [np.zeros((1, 2))]
    for ring in range(1, MAX_RING + 1):
        angles = np.linspace(0, 2 * np.pi, 6 * ring, endpoint=False) + np.pi / 2
        rings.append(SPACING_IN_POINTS * ring * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.vstack(rings)
