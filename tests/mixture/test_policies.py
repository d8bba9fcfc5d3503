"""Promise 13: components that collapse are handled and reported.

And units and origins that need statistics centred on the current means; scikit-learn fails on them.
"""

import warnings

import numpy as np
import pytest
import sklearn.mixture
from support.mixtures import COVARIANCE_TYPES, PARAMETERS, assert_close_to_scale, fit_mixture
from support.samples import blobs, normal

from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture.em import COLLAPSE_POLICIES

# ---------------------------------------------------------------------------- 13 collapse


HARD = {
    "a point repeated": np.full((30, 2), 3.0),
    "three points repeated": np.repeat([[0.0, 0], [1, 1], [5, 5]], 20, axis=0),
    "a constant feature": np.column_stack([normal(0, 80, 2), np.full(80, 7.0)]),
    "a feature twice": np.column_stack([normal(0, 80, 2), normal(0, 80, 2)[:, :1]]),
    "a feature is the sum of two": normal(0, 80, 2) @ np.array([[1.0, 0, 1], [0, 1, 1]]),
    "duplicates in a cloud": np.vstack([normal(0, 80, 2), np.full((15, 2), 0.5)]),
    "more features than rows": normal(0, 12, 30),
    "two values": np.random.default_rng(0).integers(0, 2, (60, 3)).astype(float),
    "an outlier": np.vstack([normal(0, 80, 2), [[1e9, 1e9]]]),
}


@pytest.mark.parametrize("on_collapse", COLLAPSE_POLICIES)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", HARD)
def test_nothing_raises_and_nothing_is_nan(name, covariance_type, on_collapse):
    X = HARD[name]
    for n_components in (1, 3, 10):
        for reg_covar in ("auto", 0, 1e-6):
            for init_params in ("auto", "kmeans", "random_from_data"):
                mixture = fit_mixture(
                    X,
                    n_components,
                    covariance_type=covariance_type,
                    on_collapse=on_collapse,
                    reg_covar=reg_covar,
                    init_params=init_params,
                    random_state=0,
                    max_iter=30,
                )
                found = len(mixture.weights_)
                assert found == n_components or (on_collapse == "drop" and found < n_components)
                for attribute in PARAMETERS:
                    assert np.isfinite(getattr(mixture, attribute)).all(), attribute
                assert np.isfinite(mixture.lower_bounds_).all()
                assert np.isfinite(mixture.score(X))
                assert ((mixture.predict(X) >= 0) & (mixture.predict(X) < found)).all()
                assert mixture.sample(5)[0].shape == (5, X.shape[1])


@pytest.mark.parametrize("on_collapse", COLLAPSE_POLICIES)
def test_runs_may_end_right_after_a_collapse(on_collapse):
    """There is no gain then that the warning could name."""
    X = np.vstack([blobs(0, 60, 2, 3), np.full((3, 2), 40.0)])
    options = {"on_collapse": on_collapse, "init_params": "random_from_data", "random_state": 0}
    for max_iter in range(1, 9):
        mixture = GaussianMixture(6, max_iter=max_iter, tol=0, **options)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            mixture.fit(X)
        said = [str(one.message) for one in caught if one.category is not CollapseWarning]
        assert len(said) == 1
        assert said[0].startswith(f"The run that was kept did not converge in {max_iter} iter")
        gains = mixture.report_.runs[0].last_gains
        assert ("its last gain is" in said[0]) == (len(gains) > 0)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_as_many_components_as_rows(covariance_type):
    for n, d in [(2, 1), (7, 2), (12, 3)]:
        X = normal(n, n, d)
        mixture = fit_mixture(X, n, covariance_type=covariance_type, random_state=0)
        assert np.isfinite(mixture.score(X))
        if covariance_type != "tied":
            report = mixture.report_
            assert report.n_collapsed > 0 or report.near_duplicates()


