"""Monitor of a fit: prints its progress, calls the user's callback, records the objective."""

__all__ = ["Monitor"]


class Monitor:
    """Base of the monitors, which compiled loops call once an iteration.

    A subclass prints an iteration in `_print_iteration` and makes the argument of the callback in
    `_state`.

    Parameters
    ----------
    params : namespace
        Checked parameters of an estimator, of which `verbose` and `callback` are read.

    Attributes
    ----------
    init : int
        Number of the current run, from 0; -1 before the first run.
    objectives : list of float
        Objective of each iteration of the current run, in the unit of the model's objective.
        Filled only if `hook` is not None.
    stopped : bool
        True if the callback ended the current run.
    """

    def __init__(self, params):
        self.verbose = params.verbose
        self.callback = params.callback
        self.init = -1
        self.objectives = []
        self.stopped = False

    @property
    def hook(self):
        """Callable for the compiled loop: this monitor, or None if there is nothing to do.

        A loop without a hook never takes the GIL.
        """
        return self if self.verbose or self.callback is not None else None

    def begin_run(self):
        """Count a new run, and forget the objectives of the run before."""
        self.init += 1
        self.objectives = []
        self.stopped = False

    def __call__(self, iteration, objective, *details):
        """Record an iteration, print it and call the callback.

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
        if self.callback is not None:
            self.stopped = bool(self.callback(self._state(*details)))
        return self.stopped
