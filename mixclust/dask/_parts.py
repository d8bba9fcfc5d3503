"""The partitions of a dask collection as parts: tasks read them, and fixed groups are added."""

from __future__ import annotations

import itertools
import math
import time
from contextlib import nullcontext
from uuid import uuid4

import cloudpickle
import dask
from dask._task_spec import List, Task, TaskRef
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from .._passes.parts import Parts
from ._bundles import cut_bundles, n_for_a_task, one_by_one
from ._collections import blocks_of, cut_weights, form_of, lengths_of
from ._tasks import Place, add_in_order, keep, run_task

__all__ = ["DaskParts"]

MAX_IN_GROUP = 64
"""Results that one task adds. The groups depend on the number of partitions alone. A second level
of sums costs a pass about 15 ms of messages, and a larger group the memory of its results."""

MAX_BYTES_IN_TASKS = 2**20
"""Bytes of the requests of a pass, up to which each task has a copy. A larger request becomes a
task of its own, and each worker fetches it once."""

MAX_BYTES_OF_LAST = 4 * 2**20
"""Bytes of the last results that the client adds itself, which saves a task and its messages."""

SECONDS_OF_HOLDERS = 1.0
"""Time between two questions for the workers that hold the partitions: it is a preference only."""


class DaskParts(Parts):
    """The partitions of a dask collection.

    Nothing is kept between passes but the time that the last one took: each one starts from the
    graph of the collection, so that a lost worker costs no more than its tasks.

    Partitions that are in memory of workers are read several to a task, by a worker that holds
    them, so that a task takes a while: see `cut_bundles`. Where they are is asked about once a
    second. It changes no bit, since each partition has a result of its own, and these are added in
    groups that the number of partitions decides.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame
    sample_weight : dask array, dask Series, array-like of shape (n_samples,), or None
    scheduler : ClusterScheduler or LocalScheduler
    n_threads : int or None
        Threads of a task, as for `Place`.
    progress : PassReporter or None

    Raises
    ------
    TypeError, ValueError
        If the arguments are not as described, or there are no rows.
    """

    def __init__(self, X, sample_weight, scheduler, n_threads, progress=None):
        form = form_of(X)
        self.n_features, self.feature_names, self.dtype = form.n_features, form.names, form.dtype
        self._X, self._scheduler, self._progress = X, scheduler, progress
        self._seconds_a_partition = self._holders = None
        self._end_of_holders = -math.inf
        self._bytes_of_sum = {}
        blocks = blocks_of(X)
        lengths = lengths_of(X, blocks, scheduler)
        self.n_rows = sum(lengths)
        weights = cut_weights(sample_weight, lengths, scheduler)
        if self.n_rows == 0:
            raise ValueError(
                f"X has 0 sample(s) (shape=(0, {self.n_features})) while a minimum of 1 is "
                "required; pass at least one row."
            )
        firsts = itertools.accumulate(lengths, initial=0)
        self._partitions = [
            (Place(i, first, n_rows, form, n_threads), block, weights[i])
            for i, (first, n_rows, block) in enumerate(zip(firsts, lengths, blocks, strict=False))
            if n_rows > 0
        ]
        values = [value for _, *pair in self._partitions for value in pair if value is not None]
        # One value for each graph: blocks of a collection share theirs.
        graphs = [value.dask for value in values]
        self._sources = list(
            {id(graph): value for graph, value in zip(graphs, values, strict=True)}.values()
        )

    def total(self, task, request, n_threads):
        """Sum of the results of a task, added in the order of partitions.

        Parameters
        ----------
        task : function
        request : object
        n_threads : int
            Not used: it belongs to the machine of the client.

        Returns
        -------
        total : object
        """
        pickled = cloudpickle.dumps(request)
        done = None
        if self._progress is not None:
            done = self._progress.begin_pass([place.n_rows for place, _, _ in self._partitions])
        bundles, n_at_a_time = self._bundles(one_at_a_time=done is not None)
        n_last = MAX_BYTES_OF_LAST // self._bytes_of_sum.get(task, MAX_BYTES_OF_LAST)
        last, order, steps, n_bytes = self._graph_of(task, pickled, bundles, n_last)
        begin = time.monotonic()
        found = self._scheduler.compute(last, steps, done, n_bytes)
        if n_at_a_time:
            seconds = (time.monotonic() - begin) * n_at_a_time
            self._seconds_a_partition = seconds / len(self._partitions)
        (total,) = add_in_order(found, order)
        if task not in self._bytes_of_sum:
            self._bytes_of_sum[task] = len(cloudpickle.dumps(total))
        return total

    def _bundles(self, one_at_a_time):
        """The partitions of each task, as `cut_bundles` returns them, and the number of tasks that
        run at a time, if that is known."""
        n_partitions = len(self._partitions)
        holders = None if one_at_a_time else self._look_up_holders()
        if holders is None:
            return one_by_one(n_partitions), None
        workers, n_threads = holders
        n_in_bundle = n_for_a_task(self._seconds_a_partition)
        bundles = cut_bundles(workers, n_threads, n_in_bundle, MAX_IN_GROUP)
        return bundles, min(n_partitions, sum(n_threads.values()))

    def _look_up_holders(self):
        """The workers that hold the partitions, as `ClusterScheduler.holders` returns them."""
        if time.monotonic() > self._end_of_holders:
            keys = [block.key for _, block, _ in self._partitions]
            self._holders = self._scheduler.holders(keys, self._X)
            self._end_of_holders = time.monotonic() + SECONDS_OF_HOLDERS
        return self._holders

    def _graph_of(self, task, pickled, bundles, n_last):
        """Graph of one pass.

        Returns the results that the client adds, as Delayed, and their order; the results of each
        bundle; and the bytes of the requests in the graph.

        Its tasks are made by hand: calls of ``dask.delayed`` take as long as the scheduler does.
        A large request is a task of its own: it travels once to each worker, and a worker that ends
        with it costs no more than that task.
        """
        token = uuid4().hex
        request, sources, n_bytes = pickled, self._sources, len(pickled) * len(bundles)
        if n_bytes > MAX_BYTES_IN_TASKS:
            key, n_bytes = f"request-{token}", len(pickled)
            graph = HighLevelGraph.from_collections(key, {key: Task(key, keep, pickled)})
            request, sources = TaskRef(key), [*sources, Delayed(key, graph, layer=key)]
        layers, keys = {}, []
        for i, (worker, bundle) in enumerate(bundles):
            places, blocks, weights = zip(*(self._partitions[j] for j in bundle), strict=True)
            blocks = List(*(TaskRef(block.key) for block in blocks))
            weights = List(*(w if w is None else TaskRef(w.key) for w in weights))
            name = f"{task.__name__}-{token}"
            key = name, i
            layers.setdefault(worker, {})[key] = Task(
                key, run_task, task, request, list(places), blocks, weights
            )
            keys.append(key)
        graphs = {}
        for worker, layer in layers.items():
            name = f"{task.__name__}-{token}-{len(graphs)}"
            with _preferring(worker):
                graph = HighLevelGraph.from_collections(name, layer, sources)
            graphs[worker] = Delayed(next(iter(layer)), graph, layer=name)
        name = f"add-{token}"
        last, order, layer = _adding(keys, [bundle for _, bundle in bundles], name, n_last)
        graph = HighLevelGraph.from_collections(name, layer, list(graphs.values()))
        last, steps = ([Delayed(key, graph, layer=name) for key in some] for some in (last, keys))
        return last, order, steps, n_bytes


