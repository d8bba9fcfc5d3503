"""scikit-learn's checks of MixtureClassifier, and its tools around it."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.contract import all_checks, run_check

from mixclust import MixtureClassifier

BLOBS = np.random.RandomState(0).normal(size=(60, 4)) + np.repeat([[0], [3], [6]], 20, axis=0)
LABELS = np.repeat([0, 1, 2], 20)

# Checks that check_estimator leaves out for estimators that do not inherit from ClassifierMixin.
MORE_CHECKS = [
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_classifier_data_not_an_array",
    "check_classifiers_one_label",
    "check_classifiers_one_label_sample_weights",
    "check_classifiers_classes",
    "check_classifiers_train",
    "check_classifiers_regression_target",
    "check_supervised_y_no_nan",
    "check_supervised_y_2d",
    "check_decision_proba_consistency",
]
CHECKS = all_checks(MixtureClassifier(), MORE_CHECKS, {})


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:y holds -1 and 1 only:UserWarning")
def test_scikit_learn_check(estimator, check, monkeypatch):
    run_check(estimator, check, monkeypatch)


def test_tags():
    tags = sklearn.utils.get_tags(MixtureClassifier())
    assert tags.estimator_type == "classifier"
    assert is_classifier(MixtureClassifier())
    assert tags.target_tags.required
    assert not tags.input_tags.sparse
    assert tags.classifier_tags.multi_class


def test_clone_keeps_parameters():
    original = MixtureClassifier({0: 1, 1: 2, 2: 1}, priors=[0.2, 0.3, 0.5], random_state=7)
    copy = clone(original.fit(BLOBS, LABELS))
    assert copy.get_params() == original.get_params()
    assert not hasattr(copy, "classes_")


def test_pipeline_cross_validation_and_grid_search():
    pipeline = make_pipeline(StandardScaler(), MixtureClassifier(random_state=0))
    assert cross_val_score(pipeline, BLOBS, LABELS, cv=4).mean() > 0.9
    grid = {"mixtureclassifier__covariance_type": ["full", "spherical"]}
    search = GridSearchCV(pipeline, grid, cv=4).fit(BLOBS, LABELS)
    assert search.best_score_ > 0.9


def test_metadata_routing_passes_weights():
    weights = np.random.default_rng(0).uniform(size=60)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = MixtureClassifier().set_fit_request(sample_weight="mass")
        estimator.set_score_request(sample_weight="mass")
        pipeline = make_pipeline(StandardScaler(), estimator).fit(BLOBS, LABELS, mass=weights)
    rows = StandardScaler().fit_transform(BLOBS)
    direct = clone(estimator).fit(rows, LABELS, sample_weight=weights)
    np.testing.assert_array_equal(pipeline[-1].means_, direct.means_)


def test_feature_names():
    frame = pd.DataFrame(BLOBS, columns=list("abcd"))
    classifier = MixtureClassifier().fit(frame, pd.Series(LABELS, index=range(60, 0, -1)))
    assert classifier.feature_names_in_.tolist() == list("abcd")
    assert classifier.mixtures_[0].feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(
        classifier.predict_proba(frame), MixtureClassifier().fit(BLOBS, LABELS).predict_proba(BLOBS)
    )
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        classifier.predict(BLOBS)
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame[list("abdc")])
