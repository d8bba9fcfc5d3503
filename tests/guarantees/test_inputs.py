"""What mixclust promises of every fit, part three: any input, read in place, in bounded memory."""

import sys
import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.processes import run_code
from support.samples import ALGORITHMS, DTYPES, blobs, fitted_hash, layouts, normal
from support.strategies import ANY_ARRAY

from mixclust import ConvergenceWarning, KMeans, kmeans_plusplus

# The same examples in every run, however slow the machine.
repeatable = settings(derandomize=True, deadline=None, max_examples=400)


# ---------------------------------------------------------------------------- 7 inputs


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_are_read_in_place_and_never_modified(dtype, tmp_path):
    X = blobs(0, 2000, 5, 6, dtype)
    sample_weight = np.random.default_rng(0).uniform(size=2000)
    init = X[:6].copy()
    expected = KMeans(6, init=init).fit(X, sample_weight=sample_weight)
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    unaligned = np.empty(X.nbytes + 1, dtype=np.uint8)[1:].view(dtype).reshape(X.shape)
    unaligned[:] = X
    assert not unaligned.flags.aligned
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="r", shape=X.shape)
    for name, rows in (layouts(X) | {"read-only memmap": mapped, "not aligned": unaligned}).items():
        before = rows.tobytes(), sample_weight.tobytes(), init.tobytes(), rows.flags.writeable
        kmeans = KMeans(6, init=init).fit(rows, sample_weight=sample_weight)
        assert fitted_hash(kmeans) == fitted_hash(expected), name
        kmeans.predict(rows)
        kmeans.transform(rows)
        kmeans.score(rows, sample_weight=sample_weight)
        kmeans_plusplus(rows, 3, sample_weight=sample_weight)
        after = rows.tobytes(), sample_weight.tobytes(), init.tobytes(), rows.flags.writeable
        assert after == before, name


# ---------------------------------------------------------------------------- 8 memory


MIB = 2**20


def peak_memory(function):
    """Bytes that Python and NumPy allocate at most while a function runs."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", ["C", "Fortran", "every second row"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_memory_of_a_fit(dtype, layout):
    """4 bytes a row for labels; 8 or 12 more for seeding; 48 more for bounds, not both at once."""
    n, d = 1_000_000, 20  # too large for packed rows to be kept
    X = np.random.default_rng(0).standard_normal((2 * n if layout[0] == "e" else n, d), dtype)
    X = {"C": X, "Fortran": np.asfortranarray(X), "every second row": X[::2]}[layout]
    seeding = 8 if dtype is np.float32 else 12
    options = {"max_iter": 3, "n_init": 1, "random_state": 0}

    def fit(init, algorithm):
        kmeans = KMeans(12, init=init, algorithm=algorithm, **options)
        return peak_memory(lambda: kmeans.fit(X))

    slack = MIB  # centres, shards, the interpreter
    assert fit(X[:12].copy(), "lloyd") <= 4 * n + slack
    assert fit("k-means++", "lloyd") <= (4 + seeding) * n + slack
    assert fit("k-means++", "elkan") <= (4 + 48) * n + slack
    kmeans = KMeans(12, init=X[:12].copy(), n_init=1, max_iter=1).fit(X[:1000])
    assert peak_memory(lambda: kmeans.predict(X)) <= 4 * n + slack
    assert peak_memory(lambda: kmeans.score(X)) <= 4 * n + slack


RESIDENT = """
import re
from pathlib import Path
import numpy as np
from mixclust import KMeans

def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024

n, d = 2_000_000, 8
X = np.empty((n, d), dtype=np.float32)
np.random.default_rng(0).standard_normal(out=X, dtype=np.float32)
KMeans(100, init=X[:100], max_iter=1, n_threads=2).fit(X[:100_000])
before = peak()
for algorithm, init in [("lloyd", X[:100]), ("auto", "k-means++"), ("elkan", X[:100])]:
    KMeans(100, init=init, n_init=1, random_state=0, max_iter=4, algorithm=algorithm).fit(X)
    print((peak() - before) / n)
"""

if sys.platform == "linux":

    def test_resident_memory_of_a_fit():
        """What the system sees, the kernels' own buffers included; in bytes a row."""
        lloyd, auto, elkan = map(float, run_code(RESIDENT).split())
        assert lloyd < 12
        assert auto < 64
        assert 30 < elkan < 64  # with bounds, or else they were not measured


