"""DensityDisplay and HistogramDisplay: levels, coverage, curves, and what they leave out."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import integrate, stats
from support.mixtures import fit_mixture
from support.samples import blobs, normal
from support.tables import table

from mixclust import GaussianMixture
from mixclust.plot import DensityDisplay, HistogramDisplay
from mixclust.plot._canvas import color_of, find_note

matplotlib.use("Agg")

STRUCTURES = ("full", "tied", "diag", "spherical")
X = blobs(0, 300, 3, 3)


@pytest.fixture
def ax():
    return Figure().subplots()


def note_of(ax):
    note = find_note(ax)
    return None if note is None else note.txt.get_text()


# The plane


@pytest.mark.parametrize("kind", STRUCTURES)
def test_the_density_is_the_marginals(kind, ax):
    mixture = GaussianMixture(3, covariance_type=kind, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(mixture, features=(2, 0), ax=ax)
    points = X[:50, [2, 0]].reshape(5, 10, 2)
    expected = np.exp(mixture.marginal([2, 0]).score_samples(points.reshape(-1, 2)))
    np.testing.assert_allclose(display.density(points).ravel(), expected, rtol=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 2", "feature 0")


def test_regions_hold_their_shares(ax):
    """Of draws that the display has not seen; three standard errors of both samples are 0.7 %."""
    mixture = GaussianMixture(3, random_state=0).fit(table("faithful"))
    display = DensityDisplay.from_estimator(mixture, shares=[0.95, 0.2, 0.5, 0.8], ax=ax)
    np.testing.assert_array_equal(display.shares_, [0.2, 0.5, 0.8, 0.95])
    densities = display.density(mixture.sample(100_000, random_state=1)[0])
    inside = [np.mean(densities >= level) for level in display.levels_]
    np.testing.assert_allclose(inside, display.shares_, atol=0.007)


def test_levels_of_one_gaussian_are_known(ax):
    """The region of share p of a Gaussian in the plane ends at 1 - p of the largest density."""
    covariance = np.array([[4.0, 1.0], [1.0, 0.5]])
    display = DensityDisplay([2.0], [[1.0, -1.0]], [covariance], shares=[0.5, 0.9]).plot(ax)
    highest = 1 / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
    np.testing.assert_allclose(display.levels_ / highest, [0.5, 0.1], atol=0.005)


def test_edges_lie_on_the_levels(ax):
    display = DensityDisplay.from_estimator(GaussianMixture(3, random_state=0).fit(X), X, ax=ax)
    np.testing.assert_array_equal(display.lines_.levels, display.levels_[::-1])
    for level, path in zip(display.lines_.levels, display.lines_.get_paths(), strict=True):
        assert len(path.vertices) > 50
        np.testing.assert_allclose(display.density(path.vertices), level, rtol=0.1)


def test_a_narrow_component_is_not_missed(ax):
    """Its width is a thousandth of the axis."""
    means, covariances = [[0.0, 0.0], [40.0, 40.0]], [100 * np.eye(2), 0.01 * np.eye(2)]
    display = DensityDisplay([0.7, 0.3], means, covariances, shares=[0.2]).plot(ax)
    [path] = display.lines_.get_paths()
    assert len(path.vertices) > 30
    off = np.linalg.norm(path.vertices - 40, axis=1)
    assert off.max() < 0.3


def test_rows_set_the_axes(ax):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(mixture, X, shares=0.999, ax=ax)
    np.testing.assert_array_equal(display.points_.get_offsets(), X[:, :2])
    for j, (low, high) in enumerate([ax.get_xlim(), ax.get_ylim()]):
        assert low < X[:, j].min() < X[:, j].max() < high
        assert high - low < 1.2 * np.ptp(X[:, j])


def test_many_rows_are_thinned_and_a_note_says_so(ax):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(mixture, X, max_rows=100, ax=ax)
    assert len(display.points_.get_offsets()) == 100
    assert note_of(ax) == "100 of 300 rows drawn, chosen at random"
    again = DensityDisplay.from_estimator(mixture, X, max_rows=100, ax=Figure().subplots())
    np.testing.assert_array_equal(again.points_.get_offsets(), display.points_.get_offsets())


def test_rows_far_from_the_mixture_are_drawn(ax):
    """The means are in view too, so that no level is out of it."""
    mixture = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(mixture, X[:1] + 1e3, ax=ax)
    assert ax.get_xlim()[0] < mixture.means_[:, 0].min() < 900 < ax.get_xlim()[1]
    assert len(display.points_.get_offsets()) == 1


def test_the_legend_has_the_shares(ax):
    DensityDisplay([1.0], [[0.0, 0.0]], [np.eye(2)], shares=[0.5, 0.025]).plot(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["2.5 %", "50 %"]


# One feature


@pytest.mark.parametrize("kind", STRUCTURES)
def test_curves_are_the_marginals(kind, ax):
    names = ["length", "width", "height"]
    data = pd.DataFrame(X, columns=names)
    mixture = GaussianMixture(3, covariance_type=kind, random_state=0).fit(data)
    display = HistogramDisplay.from_estimator(mixture, data, feature="height", ax=ax)
    marginal = mixture.marginal("height")
    x = display.total_.get_xdata()
    expected = np.exp(marginal.score_samples(pd.DataFrame({"height": x})))
    np.testing.assert_allclose(display.total_.get_ydata(), expected, rtol=1e-9)
    deviations = np.sqrt(np.broadcast_to(marginal.covariances_.ravel(), 3))
    for k, line in enumerate(display.lines_):
        curve = stats.norm.pdf(x, marginal.means_[k, 0], deviations[k])
        np.testing.assert_allclose(line.get_ydata(), mixture.weights_[k] * curve, rtol=1e-9)
        assert line.get_color() == color_of(k)
    assert ax.get_xlabel() == "height"
    assert [number.get_text() for number in display.numbers_] == ["0", "1", "2"]


def test_the_histogram_has_area_1_and_all_rows(ax):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    display = HistogramDisplay.from_estimator(mixture, X, feature=1, bins=7, ax=ax)
    assert len(display.bars_) == 7
    areas = [bar.get_height() * bar.get_width() for bar in display.bars_]
    assert sum(areas) == pytest.approx(1)
    counts, _ = np.histogram(X[:, 1], bins=7)
    np.testing.assert_allclose(areas, counts / 300)


def test_curves_without_rows_reach_their_ends(ax):
    display = HistogramDisplay([0.5, 0.5], [0.0, 10.0], [1.0, 4.0]).plot(ax)
    assert display.bars_ is None
    x, total = display.total_.get_data()
    assert (x.min(), x.max()) == (-4, 18)
    assert integrate.trapezoid(total, x) == pytest.approx(1, abs=1e-3)


def test_noise_is_not_a_curve(ax):
    rows = np.r_[blobs(0, 200, 2, 2), np.random.default_rng(0).uniform(-30, 30, size=(60, 2))]
    mixture = GaussianMixture(2, noise=True, random_state=0).fit(rows)
    display = HistogramDisplay.from_estimator(mixture, ax=ax)
    x, total = display.total_.get_data()
    assert integrate.trapezoid(total, x) == pytest.approx(1 - mixture.noise_weight_, abs=1e-3)
    plane = DensityDisplay.from_estimator(mixture, ax=Figure().subplots())
    expected = np.exp(mixture.without_noise().score_samples(rows))
    np.testing.assert_allclose(plane.density(rows), expected, rtol=1e-9)


def test_a_narrow_component_does_not_flatten_the_bars(ax):
    rows = np.concatenate([normal(0, 300), 6 + 1e-4 * normal(1, 300)])[:, np.newaxis]
    display = HistogramDisplay.from_estimator(fit_mixture(rows, 2, random_state=0), rows, ax=ax)
    highest = max(bar.get_height() for bar in display.bars_)
    assert highest < ax.get_ylim()[1] < 2 * highest
    assert note_of(ax) == "curves reach beyond the axes"
