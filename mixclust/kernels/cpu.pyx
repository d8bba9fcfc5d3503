"""The level that this CPU can run: the only compiled module loaded before a level is chosen."""

cdef extern from "cpu.h":
    int cpu_level() noexcept nogil


def supported_levels():
    """Return the names of the instruction-set levels that this CPU can run.

    Returns
    -------
    tuple of str
        In ascending order; the first is always ``"baseline"``.
    """
    cdef int level = cpu_level()
    return ("baseline", "v3", "v4")[: max(1, level - 1)]


def require(level):
    """Refuse a level before any of its instructions can be executed.

    Parameters
    ----------
    level : str
        The name of a level.

    Raises
    ------
    ImportError
        If this CPU cannot run the level: loading one of its modules would end the process.
    """
    levels = supported_levels()
    if level not in levels:
        raise ImportError(
            f"this CPU cannot run the kernels compiled for {level!r}; "
            f"it supports {', '.join(levels)}."
        )
