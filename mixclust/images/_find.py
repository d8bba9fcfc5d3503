"""The palette of counted colours: found by k-means, beside colours that are kept."""

import math

import numpy as np

from .._inputs.parameters import check_integer
from .._inputs.random import check_random_state
from .._kmeans.dense_data import DenseData
from .._kmeans.kmeans import KMeans
from .._passes.threads import resolve_threads
from ._distortion import difference_sums
from ._palette import complete_palette, is_among, nearest_points
from ._points import to_colors, to_points

__all__ = ["PaletteFinder"]

MAX_REFINED_SIZE = 4_000_000
"""Colours of the image times colours of the palette, up to which refinement takes 0.2 seconds."""

MAX_ITERATIONS = 300
MIN_GAIN = 1e-5  # share of the first inertia that an iteration must take away, or it is the last


class PaletteFinder:
    """Finds palettes of any number of colours for the same counted colours.

    Parameters
    ----------
    colors : ndarray of uint8 or uint16, shape (n, n_channels)
        Distinct visible colours.
    counts : ndarray of int, shape (n,)
        Number of pixels of each.
    space : {"oklab", "lab", "rgb"}
        The space of distances.
    kept : ndarray of the dtype of `colors`, shape (n_kept, n_channels)
        Distinct colours that every palette holds.
    n_init, n_threads, random_state : object
        As in `KMeans`.
    """

    def __init__(self, colors, counts, space, kept, n_init, n_threads, random_state):
        self.colors, self.counts, self.space, self.kept = colors, counts, space, kept
        self._options = {"n_init": n_init, "n_threads": n_threads, "random_state": random_state}
        self._points = to_points(colors, space)
        self._is_kept = is_among(colors, kept)
        self.n_free = len(colors) - np.count_nonzero(self._is_kept)

    def find(self, n_colors, max_error=None):
        """Find a palette.

        Parameters
        ----------
        n_colors : int
            Largest number of colours of the palette, the kept ones included; at least their number.
        max_error : float or None, default=None
            The mean CIEDE2000 difference that the palette may have, if fewer colours reach it.

        Returns
        -------
        palette : ndarray, shape (n_found, n_channels)
            From dark to light; of fewer colours if the image has no more.
        nearest : ndarray of int, shape (n,)
            Index of the nearest palette colour of each colour.
        """
        if not len(self.colors):
            return self.kept, np.empty(0, np.intp)
        n_free = min(n_colors - len(self.kept), self.n_free)
        if max_error is None:
            return self._find(n_free)
        # Every number of colours up to `low` is known, or believed, to be too few.
        low, high, best = -1 if len(self.kept) else 0, n_free, None
        tried = max(low + 1, 0)
        while low + 1 < high or best is None:
            result = self._find(tried)
            if self._difference(*result) <= max_error:
                high, best = tried, result
            elif tried == n_free:
                return result
            else:
                low = tried
            tried = min(2 * max(tried, 1), n_free) if best is None else (low + high) // 2
        return best

    def _difference(self, palette, nearest):
        """Compute the mean CIEDE2000 difference of the colours to a palette."""
        sums, n_pixels = difference_sums(self.colors, palette[nearest], self.counts)
        return sums.max() / n_pixels

    def _find(self, n_free):
        """Find a palette of some colours beside the kept ones."""
        if n_free == 0:
            found = self.colors[:0]
        elif len(self.kept):
            found = self._fit_beside_kept(n_free)
        else:
            found = self._fit(n_free)
        return complete_palette(found, self.colors, self.counts, self.space, self.kept)

    def _fit(self, n_clusters):
        """Cluster the colours, and refine the clusters of few colours."""
        is_small = n_clusters * len(self.colors) <= MAX_REFINED_SIZE
        model = KMeans(n_clusters, refine="breathing" if is_small else None, **self._options)
        model.fit(self._points, sample_weight=self.counts)
        return self._to_colors(model.cluster_centers_, model.labels_)

    def _fit_beside_kept(self, n_free):
        """Cluster the colours around free centres, beside centres that stay where they are."""
        if n_free == self.n_free:
            return self.colors[~self._is_kept]
        fixed = to_points(self.kept, self.space).astype(np.float64)
        points, weights = self._points.astype(np.float64), self.counts.astype(np.float64)
        n_init = check_integer("n_init", self._options["n_init"], 1, auto=True)
        n_threads, _ = resolve_threads(self._options["n_threads"])
        data = DenseData(points, weights, len(fixed) + n_free, n_threads)
        data.describe()
        random_state = check_random_state(self._options["random_state"])
        runs = [
            iterate(data, fixed, draw_centers(points, weights, fixed, n_free, random_state))
            for _ in range(1 if n_init == "auto" else n_init)
        ]
        free, _ = min(runs, key=lambda run: run[1][-1])
        labels, _ = nearest_points(points, np.vstack([fixed, free]))
        is_free = labels >= len(fixed)
        used, labels = np.unique(labels[is_free] - len(fixed), return_inverse=True)
        return self._to_colors(free[used], labels, is_free)

    def _to_colors(self, centers, labels, rows=slice(None)):
        return to_colors(centers, labels, self.colors[rows], self.counts[rows], self.space)


