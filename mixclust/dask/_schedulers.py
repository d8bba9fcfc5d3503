"""Schedulers: the client of a cluster, or Dask's scheduler within this process."""

from __future__ import annotations

import threading

import dask
import distributed
from dask.callbacks import Callback
from dask.utils import parse_bytes

__all__ = ["find_scheduler"]

_SETTING = threading.Lock()

LIMIT_OF_GRAPH = "distributed.admin.large-graph-warning-threshold"
"""Setting: bytes of a graph above which distributed warns that rows should not be part of it."""


def find_scheduler(client):
    """Return the scheduler for a fit.

    Parameters
    ----------
    client : distributed.Client or None
        None: the client of the task that calls, or the default client; without one, Dask's
        scheduler within this process.

    Returns
    -------
    scheduler : ClusterScheduler or LocalScheduler

    Raises
    ------
    TypeError, ValueError
        If `client` is no client, is closed, or is asynchronous.
    """
    if client is None:
        try:
            client = distributed.get_client()
        except ValueError:
            return LocalScheduler()
    if not isinstance(client, distributed.Client):
        raise TypeError(f"client={client!r} must be a distributed.Client or None.")
    if client.status != "running":
        raise ValueError(f"client={client!r} is {client.status}; pass a client that is connected.")
    if client.asynchronous:
        raise ValueError(
            f"client={client!r} is asynchronous here, but fit waits for results; call it in "
            "another thread, or pass a client made with asynchronous=False."
        )
    return ClusterScheduler(client)


class ClusterScheduler:
    """The scheduler of a cluster.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client):
        self._client = client

    def compute(self, values, steps=(), done=None, n_bytes=0):
        """Compute some values, and tell which of their steps are done.

        Parameters
        ----------
        values : list of Delayed
        steps : list of Delayed
            Values that these need, or are.
        done : callable or None
            ``done(n)`` is called after the first n steps. An error in it ends the computation.
        n_bytes : int
            Bytes in the graph that are no rows: there is no warning about them.

        Returns
        -------
        results : list of object

        Raises
        ------
        Exception
            The exception of a task.
        RuntimeError
            If rows were lost with a worker and cannot be computed again.
        """
        n_values = len(values)
        wanted = [*values, *steps] if done else values
        limit = parse_bytes(dask.config.get(LIMIT_OF_GRAPH, "10 MB")) + 2 * n_bytes
        # The setting is the process's: overlapping changes would not all be taken back.
        with _SETTING, dask.config.set({LIMIT_OF_GRAPH: limit}):
            futures = self._client.compute(wanted, optimize_graph=False)
        try:
            for n, step in enumerate(futures[n_values:]):
                distributed.wait(step)
                if step.status != "finished":
                    break
                done(n + 1)
            return self._client.gather(futures[:n_values])
        except distributed.client.FutureCancelledError as error:
            raise RuntimeError(
                "Rows of X were lost with a worker and cannot be computed again "
                f"({error}); pass a collection that was read or computed by tasks, and not by "
                "client.scatter."
            ) from error
        except BaseException:
            self._client.cancel(futures)
            raise
        finally:
            for future in futures:
                future.release()

    def holders(self, keys, collection):
        """Return which workers hold the results of tasks.

        Parameters
        ----------
        keys : list
            Keys of the tasks.
        collection : dask.array.Array or dask.dataframe.DataFrame
            In which these tasks are.

        Returns
        -------
        holders : tuple of (list of list of str, dict of str to int) or None
            For each key the addresses of the workers that hold its result, and the number of
            threads of each worker. None if a result is in no memory.
        """
        futures = distributed.futures_of(collection)
        if not futures:
            return None
        found = self._client.who_has(futures)
        workers = [found.get(key, ()) for key in keys]
        if not all(workers):
            return None
        n_threads = self._client.nthreads()
        if not all(worker in n_threads for own in workers for worker in own):
            return None  # a worker has just ended
        return workers, n_threads

    def persist(self, values):
        """Keep values in memory of the workers until the result is dropped.

        Parameters
        ----------
        values : list of Delayed

        Returns
        -------
        values : list of Delayed
        """
        return list(self._client.persist(values))


class LocalScheduler:
    """Dask's scheduler within this process: threads, or the choice of ``dask.config``."""

    def compute(self, values, steps=(), done=None, n_bytes=0):
        """Compute some values, as `ClusterScheduler.compute` does."""
        if done is None:
            return list(dask.compute(*values, optimize_graph=False))
        keys, n_done = {step.key for step in steps}, 0

        def count(key, result, graph, state, worker):
            nonlocal n_done
            if key in keys:
                n_done += 1
                done(n_done)

        with Callback(posttask=count):
            return list(dask.compute(*values, optimize_graph=False))

    def holders(self, keys, collection):
        """Return None: all results are in memory of this process."""

    def persist(self, values):
        """Return the values: they are in memory of this process."""
        return values
