"""Monitor of a fit: prints its progress, calls the callbacks, records the objective."""

import math

from .clock import Clock, with_time_left

__all__ = ["Monitor", "begin_tasks", "is_watched", "unwatched"]


def unwatched(params):
    """Return parameters of a fit within a fit, which nobody watches.

    Parameters
    ----------
    params : dict of str to object

    Returns
    -------
    params : dict
        A copy without `verbose`, `callback` and callbacks of scikit-learn.
    """
    return params | {"verbose": 0, "callback": None, "_fit_tasks": None}


def is_watched(params):
    """Whether somebody watches a fit: a monitor is needed.

    Parameters
    ----------
    params : namespace
        As for `Monitor`.
    """
    if params.verbose or params.callback is not None:
        return True
    return getattr(params, "_fit_tasks", None) is not None


def begin_tasks(params):
    """Begin the tasks of a fit of an unknown number of runs, before its monitors are made.

    Parameters
    ----------
    params : namespace
        Checked parameters of an estimator.
    """
    tasks = getattr(params, "_fit_tasks", None)
    if tasks is not None:
        tasks.begin(None)


class Monitor:
    """Base of the monitors, which compiled loops call once an iteration.

    A subclass prints an iteration in `_print_iteration` and makes the argument of the callback in
    `_state`.

    Parameters
    ----------
    params : namespace
        Checked parameters of an estimator, of which `verbose`, `callback` and `_fit_tasks` are
        read.
    n_runs : int, default=1
        Runs of the fit.
    max_iter : int, default=0
        Iterations of a run at most.

    Attributes
    ----------
    init : int
        Number of the current run, from 0; -1 before the first run.
    objectives : list of float
        Objective of each iteration of the current run, in the unit of the model's objective.
        Filled only if `hook` is not None.
    stopped : bool
        True if a callback ended the current run.
    """

    phase = "iterations"

    def __init__(self, params, n_runs=1, max_iter=0):
        self._is_watched = is_watched(params)
        self.verbose = params.verbose
        self.callback = params.callback
        self.tasks = getattr(params, "_fit_tasks", None)
        self.init = -1
        self.objectives = []
        self.stopped = self._is_to_stop = False
        self.n_runs, self.max_iter = n_runs, max_iter
        if self.hook is not None:
            self._clock = Clock(n_runs, getattr(params, "_began", None))
            if self.tasks is not None:
                self.tasks.begin(n_runs)

    @property
    def hook(self):
        """Callable for the compiled loop: this monitor, or None if there is nothing to do.

        A loop without a hook never takes the GIL.
        """
        return self if self._is_watched else None

    def begin_run(self, text="start"):
        """Count a new run, and forget the objectives of the run before.

        Parameters
        ----------
        text : str, default="start"
            The first step of the run, in a few words.
        """
        self.init += 1
        self.objectives = []
        self.stopped = self._is_to_stop = False
        if self.hook is None:
            return
        self._clock.begin_run()
        if self.tasks is not None:
            self.tasks.begin_run(self.phase, self.max_iter)
        begin = getattr(self.callback, "begin", None)
        if begin is not None:
            of_runs = f"run {self.init + 1} of {self.n_runs}, " if self.n_runs > 1 else ""
            begin(of_runs + text)

    def show_start(self, share, *details):
        """Call the callback about a step towards a start; returns True if it asks for the end.

        A start that was given has no steps.

        Parameters
        ----------
        share : float
            Share of the start that is done, at least.
        *details : object
            For `_start_state`.

        Returns
        -------
        ends : bool
            The run ends after its first iteration at the latest.
        """
        if self.callback is not None:
            state = self._start_state(*details)
            state = self._filled(state, "start", *self._clock.read(share=share))
            self._is_to_stop |= bool(self.callback(state))
        return self._is_to_stop

    def start_found(self):
        """Tell that iterations begin."""
        if self.hook is not None:
            self._clock.begin_iterations()
            if self.tasks is not None:
                self._is_to_stop |= self.tasks.end_start()

    def __call__(self, iteration, objective, *details):
        """Record an iteration, print it and call the callbacks.

        Parameters
        ----------
        iteration : int
            Count of the compiled loop. It is not used: a run may consist of several loops, and
            the iterations of a run are counted by `objectives`.
        objective : float
            Objective of the parameters before the iteration.
        *details : object
            Further arguments of the compiled loop, for `_print_iteration` and `_state`.

        Returns
        -------
        stopped : bool
            True if the run must end.
        """
        if self.verbose:
            self._print_iteration(objective, *details)
        self.objectives.append(objective)
        stops = self._is_to_stop
        if self.callback is not None or self.tasks is not None:
            state = self._filled(self._state(*details), self.phase, *self._read_clock())
            if self.callback is not None:
                stops |= bool(self.callback(state))
            if self.tasks is not None:
                n_done = len(self.objectives)
                stops |= self.tasks.end_iteration(state, stops or n_done == self.max_iter)
        self.stopped = stops
        return self.stopped

    def _filled(self, state, phase, seconds, seconds_left):
        """Set the attributes of `FitProgress`."""
        state.phase, state.n_runs = phase, self.n_runs
        state.seconds, state.seconds_left = seconds, seconds_left
        return state

    def _read_clock(self, n_more=0):
        """Time since the fit began and time left, after some more iterations than recorded."""
        return self._clock.read(len(self.objectives) + n_more, self._iterations_left())

    def _with_time_left(self, text):
        """Add the time left to the line of an iteration that is about to be recorded."""
        return with_time_left(text, *self._read_clock(1))

    def _iterations_left(self):
        """Estimated number of further iterations of the run; None if it is not known."""
        return None

    def _start_state(self, *details):
        """The argument of the callback during a start."""
        return self._state(*details)

    def _last(self):
        """Objective of the last iteration; NaN before the first one."""
        return self.objectives[-1] if self.objectives else math.nan
