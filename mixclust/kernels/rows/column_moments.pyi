import numpy as np
from numpy.typing import NDArray

from .rows import Rows

def column_sums(
    rows: Rows, lo: int, hi: int, origin: NDArray[np.float64], sums: NDArray[np.float64]
) -> None: ...
def merge_sums(sums: NDArray[np.float64], total_weight: float) -> tuple[float, float]: ...
def merge_extremes(sums: NDArray[np.float64], extremes: NDArray[np.float64]) -> None: ...
