"""What mixclust promises of every fit, part one: the same bits, always, and one answer.

The numbers of the sections are those of the project's list of guarantees; parts two to four are
test_processes.py, test_inputs.py and test_equivariance.py.
"""

import hashlib
import pickle

import numpy as np
import pytest
from support.processes import run_code
from support.samples import ALGORITHMS, DTYPES, blobs, fitted_hash, normal

from mixclust import KMeans, kmeans_plusplus

# ---------------------------------------------------------------------------- 1 the same bits


CASES = {
    "seeds": ((60_000, 8), {"n_clusters": 40, "n_init": 1, "max_iter": 3}),
    "restarts": ((2000, 3), {"n_clusters": 5, "n_init": 8}),
    "sliced sums": ((1500, 140), {"n_clusters": 700, "init": "random", "n_init": 1, "max_iter": 3}),
    "refills": ((40_000, 4), {"n_clusters": 60, "init": np.repeat([[9.0, 9, 9, 9]], 60, 0)}),
    "to the end": ((30_000, 2), {"n_clusters": 30, "init": "random", "n_init": 1, "tol": 0}),
}


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype, case, algorithm):
    (n, d), options = CASES[case]
    X = blobs(0, n, d, 20, dtype)
    sample_weight = np.random.default_rng(1).uniform(0, 2, n)
    hashes = set()
    for n_threads in (1, 2, 3, 4, 7, 2, 3, 7):
        kmeans = KMeans(random_state=0, algorithm=algorithm, n_threads=n_threads, **options)
        hashes.add(fitted_hash(kmeans.fit(X, sample_weight=sample_weight)))
    assert len(hashes) == 1


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_of_every_method_for_any_number_of_threads(dtype):
    X, new = blobs(0, 30_000, 6, 20, dtype), blobs(1, 50_000, 6, 20, dtype)
    kmeans = KMeans(25, init=X[:25], max_iter=2)
    hashes = set()
    for n_threads in (1, 2, 3, 4, 7):
        kmeans.set_params(n_threads=n_threads).fit(X)
        labels, distances = kmeans.nearest_centers(new)
        arrays = [kmeans.predict(new), kmeans.transform(new), labels, distances]
        arrays += [kmeans.silhouette_samples(new), np.array(kmeans.score(new))]
        arrays += kmeans_plusplus(X, 12, random_state=3, n_threads=n_threads)
        hashes.add(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
    assert len(hashes) == 1


# ---------------------------------------------------------------------------- 2 the same seed


REPRODUCE = """
import numpy as np
from mixclust import KMeans
from support.samples import blobs, fitted_hash

for dtype in (np.float32, np.float64):
    for init in ("k-means++", "random"):
        kmeans = KMeans(9, init=init, n_init=2, random_state=5)
        print(fitted_hash(kmeans.fit(blobs(2, 5000, 4, 12, dtype))))
"""


def test_same_seed_same_bits_in_every_process():
    outputs = {run_code(REPRODUCE, PYTHONHASHSEED=str(seed)) for seed in (0, 1, 2, 3, 4)}
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 4


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_same_bits_after_pickling(protocol):
    X = blobs(2, 3000, 4, 12)
    kmeans = KMeans(9, n_init=1, random_state=5)
    copy = pickle.loads(pickle.dumps(kmeans, protocol))
    assert fitted_hash(copy.fit(X)) == fitted_hash(kmeans.fit(X))
    copy = pickle.loads(pickle.dumps(kmeans, protocol))
    assert fitted_hash(copy) == fitted_hash(kmeans)
    np.testing.assert_array_equal(copy.predict(X), kmeans.labels_)
    assert copy.score(X) == kmeans.score(X)


# ---------------------------------------------------------------------------- 3 one answer


TABLE = {
    "blobs": lambda: blobs(3, 3000, 5, 8),
    "a cloud": lambda: normal(3, 3000, 3),
    "offset of 1e6": lambda: normal(3, 1000, 3) + 1e6,
    "offset of 1e6, small": lambda: normal(3, 1000, 3) * 0.1 + 1e6,
    "ties": lambda: np.random.default_rng(3).integers(0, 4, (2000, 3)),
    "ties at an offset": lambda: np.random.default_rng(3).integers(0, 4, (2000, 2)) + 1e6,
    "one feature": lambda: normal(3, 500, 1),
    "many features": lambda: normal(3, 210, 700),
    "one feature is far larger": lambda: normal(3, 500, 4) * [1, 1e7, 1, 1e-7],
    "one row is far away": lambda: np.vstack([normal(3, 500, 3), [[1e6, 0, 0]]]),
    "tiny": lambda: normal(3, 500, 3) * 1e-18,
    "huge": lambda: normal(3, 500, 3) * 1e18,
    "heavy tails": lambda: np.random.default_rng(3).standard_cauchy((800, 2)),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.filterwarnings("ignore::mixclust.ConvergenceWarning")
def test_predict_of_the_rows_that_were_fitted(name, dtype, algorithm):
    X = TABLE[name]().astype(dtype)
    for n_clusters, options in [(2, {}), (11, {}), (40, {"tol": 0}), (40, {"max_iter": 3})]:
        kmeans = KMeans(n_clusters, n_init=1, random_state=1, algorithm=algorithm, **options).fit(X)
        np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X))
        assert kmeans.inertia_ == pytest.approx(-kmeans.score(X), rel=1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_predict_of_a_row_alone(name, dtype):
    X = TABLE[name]().astype(dtype)
    kmeans = KMeans(11, n_init=1, random_state=1).fit(X)
    labels = kmeans.labels_
    np.testing.assert_array_equal(
        [kmeans.predict(X[i : i + 1])[0] for i in range(200)], labels[:200]
    )
    np.testing.assert_array_equal(kmeans.predict(X[107:190]), labels[107:190])
    np.testing.assert_array_equal(kmeans.predict(X[::-3]), labels[::-3])
    np.testing.assert_array_equal(kmeans.predict(np.asfortranarray(X)), labels)
    np.testing.assert_array_equal(kmeans.predict(X.astype(np.float64)), labels)
