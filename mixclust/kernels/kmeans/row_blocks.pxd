"""Blocks of neighbouring rows: their boxes, sums and panels. See row_blocks.pyx."""
from libc.stdint cimport int32_t

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

cdef inline bint is_uniform(const int32_t* labels, Py_ssize_t n) noexcept nogil:
    """Whether all labels are the same."""
    cdef Py_ssize_t i
    cdef int32_t differs = 0
    for i in range(n):
        differs |= labels[i] ^ labels[0]
    return differs == 0


cdef class RowBlocks:
    cdef DenseRows rows
    cdef Frame frame
    cdef Py_ssize_t n_leaves, n_features, width
    cdef double[:, ::1] low, high           # (n_leaves, n_features) in units of X
    cdef double[:, ::1] node_low, node_high     # (n_nodes, n_features)
    cdef double half_width                  # of a typical leaf, in units of X
    cdef double[::1] scatters               # (n_leaves,) about the mean of the leaf
    cdef double[::1] scales                 # (n_leaves,)
    cdef double[:, ::1] sums                # (n_leaves, width) as in CenterSums
    cdef Py_ssize_t[::1] counts             # (n_leaves,) rows of positive weight
    cdef float[::1] _panels
    cdef float* panels                      # the first whole cache line of _panels

    cdef double inertia(self, Py_ssize_t leaf, const double* center) noexcept nogil
    cdef void box(self, Py_ssize_t first, Py_ssize_t end, Box* box) noexcept nogil
    cdef void _sum_column(
        self, Py_ssize_t leaf, Py_ssize_t j, Py_ssize_t n, const double* buffer
    ) noexcept nogil
    cdef void _fill_leaf(self, Py_ssize_t leaf, double* buffer) noexcept nogil
