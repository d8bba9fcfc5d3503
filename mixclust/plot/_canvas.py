"""Shared by all pictures: axes, colours, markers, notes, and the plane of two features."""

import numpy as np

from .._inputs.features import feature_index
from .._inputs.rows import check_rows
from .._inputs.sparse import is_sparse

__all__ = [
    "MARKERS",
    "add_note",
    "axes_or_new",
    "color_of",
    "columns_of",
    "count_along_x",
    "feature_pair",
    "find_note",
    "marker_of",
    "name_axes",
    "widen_view",
]

# Okabe and Ito's, which readers with any colour vision tell apart, but for their yellow, which is
# hardly seen on white, and with grey for black.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = "os^DvP"

MAX_SHARE_BEYOND = 0.5
"""By how much of the rows' extent, at either end of an axis, outlines may widen the view."""


def color_of(k):
    """Colour of component k; `marker_of` tells those of one colour apart."""
    return COLORS[k % len(COLORS)]


def marker_of(k):
    """Marker of component k."""
    return MARKERS[k // len(COLORS) % len(MARKERS)]


def axes_or_new(ax):
    """Axes to draw on: those that were passed, or those of a new figure of pyplot's.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes that the caller has.

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


def feature_pair(estimator, features):
    """Two features of a fitted estimator: their indices and their names.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    features : pair of int or str
        Two different features, by index or by name.

    Returns
    -------
    indices : list of int
        Two of them.
    names : list of str
        What the axes are called.

    Raises
    ------
    TypeError, ValueError
        If they are not two different features of the estimator.
    """
    if estimator.n_features_in_ < 2:
        raise ValueError(
            f"this {type(estimator).__name__} was fitted with one feature, but a plane has two; "
            "draw a histogram of the feature instead."
        )
    if isinstance(features, str) or not hasattr(features, "__len__") or len(features) != 2:
        raise ValueError(f"features={features!r} must be a pair of indices or names: (0, 1).")
    indices = [feature_index(estimator, feature, "features") for feature in features]
    if indices[0] == indices[1]:
        raise ValueError(f"features={features!r} is one feature twice; pass two different ones.")
    names = getattr(estimator, "feature_names_in_", None)
    return indices, [f"feature {j}" if names is None else names[j] for j in indices]


def columns_of(X, estimator, indices):
    """Some features of rows, as a dense array.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        Rows as the fitted estimator takes them.
    estimator : object
        A fitted estimator.
    indices : list of int
        Which features.

    Returns
    -------
    columns : ndarray of shape (n_samples, len(indices)), float32 or float64
    """
    columns = check_rows(X, estimator, reset=False)[:, indices]
    return columns.toarray() if is_sparse(columns) else columns


def name_axes(ax, names):
    """Write names of features at the axes, where there are such."""
    if names is not None:
        ax.set(xlabel=names[0], ylabel=names[1])


def count_along_x(ax, counts):
    """Put whole numbers at the horizontal axis, also where it shows a single one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where they were drawn.
    counts : sequence of int
        The numbers that were drawn.
    """
    if len(set(counts)) == 1:
        ax.update_datalim([(counts[0] + side, 0) for side in (-0.25, 0.25)], updatey=False)
        ax.autoscale_view(scaley=False)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def add_note(ax, text):
    """Write a small line in the lower left corner, about data that the picture leaves out.

    Further notes go below the first one; a note that is there already is not repeated.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to write.
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
    """The box that `add_note` writes into, or None."""
    return next((artist for artist in ax.artists if artist.get_gid() == "note"), None)


def widen_view(ax, low, high, inside):
    """Let the axes show outlines, but keep the data that is drawn already large.

    Axes that hold data are widened at either end by at most `MAX_SHARE_BEYOND` of its extent.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where the outlines were drawn.
    low, high : ndarray of shape (n_outlines, 2)
        Corners of the box about each outline.
    inside : ndarray of shape (n_points, 2)
        Points that are shown in any case.

    Returns
    -------
    whole : bool
        Whether the outlines are shown to their ends.
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
