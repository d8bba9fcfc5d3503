import numpy as np
from numpy.typing import NDArray

from .em import EM

class Replicates:
    @property
    def n_numbers(self) -> int: ...
    def __init__(
        self,
        em: EM,
        weights: NDArray[np.float64],
        source: NDArray[np.float64] | None,
        packed: NDArray[np.float64] | None,
        scales: NDArray[np.float64],
    ) -> None: ...
    def run(
        self,
        weights: NDArray[np.float64],
        which: NDArray[np.intp],
        max_iter: int,
        tol: float,
        numbers: NDArray[np.float64],
        bounds: NDArray[np.float64],
        outcomes: NDArray[np.int32],
    ) -> None: ...

def count_draws(draws: NDArray[np.int32], counts: NDArray[np.float64]) -> None: ...
