"""Checks of the files that a command names, before it starts to work, and their writing."""

import contextlib
import io
import os
import shutil
import sys
import tempfile

from .._estimator.atomic_write import check_no_loop, write_atomically
from .errors import CommandError, reason_of

__all__ = [
    "STANDARD_STREAM",
    "check_input",
    "check_outputs",
    "discard_standard_output",
    "open_output",
    "print_written",
    "printing",
    "read_standard_input",
    "shown_name",
]

STANDARD_STREAM = "-"  # the name of standard input and of standard output


def check_input(path, kind):
    """Refuse an input that does not exist or is a folder; "-" is standard input.

    Parameters
    ----------
    path : pathlib.Path
    kind : str
        The kind of file in messages, for example "table".

    Raises
    ------
    CommandError
    """
    if str(path) == STANDARD_STREAM:
        return
    _check_no_loop(path)
    if not path.exists():
        raise CommandError(f"{path}: does not exist.")
    if path.is_dir():
        raise CommandError(f"{path}: is a folder; name a {kind}.")


def shown_name(path):
    """Write the name of an input for messages."""
    return "standard input" if str(path) == STANDARD_STREAM else str(path)


def read_standard_input(kind):
    """Read all bytes of standard input; `kind` is the kind of file to name if it is closed."""
    if sys.stdin is None:
        raise CommandError(f"standard input is closed; name a {kind}.")
    return sys.stdin.buffer.read()


def check_outputs(source, kind, outputs):
    """Refuse, before any work, outputs that cannot be written after it.

    Parameters
    ----------
    source : pathlib.Path
        The input, which no output may replace.
    kind : str
        The kind of the input in messages, for example "table".
    outputs : list of (str, pathlib.Path or None, list of str or None)
        Option, path and allowed suffixes of each output. A path of None is an output that was not
        asked for; suffixes of None allow any.

    Raises
    ------
    CommandError
        If an output has a wrong suffix, no folder to be in, or the place of the input, of another
        output, or of something that is not a file.
    """
    found = {}
    for option, path, suffixes in outputs:
        if path is None:
            continue
        _check_output(path, source, kind, suffixes)
        other, first = found.setdefault(os.path.realpath(path), (option, path))
        if other != option:
            raise CommandError(f"{option} and {other} are both {first}; give two names.")


def _check_output(path, source, kind, suffixes):
    if suffixes and path.suffix.lower() not in suffixes:
        raise CommandError(f"{path}: the name of the output must end in {' or '.join(suffixes)}.")
    _check_no_loop(path)
    if not path.parent.is_dir():
        raise CommandError(f"{path}: there is no folder {path.parent}; create it first.")
    if path.exists() and not path.is_file():
        raise CommandError(f"{path}: exists and is not a file; choose another name.")
    if os.path.realpath(path) == os.path.realpath(source):
        raise CommandError(f"{path}: is the {kind} itself; choose another name for the output.")


def _check_no_loop(path):
    try:
        check_no_loop(path)
    except OSError as error:
        raise CommandError(f"{path}: is a loop of links; name another file.") from error


@contextlib.contextmanager
def open_output(path, in_memory=True):
    """Open a binary file as `write_atomically` does; an error of the file is a `CommandError`.

    The content for standard output ("-") is written at the end, if the block succeeds; until then
    it is in memory or in a temporary file.
    """
    if str(path) == STANDARD_STREAM:
        with io.BytesIO() if in_memory else tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            with printing():
                shutil.copyfileobj(file, sys.stdout.buffer)
        return
    try:
        with write_atomically(path) as file:
            yield file
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {reason_of(error)}.") from None


@contextlib.contextmanager
def printing():
    """Name standard output in the error of a block that prints, for example if the disk is full.

    A reader that has ended (BrokenPipeError) is left to the caller.
    """
    try:
        yield
        print(end="", flush=True)  # to standard output, if there is one
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_standard_output()
        raise CommandError(f"standard output: {reason_of(error)}.") from None


def discard_standard_output():
    """Make the null device standard output, because the flush at exit would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_written(*paths):
    """Print the names of the files that were written; None is an output that was not requested."""
    written = [str(path) for path in paths if path]
    if written:
        print("wrote  " + ", ".join(written))
