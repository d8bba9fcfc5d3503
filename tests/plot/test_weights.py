"""Displays that sum over rows: a whole weight counts as copies of its row, 0 as an absent row."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from support.samples import blobs

from mixclust import GaussianMixture, KMeans
from mixclust.plot import (
    HistogramDisplay,
    MeansDisplay,
    PairsDisplay,
    ProjectionDisplay,
    SilhouetteDisplay,
)

matplotlib.use("Agg")

X = blobs(0, 120, 3, 3)
COUNTS = np.random.default_rng(1).integers(0, 5, len(X))
COUNTS[:40] *= 3
COPIES = np.repeat(X, COUNTS, axis=0)
MIXTURE = GaussianMixture(3, random_state=0).fit(COPIES)
KMEANS = KMeans(3, random_state=0).fit(COPIES)


@pytest.fixture
def ax():
    return Figure().subplots()


def bars_of(display):
    return [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in display.bars_]


def test_bars_of_a_histogram_sum_the_weights(ax):
    options = {"feature": 1, "bins": 9, "ax": ax}
    display = HistogramDisplay.from_estimator(MIXTURE, X, sample_weight=COUNTS, **options)
    copies = HistogramDisplay.from_estimator(MIXTURE, COPIES, **options)
    np.testing.assert_allclose(bars_of(display), bars_of(copies))
    assert sum(width * height for _, width, height in bars_of(display)) == pytest.approx(1)


@pytest.mark.parametrize("estimator", [MIXTURE, KMEANS])
def test_histograms_and_clusters_of_pairs_sum_the_weights(estimator):
    def pairs(rows, **options):
        return PairsDisplay.from_estimator(
            estimator, rows, features=[0, 2], axes=Figure().subplots(2, 2), **options
        )

    display, copies = pairs(X, sample_weight=COUNTS), pairs(COPIES)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(display, name), getattr(copies, name), rtol=1e-9)
    for found, expected, j in zip(display.histograms_, copies.histograms_, [0, 2], strict=True):
        edges = [x for x, _, _ in bars_of(found)] + [sum(bars_of(found)[-1][:2])]
        heights, _ = np.histogram(COPIES[:, j], bins=edges, density=True)
        np.testing.assert_allclose([height for _, _, height in bars_of(found)], heights)
        assert len(expected.bars_) >= len(found.bars_)


def test_means_and_directions_of_clusters_know_weights(ax):
    options = {"sample_weight": COUNTS, "ax": ax}
    means = MeansDisplay.from_estimator(KMEANS, X, **options)
    copies = MeansDisplay.from_estimator(KMEANS, COPIES, ax=ax)
    np.testing.assert_allclose(means.standardized, copies.standardized, atol=1e-9)
    np.testing.assert_allclose(means.weights, copies.weights)
    plane = ProjectionDisplay.from_estimator(KMEANS, X, **options)
    copies = ProjectionDisplay.from_estimator(KMEANS, COPIES, ax=ax)
    np.testing.assert_allclose(plane.shares, copies.shares, atol=1e-9)
    np.testing.assert_allclose(plane.covariances, copies.covariances, atol=1e-6)


def test_silhouettes_are_bands_of_weight(ax):
    display = SilhouetteDisplay.from_estimator(KMEANS, X, sample_weight=COUNTS, ax=ax)
    copies = SilhouetteDisplay.from_estimator(KMEANS, COPIES, ax=ax)
    assert display.mean_line_.get_xdata()[0] == pytest.approx(copies.mean_line_.get_xdata()[0])
    for k, band in copies.bands_.items():
        expected = band.get_paths()[0].get_extents()
        found = display.bands_[k].get_paths()[0].get_extents()
        assert found.height == pytest.approx(expected.height)
        assert found.width == pytest.approx(expected.width)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: HistogramDisplay.from_estimator(MIXTURE, sample_weight=COUNTS),
            "sample_weight came without X, the rows that it weighs; pass both",
        ),
        (
            lambda: PairsDisplay.from_estimator(MIXTURE, X, sample_weight=COUNTS[:-1]),
            r"sample_weight has shape \(119,\), but X has 120 rows",
        ),
        (
            lambda: SilhouetteDisplay.from_estimator(KMEANS, X, sample_weight=-1.0),
            "a negative weight",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
