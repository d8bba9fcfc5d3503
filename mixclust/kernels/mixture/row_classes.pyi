import numpy as np
from numpy.typing import NDArray

class RowClasses:
    def __init__(
        self,
        of_rows: NDArray[np.int32],
        of_components: NDArray[np.int32],
        priors: NDArray[np.float64] | None = None,
    ) -> None: ...
    def check(self, n_samples: int, n_components: int) -> None: ...
