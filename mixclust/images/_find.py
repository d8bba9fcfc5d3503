"""The palette of counted colours: found by k-means, beside colours that are kept."""

import numpy as np

from .._kmeans.kmeans import KMeans
from ._accents import accent_weights
from ._distortion import difference_sums
from ._palette import complete_palette, is_among
from ._points import to_colors, to_points

__all__ = ["PaletteFinder"]

MAX_REFINED_SIZE = 4_000_000
"""Colours of the image times colours of the palette, up to which refinement takes 0.2 seconds."""


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
    accents : float
        Strength, from 0 to 1, with which rare saturated colours count.
    n_init, n_threads, random_state : object
        As in `KMeans`.
    """

    def __init__(self, colors, counts, space, kept, accents, n_init, n_threads, random_state):
        self.colors, self.counts, self.space, self.kept = colors, counts, space, kept
        self.accents = accents
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
        n_colors = n_free + len(self.kept)
        weights = accent_weights(self.colors, self.counts, self.accents, n_colors)
        if n_free == 0:
            found = self.colors[:0]
        elif len(self.kept) and n_free == self.n_free:
            found = self.colors[~self._is_kept]
        else:
            found = self._fit(n_free, weights)
        return complete_palette(found, self.colors, weights, self.space, self.kept)

    def _fit(self, n_free, weights):
        """Cluster weighted colours beside the kept ones, and refine the clusters of few colours."""
        n_kept = len(self.kept)
        n_clusters = n_kept + n_free
        is_small = n_clusters * len(self.colors) <= MAX_REFINED_SIZE
        model = KMeans(
            n_clusters,
            refine="breathing" if is_small else None,
            frozen_centers=to_points(self.kept, self.space) if n_kept else None,
            **self._options,
        )
        model.fit(self._points, sample_weight=weights)
        centers, labels = model.cluster_centers_, model.labels_
        if n_kept == 0:
            return to_colors(centers, labels, self.colors, weights, self.space)
        is_free = labels >= n_kept
        used = np.flatnonzero(np.bincount(labels[is_free], minlength=n_clusters))
        entries = np.zeros(n_clusters, np.intp)
        entries[used] = np.arange(len(used))
        labels = entries[labels[is_free]]
        return to_colors(centers[used], labels, self.colors[is_free], weights[is_free], self.space)
