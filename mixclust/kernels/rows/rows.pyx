"""Rows of X and their weights, and the frame under which kernels read them.

A kernel asks for consecutive rows, dense or sparse, in one of three layouts of float64, all
described in panels.pyx and strips.pyx: plain rows, a block, or a strip. Each is one virtual call
for many rows, never one for a number. Rows know neither models nor threads, and nothing of X is
copied or written.

Kernels compute on ``(row - shift) * scale``, so that panels of float32 hold numbers near one, for
any units and any offset of the data. A `Frame` is a value: a pass is given one, and no pass changes
it. `Blocks` are rows under a frame, kept between passes where they are few.
"""
cimport cython
from libc.stdint cimport int32_t
from libc.string cimport memcpy

import numpy as np

from .panels cimport padded_width, panel_rows
from .strips cimport load_strip

cdef enum:
    MAX_KEPT_NUMBERS = 262144   # float64 numbers of the blocks that are kept: 2 MiB


cdef class Frame:
    """A shift and a scale.

    Parameters
    ----------
    shift : ndarray of shape (n_features,), float64, contiguous
        Subtracted from every row, in units of X.
    scale : float, default=1.0
        A power of two, by which the difference is multiplied; float64 kernels do not use it.
    """

    def __init__(self, const double[::1] shift, double scale=1.0):
        if shift.shape[0] < 1:
            raise ValueError("a frame needs a feature")
        self._shift = shift
        self.n_features = shift.shape[0]
        self.shift = &shift[0]
        self.scale = scale

    @property
    def origin(self):
        """The shift, in units of X: a read-only ndarray of shape (n_features,)."""
        origin = np.asarray(self._shift).view()
        origin.flags.writeable = False
        return origin


cdef int check_frame(Frame frame, Py_ssize_t n_features) except -1:
    """Refuse a frame of another number of features."""
    if frame.n_features != n_features:
        raise ValueError("the frame and X differ in their number of features")
    return 0


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

    cdef void read_scattered(
        self,
        Frame frame,                # IN   its shift is subtracted; its scale is not used
        const int32_t* places,      # IN   (n,) the rows, in any order
        Py_ssize_t n,               # IN   at least 1
        Py_ssize_t height,          # IN   at least n
        double* plain,              # (height, n_features) scratch
        double* strip,              # OUT  (n_features, height): behind the last row, its copies
    ) noexcept nogil:
        """Read rows from anywhere into a strip."""
        cdef Py_ssize_t i, d = self.n_features
        for i in range(n):
            self.read_plain(places[i], 1, plain + i * d)
        for i in range(n, height):
            memcpy(plain + i * d, plain + (n - 1) * d, d * sizeof(double))
        load_strip(
            <const char*>plain, d * sizeof(double), sizeof(double), True, height, d, frame.shift,
            height, strip,
        )


@cython.final
cdef class Blocks:
    """Rows under a frame, block by block, kept between passes where they are few.

    A kernel that reads the same rows twice in one pass, to assign them and to add them up, reads
    them through one `Blocks`. Reading a block for the first time keeps it, so a block belongs to
    one shard.

    Parameters
    ----------
    rows : Rows
    frame : Frame
    keep : bool
        Whether blocks may be kept; they are, up to 2 MiB in all.
    """

    def __init__(self, Rows rows, Frame frame, bint keep=False):
        cdef Py_ssize_t n_panels = 0, P = panel_rows()
        check_frame(frame, rows.n_features)
        self.rows = rows
        self.frame = frame
        self.width = padded_width(rows.n_features)
        if keep and rows.n_samples * self.width <= MAX_KEPT_NUMBERS:
            n_panels = (rows.n_samples + P - 1) // P
        self._kept = np.empty(n_panels * P * self.width)
        self._is_kept = np.zeros(n_panels, dtype=np.uint8)

    cdef const double* read(
        self,
        Py_ssize_t start,           # IN   a multiple of panel_rows()
        Py_ssize_t n,               # IN   1 .. panel_rows()
        double* buffer,             # OUT  (n, width), written unless the block is kept
    ) noexcept nogil:
        """Return n rows from row `start` on as a block."""
        cdef Py_ssize_t p
        if self._is_kept.shape[0] == 0:
            self.rows.read_framed(self.frame, start, n, buffer)
            return buffer
        p = start // panel_rows()
        buffer = &self._kept[start * self.width]
        if not self._is_kept[p]:
            self.rows.read_framed(self.frame, start, n, buffer)
            self._is_kept[p] = True
        return buffer
