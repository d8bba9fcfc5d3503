"""The nearest and the second nearest centre of a panel of rows. See nearest_tile.pyx."""
cdef bint worth_grouping(Py_ssize_t n_features, Py_ssize_t n_groups) noexcept nogil
cdef double score_rounding(Py_ssize_t n_features) noexcept nogil
cdef void nearest_panel(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* best, float* second, float* index,
) noexcept nogil
cdef void nearest_groups(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* best, float* second, float* group,
) noexcept nogil
cdef void nearest_in_groups(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms,
    float* best, float* second, float* index,
) noexcept nogil
cdef void score_panel(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* scores,
) noexcept nogil
