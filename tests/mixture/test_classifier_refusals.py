"""Labels and parameters of MixtureClassifier that are refused, with a remedy."""

import re

import numpy as np
import pandas as pd
import pytest
from support.samples import blobs

from mixclust import MixtureClassifier

X = blobs(0, 60, 3, 3)
Y = np.arange(60) % 3
NAMES = np.array(["a", "b", "c"])[Y]


def changed(y, value, dtype=None):
    y = y.astype(dtype or y.dtype)
    y[7] = value
    return y


LABELS = {
    "none": (None, "requires y to be passed"),
    "one class": (np.zeros(60, dtype=int), "y holds 1 class, .* needs two classes"),
    "all unlabelled": (np.full(60, -1), "no class, and 60 rows of unknown class"),
    "all None": (np.full(60, None), "no class, and 60 rows of unknown class"),
    "NaN": (changed(Y, np.nan, float), "y contains NaN; mark rows of unknown class with -1"),
    "NaN among strings": (changed(NAMES, np.nan, object), "y contains NaN, in row 7; .* None"),
    "pandas' NA": (pd.Series(changed(NAMES, pd.NA, object)), "y contains NaN, in row 7"),
    "infinity": (changed(Y, np.inf, float), "y contains infinity"),
    "the string -1": (changed(NAMES.astype("U2"), "-1"), "y holds the string '-1'.* None"),
    "numbers among strings": (changed(NAMES, 5, object), "y holds 5 of type int in row 7"),
    "not whole": (changed(Y, 0.5, float), "Unknown label type: continuous. y holds 0.5"),
    "complex": (Y + 0j, "complex128"),
    "times": (Y.astype("M8[s]"), "datetime64"),
    "too short": (Y[:-1], "y has 59 labels, but X has inconsistent numbers of samples: 60"),
    "two columns": (np.stack([Y, Y], axis=1), r"y must have shape \(n_samples,\), got \(60, 2\)"),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_that_are_refused(name):
    y, message = LABELS[name]
    classifier = MixtureClassifier()
    with pytest.raises((TypeError, ValueError), match=message):
        classifier.fit(X, y)
    assert not hasattr(classifier, "classes_")


def test_minus_one_and_another_number_are_classes_and_a_warning_says_so():
    y = np.where(Y == 0, -1, 1)
    with pytest.warns(UserWarning, match="y holds -1 and 1 only: -1 is taken as a class"):
        classifier = MixtureClassifier().fit(X, y)
    assert classifier.classes_.tolist() == [-1, 1]
    assert classifier.score(X, y) == np.mean(classifier.predict(X) == y)
    assert classifier.score(X[Y == 0], y[Y == 0]) == np.mean(classifier.predict(X[Y == 0]) == -1)
    same = MixtureClassifier().fit(X, (y > 0).astype(int))
    assert classifier.bic(X, y) == same.bic(X, (y > 0).astype(int))


@pytest.mark.parametrize("mark", [None, -1, -1.0, np.int64(-1)])
def test_marks_of_unknown_classes_among_strings(mark):
    y = NAMES.astype(object)
    y[::2] = mark
    classifier = MixtureClassifier(covariance_type="tied").fit(X, y)
    assert classifier.classes_.tolist() == ["a", "b", "c"]
    assert classifier.report_.unlabelled_weight == 30
    numbers = np.where(np.arange(60) % 2 == 0, -1, Y)
    same = MixtureClassifier(covariance_type="tied").fit(X, numbers)
    np.testing.assert_array_equal(same.means_, classifier.means_)


@pytest.mark.parametrize("y", [Y.tolist(), pd.Series(Y), pd.Series(NAMES, dtype="category"),
                               pd.Series(NAMES, dtype="string"), Y.astype(object)])  # fmt: skip
def test_containers_of_labels(y):
    classifier = MixtureClassifier().fit(X, y)
    np.testing.assert_array_equal(classifier.means_, MixtureClassifier().fit(X, Y).means_)
    assert classifier.score(X, y) == classifier.score(X, np.asarray(y).astype(object))


def test_a_class_unknown_to_the_fit():
    classifier = MixtureClassifier().fit(X, Y)
    with pytest.raises(ValueError, match="y holds the class 3, which is none of the classes"):
        classifier.bic(X, Y + 1)
    assert classifier.score(X, Y + 3) == 0


PARAMETERS = [
    ({"n_components": 0}, "n_components=0 must be at least 1"),
    ({"n_components": "aic"}, "n_components='aic' must be one of 'bic'"),
    ({"n_components": 21}, "class 0 has 20 labelled rows of positive weight, fewer than its"),
    ({"n_components": {0: 1, 1: 1}}, "n_components lacks the class 2; the classes of y are"),
    ({"n_components": {0: 1, 1: 1, 2: 1, 3: 1}}, "n_components has 3, no class"),
    ({"covariance_type": "VVVV"}, "covariance_type='VVVV' must be one of 'full'.*'bic'"),
    ({"covariance_type": {0: "full", 1: "x", 2: "tied"}}, "covariance_type='x' must be one of"),
    ({"covariance_type": {0: "full"}}, "covariance_type lacks the class 1"),
    ({"priors": [0.5, 0.5]}, r"priors have shape \(2,\), but y has 3 classes"),
    ({"priors": [0.5, 0.5, 0.5]}, "priors add up to 1.5; divide them by their sum"),
    ({"priors": [1.0, 0.0, 0.0]}, "must be a positive number for each class"),
    ({"priors": {0: 0.5, 1: 0.5}}, "priors lacks the class 2"),
    ({"max_components": 0}, "max_components=0 must be at least 1"),
    ({"max_iter": 0}, "max_iter=0 must be at least 1"),
]


@pytest.mark.parametrize(("options", "message"), PARAMETERS)
def test_parameters_that_are_refused(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        MixtureClassifier(**options).fit(X, Y)


NAMES_OF_PARAMETERS = list(MixtureClassifier().get_params())


@pytest.mark.parametrize(
    "bad", [object(), -1, "nonsense", float("nan")], ids=["object", "negative", "text", "NaN"]
)
@pytest.mark.parametrize("name", NAMES_OF_PARAMETERS)
def test_bad_parameter_is_named(name, bad):
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
        MixtureClassifier(**{name: bad}).fit(X, Y)


def test_structures_of_classes_need_all_labels():
    y = np.where(np.arange(60) < 30, Y, -1)
    with pytest.raises(ValueError, match=r"covariance_type is a dict.*rows of unknown class"):
        MixtureClassifier(covariance_type=dict.fromkeys(range(3), "full")).fit(X, y)


def test_a_class_without_weight():
    weights = (Y != 1).astype(float)
    with pytest.raises(ValueError, match="class 1 has no rows of positive weight"):
        MixtureClassifier().fit(X, Y, sample_weight=weights)


def test_an_error_leaves_the_fit_as_it_was():
    classifier = MixtureClassifier().fit(X, Y)
    before = dict(vars(classifier))
    with pytest.raises(ValueError, match=re.escape("NaN")):
        classifier.fit(np.where(X > 0, np.nan, X), Y)
    assert vars(classifier) == before
