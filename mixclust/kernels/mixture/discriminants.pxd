"""Log-densities that are linear in the columns of a strip. See discriminants.pyx."""
cdef class Discriminants:
    cdef Py_ssize_t n_components, n_columns, n_blocks
    cdef double[:, ::1] sums            # (n_components, n_columns + 1), by `unpack`
    cdef const Py_ssize_t[:, ::1] _blocks   # (n_blocks, 2) first component and first column
    cdef double[:, ::1] _slopes         # (pairs of components, 2 n_columns)

    cdef Py_ssize_t table_size(self) noexcept nogil
    cdef void set_slope(self, Py_ssize_t k, Py_ssize_t j, double slope) noexcept nogil
    cdef void scores(
        self, const double* columns, Py_ssize_t height, const double* constants, double* scores
    ) noexcept nogil
    cdef void add_products(
        self, const double* resp, const double* columns, Py_ssize_t height, double* table
    ) noexcept nogil
    cdef void unpack(self, const double* table) noexcept nogil
