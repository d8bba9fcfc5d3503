"""Mixtures of given parameters: answers without a fit, and refused parameters."""

import re

import numpy as np
import pytest
from pandas import DataFrame
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import BayesianGaussianMixture
from sklearn.mixture import GaussianMixture as Theirs
from support.mixtures import ANSWERS, COVARIANCE_TYPES, PARAMETERS, fit_mixture
from support.samples import blobs, normal

from mixclust import GaussianMixture, KMeans, plot
from mixclust._mixture.structures import structure_of

X = normal(5, 300, 3) * [1, 10, 0.1] + [0, 100, 1]
MEANS = np.array([[0.0, 90.0, 1.0], [1.0, 110.0, 0.9]])
WEIGHTS = np.array([0.3, 0.7])
FULL = np.array([[[2.0, 1.0, 0.0], [1.0, 90.0, -0.5], [0.0, -0.5, 0.01]], np.diag([1, 80.0, 0.02])])
COVARIANCES = {
    "full": FULL,
    "tied": FULL[0],
    "diag": np.array([[1.0, 90.0, 0.01], [2.0, 80.0, 0.02]]),
    "spherical": np.array([50.0, 80.0]),
}


def given(covariance_type="full", **options):
    return GaussianMixture.from_parameters(
        WEIGHTS, MEANS, COVARIANCES[covariance_type], covariance_type=covariance_type, **options
    )


def theirs_with(covariance_type, **options):
    """scikit-learn's mixture with the parameters, set as its users set them."""
    theirs = Theirs(2, covariance_type=covariance_type, **options)
    theirs.weights_, theirs.means_ = WEIGHTS, MEANS
    theirs.covariances_ = COVARIANCES[covariance_type]
    if covariance_type in ("full", "tied"):
        root = np.linalg.cholesky(theirs.covariances_)
        theirs.precisions_cholesky_ = np.swapaxes(np.linalg.inv(root), -1, -2)
    else:
        theirs.precisions_cholesky_ = 1 / np.sqrt(theirs.covariances_)
    return theirs


def matrices(covariance_type):
    return structure_of(covariance_type).matrices(COVARIANCES[covariance_type], *MEANS.shape)


# ---------------------------------------------------------------------------- answers


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_answers_are_scikit_learns(covariance_type):
    ours, theirs = given(covariance_type), theirs_with(covariance_type)
    for name in ("predict", "predict_proba", "score_samples", "score", "aic", "bic"):
        found, expected = getattr(ours, name)(X), getattr(theirs, name)(X)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)
    found, labels = given(covariance_type, random_state=3).sample(100)
    expected, expected_labels = theirs_with(covariance_type, random_state=3).sample(100)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(labels, expected_labels)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_fitted_parameters_given_answer_as_the_fit(covariance_type):
    """All answers; the parameters of the fit are arrays of all structures at once."""
    fitted = fit_mixture(X, 3, covariance_type=covariance_type, random_state=0, max_iter=20)
    mixture = GaussianMixture.from_parameters(
        fitted.weights_, fitted.means_, fitted.covariances_, covariance_type=covariance_type
    )
    for name in PARAMETERS:
        np.testing.assert_allclose(getattr(mixture, name), getattr(fitted, name), rtol=1e-9)
    for name in ANSWERS:
        np.testing.assert_allclose(
            getattr(mixture, name)(X), getattr(fitted, name)(X), rtol=1e-8, atol=1e-12, err_msg=name
        )
    holes = np.where(np.arange(3) == np.arange(len(X))[:, np.newaxis] % 3, np.nan, X)
    np.testing.assert_allclose(mixture.impute(holes), fitted.impute(holes), rtol=1e-9)
    for part in (lambda m: m.marginal([2, 0]), lambda m: m.condition({1: 100.0})):
        for name in PARAMETERS:
            found, expected = getattr(part(mixture), name), getattr(part(fitted), name)
            np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_files_and_scikit_learn_take_given_mixtures(covariance_type, tmp_path):
    mixture = given(covariance_type, feature_names=["a", "b", "c"], random_state=1)
    mixture.save(tmp_path / "mixture")
    loaded = GaussianMixture.load(tmp_path / "mixture")
    assert loaded.feature_names_in_.tolist() == ["a", "b", "c"]
    for other in (loaded, mixture.to_sklearn(), GaussianMixture.from_sklearn(mixture.to_sklearn())):
        for name in PARAMETERS[:3]:
            np.testing.assert_array_equal(getattr(other, name), getattr(mixture, name))
    named = DataFrame(X, columns=["a", "b", "c"])
    np.testing.assert_array_equal(loaded.predict_proba(named), mixture.predict_proba(named))
    assert mixture.marginal("b").means_.tolist() == [[90.0], [110.0]]


