"""bootstrap: standard errors, intervals, draws, threads, and replicates that collapse."""

import numpy as np
import pytest
from support.mclust_reference import mclust_numbers
from support.samples import blobs, quiet_fit
from support.tables import table

import mixclust._mixture.replicates as replicates
from mixclust import (
    CollapseWarning,
    ConvergenceWarning,
    GaussianMixture,
    KMeans,
    NotFittedError,
    bootstrap,
    likelihood_ratio_test,
    merge_components,
)
from mixclust._mixture.data import MixtureData
from mixclust._mixture.fits import fit_from
from mixclust._mixture.replicates import WeightedFits
from mixclust._mixture.structures import covariance_types, structure_of

NUMBERS = mclust_numbers()
DIABETES = table("diabetes")
MIXTURE = GaussianMixture(3, random_state=0).fit(DIABETES)
X = blobs(0, 200, 2, 3)


def mclust_errors(kind):
    """Standard errors of mclust, components in the order of MIXTURE."""
    means = NUMBERS["bootstrap.means"].reshape(3, 3)
    order = np.abs(means[:, 0] - MIXTURE.means_[:, :1]).argmin(axis=1)
    assert sorted(order) == [0, 1, 2]
    return (
        NUMBERS[f"bootstrap.{kind}.weights"][order],
        NUMBERS[f"bootstrap.{kind}.means"].reshape(3, 3)[order],
        NUMBERS[f"bootstrap.{kind}.covariances"].reshape(3, 3, 3)[order],
    )


@pytest.mark.parametrize(
    ("method", "kind", "rtol"), [("nonparametric", "bs", 0.1), ("weighted", "wlbs", 0.2)]
)
def test_standard_errors_are_those_of_mclust(method, kind, rtol):
    """mclust made 4,999 and 499 replicates: 1 / sqrt(2 n) is 1 and 3 %, but the second component
    has heavy tails. A wrong number of draws or of parameters would change errors by 40 %."""
    result = bootstrap(MIXTURE, DIABETES, n_resamples=3000, method=method, random_state=0)
    assert result.n_collapsed == result.n_not_converged == 0
    tolerances = (rtol, rtol, 1.5 * rtol)
    for found, expected, rtol in zip(
        result.standard_errors, mclust_errors(kind), tolerances, strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=rtol)


