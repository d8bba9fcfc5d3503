"""The picture of ``python -m mixclust cluster``: the components, and how they were chosen."""

import itertools
import warnings

import numpy as np

from ._overlap import distances_to_later
from .plot import ComponentsDisplay, CriteriaDisplay, UncertaintyDisplay
from .plot._canvas import color_of

__all__ = ["draw", "find_axes"]

MAX_DRAWN = 20_000  # rows; more hide each other
MAX_PAIRED = 20  # columns of which all pairs are compared


def draw(file, suffix, selection, choice, chosen, axes=None):
    """Draw the components and the criterion into a file.

    Parameters
    ----------
    file : binary file object
    suffix : {"png", "pdf", "svg"}
        Its format.
    selection : Selection
    choice : Choice
    chosen : Chosen
    axes : pair of int, default=None
        Which columns to draw; None takes those in which the components differ most.
    """
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    if len(selection.names) == 1:
        _draw_histogram(left, selection, chosen)
    else:
        _draw_plane(left, selection, chosen, axes or find_axes(chosen.means, chosen.covariances))
    _draw_criterion(right, choice)
    left.set_title(_title(selection, choice))
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names of columns may hold dollar signs
    with warnings.catch_warnings():
        # They may hold characters that the font lacks, too: the picture has boxes there.
        warnings.filterwarnings("ignore", r"Glyph \d+ ")
        figure.savefig(file, format=suffix, dpi=150)


def find_axes(means, covariances):
    """The two features in which the components overlap least.

    Of many features, only those are paired that tell the components apart best by themselves.

    Parameters
    ----------
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)

    Returns
    -------
    indices : list of int
        In ascending order.
    """
    alone = [_overlap(means, covariances, [j]) for j in range(means.shape[1])]
    candidates = np.sort(np.argsort(alone, kind="stable")[:MAX_PAIRED]).tolist()
    pairs = itertools.combinations(candidates, 2)
    return list(min(pairs, key=lambda pair: _overlap(means, covariances, list(pair))))


def _overlap(means, covariances, indices):
    """Sum over pairs of components of the Bhattacharyya coefficient of some features."""
    means, covariances = means[:, indices], covariances[:, indices][:, :, indices]
    return float(sum(np.exp(-row).sum() for row in distances_to_later(means, covariances)))


def _title(selection, choice):
    size, kind = choice.best
    title = f"{size} component{'' if size == 1 else 's'}, {kind}"
    n_rows = len(selection.X)
    hidden = n_rows > MAX_DRAWN and len(selection.names) > 1
    return f"{title}; {MAX_DRAWN} of {n_rows} rows drawn" if hidden else title


def _draw_plane(ax, selection, chosen, axes):
    n_rows = len(selection.X)
    drawn = np.linspace(0, n_rows - 1, min(n_rows, MAX_DRAWN)).astype(np.intp)
    names = [selection.names[j] for j in axes]
    UncertaintyDisplay(
        selection.X[np.ix_(drawn, axes)],
        chosen.labels[drawn],
        chosen.uncertainty[drawn],
        feature_names=names,
    ).plot(ax)
    ComponentsDisplay(chosen.means[:, axes], chosen.covariances[:, axes][:, :, axes]).plot(ax)


def _draw_histogram(ax, selection, chosen):
    values = selection.X[:, 0]
    ax.hist(values, bins=_bins(values), density=True, color="#DDDDDD", edgecolor="white")
    x = np.linspace(values.min(), values.max(), 500)
    variances = chosen.covariances[:, 0]
    densities = (
        chosen.weights[:, np.newaxis]
        * np.exp(-((x - chosen.means) ** 2) / (2 * variances))
        / np.sqrt(2 * np.pi * variances)
    )
    ax.plot(x, densities.sum(axis=0), color="black", linewidth=1, label="mixture")
    for k, density in enumerate(densities):
        ax.plot(x, density, color=color_of(k), label=f"component {k}")
    ax.set(xlabel=selection.names[0], ylabel="density")
    ax.legend()


def _bins(values):
    """Number of bins: NumPy's "auto", within what an eye can use."""
    return int(np.clip(len(np.histogram_bin_edges(values[:MAX_DRAWN], "sqrt")) - 1, 5, 80))


def _draw_criterion(ax, choice):
    values = {
        (choice.criterion, kind): [choice.values[size, kind] for size in choice.sizes]
        for kind in choice.kinds
    }
    shown = {key: curve for key, curve in values.items() if not np.isnan(curve).all()}
    display = CriteriaDisplay(choice.sizes, shown).plot(ax)
    _look_closely(display, shown[choice.criterion, choice.best[1]])
    # The title says which is best. Above the axes no curve is hidden.
    display.rings_[choice.criterion].set_label(f"least {choice.criterion.upper()}")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)


def _look_closely(display, best_curve):
    """Let the best structure's curve fill the panel, and say which curves are above it."""
    least, most = np.nanmin(best_curve), np.nanmax(best_curve)
    if least == most:
        return
    margin = 0.08 * (most - least)
    display.ax_.set_ylim(least - margin, most + margin)
    for line in display.lines_.values():
        if np.nanmin(line.get_ydata()) > most + margin:
            line.set_label(f"{line.get_label()} (above)")
