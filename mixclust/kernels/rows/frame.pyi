import numpy as np
from numpy.typing import NDArray

class Frame:
    n_features: int
    scale: float
    def __init__(self, shift: NDArray[np.float64], scale: float = 1.0) -> None: ...
