"""The picture of ``python -m mixclust cluster``: the components, and how they were chosen."""

import itertools
import warnings

import numpy as np

from .._mixture.overlap import distances_to_later
from ..plot import ComponentsDisplay, CriteriaDisplay, UncertaintyDisplay
from ..plot._canvas import add_note, color_of

__all__ = ["draw", "find_axes"]

MAX_BINNED = 20_000  # rows by which the number of bins is chosen
MAX_PAIRED = 20  # columns of which all pairs are compared
RESOLUTION = 0.05  # smallest difference that an eye sees, in standard deviations of all rows
MAX_PEAK = 1.5  # height of the histogram's axis, in heights of its highest bar


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
        _draw_plane(left, selection, chosen, axes or find_axes(chosen))
    _draw_criterion(right, choice)
    left.set_title(_title(choice))
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names of columns may hold dollar signs
    with warnings.catch_warnings():
        # They may hold characters that the font lacks, too: the picture has boxes there.
        warnings.filterwarnings("ignore", r"Glyph \d+ ")
        figure.savefig(file, format=suffix, dpi=150)


def find_axes(chosen):
    """Choose the two features that set the rows of different components farthest apart.

    Of many features, only those are paired that tell the components apart best by themselves.

    Parameters
    ----------
    chosen : Chosen

    Returns
    -------
    indices : list of int
        In ascending order.
    """
    n_features = chosen.means.shape[1]
    alone = [_overlap(chosen, [j]) for j in range(n_features)]
    candidates = np.sort(np.argsort(alone, kind="stable")[:MAX_PAIRED]).tolist()
    pairs = itertools.combinations(candidates, 2)
    return list(min(pairs, key=lambda pair: _overlap(chosen, list(pair))))


def _overlap(chosen, indices):
    """Share of the pairs of rows whose components overlap, as an eye sees it, in some features.

    A component counts by its size: one of few rows does not choose the axes. Components that
    differ by less than an eye sees, for example thin ones side by side, overlap.
    """
    weights, means = chosen.weights, chosen.means[:, indices]
    covariances = chosen.covariances[:, indices][:, :, indices]
    off = means - weights @ means
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    spread = weights @ (variances + off**2)
    spread = np.where(spread > 0, spread, 1.0)
    covariances = covariances + RESOLUTION**2 * np.diag(spread)
    distances = distances_to_later(means, covariances)
    return float(
        sum(
            weight * (weights[k + 1 :] * np.exp(-row)).sum()
            for k, (weight, row) in enumerate(zip(weights[:-1], distances, strict=True))
        )
    )


def _title(choice):
    size, kind = choice.best
    return f"{size} component{'' if size == 1 else 's'}, {kind}"


def _draw_plane(ax, selection, chosen, axes):
    UncertaintyDisplay(
        selection.X[:, axes],
        chosen.labels,
        chosen.uncertainty,
        feature_names=[selection.names[j] for j in axes],
    ).plot(ax)
    ComponentsDisplay(chosen.means[:, axes], chosen.covariances[:, axes][:, :, axes]).plot(ax)


def _draw_histogram(ax, selection, chosen):
    from ..plot._numbers import draw_numbers

    values = selection.X[:, 0]
    bars, _, _ = ax.hist(
        values, bins=_bins(values), density=True, color="#DDDDDD", edgecolor="white"
    )
    means, variances = chosen.means, chosen.covariances[:, 0]
    x = _places(values, means, np.sqrt(variances))
    scales = chosen.weights[:, np.newaxis] / np.sqrt(2 * np.pi * variances)
    densities = scales * np.exp(-((x - means) ** 2) / (2 * variances))
    ax.plot(x, densities.sum(axis=0), color="black", linewidth=1, label="mixture")
    for k, density in enumerate(densities):
        ax.plot(x, density, color=color_of(k))
    top = MAX_PEAK * bars.max()
    if ax.get_ylim()[1] > top:  # a narrow component would flatten all others
        ax.set_ylim(0, top)
        add_note(ax, "curves reach beyond the axes")
    ax.set(xlabel=selection.names[0], ylabel="density")
    ax.legend()
    draw_numbers(np.column_stack([means, np.minimum(densities.max(axis=1), 0.95 * top)]), ax)


def _places(values, means, deviations):
    """Where curves are computed: everywhere, and closer at each component."""
    first, last = values.min(), values.max()
    near = np.clip(means + deviations * np.linspace(-4, 4, 81), first, last)
    return np.unique(np.concatenate([np.linspace(first, last, 500), near.ravel()]))


def _bins(values):
    """Number of bins: NumPy's "auto", within what an eye can use."""
    return int(np.clip(len(np.histogram_bin_edges(values[:MAX_BINNED], "sqrt")) - 1, 5, 80))


def _draw_criterion(ax, choice):
    values = {
        (choice.criterion, kind): [choice.values[size, kind] for size in choice.sizes]
        for kind in choice.kinds
    }
    display = CriteriaDisplay(choice.sizes, values).plot(ax)
    # The title says which is best. Above the axes no curve is hidden.
    display.rings_[choice.criterion].set_label(f"least {choice.criterion.upper()}")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
