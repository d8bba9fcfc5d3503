"""The configuration of mixclust: instructions, threads and versions, for reports of problems."""

from __future__ import annotations

import platform
from typing import Any, Literal, overload

import numpy as np
import scipy

from . import kernels
from ._passes.threads import resolve_threads
from ._version import __version__


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...  # numpydoc ignore=GL08
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...  # numpydoc ignore=GL08
def show_config(mode: Literal["stdout", "dicts"] = "stdout") -> dict[str, Any] | None:
    """Show the level of instructions and the number of threads in use, and the reasons for them.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default="stdout"
        Whether to print the configuration or to return it.

    Returns
    -------
    config : dict or None
        With ``mode="dicts"``, a dictionary of

        - ``"mixclust"``, ``"numpy"``, ``"scipy"``, ``"python"`` : str, versions;
        - ``"platform"`` : str, operating system and architecture;
        - ``"instructions"`` : dict of ``"level"`` (str), ``"reason"`` (str) and ``"available"``
          (list of str, ascending), the level of instructions of the kernels;
        - ``"threads"`` : dict of ``"count"`` (int) and ``"reason"`` (str), the largest number of
          threads of an estimator with ``n_threads=None``.

        None otherwise.

    Raises
    ------
    ValueError
        If `mode` has another value, or MIXCLUST_NUM_THREADS is not a positive integer.

    Examples
    --------
    >>> import mixclust
    >>> config = mixclust.show_config(mode="dicts")
    >>> config["instructions"]["level"] in config["instructions"]["available"]
    True
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"mode={mode!r} is unknown; pass 'stdout' to print or 'dicts' to return.")
    config = _collect_config()
    if mode == "dicts":
        return config
    print(_format_config(config))
    return None


def _collect_config():
    """Return the configuration as the dictionary that `show_config` documents."""
    count, reason = resolve_threads()
    return {
        "mixclust": __version__,
        "instructions": {
            "level": kernels.LEVEL,
            "reason": kernels.LEVEL_REASON,
            "available": list(kernels.AVAILABLE_LEVELS),
        },
        "threads": {"count": count, "reason": reason},
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _format_config(config):
    """Return the configuration as aligned lines of text."""
    level, threads = config["instructions"], config["threads"]
    lines = config | {
        "instructions": f"{level['level']}: {level['reason']} "
        f"(available: {', '.join(level['available'])})",
        "threads": f"{threads['count']}: {threads['reason']}",
    }
    return "\n".join(f"{name:<14}{value}" for name, value in lines.items())
