"""The choice between mixtures: the second best one, and signs of poor optima."""

import numpy as np
import pytest

from mixclust._mixture.selection import Choice, distinct_kinds


def test_more_components_of_less_likelihood_are_named():
    X = np.random.default_rng(7).normal(size=(80, 2)) + np.repeat([[0], [9]], 40, axis=0)
    choice = Choice(X, [1, 2, 3], ["full", "tied"], "bic", {"random_state": 0})
    assert choice.outdone == []
    choice.log_likelihoods = {
        (1, "full"): -9.0, (2, "full"): -5.0, (3, "full"): -6.0,
        (1, "tied"): -9.0, (2, "tied"): np.nan, (3, "tied"): -9.1,
    }  # fmt: skip
    assert choice.outdone == [(3, "full", 2)]


def test_one_component_is_no_runner_up_of_itself():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    choice = Choice(rows @ [[1, 0.9], [0, 0.4]], [1], ["full", "tied", "diag"], "bic", {})
    assert choice.best == (1, "full")
    assert choice.runner_up == (1, "diag")


@pytest.mark.parametrize(
    ("kinds", "n_components", "n_features", "distinct"),
    [
        (["full", "tied", "diag", "spherical"], 2, 1, ["full", "tied"]),
        (["diag", "spherical"], 2, 1, ["diag"]),
        (["full", "tied", "diag", "spherical"], 1, 3, ["full", "diag", "spherical"]),
        (["tied", "spherical"], 1, 1, ["tied"]),
    ],
)
def test_structures_that_describe_the_same_mixtures(kinds, n_components, n_features, distinct):
    assert distinct_kinds(kinds, n_components, n_features) == distinct
    X = np.random.default_rng(0).normal(size=(40, n_features)) ** 3
    options = {"random_state": 0, "reg_covar": 0, "max_iter": 3}
    choice = Choice(X, [n_components], kinds, "aic", options)
    found = {round(value, 6) for value in choice.values.values()}
    assert len(found) == len(distinct)
