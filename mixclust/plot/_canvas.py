"""Axes and their notes, and the colours and markers of components."""

import numpy as np

from .._inputs.wording import with_article

__all__ = [
    "MARKERS",
    "add_note",
    "axes_grid_or_new",
    "axes_or_new",
    "color_of",
    "count_along_x",
    "find_note",
    "marker_of",
    "name_axes",
    "name_components",
    "shorten",
    "take_note",
]

# The colours of Okabe and Ito, which readers with any colour vision can distinguish. Yellow is left
# out, since it is hardly visible on white, and grey takes the place of black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = "os^DvP"

MAX_NAME_LENGTH = 18
"""Number of characters of a name of a feature where there is little room."""


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
    TypeError
        If it is something else, for example an array of axes.
    """
    if ax is None:
        return import_pyplot().subplots(layout="constrained")[1]
    if not hasattr(ax, "dataLim"):
        kind = with_article(type(ax).__name__)
        several = f"an array of {np.size(ax)} Axes" if np.ndim(ax) else kind
        raise TypeError(f"ax is {several}; pass one matplotlib Axes, or None for a new figure.")
    return ax


def axes_grid_or_new(axes, n, inches):
    """Give a square of axes to draw on: the caller's, or the ones of a new figure of pyplot.

    Parameters
    ----------
    axes : array-like of matplotlib.axes.Axes, or None
        Axes of the caller, of shape (n, n); None makes a figure.
    n : int
        Number of rows and columns.
    inches : float
        Width and height of each axes of a new figure.

    Returns
    -------
    axes : ndarray of matplotlib.axes.Axes, of shape (n, n)

    Raises
    ------
    ImportError
        If matplotlib cannot be imported.
    TypeError, ValueError
        If they are no axes, or of another number.
    """
    if axes is None:
        size = max(n * inches, 4.0)
        _, axes = import_pyplot().subplots(
            n, n, squeeze=False, figsize=(size, size), layout="constrained"
        )
        return axes
    axes = np.asarray(axes, dtype=object)
    if axes.shape != (n, n):
        kind = with_article(type(axes.item()).__name__) if axes.ndim == 0 else ""
        came = f"have shape {axes.shape}" if axes.ndim else f"are {kind}"
        raise ValueError(
            f"axes {came}, but {n} features need the shape ({n}, {n}); pass "
            f"figure.subplots({n}, {n}), or None for a new figure."
        )
    for ax in axes.flat:
        if not hasattr(ax, "dataLim"):
            kind = with_article(type(ax).__name__)
            raise TypeError(f"axes hold {kind}; pass an array of matplotlib Axes.")
    return axes


def import_pyplot():
    """Import pyplot.

    Returns
    -------
    pyplot : module

    Raises
    ------
    ImportError
        If matplotlib cannot be imported.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"mixclust.plot needs matplotlib, which cannot be imported ({error}); "
            "run: pip install 'mixclust[plot]'"
        ) from error
    return plt


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


def shorten(name, n_characters=MAX_NAME_LENGTH):
    """Cut a long name of a feature."""
    return name if len(name) <= n_characters else f"{name[: n_characters - 1]}…"


def name_components(weights):
    """Give the number and the weight of each component as text, for example "0 (42 %)"."""
    return [f"{k} ({100 * weight:.0f} %)" for k, weight in enumerate(weights)]


def take_note(ax):
    """Remove the box of text of `add_note`, and return its lines; none without notes."""
    note = find_note(ax)
    if note is None:
        return []
    note.remove()
    return note.txt.get_text().split("\n")
