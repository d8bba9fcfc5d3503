"""Labels and bits where a few rows lie far away, groups lie far apart, or rows and centres repeat.

Every label is compared with distances from differences in NumPy's float64, whichever of the ways
of the kernels decided it.
"""

from functools import partial

import numpy as np
import pytest
from support import reference
from support.runs import (
    backwards,
    bounded_passes,
    frame_of,
    island_passes,
    label,
    plain_passes,
    run,
    sorted_passes,
)
from support.samples import DTYPES, layouts, normal, whole_numbers

from mixclust import KMeans

N_ROWS, N_CLUSTERS = 8400, 24  # rows enough that islands are looked for
PASSES = {
    "plain": plain_passes,
    "islands": island_passes,
    "bounded": partial(bounded_passes, always=True),
    "either": partial(bounded_passes, always=False),
}


def blobs(d=5, n_blobs=N_CLUSTERS, size=8.0, spread=1.0):
    generator = np.random.default_rng(d)
    points = size * generator.standard_normal((n_blobs, d))
    return points[generator.integers(n_blobs, size=N_ROWS)] + spread * normal(7, N_ROWS, d)


def with_entry(value):
    X = blobs()
    X[5, 1] = value
    return X


def with_offsets(n_offsets, offset, n_columns=1):
    X = blobs()
    steps = np.random.default_rng(1).integers(n_offsets, size=N_ROWS)
    X[:, :n_columns] += offset * steps[:, np.newaxis]
    return X


def with_wrong_entries():
    X, generator = blobs(), np.random.default_rng(2)
    X[generator.random(N_ROWS) < 0.01] *= 10.0 ** generator.uniform(2, 12)
    X[generator.random(N_ROWS) < 0.3, 2] -= 3e5
    return X


def with_strays():
    """Two offsets, and a few rows anywhere between them."""
    X, generator = with_offsets(2, 1e6), np.random.default_rng(9)
    strays = generator.random(N_ROWS) < 0.2
    X[strays, 0] = 10.0 ** generator.uniform(1, 6, strays.sum())
    return X


def at_corners():
    """Offsets in any of four columns: no single column tells the groups apart."""
    X = blobs()
    X[:, :4] += 1e6 * np.random.default_rng(11).integers(2, size=(N_ROWS, 4))
    return X


def with_offsets_and_entry():
    X = with_offsets(12, 1e6)
    X[5] = 1e20
    return X


def beside_islands():
    """Three offsets; some rows have the offset of a group and lie far from it in another column."""
    X, generator = with_offsets(3, 1e6), np.random.default_rng(12)
    strays = generator.random(N_ROWS) < 0.2
    X[strays, 2] += 10.0 ** generator.uniform(2, 7, strays.sum())
    return X


SHAPES = {
    "blobs": blobs,
    "one large entry": partial(with_entry, 1e4),
    "one huge entry": partial(with_entry, 1e20),
    "heavy tails": lambda: np.random.default_rng(3).standard_t(1, (N_ROWS, 5)),
    "rows of any scale": lambda: blobs() * 10.0 ** (4 * normal(4, N_ROWS, 1)),
    "two offsets": partial(with_offsets, 2, 1e6),
    "two offsets of all columns": partial(with_offsets, 2, 1e9, 5),
    "offsets beyond float64": partial(with_offsets, 2, 1e15),
    "two offsets and rows between them": with_strays,
    "seven offsets": partial(with_offsets, 7, 3e5),
    "forty offsets": partial(with_offsets, 40, 1e6),
    "offsets of four columns": at_corners,
    "offsets and a huge entry": with_offsets_and_entry,
    "offsets and rows beside": beside_islands,
    "as many tight blobs as centres": partial(blobs, size=1e5, spread=1e-3),
    "tight blobs": partial(blobs, n_blobs=6, size=1e5, spread=1e-3),
    "wrong entries and an offset": with_wrong_entries,
    "copies of few rows": lambda: blobs()[np.random.default_rng(5).integers(15, size=N_ROWS)],
    "constant": lambda: np.full((N_ROWS, 5), 0.1),
    "whole numbers": lambda: whole_numbers(6, N_ROWS, 5, low=-2, high=3),
    "many features": partial(blobs, d=150),
    "tiny": lambda: with_offsets(2, 1e6) * 1e-140,
    "huge": lambda: with_offsets(2, 1e6) * 1e135,
}


BEYOND_FLOAT32 = {"tiny", "huge"}
each_shape = pytest.mark.parametrize(
    ("name", "dtype"),
    [(n, t) for n in SHAPES for t in DTYPES if t is np.float64 or n not in BEYOND_FLOAT32],
)


