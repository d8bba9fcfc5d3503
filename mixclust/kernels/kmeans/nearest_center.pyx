"""The assignment of k-means: which centre is nearest to each row, and how far it is.

A subclass packs the centres once a pass and assigns rows block by block, with one virtual call a
block. It knows nothing of sums, nor how centres are moved. Every label is right in float64:
float32 decides only where its rounding cannot change the answer.
"""
from libc.stdint cimport int32_t
from libc.stdlib cimport realloc

from ..rows.rows cimport Frame, Rows, check_frame

cdef enum:
    FIRST_CAPACITY = 1024       # changed rows that are listed before memory grows


cdef int list_change(Tally* tally, Py_ssize_t i, int32_t old) noexcept nogil:
    """Append row i and its centre before to the list; returns -1 if there is no memory."""
    cdef Py_ssize_t capacity
    cdef void* memory
    if tally.n_listed == tally.capacity:
        capacity = max(2 * tally.capacity, <Py_ssize_t>FIRST_CAPACITY)
        memory = realloc(tally.changed, capacity * sizeof(Py_ssize_t))
        if memory == NULL:
            return -1
        tally.changed = <Py_ssize_t*>memory
        memory = realloc(tally.old, capacity * sizeof(int32_t))
        if memory == NULL:
            return -1
        tally.old = <int32_t*>memory
        tally.capacity = capacity
    tally.changed[tally.n_listed] = i
    tally.old[tally.n_listed] = old
    tally.n_listed += 1
    return 0


cdef class NearestCenter:
    """Finds the nearest centre of rows; a subclass says how.

    Parameters
    ----------
    rows : Rows
    frame : Frame
    n_clusters : int
    """

    def __init__(self, Rows rows, Frame frame, Py_ssize_t n_clusters):
        if n_clusters < 1:
            raise ValueError("a k-means problem needs a cluster")
        check_frame(frame, rows.n_features)
        self.rows = rows
        self.frame = frame
        self.n_clusters = n_clusters
        self.n_features = rows.n_features
        self.work_per_row = n_clusters * rows.n_features    # multiply-adds
        self.work_rows = 1
        self.block_rows = 1
        self.buffer_bytes = 0

    cdef int begin(self, const double[:, ::1] centers) except -1:
        """Begin a run with these centres; later passes read the same array, moved in place."""
        if centers.shape[0] != self.n_clusters or centers.shape[1] != self.n_features:
            raise ValueError("centers must have shape (n_clusters, n_features)")
        self._centers = centers
        return 0

    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil:
        """Choose how the next pass assigns, by the counts of the last one."""
        return 0

    cdef void prepare(self) noexcept nogil:
        """Pack the centres for a pass."""

    cdef int assign(
        self,
        Py_ssize_t start,           # IN     first row
        Py_ssize_t n,               # IN     1 .. block_rows
        int32_t* labels,            # INOUT  (n_samples,) of all rows
        Tally* tally,               # INOUT
        void* buffer,               # (buffer_bytes,)
    ) noexcept nogil:
        """Label n rows; returns -1 if there is no memory."""
        return 0

    cdef void after_assign(self) noexcept nogil:
        """Note that a pass has assigned all rows."""

    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil:
        """Add the weighted squared distances of n rows to the centres of their labels."""

    cdef void measure(
        self,
        Py_ssize_t start,           # IN   first row
        Py_ssize_t n,               # IN   1 .. block_rows
        const int32_t* labels,      # IN   (n_samples,) of all rows
        double* out,                # OUT  (n,)
        void* buffer,               # (buffer_bytes,)
    ) noexcept nogil:
        """Write the squared distances of n rows to the centres of their labels, unweighted, in
        squared units of X."""

    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil:
        """Write how much larger the squared distance of n rows to the second nearest centre is than
        to the nearest, in squared units of X, with the rounding of float32; 0 for one centre."""
