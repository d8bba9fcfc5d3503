import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.dense_rows import DenseRows
from ..rows.frame import Frame
from .lloyd import Lloyd

class DenseLloyd(Lloyd):
    def __init__(
        self,
        rows: DenseRows,
        frame: Frame,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
        n_sum_slices: int = 0,
        keep_panels: bool = False,
    ) -> None: ...
