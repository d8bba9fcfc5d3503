"""Progress of passes over partitions."""

from __future__ import annotations

import itertools
import time

from .._passes import progress as chunk_progress

__all__ = ["PassReporter", "make_reporter"]


def make_reporter(progress):
    """Return the reporter for a parameter `progress`, or None.

    Parameters
    ----------
    progress : None, bool or callable

    Raises
    ------
    TypeError
        If it is something else.
    """
    report = chunk_progress.make_reporter(progress)
    return None if report is None else PassReporter(report)


class PassReporter:
    """Calls a function with the state of a pass after each of its partitions.

    Parameters
    ----------
    report : callable
        Takes a `ChunkProgress`.
    """

    def __init__(self, report):
        self._report = report
        self._n_passes = 0

    def begin_pass(self, lengths):
        """Count a pass that begins.

        Parameters
        ----------
        lengths : list of int
            Rows of each partition.

        Returns
        -------
        done : callable
            To be called with the number of partitions that are done.
        """
        self._n_passes += 1
        number, begin = self._n_passes, time.monotonic()
        rows = list(itertools.accumulate(lengths))

        def done(n):
            seconds = time.monotonic() - begin
            left = seconds * (rows[-1] / rows[n - 1] - 1)
            state = (number, n, len(rows), rows[n - 1], rows[-1], seconds, left)
            self._report(chunk_progress.ChunkProgress(*state))

        return done
