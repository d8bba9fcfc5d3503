"""Noise: against EM in plain NumPy, against mclust, and beside the other abilities of mixtures."""

import pickle

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.datasets import load_iris
from support.mixture_reference import Mixture, log_densities, maximise
from support.mixtures import COVARIANCE_TYPES
from support.samples import quiet_fit

from mixclust import GaussianMixture
from mixclust._mixture.data import MixtureData
from mixclust._mixture.noise import describe_noise
from mixclust._mixture.structures import Full, registry, structure_of
from mixclust._mixture.sweep import fit_sweep

IRIS = load_iris()
NOISE_ROWS = np.isin(np.arange(150), [41, 60, 98, 106, 117, 131])

# mclust 6.0.0, from the species as labels and NOISE_ROWS as noise:
#   X <- as.matrix(iris[, 1:4]); V <- hypvol(X, reciprocal=TRUE)
#   z <- cbind(unmap(as.integer(iris$Species)), 0); z[NOISE_ROWS, ] <- rep(c(0, 0, 0, 1), each=6)
#   f <- me(X, m, z, Vinv=V, control=emControl(tol=c(1e-12, 1e-10), itmax=c(5000, 5000)))
#   f$loglik; nMclustParams(m, 4, 3, noise=TRUE); bic(m, f$loglik, 150, 4, 3, noise=TRUE)
MCLUST = {
    "full": (-180.185477131914, 46, -590.860177792256),
    "tied": (-242.358000374157, 26, -614.992518394817),
    "diag": (-283.340515236918, 28, -706.978818708532),
    "spherical": (-322.659525961545, 19, -740.521122510919),
}
MCLUST_VOLUME = 27.2411996222705


