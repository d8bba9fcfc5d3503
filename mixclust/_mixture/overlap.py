"""How much Gaussian components overlap, pair by pair."""

import numpy as np

__all__ = ["distances_to_later"]


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
