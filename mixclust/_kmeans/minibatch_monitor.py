"""Monitor of MiniBatchKMeans: its lines of progress and the state that its callback receives."""

from __future__ import annotations

import math

from .._estimator.clock import FitProgress
from .._estimator.monitor import Monitor
from .._estimator.show import show
from .._inputs.annotations import Float64Array

__all__ = ["MiniBatchKMeansState", "MiniBatchMonitor"]


class MiniBatchKMeansState(FitProgress):
    """Argument of the callback of `MiniBatchKMeans`, which `fit` calls at each start and batch.

    Attributes
    ----------
    phase, n_runs, seconds, seconds_left, message
        See `FitProgress`; `n_runs` are the starts that the fit compares.
    step : int
        Batches taken in so far; 0 during the starts.
    n_steps : int
        Batches that the fit takes in at most.
    inertia : float
        Mean squared distance of the rows of the batch to their nearest centres, before these
        moved, in squared units of X; NaN during the starts.
    ewa_inertia : float
        Exponentially weighted average of it over the batches but the first, by which the fit
        stops; NaN before the second batch.
    center_shift : float
        Sum of the squared shifts of the centres, in squared units of X; NaN during the starts.
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
        """Centres after the batch, or of the start.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64
            A copy, in units of X.
        """
        return self._centers.copy()

    def _message(self):
        if self.phase == "start":
            return "start" if self.n_runs == 1 else f"start {self._start + 1} of {self.n_runs}"
        return f"batch {self.step} of {self.n_steps}"

    _start = 0


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
        super().__init__(params, max_iter=n_steps)
        self._n_steps = n_steps
        self._n_starts = 1

    def begin_starts(self, n_starts):
        """Begin the fit with starts, of which one is kept."""
        self._n_starts = n_starts
        self.begin_run("seeding")

    def show_start_of(self, i, centers):
        """Call the callback about a start that was drawn or seeded."""
        if self.callback is not None:
            self.show_start((i + 1) / self._n_starts, i, centers)

    def _start_state(self, i, centers):
        nan = math.nan
        state = MiniBatchKMeansState(0, self._n_steps, nan, nan, nan, centers)
        state._start = i
        return state

    def _filled(self, state, *times):
        super()._filled(state, *times)
        state.n_runs = self._n_starts
        return state

    def _print_iteration(self, inertia, smoothed, shift, centers):
        line = f"Minibatch step {len(self.objectives) + 1}/{self._n_steps}: "
        line += f"mean batch inertia: {inertia}"
        line = line if math.isnan(smoothed) else f"{line}, ewa inertia: {smoothed}"
        show(self._with_time_left(line))

    def _state(self, smoothed, shift, centers):
        step, inertia = len(self.objectives), self.objectives[-1]
        return MiniBatchKMeansState(step, self._n_steps, inertia, smoothed, shift, centers)

    def _iterations_left(self):
        return self._n_steps - len(self.objectives)
