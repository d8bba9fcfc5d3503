"""Priors: against EM in plain NumPy, against mclust, and beside the other abilities of mixtures."""

import pickle

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.datasets import load_iris
from support.mclust_models import MODELS
from support.mixture_reference import Mixture, expect
from support.mixtures import COVARIANCE_TYPES, covariance_matrices
from support.samples import blobs, normal, quiet_fit

from mixclust import GaussianMixture
from mixclust._mixture.structures import Full, registry
from mixclust._mixture.sweep import fit_sweep

IRIS = load_iris()

# mclust 6.0.0, from the species as labels:
#   X <- as.matrix(iris[, 1:4]); z <- unmap(as.integer(iris$Species))
#   f <- me(X, m, z, prior=priorControl(), control=emControl(tol=c(1e-13, 1e-11), itmax=5000))
#   f$loglik; bic(m, f$loglik, 150, 4, 3)
#   mstep(X, m, z, prior=priorControl(shrinkage=0))$parameters$variance$sigma[1, 1, 1]
MCLUST = {
    "full": (-192.695283864854, -605.858520669942, 0.1062964808837778),
    "tied": (-257.739376608898, -635.734000276106, 0.2444228902727362),
    "diag": (-312.904087068385, -756.084691783273, 0.116349129233045),
    "spherical": (-384.478676216082, -854.1381524318, 0.0760146610361375),
}


def numbers_of(prior, X, n_components, structure, sample_weight):
    """Mean, kappa, dof and scale matrix of a prior with its defaults."""
    n_features, total = X.shape[1], sample_weight.sum()
    covariance = np.cov(X.T, aweights=sample_weight, ddof=0) * total / (total - 1)
    covariance = np.atleast_2d(covariance) * n_components ** (-2 / n_features)
    if structure in ("diag", "spherical"):
        covariance = np.eye(n_features) * np.trace(covariance) / n_features
    scale = prior.get("scale", covariance)
    if np.ndim(scale) < 2:
        scale = np.eye(n_features) * scale
    mean = prior.get("mean", np.average(X, axis=0, weights=sample_weight))
    return np.asarray(mean), prior.get("kappa", 0.01), prior.get("dof", n_features + 2), scale


def maximise(X, resp, structure, sample_weight, numbers):
    """The mixture at the mode of the posterior under given responsibilities."""
    prior_mean, kappa, dof, scale = numbers
    resp = resp * sample_weight[:, np.newaxis]
    counts, n_features = resp.sum(axis=0), X.shape[1]
    one = float(kappa > 0)
    means, scatters = [], []
    for k, count in enumerate(counts):
        mean = resp[:, k] @ X / count
        scatter = (resp[:, [k]] * (X - mean)).T @ (X - mean)
        between = mean - prior_mean
        scatters.append(scatter + count * kappa / (count + kappa) * np.outer(between, between))
        means.append((count * mean + kappa * prior_mean) / (count + kappa))
    scatters = np.array(scatters)
    sizes = counts[:, np.newaxis, np.newaxis]
    if structure == "tied":
        whole = counts.sum() + len(counts) * one + dof + n_features + 1
        covariances = np.tile((scatters.sum(axis=0) + scale) / whole, (len(counts), 1, 1))
    elif structure == "full":
        covariances = (scatters + scale) / (sizes + one + dof + n_features + 1)
    elif structure == "diag":
        covariances = (scatters + scale) * np.eye(n_features) / (sizes + one + dof + 2)
    else:
        traces = np.trace(scatters, axis1=1, axis2=2) + scale[0, 0]
        variances = traces / (counts * n_features + one * n_features + dof + 2)
        covariances = variances[:, np.newaxis, np.newaxis] * np.eye(n_features)
    return Mixture(counts / counts.sum(), np.array(means), covariances)


def log_prior(mixture, structure, numbers):
    """Logarithm of the density of the prior, less constants."""
    prior_mean, kappa, dof, scale = numbers
    total, n_features = 0.0, len(prior_mean)
    for k, (mean, covariance) in enumerate(zip(*mixture[1:], strict=True)):
        log_det = np.linalg.slogdet(covariance)[1]
        if kappa > 0:
            total += multivariate_normal.logpdf(mean, prior_mean, covariance / kappa)
            total += n_features / 2 * np.log(2 * np.pi / kappa)
        if structure in ("full", "tied") and (k == 0 or structure == "full"):
            total -= (dof + n_features + 1) / 2 * log_det
            total -= np.trace(np.linalg.solve(covariance, scale)) / 2
        elif structure == "diag":
            total -= (dof + 2) / 2 * log_det + (np.diag(scale) / np.diag(covariance)).sum() / 2
        elif structure == "spherical":
            total -= (dof + 2) / 2 * np.log(covariance[0, 0]) + scale[0, 0] / covariance[0, 0] / 2
    return total


