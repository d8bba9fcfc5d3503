"""``python -m mixclust``: the command line."""

import sys

from ._cli import main

if __name__ == "__main__":
    if sys.stdout is not None:  # as it is where the caller closed it
        # A file name may hold characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
