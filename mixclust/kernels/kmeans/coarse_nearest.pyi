from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..rows.rows import Blocks
from .coarse_scores import CoarseScores
from .nearest_center import NearestCenter

@final
class CoarseNearest(NearestCenter):
    def __init__(
        self,
        blocks: Blocks,
        n_clusters: int,
        full: NearestCenter,
        choose_scores: Callable[[NDArray[np.float64]], CoarseScores | None],
        max_bytes: int,
        always: bool = False,
    ) -> None: ...
