import numpy as np
from numpy.typing import NDArray

def extrapolate_gain(bounds: NDArray[np.float64]) -> float: ...
