"""Components that lose their rows or their spread: their parameters and reports."""

import numpy as np
import pytest
from support.mixture_reference import STRUCTURES, Mixture, em, maximise, one_hot
from support.mixture_runs import RESCUE, assert_same_mixture, compiled, every_label, parameters, use
from support.samples import normal

FLOOR = 0.01


@pytest.fixture(params=STRUCTURES)
def structure(request):
    """The structure of the covariances."""
    return request.param


def test_component_without_a_row(structure):
    X, labels = normal(0, 60, 3), every_label(60, 3)
    labels[labels == 1] = 2
    kernel, shift = compiled(structure, X, 3, floor=FLOOR)
    assert kernel.start(labels=labels) == 1
    assert kernel.collapsed.tolist() == [False, True, False]
    found = parameters(kernel, shift)
    present = maximise(X, one_hot(labels, 3)[:, [0, 2]], structure, floor=FLOOR)
    assert_same_mixture(Mixture(*(value[[0, 2]] for value in found)), present)
    assert (found.weights[1], kernel.counts[1]) == (0, 0)
    bounds, _, _ = kernel.run(1, 0.0)
    assert bounds == pytest.approx(em(X, present, structure, 1)[1], rel=1e-12)
    assert kernel.weights[1] == 0


def test_component_of_less_than_a_row_has_collapsed(structure):
    X = normal(0, 200, 2)
    start = Mixture(np.array([0.999, 0.001]), np.zeros((2, 2)), np.tile(np.eye(2), (2, 1, 1)))
    for far in (0.0, -3.0):
        start.means[1] = far
        kernel, shift = compiled(structure, X, 2, floor=FLOOR)
        use(kernel, shift, structure, start)
        bounds, converged, n_collapsed = kernel.run(5, 0.0, stop_at_collapse=True)
        assert (len(bounds), converged, n_collapsed) == (1, False, 1)
        assert kernel.collapsed.tolist() == [False, True]
        assert kernel.counts[1] < 1
    kernel, shift = compiled(structure, X, 2, floor=FLOOR)
    use(kernel, shift, structure, start._replace(weights=np.array([0.9, 0.1])))
    assert kernel.run(5, 0.0, stop_at_collapse=True)[2] == 0


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
def test_component_on_a_single_point_has_collapsed_to_its_floor(structure):
    X, labels = normal(0, 60, 3), every_label(60, 2)
    X[labels == 1] = [5.0, -5.0, 5.0]
    kernel, shift = compiled(structure, X, 2, floor=1e-4, limit=2e-4)
    assert kernel.start(labels=labels) == 1
    assert kernel.collapsed.tolist() == [False, True]
    found = parameters(kernel, shift)
    np.testing.assert_allclose(found.covariances[1], 1e-4 * np.eye(3), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.means[1], X[labels == 1][0], rtol=1e-12)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_singular_covariance_is_rescued(spread, structure):
    """Rows on a line, or all on one point, without a floor."""
    X = np.outer(np.arange(40.0) - 19.5, [1.0, 2.0, 0.5]) * spread
    kernel, shift = compiled(structure, X, 1)
    line_is_fine = spread and structure in ("diag", "spherical")
    assert kernel.start(labels=np.zeros(40, dtype=np.int32)) == (not line_is_fine)
    found = parameters(kernel, shift)
    expected = maximise(X, np.ones((40, 1)), structure)
    np.testing.assert_allclose(
        found.covariances, expected.covariances + (not line_is_fine) * RESCUE * np.eye(3)
    )
    assert np.isfinite(kernel.run(3, 0.0)[0]).all()


@pytest.mark.parametrize("spherical", [False, True])
def test_rescued_variances_keep_the_structure(spherical):
    X, rescue = np.full((10, 3), 7.0), np.array([1e-6, 4e-6, 1e-6])
    kernel, _ = compiled("spherical" if spherical else "diag", X, 1, rescue=rescue)
    assert kernel.start(labels=np.zeros(10, dtype=np.int32)) == 1
    variances = kernel.covariances[0].ravel()
    np.testing.assert_allclose(variances, 2e-6 if spherical else rescue, rtol=1e-14)
