import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.rows import Frame, Rows
from .model import Density
from .parameters import Parameters
from .strip_pass import StripPass

class Answers(StripPass):
    @property
    def n_columns(self) -> int: ...
    def sums(self) -> tuple[float, float]: ...
    @property
    def has_lost_rows(self) -> bool: ...
    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        density: Density,
        parameters: Parameters,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
    ) -> None: ...
    def label(self, labels: NDArray[np.int32]) -> None: ...
    def score(self, log_prob: NDArray[np.float64]) -> None: ...
    def responsibilities(
        self, resp: NDArray[np.float64], log_prob: NDArray[np.float64]
    ) -> None: ...
