"""Rows of X and their weights: how a kernel reads any of them, dense or sparse.

A kernel asks for consecutive rows in one of three layouts of float64, all described in panels.pyx
and strips.pyx: plain rows, a block, or a strip. Blocks and strips are centred on the shift of a
frame. Each is one virtual call for many rows, never one for a number. Rows know neither models
nor threads, and nothing of X is copied or written.
"""
cdef class Rows:
    """Base of dense and sparse rows; a subclass reads them."""

    cdef int set_weights(self, const double[::1] sample_weight) except -1:
        """Keep the weights of the rows, or None, once `n_samples` is known."""
        self._sample_weight = sample_weight
        self.weights = NULL
        if sample_weight is not None:
            if sample_weight.shape[0] != self.n_samples:
                raise ValueError("sample_weight and X differ in length")
            if self.n_samples:
                self.weights = &sample_weight[0]
        return 0

    cdef void read_plain(
        self,
        Py_ssize_t start,           # IN   first row
        Py_ssize_t n,               # IN   number of rows
        double* out,                # OUT  (n, n_features)
    ) noexcept nogil:
        """Read rows as they are."""

    cdef void read_framed(
        self,
        Frame frame,                # IN   its shift is subtracted; its scale is not used
        Py_ssize_t start,
        Py_ssize_t n,
        double* block,              # OUT  (n, padded_width): a 1 follows the features
    ) noexcept nogil:
        """Read rows into a block."""

    cdef void read_strip(
        self,
        Frame frame,                # IN   its shift is subtracted; its scale is not used
        Py_ssize_t start,
        Py_ssize_t n,
        Py_ssize_t height,          # IN   at least n
        double* strip,              # OUT  (n_features, height): zeros behind the last row
    ) noexcept nogil:
        """Read rows into a strip: the transpose of a block, without its ones."""
