"""MixtureClassifier against scikit-learn's discriminant analyses and R's mclust."""

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.naive_bayes import GaussianNB
from support.mixtures import COVARIANCE_TYPES
from support.samples import blobs, quiet_fit

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture, MixtureClassifier

BANKNOTE = Path(__file__).parents[2] / "examples" / "banknote.csv"
EXACT = {"reg_covar": 0, "tol": 1e-12, "max_iter": 100_000}


def real_data(name):
    """Rows and classes; the classes of banknote are strings."""
    if name == "banknote":
        X = np.loadtxt(BANKNOTE, delimiter=",", skiprows=1, usecols=range(1, 7))
        return X, np.loadtxt(BANKNOTE, delimiter=",", skiprows=1, usecols=0, dtype=str)
    return datasets.load_iris(return_X_y=True)


def two_thirds_unknown(y):
    """The labels of every third row."""
    unknown = np.arange(len(y)) % 3 != 0
    if y.dtype.kind == "U":
        y = y.astype(object)
        y[unknown] = None
        return y
    return np.where(unknown, -1, y)


# scikit-learn --------------------------------------------------------------------------------

TWINS = {
    "full": QuadraticDiscriminantAnalysis(),
    "tied": LinearDiscriminantAnalysis(solver="lsqr"),
    "diag": GaussianNB(var_smoothing=0),
}


@pytest.mark.parametrize("priors", [None, [0.2, 0.5, 0.3]], ids=["free", "given"])
@pytest.mark.parametrize("covariance_type", TWINS)
@pytest.mark.parametrize("name", ["iris", "wine"])
def test_scikit_learns_discriminant_analyses(name, covariance_type, priors):
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    ours = MixtureClassifier(covariance_type=covariance_type, priors=priors, reg_covar=0)
    theirs = sklearn_twin(covariance_type, priors)
    is_reweighted = covariance_type == "tied" and priors is not None
    if is_reweighted:
        # scikit-learn's shared covariance weights the classes by the priors, ours by their rows.
        theirs = sklearn_twin(covariance_type, None)
    expected, found = theirs.fit(X, y).predict_proba(X), ours.fit(X, y).predict_proba(X)
    if covariance_type == "full":  # scikit-learn divides scatters by n - 1, or n in new versions
        expected = proba_of_quadratic(X, y, theirs)
    if is_reweighted:
        expected = expected * priors / theirs.priors_
        expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert ours.n_iter_ == 1
    assert ours.converged_


def sklearn_twin(covariance_type, priors):
    estimator = TWINS[covariance_type]
    name = "var_smoothing" if isinstance(estimator, GaussianNB) else None
    options = {name: 0} if name else {}
    if isinstance(estimator, LinearDiscriminantAnalysis):
        options["solver"] = "lsqr"
    return type(estimator)(priors=priors, **options)


def proba_of_quadratic(X, y, fitted):
    """Probabilities of quadratic discriminant analysis with covariances of maximum likelihood."""
    log_joint = []
    for c in range(len(fitted.classes_)):
        rows = X[y == c]
        difference = X - rows.mean(axis=0)
        covariance = np.cov(rows.T, bias=True)
        squares = (difference @ np.linalg.inv(covariance) * difference).sum(axis=1)
        log_joint.append(
            np.log(fitted.priors_[c]) - 0.5 * (np.linalg.slogdet(covariance)[1] + squares)
        )
    joint = np.exp(np.array(log_joint).T - np.max(log_joint, axis=0)[:, np.newaxis])
    return joint / joint.sum(axis=1, keepdims=True)


# mclust --------------------------------------------------------------------------------------

