"""The view of axes: their limits, the far rows beyond them, and the numbers at their ticks."""

import math

import numpy as np

from ._canvas import add_note

__all__ = [
    "MARGIN_SHARE",
    "MAX_SHARE_BEYOND",
    "MAX_SHARE_BEYOND_OF_MANY",
    "central_range",
    "count_outside",
    "far_rows_text",
    "leave_out_far_rows",
    "note_far_rows",
    "widen_view",
    "write_ticks",
]

MAX_SHARE_BEYOND = 0.5
"""Largest widening of the view by outlines at either end of an axis, as a share of the extent of
the data."""
MAX_SHARE_BEYOND_OF_MANY = 0.1
"""The same for pairs, projections and the picture of the command line, which have less room."""
CENTRAL_QUANTILES = (0.005, 0.995)
MAX_REACH_OF_FAR_ROWS = 0.5
"""Largest distance of rows in view from the central rows, in extents of the central rows."""
MARGIN_SHARE = 0.05
"""Space at either end of an axis, as a share of the extent."""
MAX_TICK_LENGTH = 9
"""Number of characters of numbers at ticks that are written in full."""
INCHES_PER_CHARACTER = 0.1
"""Width of a character of a number at a tick, with some space."""


def widen_view(ax, low, high, inside, max_share=MAX_SHARE_BEYOND):
    """Widen the view to show outlines, but keep the data that are already drawn large.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that hold the outlines.
    low, high : ndarray of shape (n_outlines, 2)
        Corners of the box around each outline.
    inside : ndarray of shape (n_points, 2)
        Points that the view always includes.
    max_share : float, default=0.5
        The view of axes with data grows at either end by at most this share of the extent of the
        data.

    Returns
    -------
    whole : bool
        Whether the view shows the outlines whole.
    """
    low, high = low.min(axis=0), high.max(axis=0)
    if np.isfinite(ax.dataLim.get_points()).all():
        ax.update_datalim(inside)
        first, last = ax.dataLim.get_points()
        extent = last - first
        beyond = np.where(extent > 0, max_share * extent, np.inf)
        shown = np.maximum(low, first - beyond), np.minimum(high, last + beyond)
    else:
        shown = low, high
    ax.update_datalim(shown)
    ax.autoscale_view()
    view = np.sort([ax.get_xlim(), ax.get_ylim()]).T  # with the margins of the axes
    return bool(np.all(view[0] <= low) and np.all(view[1] >= high))


def central_range(rows, inside=None):
    """Give the range of each feature without far rows.

    It is the range of all rows, but reaches beyond the central 99 % of them by at most half of
    their extent.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Rows.
    inside : ndarray of shape (n_points, n_features), default=None
        Points that the range always includes.

    Returns
    -------
    low, high : ndarray of shape (n_features,)
    """
    first, last = np.quantile(rows, CENTRAL_QUANTILES, axis=0)
    reach = MAX_REACH_OF_FAR_ROWS * (last - first)
    low = np.maximum(rows.min(axis=0), first - reach)
    high = np.minimum(rows.max(axis=0), last + reach)
    if inside is not None:
        low, high = np.minimum(low, inside.min(axis=0)), np.maximum(high, inside.max(axis=0))
    return low, high


def note_far_rows(ax, rows, low, high):
    """Count the rows outside of a range in a note, if there are any.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to write on.
    rows : ndarray of shape (n_samples, n_features)
        Rows.
    low, high : ndarray of shape (n_features,)
        The range.

    Returns
    -------
    n_far : int
        Their number.
    """
    n_far = count_outside(rows, low, high)
    if n_far:
        add_note(ax, far_rows_text(n_far))
    return n_far


def far_rows_text(n_far):
    """Write the note about far rows."""
    return f"{n_far:,} far {'row' if n_far == 1 else 'rows'} beyond the axes"


def count_outside(rows, low, high):
    """Count the rows outside of a range, in some feature."""
    return int(np.count_nonzero(((rows < low) | (rows > high)).any(axis=1)))


def leave_out_far_rows(ax, rows, inside):
    """Limit the view to the central range, if a few far rows would make the others look small.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that hold the rows.
    rows : ndarray of shape (n_samples, 2)
        All rows.
    inside : ndarray of shape (n_points, 2)
        Points that the view always includes.
    """
    low, high = central_range(rows, inside)
    if not note_far_rows(ax, rows, low, high):
        return
    margin = MARGIN_SHARE * (high - low)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    low, high = low - margin, high + margin
    ax.set_xlim(max(left, low[0]), min(right, high[0]))
    ax.set_ylim(max(bottom, low[1]), min(top, high[1]))


def write_ticks(ax):
    """Write the numbers below an axis in full, and so few that they do not touch each other.

    An axis with other ticks than the usual ones, for example of logarithms, is left alone, and so
    are numbers of more than `MAX_TICK_LENGTH` characters.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with their last limits.
    """
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    low, high = ax.get_xlim()
    locator, formatter = ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()
    if not isinstance(locator, MaxNLocator) or not isinstance(formatter, ScalarFormatter):
        return
    inches = ax.get_window_extent().width / ax.figure.dpi
    n_decimals = max(0, -math.floor(math.log10(abs(high - low) / 4)))
    length = len(f"{max(abs(low), abs(high)):.{n_decimals}f}") + 1
    if length > MAX_TICK_LENGTH:
        length = n_decimals + 4  # they are written less an offset
    else:
        formatter.set_useOffset(False)
    n_intervals = inches / (INCHES_PER_CHARACTER * length) - 1
    locator.set_params(nbins=int(np.clip(n_intervals, 1, 9)))
