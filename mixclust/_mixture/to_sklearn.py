"""GaussianMixture as scikit-learn's estimator."""

from .._estimator.to_sklearn import hand_over, shared_params, sklearn_class
from .fit_data import RELATIVE_FLOOR
from .structures import structure_of


def mixture_to_sklearn(mixture):
    """A fitted ``sklearn.mixture.GaussianMixture`` with the same parameters.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted.

    Returns
    -------
    estimator : sklearn.mixture.GaussianMixture
    """
    if mixture._has_noise():
        raise ValueError(
            "scikit-learn's GaussianMixture has no noise; call without_noise().to_sklearn() for "
            "the Gaussians alone."
        )
    estimator = sklearn_class("mixture", "GaussianMixture")()
    params = shared_params(mixture, estimator)
    params["covariance_type"] = structure_of(mixture.covariance_type).family
    if params["reg_covar"] == "auto":
        params["reg_covar"] = RELATIVE_FLOOR * float(_variances(mixture).min())
    if callable(params["init_params"]) or params["init_params"] == "auto":
        params["init_params"] = "kmeans"
    if len(mixture.weights_) != params["n_components"]:  # some were dropped
        starts = dict.fromkeys(("weights_init", "means_init", "precisions_init"))
        params |= starts | {"n_components": len(mixture.weights_)}
    estimator.set_params(**params)
    names = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")
    run = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")
    return hand_over(mixture, estimator, names + run)


def _variances(mixture):
    """Variance of each feature under the whole mixture."""
    within = structure_of(mixture.covariance_type).variances(mixture.covariances_)
    between = mixture.means_ - mixture.weights_ @ mixture.means_
    return mixture.weights_ @ (within + between**2)
