"""Numbers of R's mclust, which tests/data/mclust_merging.R and mclust_directions.R wrote."""

from pathlib import Path

import numpy as np

from mixclust import GaussianMixture

DATA = Path(__file__).parents[1] / "data"


def mclust_numbers(file="mclust_merging"):
    """All numbers of a file by name."""
    lines = (DATA / f"{file}.txt").read_text("ascii").splitlines()
    fields = (line.split() for line in lines if not line.startswith("#"))
    return {name: np.array(numbers, dtype=np.float64) for name, *numbers in fields}


def mclust_mixture(numbers, name, covariance_type):
    """A mixture with the parameters that mclust found."""
    weights = numbers[f"{name}.weights"]
    means = numbers[f"{name}.means"].reshape(len(weights), -1)
    covariances = numbers[f"{name}.covariances"].reshape(len(weights), *[means.shape[1]] * 2)
    if covariance_type == "diag":
        covariances = np.diagonal(covariances, axis1=1, axis2=2)
    if covariance_type == "tied":
        covariances = covariances[0]
    return GaussianMixture.from_parameters(
        weights / weights.sum(), means, covariances, covariance_type=covariance_type
    )
