import numpy as np
from numpy.typing import NDArray

from .dense_rows import DenseRows

class RowOrder:
    def __init__(self, rows: DenseRows, places: NDArray[np.int32]) -> None: ...
    def take_range(self, labels: NDArray[np.int32], out: NDArray[np.int32], s: int) -> None: ...
