from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..rows.rows import Blocks
from .island_nearest import IslandNearest

@final
class BoundedNearest(IslandNearest):
    def __init__(
        self,
        blocks: Blocks,
        n_clusters: int,
        keep_panels: bool,
        group_centers: Callable[[NDArray[np.float64], int], NDArray[np.intp]],
        always: bool,
    ) -> None: ...
