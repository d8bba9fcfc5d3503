"""Choice of the rotated coordinates in which k-means on many features takes its first look."""

import numpy as np

from ..kernels.kmeans.rotation import Rotation

FIRST_ROWS = 256
"""Rows of the sample that tells whether a prefix may pay."""

SECOND_ROWS = 2048
"""Rows of the sample that the axes are computed from."""

TEST_ROWS = 96
"""Rows, outside the samples, by which prefixes are compared."""

LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256)
"""Numbers of axes that are tried."""

PAIR_COST = 3
"""Measuring one centre alone costs so many times its share of a tile."""

MAX_SHARE = 0.7
"""Largest share of the work of a plain pass at which a prefix is used."""


class PrefixChoice:
    """Chooses a rotation for a run from given centres, or none where no prefix pays.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    frame : Frame
    max_bytes : int
        Size up to which the coordinates of all rows are kept between passes.
    n_passes : int
        Passes that are expected to share the coordinates, where they are kept.
    """

    def __init__(self, X, frame, max_bytes, n_passes):
        self.X = X
        self.frame = frame
        self.max_bytes = max_bytes
        self.n_passes = n_passes
        self.axes = None
        self.rotations = {}
        size = min(len(X), SECOND_ROWS + TEST_ROWS)
        self.order = np.random.default_rng(0).choice(len(X), size, replace=False)

    def __call__(self, centers):
        """Return a `Rotation`, or None.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
            Where the run starts.
        """
        centers = self._framed(centers)
        test = self._framed(self.X[self.order[:TEST_ROWS]])
        if self.axes is None:
            axes = principal_axes(self._sample(FIRST_ROWS))
            length = self._best_length(test, centers, axes)
            if not length:
                return None
            self.axes = improve_axes(self._sample(SECOND_ROWS), axes[: 2 * length])
        length = self._best_length(test, centers, self.axes)
        if not length:
            return None
        if length not in self.rotations:
            self.rotations = {length: Rotation(np.ascontiguousarray(self.axes[:length]))}
        return self.rotations[length]

    def _sample(self, size):
        return self._framed(self.X[self.order[TEST_ROWS : TEST_ROWS + size]])

    def _framed(self, points):
        """Points as the kernels compute on them, in float32."""
        points = (points - self.frame.origin) * self.frame.scale
        return points.astype(np.float32)

    def _best_length(self, rows, centers, axes):
        """Number of axes at which rows cost least, or 0 where no number of them pays.

        The cost is counted in multiply-adds: of the tile over the prefix, of the centres that the
        bound of a row leaves open, and of the row's coordinates.
        """
        n_clusters, n_features = centers.shape
        half = np.einsum("kj,kj->k", centers, centers) / 2
        scores = half - rows @ centers.T
        projected, points = rows @ axes.T, centers @ axes.T
        squares = np.einsum("ij,ij->i", rows, rows)
        best, cost = 0, MAX_SHARE * n_clusters * n_features
        for length in reversed([length for length in LENGTHS if length <= len(axes)]):
            x, c = projected[:, :length], points[:, :length]
            rest = np.sqrt(np.maximum(0, squares - np.einsum("ij,ij->i", x, x)))
            center_rest = np.sqrt(np.maximum(0, 2 * half - np.einsum("kj,kj->k", c, c)))
            bounds = half - x @ c.T - np.outer(rest, center_rest)
            nearest = bounds.argmin(axis=1)[:, np.newaxis]
            n_open = np.mean(bounds <= np.take_along_axis(scores, nearest, axis=1)) * n_clusters
            found = n_open * PAIR_COST * (n_features + 64)
            if found > cost:    # a shorter prefix leaves more open
                break
            found += n_clusters * (length + 9)
            found += length * n_features / self._passes_to_share(length)
            if found < cost:
                best, cost = length, found
        return best

    def _passes_to_share(self, length):
        kept = len(self.X) * 4 * (length + 3) <= self.max_bytes
        return self.n_passes if kept else 1


def principal_axes(sample):
    """Axes of the largest variance of a few rows, largest first, as many as may be needed."""
    values, vectors = np.linalg.eigh(sample @ sample.T)
    n_axes = min(LENGTHS[-1], sample.shape[1] // 2, len(sample) // 2)
    lengths = np.sqrt(np.maximum(values[::-1][:n_axes], np.finfo(np.float32).tiny))
    return (sample.T @ vectors[:, ::-1][:, :n_axes] / lengths).T


def improve_axes(sample, axes):
    """Axes of the largest variance of more rows, by two steps of subspace iteration."""
    for _ in range(2):
        axes = orthonormal(sample.T @ (sample @ axes.T))
    coordinates = (sample @ axes.T).astype(np.float64)
    vectors = np.linalg.eigh(coordinates.T @ coordinates)[1][:, ::-1]
    return orthonormal(axes.T @ vectors)


def orthonormal(columns):
    """Orthonormal rows that span the columns, in their order, rounded to float32."""
    return np.linalg.qr(columns.astype(np.float64))[0].T.astype(np.float32)
