"""mixclust.plot: refusals of bad arguments, and the import of matplotlib only for drawing."""

import re

import pandas as pd
import pytest
from matplotlib.figure import Figure
from support.processes import run_code
from support.samples import blobs

from mixclust import GaussianMixture, KMeans, NotFittedError
from mixclust.plot import (
    ComponentsDisplay,
    ConvergenceDisplay,
    CriteriaDisplay,
    SilhouetteDisplay,
    UncertaintyDisplay,
    draw_ellipses,
    draw_rows,
)

X = blobs(0, 200, 3, 4)
MIXTURE = GaussianMixture(4, random_state=0).fit(X)
KMEANS = KMeans(4, random_state=0).fit(X)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_importing_loads_no_matplotlib():
    code = "import sys, mixclust, mixclust.plot; print('matplotlib' in sys.modules)"
    assert run_code(code) == "False\n"


def test_without_matplotlib():
    code = (
        "import sys; sys.modules['matplotlib'] = None; from mixclust.plot import draw_rows\n"
        "try: draw_rows([[0, 0]], [0])\n"
        "except ImportError as error: print(error)"
    )
    assert re.fullmatch(
        r"mixclust\.plot needs matplotlib, which cannot be imported \(.*\); "
        r"run: pip install 'mixclust\[plot\]'\n",
        run_code(code),
    )


ONE_FEATURE = GaussianMixture().fit([[0.0], [1.0], [2.0]])


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda ax: ComponentsDisplay.from_estimator(KMEANS, ax=ax), ValueError, "X is None, but"),
        (lambda ax: ComponentsDisplay.from_estimator("x", ax=ax), TypeError, "estimator is a str;"),
        (
            lambda ax: ComponentsDisplay.from_estimator(GaussianMixture(), ax=ax),
            NotFittedError,
            "This GaussianMixture is not fitted yet",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(KMEANS, X, sigmas=[1], ax=ax),
            ValueError,
            "sigmas and coverage are for mixtures",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(KMEANS, X, coverage=[0.5], ax=ax),
            ValueError,
            "sigmas and coverage are for mixtures",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, sigmas=[1], coverage=[0.5], ax=ax),
            ValueError,
            "sigmas and coverage say the same in two ways",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, coverage=[0.5, 1.0], ax=ax),
            ValueError,
            r"coverage=1\.0 must be less than 1",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, sigmas=[-1], ax=ax),
            ValueError,
            "sigmas=-1 must be greater than 0",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, sigmas="12", ax=ax),
            TypeError,
            "sigmas must be a number, got '12' of type str",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(ONE_FEATURE, ax=ax),
            ValueError,
            "this GaussianMixture was fitted with one feature",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, features=(0, 3), ax=ax),
            ValueError,
            "features holds 3; features go from 0 to 2",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, features=(1, 1), ax=ax),
            ValueError,
            r"features=\(1, 1\) is one feature twice",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, features="ab", ax=ax),
            ValueError,
            "features='ab' must be a pair",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, features=("a", 0), ax=ax),
            ValueError,
            "features holds 'a', but there are no feature names; pass its index",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, features=(0, 1.0), ax=ax),
            TypeError,
            r"features holds 1\.0; a feature is an int, or a str if X had feature names",
        ),
        (
            lambda ax: UncertaintyDisplay.from_estimator(KMEANS, X, ax=ax),
            TypeError,
            "estimator is a KMeans, which knows no uncertainty",
        ),
        (
            lambda ax: CriteriaDisplay.from_estimator(KMEANS, X, ax=ax),
            TypeError,
            "estimator is a KMeans; information criteria need a likelihood",
        ),
        (
            lambda ax: CriteriaDisplay.from_estimator(MIXTURE, X, criteria=["BIC"], ax=ax),
            ValueError,
            "criteria='BIC' must be one of 'bic', 'aic', 'icl'",
        ),
        (
            lambda ax: CriteriaDisplay.from_estimator(MIXTURE, X, n_components=[], ax=ax),
            ValueError,
            "n_components is empty; name at least one",
        ),
        (
            lambda ax: CriteriaDisplay.from_estimator(MIXTURE, X, covariance_types=(), ax=ax),
            ValueError,
            "covariance_types is empty",
        ),
        (
            lambda ax: CriteriaDisplay.from_estimator(MIXTURE, X, criteria=(), ax=ax),
            ValueError,
            "criteria is empty",
        ),
        (
            lambda ax: ConvergenceDisplay.from_estimator(KMEANS, ax=ax),
            TypeError,
            "estimator is a KMeans, which keeps no lower bounds",
        ),
        (
            lambda ax: ConvergenceDisplay.from_estimator(MIXTURE.marginal([0, 1]), ax=ax),
            ValueError,
            "this GaussianMixture has no lower_bounds_: it was not fitted, but made from another",
        ),
        (
            lambda ax: SilhouetteDisplay.from_estimator(MIXTURE, X, ax=ax),
            TypeError,
            "estimator is a GaussianMixture; silhouettes compare distances",
        ),
        (lambda ax: draw_rows(X, KMEANS.labels_, ax=ax), ValueError, r"X has shape \(200, 3\)"),
        (lambda ax: draw_rows(X[:, :2], [0], ax=ax), ValueError, r"labels \(1,\)"),
        (
            lambda ax: draw_ellipses([[0, 0]], [[1, 1]], ax=ax),
            ValueError,
            r"covariances \(1, 2\); pass \(n_components, 2\)",
        ),
    ],
)
def test_refusals_name_the_argument(draw, error, message, ax):
    with pytest.raises(error, match=message):
        draw(ax)
    assert not ax.has_data()


def test_names_that_the_features_have_not(ax):
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    mixture = GaussianMixture().fit(table)
    with pytest.raises(
        ValueError, match=r"^features holds 'c', which is none of them; the features are a, b"
    ):
        ComponentsDisplay.from_estimator(mixture, features=("a", "c"), ax=ax)