def lone_row(n=60):
    """Two blobs and a row far away, and labels that give the row a component of its own."""
    X = np.vstack([normal(0, n, 2), normal(1, n, 2) + 8, [[40.0, -40.0]]])
    return X, np.repeat([0, 1, 2], [n, n, 1])


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_component_on_one_row_stays_on_the_floor(covariance_type):
    X, labels = lone_row()
    options = {"covariance_type": covariance_type, "resp_init": labels}
    auto = fit_mixture(X, 3, **options)
    assert auto.report_.runs[0].collapsed.tolist() == [False, False, True]
    assert auto.report_.n_collapsed == 1
    assert "collapsed      2" in repr(auto.report_)
    np.testing.assert_allclose(auto.means_[2], X[-1])
    floor = 1e-6 * X.var(axis=0)
    expected = {"full": np.diag(floor), "diag": floor, "spherical": floor.mean()}
    np.testing.assert_allclose(auto.covariances_[2], expected[covariance_type], rtol=1e-6)
    fixed = fit_mixture(X, 3, reg_covar=1e-3, **options)
    expected = {"full": np.eye(2), "diag": np.ones(2), "spherical": 1.0}
    np.testing.assert_allclose(fixed.covariances_[2], 1e-3 * expected[covariance_type], rtol=1e-6)
    assert fixed.report_.n_collapsed == 1


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_collapsed_component_is_dropped(covariance_type):
    X, labels = lone_row()
    options = {"covariance_type": covariance_type, "on_collapse": "drop"}
    mixture = fit_mixture(X, 3, resp_init=labels, **options)
    assert mixture.weights_.shape == (2,)
    assert all(len(getattr(mixture, name)) == 2 for name in PARAMETERS)
    assert mixture.report_.n_collapsed == mixture.report_.runs[0].n_handled == 1
    assert "1 restarted or dropped" in repr(mixture.report_)
    assert mixture.predict_proba(X).shape == (121, 2)
    assert mixture.n_components == 3
    again = GaussianMixture(3, warm_start=True, random_state=0, **options)
    again.fit(X, resp_init=labels)
    assert again.fit(X).weights_.shape == (2,)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_collapsed_component_starts_again_where_rows_are_explained_worst(covariance_type):
    """Two components share a row's place; the third blob, which nobody explains, is found."""
    X = np.vstack([normal(0, 80, 2), normal(1, 80, 2) + 8, normal(2, 40, 2) + np.array([30, -30])])
    X = np.vstack([X, np.full((3, 2), 0.1)])
    labels = np.repeat([0, 1, -1, 2], [80, 80, 40, 3])
    options = {"covariance_type": covariance_type, "resp_init": labels}
    stuck = fit_mixture(X, 3, **options)
    mixture = fit_mixture(X, 3, on_collapse="restart", **options)
    assert stuck.report_.n_collapsed >= 1
    assert mixture.report_.runs[0].n_handled >= 1
    assert np.abs(mixture.means_[2] - [30, -30]).max() < 1
    assert not mixture.report_.runs[0].collapsed.any()
    assert mixture.weights_[2] == pytest.approx(40 / 203, abs=0.01)


def test_tied_component_without_rows_starts_again_at_the_row_of_least_density():
    """Of the whole density: by the discriminants alone a row beyond all others is the likeliest."""
    X = np.vstack([normal(0, 80, 2), normal(1, 80, 2), [[60.0, 0.0]]])
    X[:160, 0] += np.repeat([-20, 20], 80)
    start = {
        "weights_init": [0.5, 0.5, 0.0],
        "means_init": [[-20.0, 0], [20, 0], [500, 500]],
        "precisions_init": np.eye(2),
    }
    states = []
    fit_mixture(
        X,
        3,
        covariance_type="tied",
        on_collapse="restart",
        callback=lambda state: states.append(state.parameters().means[2]),
        max_iter=2,
        **start,
    )
    np.testing.assert_allclose(states[1], [60, 0], atol=1e-6)


