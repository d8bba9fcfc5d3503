"""Responsibilities that a caller gives for a pass: labels, or an array with a row a sample."""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t

from .parameters cimport Parameters
from .strip_pass cimport Strip


cdef class Given:
    """Given labels or responsibilities; with neither, all rows belong to the only component.

    Raises ValueError if a pass could not read them, or would write outside of its buffers.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32, or None
    resp : ndarray of shape (n_samples, n_components), float64, contiguous, or None
        Each as for `EM.sum_given`.
    n_samples : int
    parameters : Parameters
        Of the mixture. With noise, `resp` may have a column more.
    """

    def __init__(
        self, const int32_t[::1] labels, const double[:, ::1] resp, Py_ssize_t n_samples,
        Parameters parameters not None,
    ):
        cdef Py_ssize_t i, n_components = parameters.n_components
        cdef bint has_noise = parameters.log_volume < INFINITY
        cdef int32_t least = 0, largest = 0
        self._labels, self._resp = labels, resp
        self.rows.labels, self.rows.resp, self.rows.n_columns = NULL, NULL, n_components
        self.rows.may_omit_rows = resp is not None
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
            self.rows.may_omit_rows = least < 0
            if n_samples:
                self.rows.labels = &labels[0]
        elif n_samples:
            self.rows.resp, self.rows.n_columns = &resp[0, 0], resp.shape[1]


cdef double fill(
    const GivenRows* given, const Strip* strip, Py_ssize_t n_components
) noexcept nogil:
    """Fill a strip's responsibilities, times the weights; returns the sum for noise."""
    cdef Py_ssize_t i, k, H = strip.height
    cdef const double* resp
    cdef double noise = 0
    for i in range(n_components * H):
        strip.resp[i] = 0
    for i in range(strip.n):
        if given.resp != NULL:
            resp = given.resp + (strip.start + i) * given.n_columns
            for k in range(n_components):
                strip.resp[k * H + i] = strip.weights[i] * resp[k]
            if given.n_columns > n_components:
                noise += strip.weights[i] * resp[n_components]
        elif given.labels == NULL:
            strip.resp[i] = strip.weights[i]
        elif given.labels[strip.start + i] >= 0:
            strip.resp[given.labels[strip.start + i] * H + i] = strip.weights[i]
    return noise
