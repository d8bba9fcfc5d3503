import numpy as np
from numpy.typing import NDArray

from .parameters import Parameters

class Candidates:
    never_rests: bool
    @property
    def state(self) -> int: ...
    @property
    def share(self) -> float: ...
    def __init__(
        self,
        parameters: Parameters,
        shard_bounds: NDArray[np.intp],
        height: int,
    ) -> None: ...
