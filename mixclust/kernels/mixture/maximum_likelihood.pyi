from .model import Maximiser
from .parameters import VarianceLimits

class FullMaximiser(Maximiser): ...
class TiedMaximiser(Maximiser): ...

class DiagonalMaximiser(Maximiser):
    def __init__(
        self, limits: VarianceLimits, smallest_count: float, spherical: bool = False
    ) -> None: ...
