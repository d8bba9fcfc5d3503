"""Axes and their notes, and the colours and markers of components."""

import numpy as np

__all__ = [
    "MARKERS",
    "add_note",
    "axes_or_new",
    "color_of",
    "count_along_x",
    "find_note",
    "marker_of",
    "name_axes",
    "widen_view",
]

# The colours of Okabe and Ito, which readers with any colour vision can distinguish. Yellow is left
# out, since it is hardly visible on white, and grey takes the place of black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = "os^DvP"

MAX_SHARE_BEYOND = 0.5
"""Largest widening of the view by outlines at either end of an axis, as a share of the extent of
the data."""


def color_of(k):
    """Give the colour of component k; components of one colour differ in `marker_of`."""
    return COLORS[k % len(COLORS)]


def marker_of(k):
    """Give the marker of component k."""
    return MARKERS[k // len(COLORS) % len(MARKERS)]


def axes_or_new(ax):
    """Give the axes to draw on: the caller's, or the axes of a new figure of pyplot.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes of the caller; None makes a figure.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib cannot be imported.
    """
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"mixclust.plot needs matplotlib, which cannot be imported ({error}); "
            "run: pip install 'mixclust[plot]'"
        ) from error
    return plt.subplots(layout="constrained")[1]


def name_axes(ax, names):
    """Label the axes with the names of two features, unless they are None."""
    if names is not None:
        ax.set(xlabel=names[0], ylabel=names[1])


def count_along_x(ax, counts):
    """Put ticks at whole numbers of the horizontal axis, also if it shows a single one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that show the numbers.
    counts : sequence of int
        The numbers on the horizontal axis.
    """
    if len(set(counts)) == 1:
        ax.update_datalim([(counts[0] + side, 0) for side in (-0.25, 0.25)], updatey=False)
        ax.autoscale_view(scaley=False)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def add_note(ax, text):
    """Write a small line in the lower left corner about data that are not shown.

    Further notes go below the first one; an equal note is not repeated.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to write on.
    text : str
        One line.
    """
    from matplotlib.offsetbox import AnchoredText

    note = find_note(ax)
    if note is not None:
        if text not in note.txt.get_text().split("\n"):
            note.txt.set_text(f"{note.txt.get_text()}\n{text}")
        return
    note = AnchoredText(
        text, loc="lower left", pad=0.2, borderpad=0.2, prop={"size": "small", "color": "#333333"}
    )
    note.set(gid="note", zorder=4)
    note.patch.set(facecolor="white", edgecolor="none", alpha=0.8)
    ax.add_artist(note)


def find_note(ax):
    """Find the box of text of `add_note`; None without notes."""
    return next((artist for artist in ax.artists if artist.get_gid() == "note"), None)


def widen_view(ax, low, high, inside):
    """Widen the view to show outlines, but keep the data that are already drawn large.

    The view of axes with data grows at either end by at most `MAX_SHARE_BEYOND` of the extent of
    the data.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that hold the outlines.
    low, high : ndarray of shape (n_outlines, 2)
        Corners of the box around each outline.
    inside : ndarray of shape (n_points, 2)
        Points that the view always includes.

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
        beyond = np.where(extent > 0, MAX_SHARE_BEYOND * extent, np.inf)
        shown = np.maximum(low, first - beyond), np.minimum(high, last + beyond)
    else:
        shown = low, high
    ax.update_datalim(shown)
    ax.autoscale_view()
    return bool(np.all(shown[0] <= low) and np.all(shown[1] >= high))
