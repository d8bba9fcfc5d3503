"""GaussianMixture against scikit-learn's, number by number."""

import io
import re
import warnings
from contextlib import redirect_stdout

import numpy as np
import pytest
import sklearn.mixture
from support.mixtures import (
    COVARIANCE_TYPES,
    PARAMETERS,
    assert_same_mixture,
    given_start,
    quiet_fit,
)
from support.real_data import DATA
from support.samples import blobs, normal

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture

PCA_LIKE = DATA["digits"][:, [20, 21, 26, 27, 28, 34, 35, 36, 42, 43]]  # no constant pixel
ROWS = {name: X for name, X in DATA.items() if name != "digits"} | {"pixels": PCA_LIKE}

SHAPES = [
    # n, d, n_components
    (300, 1, 1), (300, 1, 3), (900, 1, 12), (300, 2, 1), (300, 2, 3), (1200, 2, 12),
    (400, 7, 1), (500, 7, 3), (2000, 7, 12), (400, 30, 1), (800, 30, 3), (6000, 30, 12),
]  # fmt: skip


def both(n_components, **options):
    """The same mixture, ours and theirs, of as many iterations: the rules that end a run differ."""
    options = {"reg_covar": 1e-6, "tol": 0, "max_iter": 30, **options}
    ours = GaussianMixture(n_components, **options)
    return ours, sklearn.mixture.GaussianMixture(n_components, **options)


def fit_both(X, n_components, **options):
    """Both, fitted to the same rows; scikit-learn's to float64 ones."""
    ours, theirs = both(n_components, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        return ours.fit(X), theirs.fit(np.asarray(X, dtype=np.float64))


# ---------------------------------------------------------------------------- the same start


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize(("n", "d", "n_components"), SHAPES)
def test_every_iteration_is_scikit_learns(n, d, n_components, covariance_type):
    X = 3 * normal(n, n, d) + 10
    start = given_start(X, n_components, covariance_type)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 20}
    ours, theirs = fit_both(X, n_components, **options, **start)
    assert ours.report_.n_collapsed == 0
    assert_same_mixture(ours, theirs)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", ROWS)
def test_fit_of_real_data_is_scikit_learns(name, covariance_type):
    X = ROWS[name]
    start = given_start(X, 3, covariance_type)
    ours, theirs = fit_both(X, 3, covariance_type=covariance_type, **start)
    assert_same_mixture(ours, theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_float32_rows_are_fitted_as_their_float64_copy(covariance_type):
    for X in (normal(4, 700, 5, dtype=np.float32) * 3 + 50, DATA["wine"].astype(np.float32)):
        start = given_start(X, 4, covariance_type)
        options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 15}
        ours, theirs = fit_both(X, 4, **options, **start)
        assert_same_mixture(ours, theirs)
        assert all(getattr(ours, name).dtype == np.float64 for name in PARAMETERS)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("names", [["weights_init"], ["precisions_init"]])
def test_some_parameters_given(names, covariance_type):
    X = DATA["iris"]
    start = given_start(X, 3, covariance_type)
    given = {name: start[name] for name in names}
    options = {"covariance_type": covariance_type, "init_params": "kmeans", "random_state": 0}
    assert_same_mixture(*fit_both(X, 3, max_iter=8, **options, **given))


# ---------------------------------------------------------------------------- the same draws


# scikit-learn's tied covariance for starts where most rows have no component is that of all rows
# about the origin, times n / n_components: so wide that all components are alike.
DRAWS = [
    (init_params, covariance_type)
    for init_params in ("kmeans", "k-means++", "random", "random_from_data")
    for covariance_type in COVARIANCE_TYPES
    if covariance_type != "tied" or init_params in ("kmeans", "random")
]


@pytest.mark.parametrize(("init_params", "covariance_type"), DRAWS)
def test_same_random_state_same_fit(init_params, covariance_type):
    for seed, X in enumerate((DATA["iris"], DATA["wine"], blobs(0, 500, 3, 4))):
        options = {"covariance_type": covariance_type, "init_params": init_params, "tol": 0}
        # A row alone has no variance: reg_covar decides the start.
        options |= {"reg_covar": 1e-3, "random_state": seed, "max_iter": 12}
        ours, theirs = fit_both(X, 3, **options)
        if init_params in ("k-means++", "random_from_data"):
            correct_first_bound(ours, theirs, len(X))
        assert_same_mixture(ours, theirs)


