"""The nearest and the second nearest centre of a panel of rows. See nearest.pyx."""
cdef void nearest_panel(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* best, float* second, float* index,
) noexcept nogil
