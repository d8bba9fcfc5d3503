"""Monitor of KMeans: its lines of progress and the state that its callback receives."""

from __future__ import annotations

import math

from .._estimator.monitor import Monitor
from .._inputs.annotations import Float64Array

__all__ = ["KMeansMonitor", "KMeansState"]


class KMeansState:
    """Argument of the callback of `KMeans`, which is called once an iteration.

    Attributes
    ----------
    init : int
        Number of the run, from 0 to ``n_init - 1``; `n_init` during the refinement.
    iteration : int
        Iterations of the run so far; of the refinement, the exchanges of centres tried so far.
    inertia : float
        Weighted sum of squared distances to the centres before the iteration, in squared units of
        X times weight; during the refinement, the lowest inertia so far.
    center_shift : float
        Sum of the squared shifts of the centres, in squared units of X; NaN during the
        refinement.
    """

    def __init__(
        self, init: int, iteration: int, inertia: float, center_shift: float, centers: Float64Array
    ) -> None:
        self.init = init
        self.iteration = iteration
        self.inertia = inertia
        self.center_shift = center_shift
        self._centers = centers

    def centers(self) -> Float64Array:
        """Centres after the iteration; during the refinement, the best ones so far.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64
            A copy, in units of X.
        """
        return self._centers.copy()


class KMeansMonitor(Monitor):
    """Monitor that prints the same lines as scikit-learn's KMeans.

    Parameters
    ----------
    params : namespace
        Checked parameters of a `KMeans`, of which `verbose` and `callback` are read.
    tol : float
        Sum of squared shifts of the centres at which a run ends, in squared units of X.
    """

    def __init__(self, params, tol):
        super().__init__(params)
        self._tol = tol

    def __call__(self, *iteration):
        """Begin a run if called without arguments, else record an iteration."""
        if iteration:
            return super().__call__(*iteration)
        self.begin_run()
        if self.verbose:
            print("Initialization complete")
        return False

    def _print_iteration(self, inertia, shift, centers):
        i = len(self.objectives)
        if math.isnan(shift):
            print(f"Refinement {i}, inertia {inertia}.")
            return
        print(f"Iteration {i}, inertia {inertia}, center shift {shift}.")
        if shift == 0:  # then no row changes its centre either
            print(f"Converged at iteration {i}: strict convergence.")
        elif shift <= self._tol:
            print(f"Converged at iteration {i}: center shift {shift} within tolerance {self._tol}.")

    def _state(self, shift, centers):
        return KMeansState(self.init, len(self.objectives), self.objectives[-1], shift, centers)
