"""The centres that can be nearest to a row of a box. See open_centers.pyx."""
from libc.stdint cimport int32_t, uint64_t

from .row_blocks cimport Box

cdef struct Open:
    # Centres that are open for a box, in ascending order.
    Py_ssize_t n, capacity
    int32_t* centers            # (n,)
    double* columns             # (n_features, capacity)
    double gap                  # how much farther the others are than the nearest, at least


cdef struct Work:
    # Memory of a pass in one thread.
    Open top, node
    Py_ssize_t ahead            # the next leaf to be loaded into the cache
    double* squares             # (capacity,) squared distances to the middle of a box
    double* excess              # (capacity,)
    int32_t* kept               # (capacity,) places of the open centres in a list
    int32_t* centers            # (capacity,) the open centres of a leaf
    float* numbers              # (capacity,) the same
    float* packed               # (capacity, n_features) in groups of four
    float* half_norms           # (capacity,)

cdef void divide(
    Work* work, Py_ssize_t capacity, Py_ssize_t n_features, void* buffer
) noexcept nogil
cdef Py_ssize_t keep_open(
    const Open* source, const Box* box, Py_ssize_t n_features, Work* work, Py_ssize_t* nearest
) noexcept nogil
cdef double least_gap(
    const Open* source, const Box* box, Py_ssize_t n_features, Work* work, Py_ssize_t n_open,
    Py_ssize_t nearest
) noexcept nogil
cdef double length_of_move(
    const double* before, const double* now, Py_ssize_t n_features
) noexcept nogil
cdef double pack_open(
    Py_ssize_t n_open, Py_ssize_t nearest, const Box* box, Py_ssize_t n_features, double scale,
    Work* work,
) noexcept nogil
cdef uint64_t nearest_of_open(
    const float* panel, Py_ssize_t n_features, Py_ssize_t n_open, const Work* work, double error,
    float* found,
) noexcept nogil