def clusters_and_noise(n_samples=600, share=0.2, seed=0):
    """Rows of three oblong clusters and of noise, and their labels, -1 for noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n_samples)
    means = np.array([[0.0, 0.0], [8.0, 2.0], [2.0, 9.0]])
    X = means[labels] + rng.normal(size=(n_samples, 2)) @ [[1.0, 0.3], [0.0, 0.5]]
    n_noise = int(share * n_samples)
    X[:n_noise] = rng.uniform(-8, 18, size=(n_noise, 2))
    labels[:n_noise] = -1
    return X, labels


def reference_step(X, mixture, noise_weight, log_volume, structure, sample_weight, floor=0.0):
    """One iteration of EM with noise in NumPy: parameters, noise weight and log-likelihood."""
    joint = log_densities(X, mixture)
    joint = np.c_[joint, np.full(len(X), np.log(noise_weight) - log_volume)]
    log_prob = logsumexp(joint, axis=1)
    resp = np.exp(joint - log_prob[:, np.newaxis])
    found = maximise(X, resp[:, :-1], structure, sample_weight, floor)
    share = sample_weight @ resp[:, -1] / sample_weight.sum()
    found = Mixture(found.weights * (1 - share), found.means, found.covariances)
    return found, share, sample_weight @ log_prob


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_iterations_equal_plain_numpy(covariance_type, offset):
    X, labels = clusters_and_noise()
    X, noise = X + offset, labels < 0
    sample_weight = np.random.default_rng(1).integers(0, 4, len(X)) / 2.0
    options = {"noise": True, "reg_covar": 0, "tol": 0, "max_iter": 12}
    fit = quiet_fit(
        GaussianMixture(3, covariance_type=covariance_type, **options),
        X,
        sample_weight=sample_weight,
        resp_init=np.maximum(labels, 0),
        noise_init=noise,
    )
    resp = np.eye(3)[labels] * ~noise[:, np.newaxis]
    start = maximise(X, resp, covariance_type, sample_weight)
    share = sample_weight[noise].sum() / sample_weight.sum()
    mixture = Mixture(start.weights * (1 - share), start.means, start.covariances)
    bounds = []
    for _ in range(12):
        mixture, share, log_likelihood = reference_step(
            X, mixture, share, np.log(fit.noise_volume_), covariance_type, sample_weight
        )
        bounds.append(log_likelihood / sample_weight.sum())
    np.testing.assert_allclose(fit.lower_bounds_, bounds, rtol=1e-8)
    np.testing.assert_allclose(fit.weights_, mixture.weights, rtol=1e-6)
    np.testing.assert_allclose(fit.means_, mixture.means, rtol=1e-6, atol=1e-6)
    assert fit.noise_weight_ == pytest.approx(share, rel=1e-6)
    assert (np.diff(fit.lower_bounds_) > -1e-12).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_iris_as_mclust(covariance_type):
    log_likelihood, n_parameters, bic = MCLUST[covariance_type]
    mixture = GaussianMixture(
        3, covariance_type=covariance_type, noise=True, reg_covar=0, tol=1e-13, max_iter=20_000
    ).fit(IRIS.data, resp_init=IRIS.target, noise_init=NOISE_ROWS)
    assert mixture.noise_volume_ == pytest.approx(MCLUST_VOLUME, rel=1e-12)
    assert 150 * mixture.score(IRIS.data) == pytest.approx(log_likelihood, rel=1e-8)
    assert mixture.bic(IRIS.data) == pytest.approx(-bic, rel=1e-8)
    assert mixture.aic(IRIS.data) == pytest.approx(-2 * log_likelihood + 2 * n_parameters)
    resp = mixture.predict_proba(IRIS.data)
    icl = mixture.bic(IRIS.data) - 2 * np.log(resp.max(axis=1)).sum()
    assert mixture.icl(IRIS.data) == pytest.approx(icl)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_default_start_finds_the_noise(covariance_type, share):
    X, labels = clusters_and_noise(1000, share)
    mixture = GaussianMixture(3, covariance_type=covariance_type, noise=True, random_state=0)
    mixture.fit(X)
    assert abs(mixture.noise_weight_ - share) < 0.04
    assert np.mean((mixture.predict(X) == -1) == (labels == -1)) > 0.9
    known = clone(mixture).fit(X, resp_init=np.maximum(labels, 0), noise_init=labels < 0)
    assert mixture.lower_bound_ > known.lower_bound_ - 1e-4


def test_answers():
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, random_state=0).fit(X)
    far = np.r_[X, [[1e6, -1e6], [1e150, 0]]]
    resp, labels = mixture.predict_proba(far), mixture.predict(far)
    assert resp.shape == (len(far), 4)
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_array_equal(labels, np.where(resp.argmax(axis=1) == 3, -1, resp.argmax(1)))
    assert (labels[-2:] == -1).all()
    assert mixture.weights_.sum() + mixture.noise_weight_ == pytest.approx(1, rel=1e-13)
    by_component = mixture.score_samples_by_component(far) + np.log(mixture.weights_)
    noise = np.full(len(far), np.log(mixture.noise_weight_ / mixture.noise_volume_))
    log_prob = logsumexp(np.c_[by_component, noise], axis=1)
    np.testing.assert_allclose(mixture.score_samples(far), log_prob, rtol=1e-12)
    np.testing.assert_array_equal([mixture.predict(row[np.newaxis])[0] for row in far], labels)
    assert mixture.entropy(X).max() <= np.log(4)
    assert "noise" in repr(mixture.report_)
    assert mixture.report_.noise_size == pytest.approx(mixture.noise_weight_ * len(X))
    with pytest.raises(ValueError, match="NaN"):
        mixture.score_samples([[np.nan, 0.0]])
    with pytest.raises(ValueError, match="NaN"):
        mixture.predict([[np.nan, 0.0]])


@pytest.mark.parametrize("turn", [False, True])
def test_volume_is_that_of_the_smaller_box(turn):
    X, _ = clusters_and_noise()
    X = X @ [[1.0, 0.0], [0.0, 0.05]]
    if turn:
        X = X @ (np.array([[1, 1], [-1, 1]]) / np.sqrt(2))
    bounding = np.prod(np.ptp(X, axis=0))
    axes = np.linalg.eigh(np.cov(X.T))[1]
    along = np.prod(np.ptp(X @ axes, axis=0))
    mixture = GaussianMixture(3, noise=True, random_state=0).fit(X)
    assert mixture.noise_volume_ == pytest.approx(min(bounding, along), rel=1e-12)
    assert (along < bounding) == turn or not turn
    assert abs(np.linalg.det(mixture.noise_edges_)) == pytest.approx(mixture.noise_volume_)
    inside = np.linalg.solve(mixture.noise_edges_.T, (X - mixture.noise_corner_).T)
    assert inside.min() == pytest.approx(0, abs=1e-9)
    assert inside.max() == pytest.approx(1, abs=1e-9)


def test_box_leaves_out_rows_of_weight_zero_and_repeats_others():
    X, _ = clusters_and_noise()
    sample_weight = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    options = {"noise": True, "random_state": 0, "max_iter": 1}
    weighted = quiet_fit(GaussianMixture(3, **options), X, sample_weight=sample_weight)
    repeated = quiet_fit(GaussianMixture(3, **options), np.repeat(X, sample_weight.astype(int), 0))
    assert weighted.noise_volume_ == pytest.approx(repeated.noise_volume_, rel=1e-12)


def test_features_that_depend_on_others_have_the_bounding_box():
    X, _ = clusters_and_noise()
    X = np.c_[X, X.sum(axis=1)]
    mixture = quiet_fit(GaussianMixture(3, noise=True, random_state=0), X)
    assert mixture.noise_volume_ == pytest.approx(np.prod(np.ptp(X, axis=0)), rel=1e-12)


@pytest.mark.parametrize("volume", [None, 2000.0])
def test_sample(volume):
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, noise_volume=volume, random_state=0).fit(X)
    if volume is not None:
        assert mixture.noise_volume_ == pytest.approx(volume, rel=1e-12)
    rows, labels = mixture.sample(20_000)
    noise = rows[labels == -1]
    assert abs(len(noise) / 20_000 - mixture.noise_weight_) < 0.02
    assert (np.diff(labels[labels >= 0]) >= 0).all()
    shares = np.linalg.solve(mixture.noise_edges_.T, (noise - mixture.noise_corner_).T)
    assert -1e-12 < shares.min() < 0.01
    assert 0.99 < shares.max() < 1 + 1e-12
    assert abs(np.linalg.det(mixture.noise_edges_)) == pytest.approx(mixture.noise_volume_)
    again, _ = mixture.sample(20_000)
    np.testing.assert_array_equal(rows, again)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_squarem_reaches_the_same_end(covariance_type):
    X, labels = clusters_and_noise(share=0.4)
    start = {"resp_init": np.maximum(labels, 0)}
    options = {"covariance_type": covariance_type, "noise": True, "tol": 1e-10}
    plain = GaussianMixture(3, **options).fit(X, **start)
    fast = GaussianMixture(3, acceleration="squarem", **options).fit(X, **start)
    assert fast.lower_bound_ == pytest.approx(plain.lower_bound_, abs=1e-8)
    assert fast.noise_weight_ == pytest.approx(plain.noise_weight_, abs=1e-3)
    assert (np.diff(fast.lower_bounds_) > -1e-10).all()
    assert fast.weights_.sum() + fast.noise_weight_ == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("on_collapse", ["restart", "drop"])
def test_policies_keep_the_weight_of_noise(on_collapse):
    X, _ = clusters_and_noise()
    X[300:310] = [30.0, 30.0]
    labels = np.arange(len(X)) % 3
    labels[300:310] = 3
    mixture = quiet_fit(
        GaussianMixture(4, noise=True, on_collapse=on_collapse, random_state=0), X, resp_init=labels
    )
    assert mixture.report_.n_collapsed > 0
    assert len(mixture.weights_) <= 4
    assert mixture.weights_.sum() + mixture.noise_weight_ == pytest.approx(1, rel=1e-12)
    assert mixture.noise_weight_ > 0.01


def test_warm_start_with_and_without_noise():
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, warm_start=True, random_state=0).fit(X)
    weight = mixture.noise_weight_
    mixture.fit(X)
    assert mixture.noise_weight_ == pytest.approx(weight, abs=1e-3)
    mixture.set_params(noise=False).fit(X)
    assert not hasattr(mixture, "noise_weight_")
    assert mixture.weights_.sum() == pytest.approx(1)
    assert mixture.predict_proba(X).shape == (len(X), 3)
    mixture.set_params(noise=True).fit(X)
    assert mixture.noise_weight_ > 0.05


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_other_starts_and_given_parameters_have_noise(init_params):
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, init_params=init_params, random_state=0)
    assert quiet_fit(mixture, X).noise_weight_ > 0
    given = {"weights_init": np.full(3, 1 / 3), "means_init": X[-3:]}
    mixture.set_params(**given)
    assert quiet_fit(mixture, X).noise_weight_ > 0
    mixture.set_params(precisions_init=np.tile(np.eye(2), (3, 1, 1)), max_iter=0)
    assert quiet_fit(mixture, X).noise_weight_ == pytest.approx(0.05)
    np.testing.assert_allclose(mixture.weights_, 0.95 / 3)


def test_other_dtypes_callbacks_and_copies(tmp_path):
    X, _ = clusters_and_noise()
    seen = []
    mixture = GaussianMixture(
        3, noise=True, random_state=0, callback=lambda state: seen.append(state.parameters())
    ).fit(X.astype(np.float32))
    same = GaussianMixture(3, noise=True, random_state=0).fit(X.astype(np.float32).astype(float))
    assert same.lower_bound_ == pytest.approx(mixture.lower_bound_, abs=1e-9)
    assert seen[-1].noise_weight == mixture.noise_weight_
    mixture.callback = None
    mixture.save(tmp_path / "noise")
    for copied in (GaussianMixture.load(tmp_path / "noise"), pickle.loads(pickle.dumps(mixture))):
        np.testing.assert_array_equal(copied.predict_proba(X), mixture.predict_proba(X))
        np.testing.assert_array_equal(copied.sample(9)[0], mixture.sample(9)[0])
        assert copied.bic(X) == mixture.bic(X)
    assert "noise=True" in repr(clone(mixture))
    mixture.noise_weight_ += 0.5
    with pytest.raises(ValueError, match=r"weights_ adds up to 1\.5\d* where 1 is required"):
        mixture.save(tmp_path / "noise")


def test_parts_of_the_gaussians():
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, random_state=0).fit(X)
    with pytest.raises(ValueError, match=r"without_noise\(\)\.marginal"):
        mixture.marginal(0)
    with pytest.raises(ValueError, match=r"without_noise\(\)\.condition"):
        mixture.condition({0: 1.0})
    with pytest.raises(ValueError, match=r"without_noise\(\)\.impute"):
        mixture.impute(X)
    with pytest.raises(ValueError, match=r"without_noise\(\)\.to_sklearn"):
        mixture.to_sklearn()
    gaussians = mixture.without_noise()
    assert gaussians.weights_.sum() == pytest.approx(1, rel=1e-13)
    np.testing.assert_array_equal(gaussians.means_, mixture.means_)
    assert gaussians.marginal(0).means_.shape == (3, 1)
    assert gaussians.without_noise().predict(X).min() == 0


def test_sweep_with_noise():
    X, _ = clusters_and_noise()
    mixtures = fit_sweep(GaussianMixture(noise=True, random_state=0), range(1, 6), X)
    bounds = [mixtures[size].lower_bound_ for size in range(1, 6)]
    assert (np.diff(bounds) > -1e-9).all()
    bics = {size: mixture.bic(X) for size, mixture in mixtures.items()}
    assert min(bics, key=bics.get) == 3
    for mixture in mixtures.values():
        assert mixture.weights_.sum() + mixture.noise_weight_ == pytest.approx(1, rel=1e-12)


def test_statistics_with_noise_add_up():
    X, _ = clusters_and_noise()
    mixture = GaussianMixture(3, noise=True, random_state=0).fit(X)

    def expect(rows):
        data = MixtureData(rows, None, structure_of("full"), 1)
        data.describe("auto")
        params = mixture._check_params()
        params.noise_volume = mixture.noise_volume_
        describe_noise(data, params)
        return data.expect(mixture._parameters())

    whole, added = expect(X), expect(X[:200]) + expect(X[200:])
    assert whole.noise_count == pytest.approx(added.noise_count, rel=1e-12)
    assert whole.noise_count == pytest.approx(mixture.predict_proba(X)[:, 3].sum(), rel=1e-9)
    assert whole.noise_count + whole.counts.sum() == pytest.approx(len(X), rel=1e-12)
    assert pickle.loads(pickle.dumps(whole)) == whole
    half = whole.copy()
    half *= 0.5
    assert half != whole
    assert half.noise_count == whole.noise_count / 2


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
    X, labels = clusters_and_noise()
    options = {"noise": True, "tol": 0, "max_iter": 8}
    start = {"resp_init": np.maximum(labels, 0), "noise_init": labels < 0}
    compiled = quiet_fit(GaussianMixture(3, **options), X, **start)
    python = quiet_fit(GaussianMixture(3, covariance_type="full in Python", **options), X, **start)
    np.testing.assert_allclose(python.lower_bounds_, compiled.lower_bounds_, rtol=1e-9)
    assert python.noise_weight_ == pytest.approx(compiled.noise_weight_, rel=1e-9)


@pytest.mark.parametrize(
    ("params", "arguments", "message"),
    [
        ({"noise": 1}, {}, "noise"),
        ({"noise": True, "noise_volume": 0}, {}, "noise_volume=0 must be greater than 0"),
        ({"noise": True, "noise_volume": -1.0}, {}, "noise_volume=-1.0 must be greater"),
        ({"noise": True, "noise_volume": np.inf}, {}, "noise_volume=inf must be finite"),
        ({"noise": True, "noise_volume": "V"}, {}, "noise_volume must be a number"),
        ({"noise_volume": 1.0}, {}, "set noise=True"),
        ({}, {"noise_init": np.zeros(600, bool)}, "noise=False"),
        ({"noise": True}, {"noise_init": np.zeros(599, bool)}, r"of shape \(600,\)"),
        ({"noise": True}, {"noise_init": np.zeros(600, int)}, "pass a boolean for each row"),
        ({"noise": True}, {"noise_init": np.arange(600) > 1}, "mark fewer rows"),
    ],
)
def test_refusals(params, arguments, message):
    X, _ = clusters_and_noise()
    with pytest.raises((TypeError, ValueError), match=message):
        GaussianMixture(3, **params).fit(X, **arguments)


def test_rows_without_a_volume():
    X, _ = clusters_and_noise()
    with pytest.raises(ValueError, match="column 2 is constant; leave the column out"):
        GaussianMixture(2, noise=True).fit(np.c_[X, np.ones(len(X))])
    quiet_fit(GaussianMixture(2, noise=True, noise_volume=600.0), np.c_[X, np.ones(len(X))])
    wide = np.random.default_rng(0).normal(size=(50, 200)) * 1e3
    with pytest.raises(ValueError, match="which float64 does not hold"):
        GaussianMixture(2, noise=True, covariance_type="diag").fit(wide)
