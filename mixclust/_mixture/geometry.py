"""Coordinates in which clusters are round, and directions in which rows fall into groups."""

import numpy as np

__all__ = ["cut_largest", "directions_of_groups", "halvings", "whitening"]

SMALLEST_EIGENVALUE = 1e-10
"""Share of the largest eigenvalue below which a direction of a covariance counts as constant."""

SMALLEST_LENGTH = 1e-300
"""Divisor in place of the length of a vector of zeros."""

MAX_SQUARED_COSINE = 0.9
"""Of the angle between two directions that differ."""

N_STEPS = 5
"""Steps of the fixed-point iteration that looks for a direction."""


def whitening(covariance):
    """Matrix T that whitens: if C is the covariance of X, the covariance of X T is the identity.

    Directions in which the rows hardly vary are left out.
    """
    scales = np.sqrt(np.diagonal(covariance))
    scales = np.where(scales > 0, scales, 1.0)
    values, axes = np.linalg.eigh(covariance / np.outer(scales, scales))
    varies = values > SMALLEST_EIGENVALUE * max(values[-1], 0.0)
    return axes[:, varies] / np.sqrt(values[varies]) / scales[:, np.newaxis]


def directions_of_groups(Z, random_state, n_directions):
    """Directions in which the kurtosis of whitened rows is extreme, the smallest kurtosis first.

    Rows in separate groups have a small kurtosis along the line between the groups: 1 for two
    equal groups, 1.8 for many, 3 for normal rows. Iterations start from differences between
    rows, so that the directions turn with the rows.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features), float64
        Whitened.
    random_state : numpy.random.RandomState
    n_directions : int

    Returns
    -------
    directions : ndarray of shape (n_features, n_directions), float64
        Unit vectors; the first axis in place of a direction of no length.
    """
    pairs = random_state.randint(len(Z), size=(2, n_directions))
    directions = (Z[pairs[0]] - Z[pairs[1]]).T
    for _ in range(N_STEPS):
        directions = directions / np.maximum(_lengths(directions), SMALLEST_LENGTH)
        along = Z @ directions
        directions = Z.T @ (along * along * along) - 3 * len(Z) * directions
    lengths = _lengths(directions)
    directions[0, lengths == 0] = lengths[lengths == 0] = 1.0
    directions /= lengths
    squares = np.square(Z @ directions)
    kurtosis = np.einsum("ij,ij->j", squares, squares) / len(Z)
    # Rounded, since a direction and its opposite have the same kurtosis but for rounding.
    return directions[:, np.argsort(kurtosis.round(6), kind="stable")]


def _lengths(columns):
    return np.sqrt(np.einsum("ij,ij->j", columns, columns))


def halvings(Z, random_state):
    """Ways to cut rows in two: between groups, by their distance, and across two directions.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features), float64
        Whitened.
    random_state : numpy.random.RandomState

    Returns
    -------
    labels : list of ndarray of shape (n_samples,), int32
        Of 0 and 1, both present.
    """
    directions = directions_of_groups(Z, random_state, 4)
    cuts = [Z @ directions[:, 0] > 0, np.einsum("ij,ij->i", Z, Z) > Z.shape[1]]
    cuts = [cut.astype(np.int32) for cut in cuts]
    if Z.shape[1] > 1:
        cuts.append(cut_across(Z, directions))
    return [cut for cut in cuts if 0 < np.count_nonzero(cut) < len(cut)]


def cut_across(Z, directions):
    """Labels of the rows that lie along the direction of largest kurtosis, and along another one.

    They tell apart two stretched groups that cross.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features), float64
    directions : ndarray of shape (n_features, n_directions), float64
        At least two, as `directions_of_groups` returns them.

    Returns
    -------
    labels : ndarray of shape (n_samples,), int32
        Of 0 and 1.
    """
    first = directions[:, -1]
    differs = np.flatnonzero(np.square(first @ directions) < MAX_SQUARED_COSINE)
    other = directions[:, differs[-1] if len(differs) else -2]
    return (np.square(Z @ first) > np.square(Z @ other)).astype(np.int32)


def cut_largest(data, resp):
    """Responsibilities with the component of most weight cut in two across its main axis.

    Parameters
    ----------
    data : MixtureData
    resp : ndarray of shape (n_samples, n_components), float64

    Returns
    -------
    resp : ndarray of shape (n_samples, n_components + 1), float64
    """
    row_weights = np.ones(len(resp)) if data.sample_weight is None else data.sample_weight
    largest = int(np.argmax(row_weights @ resp))
    shares = resp[:, largest]
    weights = shares * row_weights
    centered = data.X - np.average(data.X, axis=0, weights=weights)
    scales = np.sqrt(np.average(np.square(centered), axis=0, weights=weights))
    centered /= np.where(scales > 0, scales, 1.0)
    _, axes = np.linalg.eigh((centered.T * weights) @ centered)
    beyond = centered @ axes[:, -1] > 0
    cut = np.hstack([resp, np.where(beyond, shares, 0.0)[:, np.newaxis]])
    cut[beyond, largest] = 0.0
    return cut
