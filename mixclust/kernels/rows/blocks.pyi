from .frame import Frame
from .rows import Rows

class Blocks:
    def __init__(self, rows: Rows, frame: Frame, keep: bool = False) -> None: ...
