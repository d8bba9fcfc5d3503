"""The covariance structures: shapes, counting, algebra, sampling, and the kernels of each."""

from .base import Structure
from .diagonal import Diagonal
from .full import Full
from .registry import (
    FAMILIAR_TYPES,
    CovarianceType,
    covariance_names,
    covariance_types,
    is_within,
    register,
    structure_for,
    structure_of,
)
from .spherical import Spherical
from .tied import Tied

__all__ = [
    "FAMILIAR_TYPES",
    "CovarianceType",
    "Diagonal",
    "Full",
    "Spherical",
    "Structure",
    "Tied",
    "covariance_names",
    "covariance_types",
    "is_within",
    "register",
    "structure_for",
    "structure_of",
]
