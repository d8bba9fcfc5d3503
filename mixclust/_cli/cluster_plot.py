"""The picture of ``mixclust cluster``: the components, and the criterion of each mixture."""

import warnings

from .._mixture.directions import choose_directions
from .._mixture.overlap import separating_features
from ..plot import ComponentsDisplay, CriteriaDisplay, HistogramDisplay, UncertaintyDisplay
from ..plot._projection import describe_directions
from ..plot._view import MAX_SHARE_BEYOND_OF_MANY, leave_out_far_rows, write_ticks
from .wording import count

__all__ = [
    "draw",
    "draw_criterion",
    "draw_histogram",
    "draw_plane",
    "draw_projection",
    "find_axes",
    "find_directions_of",
    "save_figure",
]


def draw(file, suffix, rows, choice, chosen, axes=None):
    """Draw the components and the criterion into a file.

    A table of one column has a histogram, one of two columns their plane. One of more columns has
    the plane of two columns in which the components differ most, the plane of another two that
    separates components which overlap in the first, and their discriminant projection.

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
        Columns of the first plane; None takes the two in which the components differ most.
    """
    from matplotlib.figure import Figure

    n_columns = len(rows.names)
    found = find_directions_of(chosen) if n_columns > 2 else None
    figure = Figure(figsize=(11, 4.8 if found is None else 9.2), layout="constrained")
    panels = figure.subplots(1 if found is None else 2, 2, width_ratios=[1.15, 1]).ravel()
    if n_columns == 1:
        draw_histogram(panels[0], rows, chosen)
    else:
        axes = axes or find_axes(chosen)
        draw_plane(panels[0], rows, chosen, axes)
    if found is not None:
        draw_plane(panels[1], rows, chosen, find_axes(chosen, axes), has_legend=False)
        draw_projection(panels[2], rows, chosen, found)
    draw_criterion(panels[-1], choice)
    panels[0].set_title(_title(rows, choice))
    save_figure(figure, file, suffix)


def save_figure(figure, file, suffix, **options):
    """Save a figure with names of columns, which may hold any characters.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    file : binary file object
    suffix : {"png", "pdf", "svg"}
        Its format.
    **options
        Further options of ``figure.savefig``.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names of columns may hold dollar signs
    with warnings.catch_warnings():
        # Names may also hold characters that the font lacks: the picture shows boxes for them.
        warnings.filterwarnings("ignore", r"Glyph \d+ ")
        figure.savefig(file, format=suffix, dpi=150, **options)


def _title(rows, choice):
    """Name the mixture, and the sample if there is one."""
    size, kind = choice.best
    title = f"{count(size, 'component')}, {kind}"
    if rows.is_sample:
        title += f" (a sample of {len(rows.X):,} of {rows.selection.n_complete:,} rows)"
    return title


def find_axes(chosen, apart_from=None):
    """Choose the two features in which the components overlap least.

    Parameters
    ----------
    chosen : Chosen
    apart_from : pair of int, default=None
        Another pair: the choice separates components that overlap in its plane.

    Returns
    -------
    indices : list of int
        In ascending order.
    """
    return separating_features(
        chosen.weights, chosen.means, chosen.covariances, apart_from=apart_from
    )


def find_directions_of(chosen):
    """Find the two directions that separate the components most; None if the columns are a line."""
    found = choose_directions(chosen.weights, chosen.means, chosen.covariances)
    return found.take([0, 1]) if len(found.shares) > 1 else None


def draw_plane(ax, rows, chosen, axes, has_legend=True):
    """Draw the rows and components in the plane of two columns."""
    means, covariances = chosen.means[:, axes], chosen.covariances[:, axes][:, :, axes]
    names = [rows.names[j] for j in axes]
    _draw_components(ax, rows.X[:, axes], chosen, means, covariances, names, has_legend)


def draw_projection(ax, rows, chosen, directions):
    """Draw the rows and components in the plane in which the components differ most."""
    _draw_components(
        ax,
        directions.project(rows.X),
        chosen,
        directions.project(chosen.means),
        directions.project_covariances(chosen.covariances),
        describe_directions(directions, [0, 1], list(rows.names)),
        has_legend=False,
    )
    kind = "discriminant projection" if directions.shares.any() else "principal components"
    ax.set_title(f"{kind} of all columns", fontsize="medium")


def _draw_components(ax, X, chosen, means, covariances, names, has_legend):
    """Draw rows and components of a plane; the sizes of markers are explained once."""
    display = UncertaintyDisplay(X, chosen.labels, chosen.uncertainty, feature_names=names)
    display.plot(ax)
    if not has_legend:
        ax.get_legend().remove()
    ComponentsDisplay(means, covariances)._draw(ax, MAX_SHARE_BEYOND_OF_MANY)
    leave_out_far_rows(ax, X, means)
    write_ticks(ax)


def draw_histogram(ax, rows, chosen):
    """Draw the histogram of a single column, and the density of each component."""
    HistogramDisplay(
        chosen.weights,
        chosen.means[:, 0],
        chosen.covariances[:, 0, 0],
        rows=rows.X[:, 0],
        feature_name=rows.names[0],
        sample_weight=rows.weights,
    ).plot(ax)


def draw_criterion(ax, choice):
    """Draw the criterion against the number of components, the legend above the axes."""
    values = {
        (choice.criterion, kind): [choice.values[size, kind] for size in choice.sizes]
        for kind in choice.kinds
    }
    display = CriteriaDisplay(choice.sizes, values).plot(ax)
    # The title of the other axes names the best mixture. Above its axes a legend hides no curve.
    display.rings_[choice.criterion].set_label(f"least {choice.criterion.upper()}")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
