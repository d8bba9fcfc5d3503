"""Where lines of progress go: to the logger of the package if it has a handler, else to print."""

import sys

__all__ = ["LOGGER", "show"]

LOGGER = "mixclust"
"""Name of the logger."""


def show(text):
    """Log a text at the level INFO if a handler is set on the logger "mixclust", else print it.

    Handlers of the root logger do not count: a program that logs still prints lines of
    ``verbose``, until it sets a handler for them.

    Parameters
    ----------
    text : str
    """
    get_logger = getattr(sys.modules.get("logging"), "getLogger", None)  # no import of its own
    logger = None if get_logger is None else get_logger(LOGGER)
    if logger is not None and logger.handlers:
        logger.info(text)
    else:
        print(text)
