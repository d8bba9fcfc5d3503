"""Schedulers: the client of a cluster, or Dask's scheduler within this process."""

from __future__ import annotations

import dask
import distributed
from dask.callbacks import Callback
from dask.utils import parse_bytes

__all__ = ["find_scheduler"]

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

    def compute(self, target, steps=(), done=None, n_bytes=0):
        """Compute a value, and tell which of its steps are done.

        Parameters
        ----------
        target : Delayed
        steps : list of Delayed
            Values that `target` needs.
        done : callable or None
            ``done(n)`` is called after the first n steps. An error in it ends the computation.
        n_bytes : int
            Bytes in the graph that are no rows: there is no warning about them.

        Returns
        -------
        value : object

        Raises
        ------
        Exception
            The exception of a task.
        RuntimeError
            If rows were lost with a worker and cannot be computed again.
        """
        wanted = [target, *steps] if done else [target]
        limit = parse_bytes(dask.config.get(LIMIT_OF_GRAPH, "10 MB")) + 2 * n_bytes
        with dask.config.set({LIMIT_OF_GRAPH: limit}):
            futures = self._client.compute(wanted, optimize_graph=False)
        try:
            for n, step in enumerate(futures[1:]):
                distributed.wait(step)
                if step.status != "finished":
                    break
                done(n + 1)
            return futures[0].result()
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

    def persist(self, values):
        """Keep values in memory of the workers until the result is dropped.

        Parameters
        ----------
        values : list of Delayed

        Returns
        -------
        values : list of Delayed
        """
        return [self._client.persist(value) for value in values]


class LocalScheduler:
    """Dask's scheduler within this process: threads, or the choice of ``dask.config``."""

    def compute(self, target, steps=(), done=None, n_bytes=0):
        """Compute a value, as `ClusterScheduler.compute` does."""
        if done is None:
            return dask.compute(target, optimize_graph=False)[0]
        keys, n_done = {step.key for step in steps}, 0

        def count(key, result, graph, state, worker):
            nonlocal n_done
            if key in keys:
                n_done += 1
                done(n_done)

        with Callback(posttask=count):
            return dask.compute(target, optimize_graph=False)[0]

    def persist(self, values):
        """Return the values: they are in memory of this process."""
        return values
