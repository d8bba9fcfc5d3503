"""Passes that leave out components: their sums are the sums of passes that evaluate all."""

import tracemalloc
import warnings

import numpy as np
import pytest

import mixclust
from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures.registry import structure_for
from mixclust.kernels.mixture.row_classes import RowClasses

WHERE_IT_PAYS, NEVER, ALWAYS = 0, 1, 2

N_COMPONENTS = 27
STRUCTURES = ("full", "tied", "diag", "spherical", "VEE", "EVE", "VVE", "EEV")
MODELS = "EII VII EEI VEI EVI VVI EEE VEE EVE VVE EEV VEV EVV VVV"


def clusters(n_samples=1500, n_features=4, distance=15.0, n_components=N_COMPONENTS, seed=0):
    """Rows of clusters and their labels; some clusters touch each other."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(n_components, n_features)) * distance
    means[1::3] = means[::3][: len(means[1::3])] + 3
    labels = rng.integers(n_components, size=n_samples).astype(np.int32)
    scales = np.exp(0.3 * rng.normal(size=(n_components, n_features)))
    return means[labels] + scales[labels] * rng.normal(size=(n_samples, n_features)), labels


def kernel_of(X, labels, model, sample_weight=None, n_components=N_COMPONENTS, **options):
    """A compiled EM after its start from labels, of which a tenth are wrong."""
    data = MixtureData(
        X, sample_weight, structure_for(model, X.shape[1]), options.pop("n_threads", 1)
    )
    data.describe(options.pop("reg_covar", 1e-6))
    kernel = data.fitter(n_components)
    kernel.skips = options.pop("skips", ALWAYS)
    if "classes" in options:
        kernel.restrict(RowClasses(*options.pop("classes")))
    assert not options
    start = labels.copy()
    start[::10] = np.roll(labels, 1)[::10]
    kernel.start(labels=start)
    return kernel


def assert_last_pass_exact(kernel, before, statistics, rtol=1e-12):
    """Compare the statistics of a pass with those of a plain one under the same parameters."""
    *numbers, noise_weight = before
    kernel.set_parameters(*numbers, noise_weight)
    plain = kernel.expect()
    assert kernel.candidates is None
    n, d = len(plain.counts), kernel.n_features
    np.testing.assert_allclose(statistics.log_likelihood, plain.log_likelihood, rtol=rtol)
    np.testing.assert_allclose(statistics.noise_count, plain.noise_count, rtol=rtol, atol=1e-12)
    ends = np.cumsum([n, n * d])
    counts, sums, scatters = np.split(statistics.numbers, ends)
    expected_counts, expected_sums, expected_scatters = np.split(plain.numbers, ends)
    largest = np.abs(expected_counts).max()
    scatter = np.abs(expected_scatters).max()
    np.testing.assert_allclose(counts, expected_counts, rtol=rtol, atol=rtol * largest)
    # Sums about a mean are near zero: their terms are not.
    np.testing.assert_allclose(
        sums, expected_sums, rtol=rtol, atol=rtol * np.sqrt(largest) * np.sqrt(scatter)
    )
    np.testing.assert_allclose(scatters, expected_scatters, rtol=rtol, atol=rtol * scatter)


def run(kernel, n_iter):
    """Iterate; returns the parameters of the last pass, its statistics and its share of pairs."""
    before = []

    def keep(iteration, _):
        if iteration == n_iter - 1:
            before.append((*kernel.model.parameters.get(), kernel.model.parameters.noise_weight))

    kernel.run(n_iter, 0.0, callback=keep)
    return before[0], kernel.model.statistics.copy(), kernel.candidates.share


@pytest.mark.parametrize("model", MODELS.split())
@pytest.mark.parametrize("n_iter", [2, 5])
def test_a_pass_of_any_model(model, n_iter):
    X, labels = clusters()
    kernel = kernel_of(X, labels, model)
    before, statistics, share = run(kernel, n_iter)
    assert share < 0.97
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", STRUCTURES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F", "reversed"])
def test_dtypes_and_layouts(model, dtype, order):
    X, labels = clusters(1000)
    X = X.astype(dtype)
    X = X[::-1].copy()[::-1] if order == "reversed" else np.asarray(X, order=order)
    X.flags.writeable = False
    kernel = kernel_of(X, labels, model)
    before, statistics, share = run(kernel, 3)
    assert share < 0.97
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", STRUCTURES)
def test_weights_of_rows(model):
    X, labels = clusters()
    weights = np.random.default_rng(0).exponential(size=len(X))
    weights[::7], weights[3] = 0, 1e6
    kernel = kernel_of(X, labels, model, sample_weight=weights)
    before, statistics, share = run(kernel, 4)
    assert share < 0.97
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", STRUCTURES)
def test_outliers_and_duplicates(model):
    X, labels = clusters()
    X[5], X[77, 0] = 1e4, -3e5
    X[100:400], labels[100:400] = X[100], labels[100]
    kernel = kernel_of(X, labels, model, reg_covar=1e-3)
    before, statistics, _ = run(kernel, 4)
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", STRUCTURES)
@pytest.mark.parametrize(("scale", "offset"), [(1e-130, 0), (1e130, 0), (1, 1e6), (1e-3, -1e3)])
def test_units(model, scale, offset):
    X, labels = clusters()
    kernel = kernel_of(X * scale + offset, labels, model, reg_covar="auto")
    before, statistics, share = run(kernel, 3)
    assert share < 0.95
    scatters_about_means = 1e-10 if offset else 1e-12
    assert_last_pass_exact(kernel, before, statistics, scatters_about_means)


@pytest.mark.parametrize("model", ["full", "diag", "tied", "VVE"])
@pytest.mark.parametrize("priors", [False, True])
def test_labelled_rows(model, priors):
    X, labels = clusters()
    of_components = (np.arange(N_COMPONENTS) % 3).astype(np.int32)
    of_rows = of_components[labels]
    of_rows[::2] = -1
    given = np.array([0.2, 0.3, 0.5]) if priors else None
    kernel = kernel_of(X, labels, model, classes=(of_rows, of_components, given))
    before, statistics, share = run(kernel, 4)
    assert share < 0.97
    assert_last_pass_exact(kernel, before, statistics)


def force(monkeypatch, skips):
    """Have all fits leave out components, or none; returns the list of their kernels."""
    kernels = []
    fitter = MixtureData.fitter

    def forced(data, n_components):
        kernels.append(fitter(data, n_components))
        kernels[-1].skips = skips
        return kernels[-1]

    monkeypatch.setattr(MixtureData, "fitter", forced)
    return kernels


@pytest.mark.parametrize("model", ["full", "diag", "tied", "spherical"])
@pytest.mark.parametrize("option", ["noise", "prior"])
def test_noise_and_priors(model, option, monkeypatch):
    X, labels = clusters()
    X[::20] = np.random.default_rng(1).uniform(X.min(0), X.max(0), size=X[::20].shape)
    kernels, before, shares = force(monkeypatch, ALWAYS), [], []

    def keep(_):
        parameters = kernels[-1].model.parameters
        before.append((*parameters.get(), parameters.noise_weight))
        shares.append(kernels[-1].candidates.share)

    means = np.array([X[labels == k].mean(axis=0) for k in range(N_COMPONENTS)])
    options = {"noise": True} if option == "noise" else {"prior": "default"}
    mixture = mixclust.GaussianMixture(
        N_COMPONENTS, covariance_type=model, means_init=means, max_iter=5, tol=1e-9, callback=keep
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixclust.ConvergenceWarning)
        mixture.set_params(**options).fit(X)
    assert shares[-1] < 0.99
    kernel = kernels[-1]
    statistics = kernel.model.statistics.copy()
    assert_last_pass_exact(kernel, before[-2], statistics)


@pytest.mark.parametrize("model", STRUCTURES)
def test_bits_do_not_depend_on_threads(model):
    X, labels = clusters(12_000, 6)
    found = []
    for n_threads in (1, 2, 3, 7):
        kernel = kernel_of(X, labels, model, n_threads=n_threads)
        _, statistics, share = run(kernel, 5)
        assert share < 0.5
        found.append(statistics.numbers.tobytes())
    assert len(set(found)) == 1


@pytest.mark.parametrize("model", STRUCTURES)
def test_a_second_run_of_a_kernel_gives_the_bits_of_the_first(model):
    X, labels = clusters()
    kernel = kernel_of(X, labels, model)
    _, statistics, _ = run(kernel, 6)
    again = kernel_of(X, labels, model)
    run(again, 3)
    again.start(labels=np.roll(labels, 3))
    run(again, 4)
    start = labels.copy()
    start[::10] = np.roll(labels, 1)[::10]
    again.start(labels=start)
    _, second, _ = run(again, 6)
    assert statistics.numbers.tobytes() == second.numbers.tobytes()


@pytest.mark.parametrize("model", STRUCTURES)
def test_components_that_move_far(model):
    """From wrong labels components move far in each iteration, and rows are sorted again."""
    X, _ = clusters(3000, distance=8.0)
    labels = np.random.default_rng(5).integers(N_COMPONENTS, size=len(X)).astype(np.int32)
    kernel = kernel_of(X, labels, model)
    bounds, _, _ = kernel.run(25, 0.0)
    assert np.all(np.diff(bounds) > -1e-9 * np.abs(bounds[:-1]))
    for n_iter in (3, 9, 25):
        kernel = kernel_of(X, labels, model)
        before, statistics, _ = run(kernel, n_iter)
        assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", STRUCTURES)
def test_all_are_evaluated_where_components_overlap(model):
    X, labels = clusters(4000, distance=0.2)
    found = []
    for skips in (WHERE_IT_PAYS, NEVER):
        kernel = kernel_of(X, labels, model, skips=skips)
        kernel.run(6, 0.0)
        assert (kernel.candidates is None) == (skips == NEVER)
        found.append(kernel.model.statistics.numbers.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("model", STRUCTURES)
def test_it_pays_where_components_are_apart(model):
    X, labels = clusters(8000, 8, 30.0)
    kernel = kernel_of(X, labels, model, skips=WHERE_IT_PAYS)
    kernel.start(labels=labels)
    before, statistics, share = run(kernel, 6)
    assert share < 0.2
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize("model", ["full", "diag", "tied", "spherical"])
@pytest.mark.parametrize("n_features", [1, 2, 17])
@pytest.mark.parametrize("n_components", [24, 25, 60])
def test_shapes(model, n_features, n_components):
    X, labels = clusters(1200, n_features, 40.0, n_components)
    kernel = kernel_of(X, labels, model, n_components=n_components, reg_covar=1e-3)
    before, statistics, _ = run(kernel, 4)
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize(("n_components", "n_samples"), [(23, 1000), (30, 200)])
def test_few_components_or_rows_are_all_evaluated(n_components, n_samples):
    X, labels = clusters(n_samples, n_components=n_components)
    kernel = kernel_of(X, labels, "full", n_components=n_components)
    kernel.run(3, 0.0)
    assert kernel.candidates is None


def test_components_without_weight():
    X, labels = clusters()
    kernel = kernel_of(X, labels, "full")
    weights, *others = kernel.model.parameters.get()
    weights[4] = 0
    kernel.set_parameters(weights / weights.sum(), *others)
    before, statistics, _ = run(kernel, 4)
    assert np.isfinite(statistics.numbers).all()
    assert_last_pass_exact(kernel, before, statistics)


@pytest.mark.parametrize(
    "options",
    [
        {"acceleration": "squarem"},
        {"on_collapse": "drop", "reg_covar": 0.0},
        {"init_params": "kmeans", "n_init": 2},
        {"covariance_type": "tied"},
        {"covariance_type": "diag", "noise": True},
    ],
    ids=str,
)
def test_whole_fits(options, monkeypatch):
    X, _ = clusters(3000, distance=12.0)
    options = {"covariance_type": "full", "max_iter": 60, "random_state": 0} | options
    fits = []
    for skips in (ALWAYS, NEVER):
        with monkeypatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore", mixclust.ConvergenceWarning)
            warnings.simplefilter("ignore", mixclust.CollapseWarning)
            kernels = force(patch, skips)
            fits.append(mixclust.GaussianMixture(N_COMPONENTS, **options).fit(X))
            assert any(kernel.candidates is not None for kernel in kernels) == (skips == ALWAYS)
    np.testing.assert_allclose(fits[0].lower_bounds_, fits[1].lower_bounds_, rtol=1e-9)
    np.testing.assert_allclose(fits[0].means_, fits[1].means_, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(fits[0].predict(X), fits[1].predict(X))


def test_memory():
    n_samples, n_components = 150_000, 64
    X, labels = clusters(n_samples, 4, 30.0, n_components)
    kernel = kernel_of(X, labels, "diag", n_components=n_components)
    kernel.start(labels=labels)
    tracemalloc.start()
    kernel.run(6, 0.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kernel.candidates.share < 0.2
    bounds = 2 * 4 * n_components / 48  # two sets, of strips of at least 48 rows
    tables = 4 * 64 * (n_components + 1) * n_components
    assert peak < (12 + bounds) * n_samples + tables + 500_000
