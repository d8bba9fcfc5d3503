from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..core.passes import Pass, _MapTasks
from ..rows.row_order import RowOrder
from .center_sums import CenterSums
from .center_update import CenterUpdate
from .nearest_center import NearestCenter

@final
class Lloyd(Pass):
    @property
    def n_refilled(self) -> int: ...
    @property
    def n_decided(self) -> int: ...
    @property
    def n_lost(self) -> int: ...
    def __init__(
        self,
        nearest: NearestCenter,
        sums: CenterSums,
        update: CenterUpdate,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None = None,
        order: RowOrder | None = None,
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
    def measure(
        self,
        centers: NDArray[np.float64],
        labels: NDArray[np.int32],
        out: NDArray[np.float64],
        margins: bool = False,
    ) -> None: ...
    def expect(
        self,
        centers: NDArray[np.float64],
        labels: NDArray[np.int32],
        measure: bool = True,
    ) -> tuple[NDArray[np.float64], NDArray[np.intp], float]: ...
    def sum_slice(self, s: int) -> None: ...
