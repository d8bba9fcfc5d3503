"""Hashes of thirty seeded fits, to compare builds bit by bit.

    python benchmarks/hash_fits.py

Run it with two builds at the same level of instructions (`MIXCLUST_ISA`) and compare the lines.
A line is the name of a fit, its objective, and a hash of all fitted arrays. The file uses no other
file of this folder, so that a copy of it runs beside any build and draws the same data.
"""

import hashlib
import warnings

import numpy as np

import mixclust
from mixclust import GaussianMixture, KMeans


def main():
    print(f"level {mixclust.kernels.LEVEL}")
    warnings.simplefilter("ignore")
    for name, make in fits().items():
        model = make()
        objective = getattr(model, "inertia_", None)
        objective = model.lower_bound_ if objective is None else objective
        print(f"{name:28}{objective:<24.17g}{digest(model)}", flush=True)


def digest(model):
    """Hash all fitted arrays, in the order of their names."""
    found = hashlib.sha256()
    for name, value in sorted(vars(model).items()):
        if name.endswith("_") and isinstance(value, np.ndarray):
            found.update(name.encode() + np.ascontiguousarray(value).tobytes())
    return found.hexdigest()[:24]


def blobs(n, d, dtype="f8", seed=0):
    """Draw eight overlapping clusters of several shapes, far from the origin."""
    rng = np.random.default_rng(seed)
    X, labels = rng.normal(size=(n, d)), rng.integers(8, size=n)
    for k in range(8):
        shape = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
        X[labels == k] = X[labels == k] @ shape + rng.normal(scale=1.5, size=d) + 10
    return X.astype(dtype)


def fits():
    """Thirty fits by name: each is called without arguments."""
    found = {}
    weights = np.random.default_rng(1).integers(0, 3, size=3000).astype(float)
    for algorithm in ("lloyd", "elkan", "auto"):
        for dtype in ("f4", "f8"):
            found[f"kmeans-{algorithm}-{dtype}"] = lambda algorithm=algorithm, dtype=dtype: KMeans(
                40, algorithm=algorithm, random_state=0
            ).fit(blobs(20_000, 6, dtype))
    found["kmeans-weights"] = lambda: KMeans(9, random_state=1).fit(
        blobs(3000, 5), sample_weight=weights
    )
    found["kmeans-wide"] = lambda: KMeans(30, random_state=2, max_iter=5).fit(blobs(3000, 130))
    found["kmeans-many-clusters"] = lambda: KMeans(600, random_state=3).fit(blobs(5000, 3))
    found["kmeans-small"] = lambda: KMeans(4, n_init=10, random_state=4).fit(blobs(150, 4))
    found["kmeans-sparse-f4"] = lambda: KMeans(8, random_state=5).fit(sparse("f4"))
    found["kmeans-sparse-f8"] = lambda: KMeans(8, random_state=6).fit(sparse("f8"))
    for kind in ("full", "tied", "diag", "spherical"):
        for dtype in ("f4", "f8"):
            found[f"mixture-{kind}-{dtype}"] = lambda kind=kind, dtype=dtype: GaussianMixture(
                8, covariance_type=kind, random_state=0
            ).fit(blobs(12_000, 5, dtype))
        found[f"mixture-{kind}-weights"] = lambda kind=kind: GaussianMixture(
            5, covariance_type=kind, random_state=1, init_params="k-means++"
        ).fit(blobs(3000, 4), sample_weight=weights)
        found[f"mixture-{kind}-apart"] = lambda kind=kind: GaussianMixture(
            3, covariance_type=kind, random_state=2
        ).fit(apart())
    found["mixture-squarem"] = lambda: GaussianMixture(
        6, acceleration="squarem", random_state=3
    ).fit(blobs(4000, 3))
    found["mixture-without-floor"] = lambda: GaussianMixture(
        3, reg_covar=0, random_state=4, init_params="random"
    ).fit(blobs(400, 3))
    return found


def sparse(dtype):
    """Draw sparse rows of four groups of columns."""
    from scipy.sparse import random_array

    rng = np.random.default_rng(2)
    return random_array((4000, 60), density=0.1, format="csr", dtype=dtype, rng=rng)


def apart():
    """Draw three tight components, a million standard deviations from each other."""
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(size=(200, 3)) + 1e6 * k for k in range(3)])


if __name__ == "__main__":
    main()
