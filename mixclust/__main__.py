"""``mixclust`` and ``python -m mixclust``: the command line."""

from __future__ import annotations

import sys

from ._cli.main import main


def run() -> int:
    """Run the command line of this process.

    Returns
    -------
    int
        Exit status.
    """
    if sys.stdout is not None:  # None where the caller closed it
        # A file name may hold characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    return main()


if __name__ == "__main__":
    sys.exit(run())
