"""The frame of a pass: the shift and the power of two by which kernels read rows.

Kernels compute on ``(row - shift) * scale``, so that panels of float32 hold numbers near one, for
any units and any offset of the data. A frame is a value: a pass is given one, and no pass changes
it.
"""
import numpy as np


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
