from ..rows.rows import Blocks
from .nearest_center import NearestCenter

class DenseNearest(NearestCenter):
    def __init__(self, blocks: Blocks, n_clusters: int, keep_panels: bool = False) -> None: ...
