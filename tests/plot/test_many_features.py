"""PairsDisplay, ProjectionDisplay and MeansDisplay: pictures of more than two features."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import sparse
from support.samples import blobs, normal
from support.tables import table

from mixclust import GaussianMixture, KMeans, MiniBatchKMeans
from mixclust._mixture.directions import find_directions
from mixclust.plot import MeansDisplay, PairsDisplay, ProjectionDisplay
from mixclust.plot._canvas import find_note

matplotlib.use("Agg")

X = blobs(0, 300, 5, 4)
NAMES = ["a", "b", "c", "d", "e"]
MIXTURE = GaussianMixture(4, random_state=0).fit(X)
KMEANS = KMeans(4, random_state=0).fit(X)


@pytest.fixture
def ax():
    return Figure().subplots()


def clusters_of(labels, rows):
    """Shares, means and covariances of clusters."""
    parts = [rows[labels == k] for k in range(labels.max() + 1)]
    return (
        np.array([len(part) for part in parts]) / len(rows),
        np.array([part.mean(axis=0) for part in parts]),
        np.array([np.cov(part.T, bias=True) for part in parts]),
    )


# Pairs


def test_pairs_are_planes_below_the_diagonal_and_histograms_on_it():
    axes = Figure().subplots(3, 3)
    display = PairsDisplay.from_estimator(MIXTURE, X, features=[4, 0, 2], axes=axes)
    assert sorted(display.planes_) == [(1, 0), (2, 0), (2, 1)]
    assert display.feature_names == ["feature 4", "feature 0", "feature 2"]
    for (i, j), plane in display.planes_.items():
        pair = [[4, 0, 2][j], [4, 0, 2][i]]
        assert plane.ax_ is axes[i, j]
        np.testing.assert_array_equal(plane.means, MIXTURE.means_[:, pair])
        expected = MIXTURE.covariances_[:, pair][:, :, pair]
        np.testing.assert_array_equal(plane.covariances, expected)
        drawn = np.vstack([points.get_offsets() for points in plane.points_.values()])
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(X[:, pair], axis=0))
    for histogram, j in zip(display.histograms_, [4, 0, 2], strict=True):
        np.testing.assert_array_equal(histogram.means, MIXTURE.means_[:, j])
        np.testing.assert_array_equal(histogram.variances, MIXTURE.covariances_[:, j, j])
    assert [axes[2, j].get_xlabel() for j in range(3)] == display.feature_names
    assert [axes[i, 0].get_ylabel() for i in range(3)] == ["", *display.feature_names[1:]]


def test_axes_of_a_feature_have_the_same_limits():
    display = PairsDisplay.from_estimator(MIXTURE, X, axes=Figure().subplots(4, 4))
    axes = display.axes_
    for j in range(4):
        across = [axes[i, j].get_xlim() for i in range(j, 4)]
        along = [axes[j, i].get_ylim() for i in range(j)]
        for limits in (across + along)[1:]:
            np.testing.assert_allclose(limits, (across + along)[0], rtol=1e-6)


def test_the_features_that_separate_most_are_drawn():
    rows = normal(0, 300, 8)
    rows[100:, 2] += 7
    rows[200:, 5] += 7
    rows[:150, 6] += 3
    data = pd.DataFrame(rows, columns=list("ABCDEFGH"))
    for estimator in (
        GaussianMixture(3, covariance_type="diag", random_state=0),
        KMeans(3, random_state=0),
    ):
        display = PairsDisplay.from_estimator(
            estimator.fit(data), data, max_features=2, axes=Figure().subplots(2, 2)
        )
        assert display.feature_names == ["C", "F"]


def test_pairs_without_rows_and_on_a_new_figure():
    display = PairsDisplay.from_estimator(MIXTURE, max_features=3)
    assert display.axes_.shape == (3, 3)
    assert all(plane.points_ == {} for plane in display.planes_.values())
    assert all(histogram.bars_ is None for histogram in display.histograms_)
    display.figure_.draw_without_rendering()
    plt.close(display.figure_)


def test_the_corner_has_the_legend_and_the_notes():
    rows = np.r_[blobs(0, 200, 3, 2), np.random.default_rng(0).uniform(-30, 30, size=(60, 3))]
    mixture = GaussianMixture(2, noise=True, random_state=0).fit(rows)
    axes = Figure().subplots(3, 3)
    display = PairsDisplay.from_estimator(mixture, rows, max_rows=100, axes=axes)
    texts = [text.get_text() for text in axes[0, 2].get_legend().get_texts()]
    shares = np.round(100 * mixture.weights_ / mixture.weights_.sum()).astype(int)
    assert texts == [f"0 ({shares[0]} %)", f"1 ({shares[1]} %)", "noise"]
    [note] = [text.get_text() for text in axes[0, 2].texts]
    n_drawn = sum(len(points.get_offsets()) for points in display.planes_[1, 0].points_.values())
    assert f"{n_drawn} of 260 rows drawn, chosen at random" in note.split("\n")
    assert [find_note(ax) for ax in axes.flat] == [None] * 9


def test_pairs_of_many_components_name_the_rest():
    mixture = GaussianMixture(20, covariance_type="spherical", random_state=0).fit(X)
    axes = Figure().subplots(2, 2)
    PairsDisplay.from_estimator(mixture, X, max_features=2, axes=axes)
    assert len(axes[0, 1].get_legend().get_texts()) == 12
    assert "8 more components" in axes[0, 1].texts[0].get_text()


@pytest.mark.parametrize("convert", [np.asarray, np.float32, sparse.csr_array])
def test_pairs_of_clusters_have_the_spread_of_their_rows(convert):
    axes = Figure().subplots(2, 2)
    display = PairsDisplay.from_estimator(KMEANS, convert(X), features=(1, 3), axes=axes)
    weights, means, covariances = clusters_of(KMEANS.labels_, X[:, [1, 3]])
    np.testing.assert_allclose(display.weights, weights)
    np.testing.assert_allclose(display.means, means, rtol=1e-5)
    np.testing.assert_allclose(display.covariances, covariances, rtol=1e-4, atol=1e-6)


def test_a_cluster_of_one_row_is_drawn():
    rows = np.vstack([normal(0, 40, 3), [[50.0, 50.0, 50.0]]])
    display = PairsDisplay.from_estimator(
        KMeans(2, random_state=0).fit(rows), rows, axes=Figure().subplots(3, 3)
    )
    for histogram in display.histograms_:
        assert np.isfinite(histogram.total_.get_ydata()).all()


# Projection


def test_a_projection_shows_the_directions_of_the_mixture(ax):
    display = ProjectionDisplay.from_estimator(MIXTURE, X, mean_weight=0.3, ax=ax)
    found = find_directions(MIXTURE.weights_, MIXTURE.means_, MIXTURE.covariances_, 0.3)
    np.testing.assert_array_equal(display.vectors, found.vectors[:, :2])
    np.testing.assert_array_equal(display.shares, found.shares[:2])
    np.testing.assert_array_equal(display.means, found.project(MIXTURE.means_)[:, :2])
    labels = MIXTURE.predict(X)
    for k, points in display.points_.items():
        expected = found.project(X[labels == k])[:, :2]
        np.testing.assert_allclose(points.get_offsets(), expected, atol=1e-12)
    for k, of_component in enumerate(display.ellipses_):
        covariance = found.vectors[:, :2].T @ MIXTURE.covariances_[k] @ found.vectors[:, :2]
        lengths = np.sqrt(np.linalg.eigvalsh(covariance))
        for ellipse, sigma in zip(of_component, (1, 2), strict=True):
            found_lengths = sorted([ellipse.height / 2, ellipse.width / 2])
            np.testing.assert_allclose(found_lengths, sigma * lengths, rtol=1e-7)


def test_a_projection_separates_components_that_overlap_in_each_plane_of_features(ax):
    """The means differ by 1.2 standard deviations in each of 20 independent features."""
    rows = normal(0, 2000, 20)
    rows[1000:] += 1.2
    mixture = GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows)
    display = ProjectionDisplay.from_estimator(mixture, rows, ax=ax)
    left, right = (points.get_offsets()[:, 0] for points in display.points_.values())
    gap = abs(np.mean(left) - np.mean(right)) / np.std(left)
    assert gap > 0.9 * 1.2 * np.sqrt(20)
    assert display.shares[0] == pytest.approx(1)


def test_labels_of_axes_name_the_correlated_features(ax):
    rows = normal(0, 200, 4)
    rows[100:, 1] -= 9
    data = pd.DataFrame(rows, columns=["a", "a name of more than eighteen letters", "c", "d"])
    mixture = GaussianMixture(2, covariance_type="tied", random_state=0).fit(data)
    ProjectionDisplay.from_estimator(mixture, ax=ax)
    share, features = ax.get_xlabel().split("\n")
    assert share == "direction 0, 100 % of the separation"
    assert features.startswith("(+a name of more th…, ")
    assert ax.get_ylabel().startswith("direction 1, no separation\n(")


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_a_projection_of_clusters_shows_linear_discriminants(convert, ax):
    display = ProjectionDisplay.from_estimator(KMEANS, convert(X), ax=ax)
    weights, means, covariances = clusters_of(KMEANS.labels_, X)
    found = find_directions(weights, means, covariances, 1.0).take([0, 1])
    np.testing.assert_allclose(display.vectors, found.vectors, rtol=1e-6, atol=1e-9)
    expected = found.project_covariances(covariances)
    np.testing.assert_allclose(display.covariances, expected, rtol=1e-6, atol=1e-9)


def test_further_directions_and_streams_of_clusters(ax):
    estimator = MiniBatchKMeans(4, random_state=0).fit(X)
    display = ProjectionDisplay.from_estimator(estimator, X, directions=(2, 1), ax=ax)
    assert display.shares[0] < display.shares[1]
    assert ax.get_xlabel().startswith("direction 2, ")


def test_one_component_has_principal_components(ax):
    display = ProjectionDisplay.from_estimator(GaussianMixture(1).fit(X), X, ax=ax)
    np.testing.assert_array_equal(display.shares, [0, 0])
    assert ax.get_xlabel().startswith("direction 0, no separation")
    assert sorted(display.points_) == [0]


# Means


@pytest.mark.parametrize("estimator", [MIXTURE, KMEANS])
def test_means_are_in_standard_deviations(estimator, ax):
    display = MeansDisplay.from_estimator(estimator, X, ax=ax)
    means = MIXTURE.means_ if estimator is MIXTURE else estimator.cluster_centers_
    # At the maximum of the likelihood, the mixture has the mean and the covariance of the rows.
    expected = (means - X.mean(axis=0)) / X.std(axis=0)
    np.testing.assert_allclose(display.standardized, expected, atol=1e-4)
    np.testing.assert_array_equal(display.image_.get_array(), display.standardized)
    texts = [text.get_text() for text in display.texts_]
    assert texts == [f"{value:+.1f}" for value in display.standardized.ravel()]
    shares = [label.get_text() for label in ax.get_yticklabels()]
    assert shares == [f"{k} ({100 * w:.0f} %)" for k, w in enumerate(display.weights)]
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        f"feature {j}" for j in range(5)
    ]


def test_many_features_are_the_ones_that_separate_most(ax):
    means = 0.1 * normal(0, 2, 40)
    means[1, [7, 21]] += [3, -5]
    units = 10.0 ** (np.arange(40) % 5)  # in which variances say nothing
    mixture = GaussianMixture.from_parameters(
        [0.4, 0.6], means * units, np.array([units**2] * 2), covariance_type="diag"
    )
    display = MeansDisplay.from_estimator(mixture, max_features=2, ax=ax)
    assert display.feature_names == ["feature 7", "feature 21"]
    assert ax.get_xlabel() == "2 of 40 features, which separate the components most"


def test_a_map_of_many_cells_has_no_numbers(ax):
    display = MeansDisplay(np.zeros((30, 10)), np.full(30, 1 / 30), NAMES * 2).plot(ax)
    assert display.texts_ == []
    assert display.image_.get_clim() == (-2, 2)


def test_the_scale_of_colours_ends_at_two_standard_deviations(ax):
    display = MeansDisplay([[5.0, -1.0]], [1.0], ["a", "b"]).plot(ax)
    assert display.image_.get_clim() == (-2, 2)
    assert display.colorbar_.extend == "both"
    small = MeansDisplay([[0.5, -1.0]], [1.0], ["a", "b"]).plot(Figure().subplots())
    assert small.image_.get_clim() == (-1, 1)
    assert small.colorbar_.extend == "neither"


def test_digits_are_drawn(ax):
    """Pixels that are the same in all rows are no direction, and have a mean of 0."""
    D = np.zeros((150, 6))
    D[:, :4] = table("iris")
    kmeans = KMeans(3, random_state=0).fit(D)
    display = ProjectionDisplay.from_estimator(kmeans, D, ax=ax)
    np.testing.assert_array_equal(display.vectors[4:], 0)
    means = MeansDisplay.from_estimator(kmeans, D, ax=Figure().subplots())
    np.testing.assert_array_equal(means.standardized[:, 4:], 0)
