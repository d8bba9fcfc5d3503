"""Groups of rows that are merged two by two until one is left.

Of all pairs, the one that loses least by it becomes one group. A few dozen groups are merged in
less time than the interpreter needs for a single merger.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, log
from libc.stdint cimport int32_t

import numpy as np

from ..core.cholesky cimport factorise, log_diagonal
from ..core.memory cimport Doubles

# Variance of the rows that are added to each ellipsoid, in variances of all rows: groups of few
# rows have singular covariances. A group gets two more of these rows than there are features.
cdef double VARIANCE_OF_PRIOR = 0.1

# Log-determinant of a matrix that is singular to rounding.
cdef double SINGULAR = -1e4

# Least weight of a group, as a share of all: rows of weight zero may be alone in one.
cdef double LEAST_SHARE = 1e-9


cdef class Groups:
    """Groups of rows, and their losses by mergers.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features), float64, contiguous
        In coordinates in which clusters are round.
    weights : ndarray of shape (n_samples,), float64, or None
    labels : ndarray of shape (n_samples,), int32
        Group of each row. A group without rows is left out.
    n_groups : int
    are_ellipsoids : bool
        Whether a merger loses the likelihood of groups with a covariance matrix each. Otherwise it
        loses the sum of squares between both (Ward's criterion).
    """

    cdef Py_ssize_t n_groups, n_features, n_left
    cdef bint are_ellipsoids
    cdef double* counts                 # (n_groups,)
    cdef double* costs                  # (n_groups,) twice the negative log-likelihood
    cdef double* means                  # (n_groups, n_features)
    cdef double* losses                 # (n_groups, n_groups) by mergers of i < j
    cdef double* scatters               # (n_groups, n_features, n_features)
    cdef double* merged                 # (n_features, n_features)
    cdef Doubles _memory                # owns them
    cdef int32_t[::1] _home             # (n_groups,) the group that each was merged into, or -1

    def __init__(
        self, const double[:, ::1] rows not None, const double[::1] weights,
        const int32_t[::1] labels not None, Py_ssize_t n_groups, bint are_ellipsoids,
    ):
        cdef Py_ssize_t i, G = n_groups, d = rows.shape[1], size = d * d if are_ellipsoids else 0
        if rows.shape[0] == 0:
            raise ValueError("there are no rows")
        if labels.shape[0] != rows.shape[0]:
            raise ValueError("labels must have a number for each row")
        if weights is not None and weights.shape[0] != rows.shape[0]:
            raise ValueError("weights must have a number for each row")
        for i in range(labels.shape[0]):
            if not 0 <= labels[i] < G:
                raise ValueError("labels must be numbers of groups")
        self.n_groups, self.n_features, self.are_ellipsoids = G, d, are_ellipsoids
        self._memory = Doubles(G * (2 + d + G + size) + size)
        self.counts = self._memory.at
        self.costs = self.counts + G
        self.means = self.costs + G
        self.losses = self.means + G * d
        self.scatters = self.losses + G * G
        self.merged = self.scatters + G * size
        self._home = np.full(G, -1, dtype=np.int32)
        self._sum_up(rows, weights, labels)

    cdef int _sum_up(
        self, const double[:, ::1] rows, const double[::1] weights, const int32_t[::1] labels
    ) except -1:
        """Set the counts, means and scatters of the groups."""
        cdef Py_ssize_t i, j, k, m, d = self.n_features
        cdef double w, total = 0
        for i in range(rows.shape[0]):
            k, w = labels[i], 1 if weights is None else weights[i]
            self._home[k] = <int32_t>k
            self.counts[k] += w
            total += w
            for j in range(d):
                self.means[k * d + j] += w * rows[i, j]
        for k in range(self.n_groups):
            self.n_left += self._home[k] >= 0
            self.counts[k] = max(self.counts[k], LEAST_SHARE * total)
            for j in range(d):
                self.means[k * d + j] /= self.counts[k]
        if not self.are_ellipsoids:
            return 0
        for i in range(rows.shape[0]):
            k, w = labels[i], 1 if weights is None else weights[i]
            for j in range(d):
                for m in range(d):
                    self.scatters[(k * d + j) * d + m] += (
                        w * (rows[i, j] - self.means[k * d + j])
                        * (rows[i, m] - self.means[k * d + m])
                    )
        for k in range(self.n_groups):
            for j in range(d):
                self.scatters[(k * d + j) * d + j] += self._prior()
            for j in range(d * d):
                self.merged[j] = self.scatters[k * d * d + j]
            self.costs[k] = self._cost(self.counts[k])
        return 0

    def merge(self):
        """Merge all groups.

        Returns
        -------
        numbers : ndarray of shape (n_left, n_groups), int32
            Line ``s - 1`` has the number, from 0 to s - 1, of the group that each group belongs to
            when s are left; -1 for a group without rows.
        """
        cdef Py_ssize_t i, j, k
        found = np.full((self.n_left, self.n_groups), -1, dtype=np.int32)
        cdef int32_t[:, ::1] numbers = found
        cdef int32_t[::1] number = np.empty(self.n_groups, dtype=np.int32)
        for i in range(self.n_groups):
            PyErr_CheckSignals()
            for j in range(i + 1, self.n_groups):
                self._measure(i, j)
        while True:
            PyErr_CheckSignals()
            j = 0
            for k in range(self.n_groups):
                number[k] = <int32_t>j
                j += self._home[k] == k
            for k in range(self.n_groups):
                if self._home[k] >= 0:
                    numbers[self.n_left - 1, k] = number[self._home[k]]
            if self.n_left == 1:
                return found
            self._join_cheapest()

    cdef int _join_cheapest(self) except -1:
        """Merge the pair that loses least; the first pair where all lose infinitely."""
        cdef Py_ssize_t i, j, kept = 0, gone = 0
        cdef double loss, least = INFINITY
        for i in range(self.n_groups):
            for j in range(i + 1, self.n_groups):
                loss = self.losses[i * self.n_groups + j]
                if self._home[i] == i and self._home[j] == j and (gone == 0 or loss < least):
                    least, kept, gone = loss, i, j
        return self._join(kept, gone)

    cdef int _join(self, Py_ssize_t kept, Py_ssize_t gone) except -1:
        """Let group `kept` be both groups."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double a = self.counts[kept], b = self.counts[gone]
        if self.are_ellipsoids:
            self._add(kept, gone)
            for j in range(d * d):
                self.scatters[kept * d * d + j] = self.merged[j]
            self.costs[kept] = self._cost(a + b)
        for j in range(d):
            self.means[kept * d + j] = (
                a * self.means[kept * d + j] + b * self.means[gone * d + j]
            ) / (a + b)
        self.counts[kept] = a + b
        for k in range(self.n_groups):
            if self._home[k] == gone:
                self._home[k] = <int32_t>kept
        self.n_left -= 1
        for k in range(self.n_groups):
            self._measure(min(k, gone), max(k, gone))
            self._measure(min(k, kept), max(k, kept))
        return 0

    cdef void _measure(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
        """Set the loss by a merger; infinite if one of the groups is none of its own."""
        cdef double loss = INFINITY, both = self.counts[i] + self.counts[j]
        if i != j and self._home[i] == i and self._home[j] == j:
            if self.are_ellipsoids:
                self._add(i, j)
                loss = self._cost(both) - self.costs[i] - self.costs[j]
            else:
                loss = self._share(i, j) * self._squared_distance(i, j)
        self.losses[i * self.n_groups + j] = loss

    cdef double _share(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
        return self.counts[i] * self.counts[j] / (self.counts[i] + self.counts[j])

    cdef double _squared_distance(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
        cdef Py_ssize_t m, d = self.n_features
        cdef double difference, total = 0
        for m in range(d):
            difference = self.means[i * d + m] - self.means[j * d + m]
            total += difference * difference
        return total

    cdef double _prior(self) noexcept nogil:
        """The number that the prior adds to the diagonal of a scatter."""
        return (self.n_features + 2) * VARIANCE_OF_PRIOR

    cdef void _add(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
        """Write the scatter of both groups; the prior is in each, and is to be there once."""
        cdef Py_ssize_t m, p, d = self.n_features
        cdef double share = self._share(i, j), difference
        for m in range(d):
            difference = share * (self.means[i * d + m] - self.means[j * d + m])
            for p in range(d):
                self.merged[m * d + p] = (
                    self.scatters[(i * d + m) * d + p] + self.scatters[(j * d + m) * d + p]
                    + difference * (self.means[i * d + p] - self.means[j * d + p])
                )
            self.merged[m * d + m] -= self._prior()

    cdef double _cost(self, double count) noexcept nogil:
        """Twice the least negative log-likelihood of rows with the scatter in `merged`, but for
        constants. The scatter is destroyed."""
        cdef Py_ssize_t d = self.n_features
        cdef double logarithm = SINGULAR
        if factorise(self.merged, d) == d:
            logarithm = 2 * log_diagonal(self.merged, d)
        return count * (logarithm - d * log(count + d + 2))
