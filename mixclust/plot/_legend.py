"""A legend at the place where it hides the fewest points.

This module imports matplotlib, unlike the other modules of the package. It is imported when
something is drawn.
"""

import itertools

import numpy as np
from matplotlib.artist import Artist

from ._canvas import find_note

__all__ = ["place_legend"]

N_STEPS = 8
"""Number of steps from a corner to the next, at each of which the legend may stand."""
PADDING_IN_POINTS = 4.0
"""Distance from the legend within which a point counts as hidden: its marker has an extent."""


def place_legend(legend, points):
    """Move a legend to the place along the border where it hides the fewest points, and no note.

    Of equally good places it takes a corner, an upper one first. It is placed each time that the
    axes are drawn, as their limits and layout are known only then. A legend that somebody moved
    remains where it is. The place "best" of matplotlib is slow to find for many points, tries fewer
    places and does not know notes.

    Parameters
    ----------
    legend : matplotlib.legend.Legend
        Of axes.
    points : ndarray of shape (n_points, 2)
        Points that are drawn.
    """
    legend.set_loc("upper right")
    legend.axes.add_artist(_Placement(legend, points))


class _Placement(Artist):
    """An invisible artist that places the legend just before anything is placed beside it."""

    zorder = 2.8  # below the placement of numbers

    def __init__(self, legend, points):
        super().__init__()
        self.legend, self.points, self.place = legend, np.asarray(points, float), "upper right"

    def draw(self, renderer):
        """Move the legend to the best place, unless it was moved or replaced."""
        legend = self.legend
        if legend is None or self.axes.get_legend() is not legend:
            return
        anchor, box = legend.get_bbox_to_anchor(), legend.get_window_extent(renderer)
        if not np.allclose(self._box_at(self.place, renderer), box.get_points(), atol=0.1):
            self.place = tuple((box.min - anchor.min) / anchor.size)
            self._box_at(self.place, renderer)
            self.legend = None
            return
        pad = anchor.max - self._box_at("upper right", renderer)[1]
        lows = anchor.min + pad + _shares() * (anchor.size - 2 * pad - box.size)
        points = self.axes.transData.transform(self.points)
        note = find_note(self.axes)
        note = None if note is None else note.get_window_extent(renderer).get_points()
        padding = renderer.points_to_pixels(PADDING_IN_POINTS)
        costs = []
        for low in lows:
            high = low + box.size
            near = (points > low - padding) & (points < high + padding)
            hides_note = note is not None and np.all((note[0] < high) & (note[1] > low))
            costs.append((bool(hides_note), np.count_nonzero(near.all(axis=1))))
        best = lows[costs.index(min(costs))]
        self.place = tuple((best - anchor.min) / anchor.size)
        self._box_at(self.place, renderer)

    def _box_at(self, place, renderer):
        """Put the legend at a place, and give the corners of its box in pixels."""
        self.legend.set_loc(place)
        return self.legend.get_window_extent(renderer).get_points()


def _shares():
    """Give the places along the border, as shares of the free width and height, the best first."""
    steps = np.linspace(1, 0, N_STEPS + 1)
    places = [place for place in itertools.product(steps, steps) if {0.0, 1.0} & set(place)]
    corners = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0)]
    return np.array(corners + [place for place in places if place not in corners])