PRIORS = {
    "default": lambda structure: "default",
    "flat mean": lambda structure: {"kappa": 0, "dof": 9.5},
    "number": lambda structure: {"scale": 0.7, "kappa": 3.0},
    "all": lambda structure: {
        "mean": [1.0, -1.0, 2.0],
        "kappa": 0.5,
        "dof": 4,
        "scale": {
            "full": [[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 3.0]],
            "tied": np.diag([1.0, 2.0, 3.0]),
            "diag": [1.0, 2.0, 3.0],
            "spherical": 2.0,
        }[structure],
    },
}


@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize("structure", COVARIANCE_TYPES)
def test_iterations_equal_plain_numpy(structure, name, offset):
    X = blobs(0, 300, 3, 3) + offset
    prior = PRIORS[name](structure)
    if "mean" in prior:
        prior["mean"] = np.asarray(prior["mean"]) + offset
    sample_weight = np.random.default_rng(1).integers(0, 4, len(X)) / 2.0
    labels = np.arange(len(X)) % 3
    numbers = numbers_of(
        {} if prior == "default" else prior, X, 3, structure, sample_weight
    )  # fmt: skip
    options = {"covariance_type": structure, "prior": prior, "reg_covar": 0, "tol": 0}
    fit = quiet_fit(
        GaussianMixture(3, max_iter=9, **options), X, sample_weight=sample_weight, resp_init=labels
    )
    mixture = maximise(X, np.eye(3)[labels], structure, sample_weight, numbers)
    bounds = []
    for _ in range(9):
        resp, log_prob = expect(X, mixture)
        objective = sample_weight @ log_prob + log_prior(mixture, structure, numbers)
        bounds.append(objective / sample_weight.sum())
        mixture = maximise(X, resp, structure, sample_weight, numbers)
    np.testing.assert_allclose(fit.lower_bounds_, bounds, rtol=1e-7)
    np.testing.assert_allclose(fit.weights_, mixture.weights, rtol=1e-6)
    np.testing.assert_allclose(fit.means_ - offset, mixture.means - offset, rtol=1e-5, atol=1e-6)
    found = covariance_matrices(fit.covariances_, structure, 3, 3)
    np.testing.assert_allclose(found, mixture.covariances, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("acceleration", [None, "squarem"])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize("structure", COVARIANCE_TYPES)
def test_objective_never_falls(structure, name, noise, acceleration):
    X = np.r_[blobs(0, 200, 3, 4), np.random.default_rng(0).uniform(-20, 20, size=(20, 3))]
    options = {"reg_covar": 0, "tol": 0, "max_iter": 60, "acceleration": acceleration}
    mixture = GaussianMixture(
        4, covariance_type=structure, prior=PRIORS[name](structure), noise=noise, **options
    )
    fit = quiet_fit(mixture, X, resp_init=np.arange(len(X)) % 4)
    assert np.diff(fit.lower_bounds_).min() > -1e-11 * max(map(abs, fit.lower_bounds_))


@pytest.mark.parametrize("structure", COVARIANCE_TYPES)
def test_iris_as_mclust(structure):
    log_likelihood, bic, variance = MCLUST[structure]
    options = {"covariance_type": structure, "reg_covar": 0, "tol": 1e-13, "max_iter": 20_000}
    mixture = GaussianMixture(3, prior="default", **options)
    mixture.fit(IRIS.data, resp_init=IRIS.target)
    assert 150 * mixture.score(IRIS.data) == pytest.approx(log_likelihood, rel=1e-7)
    assert mixture.bic(IRIS.data) == pytest.approx(-bic, rel=1e-7)
    mixture.set_params(prior={"kappa": 0}, max_iter=0)
    quiet_fit(mixture, IRIS.data, resp_init=IRIS.target)
    found = covariance_matrices(mixture.covariances_, structure, 3, 4)[0, 0, 0]
    assert found == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_means_of_every_model_are_drawn_to_the_prior(model):
    """The same for each model; mclust 6.0.0 leaves the means of EEI where they are."""
    mixture = GaussianMixture(3, covariance_type=model, prior="default", max_iter=0)
    quiet_fit(mixture, IRIS.data, resp_init=IRIS.target)
    means = np.array([IRIS.data[IRIS.target == k].mean(axis=0) for k in range(3)])
    drawn = (50 * means + 0.01 * IRIS.data.mean(axis=0)) / 50.01
    np.testing.assert_allclose(mixture.means_, drawn, rtol=1e-12)


@pytest.mark.parametrize("structure", COVARIANCE_TYPES)
def test_no_covariance_collapses(structure):
    """Rows on few points, and fewer rows than features: without a prior components collapse."""
    points = np.repeat([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0], [5.0, 5.0]], 6, axis=0)
    for X, size in ((points, 4), (normal(0, 6, 9), 2)):
        options = {"covariance_type": structure, "reg_covar": 0, "random_state": 0}
        alone = quiet_fit(GaussianMixture(size, **options), X)
        fit = GaussianMixture(size, prior="default", **options).fit(X)
        assert alone.report_.n_collapsed > 0 or structure != "full"
        assert fit.report_.n_collapsed == 0
        matrices = covariance_matrices(fit.covariances_, structure, *fit.means_.shape)
        assert np.linalg.eigvalsh(matrices).min() > 1e-3
    assert "with the prior" in repr(fit.report_)


