"""Fits with covariances that lose digits: no bound falls, no parameters get worse."""

import warnings

import numpy as np
import pytest
from support.mixtures import COVARIANCE_TYPES, PARAMETERS, fit_mixture
from support.samples import normal

from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture.data import MixtureData
from mixclust._mixture.parameters import Parameters
from mixclust._mixture.structures import structure_of

N = 120


def nearly_equal(generator, d):
    """Columns that differ by a share of themselves, down to rounding."""
    share = 10.0 ** -generator.integers(3, 16)
    return normal(generator.integers(99), N, 1) * (1 + share * generator.normal(size=(N, d)))


ROWS = {
    "on a line": lambda g, d: g.normal(size=(N, 1)) * g.normal(size=d) + g.normal(size=d),
    "a column depends on the others": lambda g, d: np.hstack(
        [X := g.normal(size=(N, d)), X @ g.normal(size=(d, 1))]
    ),
    "columns nearly equal": nearly_equal,
    "few values": lambda g, d: g.integers(0, 3, (N, d)).astype(float),
    "repeated points": lambda g, d: np.repeat(g.normal(size=(4, d)), N // 4, axis=0),
    "a point apart": lambda g, d: np.vstack([g.normal(size=(N - 5, d)), np.full((5, d), 1e6)]),
    "units": lambda g, d: g.normal(size=(N, d)) * 10.0 ** g.integers(-12, 12, size=d),
}
WEIGHTS = {
    "none": lambda g: None,
    "of many sizes": lambda g: 10.0 ** g.uniform(-20, 0, size=N),
    "tiny": lambda g: 1e-300 * g.uniform(0.5, 1, size=N),
    "huge": lambda g: 1e300 * g.uniform(0.5, 1, size=N),
}


@pytest.mark.parametrize("acceleration", [None, "squarem"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ROWS)
def test_without_a_floor_no_bound_falls(name, dtype, covariance_type, acceleration):
    for seed, weigh in enumerate(list(WEIGHTS.values()) * 2):
        generator = np.random.default_rng(seed)
        X = ROWS[name](generator, 1 + seed % 4).astype(dtype)
        sample_weight = weigh(generator)
        mixture = fit_mixture(
            X,
            1 + seed % 6,
            sample_weight=sample_weight,
            covariance_type=covariance_type,
            acceleration=acceleration,
            reg_covar=0,
            init_params=("auto", "random", "random_from_data")[seed % 3],
            random_state=seed,
            max_iter=(1, 5, 200)[seed % 3],
        )
        bounds = np.array(mixture.lower_bounds_)
        assert (np.diff(bounds) >= -1e-9 * (1 + np.abs(bounds[1:]))).all()
        if name != "a point apart":  # 1e6 from the others, which costs digits in any answer
            score = mixture.score(X, sample_weight=sample_weight)
            assert score >= bounds.max() - 1e-5 * (1 + abs(score))
        for attribute in PARAMETERS:
            assert np.isfinite(getattr(mixture, attribute)).all(), attribute


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_variance_of_the_rounding_of_float32_is_a_collapse(covariance_type):
    """Rows on a line, in float32: across it lie their rounding errors and nothing else."""
    line = normal(0, 500, 1) * [1.0, 2.0, -0.7] + np.array([3.0, 1.0, 0.5])
    options = {"covariance_type": covariance_type, "reg_covar": 0, "random_state": 0}
    rounded = fit_mixture(line.astype(np.float32), 2, **options)
    assert rounded.report_.runs[0].collapsed.all()
    wider = line + 1e-4 * normal(1, 500, 3)
    assert not fit_mixture(wider.astype(np.float32), 2, **options).report_.n_collapsed


@pytest.mark.parametrize("covariance_type", ["diag", "spherical"])
def test_a_variance_of_the_rounding_of_an_offset_is_a_collapse(covariance_type):
    X = (np.repeat([0.0, 40.0], 200)[:, np.newaxis] + 1e-3 * normal(0, 400, 2) + 1e5).astype(
        np.float32
    )
    options = {"covariance_type": covariance_type, "random_state": 0}
    assert fit_mixture(X, 2, reg_covar=0, **options).report_.n_collapsed == 2
    assert fit_mixture(X, 1, reg_covar=0, **options).report_.n_collapsed == 0


@pytest.mark.parametrize("reg_covar", ["auto", 0, 1e-6])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_variance_of_the_rounding_of_arithmetic_is_a_collapse(covariance_type, reg_covar):
    """A variance of so few digits is replaced, which must be said."""
    X = normal(0, 300, 2) + np.array([0.0, 4e15])
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar, "random_state": 0}
    mixture = fit_mixture(X, 2, **options)
    assert mixture.report_.n_collapsed == 2
    matrices = structure_of(covariance_type).matrices(mixture.covariances_, 2, 2)
    assert matrices[:, 1, 1].min() > 0.1  # no less than the rounding of X


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_constant_column_is_not_rounding_however_large(covariance_type):
    """For example the milliseconds since 1970 of a day, or an identifier."""
    X = normal(0, 300, 2) + np.repeat([0.0, 6.0, -5.0], 100)[:, np.newaxis]
    options = {"covariance_type": covariance_type, "random_state": 0}
    expected = fit_mixture(np.hstack([X, np.zeros((300, 1))]), 3, **options)
    for value in (1.7e12, -1.7e18, 1e100):
        found = fit_mixture(np.hstack([X, np.full((300, 1), value)]), 3, **options)
        assert not found.report_.n_collapsed
        assert found.lower_bounds_ == pytest.approx(expected.lower_bounds_, rel=1e-12)


@pytest.mark.parametrize("acceleration", [None, "squarem"])
@pytest.mark.parametrize("share", [1e-5, 1e-6])
def test_bounds_of_tied_components_are_scores_where_features_nearly_agree(share, acceleration):
    """A bound gains no more than the rows do: it keeps its digits where covariances lose theirs."""
    for seed in range(10):
        X = normal(seed, 150, 1) * (1 + share * normal(seed + 50, 150, 3))
        options = {"covariance_type": "tied", "reg_covar": 0, "acceleration": acceleration}
        mixture = fit_mixture(X, 2, random_state=0, max_iter=50, **options)
        assert mixture.score(X) >= max(mixture.lower_bounds_) - 1e-7


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_columns_with_precisions_that_overflow_are_refused(covariance_type):
    for X, column in [
        (np.hstack([normal(0, 60, 1), 1e-149 * normal(1, 60, 1)]), 1),
        (1e-145 * normal(0, 60, 2), 0),
        (np.hstack([1e-165 * normal(1, 60, 1), normal(0, 60, 1)]), 0),
    ]:
        mixture = GaussianMixture(2, covariance_type=covariance_type, random_state=0)
        with pytest.raises(ValueError, match=rf"^X spreads over .* in column {column}, and prec"):
            mixture.fit(X)
    weights = np.repeat([1.0, 0.0], 30)
    constant = np.hstack([normal(0, 60, 1), np.where(weights[:, np.newaxis] > 0, 7.0, 8.0)])
    mixture = fit_mixture(constant, 2, covariance_type=covariance_type, sample_weight=weights)
    np.testing.assert_allclose(mixture.means_[:, 1], 7)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_weights_of_any_size_and_not_of_any_ratio(covariance_type):
    X, shares = normal(0, 80, 2), np.random.default_rng(0).uniform(1, 2, 80)
    options = {"covariance_type": covariance_type, "random_state": 0}
    expected = fit_mixture(X, 3, sample_weight=shares, **options)
    for power in (-1000, -600, 600, 1000):
        found = fit_mixture(X, 3, sample_weight=np.ldexp(shares, power), **options)
        assert found.lower_bounds_ == pytest.approx(expected.lower_bounds_, rel=1e-12)
        np.testing.assert_allclose(found.means_, expected.means_, rtol=1e-9)
        total = found.report_.effective_sizes.sum()
        assert total == pytest.approx(np.ldexp(shares.sum(), power), rel=1e-9, abs=0)
    denormal = np.full(80, 5e-324)
    assert expected.score(X, sample_weight=denormal) == pytest.approx(expected.score(X))
    shares[5] = 1e-200
    with pytest.raises(ValueError, match=r"^sample_weight holds 1e-200 beside 2, a ratio beyond"):
        GaussianMixture(3, **options).fit(X, sample_weight=shares)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_component_without_rows_has_the_variances_of_the_floor(covariance_type):
    """In the units of X, in every structure."""
    X = 1e-4 * normal(0, 90, 2) * [1, 10]
    labels = np.repeat([0, 1], 45)
    mixture = fit_mixture(X, 3, covariance_type=covariance_type, resp_init=labels, max_iter=1)
    floor = 1e-6 * X.var(axis=0)
    expected = {"full": np.diag(floor), "diag": floor, "spherical": floor.mean()}
    np.testing.assert_allclose(mixture.covariances_[2], expected[covariance_type], rtol=1e-9)
    assert mixture.weights_[2] == 0


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_the_covariance_of_a_component_without_rows_is_that_of_its_factor(covariance_type):
    """An extrapolation gives the factors of precisions alone."""
    structure = structure_of(covariance_type)
    data = MixtureData(normal(0, 60, 2), None, structure, 1)
    data.describe("auto")
    kernel = data.fitter(2)
    means = np.array([[0.0, 0.0], [1e6, 1e6]])
    others, _ = structure.isotropic(7.0, 2, 2)
    expected, factors = structure.isotropic(4.0, 2, 2)
    data.use(kernel, Parameters(np.full(2, 0.5), means, others, factors))
    kernel.run(1, 0.0)
    assert kernel.counts[1] == 0
    found = data.parameters(kernel)
    np.testing.assert_allclose(found.precisions_cholesky[1], factors[1])
    np.testing.assert_allclose(found.covariances[1], expected[1])


def test_collapse_is_a_warning_of_its_own_once_a_fit():
    X = np.repeat([[0.0, 0], [1, 1], [5, 5]], 20, axis=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GaussianMixture(3, n_init=4, random_state=0).fit(X)
    assert [(one.category, one.filename) for one in caught] == [(CollapseWarning, __file__)]
    message = str(caught[0].message)
    assert message.startswith("3 of 3 components collapsed")
    assert "Ask for fewer components" in message


@pytest.mark.parametrize(
    "covariance_type", ["VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"]
)
def test_a_row_of_its_own_is_a_collapse_of_every_model(covariance_type):
    """Without a floor: the covariances before are kept, but they say nothing of that row."""
    X = np.r_[normal(0, 40, 2), [[30.0, 30.0]]]
    start = {"weights_init": [0.9, 0.1], "means_init": [[0, 0], [30, 30]]}
    start["precisions_init"] = np.ones((2, 2))
    if covariance_type[2] != "I":
        start["precisions_init"] = np.broadcast_to(np.eye(2), (2, 2, 2))
    mixture = fit_mixture(X, 2, covariance_type=covariance_type, reg_covar=0, **start)
    # One volume and shape for all are those of the other rows.
    assert mixture.report_.n_collapsed == (0 if covariance_type == "EEV" else 1)
