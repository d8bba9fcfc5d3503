"""A pass over the rows, shard by shard. See passes.pyx."""
cdef class Pass:
    cdef readonly Py_ssize_t n_samples, n_shards
    cdef Py_ssize_t slice_rows
    cdef object _map
    cdef const Py_ssize_t[::1] _bounds

    cdef void set_work(self, Py_ssize_t work_per_row, Py_ssize_t block_rows) noexcept nogil
    cdef int map_shards(self) except -1 nogil
    cdef int run_shard(self, Py_ssize_t s) except -1 nogil
    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil
    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil
