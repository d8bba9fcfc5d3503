import numpy as np
from numpy.typing import NDArray

from .lloyd import Lloyd
from .passes import _MapTasks
from .rows import Rows

class DenseLloyd(Lloyd):
    def __init__(
        self,
        rows: Rows,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
        n_sum_slices: int = 0,
        keep_panels: bool = False,
    ) -> None: ...
