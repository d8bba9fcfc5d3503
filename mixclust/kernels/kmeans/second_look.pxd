"""The centres that float32 cannot tell from a row's nearest. See second_look.pyx."""
from libc.stdint cimport int32_t

cdef struct Rounding:
    # The rounding of scores, with which labels are certified.
    float slope, floor  # margin for the largest norm of a centre: slope ||x|| + floor
    float gamma         # margin for the norm M: gamma (||x|| M + M^2 / 2)
    float widen         # factor by which M is widened
    float reach         # the largest norm of a centre
    float beyond        # M where it would pass `reach`
    float exact         # rounding of float64's squared distances, over the square of a distance

cdef struct PackedCenters:
    # Centres as the tile reads them.
    const float* packed         # (n_groups, n_features, 4)
    const float* half_norms     # (4 * n_groups,)
    const Py_ssize_t* order     # (4 * n_groups,) centre at each place, -1 for none
    Py_ssize_t n_groups
    Rounding rounding

cdef struct Pair:
    # A row of a vector and a centre near it.
    int32_t lane
    int32_t place       # of the centre among the packed ones
    int32_t next        # the next pair of the same lane, or -1

cdef Rounding rounding_of(Py_ssize_t n_features, double largest_norm) noexcept nogil
cdef Rounding rounding_within(Py_ssize_t n_features, double reach) noexcept nogil
cdef Py_ssize_t find_open(
    const Rounding* rounding, Py_ssize_t n, const float* best, float* second, const float* norms,
    int32_t* open,
) noexcept nogil
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