def test_memory_does_not_grow_with_fits():
    X = blobs(0, 20_000, 4, 10)

    def fit():
        KMeans(10, n_init=2, random_state=0, n_threads=2).fit(X).predict(X)

    fit()
    tracemalloc.start()
    try:
        fit()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            fit()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000


# ---------------------------------------------------------------------------- 10 any input


def check_fit(kmeans, X, messages, **options):
    """A fit either says one of the messages or has finite results that agree with each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        message = None
        try:
            kmeans.fit(X, **options)
        except (TypeError, ValueError) as error:
            message = str(error)
    if message is not None:
        assert any(expected in message for expected in messages), message
        assert not hasattr(kmeans, "labels_")
        return
    assert np.isfinite(kmeans.cluster_centers_).all()
    assert np.isfinite(kmeans.inertia_)
    assert kmeans.inertia_ >= 0
    assert ((kmeans.labels_ >= 0) & (kmeans.labels_ < kmeans.n_clusters)).all()
    np.testing.assert_array_equal(kmeans.predict(X), kmeans.labels_)
    assert np.isfinite(kmeans.score(X))
    with np.errstate(over="ignore"):  # in float32 a distance may be infinite though rows are not
        assert np.isfinite(kmeans.transform(np.asarray(X, dtype=np.float64))).all()


@given(
    X=ANY_ARRAY,
    n_clusters=st.integers(1, 5),
    algorithm=st.sampled_from(ALGORITHMS),
    init=st.sampled_from(["k-means++", "random"]),
)
@repeatable
def test_any_array(X, n_clusters, algorithm, init):
    kmeans = KMeans(n_clusters, init=init, n_init=1, random_state=0, algorithm=algorithm)
    check_fit(kmeans, X, messages=("X", "n_clusters", "array"))


@given(
    X=hnp.arrays(
        st.sampled_from(DTYPES),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    n_clusters=st.integers(1, 6),
    algorithm=st.sampled_from(ALGORITHMS),
    data=st.data(),
)
@repeatable
def test_any_finite_rows(X, n_clusters, algorithm, data):
    weights = hnp.arrays(np.float64, len(X), elements=st.floats(0, 1e300))
    sample_weight = data.draw(st.none() | weights)
    kmeans = KMeans(n_clusters, n_init=2, random_state=0, algorithm=algorithm)
    messages = ("X spreads over", "n_clusters", "sample_weight")
    check_fit(kmeans, X, messages=messages, sample_weight=sample_weight)


HUGE, TINY = 1e200, 1e-200
EDGES = {
    "squares overflow": np.array([[0.0], [HUGE], [2 * HUGE]]),
    "differences overflow": np.array([[-1.7e308], [1.7e308], [0.0]]),
    "sums overflow": np.full((50, 2), 1.7e308),
    "squares underflow": np.array([[0.0], [TINY], [2 * TINY], [10 * TINY]]),
    "subnormal": np.array([[0.0], [5e-324], [1e-323], [1e-310]]),
    "largest float32": np.array([[-3.4e38], [3.4e38], [0.0]], dtype=np.float32),
    "smallest float32": np.array([[0.0], [1e-45], [3e-45]], dtype=np.float32),
    "signed zeros": np.array([[0.0], [-0.0], [0.0], [-0.0]]),
    "huge and tiny": np.array([[1e150, 1e-150], [0, 0], [-1e150, 1e-150], [1e-150, 1e-150]]),
    "one row": np.array([[1.0, 2.0]]),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", EDGES)
def test_edges_of_the_number_range(name, algorithm):
    X = EDGES[name]
    for n_clusters in (1, 2, 3):
        kmeans = KMeans(n_clusters, n_init=2, random_state=0, algorithm=algorithm)
        check_fit(kmeans, X, messages=("X spreads over", "n_clusters"))


def test_huge_rows_get_their_nearest_centre_or_an_error():
    centers = [[-1e90], [1e90]]
    kmeans = KMeans(2, init=centers).fit(centers)
    new = np.array([[-1e100], [1e100], [-1e160], [1e160], [-1.7e308], [1.7e308]])
    assert kmeans.predict(new[:2]).tolist() == [0, 1]
    for method in ("predict", "transform", "score"):
        for row in new:
            message = None
            try:
                found = getattr(kmeans, method)([row])
            except ValueError as error:
                message = str(error)
            if message is None:
                assert np.isfinite(found).all()
                assert method != "predict" or found[0] == (row[0] > 0)
            else:
                assert "X spreads over" in message


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1e30, 1e140])
def test_clusters_are_found_at_any_scale(scale):
    X = blobs(0, 300, 2, 4)
    expected = KMeans(4, init=X[:4]).fit(X)
    found = KMeans(4, init=X[:4] * scale).fit(X * scale)
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    assert found.inertia_ / scale / scale == pytest.approx(expected.inertia_, rel=1e-9)


BAD_ROWS = {
    "None": None,
    "a number": 3.0,
    "text": "rows",
    "one dimension": np.zeros(5),
    "three dimensions": np.zeros((2, 2, 2)),
    "no rows": np.zeros((0, 3)),
    "no features": np.zeros((3, 0)),
    "NaN": np.array([[1.0], [np.nan]]),
    "NaN in float32": np.array([[1.0], [np.nan]], dtype=np.float32),
    "infinity": np.array([[1.0], [np.inf]]),
    "minus infinity": np.array([[1.0], [-np.inf]]),
    "infinite after conversion": np.array([[1.0], [np.finfo(np.longdouble).max]]),
    "complex": np.zeros((3, 2), dtype=complex),
    "dates": np.zeros((3, 2), dtype="M8[s]"),
    "records": np.zeros(3, dtype=[("a", float), ("b", float)]),
    "words": np.array([["a", "b"], ["c", "d"]]),
    "objects": np.array([[object(), 1.0], [2.0, 3.0]]),
    "None among numbers": np.array([[None, 1.0], [2.0, 3.0]]),
    "ragged": [[1.0, 2.0], [3.0]],
    "a dict": {"a": [1.0, 2.0]},
    "a set": {1.0, 2.0},
    "a generator": (row for row in [[1.0], [2.0]]),
    "huge integers": [[10**400], [1]],
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows(name):
    fitted = KMeans(1, n_init=1).fit([[0.0], [1.0]])
    for call in (KMeans(1, n_init=1).fit, fitted.predict, fitted.transform, fitted.score):
        with pytest.raises((TypeError, ValueError), match=r"X|array|sequence"):
            call(BAD_ROWS[name])
    with pytest.raises((TypeError, ValueError)):
        kmeans_plusplus(BAD_ROWS[name], 1)


BAD_WEIGHTS = {
    "negative": [1.0, -1.0, 1.0],
    "NaN": [1.0, np.nan, 1.0],
    "infinite": [1.0, np.inf, 1.0],
    "all zero": [0.0, 0.0, 0.0],
    "too few": [1.0, 1.0],
    "too many": [1.0] * 4,
    "a column": [[1.0], [1.0], [1.0]],
    "text": ["a", "b", "c"],
    "sum overflows": [1.7e308] * 3,
}


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights(name):
    X = [[0.0], [1.0], [2.0]]
    fitted = KMeans(2, n_init=1).fit(X)
    for call in (KMeans(2, n_init=1).fit, fitted.score):
        with pytest.raises((TypeError, ValueError), match="sample_weight"):
            call(X, sample_weight=BAD_WEIGHTS[name])


@pytest.mark.parametrize("n_samples", [1, 2, 3, 47, 48, 49, 95, 96, 97])
@pytest.mark.parametrize("n_features", [1, 2, 7, 8, 9])
def test_as_many_clusters_as_rows(n_samples, n_features):
    X = normal(0, n_samples, n_features)
    kmeans = KMeans(n_samples, n_init=1, random_state=0).fit(X)
    assert sorted(kmeans.labels_) == [*range(n_samples)]
    assert kmeans.inertia_ == pytest.approx(0, abs=1e-25)


@pytest.mark.parametrize("rows", [np.asarray, scipy.sparse.csr_array])
def test_distances_that_float32_does_not_hold_are_refused(rows):
    X = np.random.default_rng(0).normal(size=(50, 12)).astype(np.float32)
    kmeans = KMeans(3, random_state=0).fit(rows(X))
    far = np.full((1, 12), 3e38, dtype=np.float32)
    with pytest.raises(ValueError, match="float32 does not hold the distances"):
        kmeans.transform(rows(far))
    kmeans.predict(rows(far))
    distances = kmeans.transform(rows(far.astype(np.float64)))
    np.testing.assert_allclose(distances, 3e38 * np.sqrt(12), rtol=1e-6)
