from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..rows.dense_rows import DenseRows
from .lloyd import Lloyd

@final
class Batches:
    @property
    def size(self) -> int: ...
    @property
    def n_samples(self) -> int: ...
    @property
    def indices(self) -> NDArray[np.intp]: ...
    def __init__(
        self,
        n_samples: int,
        size: int,
        draw: Callable[[int], NDArray[np.float64]],
        cumulative: NDArray[np.float64] | None = None,
        guide: NDArray[np.intp] | None = None,
        load: Callable[[NDArray[np.intp]], Lloyd] | None = None,
        source: DenseRows | None = None,
        passes: Lloyd | None = None,
    ) -> None: ...

@final
class RunningMeans:
    @property
    def n_since_reassignment(self) -> int: ...
    def __init__(
        self,
        centers: NDArray[np.float64],
        counts: NDArray[np.float64],
        reassignment_ratio: float = 0.0,
        forgetting_factor: float = 1.0,
        n_since_reassignment: int = 0,
    ) -> None: ...
    def step(
        self,
        passes: Lloyd,
        labels: NDArray[np.int32],
        reassign: Callable[[NDArray[np.float64], NDArray[np.float64]], object] | None = None,
    ) -> float: ...
    def run(
        self,
        batches: Batches,
        n_steps: int,
        tol: float,
        smoothing: float,
        patience: int,
        reassign: Callable[[NDArray[np.float64], NDArray[np.float64]], object] | None = None,
        report: Callable[[int, float, float, float, NDArray[np.float64]], object] | None = None,
    ) -> tuple[int, float, str | None]: ...
