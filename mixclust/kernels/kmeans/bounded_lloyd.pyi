from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.dense_rows import DenseRows
from ..rows.frame import Frame
from .plain_lloyd import DenseLloyd

@final
class BoundedLloyd(DenseLloyd):
    def __init__(
        self,
        rows: DenseRows,
        frame: Frame,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        n_sum_slices: int,
        keep_panels: bool,
        group_centers: Callable[[NDArray[np.float64], int], NDArray[np.intp]],
        always: bool,
    ) -> None: ...
