"""Lower bounds of the scores of centres, from less data than all features in float32.

A subclass packs rows into panels, and centres in groups of four, and writes a number for each row
and centre. With s the score in exact arithmetic and L the largest norm of a centre,

    number <= s + slope (|x| + L / 2) L

so a centre is not the nearest if its number is above another's score by more than that.
"""


cdef class CoarseScores:
    """Base of the ways to compute lower bounds.

    A subclass sets, in its constructor, `row_bytes`, the size of a row in a panel, `scratch_bytes`,
    the size of `scratch`, and `slope`.

    Parameters
    ----------
    n_features : int
    """

    def __init__(self, Py_ssize_t n_features):
        self.n_features = n_features

    cdef int set_clusters(self, Py_ssize_t n_clusters) except -1:
        """Make room for so many centres."""
        self.n_groups = (n_clusters + 3) // 4
        return 0

    cdef void pack_rows(
        self,
        const double* block,        # IN   (n_rows, padded_width), less the shift
        Py_ssize_t n_rows,          # IN   1 .. panel_rows()
        double scale,               # IN   the rows are multiplied by it
        char* panel,                # OUT  (panel_rows * row_bytes,), on a cache line
        double* squares,            # OUT  (panel_rows,) squared norms; zero behind the last row
        void* scratch,              # (scratch_bytes,)
    ) noexcept nogil:
        """Pack rows into a panel."""

    cdef void pack_centers(
        self, const double* block,
        Py_ssize_t first,           # IN   number of the first centre, a multiple of panel_rows()
        Py_ssize_t n_centers,       # IN   0 .. panel_rows(), fewer only behind the last centre
        double scale, double* squares, void* scratch,
    ) noexcept nogil:
        """Pack the centres of a block, and empty places up to a whole group."""

    cdef void score(
        self, const char* panel, Py_ssize_t group_lo, Py_ssize_t group_hi,
        float* scores,              # OUT  (4 * (group_hi - group_lo), panel_rows)
    ) noexcept nogil:
        """Write the bounds of groups lo..hi of centres; those of empty places are not less than
        any score."""
