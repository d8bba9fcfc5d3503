from collections import deque
from collections.abc import Callable
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from .lloyd import Lloyd
from .plusplus import GreedySeeding

class _Starts(Protocol):
    @property
    def centers(self) -> NDArray[np.float64] | None: ...
    @property
    def rows(self) -> NDArray[np.intp] | None: ...
    @property
    def uniforms(self) -> NDArray[np.float64] | None: ...
    @property
    def frozen(self) -> NDArray[np.float64] | None: ...

@final
class Runs:
    @property
    def n_free(self) -> int: ...
    def __init__(self, n_places: int, n_samples: int, n_features: int, n_clusters: int) -> None: ...
    def reserve(self) -> None: ...
    def run(
        self,
        passes: Lloyd,
        starts: _Starts,
        make_seeding: Callable[[], GreedySeeding],
        keep_seeding: bool,
        tasks: deque[int],
        first: int,
        max_iter: int,
        tol: float,
        report: Callable[..., object] | None = None,
    ) -> None: ...
    def compare(self, inertias: NDArray[np.float64]) -> None: ...
    def result(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.int32], float, int, int, int]: ...
