"""What mixclust promises of every mixture: the same bits, one answer, inputs in place, memory.

The numbers of the sections are those of the project's list of guarantees; the other files
test_mixture_*.py are about the others.
"""

import hashlib
import pickle
import sys
import tracemalloc

import numpy as np
import pytest
from support.mixtures import ANSWERS, COVARIANCE_TYPES, fit_mixture, quiet_fit
from support.processes import run_code
from support.samples import DTYPES, blobs, fitted_hash, layouts, normal

from mixclust import GaussianMixture

INITS = ("auto", "kmeans", "k-means++", "random", "random_from_data")


# ---------------------------------------------------------------------------- 1 the same bits


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype, covariance_type):
    X = blobs(0, 12_000, 6, 9, dtype)
    sample_weight = np.random.default_rng(1).uniform(0, 2, len(X))
    options = {"covariance_type": covariance_type, "max_iter": 4, "random_state": 0}
    for init_params in INITS:
        hashes = set()
        for n_threads in (1, 2, 3, 4, 7, 2, 3, 7):
            mixture = GaussianMixture(9, init_params=init_params, n_threads=n_threads, **options)
            hashes.add(fitted_hash(quiet_fit(mixture, X, sample_weight=sample_weight)))
        assert len(hashes) == 1, init_params


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_same_bits_wherever_a_short_run_is_made(covariance_type):
    """A compiled mixture takes one start after the other, and threads take what is next."""
    for seed in range(60):
        generator = np.random.default_rng(seed)
        n_components, d = 4 + seed % 6, 1 + seed % 5
        means = generator.normal(size=(n_components + 2, d)) * 10 ** generator.uniform(1.3, 3)
        scales = 3 ** generator.normal(size=(n_components + 2, 1))
        labels = generator.integers(n_components + 2, size=3000)
        X = means[labels] + generator.normal(size=(3000, d)) * scales[labels]
        one, two = (
            fit_mixture(
                X, n_components, covariance_type=covariance_type, n_threads=n, random_state=0
            )
            for n in (1, 2)
        )
        assert one.report_.runs[0].scores == two.report_.runs[0].scores
        assert fitted_hash(one) == fitted_hash(two)


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_same_bits_of_every_method_for_any_number_of_threads(covariance_type):
    X, new = blobs(0, 3000, 6, 9), blobs(1, 20_000, 6, 9)
    mixture = fit_mixture(X, 9, covariance_type=covariance_type, random_state=0, max_iter=5)
    hashes = set()
    for n_threads in (1, 2, 3, 4, 7):
        mixture.set_params(n_threads=n_threads)
        arrays = [getattr(mixture, name)(new) for name in ANSWERS]
        hashes.add(hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest())
    assert len(hashes) == 1


# ---------------------------------------------------------------------------- 2 the same seed


REPRODUCE = """
from support.mixtures import COVARIANCE_TYPES, fit_mixture
from support.samples import DTYPES, blobs, fitted_hash

for dtype in DTYPES:
    for covariance_type in COVARIANCE_TYPES:
        X = blobs(2, 3000, 4, 6, dtype)
        print(fitted_hash(fit_mixture(X, 6, covariance_type=covariance_type, random_state=5)))
"""


def test_same_seed_same_bits_in_every_process():
    outputs = {run_code(REPRODUCE, PYTHONHASHSEED=str(seed)) for seed in range(5)}
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 8


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_same_bits_after_pickling(covariance_type):
    X = blobs(2, 2000, 4, 6)
    mixture = GaussianMixture(6, covariance_type=covariance_type, random_state=5)
    copy = pickle.loads(pickle.dumps(mixture))
    assert fitted_hash(quiet_fit(copy, X)) == fitted_hash(quiet_fit(mixture, X))
    copy = pickle.loads(pickle.dumps(mixture))
    assert fitted_hash(copy) == fitted_hash(mixture)
    assert copy.score(X) == mixture.score(X)


