from typing import final

import numpy as np
from numpy.typing import NDArray

from .passes import _MapTasks
from .rows import Rows
from .seeding import GreedySeeding

@final
class PlusPlus(GreedySeeding):
    def __init__(
        self,
        rows: Rows,
        shard_bounds: NDArray[np.intp],
        n_clusters: int,
        n_trials: int,
        map_tasks: _MapTasks | None = None,
        keep_panels: bool = False,
    ) -> None: ...
