"""Statistics of a pass: parts of the rows add up to the whole, wherever the sums are taken."""

import pickle

import numpy as np
import pytest
from support.mixtures import COVARIANCE_TYPES, fit_mixture
from support.samples import blobs

from mixclust._mixture.data import MixtureData
from mixclust._mixture.parameters import Parameters
from mixclust._mixture.statistics import Statistics
from mixclust._mixture.structures import structure_of

RTOL = 1e-12


def problem_of(X, covariance_type, sample_weight=None):
    data = MixtureData(X, sample_weight, structure_of(covariance_type), 1)
    data.describe("auto")
    return data


def parameters_of(mixture):
    return Parameters(
        mixture.weights_, mixture.means_, mixture.covariances_, mixture.precisions_cholesky_
    )


@pytest.fixture(params=[(kind, d) for d in (1, 3) for kind in COVARIANCE_TYPES])
def case(request):
    """A structure, rows, weights with zeros among them, and parameters of four components."""
    kind, n_features = request.param
    X = blobs(3, 1000, n_features, 4) + 5
    sample_weight = np.random.default_rng(1).integers(0, 4, 1000) / 2
    mixture = fit_mixture(X, 4, covariance_type=kind, max_iter=2, tol=0, random_state=0)
    return kind, X, sample_weight, parameters_of(mixture)


def assert_close(found, expected):
    """Compare statistics about the origins of the second."""
    found = found.about(expected.origins)
    np.testing.assert_allclose(found.counts, expected.counts, rtol=RTOL)
    scale = np.sqrt(expected.counts.sum() * abs(expected.scatters).max())
    np.testing.assert_allclose(found.sums, expected.sums, atol=RTOL * scale)
    np.testing.assert_allclose(
        found.scatters, expected.scatters, atol=RTOL * abs(expected.scatters).max()
    )
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=RTOL)


@pytest.mark.parametrize("cuts", [[500], [1, 2, 999], [48, 96, 500, 501]])
def test_parts_add_up_to_the_whole(case, cuts):
    kind, X, sample_weight, parameters = case
    whole = problem_of(X, kind, sample_weight).expect(parameters)
    parts = [
        problem_of(some, kind, weights).expect(parameters)
        for some, weights in zip(np.split(X, cuts), np.split(sample_weight, cuts), strict=True)
        if weights.any()
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert_close(total, whole)
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    assert_close(total, whole)


def test_they_are_those_of_responsibilities(case):
    kind, X, sample_weight, parameters = case
    mixture = fit_mixture(X, 4, covariance_type=kind, max_iter=2, tol=0, random_state=0)
    found = problem_of(X, kind, sample_weight).expect(parameters)
    resp = mixture.predict_proba(X) * sample_weight[:, np.newaxis]
    differences = X[:, np.newaxis] - found.origins
    np.testing.assert_allclose(found.counts, resp.sum(axis=0), rtol=1e-9)
    expected = np.einsum("nk,nkd->kd", resp, differences)
    np.testing.assert_allclose(found.sums, expected, atol=1e-8)
    scatters = np.einsum("nk,nki,nkj->kij", resp, differences, differences)
    if found.scatter_shape[0] < 4:
        scatters = scatters.sum(axis=0, keepdims=True)
    if found.scatter_shape[2] == 1:
        scatters = np.diagonal(scatters, axis1=1, axis2=2)[:, :, np.newaxis]
    if found.scatter_shape[1] == 1:
        scatters = scatters.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.scatters, scatters, rtol=1e-9, atol=1e-8)
    log_likelihood = sample_weight @ mixture.score_samples(X)
    assert found.log_likelihood == pytest.approx(log_likelihood, rel=1e-11)


def test_they_survive_a_pickle(case):
    kind, X, sample_weight, parameters = case
    found = problem_of(X, kind, sample_weight).expect(parameters)
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    again *= 2.0
    assert again != found
    np.testing.assert_array_equal(again.counts, 2 * found.counts)
    assert again.log_likelihood == 2 * found.log_likelihood
    assert_close(again, found + found)


