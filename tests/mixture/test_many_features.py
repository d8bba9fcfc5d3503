"""Mixtures on many features: factors by LAPACK, starts that stay cheap, rows that are too few."""

import os
import warnings

import numpy as np
import pytest
from support.mixture_reference import Mixture, em
from support.mixture_runs import assert_same_mixture, compiled, parameters, use
from support.mixtures import fit_mixture
from support.processes import run_code
from support.samples import fitted_hash, normal, quiet_fit

from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture import short_runs
from mixclust._mixture.choice import Choice

SIZES = [99, 100, 199, 200, 270]  # features: LAPACK multiplies from 100 on, factorises from 200


def far_apart(n_samples, n_features, n_components=3):
    """Rows of clusters 20 standard deviations apart, and their labels."""
    labels = np.arange(n_samples) % n_components
    X = normal(0, n_samples, n_features)
    X[:, :n_components] += 20 * np.eye(n_components)[labels]
    return X, labels


# ---------------------------------------------------------------------------- against NumPy


@pytest.mark.parametrize("distance", [0.3, 200.0])
@pytest.mark.parametrize("d", SIZES)
@pytest.mark.parametrize("structure", ["full", "tied"])
def test_same_iterations_as_numpy(structure, d, distance):
    X = normal(d, 3 * d, d) @ (np.eye(d) + 0.3 * normal(1, d, d) / np.sqrt(d))
    X[::2] += distance / np.sqrt(d)
    means = np.stack([X[::2].mean(axis=0), X[1::2].mean(axis=0)])
    covariance = np.cov(X - means[np.arange(len(X)) % 2], rowvar=False)
    start = Mixture(np.array([0.4, 0.6]), means, np.stack([covariance, covariance]))
    kernel, shift = compiled(structure, X, 2, floor=1e-3, limit=2e-3)
    use(kernel, shift, structure, start)
    bounds, _, n_collapsed = kernel.run(3, 0.0)
    expected, expected_bounds = em(X, start, structure, 3, floor=1e-3)
    assert n_collapsed == 0
    np.testing.assert_allclose(bounds, expected_bounds, rtol=1e-11)
    assert_same_mixture(parameters(kernel, shift), expected, rtol=1e-8)