# mclust 6.0.0: MclustDA(X, y, modelType="EDDA", modelNames=m): loglik, df, bic.
# VVV is "full", EEE "tied", VVI "diag", VII "spherical".
EDDA = [
    ("iris", "full", -182.920848605, 42, -576.288379563),
    ("iris", "tied", -256.646184255, 22, -623.526344980),
    ("iris", "diag", -309.362757894, 24, -738.980762846),
    ("iris", "spherical", -392.498414498, 15, -860.156358408),
    ("banknote", "full", -731.668275353, 54, -1749.445688500),
    ("banknote", "tied", -794.575747376, 33, -1763.995967849),
    ("banknote", "diag", -905.097341343, 24, -1937.354299483),
    ("banknote", "spherical", -1115.509268533, 14, -2305.194980197),
]


@pytest.mark.parametrize(("name", "covariance_type", "log_likelihood", "df", "bic"), EDDA)
def test_one_component_a_class_is_mclusts_edda(name, covariance_type, log_likelihood, df, bic):
    """Its log-likelihood is that of the rows without their classes, so is its BIC."""
    X, y = real_data(name)
    classifier = MixtureClassifier(covariance_type=covariance_type, reg_covar=0).fit(X, y)
    assert classifier.score_samples(X).sum() == pytest.approx(log_likelihood, rel=1e-10)
    assert classifier.n_parameters_ == df
    assert classifier.bic(X) == pytest.approx(-bic, rel=1e-10)


# mclust 6.0.0: MclustSSC(X, class, modelNames=m, control=emControl(tol=c(1e-12, 1e-10),
# itmax=10000)) with class[(seq_along(class) - 1) %% 3 != 0] <- NA: loglik, df, bic.
SSC = [
    ("iris", "full", -182.568844421, 44, -585.605641783),
    ("iris", "tied", -257.151480202, 24, -634.558207463),
    ("iris", "diag", -307.699876435, 26, -745.676270516),
    ("iris", "spherical", -391.624809716, 17, -868.430419432),
    ("banknote", "full", -735.056043271, 55, -1761.519541701),
    ("banknote", "tied", -798.668545274, 34, -1777.479881010),
    ("banknote", "diag", -914.751579333, 25, -1961.961092829),
    ("banknote", "spherical", -1116.870279509, 15, -2313.215319516),
]


@pytest.mark.parametrize(("name", "covariance_type", "log_likelihood", "df", "bic"), SSC)
def test_unlabelled_rows_are_fitted_as_by_mclusts_ssc(
    name, covariance_type, log_likelihood, df, bic
):
    """mclust stops a little earlier."""
    X, y = real_data(name)
    y = two_thirds_unknown(y)
    classifier = MixtureClassifier(covariance_type=covariance_type, **EXACT).fit(X, y)
    assert classifier.n_parameters_ == df
    assert classifier.bic(X, y) == pytest.approx(-bic, rel=1e-6)
    found = (df * math.log(len(X)) - classifier.bic(X, y)) / 2
    assert log_likelihood - 1e-8 < found < log_likelihood * (1 - 1e-6)
    assert classifier.report_.log_likelihood == pytest.approx(found, rel=1e-12)


# mclust 6.0.0: MclustDA(X, y, G=2, modelNames=m), without classes where mclust fell back on
# another model: the df, and the log-likelihood of each class's mixture of its own rows.
DA = [
    ("iris", "tied", 57, [55.023769046, -3.287366645, -55.638222180]),
    ("iris", "spherical", 33, [9.878005829, -52.331680748, -89.041594195]),
    ("banknote", "full", 110, [-210.799694879, -262.006279021]),
    ("banknote", "tied", 68, [-303.589793261, -279.434667484]),
    ("banknote", "diag", 50, [-337.871380270, -330.165238870]),
    ("banknote", "spherical", 30, [-417.294879352, -363.955030547]),
]


@pytest.mark.parametrize(("name", "covariance_type", "df", "log_likelihoods"), DA)
def test_two_components_a_class_are_at_least_as_likely_as_mclusts(
    name, covariance_type, df, log_likelihoods
):
    X, y = real_data(name)
    classes = np.unique(y)
    structures = dict.fromkeys(classes.tolist(), covariance_type)
    options = EXACT | {"random_state": 0}
    classifier = MixtureClassifier(2, covariance_type=structures, **options).fit(X, y)
    assert classifier.n_parameters_ == df
    log_density = classifier.log_densities(X)
    for c, expected in enumerate(log_likelihoods):
        assert log_density[y == classes[c], c].sum() >= expected - 1e-6
    assert classifier.report_.n_collapsed == 0