def _preferring(worker):
    """Context for layers of tasks that a worker should run, as long as it lives; None for any."""
    if worker is None:
        return nullcontext()
    return dask.annotate(workers=[worker], allow_other_workers=True)


def _adding(keys, members, name, n_last):
    """The tasks that add results, in groups that depend on the number of partitions alone.

    Parameters
    ----------
    keys : list
        Of the tasks that have results.
    members : list of list of int
        Numbers of the partitions of which each of them has the results, in this order.
    name : str
        Of the layer of the new tasks.
    n_last : int
        Results that the client adds, at most.

    Returns
    -------
    last : list
        Keys of the results that the client adds; of the sum alone if they are too many.
    order : list of int
        As `add_in_order` takes it for these.
    layer : dict
    """
    layer, height = {}, 0
    n_results = sum(map(len, members))
    while n_results > max(1, min(n_last, MAX_IN_GROUP)):
        height += 1
        groups = {}
        for key, own in zip(keys, members, strict=True):
            groups.setdefault(own[0] // MAX_IN_GROUP, []).append((key, own))
        n_results = len(groups)
        keys = [(name, height, i) for i in range(n_results)]
        for key, (_, group) in zip(keys, sorted(groups.items()), strict=True):
            results = List(*(TaskRef(step) for step, _ in group))
            layer[key] = Task(key, add_in_order, results, _order([own for _, own in group]))
        members = [[i] for i in range(n_results)]
    return keys, _order(members), layer


def _order(members):
    """Places of ascending numbers in some lists together."""
    numbers = list(itertools.chain.from_iterable(members))
    return sorted(range(len(numbers)), key=numbers.__getitem__)
