"""The picture of ``mixclust cluster``: the components, and the criterion of each mixture."""

import itertools
import warnings

import numpy as np

from .._mixture.overlap import distances_to_later
from ..plot import ComponentsDisplay, CriteriaDisplay, UncertaintyDisplay
from ..plot._canvas import add_note, color_of
from .wording import count

__all__ = ["draw", "find_axes"]

MAX_BINNED_ROWS = 20_000  # rows that determine the number of bins
MAX_PAIRED_COLUMNS = 20  # columns that are compared in pairs
RESOLUTION_IN_SD = 0.05  # smallest visible difference, in standard deviations of all rows
MAX_HEIGHT_IN_BARS = 1.5  # height of the histogram's axis, in heights of its highest bar


def draw(file, suffix, rows, choice, chosen, axes=None):
    """Draw the components and the criterion into a file.

    Parameters
    ----------
    file : binary file object
    suffix : {"png", "pdf", "svg"}
        Its format.
    rows : Rows
    choice : Choice
    chosen : Chosen
        With answers about ``rows.X``.
    axes : pair of int, default=None
        Columns to draw; None takes the two in which the components differ most.
    """
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    if len(rows.names) == 1:
        _draw_histogram(left, rows, chosen)
    else:
        _draw_plane(left, rows, chosen, axes or find_axes(chosen))
    _draw_criterion(right, choice)
    size, kind = choice.best
    title = f"{count(size, 'component')}, {kind}"
    if rows.is_sample:
        title += f" (a sample of {len(rows.X):,} of {rows.selection.n_complete:,} rows)"
    left.set_title(title)
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names of columns may hold dollar signs
    with warnings.catch_warnings():
        # Names may also hold characters that the font lacks: the picture shows boxes for them.
        warnings.filterwarnings("ignore", r"Glyph \d+ ")
        figure.savefig(file, format=suffix, dpi=150)


def find_axes(chosen):
    """Choose the two features in which the components overlap least.

    Of many features, only the `MAX_PAIRED_COLUMNS` that separate the components best by
    themselves are paired.

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
    candidates = np.sort(np.argsort(alone, kind="stable")[:MAX_PAIRED_COLUMNS]).tolist()
    pairs = itertools.combinations(candidates, 2)
    return list(min(pairs, key=lambda pair: _overlap(chosen, list(pair))))


def _overlap(chosen, indices):
    """Compute the overlap of the components in some features: the sum of w_k w_l exp(-D_kl).

    w is the weight of a component, so that a component of few rows hardly counts, and D_kl the
    distance of components k < l. Each covariance is widened by `RESOLUTION_IN_SD`: components
    that look like one, for example thin ones side by side, overlap.
    """
    weights, means = chosen.weights, chosen.means[:, indices]
    covariances = chosen.covariances[:, indices][:, :, indices]
    off = means - weights @ means
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    spread = weights @ (variances + off**2)
    spread = np.where(spread > 0, spread, 1.0)
    covariances = covariances + RESOLUTION_IN_SD**2 * np.diag(spread)
    distances = distances_to_later(means, covariances)
    return float(
        sum(
            weight * (weights[k + 1 :] * np.exp(-row)).sum()
            for k, (weight, row) in enumerate(zip(weights[:-1], distances, strict=True))
        )
    )


def _draw_plane(ax, rows, chosen, axes):
    """Draw the rows and components in the plane of two columns."""
    UncertaintyDisplay(
        rows.X[:, axes],
        chosen.labels,
        chosen.uncertainty,
        feature_names=[rows.names[j] for j in axes],
    ).plot(ax)
    ComponentsDisplay(chosen.means[:, axes], chosen.covariances[:, axes][:, :, axes]).plot(ax)


def _draw_histogram(ax, rows, chosen):
    """Draw the histogram of a single column, and the density of each component."""
    from ..plot._numbers import draw_numbers

    values = rows.X[:, 0]
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
    top = MAX_HEIGHT_IN_BARS * bars.max()
    if ax.get_ylim()[1] > top:  # a narrow component would make the others look flat
        ax.set_ylim(0, top)
        add_note(ax, "curves reach beyond the axes")
    ax.set(xlabel=rows.names[0], ylabel="density")
    ax.legend()
    draw_numbers(np.column_stack([means, np.minimum(densities.max(axis=1), 0.95 * top)]), ax)


def _places(values, means, deviations):
    """Give the values at which curves are computed: evenly spaced, and closer near each mean."""
    first, last = values.min(), values.max()
    near = np.clip(means + deviations * np.linspace(-4, 4, 81), first, last)
    return np.unique(np.concatenate([np.linspace(first, last, 500), near.ravel()]))


def _bins(values):
    """Give the number of bins by the square root rule, between 5 and 80."""
    return int(np.clip(len(np.histogram_bin_edges(values[:MAX_BINNED_ROWS], "sqrt")) - 1, 5, 80))


def _draw_criterion(ax, choice):
    """Draw the criterion against the number of components, the legend above the axes."""
    values = {
        (choice.criterion, kind): [choice.values[size, kind] for size in choice.sizes]
        for kind in choice.kinds
    }
    display = CriteriaDisplay(choice.sizes, values).plot(ax)
    # The title of the other axes names the best mixture. Above its axes a legend hides no curve.
    display.rings_[choice.criterion].set_label(f"least {choice.criterion.upper()}")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
