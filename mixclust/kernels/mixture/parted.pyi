from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from .em import EM
from .model import Model
from .statistics import Statistics

@final
class PartPass(EM):
    def add_part(
        self, origins: NDArray[np.float64] | None = None, exact: bool = False
    ) -> Statistics: ...

@final
class PartedEM(EM):
    def __init__(
        self, model: Model, total_weight: float, sum_parts: Callable[[Model], Statistics]
    ) -> None: ...
