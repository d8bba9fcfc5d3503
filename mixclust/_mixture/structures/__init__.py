"""The covariance structures: shapes, counting, algebra, sampling, and the kernels of each."""

from .base import Structure
from .diagonal import Diagonal
from .full import Full
from .registry import CovarianceType, covariance_types, register, structure_of
from .spherical import Spherical
from .tied import Tied

__all__ = [
    "CovarianceType",
    "Diagonal",
    "Full",
    "Spherical",
    "Structure",
    "Tied",
    "covariance_types",
    "register",
    "structure_of",
]
