"""MergingDisplay: the numbers of the curve, the lines and the ring."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from support.mclust_reference import mclust_mixture, mclust_numbers
from support.tables import table

from mixclust import GaussianMixture, merge_components
from mixclust.plot import MergingDisplay

matplotlib.use("Agg")

MERGED = merge_components(mclust_mixture(mclust_numbers(), "faithful", "full"), table("faithful"))


@pytest.fixture
def ax():
    return Figure().subplots()


def test_curve_against_clusters(ax):
    display = MergingDisplay.from_merged(MERGED, ax=ax)
    np.testing.assert_array_equal(display.line_.get_xdata(), [6, 5, 4, 3, 2, 1])
    np.testing.assert_array_equal(display.line_.get_ydata(), MERGED.entropies_)
    assert [float(value) for value in display.ring_.get_xdata()] == [MERGED.n_clusters_]
    assert display.ring_.get_label() == "bend: 2 clusters"
    assert display.ax_ is ax
    assert ax.get_xlabel() == "clusters"


def test_lines_fit_both_sides_of_the_bend(ax):
    display = MergingDisplay.from_merged(MERGED, ax=ax)
    x, y = MERGED.sizes_, MERGED.entropies_
    for line, side in zip(display.bend_, (x <= 2, x >= 2), strict=True):
        slope, intercept = np.polyfit(x[side], y[side], 1)
        np.testing.assert_allclose(
            line.get_ydata(), slope * np.array(line.get_xdata()) + intercept, atol=1e-9
        )
        np.testing.assert_array_equal(line.get_xdata(), [x[side].min(), x[side].max()])


def test_curve_against_merged_rows(ax):
    """The count of the last merger is all rows, and the first point has all mergers behind it."""
    display = MergingDisplay.from_merged(MERGED, against="merged rows", ax=ax)
    counts = mclust_numbers()["faithful.merged_counts"]
    np.testing.assert_array_equal(display.line_.get_xdata(), [counts[i:].sum() for i in range(6)])
    assert display.line_.get_xdata()[-2] == 272
    assert [text.get_text() for text in ax.texts] == ["6", "5", "4", "3", "2", "1"]


def test_few_components_have_no_bend(ax):
    X = table("faithful")
    merged = merge_components(GaussianMixture(2, random_state=0).fit(X), X)
    display = MergingDisplay.from_merged(merged, ax=ax)
    assert display.ring_ is None
    assert display.bend_ == []
    assert len(display.line_.get_xdata()) == 2


def test_refusals(ax):
    with pytest.raises(TypeError, match="merged is a GaussianMixture"):
        MergingDisplay.from_merged(GaussianMixture(2), ax=ax)
    with pytest.raises(ValueError, match="'clusters', 'merged rows'"):
        MergingDisplay.from_merged(MERGED, against="rows", ax=ax)
