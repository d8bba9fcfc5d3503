"""Blocks of neighbouring rows, so that a centre is compared with many rows at a time.

Rows in their order along a curve (`kernels/rows/curve_order.pyx`) are cut into leaves, and leaves
into nodes. Each leaf has the box of its rows, their weighted sum, and a panel of its rows in
float32, less the middle of the box and times a power of two of its own: so float32 resolves
distances within the leaf, however far away and however small it is.
"""
from libc.math cimport INFINITY, frexp, ldexp

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.dense_rows cimport DenseRows
from ..rows.panels cimport padded_width, panel_rows
from ..rows.rows cimport Frame, check_frame

ROWS_OF_A_LEAF, ROWS_OF_A_NODE = LEAF_ROWS, NODE_ROWS


cdef class RowBlocks:
    """Leaves and nodes of rows that lie in their order along a curve.

    Memory: 4 bytes a number, and less than 2 bytes a row and feature besides.

    Parameters
    ----------
    rows : DenseRows
        At most 8 features.
    frame : Frame
        Of the sums.
    """

    def __init__(self, DenseRows rows, Frame frame):
        cdef Py_ssize_t d = rows.n_features, n_leaves
        check_frame(frame, d)
        if d > MAX_BLOCK_FEATURES:
            raise ValueError("blocks are for at most 8 features")
        n_leaves = (rows.n_samples + LEAF_ROWS - 1) // LEAF_ROWS
        self.rows = rows
        self.frame = frame
        self.n_leaves = n_leaves
        self.n_features = d
        self.width = padded_width(d)
        self.low = np.empty((n_leaves, d))
        self.high = np.empty((n_leaves, d))
        self.scatters = np.zeros(n_leaves)
        self.scales = np.empty(n_leaves)
        self.sums = np.zeros((n_leaves, self.width))
        self.counts = np.zeros(n_leaves, dtype=np.intp)
        self._panels = np.empty(n_leaves * LEAF_ROWS * d + CACHE_LINE, dtype=np.float32)
        self.panels = <float*>cache_line(&self._panels[0])

    def fill(self, Py_ssize_t lo, Py_ssize_t hi):
        """Read rows lo..hi, which begin with a leaf."""
        cdef Py_ssize_t leaf
        cdef double buffer[LEAF_ROWS * MAX_BLOCK_FEATURES]
        if not 0 <= lo <= hi <= self.rows.n_samples or lo % LEAF_ROWS:
            raise IndexError("lo and hi must be numbers of rows, lo the first of a leaf")
        with nogil:
            for leaf in range(lo // LEAF_ROWS, (hi + LEAF_ROWS - 1) // LEAF_ROWS):
                self._fill_leaf(leaf, buffer)

    def measure(self):
        """Note the half-width of a typical leaf, and boxes of nodes, once all rows were read."""
        widths = np.asarray(self.high) - np.asarray(self.low)
        self.half_width = np.median(widths.max(axis=1)) / 2 if self.n_leaves else 0.0
        firsts = np.arange(0, self.n_leaves, NODE_LEAVES)
        if self.n_leaves:
            self.node_low = np.minimum.reduceat(self.low, firsts)
            self.node_high = np.maximum.reduceat(self.high, firsts)

    cdef void _fill_leaf(self, Py_ssize_t leaf, double* buffer) noexcept nogil:
        """Read the rows of a leaf: its box, its sums and its panels."""
        cdef Py_ssize_t i, j, p, d = self.n_features, P = panel_rows(), first = leaf * LEAF_ROWS
        cdef Py_ssize_t n = min(<Py_ssize_t>LEAF_ROWS, self.rows.n_samples - first)
        cdef float* panel
        cdef double value, middle, weight, scale, half = 0
        cdef int exponent
        self.rows.read_plain(first, n, buffer)
        for i in range(n):
            weight = self.rows.weight(first + i)
            self.counts[leaf] += weight > 0
            self.sums[leaf, d] += weight
        for j in range(d):
            self._sum_column(leaf, j, n, buffer)
            half = max(half, (self.high[leaf, j] - self.low[leaf, j]) / 2)
        frexp(half, &exponent)
        scale = ldexp(1.0, max(-1000, min(1000, -exponent))) if half > 0 else 1.0
        self.scales[leaf] = scale
        for j in range(d):
            middle = (self.low[leaf, j] + self.high[leaf, j]) / 2
            p = 0
            while p < LEAF_ROWS:
                panel = self.panels + first * d + p * d + j * P
                for i in range(P):
                    value = buffer[(p + i) * d + j] - middle if p + i < n else 0
                    panel[i] = <float>(value * scale)
                p += P

    cdef void _sum_column(
        self, Py_ssize_t leaf, Py_ssize_t j, Py_ssize_t n, const double* buffer
    ) noexcept nogil:
        """The sum, the smallest and the largest value of a feature."""
        cdef Py_ssize_t i, d = self.n_features, first = leaf * LEAF_ROWS
        cdef double value, low = INFINITY, high = -INFINITY, sum = 0, shift = self.frame.shift[j]
        cdef const double* weights = self.rows.weights
        for i in range(n):
            value = buffer[i * d + j]
            low = min(low, value)
            high = max(high, value)
            sum += value - shift if weights == NULL else weights[first + i] * (value - shift)
        self.low[leaf, j] = low
        self.high[leaf, j] = high
        self.sums[leaf, j] = sum
        if self.sums[leaf, d] > 0:
            shift += sum / self.sums[leaf, d]
        sum = 0
        for i in range(n):
            value = buffer[i * d + j] - shift
            sum += value * value if weights == NULL else weights[first + i] * value * value
        self.scatters[leaf] += sum

    cdef double inertia(self, Py_ssize_t leaf, const double* center) noexcept nogil:
        """Weighted squared distances of the rows of a leaf to a centre, less the shift.

        The scatter about the mean, and the weight times the squared distance of the mean: both are
        sums of squared differences.
        """
        cdef Py_ssize_t j, d = self.n_features
        cdef double weight = self.sums[leaf, d], apart, square = 0
        if not weight > 0:
            return 0
        for j in range(d):
            apart = self.sums[leaf, j] / weight - center[j]
            square += apart * apart
        return self.scatters[leaf] + weight * square

    cdef void box(self, Py_ssize_t first, Py_ssize_t end, Box* box) noexcept nogil:
        """The box of leaf `first`, or of the nodes that hold leaves first..end, widened by the
        rounding of its middle."""
        cdef Py_ssize_t j, node
        cdef double low, high, middle
        for j in range(self.n_features):
            low, high = self.low[first, j], self.high[first, j]
            if end > first + 1:
                for node in range(first // NODE_LEAVES, (end - 1) // NODE_LEAVES + 1):
                    low = min(low, self.node_low[node, j])
                    high = max(high, self.node_high[node, j])
            middle = (low + high) / 2
            box.middle[j] = middle
            box.half[j] = max(high - middle, middle - low) * (1 + 2.0 ** -50)
