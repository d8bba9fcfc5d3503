from typing import final

import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.dense_rows import DenseRows
from ..rows.rows import Frame
from .plusplus import GreedySeeding

@final
class PlusPlus(GreedySeeding):
    def __init__(
        self,
        rows: DenseRows,
        frame: Frame,
        shard_bounds: NDArray[np.intp],
        n_clusters: int,
        n_trials: int,
        map_tasks: _MapTasks | None = None,
        keep_panels: bool = False,
    ) -> None: ...
