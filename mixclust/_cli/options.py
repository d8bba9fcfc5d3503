"""Options of the command line: readers of their values, and the options of every fit."""

import argparse
import csv
import io
import re
import shlex
from pathlib import Path

from .._passes.threads import resolve_threads
from .errors import CommandError
from .wording import plain_name

__all__ = [
    "DEFAULT_N_INIT",
    "DEFAULT_SEED",
    "add_fit_options",
    "check_threads",
    "option_text",
    "read_path",
    "read_sizes",
    "split_names",
    "whole_number",
]

DEFAULT_SEED = 0
DEFAULT_N_INIT = 1
MAX_SIZES = 10_000  # numbers of components or clusters in one command


def whole_number(minimum, maximum=None):
    """Make a function that reads a whole number for argparse.

    Parameters
    ----------
    minimum, maximum : int
        The range of the number; without a maximum it has no upper end.

    Returns
    -------
    read : callable
        Takes a text; raises argparse.ArgumentTypeError if it is not a number in the range.
    """
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


def read_path(text):
    """Read the name of a file or folder for argparse; `Path` takes "" as the current folder.

    Parameters
    ----------
    text : str

    Returns
    -------
    path : pathlib.Path

    Raises
    ------
    argparse.ArgumentTypeError
        If the name is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("'' is not the name of a file; pass the name of one")
    return Path(text)


def read_sizes(text):
    """Read numbers of components or clusters for argparse.

    Parameters
    ----------
    text : str
        For example ``1-4,8``.

    Returns
    -------
    sizes : list of int
        In ascending order, each once.

    Raises
    ------
    argparse.ArgumentTypeError
        If the text is not a list of these.
    """
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,18})(?:\s*-\s*([0-9]{1,18}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of whole numbers from 1 on like 3, 1-9 or 2,4,8"
            )
        ranges.append(range(first, last + 1))
    n_sizes = sum(sizes.stop - sizes.start for sizes in ranges)
    if n_sizes > MAX_SIZES:
        raise argparse.ArgumentTypeError(
            f"{text!r} names {n_sizes:,} numbers; name at most {MAX_SIZES:,}"
        )
    return sorted(set().union(*ranges))


def split_names(text):
    """Read names that commas separate; a name that holds a comma is quoted.

    Parameters
    ----------
    text : str
        For example ``a,b`` or ``"a, b",c``.

    Returns
    -------
    names : list of str
        At least one.

    Raises
    ------
    argparse.ArgumentTypeError
        If there is no name, or a line break outside quotes.
    """
    try:
        [names] = csv.reader([text], skipinitialspace=True)
    except (csv.Error, ValueError):
        names = []
    if not names:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of names like a,b; quote a name that holds a comma or a "
            "line break"
        )
    return list(map(plain_name, names))


def option_text(option, names):
    """Write an option with a list of names as a shell takes it, for example ``--na a,b``.

    Parameters
    ----------
    option : str
        The option, with its dashes.
    names : list of str
        Names that `split_names` reads again.

    Returns
    -------
    text : str
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    value = shlex.quote(text.getvalue())
    return f"{option}={value}" if value.startswith("-") else f"{option} {value}"


def add_fit_options(parser):
    """Add the options of every fit: the seed, the number of starts, the number of threads."""
    parser.add_argument(
        "--seed",
        type=whole_number(0, 2**32 - 1),
        default=DEFAULT_SEED,
        metavar="N",
        help=f"seed of the random starts (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--n-init",
        type=whole_number(1),
        default=DEFAULT_N_INIT,
        metavar="N",
        help=f"number of starts; the best result is kept (default: {DEFAULT_N_INIT})",
    )
    parser.add_argument(
        "--threads",
        type=whole_number(1),
        default=None,
        metavar="N",
        help="number of threads (default: as many as are useful)",
    )


def check_threads(threads):
    """Refuse a number of threads that the package does not take.

    `threads` has been read already; the environment variable MIXCLUST_NUM_THREADS has not.
    """
    try:
        resolve_threads(threads)
    except ValueError as error:
        raise CommandError(str(error)) from None
