"""Rows in parts: an ordered sequence of pieces, and sums over them.

A fit over parts asks for nothing but `total`: the sum, in order, of the results of a function of
one part. So rows may come from files, one part after the other, or lie on other machines.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._inputs.annotations import Float64Array, FloatArray, NameArray
from .._inputs.features import compare_features, set_features

__all__ = ["Part", "Parts", "check_parts"]


class Part(NamedTuple):
    """Some of the rows, in their order."""

    index: int
    """Number of the part, from 0."""
    first: int
    """Number of its first row among all rows."""
    X: FloatArray
    """Shape (n_rows, n_features), at least one row; native float32 or float64."""
    weights: Float64Array | None
    """Shape (n_rows,), float64, finite and at least 0; None if rows have no weights."""

    noun = "chunk"  # the word for a part in messages; a subclass may have another


class Parts(ABC):
    """Rows in parts that can be read as often as a fit needs them.

    Attributes
    ----------
    n_features : int
    feature_names : ndarray of shape (n_features,), dtype object, or None
    dtype : numpy.dtype
        float32 or float64, of every part.
    n_rows : int or None
        Number of rows; None if it is not known before the first pass.
    """

    n_features: int
    feature_names: NameArray | None
    dtype: np.dtype[Any]
    n_rows: int | None = None
    _n_passes: int = 0

    def begin(self) -> None:
        """Count passes from 1 again, for progress: a fit begins."""
        self._n_passes = 0

    def inputs(self) -> list[Any]:
        """Return the arrays and paths of files that the rows are read from."""
        return []

    def check_output(self, out: Any) -> None:
        """Raise ValueError if results that go to `out` would be written over the rows."""
        for source in self.inputs() if out is not None else ():
            if _overlap(out, source):
                raise ValueError(
                    "out is memory or a file that rows or weights are read from; pass another "
                    "array or path."
                )

    @abstractmethod
    def total(self, task: Callable[..., Any], request: Any, n_threads: int) -> Any:
        """Sum of ``task(part, request, n_threads)`` over all parts, in their order.

        Parameters
        ----------
        task : function
            A function of a module, so that it pickles; returns a value with ``+=``.
        request : object
            The same for every part; pickles.
        n_threads : int
            Threads that a task may use.

        Returns
        -------
        total : object
            The value of the first part, to which the others were added.
        """


def check_parts(parts, estimator, *, reset, **arrays):
    """Set or check the features of an estimator, and refuse arrays of one number a row.

    Parameters
    ----------
    parts : Parts
    estimator : object
    reset : bool
        As for `check_rows`.
    **arrays : object
        Arguments by name that are arrays of one number a row; None if they were not passed.

    Raises
    ------
    ValueError
        If an array was passed, or the parts have other features than the estimator was fitted with.
    """
    for name, array in arrays.items():
        if array is not None:
            remedy = "leave it out"
            if name == "sample_weight":
                remedy = "pass the weights with the rows: mixclust.chunks(X, sample_weight=...)"
            raise ValueError(f"{name} was passed beside rows in parts; {remedy}.")
    if reset:
        parts.begin()
        set_features(estimator, parts.n_features, parts.feature_names)
    else:
        compare_features(estimator, parts.n_features, parts.feature_names, "X")


def _overlap(out, source):
    """Whether an array or path lies in the memory, or is the file, of another."""
    arrays = isinstance(out, np.ndarray) and isinstance(source, np.ndarray)
    if arrays and np.may_share_memory(out, source):
        return True
    paths = [_path_of(out), _path_of(source)]
    return None not in paths and all(map(os.path.exists, paths)) and os.path.samefile(*paths)


def _path_of(place):
    """The file of a path or a memmap; None for another array."""
    if isinstance(place, np.ndarray):
        while place is not None and not isinstance(place, np.memmap):
            place = place.base if isinstance(place, np.ndarray) else None
        place = None if place is None else place.filename
    return None if place is None else os.fspath(place)