@pytest.mark.parametrize("structure", ["full", "tied"])
def test_same_collapses_on_either_side_of_the_threshold(structure):
    """Rows fewer than features or not, a feature that is the sum of others, and a constant one."""
    for d in (198, 199, 200, 201):
        X = normal(d, 500, d)
        added = X.copy()
        added[:, 7] = added[:, 3] + added[:, 5]
        constant = X.copy()
        constant[:, 7] = 4.0
        for reg_covar in ("auto", 1e-3, 0):
            options = {"covariance_type": structure, "reg_covar": reg_covar, "random_state": 0}
            tables, expected = [X, X[: d // 2], constant], [[False], [True], [reg_covar == 0]]
            if reg_covar:  # without it, rounding decides whether one direction has no variance
                tables += [X[:d], X[: 2 * d], added]
                expected += [[True], [False], [True]]
            found = [
                fit_mixture(rows, 1, **options).report_.runs[0].collapsed.tolist()
                for rows in tables
            ]
            assert found == expected, (d, reg_covar)


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("d", [99, 100, 200])
@pytest.mark.parametrize("structure", ["full", "tied"])
def test_same_bits_on_any_number_of_threads(structure, d):
    X, _ = far_apart(1200, d)
    options = {"covariance_type": structure, "random_state": 0, "max_iter": 4}
    hashes = {fitted_hash(fit_mixture(X, 3, n_threads=n, **options)) for n in (1, 2, 3)}
    assert len(hashes) == 1


# ---------------------------------------------------------------------------- starts


@pytest.mark.parametrize("structure", ["full", "tied"])
def test_short_runs_are_few_where_factorisations_are_dear(structure):
    found = []
    for d in (20, 120, 300):
        X, _ = far_apart(450, d, 2)
        mixture = fit_mixture(X, 2, covariance_type=structure, random_state=0, max_iter=2)
        found.append(len(mixture.report_.runs[0].scores))
    assert found[0] >= 8
    assert found[1:] == [2, 0]


@pytest.mark.parametrize("structure", ["full", "tied"])
def test_a_single_clustering_finds_groups_that_are_far_apart(structure, monkeypatch):
    """On all rows, on a part, and on rows of weight."""
    monkeypatch.setattr(short_runs, "MAX_COST_OF_RUNS", 1)
    for n_samples in (300, 3000):
        X, labels = far_apart(n_samples, 12)
        for sample_weight in (None, (np.arange(n_samples) % 5 > 0).astype(float)):
            mixture = fit_mixture(
                X, 3, covariance_type=structure, random_state=0, sample_weight=sample_weight
            )
            assert mixture.report_.runs[0].scores == ()
            found = mixture.predict(X)
            assert len({*zip(found.tolist(), labels.tolist(), strict=True)}) == 3
            assert mixture.converged_


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_single_clustering_of_a_part_starts_at_the_means_of_its_rows(
    covariance_type, monkeypatch
):
    monkeypatch.setattr(short_runs, "MAX_COST_OF_RUNS", 1)
    X = normal(0, short_runs.MIN_ROWS + 1000, 4) + 5
    mixture = GaussianMixture(2, covariance_type=covariance_type, random_state=0, max_iter=0)
    mixture.fit(X)
    part = np.random.RandomState(0).choice(len(X), size=short_runs.MIN_ROWS, replace=False)
    # The means of clusters, times their shares of the rows, are the mean of the rows.
    mean = mixture.weights_ @ mixture.means_
    np.testing.assert_allclose(mean, X[part].mean(axis=0), rtol=1e-12)


# ---------------------------------------------------------------------------- too few rows


@pytest.mark.parametrize("structure", ["full", "tied"])
@pytest.mark.parametrize("n_components", [1, 2])
def test_too_few_rows_are_said_before_the_runs(structure, n_components):
    X = normal(0, 40, 40)
    mixture = GaussianMixture(n_components, covariance_type=structure, random_state=0)
    message = (
        rf"n_samples=40 is too few for n_features=40 and covariance_type='{structure}'.*"
        "covariance_type='diag' or fewer features"
    )
    with pytest.warns(CollapseWarning, match=message) as caught:
        mixture.fit(X)
    assert caught[0].filename == __file__
    assert mixture.report_.runs[0].collapsed.all()
    began = []
    mixture.set_params(callback=began.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CollapseWarning):
            mixture.fit(X)
    assert began == []
    # Rows of no weight are absent.
    more = np.concatenate([X, normal(1, 10, 40)])
    with pytest.warns(CollapseWarning, match="n_samples=40 of positive weight"):
        mixture.fit(more, sample_weight=np.repeat([1.0, 0.0], [40, 10]))


def test_enough_rows_are_no_reason_for_a_warning():
    X = normal(0, 40, 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CollapseWarning)
        for structure in ("diag", "spherical"):
            quiet_fit(GaussianMixture(2, covariance_type=structure, random_state=0), X)
        for structure in ("full", "tied"):
            mixture = GaussianMixture(1, covariance_type=structure)
            mixture.fit(X[:, :39])
            # Here reg_covar is most of the variance, as whoever passed it meant.
            assert not mixture.set_params(reg_covar=0.5).fit(X).report_.runs[0].collapsed.any()
            # A constant feature has nothing that could collapse.
            X[:, 0] = 1.0
            assert not mixture.set_params(reg_covar="auto").fit(X).report_.runs[0].collapsed.any()


def test_choice_does_not_fit_mixtures_that_must_collapse():
    X = normal(0, 40, 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CollapseWarning)
        choice = Choice(X, [1, 2], ["full", "tied", "diag"], "bic", {"random_state": 0})
    assert set(choice.collapsed) >= {(k, kind) for k in (1, 2) for kind in ("full", "tied")}
    assert choice.best == (1, "diag")


# ---------------------------------------------------------------------------- Ctrl-C

# One thread for BLAS: its threads wait for each other where other processes want the cores.
INTERRUPT = """
import signal, time, warnings
import numpy as np
import scipy.linalg.blas, scipy.linalg.lapack
from mixclust import GaussianMixture

def interrupt(signum, frame):
    raise KeyboardInterrupt

warnings.simplefilter("ignore")
signal.signal(signal.SIGALRM, interrupt)
X = np.random.default_rng(0).standard_normal((200, 2000))
mixture = GaussianMixture(2, covariance_type="{structure}", random_state=0, tol=0, max_iter=10**6)
for wait in (0.3, 0.6, 0.75, 0.9):
    due = time.monotonic() + wait
    signal.setitimer(signal.ITIMER_REAL, wait)
    try:
        mixture.fit(X)
    except KeyboardInterrupt:
        late = time.monotonic() - due
        print("in time" if late < 0.5 else f"late by {{late}}")
"""

if os.name == "posix":

    @pytest.mark.parametrize("structure", ["full", "tied"])
    def test_interrupt_of_two_thousand_features_within_half_a_second(structure):
        code = INTERRUPT.format(structure=structure)
        assert run_code(code, OPENBLAS_NUM_THREADS="1") == 4 * "in time\n"
