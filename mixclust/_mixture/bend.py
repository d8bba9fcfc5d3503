"""The point at which a curve bends."""

import numpy as np

__all__ = ["find_bend"]


def find_bend(x, y):
    """The point at which two straight lines that fit a curve best are joined.

    Parameters
    ----------
    x, y : ndarray of shape (n_points,)
        Points of the curve, at least three, with increasing x.

    Returns
    -------
    bend : int
        Index from the end of the points: 1 is the last but one.
    lines : tuple of two tuples of float
        Slope and intercept of the lines up to the bend, and from it.
    """
    best = None
    for i in range(1, len(x) - 1):
        parts = [_line(x[: i + 1], y[: i + 1]), _line(x[i:], y[i:])]
        squares = sum(part[1] for part in parts)
        if best is None or squares < best[0]:
            best = squares, len(x) - 1 - i, tuple(part[0] for part in parts)
    return best[1], best[2]


def _line(x, y):
    """Slope and intercept of a line through points, and the sum of its squared residuals."""
    dx, dy = x - x.mean(), y - y.mean()
    squares = dx @ dx
    slope = dx @ dy / squares if squares > 0 else 0.0
    return (float(slope), float(y.mean() - slope * x.mean())), np.sum((dy - slope * dx) ** 2)
