"""The exceptions and warnings of mixclust, which scikit-learn's names catch too.

Code that was written for scikit-learn says ``except sklearn.exceptions.NotFittedError`` or
filters ``sklearn.exceptions.ConvergenceWarning``. mixclust never imports scikit-learn, but code
that names these classes has imported it. Therefore, if ``sklearn.exceptions`` is loaded, the
exceptions raised here derive both from the class of mixclust and from scikit-learn's class of the
same name.
"""

from __future__ import annotations

import functools
import sys
import warnings
from typing import Any

__all__ = [
    "CollapseWarning",
    "ConvergenceWarning",
    "NotFittedError",
    "raise_not_fitted",
    "warn_caller",
    "warn_collapse",
    "warn_column_vector",
    "warn_convergence",
]


class NotFittedError(ValueError, AttributeError):
    """A fitted estimator is needed, and ``fit`` has not been called.

    It is a ValueError and an AttributeError, like scikit-learn's class of the same name, and
    derives from that class too if scikit-learn is loaded.

    Examples
    --------
    >>> import mixclust
    >>> try:
    ...     mixclust.KMeans(n_clusters=2).predict([[1.0, 2.0]])
    ... except mixclust.NotFittedError as error:
    ...     print(error)
    This KMeans is not fitted yet; call fit before predict, transform or score.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # By its arguments alone: the class that also derives from scikit-learn's cannot be
        # looked up by name, and the process that loads the pickle may not have scikit-learn.
        return _build, (NotFittedError, self.args)


class ConvergenceWarning(UserWarning):
    """A fit stopped before it converged, or found fewer clusters than requested.

    It derives from scikit-learn's class of the same name too if scikit-learn is loaded.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _build, (ConvergenceWarning, self.args)


class DataConversionWarning(UserWarning):
    """Labels had another shape than (n_samples,), and were reshaped.

    It derives from scikit-learn's class of the same name too if scikit-learn is loaded.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _build, (DataConversionWarning, self.args)


class CollapseWarning(UserWarning):
    """Components of a mixture collapsed: their likelihood says nothing about the rows."""


def raise_not_fitted(estimator):
    """Raise NotFittedError for an estimator.

    Parameters
    ----------
    estimator : object
        The estimator that is not fitted. The message names its class.

    Raises
    ------
    NotFittedError
        Always.
    """
    message = (
        f"This {type(estimator).__name__} is not fitted yet; "
        "call fit before predict, transform or score."
    )
    raise _build(NotFittedError, (message,))


def warn_convergence(message):
    """Issue a ConvergenceWarning that points at the user's line.

    Parameters
    ----------
    message : str
        The problem and its remedy.
    """
    warn_caller(_build(ConvergenceWarning, (message,)))


def warn_collapse(message):
    """Issue a CollapseWarning that points at the user's line.

    Parameters
    ----------
    message : str
        The problem and its remedy.
    """
    warn_caller(message, CollapseWarning)


def warn_column_vector(message):
    """Issue a DataConversionWarning that points at the user's line.

    Parameters
    ----------
    message : str
        The problem and its remedy.
    """
    warn_caller(_build(DataConversionWarning, (message,)))


def warn_caller(message, category=UserWarning):
    """Issue a warning that points at the user's line, the first one outside mixclust.

    Parameters
    ----------
    message : str or Warning
        The warning or its text.
    category : type, default=UserWarning
        Class of the warning if `message` is a string.
    """
    level, frame = 1, sys._getframe()
    package = __name__.partition(".")[0] + "."
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(package):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _build(cls, args):
    """Return ``cls(*args)``; if scikit-learn is loaded, derived from its class too."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), cls.__name__, None)
    return (cls if theirs is None else _derive(cls, theirs))(*args)


@functools.cache
def _derive(cls, theirs):
    """Return the one class that derives from `cls` and from scikit-learn's `theirs`."""
    return type(cls.__name__, (cls, theirs), {"__module__": cls.__module__, "__doc__": cls.__doc__})
