"""A mixture as an ONNX model."""

import math

import numpy as np

from .._estimator.onnx_graph import Graph
from .structures import structure_of

__all__ = ["mixture_to_onnx"]

MAX_DISTANCE_IN_SD = 1e3
"""Distance of a mean from the median of all, in standard deviations of its component, up to which
products of matrices with the median as origin replace differences from each mean: they cost six of
sixteen digits of a squared distance."""


def mixture_to_onnx(mixture, dtype, score_samples):
    """An ONNX model that labels rows and computes their responsibilities.

    Parameters
    ----------
    mixture : FittedMixture
        Fitted.
    dtype : {"float32", "float64"} or numpy.dtype
        Type of the rows.
    score_samples : bool
        Whether the model has the log-densities of rows as an output.

    Returns
    -------
    model : onnx.ModelProto
    """
    graph = Graph(mixture, dtype)
    log_prob = _log_prob(graph, mixture)
    labels = graph.node("ArgMax", log_prob, axis=1, keepdims=0)
    width = n_components = len(mixture.weights_)
    if mixture._has_noise():
        width += 1
        labels = graph.node("Gather", np.append(np.arange(n_components), -1), labels, axis=0)
    graph.give_labels(labels)
    largest = graph.node("ReduceMax", log_prob, axes=[1], keepdims=1)
    shares = graph.node("Exp", graph.node("Sub", log_prob, largest))
    total = graph.node("ReduceSum", shares, np.array([1]), keepdims=1)
    graph.give("probabilities", graph.node("Div", shares, total), width)
    if score_samples:
        scores = graph.node("Add", graph.node("Log", total), largest)
        graph.give("score_samples", graph.node("Squeeze", scores, np.array([1])))
    return graph.model()


def _log_prob(graph, mixture):
    """Log-densities of rows plus log-weights of components, (n_samples, n_components).

    Noise is the last column.
    """
    parameters = mixture._parameters()
    n_components, n_features = parameters.means.shape
    structure = structure_of(mixture.covariance_type)
    n_matrices, n_columns = structure.factor_shape(n_components, n_features)
    factors = structure.to_kernel(parameters.precisions_cholesky, n_features)
    factors = factors.reshape(n_matrices, n_features, n_columns)
    with np.errstate(divide="ignore"):  # a component may have no weight
        constants = np.log(parameters.weights)
    constants = constants - n_features / 2 * math.log(2 * math.pi) + _log_scales(factors)
    halves = _half_squares(graph, parameters.means, factors * math.sqrt(0.5))
    log_prob = graph.node("Sub", constants, halves)
    if parameters.noise_box is None:
        return log_prob
    with np.errstate(divide="ignore"):
        log_noise = np.log(parameters.noise_weight) - parameters.noise_box.log_volume
    return graph.node("Pad", log_prob, np.array([0, 0, 0, 1]), np.float64(log_noise))


def _log_scales(factors):
    """Logarithm of the determinant of each factor."""
    diagonal = factors[:, :, 0]
    if factors.shape[2] > 1:
        diagonal = np.diagonal(factors, axis1=1, axis2=2)
    return np.log(diagonal).sum(axis=1)


def _half_squares(graph, means, factors):
    """Squared lengths of the differences of rows and means, multiplied by factors.

    No way makes an array of rows by components by features.

    Parameters
    ----------
    graph : Graph
    means : ndarray of shape (n_components, n_features)
    factors : ndarray of shape (n_matrices, n_features, n_columns)
        Of one column if they are diagonal; one for all components if ``n_matrices`` is 1.

    Returns
    -------
    name : str
        Of a value of shape (n_samples, n_components).
    """
    shift = np.median(means, axis=0)
    if factors.shape[2] == 1:
        factors = np.broadcast_to(factors[:, :, 0], means.shape)
        offsets = (means - shift) * factors
        products = _diagonal_products
    else:
        offsets = np.matmul((means - shift)[:, np.newaxis], factors)[:, 0]
        products = _shared_products if len(factors) == 1 else _full_products
    if np.abs(offsets).max() > MAX_DISTANCE_IN_SD:
        return _differences(graph, means, factors)
    return products(graph, graph.node("Sub", graph.rows(), shift), factors, offsets)


def _diagonal_products(graph, rows, factors, offsets):
    """Squared lengths from the products of squared rows and precisions."""
    constants = np.sum(offsets**2, axis=1)[np.newaxis]
    squares = graph.node("Gemm", graph.node("Mul", rows, rows), (factors**2).T, constants)
    return graph.node("Gemm", rows, (factors * offsets).T, squares, alpha=-2.0)


def _shared_products(graph, rows, factors, offsets):
    """Squared lengths from the products of whitened rows and whitened means."""
    whitened = graph.node("MatMul", rows, factors[0])
    squares = graph.node("ReduceSumSquare", whitened, axes=[1], keepdims=1)
    squares = graph.node("Add", squares, np.sum(offsets**2, axis=1)[np.newaxis])
    return graph.node("Gemm", whitened, offsets.T, squares, alpha=-2.0)


def _full_products(graph, rows, factors, offsets):
    """Squared lengths of rows that each component whitens, less its whitened mean."""
    whitened = (
        graph.node("Gemm", rows, factor, -offset)
        for factor, offset in zip(factors, offsets, strict=True)
    )
    return _squared_lengths(graph, whitened)


def _differences(graph, means, factors):
    """Squared lengths of the differences from each mean, exact wherever the means lie."""
    rows = graph.rows()
    whiten = "MatMul" if factors.ndim > 2 else "Mul"
    names = [graph.constant(factor) for factor in factors]
    whitened = (
        graph.node(whiten, graph.node("Sub", rows, mean), names[k % len(names)])
        for k, mean in enumerate(means)
    )
    return _squared_lengths(graph, whitened)


def _squared_lengths(graph, columns):
    """Squared length of each row of several values, side by side."""
    squares = [graph.node("ReduceSumSquare", each, axes=[1], keepdims=1) for each in columns]
    return graph.node("Concat", *squares, axis=1)
