"""Rows for tests, and ways to compare fitted estimators."""

import hashlib
import warnings

import numpy as np

from mixclust import CollapseWarning, ConvergenceWarning, KMeans

DTYPES = (np.float32, np.float64)
ALGORITHMS = ("auto", "lloyd", "elkan")


def normal(seed, *shape, dtype=np.float64):
    """Independent normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def whole_numbers(seed, *shape, dtype=np.float64, low=-8, high=9):
    """Whole numbers: distances are exact in every order of summation, ties included."""
    return np.random.default_rng(seed).integers(low, high, size=shape).astype(dtype)


def blobs(seed, n, d, n_clusters, dtype=np.float64):
    """Rows about as many points as there are clusters, so that runs converge."""
    generator = np.random.default_rng(seed)
    points = 6 * generator.standard_normal((n_clusters, d))
    X = points[generator.integers(n_clusters, size=n)] + generator.standard_normal((n, d))
    return X.astype(dtype)


def layouts(X):
    """The same numbers in different memory: order, strides, permission to write."""
    n, d = X.shape
    wide = np.full((2 * n + 1, 3 * d), np.nan, dtype=X.dtype)
    wide[1 : 2 * n + 1 : 2, 1 : 3 * d : 3] = X
    fixed = X.copy()
    fixed.flags.writeable = False
    return {
        "C": X.copy(),
        "Fortran": np.asfortranarray(X),
        "negative rows": X[::-1].copy()[::-1],
        "negative columns": X[:, ::-1].copy()[:, ::-1],
        "both negative, Fortran": np.asfortranarray(X[::-1, ::-1])[::-1, ::-1],
        "steps": wide[1 : 2 * n + 1 : 2, 1 : 3 * d : 3],
        "read-only": fixed,
    }


LAYOUTS = list(layouts(np.zeros((2, 2))))


def fitted_hash(estimator):
    """A hash of every fitted attribute, bit for bit; but for a report, which tells times."""
    digest = hashlib.sha256()
    for name, value in sorted(vars(estimator).items()):
        if name.endswith("_") and name != "report_":
            digest.update(name.encode())
            if hasattr(value, "get_params"):  # the best mixture of a selection
                digest.update(fitted_hash(value).encode())
            else:
                digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def assert_same(one, other):
    """Two estimators have the same attributes, reports apart, of the same types and bits."""
    ours, theirs = ({**vars(model), "report_": None} for model in (one, other))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(theirs[name], value, err_msg=name, strict=True)
        else:
            assert theirs[name] == value, name
            assert type(theirs[name]) is type(value), name


def quiet_fit(estimator, X, **arguments):
    """Fit without the warnings that the run did not converge or that components collapsed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, **arguments)


def saved(directory, model):
    """The path of a file that holds a model with its labels, if it has any."""
    path = directory / "model"
    model.save(path, **({"labels": True} if isinstance(model, KMeans) else {}))
    return path
