"""Batches of a stream of three clusters, and the options of the mixtures that take them."""

import warnings

from mixclust import CollapseWarning

from .samples import blobs

X = blobs(0, 1200, 3, 3)
BATCHES = (X[:500], X[500:800], X[800:])
OPTIONS = {
    "full": {},
    "noise": {"noise": True, "noise_volume": 1e4},
    "prior": {"prior": "default"},
    "diag": {"covariance_type": "diag"},
    "tied": {"covariance_type": "tied", "forgetting_factor": 0.9},
    "VEE": {"covariance_type": "VEE"},
}


def pass_on(mixture, batches, weights=None):
    """The mixture after some batches, without warnings of collapse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        for i, batch in enumerate(batches):
            mixture.partial_fit(batch, sample_weight=None if weights is None else weights[i])
    return mixture
