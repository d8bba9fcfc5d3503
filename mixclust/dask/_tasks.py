"""Functions that run on workers: each reads one partition, or adds results of earlier tasks."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np

from .._inputs.features import feature_names
from .._inputs.rows import check_rows
from .._inputs.sparse import is_sparse
from .._passes.checks import as_weights, check_weights
from .._passes.parts import Part
from .._passes.threads import resolve_threads

__all__ = ["Partition", "Place", "add_in_order", "answer", "count_rows", "keep", "run_task"]


class Partition(Part):
    """A part that is a partition of a dask collection."""

    __slots__ = ()
    noun = "partition"


class Place:
    """Place of a partition among all rows, and the form that its rows must have.

    Parameters
    ----------
    index : int
        Number of the partition in X, from 0; empty partitions count.
    first : int
        Number of its first row among all rows.
    n_rows : int
        Number of its rows.
    form : Form
    n_threads : int or None
        Threads of a task; None: the CPUs of a worker, divided by the tasks that it runs at a time.
    """

    __slots__ = ("first", "form", "index", "n_rows", "n_threads")

    def __init__(self, index, first, n_rows, form, n_threads):
        self.index, self.first, self.n_rows = index, first, n_rows
        self.form, self.n_threads = form, n_threads


class Form:
    """Width, names of columns and dtype of the rows of a collection.

    Parameters
    ----------
    n_features : int
    names : ndarray of shape (n_features,), dtype object, or None
    dtype : numpy.dtype
        float32 or float64.
    """

    __slots__ = ("dtype", "n_features", "names")

    def __init__(self, n_features, names, dtype):
        self.n_features, self.names, self.dtype = n_features, names, dtype


def keep(value):
    """Return a value: the task that holds a request, which other tasks fetch from its worker."""
    return value


def count_rows(block):
    """Return the number of rows of a partition."""
    return len(block)


def run_task(task, request, places, blocks, weights):
    """Run a task on some partitions, one after the other.

    Parameters
    ----------
    task : function
        As for `Parts.total`.
    request : bytes
        The pickled request. Each call unpickles its own copy, since tasks that run at a time in
        one process may not share a model.
    places : list of Place
    blocks : list of ndarray or DataFrame
    weights : list of ndarray, Series or None

    Returns
    -------
    results : list of object
        One for each partition.
    """
    request = pickle.loads(request)
    results = []
    for place, block, own_weights in zip(places, blocks, weights, strict=True):
        rows = read_rows(block, place)
        part = Partition(place.index, place.first, rows, read_weights(own_weights, place))
        results.append(task(part, request, threads_of_task(place.n_threads)))
    return results


def read_rows(block, place):
    """Return the rows of a partition as floats of the dtype of the collection.

    Raises
    ------
    ValueError
        If the rows are not as the collection says; the message names the partition.
    """
    name, form = f"partition {place.index} of X", place.form
    if is_sparse(block):
        raise TypeError(f"{name} is sparse; pass X.map_blocks(lambda block: block.toarray()).")
    rows = check_rows(block, None, reset=False, name=name)
    if len(rows) != place.n_rows:
        raise ValueError(
            f"{name} has {len(rows)} rows now, but had {place.n_rows} when it was counted, or "
            "according to X.chunks; pass a collection that computes the same rows each time."
        )
    if rows.shape[1] != form.n_features:
        raise ValueError(
            f"{name} has {rows.shape[1]} columns, but X says {form.n_features}; pass a collection "
            "of which every partition has the columns of its meta data."
        )
    names = feature_names(block)
    if form.names is not None and not np.array_equal(names, form.names):
        raise ValueError(
            f"{name} has the columns {list(block.columns)}, but X says {list(form.names)}; pass "
            "a collection of which every partition has the columns of its meta data."
        )
    if rows.dtype == form.dtype or form.dtype == np.float64:
        return rows.astype(form.dtype, copy=False)
    raise ValueError(
        f"{name} has dtype {rows.dtype}, but X says {form.dtype}; pass X.astype({form.dtype}) "
        "or correct the dtype of its meta data."
    )


def read_weights(weights, place):
    """Return the weights of a partition as float64.

    Raises
    ------
    ValueError
        If the weights are negative or not finite, or not as many as the rows; the message names
        the partition.
    """
    if weights is not None:
        weights = as_weights(weights, f"partition {place.index}")
        check_weights(weights, place.index, place.first, place.n_rows, Partition.noun)
    return weights


def threads_of_task(n_threads):
    """Return the number of threads of a task.

    A worker runs as many tasks at a time as it has threads, so that each may use its share of the
    CPUs. Workers that a nanny starts have OMP_NUM_THREADS=1, and so one thread for each task.

    Parameters
    ----------
    n_threads : int or None
        The number that the user requested.

    Returns
    -------
    n_threads : int
    """
    if n_threads is not None:
        return n_threads
    count, _ = resolve_threads()
    return max(1, count // _tasks_at_a_time())


def _tasks_at_a_time():
    from distributed import get_worker

    try:
        return get_worker().state.nthreads
    except ValueError:  # a scheduler within this process, of about as many threads as CPUs
        return resolve_threads()[0]


def add_in_order(results, order):
    """Return the sum of results, added one by one.

    Parameters
    ----------
    results : list of lists of object
        As tasks returned them.
    order : list of int
        Places of the results to be added, first to last, in all lists together.

    Returns
    -------
    total : list of one object
        The first result is copied: it may be needed again if a worker ends before the sum arrives.
    """
    found = list(itertools.chain.from_iterable(results))
    total = copy.deepcopy(found[order[0]])
    for i in order[1:]:
        total += found[i]
    return [total]


def answer(block, model, method, empty):
    """Return the answer of a fitted plain estimator about the rows of one partition.

    Parameters
    ----------
    block : ndarray or DataFrame
    model : KMeans or GaussianMixture
    method : str
        Name of the method that answers.
    empty : ndarray
        The answer about no rows.

    Returns
    -------
    found : ndarray
    """
    if len(block) == 0:
        return empty
    model = copy.copy(model)
    model.n_threads = threads_of_task(model.n_threads)
    return getattr(model, method)(block)
