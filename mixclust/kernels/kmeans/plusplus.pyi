import numpy as np
from numpy.typing import NDArray

from ..core.passes import Pass, _MapTasks
from ..rows.rows import Rows

class GreedySeeding(Pass):
    def __init__(
        self,
        rows: Rows,
        shard_bounds: NDArray[np.intp],
        n_clusters: int,
        n_trials: int,
        map_tasks: _MapTasks | None,
    ) -> None: ...
    def run(
        self,
        uniforms: NDArray[np.float64],
        indices: NDArray[np.intp],
        given: NDArray[np.float64] | None = None,
    ) -> None: ...
