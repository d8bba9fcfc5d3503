"""The choice between mixtures: the best and the second best one, and structures that are alike."""

import numpy as np
import pytest

from mixclust._mixture.choice import Choice
from mixclust._mixture.selection import distinct_kinds


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
    X = np.random.default_rng(0).normal(size=(40, n_features))
    X[::2] = 8 + 2 * X[::2]
    options = {"random_state": 0, "reg_covar": 0, "max_iter": 3}
    choice = Choice(X, [n_components], kinds, "aic", options)
    found = {round(value, 6) for value in choice.values.values()}
    assert len(found) == len(distinct)
