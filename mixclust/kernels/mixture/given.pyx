"""Responsibilities that a caller gives for a pass: labels, or an array with a row a sample."""
from libc.stdint cimport int32_t

from .strip_pass cimport Strip


cdef class Given:
    """Given labels or responsibilities; with neither, all rows belong to the only component.

    Raises ValueError if a pass could not read them, or would write outside of its buffers.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32, or None
    resp : ndarray of shape (n_samples, n_components), float64, contiguous, or None
        Each as for `EM.sum_given`.
    n_samples, n_components : int
    has_noise : bool
        Whether `resp` may have a column more.
    """

    def __init__(
        self, const int32_t[::1] labels, const double[:, ::1] resp, Py_ssize_t n_samples,
        Py_ssize_t n_components, bint has_noise,
    ):
        cdef Py_ssize_t i
        cdef int32_t least = 0, largest = 0
        self._labels, self._resp = labels, resp
        self.may_omit_rows = resp is not None
        if labels is None and resp is None and n_components == 1:
            return
        if (labels is None) == (resp is None):
            raise ValueError("pass either labels or resp")
        if (labels.shape[0] if resp is None else resp.shape[0]) != n_samples:
            raise ValueError("labels or resp must have a row a sample")
        if resp is not None and not 0 <= resp.shape[1] - n_components <= has_noise:
            raise ValueError("resp must have a column a component")
        if labels is not None:
            for i in range(n_samples):
                least, largest = min(least, labels[i]), max(largest, labels[i])
            if largest >= n_components:
                raise ValueError("labels must be less than the number of components")
            self.may_omit_rows = least < 0

    cdef double fill(self, const Strip* strip, Py_ssize_t n_components) noexcept nogil:
        """Fill a strip's responsibilities, times the weights; returns the sum of those of noise."""
        cdef Py_ssize_t i, k, H = strip.height
        cdef double noise = 0
        for i in range(n_components * H):
            strip.resp[i] = 0
        for i in range(strip.n):
            if self._resp is not None:
                for k in range(n_components):
                    strip.resp[k * H + i] = strip.weights[i] * self._resp[strip.start + i, k]
                if self._resp.shape[1] > n_components:
                    noise += strip.weights[i] * self._resp[strip.start + i, n_components]
            elif self._labels is None:
                strip.resp[i] = strip.weights[i]
            elif self._labels[strip.start + i] >= 0:
                strip.resp[self._labels[strip.start + i] * H + i] = strip.weights[i]
        return noise