def correct_first_bound(ours, theirs, n):
    """Correct scikit-learn's first bound for a start where each component has one row.

    It starts with mixing weights of 1 / n each, which do not add up to 1, so that its first bound
    is no likelihood; and where reg_covar is all there is of a variance, the rounding of its
    ``E[x^2] - E[x]^2`` shows. Responsibilities are the same, and so is everything from then on.
    """
    expected = theirs.lower_bounds_[0] + np.log(n / theirs.n_components)
    assert ours.lower_bounds_[0] == pytest.approx(expected, rel=1e-5)
    theirs.lower_bounds_[0] = ours.lower_bounds_[0]


@pytest.mark.parametrize("init_params", ["kmeans", "random_from_data"])
def test_runs_are_scikit_learns(init_params):
    X = DATA["wine"]
    options = {"init_params": init_params, "n_init": 4, "reg_covar": 1e-2, "random_state": 7}
    ours, theirs = fit_both(X, 3, covariance_type="diag", **options)
    if init_params == "random_from_data":
        correct_first_bound(ours, theirs, len(X))
    assert_same_mixture(ours, theirs)
    assert len(ours.report_.runs) == 4
    bounds = [run.lower_bound for run in ours.report_.runs]
    assert ours.lower_bound_ == max(bounds) == bounds[ours.report_.best]


@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_random_state_goes_on_as_scikit_learns_does(init_params):
    states = np.random.RandomState(3), np.random.RandomState(3)
    for mixture, state in zip(both(3, init_params=init_params, n_init=2), states, strict=True):
        mixture.set_params(random_state=state, tol=1e-2, max_iter=100).fit(DATA["iris"])
    assert states[0].uniform() == states[1].uniform()


# ---------------------------------------------------------------------------- how runs go on


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_warm_start_goes_on_as_scikit_learns_does(covariance_type):
    X = DATA["iris"]
    options = {"covariance_type": covariance_type, "init_params": "kmeans", "random_state": 0}
    ours, theirs = both(3, max_iter=1, warm_start=True, **options)
    whole, _ = fit_both(X, 3, max_iter=12, **options)
    bounds = []
    for _ in range(12):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
            ours.fit(X)
            theirs.fit(X)
        assert_same_mixture(ours, theirs)
        bounds += ours.lower_bounds_
    np.testing.assert_allclose(bounds, whole.lower_bounds_, rtol=1e-13)


def test_warm_start_makes_a_single_run():
    mixture = GaussianMixture(3, n_init=3, warm_start=True, random_state=0).fit(DATA["iris"])
    assert len(mixture.report_.runs) == 3
    assert len(mixture.fit(DATA["iris"]).report_.runs) == 1


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_no_iteration_at_all(covariance_type):
    """The start itself, without a warning, as scikit-learn gives it."""
    X = DATA["wine"]
    options = {"covariance_type": covariance_type, "init_params": "kmeans", "random_state": 0}
    ours, theirs = both(3, max_iter=0, **options)
    assert_same_mixture(ours.fit(X), theirs.fit(X))
    assert (ours.n_iter_, ours.lower_bound_, ours.lower_bounds_) == (0, -np.inf, [])
    assert not ours.converged_
    start = given_start(X, 3, covariance_type)
    ours.set_params(**start).fit(X)
    np.testing.assert_allclose(ours.weights_, start["weights_init"], rtol=1e-15)
    np.testing.assert_allclose(ours.means_, start["means_init"], rtol=1e-14)
    np.testing.assert_allclose(ours.precisions_, start["precisions_init"], rtol=1e-9)


def test_warning_of_a_run_that_did_not_converge():
    message = r"^The run that was kept did not converge in 2 iterations: its last gain is .*=1e-09"
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        GaussianMixture(3, max_iter=2, tol=1e-9).fit(DATA["iris"])
    assert caught[0].filename == __file__


