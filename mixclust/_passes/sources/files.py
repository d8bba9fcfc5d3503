"""Files, and whether they changed since they were opened first."""

import os

__all__ = ["Stamp"]


class Stamp:
    """State of a file: its size, time of modification and inode.

    Parameters
    ----------
    path : str
    """

    def __init__(self, path):
        self._path = path
        self._state = _state(os.stat(path))

    def check(self, descriptor=None):
        """Raise RuntimeError if the file is not in the state that it was in.

        Parameters
        ----------
        descriptor : int or None
            The open file; None to look at the path.
        """
        try:
            state = _state(os.stat(self._path if descriptor is None else descriptor))
        except FileNotFoundError:
            state = None
        if state != self._state:
            change = "was deleted" if state is None else "changed"
            raise RuntimeError(
                f"The file {self._path} {change} while it was in use; a fit must read the same "
                "rows in every pass. Call mixclust.chunks again once the file is complete."
            )


def _state(status):
    state = status.st_size, status.st_mtime_ns
    if os.name == "nt":  # there a path and its open file may differ in the other numbers
        return state
    return *state, status.st_ino, status.st_dev
