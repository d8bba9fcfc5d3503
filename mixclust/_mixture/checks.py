"""Checks of arguments that are mixtures."""

from .fitted import FittedMixture

__all__ = ["check_mixture"]


def check_mixture(mixture):
    """Refuse an argument that is not a fitted mixture.

    Parameters
    ----------
    mixture : object
        The argument of a user.

    Raises
    ------
    TypeError, NotFittedError
        If it is no mixture, or not fitted.
    """
    if not isinstance(mixture, FittedMixture):
        raise TypeError(f"mixture is a {type(mixture).__name__}; pass a fitted GaussianMixture.")
    mixture._check_is_fitted()