def test_an_iteration_from_the_sum_of_two_machines(case):
    """Summed statistics give the means and covariances of an iteration on all rows."""
    kind, X, _, parameters = case
    options = {"covariance_type": kind, "max_iter": 1, "tol": 0, "reg_covar": 0}
    start = {
        "weights_init": parameters.weights,
        "means_init": parameters.means,
        "precisions_init": structure_of(kind).precisions(parameters.precisions_cholesky),
    }
    expected = fit_mixture(X, 4, **options, **start)
    total = problem_of(X[:300], kind).expect(parameters)
    total += problem_of(X[300:], kind).expect(parameters)
    np.testing.assert_allclose(total.means(), expected.means_, rtol=1e-11)
    covariances = total.covariances().reshape(expected.covariances_.shape)
    np.testing.assert_allclose(covariances, expected.covariances_, rtol=1e-9, atol=1e-10)
    assert total.log_likelihood / len(X) == pytest.approx(expected.lower_bound_, rel=RTOL)


def test_moving_the_origins_there_and_back(case):
    kind, X, _, parameters = case
    found = problem_of(X, kind).expect(parameters)
    moved = found.about(found.origins + 3.0)
    assert moved != found
    assert_close(moved, found)
    np.testing.assert_allclose(moved.means(), found.means(), rtol=RTOL)
    np.testing.assert_allclose(moved.covariances(), found.covariances(), rtol=1e-10, atol=1e-11)


def test_statistics_of_other_shapes_do_not_add():
    X = blobs(3, 200, 3, 4)
    found = []
    for kind in ("full", "diag"):
        parameters = parameters_of(fit_mixture(X, 2, covariance_type=kind, max_iter=1))
        found.append(problem_of(X, kind).expect(parameters))
    with pytest.raises(ValueError, match=r"scatters of shape \(2, 3, 3\) do not add"):
        found[0] += found[1]
    with pytest.raises(TypeError, match="not to int"):
        found[0] += 1
    assert found[0] != 1


@pytest.mark.parametrize(
    "shape", [(2, 2, 2), (3, 2, 5), (0, 2, 2), (-1, -2, 2), (1, 1, 1), (1, 2, 1), (3, 1, 2)]
)
def test_there_are_no_scatters_of_other_shapes(shape):
    """With another shape, the kernels would write behind the numbers of the statistics."""
    with pytest.raises(ValueError, match="3 components and 2 features have no scatters"):
        Statistics(3, 2, shape)


def test_scatters_have_three_dimensions():
    for shape in ((3, 2), (3, 2, 2, 1), ()):
        with pytest.raises(ValueError, match="values to unpack"):
            Statistics(3, 2, shape)
    for shape in (None, 3, [3, 2, 2]):
        with pytest.raises(TypeError):
            Statistics(3, 2, shape)


@pytest.mark.parametrize("n_components", [2**50, 2**55, 2**62])
def test_too_many_numbers_are_refused(n_components):
    with pytest.raises(MemoryError):
        Statistics(n_components, 4, (n_components, 1, 1))


def test_statistics_exist_with_their_numbers_only():
    with pytest.raises(TypeError):
        Statistics.__new__(Statistics)


def test_a_failed_change_changes_nothing(case):
    kind, X, sample_weight, parameters = case
    found = problem_of(X, kind, sample_weight).expect(parameters)
    before = found.copy()
    for factor in (np.ones(4), None, "three"):
        with pytest.raises((TypeError, ValueError)):
            found *= factor
    for origins in (np.zeros(3), np.zeros((4, 2)), np.zeros((3, 3))):
        with pytest.raises(ValueError, match=r"origins must have shape \(4, "):
            found.about(origins)
    with pytest.raises(ValueError, match="origins do not fit"):
        found.move_to(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="shift must have shape"):
        found.shifted(0.0)
    assert found == before
    make, (*shape, numbers, log_likelihood, _) = found.__reduce__()
    for wrong in (numbers[:1], numbers[1:], np.append(numbers, 0.0)):
        with pytest.raises(ValueError, match="as many numbers"):
            make(*shape, wrong, log_likelihood)


def test_expect_needs_a_look_at_the_columns(case):
    kind, X, _, parameters = case
    problem = MixtureData(X, None, structure_of(kind), 1)
    with pytest.raises(ValueError, match="call describe"):
        problem.expect(parameters)
