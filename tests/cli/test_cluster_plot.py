"""The picture of ``cluster --plot``: the choice of its axes, and the visibility of its parts."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from support.mixtures import fit_mixture
from support.samples import blobs, normal

from mixclust import GaussianMixture
from mixclust._cli.cluster_plot import (
    draw,
    draw_criterion,
    draw_histogram,
    draw_plane,
    find_axes,
    find_directions_of,
)
from mixclust._cli.main import main
from mixclust._mixture.choice import Choice
from mixclust._mixture.selection import Chosen
from mixclust.plot._canvas import find_note


@pytest.fixture
def ax():
    return Figure(layout="constrained").subplots()


def components(weights, means, covariances):
    return SimpleNamespace(
        weights=np.array(weights, float),
        means=np.array(means, float),
        covariances=np.array(covariances, float),
    )


def test_axes_show_the_difference_of_components():
    means = [[0, 0, 0, 0], [0, 9, 0, 4]]
    assert find_axes(components([0.5, 0.5], means, [np.eye(4)] * 2)) == [1, 3]


def test_a_component_of_few_rows_does_not_choose_the_axes():
    """The component differs in features 2 and 3, the others in features 0 and 1."""
    weights = [0.333, 0.333, 0.333, 0.001]
    means = [[0, 0, 0, 0], [4, 0, 0, 0], [0, 4, 0, 0], [2, 2, 50, 50]]
    covariances = [np.eye(4)] * 3 + [400 * np.eye(4)]
    assert find_axes(components(weights, means, covariances)) == [0, 1]
    assert find_axes(components([0.25] * 4, means, [np.eye(4)] * 4)) != [2, 3]


@pytest.mark.parametrize("units", [[1, 1, 1, 1], [1e-4, 1e6, 1, 1e-9]])
@pytest.mark.parametrize("offset", [0, 1e6])
def test_units_and_offsets_do_not_choose_the_axes(units, offset):
    means = (np.array([[0, 0, 0, 0], [0, 9, 0, 4], [0, 0, 0, 9]]) + offset) * units
    covariances = [np.diag(np.square(units, dtype=float))] * 3
    assert find_axes(components([0.4, 0.3, 0.3], means, covariances)) == [1, 3]


def test_thin_components_side_by_side_are_not_told_apart():
    """Features 0 and 1 are almost equal; the components differ invisibly in their difference."""
    thin = np.diag([1.0, 1.0, 0.1])
    thin[0, 1] = thin[1, 0] = 1 - 1e-8
    means = [[0, 0.001, 0], [0, -0.001, 1]]
    assert 2 in find_axes(components([0.5, 0.5], means, [thin, thin]))


@pytest.mark.parametrize("n_features", [2, 30])
def test_components_without_any_extent_have_axes(n_features):
    means = np.zeros((2, n_features))
    means[1, -1] = 1
    found = find_axes(components([0.5, 0.5], means, np.zeros((2, n_features, n_features))))
    assert n_features - 1 in found
    assert len(found) == 2


def test_many_rows_are_counted_in_the_picture(ax):
    X = blobs(0, 21_000, 2, 3)
    rows = SimpleNamespace(X=X, names=["a", "b"])
    chosen = Chosen(GaussianMixture(3, random_state=0).fit(X), X)
    draw_plane(ax, rows, chosen, [0, 1])
    assert find_note(ax).txt.get_text().endswith(" of 21,000 rows drawn, chosen at random")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")


def test_a_narrow_component_does_not_flatten_the_histogram(ax):
    X = np.concatenate([normal(0, 300), 6 + 1e-4 * normal(1, 300)])[:, np.newaxis]
    chosen = Chosen(fit_mixture(X, 2, random_state=0), X)
    draw_histogram(ax, SimpleNamespace(X=X, names=["a"], weights=None), chosen)
    highest = max(bar.get_height() for bar in ax.patches)
    assert highest < ax.get_ylim()[1] < 2 * highest
    assert find_note(ax).txt.get_text() == "curves reach beyond the axes"
    peaks = [line.get_ydata().max() for line in ax.lines[1:]]
    deviations = np.sqrt(chosen.covariances[:, 0, 0])
    np.testing.assert_allclose(peaks, chosen.weights / deviations / np.sqrt(2 * np.pi), rtol=0.01)


def test_curves_of_the_histogram_are_numbered(ax):
    X = blobs(0, 600, 1, 3)
    chosen = Chosen(GaussianMixture(30, random_state=0).fit(X), X)
    draw_histogram(ax, SimpleNamespace(X=X, names=["a"], weights=None), chosen)
    assert [text.get_text() for text in ax.texts] == [str(k) for k in range(30)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["mixture"]


def test_structures_out_of_view_are_named(ax):
    sizes, kinds = [1, 2, 3], ["full", "diag", "spherical"]
    values = {
        "full": [110.0, 100.0, 105.0],
        "diag": [np.nan] * 3,
        "spherical": [900.0, 800.0, 700.0],
    }
    choice = SimpleNamespace(
        criterion="bic",
        sizes=sizes,
        kinds=kinds,
        best=(2, "full"),
        values={(size, kind): values[kind][i] for kind in kinds for i, size in enumerate(sizes)},
    )
    draw_criterion(ax, choice)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["full", "diag (all missing)", "spherical (all above)", "least BIC"]
    assert ax.get_ylim()[1] < 200


def panels_of(X, axes=None):
    """The axes of the picture of a fit of three components."""
    choice = Choice(X, [2, 3], ["full"], "bic", {"random_state": 0})
    rows = SimpleNamespace(
        X=X, names=["a", "b", "c", "d"][: X.shape[1]], weights=None, is_sample=False
    )
    figures = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
        draw(None, "png", rows, choice, Chosen(choice.mixture, X), axes)
    return figures[0].axes


def test_a_table_of_more_columns_has_two_planes_and_a_projection():
    X = blobs(3, 200, 4, 3)
    first, second, projection, criterion = panels_of(X)
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in (first, second)]
    assert len(set(labels)) == 2
    assert projection.get_xlabel().startswith("direction 0, ")
    assert projection.get_title() == "discriminant projection of all columns"
    assert criterion.get_xlabel() == "components"
    assert first.get_title() == "3 components, full"
    assert [ax.get_legend() is None for ax in (first, second, projection)] == [False, True, True]
    first, second, _, _ = panels_of(X, [3, 1])
    assert (first.get_xlabel(), first.get_ylabel()) == ("d", "b")
    assert {second.get_xlabel(), second.get_ylabel()} != {"b", "d"}


def test_rows_set_the_axes_even_if_a_component_is_wide():
    X = blobs(3, 200, 3, 3)
    X[:20] += 40 * normal(5, 20, 3)
    for ax in panels_of(X)[:2]:
        pair = ["abc".index(name) for name in (ax.get_xlabel(), ax.get_ylabel())]
        for j, limits in zip(pair, (ax.get_xlim(), ax.get_ylim()), strict=True):
            assert np.ptp(limits) < 1.4 * np.ptp(X[:, j])


def test_columns_that_are_multiples_of_each_other_have_no_projection():
    means = np.outer([0.0, 9.0, 18.0], [1, 2, 3])
    flat = components([0.5, 0.25, 0.25], means, np.zeros((3, 3, 3)))
    assert find_directions_of(flat) is None
    round_ones = components(flat.weights, means, [np.eye(3)] * 3)
    assert len(find_directions_of(round_ones).shares) == 2


@pytest.mark.parametrize("n_features", [1, 2, 10])
@pytest.mark.parametrize("n_rows", [10, 500])
def test_tables_of_many_shapes_are_drawn(n_features, n_rows):
    X = blobs(2, n_rows, n_features, 2) * 10.0 ** np.arange(n_features) + 1e6
    options = {"random_state": 0}
    choice = Choice(X, [1, 2], ["diag", "spherical"], "bic", options)
    rows = SimpleNamespace(
        X=X, names=[f"c{j}" for j in range(n_features)], weights=None, is_sample=False
    )
    file = io.BytesIO()
    draw(file, "png", rows, choice, Chosen(choice.mixture, X))
    assert file.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize("n_columns", [1, 3])
def test_pictures_of_weighted_rows_have_weighted_bars(n_columns, tmp_path, monkeypatch):
    """The bars of --plot and of the pairs in --report have the shares of the weights."""
    monkeypatch.chdir(tmp_path)
    X = blobs(3, 90, n_columns, 2)
    counts = np.where(X[:, 0] < np.median(X[:, 0]), 9, 1)
    names = ",".join("abc"[:n_columns]) + ",n"
    np.savetxt("t.csv", np.column_stack([X, counts]), "%.17g", ",", header=names, comments="")
    figures, save = [], Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: figures.append(f) or save(f, *a, **k))
    arguments = ["t.csv", "--weights", "n", "--components", "2", "--quiet"]
    assert main(["cluster", *arguments, "--plot", "t.png", "--report", "t.html"]) == 0
    bars = [
        ax.containers[0] for figure in figures for ax in figure.axes if ax.containers and ax.patches
    ]
    assert len(bars) == (2 if n_columns == 1 else 3)
    edges = [bar.get_x() for bar in bars[0]] + [bars[0][-1].get_x() + bars[0][-1].get_width()]
    heights, _ = np.histogram(X[:, 0], bins=edges, weights=counts, density=True)
    np.testing.assert_allclose([bar.get_height() for bar in bars[0]], heights)
