from .constrained import ConstrainedMaximiser, SpectralMaximiser
from .parameters import VarianceLimits

class OrientedMaximiser(SpectralMaximiser):
    @property
    def orientation_varies(self) -> bool: ...
    def __init__(
        self,
        limits: VarianceLimits,
        smallest_count: float,
        volume_varies: bool,
        shape_varies: bool,
        orientation_varies: bool,
    ) -> None: ...
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...

class ProportionalMaximiser(ConstrainedMaximiser):
    def shapes(
        self, n_components: int, n_features: int
    ) -> tuple[tuple[int, int, int], tuple[int, int]]: ...
