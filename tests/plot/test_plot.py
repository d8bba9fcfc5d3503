"""mixclust.plot: the numbers of everything that is drawn."""

import itertools
import re
import shutil
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy import sparse, stats
from support.mixtures import fit_mixture
from support.samples import blobs, normal

import mixclust.plot
from mixclust import GaussianMixture, GaussianMixtureIC, KMeans, NotFittedError
from mixclust._mixture.sweep import fit_sweep
from mixclust.plot import (
    ComponentsDisplay,
    ConvergenceDisplay,
    CriteriaDisplay,
    SilhouetteDisplay,
    UncertaintyDisplay,
    draw_ellipses,
    draw_rows,
)
from mixclust.plot._canvas import COLORS, color_of, marker_of

matplotlib.use("Agg")

PROJECT = Path(__file__).parents[2]
STRUCTURES = ("full", "tied", "diag", "spherical")
X = blobs(0, 200, 3, 4)
MIXTURE = GaussianMixture(4, random_state=0).fit(X)
KMEANS = KMeans(4, random_state=0).fit(X)


@pytest.fixture
def ax():
    return Figure().subplots()


def outline(ellipse, n=24):
    """Points of an ellipse, in units of the data."""
    angle = np.linspace(0, 2 * np.pi, n)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    return ellipse.get_patch_transform().transform(circle)


def assert_is_contour(ellipse, mean, covariance, sigma):
    """Check the half-axes, and the Mahalanobis distance of every point of the outline."""
    lengths = sigma * np.sqrt(np.linalg.eigvalsh(covariance))
    np.testing.assert_allclose(sorted([ellipse.height / 2, ellipse.width / 2]), lengths, rtol=1e-9)
    off = outline(ellipse) - mean
    squares = np.einsum("ij,jk,ik->i", off, np.linalg.inv(covariance), off)
    np.testing.assert_allclose(squares, sigma**2, rtol=1e-6)


def covariance_matrix(mixture, k):
    """One covariance, written out for each structure."""
    covariances = mixture.covariances_
    return {
        "full": lambda: covariances[k],
        "tied": lambda: covariances,
        "diag": lambda: np.diag(covariances[k]),
        "spherical": lambda: covariances[k] * np.eye(mixture.n_features_in_),
    }[mixture.covariance_type]()


# Ellipses and circles


def test_ellipses_are_contours(ax):
    means = normal(1, 6, 2)
    factors = normal(2, 6, 2, 2)
    covariances = factors @ factors.swapaxes(1, 2)
    ellipses = draw_ellipses(means, covariances, sigmas=[0.5, 3], ax=ax)
    assert [len(of_component) for of_component in ellipses] == [2] * 6
    assert list(ax.patches) == [ellipse for of_component in ellipses for ellipse in of_component]
    for k in range(6):
        for ellipse, sigma in zip(ellipses[k], (0.5, 3), strict=True):
            assert_is_contour(ellipse, means[k], covariances[k], sigma)
            assert to_hex(ellipse.get_edgecolor()) == color_of(k).lower()


def test_the_whole_ellipse_is_in_view(ax):
    [[ellipse]] = draw_ellipses([[100, -50]], [[[9, 1], [1, 4]]], sigmas=[4], ax=ax)
    points = outline(ellipse)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < points[:, 0].min() < points[:, 0].max() < right
    assert bottom < points[:, 1].min() < points[:, 1].max() < top


def test_a_flat_component_is_a_line(ax):
    [[ellipse]] = draw_ellipses([[0, 0]], [[[1, 1], [1, 1]]], sigmas=[1], ax=ax)
    assert ellipse.height == pytest.approx(0, abs=1e-7)
    assert ellipse.angle % 180 == pytest.approx(45)


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("features", [(0, 1), (2, 0)])
def test_components_are_marginals(kind, features, ax):
    mixture = GaussianMixture(4, covariance_type=kind, random_state=0).fit(X)
    display = ComponentsDisplay.from_estimator(mixture, features=features, ax=ax)
    assert len(display.ellipses_) == 4
    assert display.points_ == {}
    for k, of_component in enumerate(display.ellipses_):
        covariance = covariance_matrix(mixture, k)[np.ix_(features, features)]
        for ellipse, sigma in zip(of_component, (1, 2), strict=True):
            assert_is_contour(ellipse, mixture.means_[k, list(features)], covariance, sigma)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2", "3"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == tuple(f"feature {j}" for j in features)


