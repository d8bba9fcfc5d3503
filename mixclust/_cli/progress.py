"""The present step of a command, and its progress, shown on standard error."""

import sys
import time

from .._estimator.clock import duration
from .._estimator.progress_line import ProgressLine, bar_text

__all__ = ["Progress"]

SECONDS_BETWEEN_LINES = 15.0  # where standard error is not a terminal
SECONDS_BETWEEN_BARS = 0.1  # in a terminal
MIN_SECONDS = 1.0  # of a step before the time that is left is estimated


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
        self._is_quiet = quiet or sys.stderr is None
        self._line = ProgressLine(None if quiet else sys.stderr)
        self._in_place = self._line.in_place
        self._next = time.monotonic() + (0 if self._in_place else SECONDS_BETWEEN_LINES)
        self._step, self._share, self._start = None, 0.0, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._line.clear()

    def show(self, step, share=None, seconds_left=None):
        """Show a step that is about to begin, or the progress of a step.

        Parameters
        ----------
        step : str
            The step in a few words.
        share : float, default=None
            The share of the step that is done, from 0 to 1; None if it is not known.
        seconds_left : float, default=None
            The time left, where the step itself estimates it.
        """
        if self._is_quiet:
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
            self._line.replace(self._text(step, share, now, seconds_left))
        else:
            self._next = now + SECONDS_BETWEEN_LINES
            self._line.write(f"mixclust: {self._text(step, share, now, seconds_left)}\n")

    def _text(self, step, share, now, seconds_left):
        """Write the step, a bar where it is in place, the percentage and the time left."""
        if share is None:
            return step
        text = f"{100 * share:3.0f} %"
        if self._in_place:
            text = f"{bar_text(share)} {text}"
        seconds = now - self._start
        if seconds_left is None and 0 < share < 1 and seconds >= MIN_SECONDS:
            seconds_left = seconds / share * (1 - share)
        if seconds_left:
            text += f", {duration(seconds_left)} left"
        return f"{step} {text}" if self._in_place else f"{step}: {text.strip()}"
