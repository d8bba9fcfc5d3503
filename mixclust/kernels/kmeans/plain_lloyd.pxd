"""k-means on dense rows. See plain_lloyd.pyx."""
from libc.stdint cimport int32_t

from .lloyd cimport Lloyd
from ..rows.dense_rows cimport DenseRows

cdef class DenseLloyd(Lloyd):
    cdef DenseRows dense            # the rows
    cdef Py_ssize_t block_rows, n_groups
    cdef Py_ssize_t[::1] _order
    cdef float[::1] _packed, _half_norms, _panels, _norms
    cdef float* _all_panels         # the first whole cache line of _panels
    cdef double[::1] _blocks
    cdef double[:, ::1] _slice_rows     # a row for each slice of the clusters
    cdef bint _keep_panels, _keep_blocks, _panels_filled
    cdef double _largest_norm

    cdef int set_order(self, Py_ssize_t[::1] order) except -1
    cdef int process_blocks(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, int mode
    ) noexcept nogil
    cdef void _pack(
        self, Py_ssize_t start, Py_ssize_t n, double* block, float* panels, float* norms
    ) noexcept nogil
    cdef void _add(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, double* block, bint kept, int mode
    ) noexcept nogil
    cdef void _assign(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, float* panels, float* state,
        double* row,
    ) noexcept nogil
    cdef void _expect(self, Py_ssize_t i, Py_ssize_t end) noexcept nogil
    cdef void _settle(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, const float* state,
        const float* norms, double* row,
    ) noexcept nogil
    cdef int32_t decide(self, Py_ssize_t s, Py_ssize_t i, double* row) noexcept nogil
    cdef double _block_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const double* block
    ) noexcept nogil
