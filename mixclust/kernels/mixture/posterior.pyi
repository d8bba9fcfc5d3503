import numpy as np
from numpy.typing import NDArray

from .model import Maximiser
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
