"""The answers of a scoring kernel about rows, and reductions of these."""

from contextlib import closing

import numpy as np

from .._estimator.row_results import check_out, gather
from .._inputs.rows import check_finite, check_rows, check_sample_weight
from .._passes.parts import Parts, check_parts
from .._passes.survey import refusing_part
from .._passes.threads import resolve_threads
from .data import MixtureData
from .structures import structure_of

__all__ = [
    "answer_about",
    "answers_about",
    "entropy",
    "gather_answers",
    "largest",
    "read_entropy",
    "read_labels",
    "read_log_prob",
    "read_resp",
    "read_resp_and_log_prob",
    "read_uncertainty",
    "sums_of",
    "weighted_sum",
    "x_log_x",
]

NUMBERS_PER_BLOCK = 1 << 20
"""Responsibilities that one call of NumPy reduces, about 10 ms: Ctrl-C is heard in between."""

TINY = 1e-300
"""Numbers below, times their logarithm, are zero."""


def answer_about(X, parameters, structure, answer, n_threads):
    """An answer of a compiled mixture about rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    parameters : Parameters
    structure : type of `Structure`
    answer : callable
        ``answer(kernel)`` asks the kernel.
    n_threads : int

    Returns
    -------
    found : object
        The answer.

    Raises
    ------
    ValueError
        If X holds NaN or infinity.
    """
    kernel = MixtureData(X, None, structure, n_threads).scorer(parameters)
    found = answer(kernel)
    if kernel.has_lost_rows:  # no component has a density where a value is not finite
        check_finite(X)
    return found


def answers_about(mixture, X, parameters, answer, sample_weight=None):
    """Answers of a mixture about rows, part by part where X is in parts.

    Parameters
    ----------
    mixture : FittedMixture
    X : array-like or Parts
    parameters : Parameters
        Of the mixture, or of a part of it.
    answer : callable
        As for `answer_about`.
    sample_weight : array-like of shape (n_samples,), or None
        Parts have weights of their own.

    Yields
    ------
    found : object
        The answer about all rows, or about the rows of one part.
    weights : ndarray or None
        Their weights.
    """
    n_threads, _ = resolve_threads(mixture.n_threads)
    rest = parameters, structure_of(mixture.covariance_type), answer, n_threads
    if not isinstance(X, Parts):
        X = check_rows(X, mixture, reset=False)
        found = answer_about(X, *rest)
        yield found, check_sample_weight(sample_weight, len(X))
        return
    check_parts(X, mixture, reset=False, sample_weight=sample_weight)
    with closing(X.read()) as parts:
        for part in parts:
            with refusing_part(part):
                found = answer_about(part.X, *rest)
            yield found, part.weights


def gather_answers(mixture, X, parameters, answer, width, dtype, out=None):
    """An answer of a mixture about all rows, one result a row.

    Parameters
    ----------
    mixture, X, parameters, answer
        As for `answers_about`.
    width : tuple of int
        Shape of the result of a row.
    dtype : dtype
        Of the results.
    out : str, path-like, ndarray or None, default=None
        Where they go: see `gather`.

    Returns
    -------
    results : ndarray of shape (n_samples, *width)
    """
    pieces = (found for found, _ in answers_about(mixture, X, parameters, answer))
    if out is None and not isinstance(X, Parts):
        return next(pieces)
    if isinstance(X, Parts):
        X.check_output(out)
    out = check_out(out, width, dtype)
    return gather(pieces, width, dtype, out, getattr(X, "n_rows", None))


def read_labels(kernel):
    """Likeliest component of each row."""
    labels = np.empty(kernel.n_samples, dtype=np.int32)
    kernel.label(labels)
    return labels


def read_uncertainty(kernel):
    """One minus the largest responsibility of each row."""
    return 1 - largest(read_resp(kernel))


def read_entropy(kernel):
    """Entropy of the responsibilities of each row, in nats."""
    return entropy(read_resp(kernel))


def read_resp(kernel):
    """Responsibilities, of shape (n_samples, n_columns)."""
    return read_resp_and_log_prob(kernel)[0]


def read_log_prob(kernel):
    """Log-density of each row, in nats."""
    log_prob = np.empty(kernel.n_samples)
    kernel.score(log_prob)
    return log_prob


def read_resp_and_log_prob(kernel):
    """Responsibilities, of shape (n_samples, n_columns), and log-densities in nats."""
    log_prob = np.empty(kernel.n_samples)
    resp = np.empty((kernel.n_samples, kernel.n_columns))
    kernel.responsibilities(resp, log_prob)
    return resp, log_prob


def largest(resp):
    """Largest responsibility of each row."""
    return _by_rows(lambda block: block.max(axis=1), resp)


def entropy(resp):
    """Entropy of the responsibilities of each row, in nats."""
    return _by_rows(_entropy, resp)


def _entropy(resp):
    return np.sum(resp * -np.log(np.where(resp > 0, resp, 1.0)), axis=1)


def x_log_x(x):
    """Numbers of at least 0 times their logarithms: terms of an entropy."""
    return x * np.log(np.maximum(x, TINY))


def _by_rows(function, resp):
    """A number for each row of responsibilities, computed block by block."""
    found = np.empty(len(resp))
    step = max(1, NUMBERS_PER_BLOCK // resp.shape[1])
    for start in range(0, len(resp), step):
        found[start : start + step] = function(resp[start : start + step])
    return found


def weighted_sum(values, weights):
    """Weighted sum of values, and the total weight.

    Rows of zero weight are left out, since their value may be infinite.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
    weights : ndarray of shape (n_samples,), float64, or None

    Returns
    -------
    weighted_sum, total_weight : float
    """
    if weights is None:
        return float(values.sum()), float(len(values))
    present = weights > 0
    return float(weights[present] @ values[present]), float(weights.sum())


def sums_of(data, answers, common=0.0):
    """Sums over the rows that criteria are computed from.

    Parameters
    ----------
    data : MixtureData
    answers : kernels.mixture.answers.Answers
        About the rows of the data.
    common : float, default=0
        To be added to the sum of log-probabilities.

    Returns
    -------
    log_likelihood : float
        Of the rows, in nats.
    certainty : float
        Sum of the logarithms of the largest responsibilities.
    total_weight : float
    """
    log_likelihood, certainty = answers.sums()
    scale = data.given_weight / data.total_weight
    return scale * (log_likelihood + common), scale * certainty, data.given_weight