@pytest.mark.parametrize("covariance_type", covariance_types())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_replicate_is_a_weighted_fit(covariance_type, dtype):
    """Fits of packed rows, and of rows that are read in place, end at the optimum of plain EM."""
    rows = X.astype(dtype)
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows)
    structure = structure_of(mixture.covariance_type)
    data = MixtureData(rows, None, structure, 1)
    data.describe("auto")
    generator = np.random.default_rng(0)
    weights = generator.multinomial(200, np.full(200, 1 / 200), 6).astype(float)
    parameters = mixture._parameters()
    fits = WeightedFits(data, 200.0, parameters, 2000, 1e-12).run(weights)
    for b in range(6):
        part = data.subset(rows, weights[b])
        plain = fit_from(
            part, part.fitter(3), lambda kernel, p=part: p.use(kernel, parameters), 2000, 1e-12
        )
        assert fits.bounds[b] == pytest.approx(plain.bound, abs=1e-9)
        np.testing.assert_allclose(fits.weights[b], plain.parameters.weights, atol=1e-4)
        np.testing.assert_allclose(fits.means[b], plain.parameters.means, atol=1e-3)
        np.testing.assert_allclose(
            fits.covariances[b], plain.parameters.covariances, rtol=1e-3, atol=1e-3
        )
    assert fits.converged.all()


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_rows_in_place_and_packed_rows_agree(covariance_type, monkeypatch):
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    options = {"n_resamples": 20, "random_state": 0, "tol": 1e-10}
    packed = bootstrap(mixture, X, **options)
    monkeypatch.setattr(replicates, "MAX_PACKED_NUMBERS", 0)
    in_place = bootstrap(mixture, X, **options)
    np.testing.assert_allclose(packed.means_, in_place.means_, atol=1e-4)
    np.testing.assert_allclose(packed.covariances_, in_place.covariances_, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", ["nonparametric", "weighted"])
def test_threads_and_blocks_change_no_bit(method):
    first = bootstrap(MIXTURE, DIABETES, n_resamples=100, method=method, n_threads=1)
    seen = []
    for n_threads in (2, 5):
        other = bootstrap(
            MIXTURE,
            DIABETES,
            n_resamples=100,
            method=method,
            n_threads=n_threads,
            callback=lambda done, total: seen.append((done, total)),
        )
        for name in ("weights_", "means_", "covariances_"):
            np.testing.assert_array_equal(getattr(first, name), getattr(other, name))
    assert seen == 2 * [(done, 100) for done in range(5, 101, 5)]


def test_a_replicate_does_not_depend_on_the_ones_before():
    """A prefix of the replicates is the result for fewer of them."""
    many = bootstrap(MIXTURE, DIABETES, n_resamples=60, random_state=3)
    few = bootstrap(MIXTURE, DIABETES, n_resamples=7, random_state=3)
    np.testing.assert_array_equal(many.covariances_[:7], few.covariances_)


def test_callback_ends_it_and_verbose_prints(capsys):
    result = bootstrap(
        MIXTURE, DIABETES, n_resamples=200, verbose=1, callback=lambda done, total: done >= 30
    )
    assert result.n_resamples == len(result.weights_) == 30
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Replicate {done} of 200" for done in (10, 20, 30)]


def test_errors_of_a_mean_are_the_known_ones():
    """With one component, the standard error of the mean is that of the textbook."""
    rows = np.random.default_rng(0).normal(size=(400, 2)) * [1, 5]
    mixture = GaussianMixture(1).fit(rows)
    result = bootstrap(mixture, rows, n_resamples=2000, random_state=0)
    expected = rows.std(axis=0) / np.sqrt(400)
    np.testing.assert_allclose(result.standard_errors.means[0], expected, rtol=0.06)
    np.testing.assert_allclose(result.biases.means[0] / expected, 0, atol=0.1)
    low, high = result.intervals(0.9)
    np.testing.assert_allclose((high.means - low.means)[0], 2 * 1.645 * expected, rtol=0.1)
    np.testing.assert_array_equal(result.standard_errors.weights, 0)


@pytest.mark.parametrize("method", ["nonparametric", "weighted"])
def test_weights_count_as_copies(method):
    """Standard errors of weighted rows are the ones of the table of copies."""
    weights = np.random.default_rng(0).integers(0, 4, len(X))
    copies = np.repeat(X, weights, axis=0)
    mixture = GaussianMixture(3, random_state=0).fit(X, sample_weight=weights)
    options = {"n_resamples": 1500, "method": method, "random_state": 0}
    weighted = bootstrap(mixture, X, sample_weight=weights, **options)
    expanded = bootstrap(mixture, copies, **options)
    for found, expected in zip(weighted.standard_errors, expanded.standard_errors, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.2, atol=0.02)


def test_collapsed_replicates_are_left_out_and_counted():
    """A component of four rows in a plane is often drawn as fewer than three different rows."""
    rows = np.vstack([X, [[50, 50], [51, 50], [50, 51.5], [51.2, 51]]])
    mixture = GaussianMixture(4, random_state=0).fit(rows)
    assert mixture.weights_.min() == pytest.approx(4 / 204, rel=1e-3)
    with pytest.warns(CollapseWarning, match="of 200 replicates are left out"):
        result = bootstrap(mixture, rows, n_resamples=200, random_state=0)
    assert 20 < result.n_collapsed < 180
    assert len(result.weights_) == len(result.means_) == 200 - result.n_collapsed
    assert f"{result.n_collapsed} of them left out" in str(result)
    with pytest.warns(CollapseWarning, match="left out.*pass a mixture of fewer components"):
        other = bootstrap(mixture, rows, n_resamples=200, method="weighted", random_state=0)
    assert other.n_collapsed < result.n_collapsed / 2


def test_replicates_that_do_not_converge_are_counted():
    with pytest.warns(ConvergenceWarning, match="20 of 20 replicates did not converge"):
        result = bootstrap(MIXTURE, DIABETES, n_resamples=20, max_iter=2)
    assert result.n_not_converged == 20


def test_tables_give_their_names_to_the_print():
    import pandas as pd

    frame = pd.DataFrame(DIABETES, columns=["glucose", "insulin", "sspg"])
    for covariance_type in covariance_types():
        mixture = GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(frame)
        result = bootstrap(mixture, frame, n_resamples=50)
        lines = str(result).splitlines()
        assert lines[0] == "Nonparametric bootstrap, 50 replicates"
        row = next(line for line in lines if line.startswith("  mean of insulin"))
        numbers = [float(number) for number in row.split()[3:]]
        low, high = result.intervals()
        expected = [
            part.means[0, 1] for part in (result.estimates, result.standard_errors, low, high)
        ]
        np.testing.assert_allclose(numbers, expected, rtol=1e-3)
        assert any("variance of" in line for line in lines)


def test_refusals():
    with pytest.raises(TypeError, match="mixture is a KMeans; pass a fitted GaussianMixture"):
        bootstrap(KMeans(2).fit(X), X)
    with pytest.raises(NotFittedError):
        bootstrap(GaussianMixture(2), X)
    for options, error, message in (
        ({"n_resamples": 1}, ValueError, "n_resamples=1 must be at least 2"),
        ({"n_resamples": 2.5}, TypeError, "n_resamples must be an int"),
        ({"method": "jackknife"}, ValueError, "'nonparametric', 'weighted'"),
        ({"tol": -1}, ValueError, "tol=-1 must be at least 0"),
        ({"max_iter": 0}, ValueError, "max_iter=0 must be at least 1"),
        ({"callback": 3}, TypeError, "callback=3 cannot be called"),
        ({"random_state": "a"}, TypeError, "random_state must be"),
        ({"sample_weight": np.full(145, 1e-3)}, ValueError, "weights count as copies of rows"),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight"),
    ):
        with pytest.raises(error, match=message):
            bootstrap(MIXTURE, DIABETES, **options)
    with pytest.raises(ValueError, match="features"):
        bootstrap(MIXTURE, DIABETES[:, :2])
    with pytest.raises(ValueError, match="X has 1 row, but a sample needs at least 2"):
        bootstrap(MIXTURE, DIABETES[:1])
    result = bootstrap(MIXTURE, DIABETES, n_resamples=5)
    for level in (0, 1, 2):
        with pytest.raises(ValueError, match="level"):
            result.intervals(level)


def test_interrupt_leaves_nothing_behind():
    """An exception of the callback, as Ctrl-C is one, passes through; the next call works."""

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap(MIXTURE, DIABETES, n_resamples=100, callback=stop)
    assert bootstrap(MIXTURE, DIABETES, n_resamples=5).n_resamples == 5


@pytest.mark.parametrize("option", [{"noise": True}, {"prior": "default"}])
def test_noise_and_priors_are_refused(option):
    mixture = quiet_fit(GaussianMixture(2, random_state=0, **option), X)
    name = next(iter(option))
    for work in (bootstrap, likelihood_ratio_test):
        with pytest.raises(ValueError, match=name):
            work(mixture, X)
    if mixture._has_noise():
        with pytest.raises(ValueError, match=r"merge_components works on Gaussians.*without_noise"):
            merge_components(mixture, X)


def test_a_callback_that_ends_it_at_once_is_named():
    with pytest.raises(ValueError, match="callback ended the bootstrap after 1 replicate"):
        bootstrap(MIXTURE, DIABETES, n_resamples=5, callback=lambda done, total: True)
