"""The structures by name: the only place that lists them."""

from functools import lru_cache
from typing import Literal, TypeAlias

from ..._inputs.parameters import check_option
from .base import Structure
from .constrained import constrained_model
from .diagonal import Diagonal
from .full import Full
from .spherical import Spherical
from .tied import Tied

__all__ = [
    "FAMILIAR_TYPES",
    "CovarianceType",
    "covariance_names",
    "covariance_types",
    "is_within",
    "register",
    "structure_for",
    "structure_of",
]

CovarianceType: TypeAlias = Literal[
    "full",
    "tied",
    "diag",
    "spherical",
    "EII",
    "VII",
    "EEI",
    "VEI",
    "EVI",
    "VVI",
    "EEE",
    "VEE",
    "EVE",
    "VVE",
    "EEV",
    "VEV",
    "EVV",
    "VVV",
    "E",
    "V",
    "tied-diag",
    "tied-spherical",
]
"""Names that type checkers know; `register` may add others at run time."""

FAMILIAR_TYPES: tuple[CovarianceType, ...] = ("full", "tied", "diag", "spherical")
"""Structures that scikit-learn has too."""

SYNONYMS = {
    "VII": "spherical",
    "VVI": "diag",
    "EEE": "tied",
    "VVV": "full",
    "tied-spherical": "EII",
    "tied-diag": "EEI",
    "E": "EII",
    "V": "spherical",
}
"""Other names of structures; "E" and "V" are for one feature."""

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
    known = SYNONYMS.get(structure.name) or _STRUCTURES.setdefault(structure.name, structure)
    if known is not structure:
        raise ValueError(
            f"there is a structure named {structure.name!r}; give the new one another name."
        )
    return structure


def covariance_types():
    """Names of all structures, in the order in which they are listed to users."""
    return tuple(_STRUCTURES)


def covariance_names():
    """Names of all structures, and their other names: all values of `covariance_type`."""
    return (*covariance_types(), *SYNONYMS)


@lru_cache(maxsize=1024)
def is_within(structure, other):
    """Whether every mixture of a structure is one of another structure too.

    The models of three letters are nested letter by letter: I within E, and E within V. Structures
    that `register` added are within none.

    Parameters
    ----------
    structure, other : type of `Structure`

    Returns
    -------
    bool
    """
    letters = [_LETTERS.get(each, "") for each in (structure, other)]
    if not all(letters):
        return False
    return all(first in _WITHIN[second] for first, second in zip(*letters, strict=True))


def structure_for(covariance_type, n_features):
    """The structure that a `covariance_type` names, if it can have so many features.

    Raises
    ------
    ValueError
        If there is none, or the name is for one feature alone.
    """
    if covariance_type in ("E", "V") and n_features > 1:
        volume = covariance_type
        raise ValueError(
            f"covariance_type={volume!r} is for one feature, but X has {n_features}; pass "
            f"'{volume}II', '{volume}EI' or '{volume}EE', which become {volume!r} with one feature."
        )
    return structure_of(covariance_type)


def structure_of(covariance_type):
    """The structure that a `covariance_type` names.

    Raises
    ------
    ValueError
        If there is none.
    """
    name = check_option("covariance_type", covariance_type, covariance_names())
    return _STRUCTURES[SYNONYMS.get(name, name)]


for _structure in (Full, Tied, Diagonal, Spherical):
    register(_structure)
for _letters in ("EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"):
    register(constrained_model(_letters, closed=_letters in ("EII", "EEI", "VEI", "VEE")))

_WITHIN = {"I": "I", "E": "IE", "V": "IEV"}
_LETTERS = {
    structure_of(name): name
    for name in (*_STRUCTURES, *SYNONYMS)
    if len(name) == 3 and name.isupper()
}
