"""The checks of the options of a mixture, as far as they are possible without rows."""

from .._inputs.parameters import check_bool, check_integer, check_option, check_real
from .em import ACCELERATIONS, COLLAPSE_POLICIES
from .priors import check_prior
from .starts import INITS
from .structures import structure_of

__all__ = ["check_noise_and_prior", "check_options"]


def check_options(mixture):
    """Check the options of a mixture.

    Parameters
    ----------
    mixture : GaussianMixture

    Returns
    -------
    numbers : dict of str to number
        Options that are numbers as Python's, which neither overflow nor round.

    Raises
    ------
    TypeError, ValueError
        If an option is not as `GaussianMixture` describes.
    """
    numbers = {
        "n_components": check_integer("n_components", mixture.n_components, 1),
        "max_iter": check_integer("max_iter", mixture.max_iter, 0),
        "n_init": check_integer("n_init", mixture.n_init, 1),
        "verbose_interval": check_integer("verbose_interval", mixture.verbose_interval, 1),
        "tol": check_real("tol", mixture.tol, 0),
        "reg_covar": check_real("reg_covar", mixture.reg_covar, 0, auto=True),
    } | _check_steps(mixture)
    check_option("on_collapse", mixture.on_collapse, COLLAPSE_POLICIES)
    check_bool("warm_start", mixture.warm_start)
    if not callable(mixture.init_params):
        check_option("init_params", mixture.init_params, INITS)
    if mixture.acceleration is not None:
        check_option("acceleration", mixture.acceleration, ACCELERATIONS)
    structure_of(mixture.covariance_type)
    return numbers | check_noise_and_prior(mixture)


def _check_steps(mixture):
    """Check `learning_decay` and `forgetting_factor`; return the numbers among them."""
    decay = check_real("learning_decay", mixture.learning_decay, 0.5, inclusive=False)
    found = {"learning_decay": decay}
    if mixture.forgetting_factor is not None:
        found["forgetting_factor"] = check_real("forgetting_factor", mixture.forgetting_factor, 0)
    for name, value in found.items():
        if value > 1:
            raise ValueError(f"{name}={value} must be at most 1.")
    return found


def check_noise_and_prior(estimator):
    """Check the options `noise`, `noise_volume` and `prior`.

    Parameters
    ----------
    estimator : GaussianMixture or GaussianMixtureIC

    Returns
    -------
    numbers : dict of str to float
        As for `check_options`: the volume, if one is given.

    Raises
    ------
    TypeError, ValueError
        If an option is not as `GaussianMixture` describes.
    """
    check_prior(estimator.prior)
    check_bool("noise", estimator.noise)
    if estimator.noise_volume is None:
        return {}
    volume = check_real("noise_volume", estimator.noise_volume, 0, inclusive=False)
    if not estimator.noise:
        raise ValueError(
            f"noise_volume={volume:g} is given, but noise=False; set noise=True or leave "
            "noise_volume None."
        )
    return {"noise_volume": volume}
