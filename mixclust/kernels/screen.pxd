"""A cheap look in float32 at which rows a trial of k-means++ may bring nearer. See screen.pyx."""
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy


cdef inline float unpack_norm(uint16_t half) noexcept nogil:
    """A squared norm of `pack_norm`, at most 1/128 too small."""
    cdef uint32_t bits = <uint32_t>half << 16
    cdef float norm
    memcpy(&norm, &bits, sizeof(norm))
    return norm


cdef Py_ssize_t screen_width(Py_ssize_t n_features) noexcept nogil
cdef Py_ssize_t screen_trials() noexcept nogil
cdef void frame_rows(
    const char* const* rows, Py_ssize_t n_rows, Py_ssize_t col_stride, bint is_double,
    const float* origin_float, const double* origin_double, double scale, Py_ssize_t n_features,
    float* out,
) noexcept nogil
cdef uint16_t pack_norm(const float* framed, Py_ssize_t n_features) noexcept nogil
cdef double pack_trials(
    const double* trials, Py_ssize_t n_trials, Py_ssize_t n_features, const double* origin,
    double scale, float* pairs, float* halves,
) noexcept nogil
cdef int screen_eight(
    const float* framed, Py_ssize_t width, const float* pairs, const float* halves,
    const float* bars,
) noexcept nogil
