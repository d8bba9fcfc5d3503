from .model import Density, Moments

class LinearDensity(Density):
    def __init__(self, n_components: int, n_features: int, n_extra: int) -> None: ...

class LinearMoments(Moments):
    def __init__(self, n_components: int, n_features: int, n_extra: int) -> None: ...