@pytest.mark.parametrize("new", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize("init_params", INITS)
def test_random_states_of_both_kinds(init_params, new):
    X = blobs(2, 2000, 4, 6)
    options = {"init_params": init_params, "reg_covar": 1e-3, "max_iter": 5, "n_init": 2}
    first = fit_mixture(X, 6, random_state=new(5), **options)
    assert fitted_hash(fit_mixture(X, 6, random_state=new(5), **options)) == fitted_hash(first)
    assert fitted_hash(fit_mixture(X, 6, random_state=new(6), **options)) != fitted_hash(first)
    rows = [first.set_params(random_state=new(7)).sample(50) for _ in range(2)]
    np.testing.assert_array_equal(rows[0][0], rows[1][0])


# ---------------------------------------------------------------------------- 3 one answer


TABLE = {
    "blobs": lambda: blobs(3, 1500, 5, 8),
    "a cloud": lambda: normal(3, 1500, 3),
    "offset of 1e6": lambda: normal(3, 1000, 3) + 1e6,
    "ties": lambda: np.random.default_rng(3).integers(0, 4, (1000, 3)),
    "one feature": lambda: normal(3, 500, 1),
    "many features": lambda: normal(3, 300, 120),
    "one feature is far larger": lambda: normal(3, 500, 4) * [1, 1e7, 1, 1e-7],
    "one row is far away": lambda: np.vstack([normal(3, 500, 3), [[1e6, 0, 0]]]),
    "tiny": lambda: normal(3, 500, 3) * 1e-18,
    "huge": lambda: normal(3, 500, 3) * 1e18,
    "heavy tails": lambda: np.random.default_rng(3).standard_cauchy((800, 2)),
}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_one_answer_for_a_row(name, dtype, covariance_type):
    """Labels are the same alone and among others, with and without uncertainty, in any layout."""
    X = TABLE[name]().astype(dtype)
    mixture = GaussianMixture(5, covariance_type=covariance_type, max_iter=20, random_state=1)
    labels = quiet_fit(mixture, X).predict(X)
    resp, log_prob = mixture.predict_proba(X), mixture.score_samples(X)
    assert np.isfinite(log_prob).all()
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_array_equal(resp[np.arange(len(X)), labels], resp.max(axis=1))
    for i in range(0, len(X), 17):
        assert mixture.predict(X[i : i + 1])[0] == labels[i]
        np.testing.assert_array_equal(mixture.predict_proba(X[i : i + 1])[0], resp[i])
        assert mixture.score_samples(X[i : i + 1])[0] == log_prob[i]
    np.testing.assert_array_equal(mixture.predict(X[::-3]), labels[::-3])
    np.testing.assert_array_equal(mixture.predict(np.asfortranarray(X)), labels)
    np.testing.assert_array_equal(mixture.predict(X.astype(np.float64)), labels)
    found, uncertainty = mixture.predict(X, return_uncertainty=True)
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_array_equal(uncertainty, mixture.uncertainty(X))


# ---------------------------------------------------------------------------- 7 inputs


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_are_read_in_place_and_never_modified(dtype, covariance_type, tmp_path):
    X = blobs(0, 1500, 5, 4, dtype)
    sample_weight = np.random.default_rng(0).uniform(size=1500)
    resp = np.random.default_rng(0).dirichlet(np.ones(4), size=1500)
    options = {"covariance_type": covariance_type, "max_iter": 4}
    expected = fitted_hash(
        fit_mixture(X, 4, sample_weight=sample_weight, resp_init=resp, **options)
    )
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="r", shape=X.shape)
    sample_weight.flags.writeable = resp.flags.writeable = False
    for name, rows in (layouts(X) | {"read-only memmap": mapped}).items():
        before = rows.tobytes(), rows.flags.writeable
        mixture = fit_mixture(rows, 4, sample_weight=sample_weight, resp_init=resp, **options)
        assert fitted_hash(mixture) == expected, name
        for answer in ANSWERS:
            getattr(mixture, answer)(rows)
        assert (rows.tobytes(), rows.flags.writeable) == before, name