# The mechanism -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "name"),
    [("VII", "spherical"), ("VVI", "diag"), ("EEE", "tied"), ("VVV", "full"),
     ("tied-diag", "EEI"), ("tied-spherical", "EII")],
)  # fmt: skip
def test_all_names_of_a_structure(other, name):
    X, y = real_data("iris")
    plain = MixtureClassifier(covariance_type=name).fit(X, y)
    found = MixtureClassifier(covariance_type=other).fit(X, y)
    assert found.covariance_type_ == name
    np.testing.assert_array_equal(found.covariances_, plain.covariances_)
    apart = MixtureClassifier(covariance_type=dict.fromkeys(range(3), other)).fit(X, y)
    assert set(apart.report_.covariance_types.values()) == {name}


def test_names_for_one_feature():
    X, y = real_data("iris")
    assert MixtureClassifier(covariance_type="V").fit(X[:, :1], y).covariance_type_ == "spherical"
    with pytest.raises(ValueError, match="covariance_type='V' is for one feature, but X has 4"):
        MixtureClassifier(covariance_type="V").fit(X, y)


@pytest.mark.parametrize("covariance_type", ["diag", "spherical", "full"])
def test_classes_without_a_shared_structure_are_fitted_as_if_apart(covariance_type):
    X, y = blobs(0, 600, 3, 6), np.arange(600) % 3
    options = EXACT | {"random_state": 0}
    together = MixtureClassifier(2, covariance_type=covariance_type, **options).fit(X, y)
    apart = dict.fromkeys(range(3), covariance_type)
    apart = MixtureClassifier(2, covariance_type=apart, **options).fit(X, y)
    np.testing.assert_allclose(together.log_densities(X), apart.log_densities(X), atol=1e-4)
    assert together.n_parameters_ == apart.n_parameters_
    assert together.bic(X, y) == pytest.approx(apart.bic(X, y), rel=1e-9)
    assert together.lower_bound_ == pytest.approx(apart.lower_bound_, rel=1e-9)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_answers_agree_with_each_other(covariance_type):
    X, y = real_data("banknote")
    X[0] += 100  # far from all
    classifier = MixtureClassifier(
        {"genuine": 1, "counterfeit": 3}, covariance_type=covariance_type, random_state=0
    ).fit(X, two_thirds_unknown(y))
    assert classifier.component_classes_.tolist() == [0, 0, 0, 1]
    assert classifier.classes_.tolist() == ["counterfeit", "genuine"]
    log_joint = classifier.log_densities(X) + np.log(classifier.priors_)
    proba = classifier.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(X)), proba, atol=1e-12)
    np.testing.assert_array_equal(classifier.predict(X), classifier.classes_[proba.argmax(axis=1)])
    np.testing.assert_allclose(
        classifier.decision_function(X), log_joint[:, 1] - log_joint[:, 0], rtol=1e-9
    )
    np.testing.assert_allclose(classifier.score_samples(X), np.logaddexp(*log_joint.T), rtol=1e-10)
    assert classifier.score(X, y) == np.mean(classifier.predict(X) == y)
    for c, mixture in enumerate(classifier.mixtures_):
        assert isinstance(mixture, GaussianMixture)
        np.testing.assert_array_equal(mixture.score_samples(X), classifier.log_densities(X)[:, c])


def test_log_likelihood_never_falls_and_unlabelled_rows_help():
    """Few labelled rows: the unlabelled ones tell the shapes of the classes."""
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 2, 1000)
    X = generator.standard_normal((1000, 4)) + 2.5 * classes[:, np.newaxis]
    y = np.where(np.arange(1000) < 14, classes, -1)
    partly = MixtureClassifier(**EXACT).fit(X, y)
    assert (np.diff(partly.lower_bounds_) > -1e-12).all()
    labelled = quiet_fit(MixtureClassifier(**EXACT), X[:14], y=y[:14])
    assert partly.score(X, classes) > 0.98
    assert partly.score(X, classes) > labelled.score(X, classes) + 0.05