def draw_centers(points, weights, fixed, n_free, random_state):
    """Draw the first free centres by greedy k-means++, beside the fixed ones.

    Parameters
    ----------
    points : ndarray of shape (n, n_coordinates), float64
    weights : ndarray of shape (n,), float64
    fixed : ndarray of shape (n_fixed, n_coordinates), float64
    n_free : int
    random_state : RandomState or Generator

    Returns
    -------
    free : ndarray of shape (n_free, n_coordinates), float64
        Some of the points.
    """
    n_trials = 2 + int(math.log(n_free))
    norms = (points * points).sum(axis=1)
    _, distances = nearest_points(points, fixed)
    free = []
    for _ in range(n_free):
        cumulative = np.cumsum(weights * distances)
        drawn = random_state.uniform(size=n_trials) * cumulative[-1]
        candidates = np.minimum(np.searchsorted(cumulative, drawn), len(points) - 1)
        products = points @ np.ascontiguousarray(points[candidates].T)
        to_candidates = (norms[:, np.newaxis] + norms[candidates] - 2 * products).clip(0)
        np.minimum(to_candidates, distances[:, np.newaxis], out=to_candidates)
        best = np.argmin(weights @ to_candidates)
        distances = to_candidates[:, best]
        free.append(points[candidates[best]])
    return np.array(free)


def iterate(data, fixed, free):
    """Iterate k-means in which the fixed centres never move, so that the inertia never rises.

    Each row goes to its nearest centre of all; then each free centre goes to the mean of its rows.
    A free centre without rows stays.

    Parameters
    ----------
    data : DenseData
        Rows and weights.
    fixed, free : ndarray of shape (n_fixed, n_features) and (n_free, n_features), float64
        The first free centres are not changed.

    Returns
    -------
    free : ndarray of shape (n_free, n_features), float64
    inertias : list of float
        Before each iteration.
    """
    inertias = []
    while True:
        statistics = data.expect(np.vstack([fixed, free]))
        inertias.append(statistics.inertia)
        gain = inertias[-2] - inertias[-1] if len(inertias) > 1 else math.inf
        if gain <= MIN_GAIN * inertias[0] or len(inertias) > MAX_ITERATIONS:
            return free, inertias
        weights = statistics.weights[len(fixed) :, np.newaxis]
        is_used = statistics.counts[len(fixed) :] > 0
        means = statistics.origins[len(fixed) :] + statistics.sums[len(fixed) :] / np.where(
            is_used[:, np.newaxis], weights, 1
        )
        free = np.where(is_used[:, np.newaxis], means, free)
