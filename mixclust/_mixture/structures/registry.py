"""The structures by name: the only place that lists them."""

from typing import Literal, TypeAlias

from ..._inputs.parameters import check_option
from .base import Structure
from .diagonal import Diagonal
from .full import Full
from .spherical import Spherical
from .tied import Tied

__all__ = ["CovarianceType", "covariance_types", "register", "structure_of"]

CovarianceType: TypeAlias = Literal["full", "tied", "diag", "spherical"]
"""Names that type checkers know; `register` may add others at run time."""

_STRUCTURES = {}


def register(structure):
    """Make a structure known by its name, as a `covariance_type` of GaussianMixture.

    Parameters
    ----------
    structure : type
        A subclass of `Structure`.

    Returns
    -------
    structure : type
        The same, so that this serves as a decorator.

    Raises
    ------
    TypeError
        If it is no subclass of `Structure`, or its name is not a string.
    ValueError
        If another structure has the name.
    """
    if not (isinstance(structure, type) and issubclass(structure, Structure)):
        raise TypeError(f"register takes a subclass of Structure, not {structure!r}.")
    if not isinstance(getattr(structure, "name", None), str):
        raise TypeError(f"{structure.__name__} needs a name, a string.")
    if _STRUCTURES.setdefault(structure.name, structure) is not structure:
        raise ValueError(
            f"there is a structure named {structure.name!r}; give the new one another name."
        )
    return structure


def covariance_types():
    """Names of all structures, in the order in which they are listed to users."""
    return tuple(_STRUCTURES)


def structure_of(covariance_type):
    """The structure that a `covariance_type` names.

    Raises
    ------
    ValueError
        If there is none.
    """
    return _STRUCTURES[check_option("covariance_type", covariance_type, covariance_types())]


for _structure in (Full, Tied, Diagonal, Spherical):
    register(_structure)
