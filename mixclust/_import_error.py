"""Report of an error while the command line imports the package.

Python imports ``mixclust`` before it runs any code of the command line. Without this module an
error there would end ``python -m mixclust`` and ``mixclust`` with a traceback.
"""

import os
import sys

__all__ = ["BAD_INPUT", "end_command"]

BAD_INPUT = 2  # exit status, the same as of argparse


def end_command(error):
    """Print an error and end the process if it is the command line; return otherwise.

    Parameters
    ----------
    error : Exception
    """
    if _is_command():
        print("mixclust: error:", error, file=sys.stderr)
        sys.exit(BAD_INPUT)


def _is_command():
    """Return whether the process was started as ``python -m mixclust`` or ``mixclust``."""
    program = sys.argv[0] if sys.argv else ""
    if program == "-m":  # its value until Python has found the module to run
        return sys.orig_argv[-len(sys.argv)].removeprefix("-m") == "mixclust"
    return os.path.splitext(os.path.basename(program))[0] == "mixclust"
