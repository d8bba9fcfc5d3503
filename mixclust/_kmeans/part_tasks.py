"""Tasks of k-means on one part of the rows, for `Parts.total`.

Every part is read in the frame that the survey found, so that sums of parts have one origin.
"""

import threading
from typing import NamedTuple

import numpy as np

from .._passes.survey import refusing_part
from ..kernels.rows.rows import Frame
from .dense_data import DenseData

__all__ = [
    "CenterRequest",
    "FarRows",
    "expect_part",
    "far_part",
    "framed_data",
    "inertia_part",
]

MAX_KEPT_ROWS = 2**20
"""Labels that a thread keeps memory for: 4 MiB."""


class CenterRequest(NamedTuple):
    """Centres under which rows are assigned, and the frame in which they are read."""

    centers: np.ndarray
    """Shape (n_clusters, n_features), float64."""
    shift: np.ndarray
    """Shape (n_features,), float64."""
    scale: float
    measure: bool = False
    """Whether to add up the squared distances."""
    n_far: int = 0
    """Number of rows that `far_part` looks for."""


def expect_part(part, request, n_threads):
    """Sum the rows of each cluster in a part.

    Parameters
    ----------
    part : Part
    request : CenterRequest
    n_threads : int

    Returns
    -------
    statistics : CenterStatistics
    """
    with refusing_part(part):
        data = framed_data(part, request, n_threads)
        return data.expect(request.centers, request.measure, _room.labels(len(part.X)))


class _Room(threading.local):
    """Memory for the labels of a part, which a thread keeps for its next part.

    Where freed memory goes back to the system at once, as in workers of Dask, new memory takes an
    eighth of the time of a pass.
    """

    _labels = np.empty(0, dtype=np.int32)

    def labels(self, n_rows):
        """Labels that are not set yet, (n_rows,); longer ones than `MAX_KEPT_ROWS` are not kept."""
        if n_rows > MAX_KEPT_ROWS:
            return np.empty(n_rows, dtype=np.int32)
        if n_rows > len(self._labels):
            self._labels = np.empty(n_rows, dtype=np.int32)
        return self._labels[:n_rows]


_room = _Room()


def far_part(part, request, n_threads):
    """Find the rows of a part that lie farthest from their centres.

    Parameters
    ----------
    part : Part
    request : CenterRequest
    n_threads : int

    Returns
    -------
    FarRows
    """
    with refusing_part(part):
        data = framed_data(part, request, n_threads)
        labels, distances = data.distances_to_labels(request.centers)
    present = np.arange(len(labels))
    if part.weights is not None:
        present = np.flatnonzero(part.weights)
    order = present[np.argsort(-distances[present], kind="stable")[: request.n_far]]
    rows = np.ones((len(order), part.X.shape[1] + 1))
    rows[:, :-1] = part.X[order].astype(np.float64) - request.shift
    if part.weights is not None:
        rows *= part.weights[order, np.newaxis]
    return FarRows(request.n_far, distances[order], rows, labels[order])


class FarRows:
    """The rows farthest from their centres, to which the rows of later parts can be added.

    Parameters
    ----------
    most : int
        Largest number of rows.
    distances : ndarray of shape (n_rows,), float64
        Squared distances, the largest first; of equal ones, the earlier row first.
    rows : ndarray of shape (n_rows, n_features + 1), float64
        As `CenterUpdate.refill` takes them.
    owners : ndarray of shape (n_rows,), int32
        Nearest centre of each row.
    """

    def __init__(self, most, distances, rows, owners):
        self.most = most
        self.distances = distances
        self.rows = rows
        self.owners = owners

    def __iadd__(self, other):
        """Add the rows of parts that follow."""
        distances = np.concatenate([self.distances, other.distances])
        order = np.argsort(-distances, kind="stable")[: self.most]
        self.distances = distances[order]
        self.rows = np.concatenate([self.rows, other.rows])[order]
        self.owners = np.concatenate([self.owners, other.owners])[order]
        return self


def inertia_part(part, centers, n_threads):
    """Sum the squared distances of a part to its nearest centres: part of a score.

    Parameters
    ----------
    part : Part
    centers : ndarray of shape (n_clusters, n_features), float64
    n_threads : int

    Returns
    -------
    inertia : float
    """
    with refusing_part(part):
        return DenseData(part.X, part.weights, len(centers), n_threads).label(centers)[1]


def framed_data(part, request, n_threads):
    """Return the rows of a part in the frame of a request.

    Parameters
    ----------
    part : Part
    request : CenterRequest
        Or another one with `centers`, `shift` and `scale`.
    n_threads : int

    Returns
    -------
    data : DenseData
    """
    data = DenseData(part.X, part.weights, len(request.centers), n_threads)
    data.frame = Frame(request.shift, request.scale)
    return data
