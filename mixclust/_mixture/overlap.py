"""How much Gaussian components overlap, and the features in which they overlap least."""

import itertools

import numpy as np

__all__ = ["distances_to_later", "separating_features", "total_overlap"]

MAX_CANDIDATES = 20  # features that are compared in pairs
RESOLUTION_IN_SD = 0.05  # smallest visible difference, in standard deviations of all rows


def distances_to_later(means, covariances):
    """Bhattacharyya distances of each component to the components after it.

    They are yielded for one component at a time, so that there is no array of pairs of components
    by features by features.

    Parameters
    ----------
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)

    Yields
    ------
    distances : ndarray of shape (n_components - 1 - k,)
        Of component k: 0 for the same Gaussian, in nats; ``exp(-distance)`` is the overlap.
    """
    log_det = np.linalg.slogdet(covariances)[1]
    for k in range(len(means) - 1):
        middle = (covariances[k] + covariances[k + 1 :]) / 2
        delta = (means[k + 1 :] - means[k])[:, :, np.newaxis]
        squares = (delta * np.linalg.solve(middle, delta)).sum(axis=(1, 2))
        log_ratio = np.linalg.slogdet(middle)[1] - (log_det[k] + log_det[k + 1 :]) / 2
        yield squares / 8 + log_ratio / 2


def total_overlap(weights, means, covariances, known=None):
    """Compute the overlap of components: the sum of w_k w_l exp(-D_kl) over pairs k < l.

    w is the weight of a component, so that a component of few rows hardly counts, and D_kl the
    distance of two components. Each covariance is widened by `RESOLUTION_IN_SD`: components that
    look like one, for example thin ones side by side, overlap.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    known : list of ndarray, default=None
        Distances of `widened_distances` in another picture of the components, which are added to
        the distances: pairs that are apart there hardly count.

    Returns
    -------
    overlap : float
    """
    found = widened_distances(weights, means, covariances)
    if known is not None:
        found = [row + other for row, other in zip(found, known, strict=True)]
    return float(
        sum(
            weight * (weights[k + 1 :] * np.exp(-row)).sum()
            for k, (weight, row) in enumerate(zip(weights[:-1], found, strict=True))
        )
    )


def widened_distances(weights, means, covariances):
    """Compute the distances of `distances_to_later` of components that are widened.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)

    Returns
    -------
    distances : list of ndarray
    """
    off = means - weights @ means
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    spread = weights @ (variances + off**2)
    spread = np.where(spread > 0, spread, 1.0)
    return list(distances_to_later(means, covariances + RESOLUTION_IN_SD**2 * np.diag(spread)))


def separating_features(weights, means, covariances, n_chosen=2, apart_from=None):
    """Choose the features in which the components overlap least.

    The first two are the best of all pairs, and each further one is the feature that lowers the
    overlap most beside them. Of many features, only the `MAX_CANDIDATES` that separate the
    components best by themselves are compared.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    n_chosen : int, default=2
        Number of features to choose, at least two.
    apart_from : list of int, default=None
        Features of another picture: the choice separates components that overlap in it.

    Returns
    -------
    indices : list of int
        In ascending order; all features, if there are no more than `n_chosen`.
    """

    def overlap_in(indices):
        return total_overlap(*_restrict(weights, means, covariances, indices), known)

    known = None
    if apart_from is not None:
        known = widened_distances(*_restrict(weights, means, covariances, apart_from))
    n_features = means.shape[1]
    if n_features <= n_chosen:
        return list(range(n_features))
    alone = [overlap_in([j]) for j in range(n_features)]
    n_candidates = max(MAX_CANDIDATES, n_chosen)
    candidates = np.sort(np.argsort(alone, kind="stable")[:n_candidates]).tolist()
    pairs = map(list, itertools.combinations(candidates, 2))
    if apart_from is not None:
        pairs = (pair for pair in pairs if pair != sorted(apart_from))
    chosen = min(pairs, key=overlap_in)
    while len(chosen) < n_chosen:
        others = [j for j in candidates if j not in chosen]
        chosen = [*chosen, min(others, key=lambda j: overlap_in([*chosen, j]))]
    return sorted(chosen)


def _restrict(weights, means, covariances, indices):
    """Take some features of components."""
    return weights, means[:, indices], covariances[:, indices][:, :, indices]
