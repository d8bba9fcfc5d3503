from ..rows.rows import Blocks
from .dense_nearest import DenseNearest

class IslandNearest(DenseNearest):
    def __init__(self, blocks: Blocks, n_clusters: int, keep_panels: bool = False) -> None: ...