def test_coverage_is_a_share_of_the_probability(ax):
    coverage = [0.1, 0.5, 0.99]
    display = ComponentsDisplay.from_estimator(MIXTURE, coverage=coverage, ax=ax)
    np.testing.assert_allclose(display.sigmas, np.sqrt(stats.chi2.ppf(coverage, 2)), rtol=1e-12)


@pytest.mark.parametrize("option", ["sigmas", "coverage"])
def test_a_single_number_draws_a_single_ellipse(option, ax):
    number, several = (
        ComponentsDisplay.from_estimator(MIXTURE, **{option: value}, ax=ax)
        for value in (0.5, [0.5])
    )
    assert [len(of_component) for of_component in number.ellipses_] == [1] * 4
    for [found], [expected] in zip(number.ellipses_, several.ellipses_, strict=True):
        assert (found.width, found.height) == (expected.width, expected.height)


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, np.float32])
def test_circles_reach_the_farthest_row_of_the_plane(convert, ax):
    rows = convert(X)
    display = ComponentsDisplay.from_estimator(KMEANS, rows, features=(0, 2), ax=ax)
    centers = KMEANS.cluster_centers_[:, [0, 2]]
    distances = np.linalg.norm(X[:, [0, 2]] - centers[KMEANS.labels_], axis=1)
    for k, [circle] in enumerate(display.ellipses_):
        radius = distances[KMEANS.labels_ == k].max()
        assert circle.width == circle.height == pytest.approx(2 * radius, rel=1e-6)
        np.testing.assert_allclose(circle.center, centers[k])
    np.testing.assert_allclose(
        display.points_[1].get_offsets(), X[KMEANS.labels_ == 1][:, [0, 2]], rtol=1e-6
    )


def test_a_single_circle(ax):
    kmeans = KMeans(1).fit([[0.0, 0.0], [6.0, 8.0]])
    [[circle]] = ComponentsDisplay.from_estimator(kmeans, [[3.0, 16.0]], ax=ax).ellipses_
    assert (circle.width, tuple(circle.center)) == (24, (3, 4))


# Rows and their uncertainty


def test_rows_have_the_colours_of_their_labels(ax):
    rows, labels = normal(0, 40, 2), np.arange(40) % 3 * 7
    points = draw_rows(rows, labels, ax=ax)
    assert list(points) == [0, 7, 14]
    assert list(points.values()) == list(ax.collections)
    for k, collection in points.items():
        np.testing.assert_array_equal(collection.get_offsets(), rows[labels == k])
        assert to_hex(collection.get_facecolor()[0]) == color_of(k).lower()
        assert len(np.unique(collection.get_sizes())) == 1


def test_rows_of_noise_are_grey_crosses_in_every_picture_of_rows(ax):
    X = np.r_[blobs(0, 200, 2, 2), np.random.default_rng(0).uniform(-30, 30, size=(60, 2))]
    mixture = GaussianMixture(2, noise=True, random_state=0).fit(X)
    for display in (ComponentsDisplay, UncertaintyDisplay):
        points = display.from_estimator(mixture, X, ax=ax).points_
        assert sorted(points) == [-1, 0, 1]
        red, green, blue, _ = points[-1].get_facecolor()[0]
        assert red == green == blue
        assert len(points[-1].get_offsets()) == np.sum(mixture.predict(X) == -1)


def test_forty_two_labels_are_told_apart():
    assert len({(color_of(k), marker_of(k)) for k in range(42)}) == 42
    assert color_of(42) == COLORS[0]
    assert marker_of(42) == marker_of(0)


