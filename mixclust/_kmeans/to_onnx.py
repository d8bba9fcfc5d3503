"""Centres as an ONNX model."""

import numpy as np

from .._estimator.onnx_graph import Graph

__all__ = ["centers_to_onnx"]

MAX_CENTERS_IN_TABLE = 1024
"""Centres for which the model may hold the squared distances between all of them: 8 MiB."""

MAX_SPREAD_IN_GAPS = 1e3
"""Spread of the centres, in units of the distance between the two nearest ones, up to which one
product of matrices decides labels: it costs six of the sixteen digits of that distance."""


def centers_to_onnx(kmeans, dtype):
    """An ONNX model that labels rows and measures their distances to the centres.

    A product of rows and centres makes squared distances, less the squared length of each row. It
    loses digits where centres are far from the origin, which is therefore the median of the
    centres. If centres are much nearer to each other than to the median, a second product has the
    origin of each row at the nearest centre that the first one found.

    Parameters
    ----------
    kmeans : FittedCenters
        Fitted.
    dtype : {"float32", "float64"} or numpy.dtype
        Type of the rows.

    Returns
    -------
    model : onnx.ModelProto
    """
    graph = Graph(kmeans, dtype)
    centers = kmeans.cluster_centers_.astype(np.float64)
    shift = np.median(centers, axis=0)
    centers -= shift
    columns = graph.constant(centers.T)
    rows = graph.node("Sub", graph.rows(), shift)
    scores = _scores(graph, rows, columns, np.sum(centers**2, axis=1)[np.newaxis])
    origin_scores = None
    if len(centers) <= MAX_CENTERS_IN_TABLE:
        table = _squared_distances(centers)
        if _are_uneven(centers, table):
            nearest = graph.node("ArgMin", scores, axis=1, keepdims=0)
            rows = graph.node("Sub", rows, graph.node("Gather", centers, nearest, axis=0))
            scores = _scores(graph, rows, columns, graph.node("Gather", table, nearest, axis=0))
            nearest = graph.node("Unsqueeze", nearest, np.array([1]))
            origin_scores = graph.node("GatherElements", scores, nearest, axis=1)
    graph.give_labels(graph.node("ArgMin", scores, axis=1, keepdims=0))
    squares = graph.node("ReduceSumSquare", rows, axes=[1], keepdims=1)
    if origin_scores is not None:
        squares = graph.node("Sub", squares, origin_scores)
    squares = graph.node("Max", graph.node("Add", scores, squares), np.float64(0))
    graph.give("scores", graph.node("Sqrt", squares), len(centers))
    return graph.model()


def _scores(graph, rows, columns, squares):
    """Squared lengths of the centres less twice the products of rows and centres."""
    return graph.node("Gemm", rows, columns, squares, alpha=-2.0)


def _squared_distances(centers):
    """Squared distance between every two centres."""
    table = np.empty((len(centers), len(centers)))
    for center, line in zip(centers, table, strict=True):
        np.sum((centers - center) ** 2, axis=1, out=line)
    return table


def _are_uneven(centers, table):
    """Whether some centres are much nearer to each other than to the median of all."""
    gaps = table[table > 0]
    spread = np.sum(centers**2, axis=1).max()
    return len(gaps) > 0 and spread > MAX_SPREAD_IN_GAPS**2 * gaps.min()
