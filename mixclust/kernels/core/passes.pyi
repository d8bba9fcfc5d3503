from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_MapTasks: TypeAlias = Callable[[Callable[[int], None], int], object]

class Pass:
    @property
    def n_samples(self) -> int: ...
    @property
    def n_shards(self) -> int: ...
    def __init__(
        self,
        n_samples: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
    ) -> None: ...
    def shard(self, s: int) -> None: ...
