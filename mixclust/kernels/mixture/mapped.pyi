from .linear import LinearDensity

class MappedDensity(LinearDensity):
    def __init__(self, n_components: int, n_features: int, n_squares: int) -> None: ...

class SharedAxesDensity(MappedDensity):
    def __init__(self, n_components: int, n_features: int) -> None: ...

class WhitenedDensity(MappedDensity):
    def __init__(self, n_components: int, n_features: int) -> None: ...
