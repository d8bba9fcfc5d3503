"""Parts of `from_sklearn` that all estimators share."""

import sys

from .._inputs.wording import with_article

__all__ = ["check_sklearn"]


def check_sklearn(estimator, module, name, needed, remedy):
    """Raise unless an estimator is a fitted one of a class of scikit-learn.

    Parameters
    ----------
    estimator : object
    module, name : str
        The class is ``sklearn.module.name``; it is not imported.
    needed : tuple of str
        Attributes that a fit sets.
    remedy : str
        End of the message about another class: another way, and why.

    Raises
    ------
    TypeError
        If it is of another class, or a class.
    ValueError
        If it lacks a needed attribute.
    """
    theirs = getattr(sys.modules.get(f"sklearn.{module}"), name, None)
    if isinstance(estimator, type):
        raise TypeError(
            f"estimator is a class, {estimator.__module__}.{estimator.__qualname__}; pass a fitted "
            f"instance of sklearn.{module}.{name}."
        )
    if theirs is None or not isinstance(estimator, theirs):
        kind = type(estimator)
        raise TypeError(
            f"estimator is {with_article(f'{kind.__module__}.{kind.__qualname__}')}; pass a fitted "
            f"sklearn.{module}.{name}, or {remedy}"
        )
    if not all(hasattr(estimator, attribute) for attribute in needed):
        raise ValueError("estimator is not fitted; call its fit first.")
