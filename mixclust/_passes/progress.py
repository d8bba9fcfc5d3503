"""Progress of passes over chunks: its state, and the line on a terminal."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

__all__ = ["ChunkProgress"]


class ChunkProgress(NamedTuple):
    """State of a pass, after one of its chunks; the argument of ``progress``.

    Attributes
    ----------
    pass_number : int
        Number of the pass, from 1.
    chunks_done : int
        Chunks done in this pass.
    n_chunks : int or None
        Chunks of a pass; None if they are not yet counted.
    rows_done : int
        Rows done in this pass.
    n_rows : int or None
        Rows of a pass; None if they are not yet counted.
    seconds : float
        Time since the pass began.
    seconds_left : float or None
        Estimated time until the pass ends; None if `n_rows` is None.
    """

    pass_number: int
    chunks_done: int
    n_chunks: int | None
    rows_done: int
    n_rows: int | None
    seconds: float
    seconds_left: float | None


def make_reporter(progress):
    """Return the function that takes each state, or None.

    Parameters
    ----------
    progress : bool, callable or None
        As for `chunks`.

    Returns
    -------
    report : callable or None
        Takes a `ChunkProgress`.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if progress is None or progress is False:
        return None
    if progress is True:
        return _Line()
    if not callable(progress):
        raise TypeError(f"progress={progress!r} must be None, True or a function of one argument.")
    return progress


SECONDS_BETWEEN_LINES = 0.1


class _Line:
    """One line on standard error that is written over; nothing if it is not a terminal."""

    def __init__(self):
        self._next = 0.0
        self._is_open = False  # whether the line on the terminal lacks its end

    def __call__(self, state):
        stream = sys.stderr
        if stream is None or not stream.isatty():
            return
        is_last = state.chunks_done == state.n_chunks
        now = time.monotonic()
        if now < self._next and not is_last:
            return
        self._next = now + SECONDS_BETWEEN_LINES
        stream.write("\r\x1b[K" + _text(state) + ("\n" if is_last else ""))
        stream.flush()
        self._is_open = not is_last

    def end_pass(self):
        """End the line, if the last state did not know that it was the last."""
        if self._is_open:
            sys.stderr.write("\n")
            self._is_open = False


def _text(state):
    """Return a state as text, for example "pass 2: chunk 3 of 8, 30000 rows, 1.2 s, 2.0 s left"."""
    of = "" if state.n_chunks is None else f" of {state.n_chunks}"
    left = "" if state.seconds_left is None else f", {state.seconds_left:.1f} s left"
    return (
        f"pass {state.pass_number}: chunk {state.chunks_done}{of}, {state.rows_done} rows, "
        f"{state.seconds:.1f} s{left}"
    )
