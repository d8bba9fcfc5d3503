import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.csr_rows import CSRRows
from ..rows.frame import Frame
from .lloyd import Lloyd

class CSRLloyd(Lloyd):
    def __init__(
        self,
        rows: CSRRows,
        frame: Frame,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
    ) -> None: ...
