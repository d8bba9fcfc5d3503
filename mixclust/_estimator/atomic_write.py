"""Atomic replacement of files: no reader ever sees a partly written file."""

import contextlib
import errno
import os
import secrets
import shutil

WINDOWS_LOOP = 1921  # ERROR_CANT_RESOLVE_FILENAME


@contextlib.contextmanager
def write_atomically(path):
    """Open a binary file that replaces `path` after the ``with`` block, if the block succeeds.

    The file is written beside `path` under a temporary name, flushed to disk and renamed. If the
    block fails or is interrupted, the file is removed and `path` is unchanged.

    Parameters
    ----------
    path : str or path-like
        The file to write or replace. A symbolic link is followed; permissions of an existing file
        are kept.

    Yields
    ------
    file : binary file object

    Raises
    ------
    OSError
        If the file cannot be written or renamed, or if `path` is a loop of symbolic links, a
        device or a pipe. The error names `path`.
    """
    check_no_loop(path)
    target = os.path.realpath(path)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise OSError(errno.EINVAL, "Not a regular file; pass the path of a file", os.fspath(path))
    temporary = os.path.join(os.path.dirname(target), f".mixclust-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:  # tempfile would restrict its permissions
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno and error.filename in (None, temporary):
            # The user knows `path`, and not the temporary name.
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise


def check_no_loop(path):
    """Raise OSError if a path is a loop of symbolic links.

    Parameters
    ----------
    path : str or path-like

    Raises
    ------
    OSError
        With errno ELOOP.
    """
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ELOOP or getattr(error, "winerror", None) == WINDOWS_LOOP:
            raise
