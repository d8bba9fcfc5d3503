"""Monitor of KMeans: its lines of progress and the state that its callback receives."""

from __future__ import annotations

import math

from .._estimator.clock import FitProgress, falling, with_time_left
from .._estimator.monitor import Monitor
from .._estimator.show import show
from .._inputs.annotations import Float64Array

__all__ = ["KMeansMonitor", "KMeansState", "RefinementMonitor"]


class KMeansState(FitProgress):
    """Argument of the callback of `KMeans`: once the start of a run is found, and each iteration.

    Attributes
    ----------
    phase, n_runs, seconds, seconds_left, message
        See `FitProgress`.
    init : int
        Number of the run, from 0 to ``n_init - 1``; `n_init` during the refinement.
    iteration : int
        Iterations of the run so far, 0 at its start; of the refinement, the exchanges of centres
        tried so far.
    inertia : float
        Weighted sum of squared distances to the centres before the iteration, in squared units of
        X times weight; NaN at the start; during the refinement, the lowest inertia so far.
    center_shift : float
        Sum of the squared shifts of the centres, in squared units of X; NaN at the start and
        during the refinement.
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
        """Centres after the iteration, or of the start; in the refinement, the best ones so far.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64
            A copy, in units of X.
        """
        return self._centers.copy()

    def _message(self):
        if self.phase == "refinement":
            return f"refinement, exchange {self.iteration}"
        done = f"iteration {self.iteration}" if self.iteration else "seeded"
        return self._of_run(done)


class KMeansMonitor(Monitor):
    """Monitor that prints the same lines as scikit-learn's KMeans.

    Parameters
    ----------
    params : namespace
        Checked parameters of a `KMeans`, of which `verbose` and `callback` are read.
    tol : float
        Sum of squared shifts of the centres at which a run ends, in squared units of X.
    n_runs : int, default=1
        Runs of the fit.
    seeds : callable, default=None
        ``seeds(i)`` returns the centres at which run i starts, once they are found.
    """

    def __init__(self, params, tol, n_runs=1, seeds=None):
        super().__init__(params, n_runs, params.max_iter)
        self._tol, self._seeds = tol, seeds
        self._shifts = []
        self._is_seeding = False

    def begin_run(self, text="seeding"):
        """Count a new run."""
        super().begin_run(text)
        self._shifts = []

    def watch(self, make_seeding):
        """Return a maker of seedings that tells of each run that begins with one."""

        def make():
            self.begin_seeding()
            return make_seeding()

        return make

    def begin_seeding(self, text="seeding"):
        """Begin a run that looks for its seeds; nothing happens if nobody watches."""
        self.begin_run(text)
        self._is_seeding = True
        if self.verbose:
            of_runs = f" run {self.init + 1} of {self.n_runs}" if self.n_runs > 1 else ""
            show(with_time_left(f"{text.capitalize()}{of_runs}", *self._clock.read()))

    def __call__(self, *iteration):
        """Tell of the start of a run if called without arguments, else record an iteration."""
        if iteration:
            self._shifts.append(iteration[2])
            return super().__call__(*iteration)
        if self._is_seeding:
            self.show_start(1)
        else:
            self.begin_run("iterations")
        self._is_seeding = False
        if self.verbose:
            show("Initialization complete")
        self.start_found()
        return self.stopped

    def _print_iteration(self, inertia, shift, centers):
        i = len(self.objectives)
        if math.isnan(shift):
            show(f"Refinement {i}, inertia {inertia}.")
            return
        line = f"Iteration {i}, inertia {inertia}, center shift {shift}."
        show(line if shift <= self._tol else self._with_time_left(line))
        if shift == 0:  # then no row changes its centre either
            show(f"Converged at iteration {i}: strict convergence.")
        elif shift <= self._tol:
            show(f"Converged at iteration {i}: center shift {shift} within tolerance {self._tol}.")

    def _state(self, shift, centers):
        return KMeansState(self.init, len(self.objectives), self._last(), shift, centers)

    def _start_state(self):
        return KMeansState(self.init, 0, math.nan, math.nan, self._seeds(self.init))

    def _iterations_left(self):
        return falling(self._shifts, self._tol, self.max_iter - len(self.objectives))


class RefinementMonitor(KMeansMonitor):
    """Monitor of the refinement, which is a run of its own.

    Parameters
    ----------
    params, tol
        As for `KMeansMonitor`.
    n_runs : int
        Runs before.
    """

    phase = "refinement"

    def __init__(self, params, tol, n_runs):
        super().__init__(params, tol)
        self.max_iter = 0  # exchanges have no limit of that kind
        self.begin_run("refinement")
        self.init = self.n_runs = n_runs

    def _iterations_left(self):
        return None
