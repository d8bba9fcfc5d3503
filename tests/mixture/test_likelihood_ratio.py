"""likelihood_ratio_test: the number of components, and its null distribution."""

import numpy as np
import pytest
from support.tables import table

from mixclust import GaussianMixture, KMeans, likelihood_ratio_test
from mixclust._mixture.sweep import fit_sweep

TIED = GaussianMixture(covariance_type="tied", random_state=0)
TWO = np.random.default_rng(0).normal(size=(120, 2)) + np.repeat([[0], [5]], 60, axis=0)


def test_clusters_far_apart_are_found():
    result = likelihood_ratio_test(TIED, TWO, n_resamples=59, max_components=2)
    assert result.n_components_ == 2
    np.testing.assert_array_equal(result.sizes_, [1, 2])
    assert result.p_values_[0] <= 0.02
    assert result.p_values_[1] > 0.05
    fits = fit_sweep(TIED, [1, 2], TWO)
    gain = fits[2].score(TWO) - fits[1].score(TWO)
    assert result.statistics_[0] == pytest.approx(2 * len(TWO) * gain, rel=1e-3)
    assert "2 components at the level 0.05" in str(result)


def test_faithful_is_as_in_mclust():
    """mclustBootstrapLRT(faithful, "EEE", nboot=199, maxG=3): 299.22, 27.72, and the quantiles of
    the first null distribution 1.65 (50 %) and 9.22 (95 %) from a single start."""
    result = likelihood_ratio_test(
        GaussianMixture(covariance_type="tied", random_state=0),
        table("faithful"),
        n_resamples=199,
        max_components=2,
        search=False,
    )
    np.testing.assert_allclose(result.statistics_, [299.220, 27.739], atol=0.02)
    np.testing.assert_allclose(result.p_values_, 0.005)
    assert result.n_components_ == 3
    assert "larger ones were not tested" in str(result)
    assert 6 < np.quantile(result.replicates_[0], 0.95) < 13


def test_p_values_are_about_uniform_under_the_null():
    """Of 24 samples from one component, a test at 0.25 rejects 6 in the mean, 13 or more with a
    chance of 2e-3, and none with one of 1e-3."""
    rejected = 0
    for seed in range(24):
        rows = np.random.default_rng(seed).normal(size=(60, 1))
        result = likelihood_ratio_test(TIED, rows, n_resamples=39, max_components=1, level=0.25)
        assert result.p_values_[0] * 40 == pytest.approx(round(result.p_values_[0] * 40))
        rejected += result.n_components_ > 1
    assert 1 <= rejected <= 12


def test_search_finds_better_fits_of_samples():
    estimator = GaussianMixture(random_state=0)
    options = {"n_resamples": 30, "max_components": 1, "random_state": 3}
    short = likelihood_ratio_test(estimator, TWO, search=False, **options)
    long = likelihood_ratio_test(estimator, TWO, **options)
    assert long.n_failed_[0] <= short.n_failed_[0]
    assert np.mean(long.replicates_[0]) > np.mean(short.replicates_[0])


def test_threads_change_no_bit():
    results = [
        likelihood_ratio_test(TIED, TWO, n_resamples=30, max_components=1, n_threads=n)
        for n in (1, 2)
    ]
    np.testing.assert_array_equal(results[0].replicates_[0], results[1].replicates_[0])
    assert (results[0].replicates_[0] >= 0).all()


def test_callback_and_verbose(capsys):
    seen = []
    result = likelihood_ratio_test(
        GaussianMixture(random_state=0),
        TWO,
        n_resamples=40,
        verbose=1,
        callback=lambda *state: seen.append(state) or state[1] >= 4,
    )
    assert seen == [(1, 2, 40), (1, 4, 40)]
    assert len(result.replicates_[0]) + result.n_failed_[0] == 4
    assert capsys.readouterr().out == "1 or 2: sample 2 of 40\n1 or 2: sample 4 of 40\n"


def test_weights_count_as_copies():
    weights = np.full(len(TWO), 2.0)
    options = {"n_resamples": 20, "max_components": 1, "random_state": 1}
    weighted = likelihood_ratio_test(
        GaussianMixture(random_state=0), TWO, sample_weight=weights, **options
    )
    copies = likelihood_ratio_test(
        GaussianMixture(random_state=0), np.repeat(TWO, 2, axis=0), **options
    )
    np.testing.assert_allclose(weighted.statistics_, copies.statistics_, rtol=1e-3)
    assert weighted.p_values_[0] == copies.p_values_[0]


def test_refusals():
    estimator = GaussianMixture(random_state=0)
    with pytest.raises(TypeError, match="estimator is a KMeans; pass a GaussianMixture"):
        likelihood_ratio_test(KMeans(2), TWO)
    for options, message in (
        ({"n_resamples": 0}, "n_resamples=0 must be at least 1"),
        ({"max_components": 2, "min_components": 3}, "max_components=2 must be at least 3"),
        ({"level": -0.1}, "level=-0.1 must be at least 0"),
        ({"level": 1}, "level=1.0 must be less than 1; 0.05 is usual"),
    ):
        with pytest.raises(ValueError, match=message):
            likelihood_ratio_test(estimator, TWO, **options)
    with pytest.raises(ValueError, match="collapse, and a likelihood without bounds"):
        likelihood_ratio_test(estimator, TWO[:3].repeat(2, axis=1), max_components=1)


def test_samples_that_are_too_few_for_a_level_are_refused():
    message = r"n_resamples=9 samples give p values of 0\.1 or more.*at least 19"
    with pytest.raises(ValueError, match=message):
        likelihood_ratio_test(TIED, table("diabetes"), n_resamples=9)
