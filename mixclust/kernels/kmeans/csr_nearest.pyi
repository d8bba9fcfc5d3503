from ..rows.csr_rows import CSRRows
from ..rows.rows import Frame
from .nearest_center import NearestCenter

class CSRNearest(NearestCenter):
    def __init__(self, rows: CSRRows, frame: Frame, n_clusters: int) -> None: ...