def test_fit_of_a_given_mixture_starts_anew():
    mixture = given(random_state=0, n_threads=1)
    fitted = GaussianMixture(2, random_state=0).fit(X)
    np.testing.assert_array_equal(mixture.fit(X).means_, fitted.means_)
    assert mixture.converged_
    assert mixture.report_.n_collapsed == 0


def test_components_of_no_weight():
    mixture = GaussianMixture.from_parameters([0, 1], [[0.0], [1.0]], [[[1.0]], [[4.0]]])
    np.testing.assert_allclose(
        mixture.score_samples([[0.0]]), multivariate_normal.logpdf(0, 1, 4), rtol=1e-12
    )
    assert mixture.predict([[0.0]]).tolist() == [1]
    assert mixture.sample(5, random_state=0)[1].tolist() == [1] * 5
    np.testing.assert_allclose(
        mixture.score_samples_by_component([[0.0]])[0],
        [multivariate_normal.logpdf(0, 0, 1), multivariate_normal.logpdf(0, 1, 4)],
    )


def test_weights_of_float32_are_weights():
    sizes = normal(0, 1000) ** 2
    weights = (sizes / sizes.sum()).astype(np.float32)
    assert weights.astype(float).sum() != 1
    mixture = GaussianMixture.from_parameters(
        weights, np.arange(1000.0)[:, np.newaxis], np.ones(1000), covariance_type="spherical"
    )
    assert mixture.weights_.sum() == pytest.approx(1, abs=1e-14)
    assert len(mixture.sample(10, random_state=0)[0]) == 10


def test_given_arrays_are_copied():
    means = MEANS.copy()
    mixture = GaussianMixture.from_parameters(WEIGHTS, means, FULL)
    means[:] = 0
    np.testing.assert_array_equal(mixture.means_, MEANS)


def test_attributes_of_a_fit_are_missing_with_a_reason():
    for name in ("report_", "converged_", "n_iter_", "lower_bound_", "lower_bounds_"):
        assert not hasattr(given(), name)
        with pytest.raises(
            AttributeError, match=rf"no attribute '{name}': fit alone sets it, .*call fit"
        ):
            getattr(given(), name)
        with pytest.raises(AttributeError, match=f"^'GaussianMixture' object has no .*'{name}'$"):
            getattr(GaussianMixture(), name)


# ---------------------------------------------------------------------------- by component


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_densities_of_components_are_scipys(covariance_type, dtype):
    mixture, rows = given(covariance_type), X.astype(dtype)
    found = mixture.score_samples_by_component(rows)
    expected = [
        multivariate_normal.logpdf(rows.astype(np.float64), mean, covariance)
        for mean, covariance in zip(MEANS, matrices(covariance_type), strict=True)
    ]
    np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-10)
    assert found.dtype == np.float64
    np.testing.assert_allclose(
        logsumexp(found + np.log(WEIGHTS), axis=1), mixture.score_samples(rows), rtol=1e-12
    )


def test_densities_of_components_far_away_and_not_finite():
    mixture = given()
    assert mixture.score_samples_by_component(X[:1] + 1e200).tolist() == [[-np.inf, -np.inf]]
    with pytest.raises(ValueError, match="X contains NaN"):
        mixture.score_samples_by_component([[0.0, np.nan, 0.0]])
    with pytest.raises(ValueError, match="3 features"):
        mixture.score_samples_by_component(X[:, :2])


