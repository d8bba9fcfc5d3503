import numpy as np
from numpy.typing import NDArray

from .model import Maximiser
from .parameters import Parameters
from .statistics import Statistics

class PosteriorMaximiser(Maximiser):
    def __init__(
        self,
        likelihood: Maximiser,
        posterior: Statistics,
        mean: NDArray[np.float64],
        kappa: float,
        count: float,
        scale: NDArray[np.float64],
        shares_covariance: bool,
        unit: float = 1.0,
    ) -> None: ...
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...
    def check(self, parameters: Parameters, statistics: Statistics) -> None: ...
