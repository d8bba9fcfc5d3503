"""The layouts in which tiles read rows and centres. See panels.pyx."""
from libc.stdint cimport int32_t

cdef Py_ssize_t panel_rows() noexcept nogil
cdef Py_ssize_t padded_width(Py_ssize_t n_features) noexcept nogil
cdef void load_rows(
    const char* X, Py_ssize_t row_stride, Py_ssize_t col_stride, bint is_double,
    const int32_t* listed, Py_ssize_t n_rows, Py_ssize_t n_features, const double* shift,
    double* block,
) noexcept nogil
cdef void pack_panel(
    const double* block, Py_ssize_t n_rows, Py_ssize_t n_features, double scale,
    float* panel, float* norms,
) noexcept nogil
cdef double pack_centers(
    const double* centers, const Py_ssize_t* order, Py_ssize_t n_groups, Py_ssize_t n_features,
    const double* shift, double scale, float* packed, float* half_norms,
) noexcept nogil
