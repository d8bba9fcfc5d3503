import numpy as np
from numpy.typing import NDArray

class CenterUpdate:
    def __init__(self, round_to_float: bool = False, n_frozen: int = 0) -> None: ...
    def refill(
        self,
        sums: NDArray[np.float64],
        counts: NDArray[np.intp],
        rows: NDArray[np.float64],
        owners: NDArray[np.int32],
    ) -> int: ...
