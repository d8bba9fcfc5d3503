"""Rows in parts that lie in memory, for tests of fits over parts."""

import functools
import itertools
import operator
import pickle

import numpy as np

from mixclust._passes.parts import Part, Parts


class ListParts(Parts):
    """Arrays, each of them a part.

    Parameters
    ----------
    arrays : list of ndarray of shape (n_rows, n_features)
    weights : list of ndarray of shape (n_rows,), float64, or None
    """

    def __init__(self, arrays, weights=None):
        self.arrays = arrays
        self.weights = weights
        self.n_features = arrays[0].shape[1]
        self.feature_names = None
        self.dtype = arrays[0].dtype
        self.n_passes = 0

    def read(self):
        """Yield the parts in their order."""
        self.n_passes += 1
        first = 0
        for i, X in enumerate(self.arrays):
            yield Part(i, first, X, None if self.weights is None else self.weights[i])
            first += len(X)

    def total(self, task, request, n_threads):
        """Sum of the results of a task, added in the order of parts."""
        results = (task(part, request, n_threads) for part in self.read())
        return functools.reduce(operator.iadd, results)


class SentParts(ListParts):
    """Parts that lie on another machine: requests go there, and sums return, as bytes."""

    def total(self, task, request, n_threads):
        """Sum of the results of a task, added in the order of parts."""
        totals = []
        for part in self.read():
            its_task, its_request = sent((task, request))
            totals.append(sent(its_task(part, its_request, n_threads)))
        return functools.reduce(operator.iadd, totals)


def sent(value):
    """Return a copy of a value as it arrives in another process: its arrays are read-only."""
    buffers = []
    message = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(message, buffers=[bytes(buffer.raw()) for buffer in buffers])


class FailingParts(ListParts):
    """Parts of which one cannot be read in a given pass.

    Parameters
    ----------
    arrays, weights
        As for `ListParts`.
    n_good : int
        Passes before.
    error : BaseException
    """

    def __init__(self, arrays, weights, n_good, error):
        super().__init__(arrays, weights)
        self.n_good, self.error = n_good, error

    def read(self):
        for part in super().read():
            if self.n_passes > self.n_good and part.index == 1:
                raise self.error
            yield part


def cut(X, *sizes, sample_weight=None):
    """Return the rows of X in parts of the given sizes, repeated until all rows are in a part."""
    bounds = [0]
    while bounds[-1] < len(X):
        bounds.append(min(len(X), bounds[-1] + sizes[(len(bounds) - 1) % len(sizes)]))
    pieces = list(itertools.pairwise(bounds))
    weights = None
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, dtype=np.float64)
        weights = [sample_weight[lo:hi] for lo, hi in pieces]
    return ListParts([X[lo:hi] for lo, hi in pieces], weights)