def test_area_grows_with_uncertainty(ax):
    display = UncertaintyDisplay.from_estimator(MIXTURE, X, features=(1, 2), ax=ax)
    uncertainty, labels = MIXTURE.uncertainty(X), MIXTURE.predict(X)
    assert uncertainty.max() > 0.1
    assert sorted(display.points_) == [0, 1, 2, 3]
    for k, points in display.points_.items():
        own = np.flatnonzero(labels == k)
        own = own[np.argsort(uncertainty[own], kind="stable")]
        np.testing.assert_array_equal(points.get_offsets(), X[own][:, [1, 2]])
        np.testing.assert_allclose(points.get_sizes(), 12 + 240 * uncertainty[own])
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "uncertainty"
    assert [text.get_text() for text in legend.get_texts()] == ["0", "0.25", "0.5"]
    sizes = [float(handle.get_sizes()[0]) for handle in legend.legend_handles]
    assert sizes == [12, 72, 132]


def test_names_of_features(ax):
    table = pd.DataFrame(X, columns=["length", "width", "height"])
    mixture = GaussianMixture(2, random_state=0).fit(table)
    features = ("height", "length")
    for display in (
        ComponentsDisplay.from_estimator(mixture, table, features=features, ax=ax),
        UncertaintyDisplay.from_estimator(mixture, table, features=[2, "length"], ax=ax),
    ):
        assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == features
        drawn = np.vstack([points.get_offsets() for points in display.points_.values()])
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(X[:, [2, 0]], axis=0))


# Criteria, convergence, silhouette


def test_criteria_equal_the_criteria_of_the_mixtures_of_a_sweep(ax):
    estimator = GaussianMixture(random_state=0, tol=1e-2)
    before = dict(vars(estimator))
    weights = np.arange(len(X)) % 3
    display = CriteriaDisplay.from_estimator(
        estimator,
        X,
        n_components=[3, 1, 5],
        covariance_types=("tied", "diag"),
        criteria=["aic", "icl"],
        sample_weight=weights,
        ax=ax,
    )
    assert vars(estimator) == before
    assert list(display.lines_) == [
        (criterion, kind) for criterion in ("aic", "icl") for kind in ("tied", "diag")
    ]
    sweeps = {
        kind: fit_sweep(
            GaussianMixture(covariance_type=kind, random_state=0, tol=1e-2), (3, 1, 5), X, weights
        )
        for kind in ("tied", "diag")
    }
    for (criterion, kind), line in display.lines_.items():
        expected = [getattr(sweeps[kind][n], criterion)(X, weights) for n in (3, 1, 5)]
        np.testing.assert_array_equal(line.get_xdata(), [3, 1, 5])
        np.testing.assert_array_equal(line.get_ydata(), expected)
        assert line.get_label().split(" (")[0] == f"{kind}, {criterion.upper()}"
    assert ax.get_ylabel() == "AIC and ICL (less is better)"


def test_the_least_value_is_ringed(ax):
    values = {
        ("bic", "full"): [5.0, 3.0, np.nan],
        ("bic", "diag"): [4.0, np.nan, 2.5],
        ("icl", "full"): [7.0, 6.0, 6.5],
        ("icl", "diag"): [8.0, 9.0, 6.5],
    }
    display = CriteriaDisplay([1, 2, 4], values).plot(ax=ax)
    assert display.best("bic") == (4, "diag")
    assert display.best("icl") == (2, "full")
    ring = display.rings_["bic"]
    assert (ring.get_xdata(), ring.get_ydata()) == (4, 2.5)
    assert ring.get_label() == "least BIC: 4 components, diag"
    with pytest.raises(ValueError, match=r"^criterion='aic' must be one of 'bic', 'icl'\.$"):
        display.best("aic")


@pytest.mark.parametrize(("on_collapse", "n_gaps"), [("floor", 1), ("restart", 0)])
def test_a_mixture_with_a_collapsed_component_is_a_gap_and_never_the_best(on_collapse, n_gaps, ax):
    """A mixture that recovered from the collapse of a component is drawn like the others."""
    rows = np.vstack([np.repeat([[0.0, 0.0], [1.0, 1.0]], 30, axis=0), 2 * normal(0, 60, 2) + 9])
    options = {"random_state": 0, "on_collapse": on_collapse, "max_iter": 1000}
    display = CriteriaDisplay.from_estimator(
        GaussianMixture(**options),
        rows,
        n_components=[1, 2, 4],
        covariance_types=("full", "spherical"),
        ax=ax,
    )
    assert fit_mixture(rows, 2, **options).bic(rows) < display.values["bic", "full"][0]
    np.testing.assert_array_equal(np.isnan(display.values["bic", "full"]), [False, True, True])
    assert np.isnan(display.values["bic", "spherical"]).sum() == n_gaps
    assert display.best("bic") == (2, "spherical")


