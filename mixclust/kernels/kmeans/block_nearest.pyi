from typing import final

from ..rows.rows import Blocks
from .dense_nearest import DenseNearest
from .nearest_center import NearestCenter
from .row_blocks import RowBlocks

@final
class BlockNearest(DenseNearest):
    def __init__(
        self, blocks: Blocks, n_clusters: int, leaves: RowBlocks, other: NearestCenter
    ) -> None: ...
