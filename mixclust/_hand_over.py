"""What estimators are handed over as: scikit-learn's, and a mixture in place of k-means."""

import math

import numpy as np

from ._covariance import structure_of
from ._mixture_problem import RELATIVE_FLOOR, Parameters

__all__ = ["kmeans_to_mixture", "kmeans_to_sklearn", "mixture_to_sklearn"]


# To scikit-learn


def kmeans_to_sklearn(kmeans):
    """A fitted ``sklearn.cluster.KMeans`` with the centres and labels of ours.

    Parameters
    ----------
    kmeans : KMeans
        Fitted.

    Returns
    -------
    estimator : sklearn.cluster.KMeans
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise _absent() from error
    centers = kmeans.cluster_centers_
    # What its predict needs besides, each version has under names of its own; its fit knows them.
    rows = np.zeros_like(centers)
    rows[:, 0] = np.arange(len(centers))
    estimator = KMeans(len(centers), init=rows, n_init=1).fit(rows)
    del estimator.labels_  # ours may have been loaded without labels
    ours = kmeans.get_params(deep=False)
    params = {name: ours[name] for name in estimator.get_params(deep=False)}
    if params["algorithm"] == "auto":
        params["algorithm"] = "lloyd"
    estimator.set_params(**params | {"random_state": _random_state(kmeans)})
    return _hand_over(kmeans, estimator, ("cluster_centers_", "labels_", "inertia_", "n_iter_"))


def mixture_to_sklearn(mixture):
    """A fitted ``sklearn.mixture.GaussianMixture`` with the parameters of ours.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted.

    Returns
    -------
    estimator : sklearn.mixture.GaussianMixture
    """
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise _absent() from error
    estimator = GaussianMixture()
    ours = mixture.get_params(deep=False)
    params = {name: ours[name] for name in estimator.get_params(deep=False)}
    params["random_state"] = _random_state(mixture)
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
    return _hand_over(mixture, estimator, names + run)


def _absent():
    return ImportError(
        "to_sklearn needs scikit-learn, which is not installed; install it with "
        "`python -m pip install scikit-learn`."
    )


def _random_state(estimator):
    """A `random_state` that scikit-learn takes: it knows no Generator."""
    random_state = estimator.random_state
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.bit_generator)
    return random_state


def _hand_over(ours, theirs, names):
    """Give copies of fitted attributes to another estimator, which it returns."""
    for name in (*names, "n_features_in_", "feature_names_in_"):
        if hasattr(ours, name):
            value = getattr(ours, name)
            setattr(theirs, name, value.copy() if hasattr(value, "copy") else value)
    return theirs


def _variances(mixture):
    """Variance of each feature under a mixture."""
    within = structure_of(mixture.covariance_type).variances(mixture.covariances_)
    between = mixture.means_ - mixture.weights_ @ mixture.means_
    return mixture.weights_ @ (within + between**2)


# From hard to soft


def kmeans_to_mixture(kmeans, covariance_type):
    """The mixture that a k-means solution implies.

    Parameters
    ----------
    kmeans : KMeans
        Fitted.
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    mixture : GaussianMixture

    Raises
    ------
    ValueError
        If every row lies on its centre, so that there is no variance.
    """
    from ._gaussian_mixture import GaussianMixture  # which starts from KMeans itself

    structure = structure_of(covariance_type)
    n_clusters, n_features = kmeans.cluster_centers_.shape
    variance = kmeans.inertia_ / (kmeans.total_weight_ * n_features)
    if not (variance > 0 and math.isfinite(1 / variance)):
        raise ValueError(
            f"inertia_={kmeans.inertia_} leaves the mixture no variance: all rows lie on their "
            "centres; fit fewer clusters than there are distinct rows."
        )
    means = kmeans.cluster_centers_.astype(np.float64)
    weights = np.full(n_clusters, 1 / n_clusters)
    parameters = Parameters(weights, means, *structure.isotropic(variance, n_clusters, n_features))
    return GaussianMixture._of(
        parameters,
        getattr(kmeans, "feature_names_in_", None),
        covariance_type=covariance_type,
        weights_init=weights.copy(),
        means_init=means.copy(),
        precisions_init=structure.precisions(parameters.precisions_cholesky),
        random_state=kmeans.random_state,
        n_threads=kmeans.n_threads,
    )
