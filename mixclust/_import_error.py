"""The error of a command line whose package cannot be imported.

Importing ``mixclust`` comes before any code of the command line; an error there would end
``python -m mixclust`` and ``mixclust`` in a traceback.
"""

import os
import sys

__all__ = ["BAD_INPUT", "end_command"]

BAD_INPUT = 2  # exit status, the same as of argparse


def end_command(error):
    """End the process with a line and a status if it is the command line; return otherwise.

    Parameters
    ----------
    error : Exception
    """
    if _is_command():
        print("mixclust: error:", error, file=sys.stderr)
        sys.exit(BAD_INPUT)


def _is_command():
    """Whether the process was started as ``python -m mixclust`` or as the script ``mixclust``."""
    program = sys.argv[0] if sys.argv else ""
    if program == "-m":  # as it is until Python has found the module to run
        return sys.orig_argv[-len(sys.argv)].removeprefix("-m") == "mixclust"
    return os.path.splitext(os.path.basename(program))[0] == "mixclust"
