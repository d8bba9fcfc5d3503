from typing import final

from .coarse_scores import CoarseScores

MAX_FEATURES: int

def are_fast() -> bool: ...

@final
class ByteScores(CoarseScores):
    def __init__(self, n_features: int) -> None: ...
