"""Errors that a sub-command reports in one line."""

import importlib

__all__ = ["CommandError", "reason_of", "require_package"]


class CommandError(Exception):
    """An error that the user can correct; the message is one line for the terminal."""


def reason_of(error):
    """Write an exception of the system or of another package as the end of a sentence.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    reason : str
        One line without a point at the end.
    """
    reason = getattr(error, "strerror", None) or error
    return " ".join(str(reason).split()).rstrip(".")


def require_package(work, package, requirement, *modules):
    """Import modules of an optional package, or say how to install it.

    Parameters
    ----------
    work : str
        The work that needs the package, as the beginning of the message.
    package : str
        Name of the package in messages.
    requirement : str
        The requirement that installs the package, for example "mixclust[plot]".
    *modules : str
        Modules of the package to import.

    Returns
    -------
    modules : list of module

    Raises
    ------
    CommandError
        If a module cannot be imported.
    """
    try:
        return [importlib.import_module(module) for module in modules]
    except ImportError:
        raise CommandError(
            f"{work} needs {package}, which is not installed; run: pip install '{requirement}'"
        ) from None
