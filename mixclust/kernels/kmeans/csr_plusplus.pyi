from typing import final

import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.csr_rows import CSRRows
from .plusplus import GreedySeeding

@final
class CSRPlusPlus(GreedySeeding):
    def __init__(
        self,
        rows: CSRRows,
        shard_bounds: NDArray[np.intp],
        n_clusters: int,
        n_trials: int,
        map_tasks: _MapTasks | None = None,
    ) -> None: ...
