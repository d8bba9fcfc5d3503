import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.dense_rows import DenseRows
from .plusplus import GreedySeeding

class BlockPlusPlus(GreedySeeding):
    def __init__(
        self,
        rows: DenseRows,
        order: NDArray[np.int32],
        shard_bounds: NDArray[np.intp],
        n_clusters: int,
        n_trials: int,
        map_tasks: _MapTasks | None = None,
    ) -> None: ...
