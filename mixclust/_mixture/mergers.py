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

from functools import lru_cache

import numpy as np

from .answers import x_log_x

__all__ = ["cheapest_mergers", "losses_apart", "start_merged"]

MAX_PAIRS = 24
"""Pairs that are returned, at most."""

N_EXAMINED = 4
"""Pairs, for each one that is returned, of which the entropy is computed."""

MAX_NUMBERS = 1 << 18
"""Numbers of a temporary array."""


def losses_apart(data, parameters):
    """Losses by the mergers of all pairs, if no two components shared a row.

    Parameters
    ----------
    data : MixtureData
    parameters : Parameters
        Nearly converged.

    Returns
    -------
    losses : ndarray of shape (n_pairs,), float64
        Of the mean log-likelihood of a row, in nats, never more than the losses that
        `cheapest_mergers` returns.
    """
    n_components, n_features = parameters.means.shape
    weights, i, j = parameters.weights, *_pairs(n_components)
    by_covariances = data.structure.losses_by_mergers(parameters)
    losses = np.empty(len(i))
    for at in _blocks(len(i), n_features**2):
        losses[at] = by_covariances(i[at], j[at])
    own = x_log_x(weights)
    losses += own[i] + own[j] - x_log_x(weights[i] + weights[j])
    return losses


def cheapest_mergers(data, n_components, losses, resp):
    """Pairs of components that lose least if they become one, the cheapest first.

    Remote groups of few rows are among them, though they share no rows.

    Parameters
    ----------
    data : MixtureData
    n_components : int
    losses : ndarray of shape (n_pairs,), float64
        By `losses_apart`.
    resp : ndarray of shape (n_samples, n_columns), float64
        Responsibilities; columns behind the components are left out.

    Returns
    -------
    pairs : list of tuple of two int
        As many as components, and at most `MAX_PAIRS`.
    losses : list of float
        Upper bounds of the loss of the mean log-likelihood of a row, in nats.
    """
    i, j = _pairs(n_components)
    wanted = min(len(i), n_components, MAX_PAIRS)
    few = np.argsort(losses, kind="stable")[: N_EXAMINED * wanted]
    losses = losses[few] + _entropies(data, resp[:, :n_components], i[few], j[few])
    best = np.argsort(losses, kind="stable")[:wanted]
    pairs = np.column_stack([i, j])[few[best]]
    return list(map(tuple, pairs.tolist())), losses[best].tolist()


def start_merged(resp, pairs, kernel):
    """Start from responsibilities in which pairs of components are one, the first of each."""
    merged = resp.copy()
    for i, j in pairs:
        merged[:, i] += merged[:, j]
    merged = np.delete(merged, [j for _, j in pairs], axis=1)
    kernel.start(resp=np.ascontiguousarray(merged))


@lru_cache(maxsize=16)
def _pairs(n_components):
    """The two components of each pair."""
    return np.triu_indices(n_components, 1)


def _entropies(data, resp, i, j):
    """Entropies of the choice between components i and j, in nats, as the mean over all rows."""
    weights = np.ones(len(resp)) if data.sample_weight is None else data.sample_weight
    own, both = weights @ x_log_x(resp), np.empty(len(i))
    for at in _blocks(len(i), len(resp)):
        both[at] = weights @ x_log_x(resp[:, i[at]] + resp[:, j[at]])
    return (both - own[i] - own[j]) / data.total_weight


def _blocks(n_pairs, n_numbers):
    """Slices of the pairs, so that arrays of so many numbers for each pair stay small."""
    step = max(1, MAX_NUMBERS // n_numbers)
    return [slice(start, start + step) for start in range(0, n_pairs, step)]
