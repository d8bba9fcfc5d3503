"""The step of online EM that is like the one before it, with the objects that one has kept.

It returns the bits of `make_step`. Between two batches most of the time would go into Python
functions that check and convert again; here one compiled call does the work.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from .._passes.row_data import RowData
from ..kernels.rows.dense_rows import DenseRows
from .parameters import Parameters
from .stream import Kernel

__all__ = ["Kept", "options_of", "step_on"]


class Kept(NamedTuple):
    """The kernel of a step, for the next one, and the attributes that the step has set."""

    state: np.ndarray
    """The attribute `_stream` that the step has set: the rest belongs to no other one."""
    parameters: tuple
    """Weights, means, covariances and factors, the objects themselves."""
    kernel: Kernel
    options: SimpleNamespace
    """The checked options, as `options_of` returns them."""


def options_of(mixture, params):
    """The checked options without the fitted attributes; `given` are the objects that they were.

    An option that is the same object needs no other check: where a kernel is kept, there is no
    prior, and other objects that may change in place are read by the first step alone.

    Parameters
    ----------
    mixture : GaussianMixture
    params : namespace
        Its checked parameters.

    Returns
    -------
    options : namespace
    """
    given = {
        name: value
        for name, value in vars(mixture).items()
        if not name.startswith("_") and not name.endswith("_")
    }
    return SimpleNamespace(**{name: getattr(params, name) for name in given}, given=given)


def step_on(kernel, X, n_threads, parameters, state, share):
    """Take a batch without weights into a stream, with a kernel that fits: less work around it.

    Parameters
    ----------
    kernel : Kernel
        That the last step of the stream returned.
    X : ndarray of shape (n_samples, n_features), float32 or float64
        The batch.
    n_threads : int
    parameters : tuple of four ndarray
        Weights, means, covariances and factors as that step has made them.
    state : ndarray of shape (n_numbers,), float64
        The stream, as `pack` returns it.
    share : float
        As for `make_step`.

    Returns
    -------
    found : tuple or None
        The parameters, the state and the bound after the step, and which components collapsed:
        None if all are sound. None for all where `make_step` has to make the step: if the batch or
        the model is of another kind, or a parameter is not finite.
    """
    structure, _, n_features, has_noise, *size = kernel.shape
    if has_noise or size != [len(X), n_threads]:
        return None
    weights, means, covariances, factors = parameters
    found = kernel.em.step(
        DenseRows(X),
        partial(_refuse, X),
        share,
        weights,
        means,
        structure.to_kernel(factors, n_features).reshape(-1),
        structure.to_kernel(covariances, n_features).reshape(-1),
        state,
    )
    if found is None:
        return None
    bound, n_collapsed, (weights, means, factors, covariances), state = found
    parameters = Parameters(
        weights, means, structure.from_kernel(covariances), structure.from_kernel(factors)
    )
    return parameters, state, bound, kernel.em.collapsed if n_collapsed else None


def _refuse(X):
    """Explain which numbers of X make sums infinite."""
    RowData(X, None, 1).refuse()
