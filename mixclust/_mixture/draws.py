"""New rows drawn from a mixture."""

import numpy as np

from .structures import structure_of

__all__ = ["draw_rows"]

BLOCK = 1 << 18
"""Numbers that are drawn at a time, about 5 ms: Ctrl-C is heard between blocks."""


def draw_rows(mixture, n_samples, random_state):
    """Draw rows, component after component.

    A RandomState gives the rows that scikit-learn draws, but for covariance matrices of at least
    `linear_algebra.MIN_FEATURES_ONE_BY_ONE` features.

    Parameters
    ----------
    mixture : FittedMixture
    n_samples : int
    random_state : numpy.random.RandomState or numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    labels : ndarray of shape (n_samples,), int64
        -1 for noise, which comes last.
    """
    parameters = mixture._parameters()
    counts = random_state.multinomial(n_samples, parameters.all_weights)
    counts = counts[: len(parameters.weights)]
    structure = structure_of(mixture.covariance_type)
    X = np.empty((n_samples, mixture.n_features_in_))
    step = max(1, BLOCK // X.shape[1])
    end = 0
    for k, count in enumerate(counts):
        begin, end = end, end + int(count)
        root = structure.root(mixture.covariances_, k) if count else None
        for first in range(begin, end, step):
            rows = X[first : min(first + step, end)]
            noise = random_state.standard_normal(size=rows.shape)
            np.add(noise @ root if root.ndim == 2 else noise * root, mixture.means_[k], out=rows)
    for first in range(end, n_samples, step):
        shares = random_state.uniform(size=X[first : first + step].shape)
        corner, edges = parameters.noise_box[1:]
        np.add(shares @ edges, corner, out=X[first : first + step])
    return X, np.repeat(np.r_[np.arange(len(counts)), -1], np.r_[counts, n_samples - end])
