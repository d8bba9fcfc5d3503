"""Blocks of neighbouring rows: their boxes, sums and panels. See row_blocks.pyx."""
from ..rows.dense_rows cimport DenseRows
from ..rows.rows cimport Frame

cdef enum:
    LEAF_ROWS = 96          # rows of a leaf: whole panels of any height
    NODE_LEAVES = 16        # leaves of a node
    NODE_ROWS = 1536
    MAX_BLOCK_FEATURES = 8

cdef struct Box:
    # All x with |x[j] - middle[j]| <= half[j].
    double middle[MAX_BLOCK_FEATURES]
    double half[MAX_BLOCK_FEATURES]


cdef class RowBlocks:
    cdef DenseRows rows
    cdef Frame frame
    cdef Py_ssize_t n_leaves, n_features, width
    cdef double[:, ::1] low, high           # (n_leaves, n_features) in units of X
    cdef double[::1] scales                 # (n_leaves,)
    cdef double[:, ::1] sums                # (n_leaves, width) as in CenterSums
    cdef Py_ssize_t[::1] counts             # (n_leaves,) rows of positive weight
    cdef float[::1] _panels
    cdef float* panels                      # the first whole cache line of _panels

    cdef void box(self, Py_ssize_t first, Py_ssize_t end, Box* box) noexcept nogil
    cdef void _fill_leaf(self, Py_ssize_t leaf, double* buffer) noexcept nogil