def shape(name, dtype):
    return SHAPES[name]().astype(dtype)


def start_of(X, n_clusters=N_CLUSTERS):
    return X[np.random.default_rng(8).choice(len(X), n_clusters, replace=False)].astype(float)


def check_labels(labels, X, centers):
    """Every label is a nearest centre, and the first of equal ones."""
    distances = reference.squared_distances(X, centers)
    smallest = distances.min(axis=1)
    chosen = distances[np.arange(len(X)), labels]
    # Sums of squares in two orders.
    np.testing.assert_allclose(chosen, smallest, rtol=1e-13, atol=0)
    _, first = np.unique(centers, axis=0, return_index=True)
    assert np.isin(labels, first).all()


def data_frame(X):
    """The frame that an estimator would use: about a row, scaled by the largest number."""
    size = abs(X.astype(float) - X[1].astype(float)).max()
    scale = 2.0 ** -np.frexp(size)[1] if size else 1.0
    return {"shift": X[1].astype(float), "scale": scale}


# ---------------------------------------------------------------------------- labels


@each_shape
@pytest.mark.parametrize("passes", PASSES)
def test_labels_of_a_run(name, dtype, passes):
    X = shape(name, dtype)
    frame = frame_of(X, **data_frame(X))
    make = PASSES[passes]
    for keep_panels in (False, True):
        lloyd = make(X, N_CLUSTERS, frame=frame, keep_panels=keep_panels)
        centers, labels = start_of(X), np.empty(len(X), dtype=np.int32)
        for max_iter in (1, 4):
            before = centers.copy()
            lloyd.run(centers, labels, max_iter, 0.0)
            check_labels(labels, X, centers)
            lloyd.label(before, labels)
            check_labels(labels, X, before)


@pytest.mark.parametrize("name", SHAPES)
def test_all_passes_give_the_same_run(name):
    X = shape(name, np.float64)
    frame, results = data_frame(X), []
    for make in PASSES.values():
        lloyd = make(X, N_CLUSTERS, frame=frame_of(X, **frame))
        centers, labels = start_of(X), np.empty(len(X), dtype=np.int32)
        inertia, n_iter = lloyd.run(centers, labels, 6, 0.0)
        results.append((centers.tobytes(), labels.tobytes(), inertia, n_iter))
    assert len(set(results)) == 1


@pytest.mark.parametrize("layout", ["Fortran", "both negative, Fortran", "steps", "read-only"])
def test_islands_at_any_stride(layout):
    X = with_offsets(3, 1e6)
    expected, _, _ = label(X, start_of(X))
    lloyd = island_passes(layouts(X)[layout], N_CLUSTERS)
    labels = np.empty(len(X), dtype=np.int32)
    lloyd.label(start_of(X), labels)
    np.testing.assert_array_equal(labels, expected)
    check_labels(labels, X, start_of(X))


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 5, 200])
def test_islands_of_any_number_of_clusters(n_clusters):
    X = with_offsets(2, 1e6)
    start, labels = start_of(X, n_clusters), np.empty(len(X), dtype=np.int32)
    island_passes(X, n_clusters).label(start, labels)
    check_labels(labels, X, start)


def test_rows_far_from_the_islands_they_are_nearest_to():
    X = with_offsets(2, 1e6)
    start = start_of(X)
    X[::3, 0] = np.linspace(-3e6, 4e6, len(X[::3]))
    labels = np.empty(len(X), dtype=np.int32)
    lloyd = island_passes(X, N_CLUSTERS)
    lloyd.label(start, labels)
    check_labels(labels, X, start)


def test_few_rows_are_measured_in_float64_beside_a_far_one():
    """A far centre and far rows leave float32 the others."""
    X = with_entry(1e4)
    centers = np.append(start_of(X), X[5:6], axis=0)
    labels, _, n_decided = label(X, centers, **data_frame(X))
    check_labels(labels, X, centers)
    assert n_decided < 0.01 * len(X)


def test_few_rows_are_measured_in_float64_beside_copies_of_centers():
    X = blobs()
    centers = np.repeat(start_of(X, 6), 4, axis=0)
    labels, _, n_decided = label(X, centers)
    check_labels(labels, X, centers)
    assert n_decided < 0.01 * len(X)