# ---------------------------------------------------------------------------- refused parameters


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"weights": [0.3, 0.6]}, ValueError, r"^weights adds up to 0\.89+\d*, but"),
        ({"weights": [3, 7]}, ValueError, r"adds up to 10\.0, .*weights / weights\.sum\(\)"),
        ({"weights": [1.5, -0.5]}, ValueError, r"^weights holds -0\.5; pass weights of at least"),
        ({"weights": [1.0]}, ValueError, r"^weights has shape \(1,\), but means has 2 rows"),
        ({"weights": [np.nan, 1]}, ValueError, "weights contains NaN"),
        ({"weights": ["a", "b"]}, (TypeError, ValueError), "weights"),
        ({"weights": [0.5 + 1j, 0.5]}, (TypeError, ValueError), "weights"),
        ({"means": MEANS[0]}, ValueError, r"^means has shape \(3,\); pass .*n_features"),
        ({"means": np.empty((2, 0))}, ValueError, r"^means has shape \(2, 0\)"),
        ({"means": MEANS + np.inf}, ValueError, "means contains"),
        ({"covariances": FULL[0]}, ValueError, r"needs the shape \(2, 3, 3\).*='tied'"),
        ({"covariances": [1.0, 1.0]}, ValueError, r"needs the shape \(2, 3, 3\).*='spherical'"),
        (
            {"covariances": np.ones((4, 4))},
            ValueError,
            r"\(2, 3, 3\); pass an array of that shape\.$",
        ),
        ({"covariances": -FULL}, ValueError, r"^covariances\[0\] is not positive definite: .*-90"),
        ({"covariances": np.ones((2, 3, 3))}, ValueError, "not positive definite"),
        ({"covariances": FULL + np.eye(3, k=1)}, ValueError, "not symmetric"),
        ({"covariances": FULL * [[[1.0]], [[np.nan]]]}, ValueError, "covariances contains NaN"),
        ({"covariances": FULL * 1e-310}, ValueError, "measure the features in other units"),
        ({"covariance_type": "round"}, ValueError, "covariance_type"),
        ({"feature_names": ["a", "b"]}, ValueError, "^feature_names holds 2 names, .* 3 features"),
        ({"feature_names": [1, 2, 3]}, TypeError, "must be strings"),
        ({"n_components": 3}, ValueError, "^n_components is that of means, 2"),
        ({"tol": -1}, ValueError, "^tol"),
        ({"n_clusters": 2}, TypeError, "n_clusters"),
    ],
)
def test_refused_parameters(changed, error, message):
    arguments = {"weights": WEIGHTS, "means": MEANS, "covariances": FULL} | changed
    with pytest.raises(error, match=message):
        GaussianMixture.from_parameters(**arguments)


@pytest.mark.parametrize("covariance_type", ["diag", "spherical"])
@pytest.mark.parametrize(("factor", "message"), [(0, r"holds 0\.0"), (-1, "holds -"), (1e-312, "")])
def test_refused_variances(covariance_type, factor, message):
    with pytest.raises(ValueError, match=f"^covariances {message}"):
        GaussianMixture.from_parameters(
            WEIGHTS, MEANS, COVARIANCES[covariance_type] * factor, covariance_type=covariance_type
        )