@pytest.mark.parametrize("on_collapse", COLLAPSE_POLICIES)
def test_collapse_of_the_covariance_that_all_share_is_reported(on_collapse):
    X = np.repeat([[0.0, 0], [1, 1], [5, 5]], 20, axis=0)
    labels = np.repeat([0, 1, 2], 20)
    options = {"covariance_type": "tied", "on_collapse": on_collapse, "max_iter": 10}
    mixture = fit_mixture(X, 3, resp_init=labels, **options)
    assert mixture.report_.runs[0].collapsed.all()
    assert mixture.report_.runs[0].n_handled == 0
    np.testing.assert_allclose(np.sort(mixture.means_, axis=0), [[0, 0], [1, 1], [5, 5]])


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_features_that_depend_on_each_other_are_a_collapse_in_any_order(covariance_type):
    shares = np.random.default_rng(0).dirichlet([2, 3, 4], size=300)  # they add up to 1
    a, e = normal(0, 300, 1), 0.1 * normal(1, 300, 1)
    for X in (shares, np.hstack([a, a + e, e]), np.hstack([a, e, a + e]), normal(2, 30, 40)):
        mixture = fit_mixture(X, 1, covariance_type=covariance_type)
        assert mixture.report_.runs[0].collapsed.all()
    for order in ([0, 1], [1, 2], [2, 0]):
        mixture = fit_mixture(shares[:, order], 1, covariance_type=covariance_type)
        assert not mixture.report_.runs[0].collapsed.any()


def test_constant_feature_is_no_collapse():
    X = np.column_stack([blobs(0, 200, 2, 2), np.full(200, 7.0)])
    for covariance_type in COVARIANCE_TYPES:
        mixture = fit_mixture(X, 2, covariance_type=covariance_type, random_state=0)
        assert mixture.report_.n_collapsed == 0, covariance_type
        np.testing.assert_allclose(mixture.means_[:, 2], 7)


# ---------------------------------------------------------------------------- scikit-learn fails


X = blobs(0, 2000, 3, 4)
OPTIONS = {"tol": 0, "max_iter": 10}


def moved_start(mixture, factor, offset):
    """The parameters of a fit as a start on rows ``factor * X + offset``."""
    return {
        "weights_init": mixture.weights_,
        "means_init": factor * mixture.means_ + offset,
        "precisions_init": mixture.precisions_ / factor**2,
    }


CASES = {
    # factor, offset, dtype, agreement, structures that scikit-learn gets wrong
    "float32 at 1e4": (1, 1e4, np.float32, 2e-3, ("tied", "diag", "spherical")),
    "float64 at 1e8": (1, 1e8, np.float64, 1e-6, ("tied", "diag", "spherical")),
    "unit of 1e4": (1e-4, 0, np.float64, 1e-9, COVARIANCE_TYPES),
    "unit of 1e-4": (1e4, 0, np.float64, 1e-9, ()),
}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("case", CASES)
def test_units_and_origins_change_nothing(case, covariance_type):
    factor, offset, dtype, agreement, theirs_fail = CASES[case]
    origin = fit_mixture(X, 4, covariance_type=covariance_type, random_state=0)
    expected = fit_mixture(
        X, 4, covariance_type=covariance_type, **moved_start(origin, 1, 0), **OPTIONS
    )
    rows, start = (factor * X + offset).astype(dtype), moved_start(origin, factor, offset)
    ours = fit_mixture(rows, 4, covariance_type=covariance_type, **start, **OPTIONS)
    assert distance(ours, expected, factor, offset) < agreement
    assert ours.lower_bound_ + 3 * np.log(factor) == pytest.approx(
        expected.lower_bound_, abs=agreement
    )
    theirs = sklearn.mixture.GaussianMixture(4, covariance_type=covariance_type, **start, **OPTIONS)
    assert (covariance_type in theirs_fail) == is_wrong(theirs, rows, expected, factor, offset)


