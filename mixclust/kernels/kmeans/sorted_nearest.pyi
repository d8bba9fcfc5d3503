from typing import final

from ..rows.rows import Blocks
from .dense_nearest import DenseNearest

@final
class SortedNearest(DenseNearest):
    def __init__(self, blocks: Blocks, n_clusters: int) -> None: ...