# ---------------------------------------------------------------------------- the same answers


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", ["iris", "breast cancer", "blobs"])
def test_methods_are_scikit_learns(name, covariance_type):
    X = DATA[name]
    start = given_start(X, 4, covariance_type)
    options = {"covariance_type": covariance_type, "max_iter": 5, "random_state": 5}
    ours, theirs = fit_both(X, 4, **options, **start)
    new = np.vstack([X[::3] * 1.01, X.mean(axis=0) + 4 * X.std(axis=0)])
    np.testing.assert_array_equal(ours.predict(new), theirs.predict(new))
    np.testing.assert_allclose(ours.predict_proba(new), theirs.predict_proba(new), atol=1e-8)
    np.testing.assert_allclose(ours.score_samples(new), theirs.score_samples(new), rtol=1e-8)
    for method in ("score", "aic", "bic"):
        found, expected = getattr(ours, method)(new), getattr(theirs, method)(new)
        assert found == pytest.approx(expected, rel=1e-9), method


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_rows_drawn_are_scikit_learns(covariance_type):
    start = given_start(DATA["iris"], 3, covariance_type)
    options = {"covariance_type": covariance_type, "max_iter": 3, "random_state": 5}
    ours, theirs = fit_both(DATA["iris"], 3, **options, **start)
    (X, labels), (expected, expected_labels) = ours.sample(200), theirs.sample(200)
    np.testing.assert_allclose(X, expected, rtol=1e-6)
    np.testing.assert_array_equal(labels, expected_labels)
    assert X.shape == (200, 4)
    assert ours.sample()[0].shape == (1, 4)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_attributes_have_scikit_learns_shapes(covariance_type):
    ours, theirs = fit_both(DATA["iris"], 3, covariance_type=covariance_type, random_state=0)
    attributes = {name for name in vars(theirs) if name.endswith("_")}
    assert attributes <= set(vars(ours))
    for name in attributes:
        assert np.shape(getattr(ours, name)) == np.shape(getattr(theirs, name)) or "bound" in name
    assert type(ours.lower_bounds_) is list
    assert ours.lower_bounds_[-1] == ours.lower_bound_
    assert type(ours.converged_) is bool
    assert ours.weights_.sum() == pytest.approx(1, abs=1e-15)


def test_parameters_have_scikit_learns_names_and_defaults():
    ours, theirs = GaussianMixture().get_params(), sklearn.mixture.GaussianMixture().get_params()
    assert theirs.keys() <= ours.keys()
    differs = {name for name, value in theirs.items() if ours[name] != value}
    assert differs == {"init_params", "max_iter", "reg_covar", "tol"}


# ---------------------------------------------------------------------------- progress


@pytest.mark.parametrize("verbose", [True, 1, 2])
@pytest.mark.parametrize(
    "options",
    [{"max_iter": 12, "verbose_interval": 5}, {"n_init": 2}],
    ids=["one run", "two runs"],
)
@pytest.mark.filterwarnings("ignore:.*did not converge")
def test_verbose_prints_as_scikit_learn_does(options, verbose):
    X, printed = DATA["iris"], []
    start = given_start(X, 3, "full")
    for mixture in both(3, verbose=verbose, **options, **start):
        with redirect_stdout(io.StringIO()) as text:
            mixture.fit(X)
        printed.append(re.sub(r"time lapse \d+\.\d{5}s", "time lapse", text.getvalue()))
    ours, theirs = printed
    assert ours == theirs
    assert ours.startswith("Initialization 0\n")


@pytest.mark.parametrize("verbose", [1, 2])
def test_end_of_a_run_is_told_as_scikit_learn_does(verbose):
    last = []
    for mixture in both(2, verbose=verbose, tol=1e-2, max_iter=100, random_state=0):
        with redirect_stdout(io.StringIO()) as text:
            mixture.fit(DATA["iris"])
        last.append(re.sub(r"-?\d+\.\d{5}", "#", text.getvalue().splitlines()[-1]))
    assert last[0] == last[1]
    assert last[0].startswith("Initialization converged.")


def test_a_warm_start_says_by_how_much_it_changes(capsys):
    mixture = GaussianMixture(3, warm_start=True, random_state=0, tol=1e-2).fit(DATA["iris"])
    before = mixture.lower_bound_
    mixture.set_params(verbose=2, verbose_interval=1, max_iter=1)
    quiet_fit(mixture, DATA["iris"])
    assert f"ll change {mixture.lower_bound_ - before:.5f}\n" in capsys.readouterr().out


def test_iterations_are_counted_across_kernels(capsys):
    """A component that is dropped leaves the run to another kernel."""
    X = np.vstack([normal(0, 60, 2), np.full((5, 2), 30.0)])
    options = {"on_collapse": "drop", "tol": 0, "max_iter": 6, "verbose": 1, "verbose_interval": 2}
    mixture = GaussianMixture(2, **options)
    with pytest.warns(ConvergenceWarning):
        mixture.fit(X, resp_init=np.repeat([0, 1], [60, 5]))
    assert len(mixture.weights_) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Initialization 0",
        "  Iteration 2",
        "  Iteration 4",
        "  Iteration 6",
        "Initialization did not converge.",
    ]


def test_nothing_is_printed_otherwise(capsys):
    GaussianMixture(3, random_state=0).fit(DATA["iris"])
    assert capsys.readouterr() == ("", "")