def test_a_component_without_rows_has_the_prior_and_is_reported():
    X = blobs(0, 100, 2, 2)
    labels = np.zeros(100, dtype=int)
    prior = {"mean": [3.0, 4.0], "kappa": 1.0, "dof": 5, "scale": 2.0}
    fit = quiet_fit(GaussianMixture(2, prior=prior, reg_covar=0, max_iter=0), X, resp_init=labels)
    np.testing.assert_allclose(fit.means_[1], [3.0, 4.0])
    np.testing.assert_allclose(fit.covariances_[1], 2 / (1 + 5 + 2 + 1) * np.eye(2))
    assert fit.weights_[1] == 0
    assert fit.report_.n_collapsed == 1


@pytest.mark.parametrize("structure", COVARIANCE_TYPES)
def test_weights_repeat_rows(structure):
    X = blobs(0, 200, 2, 3)
    sample_weight = np.random.default_rng(0).integers(0, 3, 200)
    labels = np.arange(200) % 3
    options = {"covariance_type": structure, "prior": "default", "tol": 0, "max_iter": 8}
    weighted = quiet_fit(
        GaussianMixture(3, **options), X, sample_weight=sample_weight, resp_init=labels
    )
    repeated = quiet_fit(
        GaussianMixture(3, **options),
        np.repeat(X, sample_weight, axis=0),
        resp_init=np.repeat(labels, sample_weight),
    )
    np.testing.assert_allclose(weighted.lower_bounds_, repeated.lower_bounds_, rtol=1e-9)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-7, atol=1e-7)


def test_weights_of_any_size_keep_their_ratio_to_the_prior():
    """Weights that are scaled within keep the strength of the prior beside them."""
    X, labels = blobs(0, 200, 2, 2), np.arange(200) % 2
    options = {"max_iter": 0, "reg_covar": 0}
    prior = {"mean": [3.0, 4.0], "dof": 4, "kappa": 2.0, "scale": 3.0}
    alone = quiet_fit(GaussianMixture(2, **options), X, resp_init=labels)
    mixture = GaussianMixture(2, prior=prior, **options)
    quiet_fit(mixture, X, resp_init=labels, sample_weight=2.0**600)
    np.testing.assert_allclose(mixture.covariances_, alone.covariances_, rtol=1e-12)
    quiet_fit(mixture, X, resp_init=labels, sample_weight=2.0**-600)
    np.testing.assert_allclose(mixture.means_, [[3.0, 4.0]] * 2, rtol=1e-12)
    expected = [np.eye(2) * 3 / (1 + 4 + 2 + 1)] * 2
    np.testing.assert_allclose(mixture.covariances_, expected, atol=1e-15)


def test_search_starts_sweep_and_warm_start():
    X = blobs(0, 400, 2, 3)
    mixture = GaussianMixture(3, prior="default", random_state=0, warm_start=True).fit(X)
    before = mixture.lower_bound_
    mixture.fit(X)
    assert mixture.lower_bound_ >= before - 1e-9
    assert mixture.n_iter_ < 5
    mixtures = fit_sweep(GaussianMixture(prior="default", random_state=0), (1, 2, 3, 4), X)
    bics = {size: fit.bic(X) for size, fit in mixtures.items()}
    assert min(bics, key=bics.get) == 3


class FullInPython(Full):
    """Full covariances of which the M step is in Python."""

    name = "full in Python"

    @staticmethod
    def maximise(statistics, before, floor):
        counts, means = statistics.counts, statistics.means()
        return counts / counts.sum(), means, statistics.covariances() + np.diag(floor)


