from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.rows import Frame, Rows
from .candidates import Candidates
from .model import Model
from .row_classes import RowClasses
from .statistics import Statistics
from .strip_pass import StripPass

class EM(StripPass):
    fell: float
    gain_to_come: float
    skips: int
    @property
    def model(self) -> Model: ...
    @property
    def candidates(self) -> Candidates | None: ...
    @property
    def n_iter(self) -> int: ...
    @property
    def counts(self) -> NDArray[np.float64]: ...
    @property
    def collapsed(self) -> NDArray[np.bool_]: ...
    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        model: Model,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        total_weight: float,
    ) -> None: ...
    def restrict(self, classes: RowClasses) -> None: ...
    def expect(self) -> Statistics: ...
    def sum_given(
        self,
        labels: NDArray[np.int32] | None = None,
        resp: NDArray[np.float64] | None = None,
    ) -> Statistics: ...
    def start(
        self,
        labels: NDArray[np.int32] | None = None,
        resp: NDArray[np.float64] | None = None,
    ) -> int: ...
    def set_parameters(
        self,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        factors: NDArray[np.float64],
        covariances: NDArray[np.float64] | None = None,
        noise_weight: float = 0.0,
    ) -> None: ...
    def run(
        self,
        max_iter: int,
        tol: float,
        history: Sequence[float] = (),
        stop_at_collapse: bool = False,
        callback: Callable[[int, float], object] | None = None,
        resume: bool = False,
        target: float = ...,
    ) -> tuple[list[float], bool, int]: ...
    def check_last(self) -> bool: ...
