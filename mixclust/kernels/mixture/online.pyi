from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.rows import Frame, Rows
from .em import EM
from .model import Model

LOG_LIKELIHOOD_OF_LOST_ROWS: float

def find_middle(
    weights: NDArray[np.float64], means: NDArray[np.float64]
) -> NDArray[np.float64]: ...

@final
class OnlineEM(EM):
    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        model: Model,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        weight: float,
        refuse: Callable[[], object],
    ) -> None: ...
    def exchange(
        self, rows: Rows, frame: Frame, weight: float, refuse: Callable[[], object]
    ) -> None: ...
    def release(self) -> None: ...
    def go_on_from(
        self,
        sums: NDArray[np.float64],
        origins: NDArray[np.float64],
        noise_count: float,
        weight: float,
    ) -> None: ...
    def result(self, weight: float) -> tuple[NDArray[np.float64], float]: ...
    def step(
        self,
        rows: Rows,
        refuse: Callable[[], object],
        share: float,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        factors: NDArray[np.float64],
        covariances: NDArray[np.float64],
        state: NDArray[np.float64],
    ) -> tuple[float, int, tuple[NDArray[np.float64], ...], NDArray[np.float64]] | None: ...
