"""Compiled kernels at the level of instructions that this CPU runs best.

Every kernel is compiled once a level: ``baseline`` everywhere, ``v3`` (AVX2, FMA) and ``v4``
(AVX-512) on x86-64. The level is chosen here, by asking the CPU, before any kernel is loaded: a
kernel that the CPU cannot run would end the process instead of raising. The modules of the chosen
level are then known as ``mixclust.kernels.ROOM.NAME``, to Python and to a ``cimport`` alike.
The environment variable ``MIXCLUST_ISA`` forces a level.

The rooms are ``core`` (vectors, factorisations, passes), ``rows`` (how rows are read), ``kmeans``
and ``mixture``; each imports from earlier rooms of this list, and ``kmeans`` and ``mixture`` know
nothing of each other.

Attributes
----------
LEVEL : str
    The level in use.
LEVEL_REASON : str
    Why that one.
AVAILABLE_LEVELS : tuple of str
    The levels that were built and that this CPU supports, in ascending order.
"""

import importlib
import os
import pkgutil
import sys

try:
    cpu = importlib.import_module(f"{__name__}.cpu")
except ModuleNotFoundError:
    raise ImportError(
        f"mixclust in {os.path.dirname(os.path.dirname(__file__))} has no compiled kernels; after "
        "`python -m pip install .` run Python in another directory, or build them here with "
        "`python -m pip install -e .`."
    ) from None

__all__ = ["AVAILABLE_LEVELS", "LEVEL", "LEVEL_REASON"]

_KNOWN_LEVELS = ("baseline", "v3", "v4")
_ROOMS = ("core", "rows", "kmeans", "mixture")


def _kernel_names(level):
    """Yield the names, ``ROOM.NAME``, of the kernels that were built for a level."""
    directory = os.path.join(os.path.dirname(__file__), f"_{level}")
    for room in _ROOMS:
        for module in pkgutil.iter_modules([os.path.join(directory, room)]):
            yield f"{room}.{module.name}"


def _choose_level(forced):
    """Return the level to use, the reason, and the levels to choose from.

    Parameters
    ----------
    forced : str or None
        The value of ``MIXCLUST_ISA``; None or an empty string to choose the highest level.
    """
    supported = cpu.supported_levels()
    available = tuple(level for level in supported if any(_kernel_names(level)))
    if not available:
        raise ImportError(
            f"mixclust has no compiled kernels for this CPU, which supports "
            f"{', '.join(supported)}; build them with `python -m pip install .`."
        )
    if not forced:
        return available[-1], "the highest level built that this CPU supports", available
    if forced not in _KNOWN_LEVELS:
        raise ImportError(
            f"MIXCLUST_ISA={forced!r} is not a level of instructions; "
            f"set it to one of {', '.join(available)}, or unset it."
        )
    if forced not in available:
        why = "was not built" if forced in supported else "is not supported by this CPU"
        raise ImportError(
            f"MIXCLUST_ISA={forced!r} {why}; set it to one of {', '.join(available)}, or unset it."
        )
    return forced, f"MIXCLUST_ISA={forced}", available


def _load_kernels(level):
    """Import the kernels of a level, under the names that the rest of the world uses."""
    for room in _ROOMS:
        globals()[room] = importlib.import_module(f"{__name__}.{room}")
    for name in _kernel_names(level):
        module = importlib.import_module(f"{__name__}._{level}.{name}")
        sys.modules[f"{__name__}.{name}"] = module
        room, _, kernel = name.partition(".")
        setattr(globals()[room], kernel, module)


LEVEL, LEVEL_REASON, AVAILABLE_LEVELS = _choose_level(os.environ.get("MIXCLUST_ISA"))
_load_kernels(LEVEL)
