"""GaussianMixtureIC with noise and with priors: against mclust, and beside its own mixtures."""

import csv
import pickle
from functools import cache

import numpy as np
import pytest
from support.samples import blobs, normal, quiet_fit
from support.tables import TESTS, table

from mixclust import GaussianMixture, GaussianMixtureIC, select
from mixclust._mixture.model_search import ModelSearch
from mixclust._mixture.structures import structure_of
from mixclust._mixture.sweep import fit_sweep

SPECIES = np.repeat([0, 1, 2], 50)
LIKELIHOOD_OF_MCLUST = 1e-6
"""Share of a log-likelihood by which that of mclust may be larger: its EM ends before ours."""

# Models of which the M step with a prior is that of mclust.
SAME_MODES = ("EII", "VII", "VVI", "EEE", "VVV")
MCLUST_VOLUME = 27.241199622
OPTIONS = {"prior": {"prior": "default"}, "noise": {"noise": True}}


@cache
def mclust(option):
    """Fits of mclust by structure and size: `mclust_selection_options.R`."""
    with (TESTS / "data" / "mclust_selection_options.csv").open() as lines:
        return {
            (structure_of(row["model"]), int(row["n_components"])): row
            for row in csv.DictReader(lines)
            if row["option"] == option
        }


@cache
def searched(option):
    kinds = list(dict.fromkeys(structure.name for structure, _ in mclust(option)))
    search = GaussianMixtureIC(
        range(1, 6), covariance_type=kinds, reg_covar=0, tol=1e-9, max_iter=20_000, random_state=0,
        **OPTIONS[option],
    )  # fmt: skip
    return quiet_fit(search, table("iris"))


def rows_beside_mclusts(option):
    """Rows of our table, each with the log-likelihood of mclust, where it has one."""
    for row in searched(option).report_.rows:
        theirs = mclust(option)[structure_of(row.covariance_type), row.n_components]
        assert row.n_parameters == int(theirs["n_parameters"])
        if theirs["log_likelihood"]:
            yield row, float(theirs["log_likelihood"])


def test_no_mixture_with_noise_is_less_likely_than_mclusts():
    pairs = list(rows_beside_mclusts("noise"))
    assert len(pairs) == 50
    for row, theirs in pairs:
        assert row.log_likelihood >= theirs - LIKELIHOOD_OF_MCLUST * abs(theirs), row
    best = searched("noise").best_estimator_
    assert best.noise_volume_ == pytest.approx(MCLUST_VOLUME, rel=1e-9)
    assert searched("noise").best_params_ == {"n_components": 2, "covariance_type": "VEV"}


def test_mixtures_with_noise_are_mclusts():
    """Of few components, where both searches find the same optimum."""
    for row, theirs in rows_beside_mclusts("noise"):
        if row.n_components < 3:
            assert row.log_likelihood == pytest.approx(theirs, rel=LIKELIHOOD_OF_MCLUST), row


def test_no_mixture_with_a_prior_is_less_likely_than_mclusts():
    """But for one, which is a higher mode of the posterior: see the next test."""
    n_compared = 0
    for row, theirs in rows_beside_mclusts("prior"):
        model = structure_of(row.covariance_type)
        is_other_mode = (model.name, row.n_components) == ("full", 3)
        if is_other_mode or model not in map(structure_of, SAME_MODES):
            continue
        n_compared += 1
        assert row.log_likelihood >= theirs - LIKELIHOOD_OF_MCLUST * abs(theirs), row
        if row.n_components < 3 and model.name != "EII":
            assert row.log_likelihood == pytest.approx(theirs, rel=LIKELIHOOD_OF_MCLUST), row
    assert n_compared == 24


def test_the_mode_of_three_full_components_is_above_mclusts():
    """The species as labels lead to the mode of mclust, of log-likelihood -192.695283865."""
    X, options = table("iris"), {"covariance_type": "full", "prior": "default", "reg_covar": 0}
    of_mclust = GaussianMixture(3, tol=1e-12, **options).fit(X, resp_init=SPECIES)
    assert 150 * of_mclust.score(X) == pytest.approx(-192.695283865, rel=1e-6)
    estimator = GaussianMixtureIC(range(1, 6), tol=1e-9, random_state=0, **options)
    search = ModelSearch(X, None, estimator._check_params(), 1)
    search.run()
    end = search._ends[structure_of("full"), 3]
    assert end.bound > of_mclust.lower_bound_ + 0.01
    assert 150 * of_mclust.score(X) > search.rows[2].log_likelihood


