"""Division of rows into shards, by the size of the problem alone.

Sums are merged in the order of the shards, so the division decides the last bits of a result. It
must not depend on the number of threads, or results would depend on it too.
"""

from functools import lru_cache, partial

import numpy as np

from .threads import map_tasks

ALIGNMENT = 48
"""Rows: a multiple of the height of every panel, so that no panel crosses the end of a shard."""

MAX_SHARDS = 64

SHARD_COST = 5_000_000
"""Multiply-adds of the smallest shard that is worth its overhead: about 0.1 milliseconds."""

THREAD_COST = 20_000_000
"""Multiply-adds per thread at which one more thread pays: about 0.5 milliseconds."""


def shard_bounds(n_samples, cost, most=MAX_SHARDS):
    """Return the bounds of the shards of `n_samples` rows.

    Parameters
    ----------
    n_samples : int
    cost : int
        Multiply-adds of the whole pass.
    most : int, default=MAX_SHARDS
        Largest number of shards.

    Returns
    -------
    ndarray of shape (n_shards + 1,), intp
        Shard s holds rows ``bounds[s]:bounds[s + 1]``. All bounds but the last are multiples of
        `ALIGNMENT`. Read-only.
    """
    n_blocks = max(1, -(-n_samples // ALIGNMENT))
    return _bounds(n_samples, n_blocks, int(min(most, n_blocks, max(1, cost // SHARD_COST))))


@lru_cache(maxsize=64)
def _bounds(n_samples, n_blocks, n_shards):
    """Bounds of so many shards; kept, since a selection asks for the same ones often."""
    bounds = np.arange(n_shards + 1, dtype=np.intp) * n_blocks // n_shards * ALIGNMENT
    bounds[-1] = n_samples
    bounds.flags.writeable = False
    return bounds


def worthwhile_threads(cost, n_threads):
    """Return the number of threads for a pass, each with at least `THREAD_COST` of work."""
    return int(max(1, min(n_threads, cost // THREAD_COST)))


def mapper_for(cost, n_threads):
    """Return the function that maps a pass over its shards; None for the calling thread alone.

    Parameters
    ----------
    cost : int
        Multiply-adds of the whole pass.
    n_threads : int
        Largest number of threads.

    Returns
    -------
    mapper : callable or None
        `map_tasks` with a number of threads.
    """
    n_threads = worthwhile_threads(cost, n_threads)
    return None if n_threads == 1 else partial(map_tasks, n_threads=n_threads)
