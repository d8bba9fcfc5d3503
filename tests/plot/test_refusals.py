"""mixclust.plot: refusals of bad arguments, and the import of matplotlib only for drawing."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from support.processes import run_code
from support.samples import blobs

from mixclust import GaussianMixture, KMeans, NotFittedError, select
from mixclust.plot import (
    ComponentsDisplay,
    ConvergenceDisplay,
    CriteriaDisplay,
    DensityDisplay,
    ElbowDisplay,
    HistogramDisplay,
    MeansDisplay,
    PairsDisplay,
    ProjectionDisplay,
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
        (
            lambda ax: DensityDisplay.from_estimator(KMEANS, X, ax=ax),
            TypeError,
            "estimator is a KMeans, which has no density; pass a GaussianMixture",
        ),
        (
            lambda ax: DensityDisplay.from_estimator(MIXTURE, shares=[0.5, 1], ax=ax),
            ValueError,
            "shares=1 must be less than 1",
        ),
        (
            lambda ax: DensityDisplay.from_estimator(MIXTURE, shares=[], ax=ax),
            ValueError,
            "shares is empty",
        ),
        (
            lambda ax: DensityDisplay.from_estimator(ONE_FEATURE, ax=ax),
            ValueError,
            "was fitted with one feature, but a plane has two",
        ),
        (
            lambda ax: DensityDisplay.from_estimator(MIXTURE, X[:, :2], ax=ax),
            ValueError,
            "X has 2 features, but GaussianMixture is expecting 3",
        ),
        (
            lambda ax: DensityDisplay.from_estimator(MIXTURE, np.full((2, 3), np.nan), ax=ax),
            ValueError,
            "Input X contains NaN, first in row 0, feature 0; impute the missing values",
        ),
        (
            lambda ax: DensityDisplay([1.0], [[0.0, 0.0]], [[[1.0, 1.0], [1.0, 1.0]]]).plot(ax),
            ValueError,
            "a covariance is not positive definite, so that there is no density",
        ),
        (
            lambda ax: DensityDisplay([1.0, 1.0], [[0.0, 0.0]], [np.eye(2)]).plot(ax),
            ValueError,
            r"have shapes \(2,\), \(1, 2\) and \(1, 2, 2\); pass \(n_components,\)",
        ),
        (
            lambda ax: HistogramDisplay.from_estimator(KMEANS, X, ax=ax),
            TypeError,
            "estimator is a KMeans, which has no density",
        ),
        (
            lambda ax: HistogramDisplay.from_estimator(GaussianMixture(), X, ax=ax),
            NotFittedError,
            "This GaussianMixture is not fitted yet",
        ),
        (
            lambda ax: HistogramDisplay.from_estimator(MIXTURE, X, feature=3, ax=ax),
            ValueError,
            "feature holds 3; features go from 0 to 2",
        ),
        (
            lambda ax: HistogramDisplay.from_estimator(MIXTURE, X, bins=0, ax=ax),
            ValueError,
            "bins=0 must be at least 1",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(KMEANS, ax=ax),
            ValueError,
            "X is None, but k-means has no covariances",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(ONE_FEATURE, ax=ax),
            ValueError,
            "a plane has two directions, but 1 feature of rank 1",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(MIXTURE, directions=(0, 3), ax=ax),
            ValueError,
            r"directions=\(0, 3\), but there are 3; they go from 0 to 2",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(MIXTURE, directions=(1, 1), ax=ax),
            ValueError,
            "is one direction twice",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(MIXTURE, directions=2, ax=ax),
            ValueError,
            "directions=2 must be a pair of indices",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(MIXTURE, mean_weight=1.5, ax=ax),
            ValueError,
            r"mean_weight=1\.5 must be at most 1",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(KMEANS, X, mean_weight=0.5, ax=ax),
            ValueError,
            r"mean_weight=0\.5, but k-means has no covariances",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, X, axes=[[ax, ax]]),
            ValueError,
            r"axes have shape \(1, 2\), but 3 features need the shape \(3, 3\)",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, X, axes=ax),
            ValueError,
            r"axes are an Axes, but 3 features",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, axes=[["a", "b", "c"]] * 3),
            TypeError,
            "axes hold a str; pass an array of matplotlib Axes",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(ONE_FEATURE, axes=[[ax]]),
            ValueError,
            "was fitted with one feature, but pairs have two; use HistogramDisplay",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, features=[0], axes=[[ax]]),
            ValueError,
            r"features=\[0\] must be at least two indices or names",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, features=[0, 0], axes=[[ax]]),
            ValueError,
            "hold a feature twice",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(MIXTURE, max_features=1, axes=[[ax]]),
            ValueError,
            "max_features=1 must be at least 2",
        ),
        (
            lambda ax: PairsDisplay.from_estimator(KMeans(), X),
            NotFittedError,
            "This KMeans is not fitted yet",
        ),
        (
            lambda ax: ProjectionDisplay.from_estimator(GaussianMixture(), X, ax=ax),
            NotFittedError,
            "This GaussianMixture is not fitted yet",
        ),
        (
            lambda ax: MeansDisplay.from_estimator(MIXTURE, X[:, :2], ax=ax),
            ValueError,
            "X has 2 features, but GaussianMixture is expecting 3",
        ),
        (
            lambda ax: MeansDisplay.from_estimator("x", ax=ax),
            TypeError,
            "estimator is a str; pass a GaussianMixture or a KMeans",
        ),
        (
            lambda ax: MeansDisplay([[0.0, 1.0]], [1.0], ["a"]).plot(ax),
            ValueError,
            r"standardized has shape \(1, 2\), with 1 weights and 1 feature_names",
        ),
        (
            lambda ax: ElbowDisplay.from_estimator(MIXTURE, X, ax=ax),
            TypeError,
            "estimator is a GaussianMixture; inertia and silhouettes",
        ),
        (
            lambda ax: ElbowDisplay.from_estimator(KMEANS, X, n_clusters=[], ax=ax),
            ValueError,
            "n_clusters is empty",
        ),
        (
            lambda ax: ElbowDisplay.from_estimator(KMEANS, X, n_clusters=[0, 1], ax=ax),
            ValueError,
            "n_clusters=0 must be at least 1",
        ),
        (
            lambda ax: ElbowDisplay.from_estimator(KMEANS, X, max_rows=5, ax=ax),
            ValueError,
            "max_rows=5 must be at least 10",
        ),
        (
            lambda ax: SilhouetteDisplay.from_estimator(KMEANS, X, ax=[ax, ax]),
            TypeError,
            "ax is an array of 2 Axes; pass one matplotlib Axes, or None",
        ),
        (
            lambda ax: ComponentsDisplay.from_estimator(MIXTURE, ax=ax.figure),
            TypeError,
            "ax is a Figure; pass one matplotlib Axes",
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


def test_a_search_is_refused_with_its_best_estimator(ax):
    search = select(X, [4], "full", random_state=0)
    with pytest.raises(TypeError, match=r"^estimator is a GaussianMixtureIC; pass its best_est"):
        ProjectionDisplay.from_estimator(search, X, ax=ax)
    ProjectionDisplay.from_estimator(search.best_estimator_, X, ax=ax)


def test_names_that_the_features_have_not(ax):
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    mixture = GaussianMixture().fit(table)
    with pytest.raises(
        ValueError, match=r"^features holds 'c', which is none of them; the features are a, b"
    ):
        ComponentsDisplay.from_estimator(mixture, features=("a", "c"), ax=ax)
