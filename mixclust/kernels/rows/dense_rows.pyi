import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

class DenseRows:
    @property
    def n_samples(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def is_double(self) -> bool: ...
    def __new__(
        cls,
        X: NDArray[np.float32 | np.float64],
        sample_weight: NDArray[np.float64] | None = None,
    ) -> Self: ...
    def set_frame(self, shift: NDArray[np.float64], scale: float) -> None: ...
