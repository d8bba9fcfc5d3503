"""EM over rows in parts: each part is summed by itself, and a Python function adds the sums up.

The loop, the M step and the choice of origins are the ones of `EM`. The GIL is taken once a pass.
"""
cimport cython

import numpy as np

from ..rows.dense_rows cimport DenseRows
from ..rows.rows cimport Frame
from .em cimport EM, EXPECT
from .model cimport Model
from .statistics cimport Statistics


@cython.final
cdef class PartPass(EM):
    """The rows of one part, and the model of a fit to all parts.

    Parameters
    ----------
    rows, frame, model, shard_bounds, map_tasks, total_weight
        As for `EM`.
    """

    def add_part(self, origins=None, bint exact=False):
        """Sum the rows of the part under the current parameters.

        Parameters
        ----------
        origins : ndarray of shape (n_components, n_features), float64, or None
            Origins of the sums, in the frame; None if the statistics of the model have them.
        exact : bool
            Whether the density and the moments have to be the exact ones, see `Model`.

        Returns
        -------
        statistics : Statistics
            The model's own, which the next pass overwrites, without the terms that are known before
            the pass: see `Moments.complete`.
        """
        cdef const double[:, ::1] given = origins
        cdef Py_ssize_t j, k
        if exact and not self.model.is_exact:
            with nogil:
                self.model.use_exact()
        if origins is not None:
            if given.shape[0] != self.n_components or given.shape[1] != self.n_features:
                raise ValueError("origins must have shape (n_components, n_features)")
            for k in range(self.n_components):
                for j in range(self.n_features):
                    self.model.statistics.origin(k)[j] = given[k, j]
        self._mode = EXPECT
        with nogil:
            self.add_rows()
        return self.model.statistics


@cython.final
cdef class PartedEM(EM):
    """A model to be fitted to rows in parts.

    Parameters
    ----------
    model : Model
    total_weight : float
        Of the rows of all parts.
    sum_parts : callable
        ``sum_parts(model)`` returns `Statistics` of all rows under the parameters of the model,
        about the origins of its statistics: the sum of the results of `PartPass.add_part`.
    """

    cdef object _sum_parts

    def __init__(self, Model model not None, double total_weight, sum_parts):
        n_features = model.parameters.n_features
        EM.__init__(
            self, DenseRows(np.zeros((0, n_features))), Frame(np.zeros(n_features)), model,
            np.zeros(2, dtype=np.intp), None, total_weight,
        )
        self._sum_parts = sum_parts

    cdef int add_rows(self) except -1 nogil:
        with gil:
            if self._mode != EXPECT:
                raise ValueError("rows in parts take no labels and no responsibilities")
            self._take(self._sum_parts(self.model))
        return 0

    cdef int _take(self, Statistics total) except -1:
        """Copy the sums of all parts into the statistics of the model."""
        cdef Statistics own = self.model.statistics
        if total.scatter_shape != own.scatter_shape or total.n_components != own.n_components:
            raise ValueError("the parts were summed for another model")
        own.numbers[:] = total.numbers
        own.log_likelihood, own.noise_count = total.log_likelihood, total.noise_count
        return 0
