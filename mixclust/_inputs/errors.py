"""The exceptions of mixclust, and how they stay catchable by scikit-learn's names.

Code that was written for scikit-learn says ``except sklearn.exceptions.NotFittedError`` or
filters ``sklearn.exceptions.ConvergenceWarning``. mixclust never imports scikit-learn, but
whoever names those classes has done so already. Hence: where ``sklearn.exceptions`` is
loaded, what is raised derives from both our class and the one of the same name there.
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
    "warn_convergence",
]


class NotFittedError(ValueError, AttributeError):
    """A fitted estimator is needed, and ``fit`` has not been called.

    It is a ValueError and an AttributeError, as scikit-learn's class of the same name is, and
    derives from that class too where scikit-learn is loaded.

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
    """A fit stopped before it converged, or its result is not what was asked for.

    Derives from scikit-learn's class of the same name too where scikit-learn is loaded.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _build, (ConvergenceWarning, self.args)


class CollapseWarning(UserWarning):
    """Components of a mixture collapsed: their likelihood says nothing about the rows."""


def raise_not_fitted(estimator):
    """Raise NotFittedError for an estimator.

    Parameters
    ----------
    estimator : object
        The estimator that is not fitted; its class is named in the message.

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
        What did not converge, and the remedy.
    """
    warn_caller(_build(ConvergenceWarning, (message,)))


def warn_collapse(message):
    """Issue a CollapseWarning that points at the user's line.

    Parameters
    ----------
    message : str
        What collapsed, and the remedy.
    """
    warn_caller(message, CollapseWarning)


def warn_caller(message, category=UserWarning):
    """Issue a warning that points at the first line outside mixclust, which is the user's.

    Parameters
    ----------
    message : str or Warning
        What to say.
    category : type, default=UserWarning
        Its class, where the message is a string.
    """
    level, frame = 1, sys._getframe()
    package = __name__.partition(".")[0] + "."
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(package):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _build(cls, args):
    """Return ``cls(*args)``, of the class that also derives from scikit-learn's if it is loaded."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), cls.__name__, None)
    return (cls if theirs is None else _derive(cls, theirs))(*args)


@functools.cache
def _derive(cls, theirs):
    """Return the one class that derives from `cls` and from scikit-learn's `theirs`."""
    return type(cls.__name__, (cls, theirs), {"__module__": cls.__module__, "__doc__": cls.__doc__})
