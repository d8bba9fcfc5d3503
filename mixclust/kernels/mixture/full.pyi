import numpy as np
from numpy.typing import NDArray

from .em import Mixture

class FullMixture(Mixture):
    def find_covariances(
        self, labels: NDArray[np.int32] | None = None, resp: NDArray[np.float64] | None = None
    ) -> None: ...
    @property
    def covariances(self) -> NDArray[np.float64]: ...
    @property
    def precisions_cholesky(self) -> NDArray[np.float64]: ...
    def set_parameters(
        self,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        precisions_cholesky: NDArray[np.float64],
        covariances: NDArray[np.float64] | None = None,
    ) -> None: ...
