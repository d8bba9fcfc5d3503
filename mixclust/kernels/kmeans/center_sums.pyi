from typing import final

from ..rows.csr_rows import CSRRows
from ..rows.rows import Blocks, Frame

class CenterSums: ...

class DenseSums(CenterSums):
    def __init__(
        self, blocks: Blocks, n_clusters: int, n_shards: int, n_slices: int = 0
    ) -> None: ...

@final
class CSRSums(CenterSums):
    def __init__(self, rows: CSRRows, frame: Frame, n_clusters: int) -> None: ...
