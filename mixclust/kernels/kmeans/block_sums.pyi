from typing import final

from ..rows.rows import Blocks
from .center_sums import DenseSums
from .row_blocks import RowBlocks

@final
class BlockSums(DenseSums):
    def __init__(
        self,
        blocks: Blocks,
        n_clusters: int,
        n_shards: int,
        leaves: RowBlocks,
        n_slices: int = 0,
    ) -> None: ...
