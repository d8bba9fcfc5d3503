from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .rows import Rows

# The attributes of a scipy.sparse CSR matrix that are read: scipy itself has no types.
class _CSR(Protocol):
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def data(self) -> NDArray[np.float32 | np.float64]: ...
    @property
    def indices(self) -> NDArray[np.int32 | np.int64]: ...
    @property
    def indptr(self) -> NDArray[np.int32 | np.int64]: ...

class CSRRows(Rows):
    @property
    def n_stored(self) -> int: ...
    def __init__(self, X: _CSR, sample_weight: NDArray[np.float64] | None = None) -> None: ...

def column_sums(
    rows: CSRRows, lo: int, hi: int, origin: NDArray[np.float64], sums: NDArray[np.float64]
) -> float: ...
def to_all(
    rows: CSRRows,
    lo: int,
    hi: int,
    columns: NDArray[np.float64],
    centers: NDArray[np.float64],
    out: NDArray[np.float32 | np.float64],
) -> None: ...
