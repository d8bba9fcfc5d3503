import numpy as np
from numpy.typing import NDArray

class VarianceLimits:
    @property
    def n_features(self) -> int: ...
    @property
    def is_floor_small(self) -> bool: ...
    def __init__(self, numbers: NDArray[np.float64]) -> None: ...

class Parameters:
    noise_weight: float
    log_volume: float
    @property
    def n_components(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_matrices(self) -> int: ...
    @property
    def n_columns(self) -> int: ...
    def __init__(
        self,
        n_components: int,
        n_features: int,
        factor_shape: tuple[int, int],
        has_covariances: bool = True,
    ) -> None: ...
    @staticmethod
    def borrow(
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        factors: NDArray[np.float64],
        factor_shape: tuple[int, int],
    ) -> Parameters: ...
    def copy(self) -> Parameters: ...
    def set(
        self,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        factors: NDArray[np.float64],
        covariances: NDArray[np.float64] | None = None,
        noise_weight: float = 0.0,
    ) -> None: ...
    def get(
        self,
    ) -> tuple[
        NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
    ]: ...
    def like_without_covariances(self) -> Parameters: ...
