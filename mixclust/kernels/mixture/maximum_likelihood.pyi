from .model import Maximiser
from .parameters import VarianceLimits

class FullMaximiser(Maximiser):
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...

class TiedMaximiser(Maximiser):
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...

class DiagonalMaximiser(Maximiser):
    def __init__(
        self, limits: VarianceLimits, smallest_count: float, spherical: bool = False
    ) -> None: ...
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...
