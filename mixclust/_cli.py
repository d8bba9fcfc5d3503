"""The command line: finds the sub-command, runs it, and turns errors into one line and a status.

A sub-command is a module with ``add_command(commands)``, which adds its parser to the
sub-parsers and sets `run`, a function of the parsed arguments, as a default. It raises
`CommandError` for whatever the user can put right.
"""

import argparse
import os
import sys

from . import _cli_cluster, _cli_colors
from ._cli_shared import CommandError

COMMANDS = [_cli_cluster, _cli_colors]

# The statuses of argparse and of a shell whose command died of SIGINT.
BAD_INPUT = 2
INTERRUPTED = 130


def main(argv=None):
    """Run a command line.

    Parameters
    ----------
    argv : list of str or None, default=None
        The arguments after ``python -m mixclust``; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, 2 for bad input, 130 for Ctrl-C.
    """
    try:
        arguments = _build_parser().parse_args(argv)
        if sys.stdout is None and not getattr(arguments, "quiet", False):
            raise CommandError("standard output is closed; redirect it to a file or a device.")
        arguments.run(arguments)
        print(end="", flush=True)  # to standard output, if there is one
    except BrokenPipeError:
        # The reader of the table left, as `head` does; the flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (CommandError, OSError) as error:
        print("mixclust: error:", " ".join(str(error).split()), file=sys.stderr)
        return BAD_INPUT
    except MemoryError:
        print("mixclust: error: there is not enough memory for this.", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("mixclust: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, without the usage before it."""

    def error(self, message):
        raise CommandError(f"{message}; see '{self.prog} --help'.")


def _build_parser():
    parser = _Parser(
        prog="python -m mixclust",
        allow_abbrev=False,
        description="Clustering from the command line.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_command(commands)
    return parser
