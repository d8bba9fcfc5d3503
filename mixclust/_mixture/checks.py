"""Checks of arguments that are mixtures."""

from .._inputs.wording import with_article
from .fitted import FittedMixture

__all__ = ["check_mixture", "refuse_noise_and_prior"]


def check_mixture(mixture, work):
    """Refuse an argument that is not a fitted mixture of Gaussians alone.

    Parameters
    ----------
    mixture : object
        The argument of a user.
    work : str
        Name of the function that takes the argument.

    Raises
    ------
    TypeError, ValueError, NotFittedError
        If it is no mixture, is not fitted, or has noise.
    """
    if not isinstance(mixture, FittedMixture):
        is_search = hasattr(mixture, "best_estimator_")
        remedy = "its best_estimator_" if is_search else "a fitted GaussianMixture"
        raise TypeError(f"mixture is {with_article(type(mixture).__name__)}; pass {remedy}.")
    mixture._check_is_fitted()
    if mixture._has_noise():
        raise ValueError(
            f"{work} works on Gaussians, but this mixture has noise; pass mixture.without_noise()."
        )


def refuse_noise_and_prior(estimator, work):
    """Refuse options under which the fits of the function `work` would be of another model."""
    for name in ("noise", "prior"):
        value = getattr(estimator, name)
        if value is not None and value is not False:
            raise ValueError(
                f"{work} fits Gaussians by maximum likelihood, but the mixture has {name}="
                f"{value!r}; pass a mixture that was made without {name}."
            )
