import numpy as np
from numpy.typing import NDArray

from ..rows.dense_rows import DenseRows

def lanes() -> int: ...
def to_nearest(
    rows: DenseRows, centers: NDArray[np.float64], labels: NDArray[np.int32]
) -> float: ...
def to_all(
    rows: DenseRows,
    lo: int,
    hi: int,
    columns: NDArray[np.float64],
    out: NDArray[np.float32 | np.float64],
) -> bool: ...
def to_nearest_two(
    rows: DenseRows,
    lo: int,
    hi: int,
    columns: NDArray[np.float64],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    distances: NDArray[np.float64],
) -> bool: ...
