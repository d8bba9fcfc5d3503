"""The centres that float32 cannot tell from a row's nearest. See second_look.pyx."""
from libc.stdint cimport int32_t

from ..core.simd cimport f32v

cdef struct Rounding:
    # The rounding of scores, with which labels are certified.
    float slope, floor  # margin for the largest norm of a centre: slope ||x|| + floor
    float gamma         # margin for the norm M: gamma (||x|| M + M^2 / 2)
    float widen         # what M is widened by
    float reach         # the largest norm of a centre

cdef struct Pair:
    # A row of a vector and a centre near it.
    int32_t lane
    int32_t place       # of the centre among the packed ones
    int32_t next        # the next pair of the same lane, or -1

cdef Rounding rounding_of(Py_ssize_t n_features, double largest_norm) noexcept nogil
cdef f32v margin_of(const Rounding* rounding, f32v norm, f32v best) noexcept nogil
cdef Py_ssize_t near_pairs(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    const float* bars, Pair* pairs, Py_ssize_t n_pairs,
) noexcept nogil
cdef Py_ssize_t nearest_of_pairs(
    const Pair* pairs, Py_ssize_t first, const Py_ssize_t* order, const double* x,
    const double* centers, Py_ssize_t n_features,
) noexcept nogil
cdef Py_ssize_t mark_copies(
    const double* centers, Py_ssize_t n_clusters, Py_ssize_t n_features,
    int32_t* table, Py_ssize_t table_size, int32_t* original,
) noexcept nogil
