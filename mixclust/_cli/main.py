"""The entry of the command line: runs a sub-command and returns the status of the process.

A sub-command is a module with a function ``add_command(commands)``. The function adds a parser to
the sub-parsers, and sets `run`, a function of the parsed arguments, as a default of the parser.
`run` raises `CommandError` for an error that the user can correct.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .._import_error import BAD_INPUT
from .._version import __version__
from . import cluster, colors, kmeans, predict
from .errors import CommandError
from .files import discard_standard_output, printing

COMMANDS = [cluster, kmeans, predict, colors]

INTERRUPTED = 130  # the status that a shell gives a command ended by SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : list of str or None, default=None
        The arguments after ``mixclust``; None takes the arguments of the process.

    Returns
    -------
    int
        Exit status: 0 for success, 2 for bad input or no sub-command, 130 for Ctrl-C.
    """
    try:
        parser = _build_parser()
        arguments = parser.parse_args(argv)
        if not hasattr(arguments, "run"):  # no sub-command was named
            parser.print_help(sys.stderr)
            return BAD_INPUT
        if sys.stdout is None and not getattr(arguments, "quiet", False):
            raise CommandError("standard output is closed; redirect it to a file or a device.")
        arguments.run(arguments)
    except BrokenPipeError:  # the reader of standard output, for example `head`, has ended
        discard_standard_output()
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
    """An argument parser that reports an error in one line, without the usage before it.

    A sub-command may set `rewrite`, a function of the list of its arguments before they are parsed.
    """

    rewrite = None

    def error(self, message):
        raise CommandError(f"{message}; see '{self.prog} --help'.")

    def exit(self, status=0, message=None):
        """End the process after --help or --version, whose text must have been written."""
        with printing():
            pass
        super().exit(status, message)

    def parse_known_args(self, args=None, namespace=None):
        """Refuse unknown arguments here, since argparse lets the parent of a sub-command do it.

        The message then names the sub-command.
        """
        if self.rewrite is not None:
            args = self.rewrite(args)
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown


def _build_parser():
    parser = _Parser(
        prog="mixclust", allow_abbrev=False, description="Clustering from the command line."
    )
    parser.add_argument("--version", action="version", version=f"mixclust {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for module in COMMANDS:
        module.add_command(commands)
    return parser
