"""ElbowDisplay: the numbers of both curves, and the sample of many rows."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import sparse
from support.samples import blobs

from mixclust import KMeans
from mixclust.plot import ElbowDisplay
from mixclust.plot._canvas import find_note

matplotlib.use("Agg")

X = blobs(0, 300, 2, 4)


@pytest.fixture
def ax():
    return Figure().subplots()


def expected_numbers(rows, size, weights):
    """Inertia, and the mean of one minus the ratio of distances to the two nearest centres."""
    kmeans = KMeans(size, random_state=0).fit(rows, sample_weight=weights)
    distances = np.linalg.norm(rows[:, np.newaxis] - kmeans.cluster_centers_, axis=2)
    near, far = np.sort(distances, axis=1)[:, :2].T
    return kmeans.inertia_, np.average(1 - near / far, weights=weights)


@pytest.mark.parametrize("weights", [None, np.arange(300) % 3])
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_curves(convert, weights, ax):
    estimator = KMeans(random_state=0)
    before = dict(vars(estimator))
    display = ElbowDisplay.from_estimator(
        estimator, convert(X), n_clusters=[5, 2, 3], sample_weight=weights, ax=ax
    )
    assert vars(estimator) == before
    expected = np.array([expected_numbers(X, size, weights) for size in (5, 2, 3)])
    for line, values in zip(
        (display.inertia_line_, display.silhouette_line_), expected.T, strict=True
    ):
        np.testing.assert_array_equal(line.get_xdata(), [5, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), values, rtol=1e-6)
    best = [5, 2, 3][expected[:, 1].argmax()]
    assert display.best() == best
    assert display.ring_.get_label() == f"largest silhouette: {best} clusters"
    assert display.silhouette_ax_.get_ylim() == (0, 1)
    assert find_note(ax) is None


def test_one_cluster_has_no_silhouette(ax):
    display = ElbowDisplay.from_estimator(KMeans(random_state=0), X, n_clusters=[1, 2], ax=ax)
    assert np.isnan(display.silhouettes).tolist() == [True, False]
    assert display.best() == 2
    only = ElbowDisplay.from_estimator(KMeans(), X, n_clusters=[1], ax=Figure().subplots())
    assert only.ring_ is None
    assert only.inertias[0] == pytest.approx(((X - X.mean(axis=0)) ** 2).sum())
    with pytest.raises(ValueError, match="one cluster has no silhouette; name further numbers"):
        only.best()


def test_of_many_rows_a_sample_is_fitted_and_a_note_says_so(ax):
    weights = np.ones(300)
    display = ElbowDisplay.from_estimator(
        KMeans(random_state=0), X, n_clusters=[2], max_rows=50, sample_weight=weights, ax=ax
    )
    assert find_note(ax).txt.get_text() == "fitted to 50 of 300 rows, chosen at random"
    chosen = np.sort(np.random.default_rng(0).choice(300, 50, replace=False))
    expected = expected_numbers(X[chosen], 2, None)
    assert display.inertias[0] == pytest.approx(expected[0])
    assert display.silhouettes[0] == pytest.approx(expected[1])


@pytest.mark.parametrize("height", [0.05, 0.5, 0.95])
def test_the_legend_is_where_no_curve_is(height, ax):
    sizes = list(range(1, 11))
    inertias = [100, 50, 20, 10, 9, 8, 7, 6, 5, 4]
    display = ElbowDisplay(sizes, inertias, [np.nan, *[height] * 9]).plot(ax)
    legend = display.silhouette_ax_.get_legend()
    display.figure_.draw_without_rendering()
    box = legend.get_window_extent().transformed(display.silhouette_ax_.transAxes.inverted())
    assert not box.y0 < height < box.y1
    assert not any(box.y0 < inertia / 105 < box.y1 for inertia in inertias[5:])