@pytest.mark.parametrize("passes", ["islands", "bounded"])
def test_few_rows_are_measured_in_float64_on_islands(passes):
    X = with_offsets(2, 1e6)
    lloyd = PASSES[passes](X, N_CLUSTERS, frame=frame_of(X, **data_frame(X)))
    start, labels = start_of(X), np.empty(len(X), dtype=np.int32)
    lloyd.label(start, labels)
    check_labels(labels, X, start)
    assert lloyd.n_decided < 0.01 * len(X)
    lloyd.run(start, labels, 3, 0.0)
    assert lloyd.n_decided < 0.01 * len(X)


@pytest.mark.parametrize("d", [5, 20])
def test_few_rows_are_measured_in_float64_on_many_islands(d):
    """Fifty offsets of one column: of some two centres, of some one."""
    offsets = np.random.default_rng(13).integers(50, size=N_ROWS)
    X = normal(14, N_ROWS, d)
    X[:, 3] += 1e6 * offsets
    first = [np.flatnonzero(offsets == offset)[: 1 + offset % 2] for offset in range(50)]
    centers = X[np.concatenate(first)]
    lloyd = island_passes(X, len(centers), frame=frame_of(X, **data_frame(X)))
    labels = np.empty(len(X), dtype=np.int32)
    lloyd.label(centers, labels)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))
    assert lloyd.n_decided < 0.01 * len(X)


def test_few_rows_are_measured_in_float64_beside_islands():
    """Rows that have the offset of an island, but lie far from it, meet all centres."""
    X = beside_islands()
    lloyd = island_passes(X, N_CLUSTERS, frame=frame_of(X, **data_frame(X)))
    start, labels = start_of(with_offsets(3, 1e6)), np.empty(len(X), dtype=np.int32)
    start[:6] = X[np.argsort(-X[:, 2])[:60:10]]
    lloyd.label(start, labels)
    check_labels(labels, X, start)
    assert lloyd.n_decided < 0.1 * len(X)


def test_rows_between_two_centers_are_measured_against_few():
    """The lowest index wins exact ties among many centres."""
    X = whole_numbers(0, 3000, 2, low=0, high=40)
    centers = whole_numbers(1, 400, 2, low=0, high=40) + 0.5
    centers = np.unique(centers, axis=0)[::-1].copy()
    for make in PASSES.values():
        labels = np.empty(len(X), dtype=np.int32)
        make(X, len(centers)).label(centers, labels)
        np.testing.assert_array_equal(labels, reference.nearest(X, centers))


@pytest.mark.parametrize("name", ["one huge entry", "seven offsets", "wrong entries and an offset"])
def test_a_pass_has_the_same_bits_whoever_maps_it(name):
    X = shape(name, np.float64)
    bounds = np.append(np.arange(0, N_ROWS, 960), N_ROWS).astype(np.intp)
    found = []
    for map_tasks in (None, backwards):
        for keep_panels in (False, True):
            found.append(
                run(
                    X, start_of(X), max_iter=4, passes=island_passes, bounds=bounds,
                    map_tasks=map_tasks, keep_panels=keep_panels,
                )
            )  # fmt: skip
    for other in found[1:]:
        assert other["labels"].tobytes() == found[0]["labels"].tobytes()
        assert other["centers"].tobytes() == found[0]["centers"].tobytes()
        assert other["inertia"] == found[0]["inertia"]


@pytest.mark.filterwarnings("ignore::mixclust.ConvergenceWarning")
@each_shape
def test_fit_and_predict(name, dtype):
    X = shape(name, dtype)
    model = KMeans(N_CLUSTERS, init=start_of(X), max_iter=4, tol=0)
    model.fit(X)
    centers = model.cluster_centers_.astype(float)
    check_labels(model.labels_, X, centers)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    np.testing.assert_array_equal(model.predict(X[:40]), model.labels_[:40])


# ---------------------------------------------------------------------------- margins


def test_margins_of_copied_centers_are_zero():
    X, centers = blobs(), start_of(blobs(), 6)
    centers[4] = centers[1]
    lloyd, labels = plain_passes(X, 6), np.empty(len(X), dtype=np.int32)
    lloyd.label(centers, labels)
    margins = np.empty(len(X))
    lloyd.measure(centers, labels, margins, margins=True)
    distances = np.sort(reference.squared_distances(X, centers), axis=1)
    assert (margins[labels == 1] == 0).all()
    np.testing.assert_allclose(margins, distances[:, 1] - distances[:, 0], atol=1e-2)


# ---------------------------------------------------------------------------- one feature

