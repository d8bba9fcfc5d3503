import numpy as np
from numpy.typing import NDArray

from ..core.passes import _MapTasks
from ..rows.dense_rows import DenseRows
from .em import Mixture

class DiagonalMixture(Mixture):
    @property
    def covariances(self) -> NDArray[np.float64]: ...
    @property
    def precisions_cholesky(self) -> NDArray[np.float64]: ...
    def __init__(
        self,
        rows: DenseRows,
        n_components: int,
        shard_bounds: NDArray[np.intp],
        map_tasks: _MapTasks | None,
        total_weight: float,
        spherical: bool = False,
    ) -> None: ...
    def set_parameters(
        self,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        precisions_cholesky: NDArray[np.float64],
        covariances: NDArray[np.float64] | None = None,
    ) -> None: ...
