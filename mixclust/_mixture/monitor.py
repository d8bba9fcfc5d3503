"""Monitor of GaussianMixture: its lines of progress and the state that its callback receives."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from .._estimator.monitor import Monitor
from .data import MixtureData
from .parameters import Parameters

__all__ = ["FitState", "MixtureMonitor"]


class FitState:
    """Argument of the callback of `GaussianMixture`, which is called once an iteration.

    Attributes
    ----------
    init : int
        Number of the run, from 0 to ``n_init - 1``.
    iteration : int
        Iterations of the run so far.
    lower_bound : float
        Mean log-likelihood of a row under the parameters before the iteration, in nats.
    """

    def __init__(
        self, init: int, iteration: int, lower_bound: float, data: MixtureData, kernel: Any
    ) -> None:
        self.init = init
        self.iteration = iteration
        self.lower_bound = lower_bound
        self._data = data
        self._kernel = kernel

    def parameters(self) -> Parameters:
        """Parameters after the iteration.

        Returns
        -------
        parameters : named tuple of weights, means, covariances and precisions_cholesky
            Copies, in units of X.
        """
        return self._data.parameters(self._kernel)


class MixtureMonitor(Monitor):
    """Monitor that prints the same lines as scikit-learn's GaussianMixture.

    Parameters
    ----------
    params : namespace
        Checked parameters of a `GaussianMixture`, of which `verbose`, `verbose_interval` and
        `callback` are read.
    data : MixtureData

    Attributes
    ----------
    kernel : compiled mixture
        The mixture that is iterated. Set it before the first iteration.
    """

    kernel = None

    def __init__(self, params, data):
        super().__init__(params)
        self._interval = params.verbose_interval
        self._data = data

    def begin_run(self, bound=-np.inf):
        """Count and print a new run, and start its clock.

        Parameters
        ----------
        bound : float, default=-inf
            Lower bound of the fit that a warm start continues, in nats.
        """
        super().begin_run()
        self._bound_before = bound
        self._run_began = self._line_printed = perf_counter()
        self._print(f"Initialization {self.init}")

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
        )
        self._line_printed = now

    def _state(self):
        bound = self.objectives[-1]
        return FitState(self.init, len(self.objectives), bound, self._data, self.kernel)

    def _print(self, text, details=""):
        """Print a text; with ``verbose=2``, its details too."""
        if self.verbose:
            print(text + details if self.verbose > 1 else text)
