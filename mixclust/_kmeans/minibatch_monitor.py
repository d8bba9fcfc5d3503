"""Monitor of MiniBatchKMeans: its lines of progress and the state that its callback receives."""

from __future__ import annotations

import math

from .._estimator.monitor import Monitor
from .._inputs.annotations import Float64Array

__all__ = ["MiniBatchKMeansState", "MiniBatchMonitor"]


class MiniBatchKMeansState:
    """Argument of the callback of `MiniBatchKMeans`, which `fit` calls once a batch.

    Attributes
    ----------
    step : int
        Batches taken in so far.
    n_steps : int
        Batches that the fit takes in at most.
    inertia : float
        Mean squared distance of the rows of the batch to their nearest centres, before these
        moved, in squared units of X.
    ewa_inertia : float
        Exponentially weighted average of it over the batches but the first, by which the fit
        stops; NaN at the first batch.
    center_shift : float
        Sum of the squared shifts of the centres, in squared units of X.
    """

    def __init__(
        self,
        step: int,
        n_steps: int,
        inertia: float,
        ewa_inertia: float,
        center_shift: float,
        centers: Float64Array,
    ) -> None:
        self.step = step
        self.n_steps = n_steps
        self.inertia = inertia
        self.ewa_inertia = ewa_inertia
        self.center_shift = center_shift
        self._centers = centers

    def centers(self) -> Float64Array:
        """Centres after the batch.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64
            A copy, in units of X.
        """
        return self._centers.copy()


class MiniBatchMonitor(Monitor):
    """Monitor that prints the same lines as scikit-learn's MiniBatchKMeans.

    Parameters
    ----------
    params : namespace
        Checked parameters of a `MiniBatchKMeans`, of which `verbose` and `callback` are read.
    n_steps : int
        Batches at most.
    """

    def __init__(self, params, n_steps):
        super().__init__(params)
        self._n_steps = n_steps

    def _print_iteration(self, inertia, smoothed, shift, centers):
        line = f"Minibatch step {len(self.objectives) + 1}/{self._n_steps}: "
        line += f"mean batch inertia: {inertia}"
        print(line if math.isnan(smoothed) else f"{line}, ewa inertia: {smoothed}")

    def _state(self, smoothed, shift, centers):
        step, inertia = len(self.objectives), self.objectives[-1]
        return MiniBatchKMeansState(step, self._n_steps, inertia, smoothed, shift, centers)
