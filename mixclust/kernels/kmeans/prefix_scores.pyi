from typing import final

import numpy as np
from numpy.typing import NDArray

from .coarse_scores import CoarseScores

@final
class PrefixScores(CoarseScores):
    @property
    def n_axes(self) -> int: ...
    @property
    def error(self) -> float: ...
    def __init__(self, axes: NDArray[np.float32]) -> None: ...
