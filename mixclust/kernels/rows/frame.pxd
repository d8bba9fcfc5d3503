"""The shift and the scale by which kernels read rows. See frame.pyx."""
cdef class Frame:
    cdef readonly Py_ssize_t n_features
    cdef const double* shift            # (n_features,)
    cdef readonly double scale
    cdef const double[::1] _shift       # owns it

cdef int check_frame(Frame frame, Py_ssize_t n_features) except -1
