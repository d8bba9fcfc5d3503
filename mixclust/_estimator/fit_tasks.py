"""Callbacks of scikit-learn 1.9 or later: the tasks of a fit that they are told of.

The tree of tasks has a root "fit", below it a task "run" for each run, and below that the tasks
"start" and "iteration". Only `FitTasks` imports scikit-learn, and it is only made for an estimator
on which callbacks were set.
"""

__all__ = ["FitTasks", "callback_support"]


def callback_support():
    """Return the class by which scikit-learn's own estimators have callbacks.

    Returns
    -------
    mixin : type
        ``sklearn.callback.CallbackSupportMixin``.

    Raises
    ------
    ImportError
        If scikit-learn is not installed, or is older than 1.9.
    """
    try:
        from sklearn.callback import CallbackSupportMixin
    except ImportError:
        found = _version_of_sklearn()
        raise ImportError(
            f"set_callbacks needs scikit-learn 1.9 or later, and {found}; install it with pip "
            "install -U scikit-learn, or pass the parameter callback, which needs nothing."
        ) from None
    return CallbackSupportMixin


def _version_of_sklearn():
    try:
        import sklearn
    except ImportError:
        return "scikit-learn is not installed"
    return f"version {sklearn.__version__} is installed"


class FitTasks:
    """The tasks of one fit.

    Parameters
    ----------
    estimator : Estimator
    X, y, sample_weight : object
        Arguments of the fit as the user passed them, which callbacks may ask for.
    """

    def __init__(self, estimator, X, y, sample_weight):
        self._estimator = estimator
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._root = self._run = self._leaf = None

    def begin(self, n_runs):
        """Begin the fit, unless it has begun.

        Parameters
        ----------
        n_runs : int or None
            Tasks below the root at most; None if that is not known.
        """
        if self._root is not None:
            return
        of_refinement = getattr(self._estimator, "refine", None) is not None
        most = None if n_runs is None else n_runs + of_refinement
        self._root = callback_support()._init_callback_context(self._estimator, max_subtasks=most)
        self._root.call_on_fit_task_begin(**self._arguments)

    def begin_run(self, phase, max_iter):
        """End the run before, and begin a new one.

        Parameters
        ----------
        phase : str
            "refinement" for the exchanges of centres, else "iterations".
        max_iter : int
            Iterations of the run at most; 0 if there is no limit.
        """
        self._end_run()
        is_run = phase == "iterations"
        most = max_iter + 1 if max_iter else None
        name = "run" if is_run else phase
        self._run = self._root.subcontext(task_name=name, max_subtasks=most)
        self._run.call_on_fit_task_begin(**self._arguments)
        self._begin_leaf("start" if is_run else "iteration")

    def end_start(self):
        """End the search for a start, and begin the first iteration; returns True for an end."""
        stops = self._end_leaf(None)
        self._begin_leaf("iteration")  # one follows, also where the run is to end
        return stops

    def end_iteration(self, state, is_last):
        """End an iteration, and begin the next one unless it is the last.

        Parameters
        ----------
        state : FitProgress
            From which a fitted estimator can be made.
        is_last : bool
            Whether no further iteration follows for sure.

        Returns
        -------
        stops : bool
            True if a callback asks for the end of the run.
        """
        stops = self._end_leaf(lambda: self._estimator._attributes_at(state))
        if not (is_last or stops):
            self._begin_leaf("iteration")
        return stops

    def step(self, name):
        """Tell of a step of a fit without runs, which has been done.

        Parameters
        ----------
        name : str

        Returns
        -------
        stops : bool
            True if a callback asks for the end of the fit.
        """
        self.begin(None)
        task = self._root.subcontext(task_name=name)
        task.call_on_fit_task_begin(**self._arguments)
        return task.call_on_fit_task_end(**self._arguments)

    def end(self, failed):
        """End the fit; callbacks are torn down in any case.

        Parameters
        ----------
        failed : bool
            Whether an error or Ctrl-C ended it.
        """
        from sklearn.callback import with_callbacks

        with_callbacks(self._end)(self._estimator, failed)

    def _end(self, estimator, failed):
        """End all tasks, unless the fit failed. `with_callbacks` tears the callbacks down."""
        if not failed:
            self.begin(None)  # where the fit told of no step, as of a transformer
            self._end_run()
            self._root.call_on_fit_task_end(**self._arguments, reconstruction_attributes={})

    def _begin_leaf(self, name):
        self._leaf = self._run.subcontext(task_name=name)
        self._leaf.call_on_fit_task_begin(**self._arguments)

    def _end_leaf(self, attributes):
        leaf, self._leaf = self._leaf, None
        return leaf.call_on_fit_task_end(**self._arguments, reconstruction_attributes=attributes)

    def _end_run(self):
        """End the run, and the task of an iteration that did not come, as scikit-learn does."""
        if self._run is not None:
            if self._leaf is not None:
                self._leaf.call_on_fit_task_end(**self._arguments)
            self._run.call_on_fit_task_end(**self._arguments)
        self._run = self._leaf = None
