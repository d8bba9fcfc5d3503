"""What sub-commands share: options, and ways to refuse bad input."""

import argparse
import contextlib
import os

from .._estimator.atomic_write import check_no_loop, write_atomically
from .._passes.threads import resolve_threads


class CommandError(Exception):
    """Something the user can put right; the message is one line for the terminal."""


def whole_number(minimum, maximum=None):
    """Give a function for argparse that reads a whole number and checks its range."""
    wanted = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < minimum or (maximum is not None and value > maximum):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {wanted}")
        return value

    return read


def add_fit_options(parser):
    """Add the options of every fit: where it starts, how often, on how many threads."""
    parser.add_argument(
        "--seed",
        type=whole_number(0, 2**32 - 1),
        default=0,
        metavar="N",
        help="seed of the random starts (default: 0)",
    )
    parser.add_argument(
        "--n-init",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="number of starts, of which the best is kept (default: 1)",
    )
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        default=None,
        metavar="N",
        help="number of threads (default: as many as are useful)",
    )


def check_threads(threads):
    """Refuse what the environment asks for, such as MIXCLUST_NUM_THREADS=many."""
    try:
        resolve_threads(threads)
    except ValueError as error:
        raise CommandError(str(error)) from None


def check_input(path, kind):
    """Refuse a path that is not there or is a folder; `kind` says what it should be."""
    _check_no_loop(path)
    if not path.exists():
        raise CommandError(f"{path}: no such file.")
    if path.is_dir():
        raise CommandError(f"{path}: is a folder; name a {kind}.")


def check_output(path, source, kind, suffixes=None):
    """Refuse, before any work, what could not be written after it, or is the source itself."""
    if suffixes and path.suffix.lower() not in suffixes:
        raise CommandError(f"{path}: the name of the output must end in {' or '.join(suffixes)}.")
    _check_no_loop(path)
    if not path.parent.is_dir():
        raise CommandError(f"{path}: there is no folder {path.parent}; create it first.")
    if path.exists() and not path.is_file():
        raise CommandError(f"{path}: exists and is not a file; choose another name.")
    if same_path(path, source):
        raise CommandError(f"{path}: is the {kind} itself; choose another name for the output.")


def same_path(path, other):
    """Whether two paths lead to one place, be there a file or not."""
    return os.path.realpath(path) == os.path.realpath(other)


def _check_no_loop(path):
    try:
        check_no_loop(path)
    except OSError as error:
        raise CommandError(f"{path}: is a loop of links; name another file.") from error


@contextlib.contextmanager
def open_output(path):
    """Open a binary file as `write_atomically` does; what cannot be written is one line."""
    try:
        with write_atomically(path) as file:
            yield file
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror or error}.") from None
