"""The parameters of scikit-learn's GaussianMixture, checked."""

import numpy as np

from .._estimator.from_sklearn import check_sklearn
from .given import check_names, check_parameters
from .structures import structure_of

__all__ = ["parameters_of_sklearn"]

PARAMETERS = ("weights_", "means_", "covariances_")
REMEDY = (
    "arrays to from_parameters. (The answers of a BayesianGaussianMixture depend on more than "
    "weights, means and covariances.)"
)
ATTRIBUTES_OF_A_FIT = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")


def parameters_of_sklearn(estimator):
    """The parameters, names and options of a fitted scikit-learn mixture.

    Parameters
    ----------
    estimator : sklearn.mixture.GaussianMixture

    Returns
    -------
    parameters : Parameters
    names : ndarray or None
        Names of the features.
    options : dict
        Parameters of the constructor.
    run : dict
        Attributes that describe the fit.

    Raises
    ------
    TypeError
        If it is anything else.
    ValueError
        If it is not fitted, or its `precisions_cholesky_` does not belong to its `covariances_`.
    """
    check_sklearn(estimator, "mixture", "GaussianMixture", PARAMETERS, REMEDY)
    structure = structure_of(estimator.covariance_type)
    covariances = np.asarray(estimator.covariances_)
    rounding = np.finfo(np.result_type(covariances, np.float32)).eps
    if covariances.dtype == np.float32:  # from float32 rows; scikit-learn reads lower triangles
        covariances = structure.from_lower(covariances)
    parameters = check_parameters(
        estimator.weights_, estimator.means_, covariances, estimator.covariance_type
    )
    factors = getattr(estimator, "precisions_cholesky_", parameters.precisions_cholesky)
    factors = np.asarray(factors, dtype=np.float64)
    same_shape = factors.shape == parameters.covariances.shape
    if not (same_shape and structure.belong(factors, parameters.covariances, rounding)):
        raise ValueError(
            "estimator has a precisions_cholesky_ that does not belong to its covariances_: its "
            "predict uses the one, its sample the other. Set both, or pass the right covariances "
            "to from_parameters."
        )
    names = check_names(getattr(estimator, "feature_names_in_", None), parameters.means.shape[1])
    run = {
        name: getattr(estimator, name) for name in ATTRIBUTES_OF_A_FIT if hasattr(estimator, name)
    }
    return parameters, names, estimator.get_params(deep=False), run
