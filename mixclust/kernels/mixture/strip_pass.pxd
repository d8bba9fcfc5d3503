"""A pass over strips of rows under a density. See strip_pass.pyx."""
from libc.stdint cimport int64_t

from ..core.memory cimport Doubles
from ..core.passes cimport Pass
from ..rows.rows cimport Frame, Rows
from .model cimport Density

cdef struct Strip:
    Py_ssize_t start, n                 # rows start .. start + n
    Py_ssize_t height                   # of its columns: n, and rows that fill the last unit
    double* features                    # (n_features + 2, height): behind them ones, then zeros
    double* resp                        # (n_components, height), and a row that a tile may use
    double* weights                     # (height,) zeros behind the last row
    double* log_prob                    # (height,)
    double* reach                       # (height,)
    double* scratch
    int64_t* picked                     # (height,)

cdef class StripPass(Pass):
    cdef Rows rows
    cdef Frame frame
    cdef Density density
    cdef readonly Py_ssize_t n_features, n_components
    cdef Py_ssize_t height              # of a strip, at most
    cdef Py_ssize_t n_scratch
    cdef bint is_weighted
    cdef Doubles _shard_sums            # a sum over rows for each shard

    cdef double sum_of_shards(self) noexcept nogil
    cdef double take_strip(self, Py_ssize_t s, const Strip* strip) noexcept nogil
