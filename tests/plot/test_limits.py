"""mixclust.plot: limits of axes, many rows, and notes about data that are not shown."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from support.mixtures import fit_mixture
from support.samples import blobs, normal
from support.tables import table

from mixclust import GaussianMixture, KMeans
from mixclust.plot import (
    ComponentsDisplay,
    ConvergenceDisplay,
    CriteriaDisplay,
    DensityDisplay,
    SilhouetteDisplay,
    UncertaintyDisplay,
    draw_ellipses,
    draw_rows,
)
from mixclust.plot._canvas import add_note, find_note
from mixclust.plot._numbers import SPACING_IN_POINTS, draw_numbers
from mixclust.plot._rows import MAX_ROWS, MIN_ROWS

matplotlib.use("Agg")

STRUCTURES = ("full", "tied", "diag", "spherical")
NAN = float("nan")


@pytest.fixture
def ax():
    return Figure(layout="constrained").subplots()


def note_of(ax):
    note = find_note(ax)
    return None if note is None else note.txt.get_text()


def share_of_axes(rows, ax):
    """Extent of rows along each axis, as a share of the axis."""
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    assert (limits[:, 0] <= rows.min(axis=0)).all()
    assert (rows.max(axis=0) <= limits[:, 1]).all()
    return np.ptp(rows, axis=0) / np.ptp(limits, axis=1)


def boxes_of(numbers):
    """Boxes around the discs of the numbers as drawn, in pixels."""
    numbers[0].figure.draw_without_rendering()
    return [number.get_bbox_patch().get_window_extent() for number in numbers]


# Components: the rows fill the axes, even if outlines reach far


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("features", [(0, 1), (0, 9), (8, 9), (4, 5)])
def test_rows_of_any_units_fill_the_axes_of_circles(features, offset, ax):
    """Features of scales from 1e-4 to 1e5, in which circles look like lines."""
    X = (blobs(0, 300, 10, 4) + offset) * 10.0 ** np.arange(-4, 6)
    kmeans = KMeans(4, random_state=0).fit(X)
    ComponentsDisplay.from_estimator(kmeans, X, features=features, ax=ax)
    assert (share_of_axes(X[:, features], ax) > 0.45).all()
    assert note_of(ax) == "outlines reach beyond the axes"


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("n_components", [1, 4, 30])
def test_rows_fill_the_axes_of_ellipses(kind, n_components, ax):
    X = blobs(1, 300, 3, 4)
    mixture = fit_mixture(X, n_components, covariance_type=kind, random_state=0)
    ComponentsDisplay.from_estimator(mixture, X, sigmas=[1, 40], ax=ax)
    assert (share_of_axes(X[:, :2], ax) > 0.45).all()


def test_rows_below_bound_the_view_of_ellipses_that_are_drawn_later(ax):
    X = blobs(1, 100, 2, 3)
    draw_rows(X, np.zeros(100, int), ax=ax)
    display = ComponentsDisplay(np.array([[0.0, 0.0]]), 1e8 * np.eye(2)[None]).plot(ax)
    assert (share_of_axes(X, ax) > 0.45).all()
    assert len(display.ellipses_[0]) == 2


def test_circles_that_fit_are_shown_whole_and_without_a_note(ax):
    X = blobs(0, 300, 2, 3)
    display = ComponentsDisplay.from_estimator(KMeans(3, random_state=0).fit(X), X, ax=ax)
    for [circle] in display.ellipses_:
        assert ax.get_xlim()[0] < circle.center[0] - circle.width / 2
        assert ax.get_ylim()[1] > circle.center[1] + circle.height / 2
    assert note_of(ax) is None


def test_means_are_in_view_where_the_rows_are_elsewhere(ax):
    mixture = GaussianMixture(2, random_state=0).fit(blobs(0, 100, 2, 2) + 1000)
    ComponentsDisplay.from_estimator(mixture, normal(0, 20, 2), ax=ax)
    share_of_axes(mixture.means_, ax)


def test_a_feature_that_is_constant_bounds_nothing(ax):
    X = np.column_stack([np.arange(20.0), np.zeros(20)])
    display = ComponentsDisplay.from_estimator(KMeans(2, random_state=0).fit(X), X, ax=ax)
    heights = [circle.height for [circle] in display.ellipses_]
    assert np.ptp(ax.get_ylim()) > max(heights) > 0


@pytest.mark.parametrize("scale", [1e-21, 1e-16, 1e-9, 1e-4, 1.0, 1e4, 1e9, 1e16, 1e21])
def test_ellipses_are_right_where_units_differ(scale, ax):
    """The extent along each feature is its standard deviation, and the area the determinant's.

    In units of the standard deviations, the ellipse is the same for all scales.
    """
    covariance = np.array([[scale**2, 0.6 * scale], [0.6 * scale, 1.0]])
    [[ellipse]] = draw_ellipses([[0, 0]], [covariance], sigmas=[1], ax=ax)
    angle = np.linspace(0, 2 * np.pi, 100_001)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    outline = ellipse.get_patch_transform().transform(circle)
    np.testing.assert_allclose(np.abs(outline).max(axis=0), [scale, 1.0], rtol=1e-6)
    assert ellipse.width * ellipse.height / 4 == pytest.approx(0.8 * scale, rel=1e-9)
    x, y = (outline / [scale, 1]).T
    np.testing.assert_allclose((x * x - 1.2 * x * y + y * y) / 0.64, 1, rtol=1e-6)


@pytest.mark.parametrize("number", [NAN, np.inf])
def test_ellipses_of_no_finite_size_are_refused(number, ax):
    with pytest.raises(ValueError, match=r"^means or covariances hold NaN or infinity; leave"):
        draw_ellipses([[0, 0]], [[[number, 0], [0, 1]]], ax=ax)
    with pytest.raises(ValueError, match=r"^means or covariances hold NaN or infinity; leave"):
        draw_ellipses([[0, number]], [np.eye(2)], ax=ax)
    assert not ax.has_data()


# Numbers of components


@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0, 10.0])
def test_numbers_do_not_cover_each_other(spread, ax):
    X = blobs(0, 200, 2, 4)
    UncertaintyDisplay(X, np.zeros(200, int), np.zeros(200)).plot(ax)
    display = ComponentsDisplay(spread * normal(3, 30, 2), np.array([np.eye(2)] * 30)).plot(ax)
    assert [number.get_text() for number in display.numbers_] == [str(k) for k in range(30)]
    for box, other in itertools.combinations(boxes_of(display.numbers_), 2):
        distance = np.hypot(*(box.get_points() - other.get_points()).mean(axis=0))
        assert distance > (box.width + other.width) / 2


def test_numbers_are_at_the_means_where_there_is_room(ax):
    ax.set(xlim=(-1, 5), ylim=(-1, 5))
    numbers = draw_numbers([[0, 0], [4, 0], [4, 0.01], [2, 4]], ax)
    ax.figure.draw_without_rendering()
    moved = [bool(np.hypot(*number.xyann)) for number in numbers]
    assert moved == [False, False, True, False]
    assert [number.arrow_patch.get_visible() for number in numbers] == moved
    assert np.hypot(*numbers[2].xyann) == pytest.approx(SPACING_IN_POINTS)
    ax.set(xlim=(3.99, 4.01), ylim=(-0.01, 0.02))  # a view that is zoomed in
    ax.figure.draw_without_rendering()
    assert numbers[2].xyann == (0, 0)


def test_numbers_cover_neither_legend_nor_note(ax):
    draw_rows([[0, 0], [1, 1]], [0, 1], ax=ax)
    add_note(ax, "a note")
    add_note(ax, "another note, which is longer")
    ax.scatter([], [], label="a legend")
    legend = ax.legend(loc="upper right")
    display = ComponentsDisplay(np.array([[0.97, 0.99], [0.0, -0.03]]), 1e-4 * np.ones((2, 2, 2)))
    for number in boxes_of(display.plot(ax).numbers_):
        assert not number.overlaps(legend.get_window_extent())
        assert not number.overlaps(find_note(ax).get_window_extent())


@pytest.mark.parametrize("n_components", [60, 61])
def test_too_many_numbers_are_a_note(n_components, ax):
    covariances = np.array([np.eye(2)] * n_components)
    display = ComponentsDisplay(9 * normal(0, n_components, 2), covariances).plot(ax)
    assert len(display.ellipses_) == n_components
    assert len(display.numbers_) == (60 if n_components == 60 else 0)
    assert note_of(ax) == (None if n_components == 60 else "numbers of 61 components left out")


# Many rows


def test_few_rows_are_all_drawn_at_full_size(ax):
    X = normal(0, 2000, 2)
    points = draw_rows(X, np.arange(2000) % 3, ax=ax)
    assert sum(len(of_label.get_offsets()) for of_label in points.values()) == 2000
    assert all((of_label.get_sizes() == 12).all() for of_label in points.values())
    assert note_of(ax) is None


def test_many_rows_are_a_share_of_each_label_and_a_note(ax):
    labels = np.repeat([0, 1, 2, 3], [150_000, 45_000, 4_990, 10])
    X = normal(0, 200_000, 2)
    points = draw_rows(X, labels, ax=ax)
    n_drawn = [len(points[k].get_offsets()) for k in range(4)]
    assert n_drawn == [15_000, 4_500, 499, 10]
    assert note_of(ax) == "20,009 of 200,000 rows drawn, chosen at random"
    for k in range(4):
        drawn = np.asarray(points[k].get_offsets())
        assert len(np.unique(drawn, axis=0)) == n_drawn[k]
        assert np.isin(drawn[:, 0], X[labels == k, 0]).all()
    again = draw_rows(X, labels, ax=Figure().subplots())
    np.testing.assert_array_equal(again[1].get_offsets(), points[1].get_offsets())


def test_the_caller_sets_max_rows(ax):
    X = blobs(0, 500, 2, 2)
    mixture = GaussianMixture(2, random_state=0).fit(X)
    for draw in (ComponentsDisplay.from_estimator, UncertaintyDisplay.from_estimator):
        display = draw(mixture, X, max_rows=100, ax=ax)
        n_drawn = sum(len(points.get_offsets()) for points in display.points_.values())
        assert abs(n_drawn - 100) <= 1
    assert note_of(ax) == f"{n_drawn} of 500 rows drawn, chosen at random"  # once
    with pytest.raises(ValueError, match=r"^max_rows=0 must be at least 1\.$"):
        draw_rows(X, np.zeros(500, int), max_rows=0, ax=ax)


def test_markers_share_the_area_and_the_legend_says_so(ax):
    n = MAX_ROWS
    uncertainty = np.linspace(0, 0.5, n)
    display = UncertaintyDisplay(normal(0, n, 2), np.zeros(n, int), uncertainty).plot(ax)
    np.testing.assert_allclose(display.points_[0].get_sizes(), (12 + 240 * uncertainty) / 10)
    sizes = [float(handle.get_sizes()[0]) for handle in ax.get_legend().legend_handles]
    np.testing.assert_allclose(sizes, [1.2, 7.2, 13.2])


@pytest.mark.parametrize(("n", "is_image"), [(2_000, False), (200_000, True)])
def test_files_of_shapes_hold_many_rows_as_an_image(n, is_image, ax):
    labels = np.arange(n) % 3
    for artists in (
        draw_rows(normal(0, n, 2), labels, ax=ax),
        SilhouetteDisplay(np.abs(np.sin(np.arange(n))), labels).plot(ax).bands_,
    ):
        assert [bool(artist.get_rasterized()) for artist in artists.values()] == [is_image] * 3


def test_labels_of_few_rows_are_in_front(ax):
    labels = np.repeat([0, 1, 2], [MIN_ROWS, 500, 100])
    points = draw_rows(normal(0, len(labels), 2), labels, ax=ax)
    assert list(points) == [0, 1, 2]
    assert list(ax.collections) == [points[1], points[2], points[0]]


@pytest.mark.parametrize(("sign", "corner"), [(1, "upper left"), (-1, "upper right")])
def test_the_legend_is_where_fewer_rows_are(sign, corner, ax):
    x = np.linspace(0, 1, 50)
    UncertaintyDisplay(np.column_stack([sign * x, x]), np.zeros(50, int), np.zeros(50)).plot(ax)
    ax.figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent()
    ax.get_legend().set_loc(corner)
    np.testing.assert_allclose(box.get_points(), ax.get_legend().get_window_extent().get_points())


def hidden_points(ax, points):
    """Number of points below the legend."""
    box = ax.get_legend().get_window_extent()
    return box.count_contains(ax.transData.transform(points))


@pytest.mark.parametrize("size", [(4.5, 4), (6.4, 4.8), (9, 3)])
def test_the_legend_hides_no_row_of_noise(size):
    """Two rows far from all others stand in the corners that the others leave free."""
    rows = np.r_[table("faithful"), [[1, 100], [5, 30]]]
    mixture = GaussianMixture(3, noise=True, random_state=0).fit(rows)
    for display in (UncertaintyDisplay, DensityDisplay):
        ax = Figure(figsize=size, layout="constrained").subplots()
        display.from_estimator(mixture, rows, ax=ax)
        ax.figure.draw_without_rendering()
        assert hidden_points(ax, rows) == 0


def test_the_legend_leaves_notes_free(ax):
    """Only the lower left corner has no rows, and it has a note."""
    rows = np.random.default_rng(0).uniform(size=(2000, 2))
    rows = rows[(rows > 0.5).any(axis=1)]
    n = len(rows)
    UncertaintyDisplay(rows, np.zeros(n, int), np.zeros(n), max_rows=n - 1).plot(ax)
    ax.figure.draw_without_rendering()
    note = find_note(ax).get_window_extent()
    box = ax.get_legend().get_window_extent()
    assert not note.overlaps(box)
    assert (ax.transData.inverted().transform(box.max) < 0.6).all()


@pytest.mark.parametrize("is_drawn", [False, True])
def test_a_legend_that_was_moved_stays(is_drawn):
    ax = Figure().subplots()
    x = np.linspace(0, 1, 50)
    UncertaintyDisplay(np.column_stack([x, x]), np.zeros(50, int), np.zeros(50)).plot(ax)
    if is_drawn:
        ax.figure.draw_without_rendering()
    ax.get_legend().set_loc("center")
    box = ax.get_legend().get_window_extent().get_points()
    for _ in range(2):
        ax.figure.draw_without_rendering()
        np.testing.assert_allclose(ax.get_legend().get_window_extent().get_points(), box)


# Criteria


def labels_of(display):
    return {kind: line.get_label() for (_, kind), line in display.lines_.items()}


def test_far_off_structures_do_not_flatten_the_best(ax):
    values = {
        ("bic", "full"): [1100.0, 1000.0, 1030.0, 1060.0],
        ("bic", "tied"): [1120.0, 1050.0, 1040.0, 2000.0],
        ("bic", "spherical"): [9000.0, 8000.0, 7000.0, 6000.0],
    }
    display = CriteriaDisplay([1, 2, 3, 4], values).plot(ax=ax)
    low, high = ax.get_ylim()
    assert low < 1000 < 1120 < high < 1300
    assert labels_of(display) == {
        "full": "full",
        "tied": "tied (1 above)",
        "spherical": "spherical (all above)",
    }
    np.testing.assert_array_equal(
        display.lines_["bic", "spherical"].get_ydata(), values["bic", "spherical"]
    )
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == [*labels_of(display).values(), "least BIC: 2 components, full"]
    ax.autoscale()
    assert ax.get_ylim()[1] > 9000


def test_one_bad_size_does_not_flatten_the_others(ax):
    curve = [20_000.0, 1050.0, 1000.0, 1010.0, 1020.0, 1030.0]
    display = CriteriaDisplay(range(1, 7), {("bic", "full"): curve}).plot(ax=ax)
    assert ax.get_ylim()[1] < 1100
    assert labels_of(display) == {"full": "full (1 above)"}


def test_curves_of_like_height_are_shown_whole(ax):
    values = {("bic", "full"): [900.0, 500.0, 400.0], ("bic", "tied"): [950.0, 600.0, 450.0]}
    display = CriteriaDisplay([1, 2, 3], values).plot(ax=ax)
    assert ax.get_ylim()[0] < 400 < 950 < ax.get_ylim()[1]
    assert labels_of(display) == {"full": "full", "tied": "tied"}


def test_criteria_of_one_size(ax):
    kinds = dict(zip(STRUCTURES, ([1000.0], [1010.0], [1050.0], [9000.0]), strict=True))
    values = {("bic", kind): value for kind, value in kinds.items()}
    display = CriteriaDisplay([3], values).plot(ax=ax)
    assert 1050 < ax.get_ylim()[1] < 1300
    assert labels_of(display)["spherical"] == "spherical (all above)"
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [3]


def test_the_best_is_in_view_of_limits_that_were_set_before(ax):
    """Limits set by another display or by the caller stay."""
    far = {("bic", "full"): [1050.0, 1000.0, 1020.0], ("bic", "tied"): [9000.0, 9000.0, 9000.0]}
    CriteriaDisplay([1, 2, 3], far).plot(ax=ax)
    CriteriaDisplay([1, 2, 3], {("bic", "full"): [600.0, 500.0, 550.0]}).plot(ax=ax)
    assert ax.get_ylim()[0] < 500 < 1050 < ax.get_ylim()[1] < 1200


@pytest.mark.parametrize("scale", ["log", "symlog"])
def test_scales_of_the_axes_are_the_callers(scale, ax):
    ax.set_yscale(scale)
    display = CriteriaDisplay([1, 2, 3], {("bic", "full"): [1050.0, 1000.0, 1e6]}).plot(ax=ax)
    ax.figure.draw_without_rendering()
    assert ax.get_yscale() == scale
    assert labels_of(display) == {"full": "full (1 above)"}


def test_missing_values_are_counted(ax):
    values = {
        ("bic", "full"): [NAN, NAN, NAN],
        ("bic", "tied"): [5.0, NAN, 3.0],
        ("bic", "diag"): [900.0, NAN, 4.0],
    }
    display = CriteriaDisplay([1, 2, 3], values).plot(ax=ax)
    assert labels_of(display) == {
        "full": "full (all missing)",
        "tied": "tied (1 missing)",
        "diag": "diag (1 missing, 1 above)",
    }
    only = CriteriaDisplay([1, 2], {("bic", "full"): [NAN, NAN]}).plot(Figure().subplots())
    assert labels_of(only) == {"full": "full (all missing)"}


def test_curves_that_cover_each_other_are_named(ax):
    X = blobs(0, 200, 1, 2)
    display = CriteriaDisplay.from_estimator(
        GaussianMixture(random_state=0), X, n_components=[1, 2], ax=ax
    )
    assert labels_of(display) == {
        "full": "full",
        "tied": "tied",
        "diag": "diag (covers full)",
        "spherical": "spherical (covers full)",
    }
    ties = {("bic", "full"): [7.0, 7.0], ("bic", "tied"): [7.0, 7.0]}
    tied = CriteriaDisplay([1, 2], ties).plot(Figure().subplots())
    assert labels_of(tied) == {"full": "full", "tied": "tied (covers full)"}
    assert tied.rings_["bic"].get_label() == "least BIC: 1 component, full"


def test_a_long_legend_is_beside_the_axes(ax):
    curves = {(name, kind): [2.0, 1.0] for name in ("bic", "icl") for kind in STRUCTURES}
    CriteriaDisplay([1, 2], curves).plot(ax)
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 >= ax.bbox.x1


def test_criteria_are_written_out_at_the_axis(ax):
    CriteriaDisplay([1, 2], {("bic", "full"): [12_345_678.5, 12_345_679.5]}).plot(ax)
    ax.figure.draw_without_rendering()
    assert ax.yaxis.get_offset_text().get_text() == ""


# Convergence


def test_a_run_that_begins_where_it_ends_is_level(ax):
    display = ConvergenceDisplay([-15.0600001, -15.06], converged=True).plot(ax)
    assert np.ptp(ax.get_ylim()) >= 0.01
    assert display.short_runs_ is None
    assert display.other_runs_ is None


def test_short_runs_are_beside_the_run(ax):
    X = blobs(0, 200, 3, 4)
    mixture = GaussianMixture(4, random_state=0).fit(X)
    scores = mixture.report_.runs[0].scores
    assert len(scores) > 1
    display = ConvergenceDisplay.from_estimator(mixture, ax=ax)
    n_below = 0
    label = display.short_runs_.get_label()
    if "more below" in label:
        n_below = int(label.split("(")[1].split()[0])
    drawn = np.asarray(display.short_runs_.get_offsets())
    np.testing.assert_array_equal(drawn[:, 0], 0)
    np.testing.assert_array_equal(np.sort(drawn[:, 1]), np.sort(scores)[n_below:])


def test_short_runs_that_would_flatten_the_run_are_counted(ax):
    bounds, scores = [-2.0, -1.5, -1.0], [-2.1, -3.0, -90.0, -80.0]
    display = ConvergenceDisplay(bounds, converged=True, short_runs=scores).plot(ax)
    np.testing.assert_array_equal(display.short_runs_.get_offsets()[:, 1], [-2.1, -3.0])
    assert display.short_runs_.get_label() == "short runs (2 more below)"
    assert ax.get_ylim()[0] > -10
    # A level run is flat on any axis: all are shown.
    level = ConvergenceDisplay([-1.0, -1.0], converged=True, short_runs=[-1.0, -90.0])
    assert len(level.plot(Figure().subplots()).short_runs_.get_offsets()) == 2


def test_ends_of_the_other_runs(ax):
    X = blobs(0, 200, 3, 4)
    mixture = GaussianMixture(4, init_params="random", n_init=4, random_state=0).fit(X)
    report = mixture.report_
    display = ConvergenceDisplay.from_estimator(mixture, ax=ax)
    others = [run for i, run in enumerate(report.runs) if i != report.best]
    expected = [(run.n_iter, run.lower_bound) for run in others]
    np.testing.assert_array_equal(display.other_runs_.get_offsets(), expected)
    assert display.short_runs_ is None
    low, high = ax.get_ylim()
    assert all(low < run.lower_bound < high for run in others)


def test_a_loaded_mixture_has_its_short_runs_too(ax, tmp_path):
    fitted = GaussianMixture(2, random_state=0).fit(blobs(0, 100, 2, 2))
    fitted.save(tmp_path / "mixture")
    loaded = GaussianMixture.load(tmp_path / "mixture")
    offsets = [
        ConvergenceDisplay.from_estimator(mixture, ax=ax).short_runs_.get_offsets()
        for mixture in (fitted, loaded)
    ]
    np.testing.assert_array_equal(*offsets)


def test_a_mixture_without_a_report_has_its_run_alone(ax):
    fitted = GaussianMixture(2, random_state=0).fit(blobs(0, 100, 2, 2))
    del fitted.report_  # as of a mixture that comes from scikit-learn
    display = ConvergenceDisplay.from_estimator(fitted, ax=ax)
    assert display.short_runs_ is None
    np.testing.assert_array_equal(display.line_.get_ydata(), fitted.lower_bounds_)
