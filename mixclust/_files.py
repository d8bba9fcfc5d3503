"""Writing files so that nobody ever sees half of one."""

import contextlib
import os
import secrets
import shutil


@contextlib.contextmanager
def write_atomically(path):
    """Open a binary file that becomes `path` when the block has succeeded, and never otherwise.

    The file is written beside `path` under a name of its own, flushed to disk and renamed. If the
    block fails or is interrupted it is removed and `path` stays as it was, or absent.

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
        If the file cannot be written or renamed.
    """
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".mixclust-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:  # unlike tempfile's, with the usual permissions
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
