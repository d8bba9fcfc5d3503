"""The present step of a command, shown on standard error."""

import sys
import time

__all__ = ["Progress"]

SECONDS_BETWEEN_LINES = 15.0  # where standard error is not a terminal


class Progress:
    """Shows the present step of a command.

    In a terminal each step replaces the one before in the same line. Elsewhere a step is written
    as a line of its own, at most one in 15 seconds.

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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def show(self, step):
        """Show a step that is about to begin.

        Parameters
        ----------
        step : str
            The step in a few words.
        """
        now = time.monotonic()
        if self._stream is None or now < self._next:
            return
        if self._in_place:
            self._write(f"\r{step:<{self._width}}")
            self._width = len(step)
        else:
            self._next = now + SECONDS_BETWEEN_LINES
            self._write(f"mixclust: {step}\n")

    def _write(self, text):
        self._stream.write(text)
        self._stream.flush()
