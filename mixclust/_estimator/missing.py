"""Fitted attributes that an estimator may lack, with the reason in the error."""

__all__ = ["MissingAttribute", "raise_missing"]


class MissingAttribute:
    """Descriptor that raises AttributeError with a reason where a fitted attribute is not set.

    A ``__getattr__`` could do the same, but it would slow down the lookup of every attribute,
    which shows in ``predict`` of one row.

    Parameters
    ----------
    reason : str
        Why a fitted estimator may lack the attribute, as a clause.
    """

    def __init__(self, reason):
        self._reason = reason

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, estimator, owner):
        raise_missing(estimator, owner, self._name, self._reason)


def raise_missing(estimator, owner, name, reason):
    """Raise AttributeError, with the reason why a fitted estimator lacks an attribute.

    Parameters
    ----------
    estimator : Estimator or None
        None if the class is asked.
    owner : type
        The class.
    name : str
        Of the attribute.
    reason : str
        As for `MissingAttribute`.
    """
    message = f"{owner.__name__!r} object has no attribute {name!r}"
    if estimator is not None and estimator.__sklearn_is_fitted__():
        message += f": {reason}"
    raise AttributeError(message)
