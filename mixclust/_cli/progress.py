"""Signs of life on standard error while a command works for long."""

import sys
import time

__all__ = ["Progress"]

LINE_EVERY = 15.0  # seconds between lines where standard error is no terminal


class Progress:
    """Shows the present step: in one line of a terminal, or as a line now and then elsewhere.

    Parameters
    ----------
    quiet : bool
        Whether to show nothing.
    """

    def __init__(self, quiet):
        self._stream = None if quiet else sys.stderr
        self._in_place = self._stream is not None and self._stream.isatty()
        self._next = time.monotonic() + (0 if self._in_place else LINE_EVERY)
        self._width = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def show(self, step):
        """Show a step that is about to begin, in a few words.

        Parameters
        ----------
        step : str
        """
        now = time.monotonic()
        if self._stream is None or now < self._next:
            return
        if self._in_place:
            self._write(f"\r{step:<{self._width}}")
            self._width = len(step)
        else:
            self._next = now + LINE_EVERY
            self._write(f"mixclust: {step}\n")

    def _write(self, text):
        self._stream.write(text)
        self._stream.flush()
