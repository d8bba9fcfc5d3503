from .linear import LinearDensity, LinearMoments
from .model import Density, Moments
from .parameters import Parameters

class DiagonalDensity(Density):
    def __init__(self, parameters: Parameters) -> None: ...

class DiagonalMoments(Moments):
    def __init__(self, n_components: int, n_features: int, spherical: bool = False) -> None: ...

class ExpandedDensity(LinearDensity):
    def __init__(self, n_components: int, n_features: int, spherical: bool = False) -> None: ...

class ExpandedMoments(LinearMoments):
    def __init__(self, n_components: int, n_features: int, spherical: bool = False) -> None: ...
