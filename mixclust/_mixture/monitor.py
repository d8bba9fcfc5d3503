"""Monitor of GaussianMixture: its lines of progress and the state that its callback receives."""

from __future__ import annotations

import copy
from time import perf_counter
from typing import Any

import numpy as np

from .._estimator.clock import FitProgress, falling, with_time_left
from .._estimator.monitor import Monitor
from .._estimator.show import show
from .data import MixtureData
from .parameters import Parameters

__all__ = ["FitState", "MixtureMonitor"]


class FitState(FitProgress):
    """Argument of the callback of `GaussianMixture`: after steps of a start, and each iteration.

    Attributes
    ----------
    phase, n_runs, seconds, seconds_left, message
        See `FitProgress`.
    init : int
        Number of the run, from 0 to ``n_init - 1``.
    iteration : int
        Iterations of the run so far; 0 during its start.
    lower_bound : float
        Mean log-likelihood of a row under the parameters before the iteration, in nats. During a
        start, that of the best parameters so far on the rows that the search looks at.
    """

    _step = "start"

    def __init__(
        self, init: int, iteration: int, lower_bound: float, data: MixtureData, kernel: Any
    ) -> None:
        self.init = init
        self.iteration = iteration
        self.lower_bound = lower_bound
        self._data = data
        self._kernel = kernel

    def parameters(self) -> Parameters:
        """Parameters after the iteration; during a start, the best ones so far.

        Returns
        -------
        parameters : named tuple of weights, means, covariances and precisions_cholesky
            Copies, in units of X.
        """
        if isinstance(self._kernel, Parameters):
            return copy.deepcopy(self._kernel)
        return self._data.parameters(self._kernel)

    def _message(self):
        done = f"iteration {self.iteration}" if self.iteration else self._step
        return self._of_run(done)


class MixtureMonitor(Monitor):
    """Monitor that prints the same lines as scikit-learn's GaussianMixture.

    Parameters
    ----------
    params : namespace
        Checked parameters of a `GaussianMixture`, of which `verbose`, `verbose_interval` and
        `callback` are read.
    data : MixtureData
    n_runs : int, default=1
        Runs of the fit.

    Attributes
    ----------
    kernel : compiled mixture
        The mixture that is iterated. Set it before the first iteration.
    """

    kernel = None

    def __init__(self, params, data, n_runs=1):
        super().__init__(params, n_runs, params.max_iter)
        self._interval = params.verbose_interval
        self._data, self._tol = data, params.tol

    def begin_run(self, bound=-np.inf):
        """Count and print a new run, and start its clock.

        Parameters
        ----------
        bound : float, default=-inf
            Lower bound of the fit that a warm start continues, in nats.
        """
        super().begin_run("search for a start")
        self._bound_before = bound
        self._run_began = self._line_printed = perf_counter()
        self._print(f"Initialization {self.init}")

    def show_step(self, step, share, bound, parameters):
        """Print a step of a search for a start, and call the callback.

        Parameters
        ----------
        step : str
            The step that was taken, in a few words.
        share : float
            Share of the search that is done, at least.
        bound : float
            Mean log-likelihood of a row of the best parameters so far, in nats.
        parameters : Parameters
            The best ones so far, in units of X.

        Returns
        -------
        ends : bool
            True if the callback asks for the end of the run.
        """
        self._print(f"  Start: {step}", f"\t best {bound:.5f}", self._clock.read(share=share))
        return self.show_start(share, step, bound, parameters)

    def _start_state(self, step, bound, parameters):
        state = FitState(self.init, 0, float(bound), self._data, parameters)
        state._step = step
        return state

    def _iterations_left(self):
        gains = np.diff(self.objectives[-8:])
        if len(gains) < 3 or not gains[-1] > 0:
            return None
        # The gain to come is about gain * rate / (1 - rate), and the run ends where it is `tol`.
        rate = min(0.99, max(0.01, gains[-1] / gains[-2])) if gains[-2] > 0 else 0.5
        most = self.max_iter - len(self.objectives)
        return falling(gains.tolist(), self._tol * (1 - rate) / rate, most)

    def end_run(self, bound, converged):
        """Print how the run ended.

        Parameters
        ----------
        bound : float
            Lower bound of the last iteration, in nats.
        converged : bool
        """
        self._print(
            f"Initialization {'converged' if converged else 'did not converge'}.",
            f" time lapse {perf_counter() - self._run_began:.5f}s\t lower bound {bound:.5f}.",
        )

    def _print_iteration(self, bound):
        iteration = len(self.objectives) + 1
        if iteration % self._interval:
            return
        now = perf_counter()
        change = bound - (self.objectives[-1] if self.objectives else self._bound_before)
        self._print(
            f"  Iteration {iteration}",
            f"\t time lapse {now - self._line_printed:.5f}s\t ll change {change:.5f}",
            self._read_clock(1),
        )
        self._line_printed = now

    def _state(self):
        return FitState(self.init, len(self.objectives), self._last(), self._data, self.kernel)

    def _print(self, text, details="", times=(0.0, None)):
        """Print a text and the time left; with ``verbose=2``, details of the text too."""
        if self.verbose:
            show(with_time_left(text + details if self.verbose > 1 else text, *times))
