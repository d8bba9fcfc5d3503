from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..rows.rows import Blocks
from .nearest_center import NearestCenter
from .rotation import Rotation

@final
class PrefixNearest(NearestCenter):
    def __init__(
        self,
        blocks: Blocks,
        n_clusters: int,
        full: NearestCenter,
        choose_rotation: Callable[[NDArray[np.float64]], Rotation | None],
        max_bytes: int,
        always: bool = False,
    ) -> None: ...
