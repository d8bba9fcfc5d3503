from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..rows.rows import Blocks
from .dense_nearest import DenseNearest

@final
class BoundedNearest(DenseNearest):
    def __init__(
        self,
        blocks: Blocks,
        n_clusters: int,
        keep_panels: bool,
        group_centers: Callable[[NDArray[np.float64], int], NDArray[np.intp]],
        always: bool,
    ) -> None: ...
