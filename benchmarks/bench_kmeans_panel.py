"""Twelve data sets with many local optima of k-means: drawn from a seed, or of scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits, load_iris, load_sample_image, load_wine

__all__ = ["data_sets"]


def data_sets():
    """Make the data sets.

    Yields
    ------
    name : str
    X : ndarray of shape (n_samples, n_features), float64
    n_clusters : int
    """
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    yield "grid of 10 x 10 blobs", _blobs(rng, grid, 30, 0.12), 100
    angles = rng.uniform(0, 6 * np.pi, 3000)
    sine = np.column_stack([angles, 3 * np.sin(angles)]) + rng.normal(0, 0.25, (3000, 2))
    yield "noisy sine", sine, 50
    places = rng.uniform(0, 30, (40, 2))
    yield "uneven blobs", _blobs(rng, places, 5 + rng.geometric(0.01, 40), 0.5), 40
    outer = np.repeat(rng.uniform(0, 100, (8, 2)), 8, axis=0)
    places = outer + rng.normal(0, 4, outer.shape)
    yield "nested blobs", _blobs(rng, places, 50, 0.5), 64
    yield "uniform square", rng.uniform(0, 1, (4000, 2)), 60
    corners = np.repeat(rng.integers(0, 5, (6, 2)) * 3.0, 600, axis=0)
    yield "six uniform squares", corners + rng.uniform(0, 1, corners.shape), 50
    X = _blobs(rng, rng.uniform(0, 10, (25, 2)), 80, 0.3)
    yield "far outliers", np.vstack([X, rng.uniform(-100, 100, (20, 2))]), 40
    places = rng.normal(0, 2, (30, 8))
    yield "blobs in 8 dimensions", _blobs(rng, places, 100, 1.0), 30
    yield "digits", load_digits().data, 30
    yield "iris", load_iris().data, 9
    yield "wine", load_wine().data, 12
    pixels = load_sample_image("flower.jpg")[::4, ::4].reshape(-1, 3)
    yield "pixels", pixels.astype(np.float64), 64


def _blobs(rng, places, sizes, spread):
    """Round normal clusters at `places`, of `sizes` rows each."""
    centers = np.repeat(places, sizes, axis=0)
    return centers + rng.normal(0, spread, centers.shape)
