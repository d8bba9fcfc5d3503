"""Blocks in which an estimator is fitted: unchanged on error, and told to who watches."""

__all__ = ["unchanged_on_error", "watched_fit"]


class unchanged_on_error:
    """Restore the attributes of an estimator if the ``with`` block fails or is interrupted.

    Parameters
    ----------
    estimator : object
        The estimator. The block must not change the objects in its attributes in place.

    Examples
    --------
    >>> from mixclust._estimator.base import Estimator, unchanged_on_error
    >>> estimator = Estimator()
    >>> try:
    ...     with unchanged_on_error(estimator):
    ...         estimator.n_features_in_ = 3
    ...         raise KeyboardInterrupt
    ... except KeyboardInterrupt:
    ...     print(hasattr(estimator, "n_features_in_"))
    False
    """

    def __init__(self, estimator):
        self._estimator = estimator

    def __enter__(self):
        self._before = dict(vars(self._estimator))

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self._restore()

    def _restore(self):
        vars(self._estimator).clear()
        vars(self._estimator).update(self._before)


class watched_fit(unchanged_on_error):
    """A ``with`` block that fits an estimator: unchanged on error, and told to who watches it.

    Callbacks of scikit-learn are set up and torn down, and the method `end_fit` of the parameter
    `callback` is called, if it has one.

    Parameters
    ----------
    estimator : Estimator
    X, y, sample_weight : object
        Arguments of the fit, for callbacks of scikit-learn.
    """

    def __init__(self, estimator, X=None, y=None, sample_weight=None):
        self._estimator, self._tasks = estimator, None
        self._arguments = X, y, sample_weight

    def __enter__(self):
        self._before = dict(vars(self._estimator))
        if "_skl_callbacks" in self._before or "_parent_callback_ctx" in self._before:
            from .fit_tasks import FitTasks  # rarely used

            self._tasks = FitTasks(self._estimator, *self._arguments)
            self._estimator._fit_tasks = self._tasks

    def __exit__(self, kind, error, trace):
        if kind is None and self._tasks is None and vars(self._estimator).get("callback") is None:
            return
        try:
            vars(self._estimator).pop("_fit_tasks", None)
            self._tell_end(kind is not None)
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None:
                self._restore()

    def _tell_end(self, failed):
        """Tell all who watch that the fit has ended."""
        try:
            if self._tasks is not None:
                self._tasks.end(failed)
        finally:
            end_fit = getattr(vars(self._estimator).get("callback"), "end_fit", None)
            if end_fit is not None:
                end_fit(failed)
