"""How much likelihood two components lose if they become one, for all pairs at once.

One M step from responsibilities in which the two are one bounds the loss [1]_. At a fixed point of
EM the bound follows from the parameters and the entropy of the responsibilities, without a pass,
since two covariances tell the one of both components together. Constraints of a structure on
several components are left out: the bound is an estimate for these.

References
----------
.. [1] N. Ueda, R. Nakano, Z. Ghahramani and G. E. Hinton, "SMEM algorithm for mixture models",
   Neural Computation 12, 2000.
"""

import numpy as np

__all__ = ["cheapest_mergers", "start_merged"]

MAX_PAIRS = 24
"""Pairs that are returned, at most."""

N_EXAMINED = 4
"""Pairs, for each one that is returned, of which the entropy is computed."""

TINY = 1e-300
"""Added to numbers before their logarithm is taken."""


def cheapest_mergers(data, parameters, resp):
    """Pairs of components that lose least if they become one, the cheapest first.

    Remote groups of few rows are among them, though they share no rows.

    Parameters
    ----------
    data : MixtureData
    parameters : Parameters
        Nearly converged.
    resp : ndarray of shape (n_samples, n_columns), float64
        Responsibilities; columns behind the components are left out.

    Returns
    -------
    pairs : list of tuple of two int
        As many as components, and at most `MAX_PAIRS`.
    losses : list of float
        Upper bounds of the loss of the mean log-likelihood of a row, in nats.
    """
    n_components, weights = len(parameters.weights), parameters.weights
    by_covariances = data.structure.losses_by_mergers(parameters)
    losses = np.full((n_components, n_components), np.inf)
    for k in range(n_components - 1):
        later = slice(k + 1, n_components)
        of_weights = _x_log_x(weights[k]) + _x_log_x(weights[later])
        of_weights -= _x_log_x(weights[k] + weights[later])
        losses[k, later] = by_covariances(k, later) + of_weights
    n_pairs = n_components * (n_components - 1) // 2
    wanted = min(n_pairs, n_components, MAX_PAIRS)
    order = np.argsort(losses, axis=None, kind="stable")[: min(n_pairs, N_EXAMINED * wanted)]
    pairs = np.column_stack(np.divmod(order, n_components))
    losses = losses.ravel()[order] + _entropies(data, resp, pairs)
    best = np.argsort(losses, kind="stable")[:wanted]
    return [(int(i), int(j)) for i, j in pairs[best]], losses[best].tolist()


def start_merged(resp, pairs, kernel):
    """Start from responsibilities in which pairs of components are one, the first of each."""
    merged = resp.copy()
    for i, j in pairs:
        merged[:, i] += merged[:, j]
    merged = np.delete(merged, [j for _, j in pairs], axis=1)
    kernel.start(resp=np.ascontiguousarray(merged))


def _entropies(data, resp, pairs):
    """Entropy of the choice between two components, in nats, as the mean over all rows."""
    products = {int(k): _x_log_x(resp[:, k]) for k in np.unique(pairs)}
    weights = np.ones(len(resp)) if data.sample_weight is None else data.sample_weight
    sums = [
        weights @ (_x_log_x(resp[:, i] + resp[:, j]) - products[i] - products[j]) for i, j in pairs
    ]
    return np.array(sums) / data.total_weight


def _x_log_x(x):
    return x * np.log(x + TINY)
