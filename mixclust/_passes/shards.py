"""How rows are cut into shards: by the size of the problem alone, never by the threads.

Sums are merged in shard order, so the cut decides the last bits of a result; a cut that knew the
number of threads would change them with it.
"""

from functools import lru_cache, partial

import numpy as np

from .threads import map_tasks

ALIGNMENT = 48
"""Rows: a multiple of every panel's height, so that no panel crosses a shard's end."""

MAX_SHARDS = 64

SHARD_COST = 5_000_000
"""Multiply-adds below which a shard is not worth handing out: about a tenth of a millisecond."""

THREAD_COST = 20_000_000
"""Multiply-adds for which one more thread is worth waking: about half a millisecond."""


@lru_cache(maxsize=64)
def shard_bounds(n_samples, cost, most=MAX_SHARDS):
    """Bounds of the shards of `n_samples` rows.

    Parameters
    ----------
    n_samples : int
    cost : int
        Multiply-adds of the whole pass.
    most : int, default=MAX_SHARDS
        Shards at most.

    Returns
    -------
    ndarray of shape (n_shards + 1,), intp
        Shard s holds rows ``bounds[s]:bounds[s + 1]``. All bounds but the last are multiples of
        `ALIGNMENT`. Read-only.
    """
    n_blocks = max(1, -(-n_samples // ALIGNMENT))
    n_shards = int(min(most, n_blocks, max(1, cost // SHARD_COST)))
    bounds = np.arange(n_shards + 1, dtype=np.intp) * n_blocks // n_shards * ALIGNMENT
    bounds[-1] = n_samples
    bounds.flags.writeable = False
    return bounds


def worthwhile_threads(cost, n_threads):
    """Threads for a pass: no more than it has half-milliseconds of work for."""
    return int(max(1, min(n_threads, cost // THREAD_COST)))


def mapper_for(cost, n_threads):
    """Who maps a pass of so many multiply-adds over its shards: None for the calling thread."""
    n_threads = worthwhile_threads(cost, n_threads)
    return None if n_threads == 1 else partial(map_tasks, n_threads=n_threads)
