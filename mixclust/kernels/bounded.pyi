from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from .dense import DenseLloyd
from .passes import _MapTasks
from .rows import Rows

@final
class BoundedLloyd(DenseLloyd):
    def __init__(
        self,
        rows: Rows,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        n_sum_slices: int,
        keep_panels: bool,
        group_centers: Callable[[NDArray[np.float64], int], NDArray[np.intp]],
        always: bool,
    ) -> None: ...