def test_a_criterion_without_values_has_no_ring_and_no_best(ax):
    values = {("bic", "full"): [np.nan, np.nan], ("aic", "full"): [2, 1]}
    display = CriteriaDisplay([3, 4], values).plot(ax=ax)
    assert list(display.rings_) == ["aic"]
    with pytest.raises(ValueError, match=r"^criterion='bic' is NaN for every mixture"):
        display.best("bic")


def test_one_structure_leaves_colours_to_the_criteria(ax):
    display = CriteriaDisplay([1, 2], {("bic", "full"): [2, 1], ("aic", "full"): [1, 2]})
    lines = display.plot(ax=ax).lines_
    assert [line.get_label() for line in lines.values()] == ["BIC", "AIC"]
    assert [line.get_color() for line in lines.values()] == list(COLORS[:2])
    assert display.rings_["aic"].get_label() == "least AIC: 1 component"


def test_the_table_of_a_search_is_drawn_without_a_fit(monkeypatch):
    X = np.vstack([np.zeros((12, 2)), np.random.default_rng(0).normal(size=(60, 2)) + 9])
    search = GaussianMixtureIC((1, 2, 3), random_state=0).fit(X)
    monkeypatch.setattr(GaussianMixtureIC, "fit", None)
    monkeypatch.setattr(GaussianMixture, "fit", None)
    display = CriteriaDisplay.from_search(search, ax=Figure().subplots())
    assert len(display.lines_) == 14
    looks = {(line.get_color(), line.get_marker()) for line in display.lines_.values()}
    assert len(looks) == 14  # every curve has a look of its own
    for row in search.report_.rows:
        drawn = display.lines_["bic", row.covariance_type].get_ydata()[row.n_components - 1]
        np.testing.assert_equal(drawn, row.bic)
    assert np.isnan(display.lines_["bic", "full"].get_ydata()[1])
    both = CriteriaDisplay.from_search(
        search, criteria=["aic", "icl"], covariance_types=["EEI"], ax=Figure().subplots()
    )
    assert set(both.lines_) == {("aic", "EEI"), ("icl", "EEI")}


def test_a_search_that_cannot_be_drawn_is_refused():
    search = GaussianMixtureIC((1, 2), covariance_type="EEI", random_state=0)
    with pytest.raises(NotFittedError, match="GaussianMixtureIC is not fitted"):
        CriteriaDisplay.from_search(search)
    search.fit(np.random.default_rng(0).normal(size=(30, 2)))
    with pytest.raises(TypeError, match="pass a fitted GaussianMixtureIC"):
        CriteriaDisplay.from_search(search.best_estimator_)
    with pytest.raises(ValueError, match="covariance_types='full' must be one of 'EEI'"):
        CriteriaDisplay.from_search(search, covariance_types=["full"])
    with pytest.raises(ValueError, match="criteria is empty"):
        CriteriaDisplay.from_search(search, criteria=[])


def test_convergence_is_that_of_the_fit(ax):
    display = ConvergenceDisplay.from_estimator(MIXTURE, ax=ax)
    np.testing.assert_array_equal(display.line_.get_ydata(), MIXTURE.lower_bounds_)
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(1, MIXTURE.n_iter_ + 1))
    assert display.line_.get_label() == f"converged, {MIXTURE.n_iter_} iterations"
    other = ConvergenceDisplay([1.0, 2.0], converged=False).plot(ax=ax)
    assert other.line_.get_label() == "not converged, 2 iterations"
    assert other.line_.get_color() != display.line_.get_color()


