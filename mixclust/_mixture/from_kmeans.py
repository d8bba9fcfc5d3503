"""The mixture of Gaussians at the centres of k-means, with equal weights and one variance."""

import math

import numpy as np

from .._kmeans.fitted import FittedCenters
from .gaussian import GaussianMixture
from .parameters import Parameters
from .structures import structure_for


def kmeans_to_mixture(kmeans, covariance_type):
    """The mixture of Gaussians at the centres of k-means, with equal weights and one variance.

    Parameters
    ----------
    kmeans : FittedCenters
        Fitted.
    covariance_type : str
        Structure of its covariances.

    Returns
    -------
    mixture : GaussianMixture

    Raises
    ------
    ValueError
        If every row lies on its centre, so that there is no variance.
    """
    structure = structure_for(covariance_type, kmeans.cluster_centers_.shape[1])
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


FittedCenters._mixture_of = staticmethod(kmeans_to_mixture)
