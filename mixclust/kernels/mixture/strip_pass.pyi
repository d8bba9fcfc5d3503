import numpy as np
from numpy.typing import NDArray

from ..core.passes import Pass, _MapTasks
from ..rows.rows import Frame, Rows

class StripPass(Pass):
    @property
    def n_features(self) -> int: ...
    @property
    def n_components(self) -> int: ...
    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        n_components: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
    ) -> None: ...