def test_maximiser_in_python(monkeypatch):
    monkeypatch.setattr(registry, "_STRUCTURES", dict(registry._STRUCTURES))
    registry.register(FullInPython)
    X, labels = blobs(0, 200, 2, 3), np.arange(200) % 3
    options = {"prior": "default", "tol": 0, "max_iter": 8}
    compiled = quiet_fit(GaussianMixture(3, **options), X, resp_init=labels)
    options["covariance_type"] = "full in Python"
    python = quiet_fit(GaussianMixture(3, **options), X, resp_init=labels)
    np.testing.assert_allclose(python.lower_bounds_, compiled.lower_bounds_, rtol=1e-9)
    np.testing.assert_allclose(python.covariances_, compiled.covariances_, rtol=1e-9, atol=1e-9)


def test_copies(tmp_path):
    X = blobs(0, 200, 2, 2)
    prior = {"mean": np.array([1.0, 2.0]), "scale": [[2.0, 0.1], [0.1, 1.0]], "dof": np.int64(6)}
    mixture = GaussianMixture(2, prior=prior, random_state=0).fit(X)
    mixture.save(tmp_path / "prior")
    loaded = GaussianMixture.load(tmp_path / "prior")
    np.testing.assert_array_equal(loaded.predict_proba(X), mixture.predict_proba(X))
    for same in (loaded, clone(mixture), pickle.loads(pickle.dumps(mixture))):
        np.testing.assert_array_equal(same.fit(X).covariances_, mixture.covariances_)
        assert same.prior["dof"] == 6
    mixture.set_params(prior={"mean": lambda: 0})
    with pytest.raises(TypeError, match=r"prior\['mean'\]"):
        mixture.save(tmp_path / "prior")


@pytest.mark.parametrize(
    ("prior", "options", "message"),
    [
        ("flat", {}, "prior must be None, 'default' or a dict"),
        (3, {}, "prior must be None, 'default' or a dict"),
        ({"nu": 3}, {}, "prior has the key 'nu'; pass some of the keys mean, kappa, dof, scale"),
        ({"kappa": -1}, {}, r"prior\['kappa'\]=-1 must be at least 0"),
        ({"kappa": "much"}, {}, r"prior\['kappa'\] must be a number"),
        ({"dof": 0}, {}, r"prior\['dof'\]=0 must be greater than 0"),
        ({"dof": 1.5}, {}, r"prior\['dof'\]=1.5 is less than the number of features, 2"),
        ({"mean": [1.0]}, {}, r"prior\['mean'\] has shape \(1,\), but X has 2 features"),
        ({"mean": [1.0, np.nan]}, {}, r"prior\['mean'\]"),
        ({"scale": np.inf}, {}, r"prior\['scale'\]"),
        ({"scale": -1.0}, {}, r"prior\['scale'\] holds -1; pass positive variances"),
        ({"scale": np.eye(3)}, {}, r"needs a positive number or a symmetric.*of shape \(2, 2\)"),
        ({"scale": [[1.0, 2.0], [2.0, 1.0]]}, {}, "symmetric, positive-definite"),
        ({"scale": [[1.0, 0.2], [0.0, 1.0]]}, {}, "symmetric, positive-definite"),
        ({"scale": np.eye(2)}, {"covariance_type": "diag"}, r"positive numbers of shape \(2,\)"),
        ({"scale": [1.0, 1.0]}, {"covariance_type": "spherical"}, "needs a positive number"),
    ],
)
def test_refusals(prior, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        GaussianMixture(2, prior=prior, **options).fit(blobs(0, 50, 2, 2))


def test_few_degrees_of_freedom_are_enough_for_variances():
    for structure in ("diag", "spherical"):
        mixture = GaussianMixture(2, covariance_type=structure, prior={"dof": 0.5})
        assert mixture.fit(blobs(0, 50, 2, 2)).report_.n_collapsed == 0


@pytest.mark.parametrize("structure", ["full", "tied", "VVI", "spherical"])
def test_a_prior_that_exceeds_float64_beside_the_rows_is_refused(structure):
    X, weights = 1e30 * blobs(0, 50, 2, 2), np.full(50, 1e-250)
    mixture = GaussianMixture(2, covariance_type=structure, prior="default", random_state=0)
    with pytest.raises(ValueError, match="sample_weight adds up to 5e-249, so that a prior"):
        mixture.fit(X, sample_weight=weights)
    mixture.fit(X, sample_weight=1e250 * weights)  # the advice works
    assert np.isfinite(mixture.lower_bound_)