@pytest.mark.parametrize("option", ["prior", "noise", "both"])
@pytest.mark.parametrize("starts", ["shared", "independent"])
def test_each_row_is_that_of_a_mixture_of_its_size(option, starts):
    """Clear clusters have one optimum; the default prior is another one for each size."""
    X = blobs(5, 240, 3, 3)
    if option != "prior":
        X = np.vstack([X, np.random.default_rng(1).uniform(-30, 30, (12, 3))])
    options = OPTIONS.get(option, {"noise": True, "prior": "default"}) | {"tol": 1e-10}
    search = GaussianMixtureIC(
        (1, 2, 3), covariance_type="full,tied,VVI,EII", starts=starts, random_state=0, **options
    ).fit(X)
    for row in search.report_.rows:
        alone = GaussianMixture(
            row.n_components, covariance_type=row.covariance_type, random_state=0, **options
        ).fit(X)
        assert row.log_likelihood == pytest.approx(len(X) * alone.score(X), rel=1e-7), row
        assert row.bic == pytest.approx(alone.bic(X), rel=1e-7)
        assert row.icl == pytest.approx(alone.icl(X), rel=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("option", ["prior", "noise"])
def test_the_row_of_the_best_is_what_its_mixture_says(option, weighted):
    X = blobs(3, 300, 3, 4).astype(np.float32)
    weights = np.arange(300) % 3 + 0.5 if weighted else None
    search = GaussianMixtureIC(range(1, 6), random_state=0, **OPTIONS[option])
    search.fit(X, sample_weight=weights)
    best, mixture = search.report_.ranked[0], search.best_estimator_
    assert (mixture.noise, mixture.prior) == (search.noise, search.prior)
    assert search.bic(X, weights) == mixture.bic(X, weights) == best.bic
    assert search.aic(X, weights) == best.aic
    assert search.icl(X, weights) == best.icl
    assert best.n_components == 4


def test_noise_is_found_on_a_part_of_many_rows():
    generator = np.random.default_rng(0)
    X = np.vstack([blobs(0, 20_000, 4, 3), generator.uniform(-30, 30, (2000, 4))])
    options = {"covariance_type": "full,EVI", "random_state": 0, "noise": True, "prior": "default"}
    one, two = (GaussianMixtureIC((2, 3), n_threads=n, **options).fit(X) for n in (1, 2))
    assert repr(one.report_.rows) == repr(two.report_.rows)
    assert one.best_params_["n_components"] == 3
    is_noise = one.predict(X) == -1
    assert is_noise[20_000:].mean() > 0.95
    assert is_noise[:20_000].mean() < 0.01


def test_a_given_volume_and_prior_are_used():
    X = normal(0, 80, 2)
    search = select(X, (1, 2), noise=True, noise_volume=500, prior={"kappa": 3}, random_state=0)
    mixture = search.best_estimator_
    assert (mixture.noise_volume, mixture.prior) == (500, {"kappa": 3})
    assert mixture.noise_volume_ == pytest.approx(500)
    assert search.predict_proba(X).shape == (80, search.best_params_["n_components"] + 1)
    assert not hasattr(search.without_noise(), "noise_weight_")
    far = select(X, 1, "full", prior={"kappa": 80, "mean": [40, 40]}, random_state=0)
    np.testing.assert_allclose(far.means_[0], (X.mean(axis=0) + 40) / 2)


def test_a_prior_lets_matrices_have_few_rows():
    search = select(normal(0, 5, 8), (1, 2), prior="default", random_state=0)
    assert search.report_.gaps == []


def test_a_sweep_tries_each_size_with_its_own_prior():
    """A trial under the prior of another size would promise another bound than the fit has."""
    X = blobs(2, 200, 2, 6)
    template = GaussianMixture(prior="default", init_params="random_from_data", random_state=0)
    for size, mixture in fit_sweep(template, (1, 3, 6), X).items():
        alone = GaussianMixture(size, prior="default", random_state=0).fit(X)
        assert mixture.lower_bound_ >= alone.lower_bound_ - 1e-4


@pytest.mark.parametrize("option", ["prior", "noise"])
def test_files_and_pickles(tmp_path, option):
    X = table("faithful")
    search = GaussianMixtureIC(range(1, 4), random_state=0, **OPTIONS[option]).fit(X)
    search.save(tmp_path / "search")
    for other in (
        GaussianMixtureIC.load(tmp_path / "search"),
        pickle.loads(pickle.dumps(search)),
    ):
        for name in ("predict", "predict_proba", "score_samples"):
            np.testing.assert_array_equal(getattr(other, name)(X), getattr(search, name)(X))
        assert other.bic(X) == search.bic(X)
        assert other.best_estimator_.get_params() == search.best_estimator_.get_params()
        np.testing.assert_array_equal(other.sample(40)[0], search.sample(40)[0])
    if option == "noise":
        search.set_params(noise=False).fit(X)
        assert search.predict_proba(X).shape[1] == len(search.weights_)
        search.save(tmp_path / "without")
        assert not GaussianMixtureIC.load(tmp_path / "without").best_estimator_.noise


@pytest.mark.parametrize("starts", ["shared", "independent"])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"noise": 1}, TypeError, "noise must be"),
        ({"noise_volume": 3.0}, ValueError, "noise_volume=3 is given, but noise=False"),
        ({"noise": True, "noise_volume": -1}, ValueError, "noise_volume=-1 must be"),
        ({"prior": "flat"}, TypeError, "prior must be None, 'default' or a dict"),
        ({"prior": {"kapa": 1}}, ValueError, "prior has the key 'kapa'"),
        ({"prior": {"dof": 1}}, ValueError, r"prior\['dof'\]=1 is less than the number of feat"),
        ({"prior": {"scale": np.eye(2)}}, ValueError, r"scale'\] has shape \(2, 2\); covariance"),
    ],
)
def test_arguments_are_refused_by_name(starts, options, error, message):
    search = GaussianMixtureIC(starts=starts, **options)
    with pytest.raises(error, match=message):
        search.fit(normal(0, 40, 2))
    assert not hasattr(search, "best_estimator_")


def test_a_box_without_volume_is_refused():
    X = np.column_stack([normal(0, 40, 2), np.ones(40)])
    with pytest.raises(ValueError, match="column 2 is constant"):
        GaussianMixtureIC((1, 2), noise=True).fit(X)