def test_too_few_labelled_rows_for_a_covariance_are_saved_by_unlabelled_rows():
    X, y = real_data("banknote")
    labels = np.full(200, None)
    labels[[0, 1, 150, 151]] = y[[0, 1, 150, 151]]
    classifier = MixtureClassifier(reg_covar=0).fit(X, labels)
    assert classifier.report_.n_collapsed == 0
    assert classifier.score(X, y) > 0.9


def test_given_priors():
    X, y = real_data("banknote")
    priors = {"genuine": 0.9, "counterfeit": 0.1}
    given = MixtureClassifier(priors=priors).fit(X, two_thirds_unknown(y))
    np.testing.assert_allclose(given.priors_, [0.1, 0.9], rtol=1e-14)
    assert given.n_parameters_ == 54
    same = MixtureClassifier(priors=[0.1, 0.9]).fit(X, two_thirds_unknown(y))
    np.testing.assert_array_equal(same.covariances_, given.covariances_)


def test_weights_repeat_rows():
    X, y = real_data("banknote")
    weights = np.random.default_rng(0).integers(0, 4, 200)
    weighted = MixtureClassifier(**EXACT).fit(X, two_thirds_unknown(y), sample_weight=weights)
    repeated = MixtureClassifier(**EXACT).fit(
        np.repeat(X, weights, axis=0), np.repeat(two_thirds_unknown(y), weights)
    )
    np.testing.assert_allclose(weighted.weights_, repeated.weights_, rtol=1e-9)
    np.testing.assert_allclose(weighted.covariances_, repeated.covariances_, rtol=1e-7, atol=1e-9)
    y_repeated = np.repeat(two_thirds_unknown(y), weights)
    assert weighted.bic(X, two_thirds_unknown(y), weights) == pytest.approx(
        repeated.bic(np.repeat(X, weights, axis=0), y_repeated), rel=1e-9
    )
    assert weighted.report_.unlabelled_weight == weights[np.arange(200) % 3 != 0].sum()


# Selection -----------------------------------------------------------------------------------


def test_bic_chooses_the_numbers_of_components():
    generator = np.random.default_rng(0)
    means = np.array([[0, 0], [8, 0], [4, 6], [4, -6], [16, 0]])
    classes_of_means = np.array([0, 0, 1, 1, 1])
    component = generator.integers(0, 5, 900)
    X = means[component] + generator.standard_normal((900, 2))
    y = classes_of_means[component]
    for covariance_type in ("spherical", "tied", "bic"):
        classifier = MixtureClassifier("bic", covariance_type=covariance_type, random_state=0)
        classifier.fit(X, y)
        assert classifier.report_.n_components == {0: 2, 1: 3}
        assert classifier.score(X, y) > 0.99
    criteria = classifier.report_.criteria
    assert set(COVARIANCE_TYPES) <= set(criteria)
    assert classifier.covariance_type_ == min(criteria, key=criteria.get)
    assert classifier.bic(X, y) == pytest.approx(min(criteria.values()), rel=1e-12)
    assert "BIC" in repr(classifier.report_)
    few = MixtureClassifier("bic", max_components=2, random_state=0).fit(X, y)
    assert few.report_.n_components == {0: 2, 1: 2}


def test_each_class_chooses_its_own_structure():
    X, y = real_data("iris")
    options = {"covariance_type": {0: "bic", 1: "spherical", 2: "tied"}, "random_state": 0}
    classifier = MixtureClassifier({0: 1, 1: 1, 2: 2}, **options).fit(X, y)
    report = classifier.report_
    assert report.covariance_types[1] == "spherical"
    assert report.covariance_types[2] == "tied"
    assert report.n_components[1] == 1
    assert report.n_components[2] == 2
    alone = GaussianMixture(2, covariance_type="tied", random_state=0).fit(X[y == 2])
    np.testing.assert_allclose(
        classifier.log_densities(X)[:, 2], alone.score_samples(X), rtol=1e-10
    )
    more = MixtureClassifier({0: "bic", 1: 1, 2: 2}, **options).fit(X, y)
    assert more.bic(X, y) <= classifier.bic(X, y)
    assert classifier.covariances_.shape == (len(classifier.weights_), 4, 4)


