"""Arrays and dataframes of Dask as partitions, with the checks that need no rows."""

from __future__ import annotations

import itertools
import math
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import dask.array as da
import numpy as np
from dask import delayed, is_dask_collection

from .._inputs.features import feature_names
from .._inputs.rows import check_rows, check_sample_weight
from ._tasks import Form, count_rows

if TYPE_CHECKING:
    import dask.dataframe as dd

DaskArray: TypeAlias = "da.Array[Any]"
DaskRows: TypeAlias = "da.Array[Any] | dd.DataFrame"

__all__ = ["DaskArray", "DaskRows", "blocks_of", "cut_weights", "form_of", "lengths_of"]


def form_of(X):
    """Return the width, names and dtype of the rows of a collection.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame

    Returns
    -------
    form : Form

    Raises
    ------
    TypeError
        If X is neither, or does not hold numbers.
    ValueError
        If X has not two dimensions, no columns, or is cut between columns.
    """
    if is_frame(X):
        from dask.dataframe.utils import meta_nonempty

        sample = meta_nonempty(X._meta)
        dtype = check_rows(sample, None, reset=False).dtype
        return Form(len(X.columns), feature_names(sample), dtype)
    if not isinstance(X, da.Array):
        refuse(X, "X")
    if X.ndim != 2:
        raise ValueError(
            f"X must have 2 dimensions, rows by features, got shape {X.shape}; reshape it, for "
            "example X.reshape(-1, 1) for one feature."
        )
    if math.isnan(X.shape[1]):
        raise ValueError(
            "X has an unknown number of columns; pass X.compute_chunk_sizes(), or tell its chunks."
        )
    if len(X.chunks[1]) != 1:
        raise ValueError(
            f"X is cut between columns, into blocks of {X.chunks[1]} columns, but a task needs "
            "whole rows; pass X.rechunk({1: -1})."
        )
    if not isinstance(X._meta, np.ndarray):
        kind = type(X._meta)
        raise TypeError(
            f"X holds blocks of {kind.__module__}.{kind.__name__}, but must hold NumPy arrays; "
            "convert them, for example X.map_blocks(lambda block: block.toarray())."
        )
    sample = check_rows(np.zeros((1, X.shape[1]), dtype=X.dtype), None, reset=False)
    return Form(X.shape[1], None, sample.dtype)


def is_frame(X):
    """Return whether X is a DataFrame of Dask."""
    return _is_of_dataframe(X, "DataFrame")


def _is_of_dataframe(X, name):
    module = sys.modules.get("dask.dataframe")
    return module is not None and isinstance(X, getattr(module, name))


def refuse(X, name):
    """Raise TypeError for an object that is no collection of Dask.

    Parameters
    ----------
    X : object
    name : str
        Name of the argument.
    """
    kind = f"{type(X).__module__}.{type(X).__name__}"
    if is_dask_collection(X):
        remedy = "build an array of it, for example with dask.array.from_delayed"
        if _is_of_dataframe(X, "Series"):
            remedy = f"pass {name}.to_frame()"
    else:
        remedy = (
            "mixclust.KMeans and mixclust.GaussianMixture take rows in memory; "
            f"dask.array.from_array({name}, chunks=(100_000, -1)) cuts them into partitions"
        )
    raise TypeError(f"{name} must be an array or DataFrame of Dask, got {kind}; {remedy}.")


def blocks_of(X):
    """Return the partitions of a collection.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame

    Returns
    -------
    blocks : list of Delayed
    """
    return np.ravel(np.array(X.to_delayed(), dtype=object)).tolist()


def lengths_of(X, blocks, scheduler):
    """Return the number of rows of each partition; a pass counts them where they are unknown.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame
    blocks : list of Delayed
    scheduler : ClusterScheduler or LocalScheduler

    Returns
    -------
    lengths : list of int
    """
    if isinstance(X, da.Array) and not any(map(math.isnan, X.chunks[0])):
        return [int(n) for n in X.chunks[0]]
    count = delayed(count_rows, pure=False)
    (lengths,) = scheduler.compute([delayed(list, pure=False)([count(block) for block in blocks])])
    return lengths


def cut_weights(sample_weight, lengths, scheduler):
    """Return weights in the partitions of X.

    Parameters
    ----------
    sample_weight : dask array, dask Series, array-like of shape (n_samples,), or None
    lengths : list of int
        Number of rows of each partition of X.
    scheduler : ClusterScheduler or LocalScheduler

    Returns
    -------
    weights : list of Delayed, ndarray or None
        One for each partition.

    Raises
    ------
    TypeError, ValueError
        If there is not one weight for each row.
    """
    if sample_weight is None:
        return [None] * len(lengths)
    bounds = np.cumsum([0, *lengths])
    if not is_dask_collection(sample_weight):
        weights = check_sample_weight(sample_weight, int(bounds[-1]))
        pieces = [weights[lo:hi] for lo, hi in itertools.pairwise(bounds)]
        return scheduler.persist([delayed(piece, pure=False) for piece in pieces])
    weights = sample_weight
    if _is_of_dataframe(weights, "Series"):
        weights = weights.to_dask_array()
    if not isinstance(weights, da.Array):
        refuse(weights, "sample_weight")
    if weights.ndim != 1:
        raise ValueError(
            f"sample_weight must have 1 dimension, got shape {weights.shape}; pass one weight for "
            "each row, for example sample_weight[:, 0]."
        )
    blocks = blocks_of(weights)
    own_lengths = lengths_of(weights, blocks, scheduler)
    if sum(own_lengths) != bounds[-1]:
        raise ValueError(
            f"sample_weight has {sum(own_lengths)} rows, but X has {bounds[-1]}; pass one weight "
            "for each row."
        )
    if own_lengths == lengths:
        return blocks
    chunks = (tuple(own_lengths),)
    known = da.Array(weights.dask, weights.name, chunks, dtype=weights.dtype)
    present = tuple(n for n in lengths if n > 0)
    cut = iter(blocks_of(known.rechunk((present,))))
    return [next(cut) if n > 0 else None for n in lengths]