# ---------------------------------------------------------------------------- 8 memory


MIB = 2**20


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_memory_of_a_fit(covariance_type):
    """At most 12 bytes a row: labels, and what drawing some rows takes; k-means its own."""
    n = 500_000
    X = np.random.default_rng(0).standard_normal((n, 4), np.float32)
    options = {"covariance_type": covariance_type, "max_iter": 2, "random_state": 0}
    for init_params, bytes_a_row in [("auto", 12), ("kmeans", 24), ("random_from_data", 12)]:
        mixture = GaussianMixture(5, init_params=init_params, **options)
        tracemalloc.start()
        try:
            quiet_fit(mixture, X)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak <= bytes_a_row * n + 6 * MIB, init_params


RESIDENT = """
import resource, warnings
import numpy as np
from mixclust import ConvergenceWarning, GaussianMixture

warnings.simplefilter("ignore", ConvergenceWarning)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

n, d = 1_000_000, 10
X = np.empty((n, d))
np.random.default_rng(0).standard_normal(out=X)
options = {"max_iter": 2, "random_state": 0, "n_threads": 2}
GaussianMixture(20, **options).fit(X[:100_000])
before = peak()
for covariance_type in ("spherical", "diag", "tied", "full"):
    GaussianMixture(20, covariance_type=covariance_type, **options).fit(X)
    print((peak() - before) / n)
"""

if sys.platform == "linux":

    def test_resident_memory_of_a_fit():
        """What the system sees, the kernels' own buffers included; in bytes a row."""
        assert max(map(float, run_code(RESIDENT).split())) < 32


@pytest.mark.parametrize("reg_covar", ["auto", 0])
@pytest.mark.parametrize("far", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_components_may_be_any_distance_apart(covariance_type, far, reg_covar):
    """A fit's likelihood is what the scores of the rows add up to, and it never falls."""
    X = np.vstack([normal(0, 300, 2), normal(1, 300, 2) + 2, normal(2, 300, 2) + far])
    mixture = fit_mixture(
        X,
        3,
        resp_init=np.repeat([0, 1, 2], 300),
        covariance_type=covariance_type,
        reg_covar=reg_covar,
        tol=1e-12,
        max_iter=2000,
    )
    error = 1e-12 + 1e-16 * far
    assert mixture.lower_bound_ == pytest.approx(mixture.score(X), abs=10 * error)
    assert reg_covar or np.diff(mixture.lower_bounds_).min() > -error
    assert (mixture.predict(X[600:]) == 2).all()


@pytest.mark.parametrize("on_collapse", ["floor", "restart", "drop"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weights_are_copies_to_a_component_that_collapses(covariance_type, on_collapse):
    """Whatever the rows weigh: less than one copy is too little, less than the mean is not."""
    X = normal(0, 42, 1)
    precisions = {"tied": [[1.0]], "full": [[[1.0]]] * 2, "diag": [[1.0]] * 2}
    for lightest in (0.5, 1.5, 2.5):
        share = lightest / 84
        options = {
            "covariance_type": covariance_type,
            "on_collapse": on_collapse,
            "weights_init": [1 - share, share],
            "means_init": [[0.0], [0.1]],
            "precisions_init": precisions.get(covariance_type, [1.0, 1.0]),
        }
        weighted = fit_mixture(X, 2, sample_weight=np.full(42, 2), **options)
        repeated = fit_mixture(np.repeat(X, 2, axis=0), 2, **options)
        assert len(weighted.weights_) == len(repeated.weights_)
        assert weighted.n_iter_ == repeated.n_iter_
        assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_, rel=1e-10)
        shares = fit_mixture(X, 2, sample_weight=np.full(42, 1 / 42), **options)
        assert shares.lower_bound_ == pytest.approx(fit_mixture(X, 2, **options).lower_bound_)
