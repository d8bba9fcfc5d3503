"""The partitions of a dask collection as parts: one task for each, added in fixed groups."""

from __future__ import annotations

import itertools
from uuid import uuid4

import cloudpickle
from dask._task_spec import List, Task, TaskRef
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from .._passes.parts import Parts
from ._collections import blocks_of, cut_weights, form_of, lengths_of
from ._tasks import Place, add_in_order, keep, run_task

__all__ = ["DaskParts"]

MAX_IN_GROUP = 64
"""Results that one task adds. The groups depend on the number of partitions alone. A second level
of sums costs a pass about 15 ms of messages, and a larger group the memory of its results."""


class DaskParts(Parts):
    """The partitions of a dask collection.

    Nothing is kept between passes: each one starts from the graph of the collection, so that a
    lost worker costs no more than its tasks.

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
        self._scheduler, self._progress = scheduler, progress
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
        target, steps = self._graph_of(task, pickled)
        done = None
        if self._progress is not None:
            done = self._progress.begin_pass([place.n_rows for place, _, _ in self._partitions])
        return self._scheduler.compute(target, steps, done, len(pickled))

    def _graph_of(self, task, pickled):
        """Graph of one pass: the sum, and the result of each partition, as Delayed.

        Its tasks are made by hand: calls of ``dask.delayed`` take as long as the scheduler does.
        The request is a task of its own: it travels once to each worker, and a worker that ends
        with it costs no more than that task.
        """
        token = uuid4().hex
        name, request = f"{task.__name__}-{token}", f"request-{token}"
        layer = {request: Task(request, keep, pickled)}
        steps = [(name, i) for i in range(len(self._partitions))]
        for step, (place, block, weights) in zip(steps, self._partitions, strict=True):
            weights = None if weights is None else TaskRef(weights.key)
            arguments = task, TaskRef(request), place, TaskRef(block.key), weights
            layer[step] = Task(step, run_task, *arguments)
        level, height = steps, 0
        while len(level) > 1:
            height += 1
            groups = [level[i : i + MAX_IN_GROUP] for i in range(0, len(level), MAX_IN_GROUP)]
            level = [(f"add-{token}", height, i) for i in range(len(groups))]
            for key, group in zip(level, groups, strict=True):
                layer[key] = Task(key, add_in_order, List(*map(TaskRef, group)))
        graph = HighLevelGraph.from_collections(name, layer, self._sources)
        return (
            Delayed(level[0], graph, layer=name),
            [Delayed(step, graph, layer=name) for step in steps],
        )