# ---------------------------------------------------------------------------- from scikit-learn


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_scikit_learns_mixtures_are_taken_over(covariance_type):
    rows = blobs(0, 500, 3, 3)
    options = {"covariance_type": covariance_type, "random_state": 4, "tol": 1e-4, "n_init": 2}
    theirs = Theirs(3, **options).fit(rows)
    ours = GaussianMixture.from_sklearn(theirs)
    params = theirs.get_params()
    assert {name: getattr(ours, name) for name in params} == params
    for name in ("weights_", "means_", "covariances_", "converged_", "n_iter_", "lower_bound_"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
    np.testing.assert_allclose(ours.score_samples(rows), theirs.score_samples(rows), rtol=1e-9)
    np.testing.assert_array_equal(ours.sample(50)[0], theirs.sample(50)[0])
    ours.fit(rows)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_scikit_learns_mixtures_of_float32_are_taken_over(covariance_type):
    """Their parameters are float32: factors, and the symmetry of a covariance, only to rounding."""
    for seed in range(8):
        apart = blobs(seed, 300, 4, 3)
        dependent = apart.copy()
        dependent[:, 3] = apart[:, 0] + 1e-2 * apart[:, 3]
        for rows in (apart.astype(np.float32) + 100, dependent.astype(np.float32)):
            theirs = Theirs(3, covariance_type=covariance_type, random_state=0).fit(rows)
            ours = GaussianMixture.from_sklearn(theirs)
            np.testing.assert_array_equal(ours.means_, theirs.means_)
            assert np.mean(ours.predict(rows) == theirs.predict(rows)) > 0.99
            theirs.precisions_cholesky_ = 1.2 * theirs.precisions_cholesky_
            with pytest.raises(ValueError, match="does not belong to its covariances_"):
                GaussianMixture.from_sklearn(theirs)


def test_an_old_mixture_of_scikit_learn_can_be_gone_on_with():
    """Before 1.7 there was no lower_bounds_."""
    theirs = Theirs(2, random_state=0, warm_start=True).fit(X)
    vars(theirs).pop("lower_bounds_", None)
    ours = GaussianMixture.from_sklearn(theirs).fit(X)
    assert ours.converged_


def test_names_of_scikit_learns_features():
    theirs = Theirs(2, random_state=0).fit(DataFrame(X, columns=["a", "b", "c"]))
    ours = GaussianMixture.from_sklearn(theirs)
    assert ours.feature_names_in_.tolist() == ["a", "b", "c"]
    assert ours.marginal("c").means_.tolist() == theirs.means_[:, 2:].tolist()


def test_refused_estimators():
    for estimator in (KMeans(), BayesianGaussianMixture().fit(X), given(), X, None):
        with pytest.raises(TypeError, match=r"^estimator is a .*pass a fitted sklearn\.mixture"):
            GaussianMixture.from_sklearn(estimator)
    with pytest.raises(TypeError, match=r"^estimator is a class, .*; pass a fitted instance"):
        GaussianMixture.from_sklearn(Theirs)
    with pytest.raises(ValueError, match="estimator is not fitted; call its fit first"):
        GaussianMixture.from_sklearn(Theirs())
    theirs = theirs_with("full")
    theirs.covariances_ = 2 * theirs.covariances_
    with pytest.raises(ValueError, match=re.escape("does not belong to its covariances_")):
        GaussianMixture.from_sklearn(theirs)


# ---------------------------------------------------------------------------- draws


@pytest.mark.parametrize("new", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_rows_drawn_in_blocks_are_numpys(covariance_type, new, monkeypatch):
    """One call of NumPy a component gives the same numbers as blocks do."""
    monkeypatch.setattr("mixclust._mixture.draws.BLOCK", 100)
    found, labels = given(covariance_type).sample(1000, random_state=new(0))
    source = new(0)
    counts = source.multinomial(1000, WEIGHTS)
    expected = [
        source.multivariate_normal(mean, covariance, count)
        if covariance_type in ("full", "tied")
        else mean + source.standard_normal((count, 3)) * np.sqrt(np.diag(covariance))
        for mean, covariance, count in zip(MEANS, matrices(covariance_type), counts, strict=True)
    ]
    np.testing.assert_allclose(found, np.vstack(expected), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(np.bincount(labels), counts)


def test_random_state_of_a_draw_is_that_of_the_call():
    mixture = given(random_state=0)
    np.testing.assert_array_equal(mixture.sample(9)[0], mixture.sample(9, random_state=0)[0])
    assert (mixture.sample(9)[0] != mixture.sample(9, random_state=1)[0]).all()
    source = np.random.default_rng(0)
    rows = [mixture.sample(9, random_state=source)[0] for _ in range(2)]
    assert (rows[0] != rows[1]).all()
    with pytest.raises((TypeError, ValueError), match="random_state"):
        mixture.sample(9, random_state="one")


def test_impute_in_blocks(monkeypatch):
    holes = np.where(np.random.default_rng(0).random(X.shape) < 0.3, np.nan, X)
    for covariance_type in COVARIANCE_TYPES:
        expected = given(covariance_type).impute(holes)
        with monkeypatch.context() as patch:
            patch.setattr("mixclust._mixture.conditional.VALUES_PER_SORT", 30)
            patch.setattr("mixclust._mixture.conditional.CACHED_NUMBERS", 1)
            found = given(covariance_type).impute(holes)
        np.testing.assert_allclose(found, expected, rtol=1e-13)
        np.testing.assert_array_equal(found[~np.isnan(holes)], X[~np.isnan(holes)])


# ---------------------------------------------------------------------------- a run that is ended


@pytest.mark.parametrize("acceleration", [None, "squarem"])
def test_run_that_the_callback_ends_gives_no_advice(acceleration):
    """Warnings are errors here."""
    mixture = GaussianMixture(
        3,
        random_state=0,
        tol=0,
        acceleration=acceleration,
        init_params="random_from_data",
        callback=lambda state: state.iteration >= 3,
    ).fit(X)
    assert not mixture.converged_
    assert mixture.report_.runs[0].ended == "callback"
    assert "ended by the callback" in repr(mixture.report_)
    assert "not converged" not in repr(mixture.report_)


def test_k_means_that_the_callback_ends_gives_no_advice():
    kmeans = KMeans(20, init="random", n_init=1, random_state=0, tol=0, callback=lambda state: True)
    assert kmeans.fit(X).n_iter_ == 1


# ---------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_pictures_of_given_mixtures(covariance_type):
    mixture = given(covariance_type)
    for display in (plot.ComponentsDisplay, plot.UncertaintyDisplay):
        display.from_estimator(mixture, X)
    with pytest.raises((TypeError, ValueError, AttributeError), match="no lower_bounds_"):
        plot.ConvergenceDisplay.from_estimator(mixture)
