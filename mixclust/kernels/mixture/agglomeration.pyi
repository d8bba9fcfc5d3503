import numpy as np
from numpy.typing import NDArray

class Groups:
    def __init__(
        self,
        rows: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        labels: NDArray[np.int32],
        n_groups: int,
        are_ellipsoids: bool,
    ) -> None: ...
    def merge(self) -> NDArray[np.int32]: ...
