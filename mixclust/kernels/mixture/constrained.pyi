from .model import Maximiser
from .parameters import Parameters, VarianceLimits
from .statistics import Statistics

class ConstrainedMaximiser(Maximiser):
    @property
    def spherical(self) -> bool: ...
    def __init__(
        self, limits: VarianceLimits, smallest_count: float, spherical: bool = False
    ) -> None: ...
    def maximise_once(self, statistics: Statistics, parameters: Parameters) -> int: ...

class SpectralMaximiser(ConstrainedMaximiser):
    @property
    def volume_varies(self) -> bool: ...
    @property
    def shape_varies(self) -> bool: ...
    def __init__(
        self,
        limits: VarianceLimits,
        smallest_count: float,
        volume_varies: bool,
        shape_varies: bool,
        spherical: bool = False,
    ) -> None: ...
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...
