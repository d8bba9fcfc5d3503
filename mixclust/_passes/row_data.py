"""Rows, weights and threads: the part of the data that every model has."""

import numpy as np

from .._inputs.rows import check_finite
from .frame import check_magnitude

__all__ = ["RowData"]


class RowData:
    """Rows with their weights, and the threads that passes over them may use.

    Parameters
    ----------
    X : ndarray or scipy.sparse CSR matrix or array of shape (n_samples, n_features)
        float32 or float64; read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_threads : int

    Attributes
    ----------
    total_weight : float
        Sum of the weights; the number of rows where they have none.
    """

    def __init__(self, X, sample_weight, n_threads):
        self.X = X
        self.sample_weight = sample_weight
        self.n_threads = n_threads
        self.total_weight = float(X.shape[0] if sample_weight is None else sample_weight.sum())

    @property
    def n_present(self):
        """Number of rows of positive weight."""
        weights = self.sample_weight
        return self.X.shape[0] if weights is None else int(np.count_nonzero(weights))

    def present(self):
        """Rows of positive weight, as ``random_state.choice`` takes them.

        Returns
        -------
        int or ndarray of shape (n_present,), intp
            The number of rows where they have no weights; else the indices of the rows.
        """
        weights = self.sample_weight
        return self.X.shape[0] if weights is None else np.flatnonzero(weights)

    def refuse(self):
        """Explain which numbers of X make sums or distances infinite.

        Raises
        ------
        ValueError
            If X holds NaN, infinity, or numbers that are too large to square.
        """
        check_finite(self.X, sample_weight=self.sample_weight)
        check_magnitude(float(abs(self.X).max()), self.X.shape[1], self.total_weight)
