import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from .rows import Rows

class DenseRows(Rows):
    def __new__(
        cls,
        X: NDArray[np.float32 | np.float64],
        sample_weight: NDArray[np.float64] | None = None,
    ) -> Self: ...
