"""Lower bounds of scores from little data. See coarse_scores.pyx."""
cdef class CoarseScores:
    cdef readonly Py_ssize_t n_features
    cdef Py_ssize_t row_bytes, scratch_bytes, n_groups
    cdef double slope               # see coarse_scores.pyx

    cdef int set_clusters(self, Py_ssize_t n_clusters) except -1
    cdef void pack_rows(
        self, const double* block, Py_ssize_t n_rows, double scale, char* panel,
        double* squares, void* scratch,
    ) noexcept nogil
    cdef void pack_centers(
        self, const double* block, Py_ssize_t first, Py_ssize_t n_centers, double scale,
        double* squares, void* scratch,
    ) noexcept nogil
    cdef void score(
        self, const char* panel, Py_ssize_t group_lo, Py_ssize_t group_hi, float* scores
    ) noexcept nogil
