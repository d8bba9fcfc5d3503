"""The results of the kernels and of k-means in plain NumPy: slow, short, easy to check.

Nothing here is shared with the package. Distances are sums of squared differences; the lowest
index wins a tie; rows of zero weight are absent.
"""

import numpy as np


def squared_distances(X, centers):
    """Squared Euclidean distances, of shape (n_samples, n_clusters), from differences."""
    X, centers = np.asarray(X, dtype=np.float64), np.asarray(centers, dtype=np.float64)
    distances = np.empty((len(X), len(centers)))
    for k, center in enumerate(centers):
        distances[:, k] = ((X - center) ** 2).sum(axis=1)
    return distances


def nearest(X, centers):
    """Index of each row's nearest centre."""
    return squared_distances(X, centers).argmin(axis=1)


def nearest_two(X, centers):
    """Indices of the two nearest centres of each row, and the distances to them."""
    distances = squared_distances(X, centers)
    order = np.argsort(distances, axis=1, kind="stable")[:, :2]
    return order, np.sqrt(np.take_along_axis(distances, order, axis=1))


def inertia(X, centers, labels, sample_weight=None):
    """Weighted sum of squared distances of the rows to the centres of their labels."""
    differences = np.asarray(X, dtype=np.float64) - np.asarray(centers, dtype=np.float64)[labels]
    distances = (differences**2).sum(axis=1)
    return distances.sum() if sample_weight is None else sample_weight @ distances


def simplified_silhouette(X, centers):
    """``(b - a) / b`` of the distances to the nearest and the second nearest centre."""
    _, distances = nearest_two(X, centers)
    a, b = distances.T
    return np.array(
        [(far - near) / far if far > 0 else 0.0 for near, far in zip(a, b, strict=True)]
    )


def means(X, labels, n_clusters, sample_weight=None):
    """Weighted mean of each cluster's rows, taken about a row of the cluster; NaN where none is."""
    X = np.asarray(X, dtype=np.float64)
    weights = np.ones(len(X)) if sample_weight is None else sample_weight
    result = np.full((n_clusters, X.shape[1]), np.nan)
    for k in range(n_clusters):
        rows = np.flatnonzero((labels == k) & (weights > 0))
        if len(rows):
            origin = X[rows[0]]
            result[k] = origin + np.average(X[rows] - origin, axis=0, weights=weights[rows])
    return result


def lloyd(X, centers, *, sample_weight=None, max_iter=300, tol=0.0, n_frozen=0):
    """Lloyd's iterations from given centres, empty clusters refilled from the farthest rows.

    The first `n_frozen` centres never move, and are not refilled.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    centers : ndarray of shape (n_clusters, n_features)
    sample_weight : ndarray of shape (n_samples,) or None
    max_iter : int
    tol : float
        Sum of squared shifts, in squared units of X, at which to stop.
    n_frozen : int

    Returns
    -------
    result : dict
        centers, labels, inertia, n_iter, n_refilled and the inertias under the centres with
        which each iteration began.
    """
    X, centers = np.asarray(X, dtype=np.float64), np.array(centers, dtype=np.float64)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
    n_clusters, labels, history, n_refilled = len(centers), None, [], 0
    n_iter, settled = 0, False
    while not settled and n_iter < max_iter:
        n_iter += 1
        before, labels = labels, nearest(X, centers)
        history.append(inertia(X, centers, labels, weights))
        moved, n_new = _refill(X, weights, labels, centers, n_frozen)
        n_refilled += n_new
        shift = ((moved - centers) ** 2).sum()
        centers = moved
        settled = np.array_equal(labels, before) or shift <= tol
    labels = nearest(X, centers)
    return {
        "centers": centers,
        "labels": labels,
        "inertia": inertia(X, centers, labels, weights),
        "n_iter": n_iter,
        "n_refilled": n_refilled,
        "history": history,
        "n_clusters": n_clusters,
    }


def _refill(X, weights, labels, centers, n_frozen):
    """The clusters' means after each empty one was given the row farthest from its centre."""
    labels = labels.copy()
    sizes = np.bincount(labels[weights > 0], minlength=len(centers))
    empty = n_frozen + np.flatnonzero(sizes[n_frozen:] == 0)
    distances = ((X - centers[labels]) ** 2).sum(axis=1)
    distances[weights == 0] = -1
    for k, i in zip(empty, np.argsort(-distances, kind="stable"), strict=False):
        labels[i] = k
    moved = means(X, labels, len(centers), weights)
    moved[:n_frozen] = centers[:n_frozen]
    return moved, len(empty)


