"""Choice of the lower bounds by which k-means on many features takes its first look."""

import numpy as np

from ..kernels.kmeans import byte_scores
from ..kernels.kmeans.prefix_scores import PrefixScores

FIRST_ROWS = 192
"""Rows of the sample that tells whether a few axes may pay."""

SECOND_ROWS = 2048
"""Rows of the sample that the axes are computed from."""

MAX_SAMPLE_NUMBERS = 2**21
"""Numbers of a sample at most: 16 MiB in float64."""

TEST_ROWS = 96
"""Rows, outside the samples, by which bounds are compared."""

TEST_CENTERS = 256
"""Centres that tell how many of all a row rounded to bytes leaves open."""

LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256)
"""Numbers of axes that are tried."""

MAX_SHARE = 0.7
"""Largest share of the work of a plain pass at which bounds are used."""

# Costs in multiply-adds of the tile of float32.
COMPARE_COST = 12
"""Of the comparison of a bound with a row's limit."""

PAIR_COST = 3
"""Of a feature of one centre that is measured alone."""

BYTE_COST = 0.25
"""Of a feature in bytes."""

PACK_COST = 4
"""Of a feature of a row that is rounded to bytes."""


class CoarseChoice:
    """Chooses lower bounds for a run from given centres, or none where none pay.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    frame : Frame
    max_bytes : int
        Size up to which the data of all rows are kept between passes.
    n_passes : int
        Passes that are expected to share these data, where they are kept.
    """

    def __init__(self, X, frame, max_bytes, n_passes):
        self.X = X
        self.frame = frame
        self.max_bytes = max_bytes
        self.n_passes = n_passes
        self.axes = None
        self.last = None
        size = min(len(X), SECOND_ROWS + TEST_ROWS)
        self.order = np.random.default_rng(0).choice(len(X), size, replace=False)

    def __call__(self, centers):
        """Return `PrefixScores`, `ByteScores` or None.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
            Where the run starts.
        """
        trial = Trial(self._framed(self.X[self.order[:TEST_ROWS]]), self._framed(centers))
        length, cost = 0, MAX_SHARE * centers.size
        cost_of_bytes = self._cost_of_bytes(trial)
        if self.n_passes > 1 or cost_of_bytes > cost:
            length, cost = self._choose_axes(trial)
        if cost_of_bytes < cost:
            if not isinstance(self.last, byte_scores.ByteScores):
                self.last = byte_scores.ByteScores(self.X.shape[1])
        elif not length:
            return None
        elif not isinstance(self.last, PrefixScores) or self.last.n_axes != length:
            self.last = PrefixScores(np.ascontiguousarray(self.axes[:length]))
        return self.last

    def _choose_axes(self, trial):
        """Number of axes at which a row costs least, 0 where none pays, and the cost."""
        if self.axes is not None:
            return self._best_length(trial, self.axes)
        axes = principal_axes(self._sample(FIRST_ROWS))
        length, cost = self._best_length(trial, axes)
        if not length:
            return length, cost
        self.axes = improve_axes(self._sample(SECOND_ROWS), axes[: 2 * length])
        return self._best_length(trial, self.axes)

    def _sample(self, size):
        size = min(size, MAX_SAMPLE_NUMBERS // self.X.shape[1])
        return self._framed(self.X[self.order[TEST_ROWS : TEST_ROWS + size]])

    def _framed(self, points):
        """Points as the kernels compute on them, in float32."""
        points = (points - self.frame.origin) * self.frame.scale
        return points.astype(np.float32)

    def _best_length(self, trial, axes):
        """Number of axes at which a row costs least, 0 where none pays, and the cost."""
        n_clusters, n_features = trial.centers.shape
        best, cost = 0, MAX_SHARE * n_clusters * n_features
        for length in reversed([length for length in LENGTHS if length <= len(axes)]):
            found = trial.cost_of_open(trial.bounds_of_prefix(axes[:length]))
            if found > cost:  # a shorter prefix leaves more open
                break
            found += n_clusters * (length + COMPARE_COST)
            found += length * n_features / self._passes_to_share(4 * (length + 3))
            if found < cost:
                best, cost = length, found
        return best, cost

    def _cost_of_bytes(self, trial):
        """Cost of a row that is rounded to bytes, infinite where bytes are not fast."""
        n_clusters, n_features = trial.centers.shape
        if not byte_scores.are_fast() or n_features > byte_scores.MAX_FEATURES:
            return np.inf
        cost = trial.cost_of_open(trial.bounds_of_bytes())
        cost += n_clusters * (BYTE_COST * n_features + COMPARE_COST)
        return cost + PACK_COST * n_features / self._passes_to_share(n_features + 20)

    def _passes_to_share(self, row_bytes):
        return self.n_passes if len(self.X) * row_bytes <= self.max_bytes else 1


class Trial:
    """A few rows and all centres, on which bounds are tried.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features), float32
    centers : ndarray of shape (n_clusters, n_features), float32
    """

    def __init__(self, rows, centers):
        self.rows = rows
        self.centers = centers
        self.squares = np.einsum("ij,ij->i", rows, rows)
        self.half = np.einsum("kj,kj->k", centers, centers) / 2
        self.scores = self.half - rows @ centers.T

    def cost_of_open(self, bounds):
        """Cost of measuring the centres that the bounds of the first few centres leave open."""
        if bounds.size == 0:
            return 0.0
        limits = np.take_along_axis(self.scores, bounds.argmin(axis=1)[:, np.newaxis], axis=1)
        n_open = np.mean(bounds <= limits) * len(self.centers)
        return n_open * PAIR_COST * (self.rows.shape[1] + 64)

    def bounds_of_prefix(self, axes):
        x, c = self.rows @ axes.T, self.centers @ axes.T
        rest = np.sqrt(np.maximum(0, self.squares - np.einsum("ij,ij->i", x, x)))
        center_rest = np.sqrt(np.maximum(0, 2 * self.half - np.einsum("kj,kj->k", c, c)))
        return self.half - x @ c.T - np.outer(rest, center_rest)

    def bounds_of_bytes(self):
        x, rest = round_to_bytes(self.rows)
        c, center_rest = round_to_bytes(self.centers[:TEST_CENTERS])
        half = self.half[:TEST_CENTERS]
        bounds = half - x @ c.T - np.outer(rest, np.sqrt(2 * half))
        return bounds - np.outer(np.sqrt(self.squares) + rest, center_rest)


def round_to_bytes(points):
    """Points rounded to 127 units on either side of zero, and the norms of the rest."""
    units = np.max(np.abs(points), axis=1, keepdims=True) / 127
    rounded = np.rint(points / np.maximum(units, np.finfo(np.float32).tiny)) * units
    return rounded, np.linalg.norm(points - rounded, axis=1)


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
