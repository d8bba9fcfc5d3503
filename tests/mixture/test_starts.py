"""Where a mixture's runs start: labels, responsibilities, callables, and several short runs."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from support.mixtures import (
    COVARIANCE_TYPES,
    PARAMETERS,
    assert_same_mixture,
    fit_mixture,
    given_start,
)
from support.real_data import DATA
from support.samples import blobs, fitted_hash, normal

from mixclust import GaussianMixture, KMeans

IRIS = DATA["iris"]
LABELS = np.repeat([0, 1, 2], 50)


def moments(X, resp):
    """Weights, means and covariance matrices of given responsibilities."""
    nk = resp.sum(axis=0)
    means = resp.T @ X / nk[:, np.newaxis]
    centred = X[np.newaxis] - means[:, np.newaxis]
    scatter = np.einsum("ik,kij,kil->kjl", resp, centred, centred)
    return nk, means, scatter


def expected_start(X, resp, covariance_type):
    """The mixture that a start leads to, without any floor, from the definitions."""
    nk, means, scatter = moments(X, resp)
    d = X.shape[1]
    covariances = scatter / nk[:, np.newaxis, np.newaxis]
    variances = np.einsum("kjj->kj", covariances)
    return {
        "weights_": nk / nk.sum(),
        "means_": means,
        "covariances_": {
            "full": covariances,
            "tied": scatter.sum(axis=0) / nk.sum(),
            "diag": variances,
            "spherical": variances.sum(axis=1) / d,
        }[covariance_type],
    }


# ---------------------------------------------------------------------------- resp_init


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("kind", ["labels", "some labels", "responsibilities", "some"])
def test_start_has_the_moments_of_given_responsibilities(kind, covariance_type):
    """Rows without a component do not count, neither for means nor for covariances."""
    resp = np.eye(3)[LABELS]
    if kind in ("responsibilities", "some"):
        resp = np.random.default_rng(0).dirichlet(np.ones(3), size=150)
    if kind in ("some labels", "some"):
        resp[::2] = 0
    given = np.where(resp.any(axis=1), LABELS, -1) if "labels" in kind else resp
    options = {"covariance_type": covariance_type, "reg_covar": 0, "max_iter": 0}
    mixture = GaussianMixture(3, **options).fit(IRIS, resp_init=given)
    for name, expected in expected_start(IRIS, resp, covariance_type).items():
        np.testing.assert_allclose(getattr(mixture, name), expected, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(
    "labels",
    [LABELS.tolist(), LABELS.astype(np.uint8), LABELS.astype(np.int16), LABELS.astype(np.uint64)],
    ids=["list", "uint8", "int16", "uint64"],
)
def test_labels_of_any_integer_type(labels):
    expected = fitted_hash(fit_mixture(IRIS, 3, resp_init=LABELS))
    assert fitted_hash(fit_mixture(IRIS, 3, resp_init=labels)) == expected


def test_any_negative_label_is_none():
    labels = np.where(np.arange(150) % 3 == 0, -1, LABELS)
    expected = fitted_hash(fit_mixture(IRIS, 3, resp_init=labels))
    labels = np.where(labels < 0, np.iinfo(np.int64).min, labels)
    assert fitted_hash(fit_mixture(IRIS, 3, resp_init=labels)) == expected


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_labels_start_as_their_responsibilities(covariance_type):
    options = {"covariance_type": covariance_type}
    by_labels = fit_mixture(IRIS, 3, resp_init=LABELS, **options)
    assert_same_mixture(fit_mixture(IRIS, 3, resp_init=np.eye(3)[LABELS], **options), by_labels)
    assert_same_mixture(
        fit_mixture(IRIS, 3, resp_init=np.eye(3, dtype=np.float32)[LABELS].tolist(), **options),
        by_labels,
    )


BAD_RESP = [
    (np.zeros(149, dtype=int), ValueError, r"resp_init has shape \(149,\); pass labels of shape"),
    (np.zeros((150, 2)), ValueError, r"resp_init has shape \(150, 2\).* \(150, 3\)"),
    (np.zeros((3, 150)), ValueError, "resp_init has shape"),
    (LABELS + 1, ValueError, "resp_init holds the label 3, but n_components=3; number components"),
    (LABELS.astype(float), TypeError, "resp_init holds labels of dtype float64; pass whole"),
    (np.full(150, -1), ValueError, "resp_init gives no row to any component"),
    (np.zeros((150, 3)), ValueError, "resp_init gives no row to any component"),
    (np.full((150, 3), -0.5), ValueError, r"resp_init holds -0.5; responsibilities lie between"),
    (np.full((150, 3), 1e300), ValueError, r"resp_init holds 1e\+300; responsibilities lie"),
    (np.full((150, 3), np.nan), ValueError, "resp_init contains NaN"),
    ("nonsense", ValueError, "resp_init has shape"),
    (3, ValueError, "resp_init has shape"),
]


@pytest.mark.parametrize(("resp", "kind", "message"), BAD_RESP)
def test_bad_starts_are_refused(resp, kind, message):
    with pytest.raises(kind, match=message):
        GaussianMixture(3).fit(IRIS, resp_init=resp)
    with pytest.raises(kind, match=message.replace("resp_init", "init_params")):
        GaussianMixture(3, init_params=lambda X, k, random_state: resp).fit(IRIS)


def test_resp_init_is_taken_where_a_warm_start_would_go_on():
    mixture = GaussianMixture(3, warm_start=True, random_state=0).fit(IRIS)
    expected = fit_mixture(IRIS, 3, resp_init=LABELS)
    assert fitted_hash(mixture.fit(IRIS, resp_init=LABELS)) == fitted_hash(expected)


def test_parameters_given_go_before_resp_init():
    start = given_start(IRIS, 3, "full")
    expected = fitted_hash(fit_mixture(IRIS, 3, **start))
    assert fitted_hash(fit_mixture(IRIS, 3, resp_init=LABELS, **start)) == expected
    means = {"means_init": start["means_init"]}
    mixture = fit_mixture(IRIS, 3, resp_init=LABELS, max_iter=0, **means)
    np.testing.assert_array_equal(mixture.means_, start["means_init"])
    np.testing.assert_allclose(mixture.weights_, 1 / 3)


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_start_of_k_means(method):
    """The bridge from hard to soft, by hand."""
    labels = KMeans(3, n_init=5, random_state=0).fit(IRIS).labels_
    mixture = GaussianMixture(3)
    getattr(mixture, method)(IRIS, resp_init=labels)
    assert mixture.score(IRIS) == pytest.approx(-1.2013, abs=1e-3)


# ---------------------------------------------------------------------------- callables


def test_callable_start():
    calls = []

    def start(X, n_components, random_state):
        calls.append((X, n_components, random_state))
        return random_state.integers(n_components, size=len(X))

    generator = np.random.default_rng(0)
    options = {"reg_covar": 1e-3, "n_init": 3, "random_state": generator, "max_iter": 5}
    mixture = fit_mixture(IRIS, 3, init_params=start, **options)
    assert [(n_components, state) for _, n_components, state in calls] == [(3, generator)] * 3
    assert all(np.shares_memory(X, IRIS) for X, _, _ in calls)
    bounds = {run.lower_bound for run in mixture.report_.runs}
    assert len(bounds) == 3, "each run has draws of its own"
    fixed = fit_mixture(IRIS, 3, init_params=lambda X, n_components, random_state: LABELS)
    assert fitted_hash(fixed) == fitted_hash(fit_mixture(IRIS, 3, resp_init=LABELS))


def test_a_callable_that_forgets_to_return_is_refused():
    message = (
        r"^init_params returned None; return labels of shape \(150,\) or responsibilities of shape "
        r"\(150, 3\)\.$"
    )
    with pytest.raises(TypeError, match=message):
        GaussianMixture(3, init_params=lambda X, n_components, random_state: None).fit(IRIS)


def test_callable_start_cannot_modify_the_rows():
    def start(X, n_components, random_state):
        X -= X.mean(axis=0)

    X = IRIS.copy()
    with pytest.raises(ValueError, match="read-only"):
        GaussianMixture(3, init_params=start).fit(X)
    np.testing.assert_array_equal(X, IRIS)
    assert X.flags.writeable


# ---------------------------------------------------------------------------- auto


ROWS = {
    "iris": (IRIS, 3),
    "wine": (DATA["wine"], 3),
    "digits": (PCA(10, svd_solver="full").fit_transform(DATA["digits"]), 10),
    "blobs": (DATA["blobs"], 12),
}


@pytest.mark.parametrize("name", ROWS)
def test_short_runs_are_as_good_as_k_means_in_most_fits(name):
    """To two thousandths of a nat a row, about the default `tol`; better on average."""
    X, n_components = ROWS[name]
    differences = []
    for covariance_type in COVARIANCE_TYPES:
        for seed in range(8):
            options = {"covariance_type": covariance_type, "random_state": seed}
            auto = fit_mixture(X, n_components, **options)
            kmeans = fit_mixture(X, n_components, init_params="kmeans", **options)
            differences.append(auto.lower_bound_ - kmeans.lower_bound_)
            assert auto.report_.n_collapsed == 0
    assert np.mean(np.array(differences) > -2e-3) > 0.5
    assert np.mean(differences) > 0


def test_short_runs_are_scored():
    mixture = fit_mixture(IRIS, 3, n_init=2, random_state=0)
    for run in mixture.report_.runs:
        assert 8 <= len(run.scores) <= 32
        assert max(run.scores) <= run.lower_bound + 1e-12
        assert len(set(run.scores)) > 1
    assert fit_mixture(IRIS, 3, init_params="kmeans").report_.runs[0].scores == ()
    assert len(fit_mixture(IRIS, 1).report_.runs[0].scores) == 0


def test_the_best_short_run_goes_on():
    """On all of a small data set the run begins where the best short one ended."""
    mixture = fit_mixture(IRIS, 3, random_state=4)
    run = mixture.report_.runs[0]
    assert mixture.lower_bounds_[0] >= max(run.scores)
    assert mixture.lower_bounds_[0] - max(run.scores) < 0.05


def test_clusters_that_touch_are_told_apart_more_often_than_from_one_clustering():
    """Stretched clusters that k-means cuts across: how often a start leads to the best of all."""
    reached = {"auto": 0, "kmeans": 0, "k-means++": 0}
    for seed in range(4):
        generator = np.random.default_rng(seed)
        X = np.vstack(
            [
                generator.normal(size=(100, 2)) * lengths @ rotation(angle) + center
                for center, lengths, angle in (
                    ((-3.4, 0.2), (1.6, 0.3), 60),
                    ((-1.3, -0.2), (1.6, 0.3), 60),
                    ((2.2, 1.5), (1.7, 0.4), -25),
                    ((2.4, -1.3), (0.7, 0.7), 0),
                )
            ]
        )
        bounds = {
            init: [
                fit_mixture(X, 4, init_params=init, random_state=run).lower_bound_
                for run in range(8)
            ]
            for init in reached
        }
        best = max(map(max, bounds.values()))
        for init in reached:
            reached[init] += sum(bound > best - 0.01 for bound in bounds[init])
    assert reached["auto"] >= 24, "of 32"
    assert reached["auto"] > max(reached["kmeans"], reached["k-means++"])


def rotation(degrees):
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cos, sin], [-sin, cos]])


def test_groups_without_extent_are_found():
    """The degenerate solution is right: every group lies on a line."""
    X = [[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [10.0, 2.0], [10.0, 4.0], [10.0, 0.0]]
    for seed in range(10):
        mixture = fit_mixture(X, 2, n_init=5, random_state=seed)
        np.testing.assert_allclose(np.sort(mixture.means_, axis=0), [[1, 2], [10, 2]], atol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_short_runs_on_a_part_of_many_rows(weighted):
    X = blobs(5, 20_000, 3, 4)
    sample_weight = np.random.default_rng(0).uniform(size=20_000) if weighted else None
    mixture = fit_mixture(X, 4, sample_weight=sample_weight, random_state=0)
    by_kmeans = fit_mixture(X, 4, sample_weight=sample_weight, init_params="kmeans", random_state=0)
    assert mixture.lower_bound_ > by_kmeans.lower_bound_ - 2e-3
    assert len(mixture.report_.runs[0].scores) % 8 == 0
    for name in PARAMETERS:
        assert np.isfinite(getattr(mixture, name)).all()


@pytest.mark.parametrize("covariance_type", ["tied", "spherical"])
def test_many_components_get_their_rows(covariance_type):
    """The part that short runs look at has rows for each."""
    options = {"covariance_type": covariance_type, "random_state": 0, "max_iter": 5}
    mixture = fit_mixture(blobs(6, 3000, 2, 300), 600, **options)
    assert mixture.weights_.min() > 0


def test_one_component_needs_no_start():
    X = normal(0, 100, 3)
    bounds = {fit_mixture(X, 1, random_state=seed).lower_bound_ for seed in range(3)}
    assert len(bounds) == 1
    np.testing.assert_allclose(fit_mixture(X, 1).means_[0], X.mean(axis=0), atol=1e-15)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_same_bits_wherever_a_short_run_is_made(covariance_type):
    """A compiled mixture takes one start after the other, and each thread the next one."""
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
