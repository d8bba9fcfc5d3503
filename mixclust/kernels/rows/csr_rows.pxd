"""Sparse rows in compressed form, of either dtype and either width of index. See csr_rows.pyx."""
from libc.stdint cimport int32_t, int64_t

from .rows cimport Rows

cdef class CSRRows(Rows):
    cdef readonly Py_ssize_t n_stored
    cdef bint is_long
    cdef const void* data
    cdef const void* indices
    cdef const void* indptr
    cdef object _owners

    cdef inline Py_ssize_t begin(self, Py_ssize_t i) noexcept nogil:
        """Where row i begins among the stored numbers; where row i - 1 ends."""
        if self.is_long:
            return <Py_ssize_t>(<const int64_t*>self.indptr)[i]
        return (<const int32_t*>self.indptr)[i]

    cdef inline Py_ssize_t column(self, Py_ssize_t p) noexcept nogil:
        """The feature of stored number p."""
        if self.is_long:
            return <Py_ssize_t>(<const int64_t*>self.indices)[p]
        return (<const int32_t*>self.indices)[p]

    cdef inline double value(self, Py_ssize_t p) noexcept nogil:
        """Stored number p."""
        if self.is_double:
            return (<const double*>self.data)[p]
        return (<const float*>self.data)[p]

    cdef void scatter(self, Py_ssize_t i, double* out) noexcept nogil
    cdef void unscatter(self, Py_ssize_t i, double* out) noexcept nogil
    cdef double distance_to(
        self, Py_ssize_t i, const double* center, double squared_norm, double* zeros
    ) noexcept nogil
    cdef int distances_to_lanes(
        self, Py_ssize_t i, const double* columns, Py_ssize_t padded, const double* squared_norms,
        double* distances,
    ) noexcept nogil

cdef void squared_norms_of_lanes(
    const double* columns, Py_ssize_t n_features, Py_ssize_t padded, double* squared_norms
) noexcept nogil
cdef double squared_norm(const double* x, Py_ssize_t n) noexcept nogil
