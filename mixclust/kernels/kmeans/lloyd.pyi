from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..core.passes import Pass, _MapTasks
from ..rows.frame import Frame
from ..rows.rows import Rows

class Lloyd(Pass):
    @property
    def n_clusters(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_sum_slices(self) -> int: ...
    @property
    def n_iter(self) -> int: ...
    @property
    def n_refilled(self) -> int: ...
    @property
    def n_decided(self) -> int: ...
    @property
    def n_lost(self) -> int: ...
    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        n_clusters: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        n_sum_slices: int,
    ) -> None: ...
    def run(
        self,
        centers: NDArray[np.float64],
        labels: NDArray[np.int32],
        max_iter: int,
        tol: float,
        report: Callable[[int, float, float, NDArray[np.float64]], object] | None = None,
    ) -> tuple[float, int]: ...
    def label(
        self,
        centers: NDArray[np.float64],
        labels: NDArray[np.int32],
        measure: bool = True,
    ) -> float: ...
    def sum_slice_task(self, s: int) -> None: ...
