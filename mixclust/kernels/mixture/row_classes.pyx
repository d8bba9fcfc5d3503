"""Classes: a labelled row belongs to components of its own class only.

EM over a mixture with components that are partitioned among classes is classification: with
labels for all rows, for some (semi-supervised), or for none.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t

import numpy as np

from .parameters cimport Parameters


cdef class RowClasses:
    """Classes of rows and of components.

    Parameters
    ----------
    of_rows : ndarray of shape (n_samples,), int32, contiguous
        Class of each row; negative: unlabelled, so that it may belong to any component.
    of_components : ndarray of shape (n_components,), int32, contiguous
        Class of each component, from 0.
    priors : ndarray of shape (n_classes,), float64, contiguous, or None
        Probability of each class, which the weights of its components add up to. None: the M step
        decides.
    """

    def __init__(
        self, const int32_t[::1] of_rows not None, const int32_t[::1] of_components not None,
        const double[::1] priors=None,
    ):
        cdef Py_ssize_t i, k, n_classes = 0
        for k in range(of_components.shape[0]):
            if of_components[k] < 0:
                raise ValueError("every component needs a class of at least 0")
            n_classes = max(n_classes, of_components[k] + 1)
        if priors is not None and priors.shape[0] != n_classes:
            raise ValueError("priors must have a number for each class of the components")
        for i in range(of_rows.shape[0]):
            if of_rows[i] >= n_classes:
                raise ValueError("a row has a class without components")
        self._of_rows, self._of_components, self._priors = of_rows, of_components, priors
        self._sums = np.zeros(2 * n_classes)

    def check(self, Py_ssize_t n_samples, Py_ssize_t n_components):
        """Raise ValueError if there are other numbers of rows or components than classes."""
        if self._of_rows.shape[0] != n_samples or self._of_components.shape[0] != n_components:
            raise ValueError(
                "classes of %d rows and %d components do not fit %d rows and %d components" % (
                    self._of_rows.shape[0], self._of_components.shape[0], n_samples, n_components
                )
            )

    cdef void restrict(
        self,
        Py_ssize_t start,           # IN    first row of a strip
        const int32_t* places,      # IN    (n,) its rows, or NULL if they follow the first
        Py_ssize_t n,               # IN    its rows
        Py_ssize_t height,
        const int32_t* which,       # IN    (n_which,) components
        Py_ssize_t n_which,
        double* log_density,        # INOUT (n_which, height)
        double* classes,            # OUT   (height,) class of each row: loops of one type are fast
    ) noexcept nogil:
        """Set the log-densities of labelled rows under components of other classes to -infinity."""
        cdef Py_ssize_t i, j
        cdef double own
        cdef double* column
        for i in range(n):
            classes[i] = self._of_rows[start + i if places == NULL else places[i]]
        for i in range(n, height):
            classes[i] = -1
        for j in range(n_which):
            own = self._of_components[which[j]]
            column = log_density + j * height
            for i in range(height):
                column[i] = -INFINITY if (classes[i] >= 0) & (classes[i] != own) else column[i]

    cdef void impose_priors(self, Parameters parameters) noexcept nogil:
        """Scale the weights, so that the weights of each class add up to its prior, if given.

        The weights of a class that has lost all weight become equal.
        """
        cdef Py_ssize_t k, c, n_classes = self._priors.shape[0] if self._priors is not None else 0
        if n_classes == 0:
            return
        for c in range(2 * n_classes):
            self._sums[c] = 0
        for k in range(self._of_components.shape[0]):
            c = self._of_components[k]
            self._sums[c] += parameters.weights[k]
            self._sums[n_classes + c] += 1
        for k in range(self._of_components.shape[0]):
            c = self._of_components[k]
            if self._sums[c] > 0:
                parameters.weights[k] *= self._priors[c] / self._sums[c]
            else:
                parameters.weights[k] = self._priors[c] / self._sums[n_classes + c]
