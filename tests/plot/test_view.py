"""The view of axes: far rows are left out and counted, numbers at ticks do not touch each other."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from support.samples import blobs, normal

from mixclust import GaussianMixture
from mixclust.plot import DensityDisplay, HistogramDisplay, PairsDisplay, ProjectionDisplay
from mixclust.plot._canvas import find_note
from mixclust.plot._view import central_range, write_ticks

matplotlib.use("Agg")

NEAR = blobs(0, 1000, 3, 3)
FAR = NEAR.mean(axis=0) + 1e4 * np.array([[1.0, 1, 1], [-1, 1, 0.5]])
X = np.vstack([NEAR, FAR])
MIXTURE = GaussianMixture(3, random_state=0).fit(NEAR)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_the_range_reaches_half_of_the_extent_beyond_the_central_rows():
    rows = np.concatenate([np.linspace(0, 1, 10_001), [1.4, 1.6]])[:, np.newaxis]
    low, high = central_range(rows)
    first, last = np.quantile(rows, [0.005, 0.995])
    assert low == 0
    assert high == last + (last - first) / 2
    assert 1.4 < high < 1.6
    assert central_range(rows, np.array([[3.0]]))[1] == 3


@pytest.mark.parametrize("display", [ProjectionDisplay, DensityDisplay])
def test_far_rows_are_beyond_the_axes_and_counted(display, ax):
    drawn = display.from_estimator(MIXTURE, X, ax=ax)
    assert find_note(ax).txt.get_text() == "2 far rows beyond the axes"
    rows = drawn.rows[:1000]
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    assert (limits[:, 0] < rows.min(axis=0)).all()
    assert (limits[:, 1] > rows.max(axis=0)).all()
    assert (np.ptp(rows, axis=0) > 0.4 * np.ptp(limits, axis=1)).all()
    again = Figure().subplots()
    display.from_estimator(MIXTURE, NEAR, ax=again)
    note = find_note(again)
    assert note is None or "far" not in note.txt.get_text()


def test_bars_are_of_the_rows_in_view(ax):
    display = HistogramDisplay.from_estimator(MIXTURE, X[:-1], bins=10, ax=ax)
    assert find_note(ax).txt.get_text() == "1 far row beyond the axes"
    areas = [bar.get_height() * bar.get_width() for bar in display.bars_]
    assert sum(areas) == pytest.approx(1000 / 1001)
    assert ax.get_xlim()[1] < 100
    np.testing.assert_allclose(areas, np.histogram(NEAR[:, 0], bins=10)[0] / 1001)


def test_pairs_count_far_rows_once():
    axes = Figure().subplots(3, 3)
    PairsDisplay.from_estimator(MIXTURE, X, axes=axes)
    [note] = [text.get_text() for text in axes[0, 2].texts]
    assert note.split("\n")[-1] == "2 far rows beyond the axes"


@pytest.mark.parametrize("offset", [0, 1e5, 1e12])
@pytest.mark.parametrize("width", [1.5, 4.0, 12.0])
def test_numbers_at_ticks_do_not_touch_each_other(width, offset):
    figure = Figure(figsize=(width, 3))
    ax = figure.subplots()
    ax.set_xlim(offset - 12.5, offset + 31)
    write_ticks(ax)
    figure.draw_without_rendering()
    low, high = ax.get_xlim()
    shown = [
        label.get_window_extent()
        for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        if low <= place <= high
    ]
    assert len(shown) >= 2
    for box, other in itertools.pairwise(shown):
        assert box.x1 < other.x0
    assert (ax.xaxis.get_offset_text().get_text() == "") == (offset < 1e12)


def test_ticks_of_logarithms_are_the_callers(ax):
    ax.plot([1, 1000], [1, 2])
    ax.set_xscale("log")
    write_ticks(ax)
    ax.figure.draw_without_rendering()
    assert ax.get_xscale() == "log"


def test_a_feature_that_is_constant_has_a_histogram(ax):
    rows = np.column_stack([normal(0, 50), np.full(50, 3.0)])
    mixture = GaussianMixture(1, covariance_type="diag", reg_covar=1e-3).fit(rows)
    display = HistogramDisplay.from_estimator(mixture, rows, feature=1, ax=ax)
    assert np.isfinite(display.total_.get_ydata()).all()
    assert sum(bar.get_height() * bar.get_width() for bar in display.bars_) == pytest.approx(1)
