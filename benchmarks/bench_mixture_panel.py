"""Data sets with many local optima of mixtures: from seeds, from scikit-learn, and real tables.

There are 43 of them, and four real tables where their packages are installed.
"""

from pathlib import Path

import numpy as np
from bench_real_tables import real_tables
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

__all__ = ["data_sets"]

FAITHFUL = Path(__file__).parents[1] / "examples" / "faithful.csv"


def data_sets():
    """Make the data sets.

    Yields
    ------
    name : str
    X : ndarray of shape (n_samples, n_features), float64
    labels : ndarray of shape (n_samples,), int
        The component of each row, or its class.
    """
    rng = np.random.default_rng(2026)
    for d in (2, 5, 10):
        for n_components in (2, 3, 5):
            for stretch in (5, 20, 100):
                name = (
                    f"{n_components} parallel cigars in {d} dimensions, stretched {stretch} times"
                )
                yield name, *_cigars(rng, 200 * n_components, d, n_components, stretch)
    for n_components in (2, 3, 4):
        labels = rng.integers(n_components, size=300 * n_components)
        shapes = [_rotation(rng, 2) * [12.0, 1.0] for _ in range(n_components)]
        yield f"{n_components} crossing bars", *_draw(rng, labels, shapes, 0.0)
    for d, n_components in ((2, 4), (2, 8), (3, 6), (5, 3), (5, 8), (8, 5)):
        X, labels = _shapes(rng, d, n_components)
        yield f"{n_components} random shapes in {d} dimensions", X, labels
    for n_components in (2, 3):
        X, labels = _shapes(rng, 2, n_components)
        X = np.hstack([X, 3 * rng.normal(size=(len(X), 6))])
        yield f"{n_components} random shapes beside 6 of noise", X @ _rotation(rng, 8).T, labels
    for name, load in (("iris", load_iris), ("wine", load_wine), ("cancer", load_breast_cancer)):
        found = load()
        yield name, found.data, found.target
    X = np.loadtxt(FAITHFUL, delimiter=",", skiprows=1)
    yield "faithful, two groups", X, (X[:, 0] > 3).astype(int)
    yield "faithful, three groups", X, np.digitize(X[:, 0], [2.5, 4.0])
    yield from real_tables()


def _rotation(rng, d):
    axes, triangle = np.linalg.qr(rng.normal(size=(d, d)))
    return axes * np.sign(np.diag(triangle))


def _cigars(rng, n, d, n_components, stretch):
    """Normal clusters of one shape, 5 standard deviations apart across their long axis, turned."""
    labels = rng.integers(n_components, size=n)
    X = rng.normal(size=(n, d))
    X[:, 0] *= stretch
    X[:, 1] += 5.0 * labels
    return X @ _rotation(rng, d).T, labels


def _shapes(rng, d, n_components):
    """Normal clusters of unequal sizes and random covariances."""
    shares = rng.dirichlet(np.full(n_components, 2.0))
    labels = rng.choice(n_components, size=250 * n_components, p=shares)
    shapes = [
        _rotation(rng, d) * np.exp(rng.normal(scale=0.8, size=d)) for _ in range(n_components)
    ]
    return _draw(rng, labels, shapes, 3.0)


def _draw(rng, labels, shapes, spread):
    """Normal rows of the shape of their cluster, about means that are `spread` apart."""
    d = len(shapes[0])
    X = rng.normal(size=(len(labels), d))
    for k, shape in enumerate(shapes):
        X[labels == k] = X[labels == k] @ shape.T + rng.normal(scale=spread, size=d)
    return X, labels
