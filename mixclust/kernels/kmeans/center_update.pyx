"""The update of k-means: each centre moves to the mean of its rows; empty clusters are refilled.

It knows the sums of each cluster, and not how they were made: column j of `sums` holds the
weighted sum of feature j, less the shift of the frame, and column n_features the weight.
"""
cimport cython

import numpy as np

from ..rows.rows cimport Frame

# Share of the weight of a cluster, below which the rest of it has no digits after a row has left.
LEAST_SHARE = 2.0 ** -40


@cython.final
cdef class CenterUpdate:
    """Moves centres to the means of their rows.

    Parameters
    ----------
    round_to_float : bool
        Whether centres are rounded to float32, the dtype of X.
    n_frozen : int, default=0
        Number of centres, the first ones, that never move and are not refilled.
    """

    def __init__(self, bint round_to_float=False, Py_ssize_t n_frozen=0):
        if n_frozen < 0:
            raise ValueError("n_frozen must not be negative")
        self.round_to_float = round_to_float
        self.n_frozen = n_frozen

    cdef Py_ssize_t count_empty(
        self, const Py_ssize_t* counts, Py_ssize_t n_clusters
    ) noexcept nogil:
        """Number of free clusters without a row of positive weight, which need a `refill`."""
        cdef Py_ssize_t k, n_empty = 0
        for k in range(self.n_frozen, n_clusters):
            n_empty += counts[k] == 0
        return n_empty

    cdef double move(
        self,
        const double[:, ::1] sums,  # IN     (n_clusters, more than n_features), free weights not 0
        Frame frame,                # IN     the shift that the sums are about
        double[:, ::1] centers,     # INOUT  (n_clusters, n_features)
    ) noexcept nogil:
        """Move the centres; returns the sum of their squared shifts, in squared units of X."""
        cdef Py_ssize_t j, k, d = centers.shape[1]
        cdef double value, shift = 0
        for k in range(self.n_frozen, centers.shape[0]):
            for j in range(d):
                value = frame.shift[j] + sums[k, j] / sums[k, d]
                if self.round_to_float:
                    value = <float>value
                shift += (value - centers[k, j]) * (value - centers[k, j])
                centers[k, j] = value
        return shift

    def refill(self, sums, counts, rows, owners):
        """Give each empty free cluster one of the rows that lie farthest from their centres.

        As scikit-learn does it; rows of zero weight are absent. A cluster that gets no row, or that
        lost all its weight to another, takes the sums of the heaviest cluster.

        Parameters
        ----------
        sums : ndarray of shape (n_clusters, n_features + 1), float64
            Sums as in `move`, changed in place.
        counts : ndarray of shape (n_clusters,), intp
            Rows of positive weight in each cluster, changed in place.
        rows : ndarray of shape (n_rows, n_features + 1), float64
            Rows as they entered the sums, times their weights, the farthest first; at most as
            many as there are empty free clusters.
        owners : ndarray of shape (n_rows,), int32
            The cluster of each of these rows.

        Returns
        -------
        n_refilled : int
        """
        empty = self.n_frozen + np.flatnonzero(counts[self.n_frozen:] == 0)
        for k, row, owner in zip(empty, rows, owners):
            before = sums[owner, -1]
            sums[owner] -= row
            counts[owner] -= 1
            if not sums[owner, -1] > LEAST_SHARE * before:
                counts[owner] = 0  # the rows left are lost in the rounding of the sum
            sums[k] = row
            counts[k] = 1
        left = self.n_frozen + np.flatnonzero(counts[self.n_frozen:] == 0)
        sums[left] = sums[np.argmax(sums[:, -1] * (counts > 0))]
        return min(len(empty), len(rows))
