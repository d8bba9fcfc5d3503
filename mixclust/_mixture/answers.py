"""The answers of a scoring kernel about rows, and reductions of these."""

import numpy as np

__all__ = [
    "entropy",
    "largest",
    "read_labels",
    "read_labels_and_uncertainty",
    "read_log_prob",
    "read_resp_and_log_prob",
    "weighted_sum",
]

NUMBERS_PER_BLOCK = 1 << 20
"""Responsibilities that one call of NumPy reduces, about 10 ms: Ctrl-C is heard in between."""


def read_labels(kernel):
    """Likeliest component of each row."""
    labels = np.empty(kernel.n_samples, dtype=np.int32)
    kernel.label(labels)
    return labels


def read_labels_and_uncertainty(kernel):
    """Likeliest component of each row, and one minus the largest responsibility."""
    return read_labels(kernel), 1 - largest(read_resp_and_log_prob(kernel)[0])


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