def greedy_plusplus(X, n_clusters, n_trials, uniforms, sample_weight=None):
    """Rows that greedy k-means++ chooses with the given uniform draws, as scikit-learn does it."""
    X = np.asarray(X, dtype=np.float64)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
    cumulated = np.cumsum(weights / weights.sum())
    chosen = [int(np.searchsorted(cumulated / cumulated[-1], uniforms[0], side="right"))]
    closest = squared_distances(X, X[chosen])[:, 0]
    for step in range(n_clusters - 1):
        draws = uniforms[1 + step * n_trials : 1 + (step + 1) * n_trials]
        masses = np.cumsum(weights * closest)
        trials = np.minimum(np.searchsorted(masses, draws * masses[-1]), len(X) - 1)
        distances = np.minimum(closest[:, np.newaxis], squared_distances(X, X[trials]))
        best = int((weights @ distances).argmin())
        chosen.append(int(trials[best]))
        closest = distances[:, best]
    return np.array(chosen)


def best_run(labels, inertias):
    """The run that is kept; of runs with the same clusters in any order, the first."""
    best = 0
    for i in range(1, len(inertias)):
        if inertias[i] >= inertias[best]:
            continue
        pairs = len(np.unique(np.stack([labels[i], labels[best]]), axis=1).T)
        same = pairs == len(np.unique(labels[i])) == len(np.unique(labels[best]))
        if inertias[i] < inertias[best] * (1 - 1e-9) or not same:
            best = i
    return best


def column_sums(X, origin, weights=1.0):
    """Weighted sums and sums of squares of each column about `origin`; smallest and largest in
    rows of positive weight; 0 if finite; largest magnitude in any row."""
    weights = np.broadcast_to(weights, len(X))[:, np.newaxis]
    differences = np.asarray(X, dtype=np.float64) - origin
    if len(differences) == 0:
        return np.zeros((6, X.shape[1]))
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                (weights * differences).sum(axis=0),
                (weights * differences**2).sum(axis=0),
                np.min(differences, axis=0, initial=0, where=weights > 0),
                np.max(differences, axis=0, initial=0, where=weights > 0),
                (0 * differences).sum(axis=0),
                np.abs(differences).max(axis=0),
            ]
        )


def block(X, shift, width):
    """Rows less the shift, then a 1, then zeros up to `width` numbers."""
    rows = np.zeros((len(X), width))
    rows[:, : X.shape[1]] = np.asarray(X, dtype=np.float64) - shift
    rows[:, X.shape[1]] = 1.0
    return rows


def panel(rows, n_features, scale, height):
    """Rows of a block as a panel of shape (n_features, height), zero past the last row."""
    result = np.zeros((n_features, height), dtype=np.float32)
    result[:, : len(rows)] = (rows[:, :n_features] * scale).T
    return result


def groups(centers, order, shift, scale):
    """Centres in groups of four, of shape (n_groups, n_features, 4), and half squared norms."""
    centered = (np.asarray(centers, dtype=np.float64) - shift) * scale
    placed = np.where((order >= 0)[:, np.newaxis], centered[order], 0)
    half_norms = np.where(order >= 0, (placed**2).sum(axis=1) / 2, np.inf)
    packed = placed.reshape(-1, 4, centered.shape[1]).transpose(0, 2, 1)
    return packed.astype(np.float32), half_norms.astype(np.float32)


def two_smallest_scores(rows, centers):
    """Smallest and second smallest ``||c||^2 / 2 - x.c`` of each row, and the smallest's index."""
    rows, centers = np.asarray(rows, dtype=np.float64), np.asarray(centers, dtype=np.float64)
    scores = (centers**2).sum(axis=1) / 2 - rows @ centers.T
    index = scores.argmin(axis=1)
    ordered = np.sort(np.column_stack([scores, np.full(len(rows), np.inf)]), axis=1)
    return ordered[:, 0], ordered[:, 1], index
