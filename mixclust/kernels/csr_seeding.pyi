from typing import final

import numpy as np
from numpy.typing import NDArray

from .csr_rows import CSRRows
from .passes import _MapTasks
from .seeding import GreedySeeding

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
