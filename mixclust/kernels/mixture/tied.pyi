import numpy as np
from numpy.typing import NDArray

from .linear import LinearDensity, LinearMoments

class DiscriminantDensity(LinearDensity):
    def __init__(
        self,
        n_components: int,
        n_features: int,
        scatter: NDArray[np.float64],
        total_weight: float,
    ) -> None: ...

class SharedMoments(LinearMoments):
    def __init__(
        self, n_components: int, n_features: int, scatter: NDArray[np.float64]
    ) -> None: ...

class PooledMoments(LinearMoments):
    def __init__(self, n_components: int, n_features: int) -> None: ...
