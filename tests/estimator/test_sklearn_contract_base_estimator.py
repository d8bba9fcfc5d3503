"""Estimators derived from scikit-learn's BaseEstimator too, as skrub asks for; and plain ones."""

import pickle

import numpy as np
import pandas as pd
import pytest
import skrub
from sklearn.base import BaseEstimator, clone

import mixclust

X = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0], [9], [18]], 30, axis=0)
FRAME = pd.DataFrame(X, columns=["a", "b"]).assign(kind=["x", "y", "z"] * 30)


class KMeans(mixclust.KMeans, BaseEstimator):
    """mixclust's KMeans as a BaseEstimator."""


class MiniBatchKMeans(mixclust.MiniBatchKMeans, BaseEstimator):
    """mixclust's MiniBatchKMeans as a BaseEstimator."""


class GaussianMixture(mixclust.GaussianMixture, BaseEstimator):
    """mixclust's GaussianMixture as a BaseEstimator."""


class MixtureImputer(mixclust.MixtureImputer, BaseEstimator):
    """mixclust's MixtureImputer as a BaseEstimator."""


DERIVED = [KMeans, MiniBatchKMeans, GaussianMixture, MixtureImputer]


@pytest.mark.parametrize("derived", DERIVED)
def test_a_derived_estimator_behaves_as_it_did(derived, tmp_path):
    plain = getattr(mixclust, derived.__name__)(3, random_state=0)
    estimator = derived(3, random_state=0)
    assert repr(clone(estimator)) == repr(plain)
    assert estimator.get_params() == plain.get_params()
    assert estimator.__sklearn_tags__() == plain.__sklearn_tags__()
    assert estimator._repr_html_() == plain._repr_html_()
    assert not estimator.__sklearn_is_fitted__()
    estimator.fit(X)
    plain.fit(X)
    estimator.save(tmp_path / "model")
    method = "transform" if derived is MixtureImputer else "predict"
    expected = getattr(plain, method)(X)
    for model in (
        estimator,
        pickle.loads(pickle.dumps(estimator)),
        derived.load(tmp_path / "model"),
    ):
        assert type(model) is derived
        np.testing.assert_array_equal(getattr(model, method)(X), expected)


@pytest.mark.parametrize("derived", [KMeans, GaussianMixture])
def test_choices_of_skrub(derived):
    numbers = skrub.X(FRAME).skb.select(skrub.selectors.numeric())
    choice = skrub.choose_int(2, 5, name="number", default=3)
    learner = numbers.skb.apply(derived(choice, random_state=0)).skb.make_learner()
    labels = learner.fit({"X": FRAME}).predict({"X": FRAME})
    assert sorted(np.bincount(labels)) == [30, 30, 30]


@pytest.mark.parametrize("name", ["KMeans", "MiniBatchKMeans", "GaussianMixture"])
def test_plain_estimators_in_pipelines_of_skrub(name):
    estimator = getattr(mixclust, name)(3, random_state=0)
    labels = skrub.tabular_pipeline(estimator).fit(FRAME[["a", "b"]]).predict(FRAME[["a", "b"]])
    assert sorted(np.bincount(labels)) == [30, 30, 30]


def test_the_plain_imputer_in_pipelines_of_skrub():
    holes = FRAME.copy()
    holes.loc[::7, "b"] = np.nan
    imputer = mixclust.MixtureImputer(3, random_state=0)
    selected = skrub.ApplyToCols(imputer, cols=skrub.selectors.numeric())
    filled = selected.fit_transform(holes)
    assert set(filled.columns) == {"a", "b", "kind"}
    missing = holes["b"].isna()
    assert (filled["b"] - FRAME["b"])[missing].abs().max() < 5
    numbers = skrub.X(holes).skb.select(skrub.selectors.numeric())
    assert not numbers.skb.apply(imputer).skb.eval().isna().any(axis=None)
