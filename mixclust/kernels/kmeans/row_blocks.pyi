from ..rows.dense_rows import DenseRows
from ..rows.rows import Frame

ROWS_OF_A_LEAF: int
ROWS_OF_A_NODE: int

class RowBlocks:
    def __init__(self, rows: DenseRows, frame: Frame) -> None: ...
    def fill(self, lo: int, hi: int) -> None: ...
    def measure(self) -> None: ...
