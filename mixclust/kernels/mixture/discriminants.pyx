"""Log-densities that are linear in the columns of a strip, and the sums of those columns.

What a component needs of a row is then a product with its slopes, and what it gives to the M step
a product with its responsibilities: two matrix products a strip, and no difference from a mean.
"""
from .density_tiles cimport two_linear_scores
from .moment_tiles cimport add_outer_blocks

from functools import lru_cache

import numpy as np

from .moment_tiles import in_threes


@lru_cache(maxsize=8)
def _product_blocks(n_left, n_right):
    """Blocks of all pairs of rows of the left by all of the right; read-only."""
    blocks = in_threes([(a, 0, n_right) for a in range(n_left)])
    blocks.flags.writeable = False
    return blocks


cdef class Discriminants:
    """A slope for each component and column.

    Parameters
    ----------
    n_components, n_columns : int
        A row of ones follows the columns of a strip, and one of zeros if `n_columns` is even.
        Where `n_components` is odd, a row follows the responsibilities whose numbers do not matter.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_columns):
        self.n_components = n_components
        self.n_columns = n_columns
        self._blocks = blocks = _product_blocks((n_components + 1) // 2, (n_columns + 2) // 2)
        self.n_blocks = len(blocks)
        self._slopes = np.zeros(((n_components + 1) // 2, 2 * n_columns))
        self.sums = np.zeros((n_components, n_columns + 1))

    cdef Py_ssize_t table_size(self) noexcept nogil:
        """How many numbers `add_products` adds to."""
        return 4 * self.n_blocks

    cdef void set_slope(self, Py_ssize_t k, Py_ssize_t j, double slope) noexcept nogil:
        """Set the slope of component k in column j."""
        self._slopes[k // 2, 2 * j + k % 2] = slope

    cdef void scores(
        self,
        const double* columns,      # IN   (n_columns, height)
        Py_ssize_t height,
        const double* constants,    # IN   (n_components,)
        double* scores,             # OUT  (n_components, height), and the row that follows
    ) noexcept nogil:
        """``constant + columns.slopes`` of every row and component."""
        cdef Py_ssize_t k
        for k in range(0, self.n_components, 2):
            two_linear_scores(
                columns, height, self.n_columns, &self._slopes[k // 2, 0], constants[k],
                constants[min(k + 1, self.n_components - 1)],
                scores + k * height, scores + (k + 1) * height,
            )

    cdef void add_products(
        self,
        const double* resp,         # IN   (n_components, height), and the row that follows
        const double* columns,      # IN   (n_columns, height), and the one or two that follow
        Py_ssize_t height,
        double* table,              # INOUT (table_size,)
    ) noexcept nogil:
        """Add every column's sum, weighted by every component's responsibilities."""
        add_outer_blocks(
            resp, columns, height, height, &self._blocks[0, 0], self.n_blocks, table
        )

    cdef void unpack(self, const double* table) noexcept nogil:
        """Lay out `sums`: of the columns, and in the last the component's size."""
        cdef Py_ssize_t b, u, v, j, k
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    k, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if k < self.n_components and j <= self.n_columns:
                        self.sums[k, j] = table[4 * b + 2 * u + v]
