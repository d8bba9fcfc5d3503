"""The pictures of the HTML report of ``mixclust cluster``."""

import io
from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure

from .._mixture.overlap import separating_features
from ..plot import PairsDisplay
from .cluster_plot import (
    draw_criterion,
    draw_histogram,
    draw_plane,
    draw_projection,
    find_axes,
    find_directions_of,
    save_figure,
)
from .report_text import printable
from .wording import count, listing

__all__ = ["SIZE", "Picture", "cluster_pictures", "criterion_picture"]

MAX_PAIRED = 4  # columns in the matrix of pairs
MAX_NAME_LENGTH = 24  # characters of a name below a plane of the matrix
SIZE = 6.2, 4.4  # inches of a picture
INCHES_PER_PAIR = 2.3  # of the matrix of pairs


class Picture(NamedTuple):
    """A picture of a report.

    Attributes
    ----------
    caption : str
    description : str
        Its content for readers who do not see it.
    draw : callable
        ``draw(figure)``.
    size : pair of float
        Width and height in inches.
    """

    caption: str
    description: str
    draw: Callable[[Figure], object]
    size: tuple[float, float] = SIZE

    def png(self):
        """Draw the picture.

        Returns
        -------
        data : bytes
            PNG.
        """
        figure, file = Figure(figsize=self.size, layout="constrained"), io.BytesIO()
        self.draw(figure)
        save_figure(figure, file, "png", metadata={"Software": None})
        return file.getvalue()


def criterion_picture(choice):
    """Give the picture of the criterion of every mixture.

    Parameters
    ----------
    choice : Choice

    Returns
    -------
    picture : Picture
    """
    name = choice.criterion.upper()
    size, kind = choice.best
    return Picture(
        f"{name} against the number of components; less is better.",
        f"Curves of {name} for {listing(choice.kinds, 14)} covariances and "
        f"{choice.sizes[0]} to {choice.sizes[-1]} components. The least value, "
        f"{choice.values[choice.best]:.1f}, is at {count(size, 'component')}, {kind}.",
        lambda figure: draw_criterion(figure.subplots(), choice),
    )


def cluster_pictures(rows, chosen, axes):
    """Give the pictures of the components.

    Parameters
    ----------
    rows : Rows
    chosen : Chosen
    axes : pair of int or None
        Columns of a plane; None takes the ones in which the components differ most.

    Returns
    -------
    pictures : list of Picture
    """
    names, n_columns = rows.names, len(rows.names)
    of = f"{len(rows.X):,} rows" + (" of the sample" if rows.is_sample else "")
    content = f"{of} and {count(len(chosen.weights), 'component')}"
    if n_columns == 1:
        return [
            Picture(
                f"Histogram of {names[0]}, and the density of each component.",
                f"Histogram of {names[0]} with {content}.",
                lambda figure: draw_histogram(figure.subplots(), rows, chosen),
            )
        ]
    pictures = []
    if axes or n_columns == 2:
        axes = axes or find_axes(chosen)
        plane = " and ".join(names[j] for j in axes)
        pictures.append(
            Picture(
                f"{plane}: rows in the colour of their component, larger where it is uncertain, "
                "and ellipses at 1 and 2 standard deviations.",
                f"Scatter plot of {plane} with {content}.",
                lambda figure: draw_plane(figure.subplots(), rows, chosen, axes),
            )
        )
    if n_columns > 2:
        pictures += _pictures_of_many(rows, chosen, content)
    return pictures


def _pictures_of_many(rows, chosen, content):
    """Give the pictures of three columns or more."""
    n_paired = min(len(rows.names), MAX_PAIRED)
    most = "" if n_paired == len(rows.names) else " in which the components differ most"
    pictures = [
        Picture(
            f"The {n_paired} columns{most}: the plane of each pair, and on the diagonal the "
            "histogram of each column.",
            f"Matrix of scatter plots of {n_paired} columns with {content}.",
            lambda figure: _draw_pairs(figure, rows, chosen, n_paired),
            (n_paired * INCHES_PER_PAIR, n_paired * INCHES_PER_PAIR),
        )
    ]
    directions = find_directions_of(chosen)
    if directions is not None:
        pictures.append(
            Picture(
                "Discriminant projection: the plane of two combinations of all columns in which "
                "the components differ most.",
                f"Scatter plot of two combinations of all columns with {content}.",
                lambda figure: draw_projection(figure.subplots(), rows, chosen, directions),
            )
        )
    return pictures


def _draw_pairs(figure, rows, chosen, n_columns):
    """Draw the planes of the columns in which the components differ most."""
    weights, means, covariances = chosen.weights, chosen.means, chosen.covariances
    indices = separating_features(weights, means, covariances, n_columns)
    PairsDisplay(
        weights,
        means[:, indices],
        covariances[:, indices][:, :, indices],
        rows=rows.X[:, indices],
        labels=chosen.labels,
        feature_names=[printable(rows.names[j], MAX_NAME_LENGTH) for j in indices],
        sample_weight=rows.weights,
    ).plot(figure.subplots(n_columns, n_columns))