def distance(mixture, expected, factor, offset):
    """How far apart the covariances are, to the scale of the largest."""
    means = np.abs((mixture.means_ - offset) / factor - expected.means_).max()
    covariances = np.abs(mixture.covariances_ / factor**2 - expected.covariances_).max()
    return max(means, covariances / np.abs(expected.covariances_).max())


def is_wrong(theirs, rows, expected, factor, offset):
    """Whether scikit-learn refuses, or is wrong by a percent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs.fit(rows)
        except ValueError as error:
            assert "ill-defined empirical covariance" in str(error)  # noqa: PT017
            return True
    return distance(theirs, expected, factor, offset) > 0.01


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_rows_that_scikit_learn_refuses_are_fitted(covariance_type):
    """Three points, each repeated, and no reg_covar: the points are the components."""
    points = np.array([[0.0, 0], [1, 1], [5, 5]])
    rows = np.repeat(points, 20, axis=0)
    options = {"covariance_type": covariance_type, "reg_covar": 0, "init_params": "kmeans"}
    theirs = sklearn.mixture.GaussianMixture(3, random_state=0, **options)
    if covariance_type != "tied":  # where rounding decides
        with pytest.raises(ValueError, match="some components have ill-defined empirical cov"):
            theirs.fit(rows)
    ours = GaussianMixture(3, random_state=0, **options)
    with pytest.warns(CollapseWarning, match=r"^3 of 3 components collapsed: .*on_collapse='drop'"):
        ours.fit(rows)
    np.testing.assert_allclose(np.sort(ours.means_, axis=0), points, atol=1e-12)
    np.testing.assert_allclose(ours.weights_, 1 / 3)
    assert ours.report_.n_collapsed == 3


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weights_which_scikit_learn_does_not_take(covariance_type):
    """A sample weighted against its bias gives the parameters of the whole."""
    generator = np.random.default_rng(0)
    rows = np.vstack([generator.normal(0, 1, (3000, 2)), generator.normal(9, 1, (3000, 2))])
    taken = np.r_[0:300, 3000:6000]
    options = {"covariance_type": covariance_type, "random_state": 0}
    weights = np.repeat([10.0, 1.0], [300, 3000])
    mixture = fit_mixture(rows[taken], 2, sample_weight=weights, **options)
    np.testing.assert_allclose(mixture.weights_, 0.5, atol=1e-3)
    whole = fit_mixture(rows, 2, **options)
    order = np.argsort(mixture.means_[:, 0]), np.argsort(whole.means_[:, 0])
    np.testing.assert_allclose(mixture.means_[order[0]], whole.means_[order[1]], atol=0.2)
    assert_close_to_scale(mixture.covariances_.mean(), whole.covariances_.mean(), 0.1)


@pytest.mark.parametrize("on_collapse", ["floor", "restart", "drop"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weights_are_copies_to_a_component_that_collapses(covariance_type, on_collapse):
    """Less than one copy of a row is too little for a component, less than the mean is not."""
    X = normal(0, 42, 1)
    precisions = {"tied": [[1.0]], "full": [[[1.0]]] * 2, "diag": [[1.0]] * 2}
    for lightest in (0.5, 1.5, 2.5):
        share = lightest / 84
        options = {
            "covariance_type": covariance_type,
            "on_collapse": on_collapse,
            "weights_init": [1 - share, share],
            "means_init": [[0.0], [0.1]],
            "precisions_init": precisions.get(covariance_type, [1.0, 1.0]),
        }
        weighted = fit_mixture(X, 2, sample_weight=np.full(42, 2), **options)
        repeated = fit_mixture(np.repeat(X, 2, axis=0), 2, **options)
        assert len(weighted.weights_) == len(repeated.weights_)
        assert weighted.n_iter_ == repeated.n_iter_
        assert weighted.lower_bound_ == pytest.approx(repeated.lower_bound_, rel=1e-10)
        shares = fit_mixture(X, 2, sample_weight=np.full(42, 1 / 42), **options)
        assert shares.lower_bound_ == pytest.approx(fit_mixture(X, 2, **options).lower_bound_)