def test_silhouettes_are_sorted_bands(ax):
    display = SilhouetteDisplay.from_estimator(KMEANS, X, ax=ax)
    silhouette = KMEANS.silhouette_samples(X)
    assert display.mean_line_.get_xdata()[0] == pytest.approx(silhouette.mean())
    bottom = 0
    for k, band in display.bands_.items():
        own = np.sort(silhouette[KMEANS.labels_ == k])
        vertices = band.get_paths()[0].vertices
        assert vertices[:, 1].min() == bottom
        assert vertices[:, 1].max() == bottom + len(own)
        for i, value in enumerate(own):
            at_row = vertices[np.isclose(vertices[:, 1], bottom + i)][:, 0]
            assert np.isclose(at_row, value).any()
        bottom += len(own) + 4
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("sizes", [[20] * 30, [1] * 40 + [200] * 3, [300, 300, 1, 300]])
def test_numbers_of_many_clusters_do_not_overlap(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    figure = Figure(layout="constrained")
    display = SilhouetteDisplay(np.full(len(labels), 0.5), labels).plot(ax=figure.subplots())
    figure.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in display.ax_.get_yticklabels()]
    assert all(low.y1 <= high.y0 for low, high in itertools.pairwise(boxes))
    assert len(boxes) >= min(len(sizes), 6)
    for tick in display.ax_.get_yticklabels():
        edges = display.bands_[int(tick.get_text())].get_paths()[0].vertices[:, 1]
        assert tick.get_position()[1] == (edges.min() + edges.max()) / 2


# Axes


DISPLAYS = {
    "components": lambda ax: ComponentsDisplay.from_estimator(MIXTURE, X, ax=ax),
    "circles": lambda ax: ComponentsDisplay.from_estimator(KMEANS, X, ax=ax),
    "uncertainty": lambda ax: UncertaintyDisplay.from_estimator(MIXTURE, X, ax=ax),
    "criteria": lambda ax: CriteriaDisplay.from_estimator(
        GaussianMixture(random_state=0), X, n_components=(1, 2), ax=ax
    ),
    "convergence": lambda ax: ConvergenceDisplay.from_estimator(MIXTURE, ax=ax),
    "silhouette": lambda ax: SilhouetteDisplay.from_estimator(KMEANS, X, ax=ax),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_axes_are_passed_or_new(name):
    before = plt.get_fignums()
    left, right = Figure().subplots(1, 2)
    display = DISPLAYS[name](left)
    assert display.ax_ is left
    assert display.figure_ is left.figure
    assert left.has_data()
    assert not right.has_data()
    assert display.plot(ax=right) is display
    assert display.ax_ is right
    assert len(left.get_children()) == len(right.get_children())
    right.figure.draw_without_rendering()
    assert plt.get_fignums() == before  # pyplot does not manage axes of the caller

    display = DISPLAYS[name](None)
    try:
        assert plt.gcf() is display.figure_
        assert display.figure_.axes == [display.ax_]
    finally:
        plt.close(display.figure_)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: draw_rows(X[:, :2], KMEANS.labels_)[0],
        lambda: draw_ellipses([[0, 0]], [np.eye(2)])[0][0],
    ],
)
def test_functions_make_a_figure_too(draw):
    figure = draw().axes.figure
    assert plt.gcf() is figure
    plt.close(figure)


def test_the_guide_shows_the_numbers_that_its_code_prints(tmp_path, monkeypatch, capsys):
    """Where a comment behind a print shows them; it may say more after a colon."""
    for name in ("banknote.csv", "faithful.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    guide = (PROJECT / "docs" / "plot.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", guide, flags=re.M | re.S):
        exec(compile(block, "plot.md", "exec"), {})
        printed = capsys.readouterr().out.splitlines()
        shown = re.findall(r"^print\(.*\)(?:  # ([^:\n]*).*)?$", block, re.M)
        for line, text in zip(printed, shown, strict=True):
            assert text in ("", line)
    plt.close("all")
    assert (tmp_path / "mixture.png").stat().st_size > 20_000
    assert (tmp_path / "pairs.png").stat().st_size > 20_000


def test_public_names_have_runnable_examples():
    for name in mixclust.plot.__all__:
        assert ">>>" in getattr(mixclust.plot, name).__doc__, name
