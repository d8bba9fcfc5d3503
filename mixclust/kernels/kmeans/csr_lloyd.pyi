import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.csr_rows import CSRRows
from .lloyd import Lloyd

class CSRLloyd(Lloyd):
    def __init__(
        self,
        rows: CSRRows,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
    ) -> None: ...