# Files, draws, reports -----------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", [*COVARIANCE_TYPES, "bic"])
@pytest.mark.parametrize("name", ["iris", "banknote"])
def test_save_and_load(name, covariance_type, tmp_path):
    X, y = real_data(name)
    classifier = MixtureClassifier(2, covariance_type=covariance_type, random_state=0)
    quiet_fit(classifier, X, y=y)
    classifier.save(tmp_path / "classifier")
    loaded = MixtureClassifier.load(tmp_path / "classifier")
    np.testing.assert_array_equal(loaded.predict(X), classifier.predict(X))
    np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    assert loaded.bic(X, y) == classifier.bic(X, y)
    assert repr(loaded.report_) == repr(classifier.report_)


def test_a_dict_of_numbers_by_class_is_saved(tmp_path):
    X, y = real_data("iris")
    classifier = MixtureClassifier({0: 1, 1: 2, 2: 1}, random_state=0).fit(X, y)
    classifier.save(tmp_path / "model")
    loaded = MixtureClassifier.load(tmp_path / "model")
    assert loaded.n_components == {0: 1, 1: 2, 2: 1}
    np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, str, object])
def test_labels_of_any_type(dtype, tmp_path):
    X, y = real_data("banknote")
    labels = (y == "genuine").astype(int)
    labels = np.array(["no", "yes"], dtype=dtype)[labels] if dtype in (str, object) else labels
    labels = labels.astype(dtype)
    classifier = MixtureClassifier().fit(X, labels)
    assert classifier.predict(X).dtype == labels.dtype
    assert classifier.score(X, labels) > 0.99
    classifier.save(tmp_path / "classifier")
    loaded = MixtureClassifier.load(tmp_path / "classifier")
    assert loaded.classes_.tolist() == classifier.classes_.tolist()
    np.testing.assert_array_equal(loaded.predict(X), classifier.predict(X))


def test_draws_have_the_classes_of_their_components():
    X, y = real_data("iris")
    classifier = MixtureClassifier(2, random_state=0, covariance_type="diag").fit(X, y)
    rows, labels = classifier.sample(3000, random_state=1)
    np.testing.assert_allclose(np.bincount(labels) / 3000, classifier.priors_, atol=0.05)
    assert classifier.score(rows, labels) > 0.9
    np.testing.assert_array_equal(classifier.sample(5, 1)[0], classifier.sample(5, 1)[0])


def test_callback_and_verbose(capsys):
    X, y = real_data("iris")
    states = []
    classifier = MixtureClassifier(verbose=1, verbose_interval=1, callback=states.append)
    classifier.fit(X, two_thirds_unknown(y))
    assert len(states) == sum(run.n_iter for run in classifier.report_.fits[0].runs)
    assert states[0].parameters().means.shape == (3, 4)
    assert "Iteration 1" in capsys.readouterr().out
    with pytest.warns(ConvergenceWarning, match="did not converge in 2 iterations"):
        MixtureClassifier(max_iter=2, tol=0).fit(X, two_thirds_unknown(y))


def test_report():
    X, y = real_data("banknote")
    report = MixtureClassifier().fit(X, two_thirds_unknown(y)).report_
    assert report.class_weights == {"counterfeit": 33.0, "genuine": 34.0}
    assert report.unlabelled_weight == 133
    assert "unlabelled rows: 133" in repr(report)
    with pytest.warns(CollapseWarning, match="1 of 2 components collapsed"):
        report = MixtureClassifier().fit(X[95:], y[95:]).report_
    assert report.n_collapsed == 1
    assert "collapsed components: 1" in repr(report)