COLUMNS = {
    "normal": lambda: normal(0, 5000, 1),
    "heavy tails": lambda: np.random.default_rng(1).standard_cauchy((5000, 1)),
    "offset": lambda: normal(2, 5000, 1) + 1e6,
    "beyond float64": lambda: normal(2, 5000, 1) + 1e16,
    "whole numbers": lambda: whole_numbers(3, 5000, 1, low=-300, high=300),
    "few values": lambda: whole_numbers(4, 5000, 1, low=0, high=4),
    "constant": lambda: np.full((5000, 1), -0.3),
    "tiny": lambda: normal(5, 5000, 1) * 1e-150,
    "below float64": lambda: normal(5, 5000, 1) * 1e-170,
    "huge": lambda: normal(6, 5000, 1) * 1e150,
}


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 7, 8, 200, 1000])
@pytest.mark.parametrize("name", COLUMNS)
def test_sorted_centers(name, n_clusters):
    """Ties by rounding are ties; the lowest index wins."""
    X = COLUMNS[name]()
    centers = X[np.random.default_rng(9).choice(len(X), n_clusters)].copy()
    centers[1::3] += abs(centers[1::3]) / 128
    for X in (X, -X, np.round(X, 3)):  # noqa: B020
        labels = np.empty(len(X), dtype=np.int32)
        lloyd = sorted_passes(X, n_clusters)
        inertia = lloyd.label(centers, labels)
        expected = reference.nearest(X, centers)
        np.testing.assert_array_equal(labels, expected)
        assert inertia == pytest.approx(reference.inertia(X, centers, expected), rel=1e-12)
        distances = np.sort(reference.squared_distances(X, centers), axis=1)
        margins = np.empty(len(X))
        lloyd.measure(centers, labels, margins, margins=True)
        if n_clusters == 1:
            assert (margins == 0).all()
        else:
            expected = distances[:, 1] - distances[:, 0]
            np.testing.assert_allclose(margins, expected, rtol=1e-9, atol=1e-13 * distances.max())


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_run_with_sorted_centers(dtype):
    X = normal(0, 9001, 1, dtype=dtype)
    start = X[:300].astype(float)
    start[7] = start[3]
    expected = run(X, start, max_iter=7)
    found = run(X, start, max_iter=7, passes=sorted_passes)
    for name in ("centers", "labels"):
        np.testing.assert_array_equal(found[name], expected[name])
    assert found["inertia"] == expected["inertia"]


def test_one_feature_of_a_fit():
    X = normal(0, 20_000, 1)
    model = KMeans(300, init=X[:300], max_iter=3, tol=0).fit(X)
    np.testing.assert_array_equal(model.labels_, reference.nearest(X, model.cluster_centers_))
    np.testing.assert_array_equal(model.predict(X[::2][::-1]), model.labels_[::2][::-1])


def test_sorted_centers_need_one_feature():
    with pytest.raises(ValueError, match="one feature"):
        sorted_passes(normal(0, 10, 2), 3)


# ---------------------------------------------------------------------------- empty clusters


@pytest.mark.parametrize("n_far", [3, 20_000])
def test_empty_clusters_take_the_farthest_of_many_rows(n_far):
    """More rows than are ranked at a time, with ties: the earlier of equals refills first."""
    generator = np.random.default_rng(0)
    X = whole_numbers(1, 40_000, 2, low=-3, high=4)
    X[generator.choice(len(X), n_far, replace=False)] = [40.0, 0.0]
    X[generator.choice(len(X), 5)] = [0.0, 50.0]
    weights = np.where(generator.random(len(X)) < 0.5, 0.0, 1.0)
    start = np.zeros((30, 2))
    start[1] = [100.0, 100.0]
    found = run(X, start, max_iter=1, sample_weight=weights)
    distances = np.where(weights > 0, (X**2).sum(axis=1), -1)
    labels = reference.nearest(X, start)
    assert set(labels) == {0}
    far = np.argsort(-distances, kind="stable")[:29]
    np.testing.assert_array_equal(found["centers"][1:], X[far])


# ---------------------------------------------------------------------------- threads


@pytest.mark.parametrize("name", ["two offsets", "one huge entry", "heavy tails"])
def test_bits_do_not_depend_on_threads(name):
    X = np.tile(SHAPES[name](), (8, 1))
    X += 0.01 * normal(0, *X.shape)
    found = []
    for n_threads in (1, 2, 5):
        model = KMeans(60, init=start_of(X, 60), max_iter=4, tol=0, n_threads=n_threads)
        found.append(model.fit(X).cluster_centers_.tobytes() + model.labels_.tobytes())
    assert len(set(found)) == 1
