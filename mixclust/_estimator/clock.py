"""The time of a fit: how much of it passed, and how much is left."""

from __future__ import annotations

import math
from time import monotonic

__all__ = ["Clock", "FitProgress", "duration", "falling", "with_time_left"]

MIN_SECONDS = 1.0
"""Seconds of a fit before the time that is left is printed."""

N_FALLING = 6
"""Values of the last iterations from which the number of further iterations is extrapolated."""


class FitProgress:
    """Part of every state that a callback receives: how far the fit is.

    Attributes
    ----------
    phase : {"start", "iterations", "refinement", "search"}
        The part of the fit: the search for a start, seeding included; iterations from there; the
        exchange of centres that `refine` asks for; or the steps of a selection.
    n_runs : int
        Runs of the fit.
    seconds : float
        Time since the fit began.
    seconds_left : float or None
        Estimated time until the fit ends, from the runs and iterations so far: iterations are
        extrapolated to the tolerance, and further runs take as long as the mean of the ones
        before. None if nothing is known yet.
    """

    phase: str = "iterations"
    n_runs: int = 1
    seconds: float = 0.0
    seconds_left: float | None = None

    @property
    def message(self) -> str:
        """The present step of the fit, in a few words.

        Returns
        -------
        message : str
            For example "run 2 of 10, iteration 7".
        """
        return self._message()

    def _message(self):
        raise NotImplementedError

    def _of_run(self, text):
        """Return a text with the number of the run before it, if there are several."""
        init = getattr(self, "init", 0)
        return f"run {init + 1} of {self.n_runs}, {text}" if self.n_runs > 1 else text


class Clock:
    """The clock of a fit of several runs, each of a start and of iterations.

    Parameters
    ----------
    n_runs : int
        Runs of the fit.
    began : float, default=None
        Time at which the fit began; None: now.
    """

    def __init__(self, n_runs, began=None):
        self.n_runs = n_runs
        self._run_began = self._iterations_began = monotonic()
        self._began = self._run_began if began is None else began
        self._runs = []
        self._is_running = False

    def begin_run(self):
        """Take the time of the run before, and start that of a new one."""
        now = monotonic()
        if self._is_running:
            self._runs.append(now - self._run_began)
        self._is_running = True
        self._run_began = self._iterations_began = now

    def begin_iterations(self):
        """The start of the run is found."""
        self._iterations_began = monotonic()

    def read(self, n_done=0, n_left=None, share=None):
        """Return the time since the fit began, and the estimated time until it ends.

        Parameters
        ----------
        n_done : int, default=0
            Iterations of the run so far; 0 during its start.
        n_left : float, default=None
            Estimated number of further iterations of the run.
        share : float, default=None
            Share of the start of the run that is done.

        Returns
        -------
        seconds : float
            Since the fit began.
        seconds_left : float or None
            None if nothing is known yet.
        """
        now = monotonic()
        run = now - self._run_began
        mean = sum(self._runs) / len(self._runs) if self._runs else None
        left = None
        if n_done and n_left is not None:
            left = (now - self._iterations_began) / n_done * n_left
        elif mean is not None:
            left = max(0.0, mean - run)
        elif share:
            left = run / share * (1 - share)
        if left is not None:
            n_runs_left = max(0, self.n_runs - len(self._runs) - 1)
            left += n_runs_left * (run + left if mean is None else mean)
        return now - self._began, left


def falling(values, target, most):
    """Return after how many iterations values that fall by a factor reach a target.

    Parameters
    ----------
    values : sequence of float
        One for each iteration; the last ones count.
    target : float
        The value at which the iterations end.
    most : int
        Iterations at most.

    Returns
    -------
    n_left : float or None
        None if less than three values are known.
    """
    last = [value for value in values[-N_FALLING:] if value > 0]
    if len(last) < 3:
        return None
    rate = (last[-1] / last[0]) ** (1 / (len(last) - 1))
    if not 0 < rate < 1 or target <= 0:
        return most
    return min(most, max(0.0, math.log(target / last[-1]) / math.log(rate)))


def duration(seconds):
    """Write a time, for example ``42 s``, ``3 min`` or ``2 h 5 min``.

    Parameters
    ----------
    seconds : float
        At least 0.

    Returns
    -------
    text : str
        Rounded up.
    """
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def with_time_left(text, seconds, seconds_left):
    """Add the time that is left to a line of progress, but in the first second of a fit.

    Parameters
    ----------
    text : str
        The line.
    seconds : float
        Since the fit began.
    seconds_left : float or None
        None if it is not known.

    Returns
    -------
    text : str
        The line as it is, if there is no time to add.
    """
    if seconds < MIN_SECONDS or not seconds_left:
        return text
    return f"{text.rstrip('.')}. About {duration(seconds_left)} left."
