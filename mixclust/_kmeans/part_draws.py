"""Rows drawn in one pass over parts, by first centres, so that no cluster is missed.

A uniform sample misses small clusters. Here a row is drawn with a probability that grows with its
squared distance to the nearest of some first centres, or with its share of the rows of that centre,
and then stands for so many rows as one over the probability says: k-means of the drawn rows is
nearly k-means of all rows. (Bachem, Lucic and Krause, "Practical coreset constructions for machine
learning", arXiv:1703.06476, 2017.)

A number of rows of each kind is drawn by priority: of a random number of the row, made of the seed
and its number among all rows, divided by its score, the least ones are kept, and the next one gives
the probabilities (Duffield, Lund and Thorup, "Priority sampling for estimation of arbitrary subset
sums", 2007). So neither the cutting of the rows nor an error of the expected sums of the scores
matters.
"""

import math
from typing import NamedTuple

import numpy as np

from .._passes.parts import Part
from .._passes.row_keys import uniform_rows
from .._passes.samples import Sample, Samples, join, places_of_least
from .._passes.survey import refusing_part
from .part_tasks import framed_data

__all__ = ["DrawRequest", "draw_part", "draw_rows", "limits_of"]

SPARE_IN_SD = 8
"""Rows of each kind that parts send are more than are kept by so many standard deviations, so that
they are seldom too few."""


class DrawRequest(NamedTuple):
    """The first centres, and the number of rows that are drawn by them."""

    seed: int
    n_rows: int
    """Rows of each of the two kinds, at most."""
    centers: np.ndarray
    """Shape (n_clusters, n_features), float64."""
    cluster_weights: np.ndarray
    """Shape (n_clusters,), float64: about the weight of the rows of each centre; positive."""
    shift: np.ndarray
    """Shape (n_features,), float64, of the frame in which rows are read."""
    scale: float
    limits: np.ndarray
    """Shape (2,), float64: keys of rows that are drawn are smaller."""


def limits_of(n_rows, inertia, n_clusters):
    """Return the limits of the keys, for about `n_rows` rows of each kind and some spare ones.

    Parameters
    ----------
    n_rows : int
    inertia : float
        About the inertia of all rows: their scores of the first kind added up.
    n_clusters : int
        Centres that have rows: the scores of the second kind added up.

    Returns
    -------
    limits : ndarray of shape (2,), float64
    """
    n_sent = n_rows + SPARE_IN_SD * math.sqrt(n_rows)
    with np.errstate(divide="ignore", over="ignore"):
        return n_sent / np.array([inertia, n_clusters])


def draw_rows(parts, request, n_threads):
    """Draw rows in one pass.

    Parameters
    ----------
    parts : Parts
    request : DrawRequest
    n_threads : int

    Returns
    -------
    rows : ndarray of shape (n_drawn, n_features), of the dtype of the parts
        In the order of all rows.
    weights : ndarray of shape (n_drawn,), float64
        The weight of a row, divided by the probability that it is drawn.
    indices : ndarray of shape (n_drawn,), int64
        Numbers of the rows among all rows.
    """
    kinds, bounds = [], []
    draws = parts.total(draw_part, request, n_threads)
    for samples, limit in zip(draws.kinds, request.limits, strict=True):
        found = samples.merged()
        bound = found.keys.max() if len(found.keys) > request.n_rows else limit
        kinds.append(found.take(found.keys < bound))
        bounds.append(bound)
    found = join(kinds)
    _, first = np.unique(found.indices, return_index=True)
    found = found.take(first)
    part = Part(0, 0, found.rows, found.weights)
    scores = _scores(part, request, n_threads)
    with np.errstate(invalid="ignore"):  # a bound may be infinite, and then a score zero
        chances = np.fmax(bounds[0] * scores[0], bounds[1] * scores[1])
    return found.rows, found.weights_or_ones() / np.minimum(chances, 1.0), found.indices


def draw_part(part, request, n_threads):
    """Draw rows of one part: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    request : DrawRequest
    n_threads : int

    Returns
    -------
    Draws
    """
    with refusing_part(part):
        scores = _scores(part, request, n_threads)
    indices = np.arange(part.first, part.first + len(part.X))
    uniforms = uniform_rows(request.seed, indices)
    kinds = []
    for own, limit in zip(scores, request.limits, strict=True):
        with np.errstate(divide="ignore", over="ignore"):
            keys = uniforms / own
        rows = np.flatnonzero(keys < limit)
        rows = rows[places_of_least(keys[rows], request.n_rows + 1)]
        weights = None if part.weights is None else part.weights[rows]
        sample = Sample(keys[rows], indices[rows], np.array(part.X[rows], order="C"), weights)
        kinds.append(Samples(request.n_rows + 1, sample))
    return Draws(kinds)


class Draws:
    """Rows drawn from some parts, to which the ones of later parts can be added.

    Parameters
    ----------
    kinds : list of two Samples
        The rows of least keys by the first and by the second score; one more than are drawn.
    """

    def __init__(self, kinds):
        self.kinds = kinds

    def __iadd__(self, other):
        """Add the rows of parts that follow."""
        for mine, theirs in zip(self.kinds, other.kinds, strict=True):
            mine += theirs
        return self


def _scores(part, request, n_threads):
    """Return the scores of rows, shape (2, n_rows): inertia, and share of the rows of a centre."""
    data = framed_data(part, request, n_threads)
    labels, distances = data.distances_to_labels(request.centers)
    shares = (1.0 / request.cluster_weights)[labels]
    if part.weights is not None:
        distances *= part.weights
        shares *= part.weights
    return distances, shares
