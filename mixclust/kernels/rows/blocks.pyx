"""Rows under a frame, block by block, kept between passes where they are few.

Whoever reads the same rows in one pass, to assign them and to add them up, reads them through one
`Blocks`. Reading a block for the first time keeps it, so a block belongs to one shard.
"""
cimport cython

import numpy as np

from .frame cimport Frame, check_frame
from .panels cimport padded_width, panel_rows
from .rows cimport Rows

cdef enum:
    MAX_KEPT_NUMBERS = 262144   # float64 numbers of the blocks that are kept: 2 MiB


@cython.final
cdef class Blocks:
    """Rows, and the frame under which they are read.

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
