"""The present step of a command, and its progress, shown on standard error."""

import math
import shutil
import sys
import time

__all__ = ["Progress"]

SECONDS_BETWEEN_LINES = 15.0  # where standard error is not a terminal
SECONDS_BETWEEN_BARS = 0.1  # in a terminal
MIN_SECONDS = 1.0  # of a step before the time that is left is estimated
BAR_WIDTH = 20  # characters


class Progress:
    """Shows the present step of a command.

    In a terminal each step replaces the one before in the same line; a step with a known share
    has a bar and an estimate of the time that is left. Elsewhere a step is written as a line of its
    own, at most one in 15 seconds.

    Parameters
    ----------
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, quiet):
        self._stream = None if quiet else sys.stderr
        self._in_place = self._stream is not None and self._stream.isatty()
        self._next = time.monotonic() + (0 if self._in_place else SECONDS_BETWEEN_LINES)
        self._width = 0
        self._step, self._share, self._start = None, 0.0, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def show(self, step, share=None):
        """Show a step that is about to begin, or the progress of a step.

        Parameters
        ----------
        step : str
            The step in a few words.
        share : float, default=None
            The share of the step that is done, from 0 to 1; None if it is not known.
        """
        if self._stream is None:
            return
        now = time.monotonic()
        is_new = step != self._step or share is None or share < self._share
        if is_new:
            self._start = now
        self._step, self._share = step, 0.0 if share is None else share
        if now < self._next and not (is_new and self._in_place):
            return
        if self._in_place:
            self._next = now + SECONDS_BETWEEN_BARS
            self._replace(self._text(step, share, now))
        else:
            self._next = now + SECONDS_BETWEEN_LINES
            self._write(f"mixclust: {self._text(step, share, now)}\n")

    def _text(self, step, share, now):
        """Write the step, a bar where it is in place, the percentage and the time left."""
        if share is None:
            return step
        text = f"{100 * share:3.0f} %"
        if self._in_place:
            n_done = int(BAR_WIDTH * share)
            text = f"[{'#' * n_done}{' ' * (BAR_WIDTH - n_done)}] {text}"
        seconds = now - self._start
        if 0 < share < 1 and seconds >= MIN_SECONDS:
            text += f", {_duration(seconds / share * (1 - share))} left"
        return f"{step} {text}" if self._in_place else f"{step}: {text.strip()}"

    def _replace(self, text):
        """Write a text over the one before, in one line of the terminal."""
        text = text[: shutil.get_terminal_size().columns - 1]
        self._write(f"\r{text:<{self._width}}")
        self._width = len(text)

    def _write(self, text):
        self._stream.write(text)
        self._stream.flush()


def _duration(seconds):
    """Write a time, for example ``42 s``, ``3 min`` or ``2 h 5 min``."""
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
