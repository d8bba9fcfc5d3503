from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.passes import Pass, _MapTasks
from ..rows.dense_rows import DenseRows

class Mixture(Pass):
    @property
    def n_features(self) -> int: ...
    @property
    def n_components(self) -> int: ...
    @property
    def n_iter(self) -> int: ...
    fell: float
    gain_to_come: float
    @property
    def has_lost_rows(self) -> bool: ...
    @property
    def weights(self) -> NDArray[np.float64]: ...
    @property
    def nk(self) -> NDArray[np.float64]: ...
    @property
    def means(self) -> NDArray[np.float64]: ...
    @property
    def collapsed(self) -> NDArray[np.bool_]: ...
    def __init__(
        self,
        rows: DenseRows,
        n_components: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        total_weight: float,
    ) -> None: ...
    def set_floor(
        self,
        floor: NDArray[np.float64],
        limit: NDArray[np.float64],
        rescue: NDArray[np.float64],
        rounding: NDArray[np.float64],
    ) -> None: ...
    def start(
        self,
        labels: NDArray[np.int32] | None = None,
        resp: NDArray[np.float64] | None = None,
    ) -> int: ...
    def run(
        self,
        max_iter: int,
        tol: float,
        history: Sequence[float] = (),
        stop_at_collapse: bool = False,
        callback: Callable[[int, float], object] | None = None,
        resume: bool = False,
    ) -> tuple[list[float], bool, int]: ...
    def check_last(self) -> bool: ...
    def label(self, labels: NDArray[np.int32]) -> None: ...
    def score(self, log_prob: NDArray[np.float64]) -> None: ...
    def responsibilities(
        self, resp: NDArray[np.float64], log_prob: NDArray[np.float64]
    ) -> None: ...
