"""A pass over strips of rows under a density. See strip_pass.pyx."""
from libc.stdint cimport int32_t, int64_t

from ..core.memory cimport Doubles
from ..core.passes cimport Pass
from ..rows.rows cimport Frame, Rows
from .model cimport Density

cdef struct Strip:
    Py_ssize_t start, n                 # rows start .. start + n, or these places of the order
    const int32_t* places               # (n,) the rows, if they are read in another order; or NULL
    Py_ssize_t height                   # of its columns: n, and rows that fill the last unit
    double* features                    # (n_features + 2, height): behind them ones, then zeros
    double* resp                        # (n_components, height), and a row that a tile may use
    double* weights                     # (height,) zeros behind the last row
    double* log_prob                    # (height,)
    double* reach                       # (height,)
    double* scratch
    int64_t* picked                     # (height,)
    int32_t* which                      # (n_components,) 0, 1, 2 ...; `take_strip` may change them
    double* spare                       # (3, height)
    double* largest                     # (n_components,)

cdef class StripPass(Pass):
    cdef Rows rows
    cdef Frame frame
    cdef Density density
    cdef readonly Py_ssize_t n_features, n_components
    cdef Py_ssize_t height              # of a strip, at most
    cdef Py_ssize_t n_scratch
    cdef bint is_weighted
    cdef const int32_t* order           # (n_samples,) in which rows are read, or NULL
    cdef bint keeps_rows                # between passes, if they fit one strip
    cdef bint is_read                   # the rows are in the strip that is kept
    cdef Strip _kept
    cdef void* _memory                  # of the strips of the only shard, or NULL
    cdef size_t _n_bytes                # of it
    cdef Doubles _shard_sums            # a sum over rows for each shard

    cdef void keep_rows(self, bint keep) noexcept nogil
    cdef void* _room(self, size_t n_bytes) noexcept nogil

    cdef double sum_of_shards(self) noexcept nogil
    cdef double take_strip(self, Py_ssize_t s, const Strip* strip) noexcept nogil
