"""The statistics of a pass over rows as a value: sums that can be added."""

import numpy as np

__all__ = ["CenterStatistics"]

FIELDS = ("origins", "sums", "weights", "counts", "inertia")


class CenterStatistics:
    """Sums over the rows of each cluster, about origins near them.

    Statistics of parts of the rows add up to the statistics of all rows, for any origins.
    They pickle, and are equal if all their numbers are.

    Parameters
    ----------
    origins : ndarray of shape (n_features,) or (n_clusters, n_features), float64
        Subtracted from the rows of each cluster, in units of X.
    sums : ndarray of shape (n_clusters, n_features), float64
        Sums of weight times row less origin, in units of X times weight.
    weights : ndarray of shape (n_clusters,), float64
        Sums of the weights.
    counts : ndarray of shape (n_clusters,)
        Numbers of rows of positive weight; exactly zero for an empty cluster.
    inertia : float
        Sum of weight times squared distance to the centres that the rows were assigned by, in
        squared units of X times weight.
    """

    __hash__ = None  # statistics change in place

    def __init__(self, origins, sums, weights, counts, inertia):
        self.sums = np.array(sums, dtype=np.float64)
        self.origins = np.array(np.broadcast_to(origins, self.sums.shape), dtype=np.float64)
        self.weights = np.array(weights, dtype=np.float64)
        self.counts = np.array(counts, dtype=np.float64)
        self.inertia = float(inertia)

    def about(self, origins):
        """The same statistics about other origins.

        Parameters
        ----------
        origins : ndarray of shape (n_features,) or (n_clusters, n_features), float64

        Returns
        -------
        statistics : CenterStatistics
        """
        shifts = self.origins - origins
        sums = self.sums + self.weights[:, np.newaxis] * shifts
        return CenterStatistics(origins, sums, self.weights, self.counts, self.inertia)

    def of_clusters(self, clusters):
        """The statistics of some of the clusters, with the inertia of all.

        Parameters
        ----------
        clusters : slice

        Returns
        -------
        statistics : CenterStatistics
        """
        parts = (self.origins, self.sums, self.weights, self.counts)
        return CenterStatistics(*(part[clusters] for part in parts), self.inertia)

    def __iadd__(self, other):
        """Add the statistics of other rows, assigned by the same centres."""
        if other.sums.shape != self.sums.shape:
            raise ValueError(
                f"statistics of shape {other.sums.shape} cannot be added to "
                f"statistics of shape {self.sums.shape}; both need the same clusters and features."
            )
        if not np.array_equal(other.origins, self.origins):
            other = other.about(self.origins)
        # New arrays: the ones of statistics that were sent from elsewhere may be read-only.
        self.sums = self.sums + other.sums
        self.weights = self.weights + other.weights
        self.counts = self.counts + other.counts
        self.inertia += other.inertia
        return self

    def __imul__(self, factor):
        """Count every row `factor` times, a number of at least 0."""
        if not 0 <= factor < np.inf:
            raise ValueError(f"factor={factor} must be a finite number of at least 0.")
        self.sums *= factor
        self.weights *= factor
        self.counts *= factor
        self.inertia *= factor
        return self

    def __eq__(self, other):
        if not isinstance(other, CenterStatistics):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in FIELDS)

    def centers(self, dtype=np.float64):
        """Means of the rows of each cluster, as `CenterUpdate` finds them.

        Parameters
        ----------
        dtype : dtype, default=float64
            To which the means are rounded: that of X.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64

        Raises
        ------
        ValueError
            If a cluster holds no row of positive weight.
        """
        if not self.counts.all():
            raise ValueError(
                f"cluster {int(np.argmin(self.counts))} holds no row of positive weight; "
                "refill it before the centers are moved."
            )
        means = self.origins + self.sums / self.weights[:, np.newaxis]
        return means.astype(dtype).astype(np.float64)
