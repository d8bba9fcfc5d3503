"""A line of a terminal that is written over."""

__all__ = ["ProgressLine", "bar_text"]

BAR_WIDTH = 20
"""Characters of a bar."""


def bar_text(share):
    """Return a bar of a share from 0 to 1, for example ``[#####               ]``."""
    n_done = int(BAR_WIDTH * share)
    return f"[{'#' * n_done}{' ' * (BAR_WIDTH - n_done)}]"


class ProgressLine:
    """A line that is written over where the stream is a terminal.

    Parameters
    ----------
    stream : file-like or None
        None: nothing is written.

    Attributes
    ----------
    in_place : bool
        Whether the stream is a terminal.
    """

    def __init__(self, stream):
        self._stream = stream
        self.in_place = stream is not None and stream.isatty()
        self._width = 0

    def replace(self, text):
        """Write a text over the one before, in one line of the terminal."""
        import shutil  # here, since most processes never need it

        text = text[: shutil.get_terminal_size().columns - 1]
        self.write(f"\r{text:<{self._width}}")
        self._width = len(text)

    def write(self, text):
        """Write a text at once."""
        if self._stream is not None:
            self._stream.write(text)
            self._stream.flush()

    def clear(self):
        """Remove the line."""
        if self._width:
            self.write("\r" + " " * self._width + "\r")
            self._width = 0
