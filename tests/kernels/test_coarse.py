"""The first look at lower bounds, from rotated coordinates and from bytes, against NumPy."""

from functools import partial

import numpy as np
import pytest
from support import reference
from support.runs import (
    BOUNDS,
    backwards,
    byte_passes,
    label,
    prefix_passes,
    prefix_scores_of,
    run,
)
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal, whole_numbers

from mixclust.kernels.kmeans.byte_scores import MAX_FEATURES, ByteScores
from mixclust.kernels.kmeans.prefix_scores import PrefixScores

PASSES = {
    "prefix": prefix_passes,
    "prefix, not kept": partial(prefix_passes, max_bytes=0),
    "long prefix": partial(prefix_passes, n_axes=8),
    "bytes": byte_passes,
    "bytes, not kept": partial(byte_passes, max_bytes=0),
}


@pytest.fixture(params=PASSES)
def passes(request):
    """A function that makes the passes over X."""
    return PASSES[request.param]


def flat(seed, n, d, rank=6, dtype=np.float64):
    """Rows of a few clusters near a plane of few dimensions."""
    generator = np.random.default_rng(seed)
    X = blobs(seed, n, rank, 30) @ generator.standard_normal((rank, d))
    return (X + 0.3 * generator.standard_normal((n, d))).astype(dtype)


@pytest.mark.parametrize("n_clusters", [1, 2, 4, 5, 17, 530])
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_is_exact_on_whole_numbers(dtype, n_clusters, passes):
    """Many ties: equal centres, and centres at equal distances."""
    for n in (0, 1, 2, 47, 48, 49, 200):
        for d in (8, 17, 40):
            X = whole_numbers(n + d, n, d, dtype=dtype, low=-1, high=2)
            centers = whole_numbers(d, n_clusters, d, low=-1, high=2)
            labels, inertia, _ = label(X, centers, passes=passes)
            np.testing.assert_array_equal(labels, reference.nearest(X, centers))
            assert inertia == reference.inertia(X, centers, labels)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_label_at_any_stride(dtype, layout, passes):
    X = flat(0, 150, 30, dtype=dtype)
    centers = X[:40].astype(np.float64)
    labels, _, _ = label(layouts(X)[layout], centers, passes=passes)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_at_a_huge_offset(dtype, offset, passes):
    grid = whole_numbers(0, 400, 9, low=-2000, high=2000) * (64 if dtype is np.float32 else 1)
    X = (grid + offset).astype(dtype)
    centers = X[:30].astype(np.float64)
    expected = reference.nearest(X, centers)
    shift = X.mean(axis=0, dtype=np.float64)
    for frame in ({}, {"shift": shift}, {"shift": shift, "scale": 2.0**-17}):
        labels, _, _ = label(X, centers, passes=passes, **frame)
        np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("size", [1e-150, 1e-15, 1.0, 1e15, 1e150])
def test_labels_at_any_size(size, passes):
    X = flat(0, 200, 20) * size
    centers = X[:30].copy()
    expected = reference.nearest(X, centers)
    for scale in (1.0, 2.0 ** -np.ceil(np.log2(size))):
        labels, _, _ = label(X, centers, scale=scale, passes=passes)
        np.testing.assert_array_equal(labels, expected)


def test_labels_of_rows_far_from_all_others(passes):
    X = flat(0, 300, 20)
    X[5] = 1e4
    X[100, 3] = -1e9
    X[250] = 1e25
    centers = flat(0, 40, 20)
    labels, _, _ = label(X, centers, passes=passes)
    np.testing.assert_array_equal(labels, reference.nearest(X, centers))


def test_float64_decides_where_float32_cannot(passes):
    """Rows a few units of the 50th bit off the bisector of two centres, and of copies of them."""
    centers = np.zeros((20, 12))
    centers[:, 0] = np.tile([-1.0, 1.0], 10)
    sides = np.arange(-500, 501)
    X = np.column_stack([sides * 2.0**-45, normal(0, len(sides), 11)])
    for copies in (2, 6, 20):
        labels, _, n_decided = label(X, centers[:copies], passes=passes)
        np.testing.assert_array_equal(labels, sides > 0)
        assert n_decided == len(X)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_prefix_that_drops_nothing_is_given_up(seed):
    """Runs go on with all features, and the next run begins with the prefix again."""
    X = normal(seed, 960, 64)
    lloyd = prefix_passes(X, 100, always=False)
    for start in (X[:100], X[100:200]):
        centers, labels = start.copy(), np.empty(960, dtype=np.int32)
        inertia, n_iter = lloyd.run(centers, labels, 5, 0.0)
        expected = reference.lloyd(X, start, max_iter=5)
        np.testing.assert_array_equal(labels, expected["labels"])
        assert (n_iter, inertia) == (expected["n_iter"], pytest.approx(expected["inertia"]))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_run(dtype, weighted, passes):
    X = flat(1, 2000, 40, dtype=dtype)
    sample_weight = np.random.default_rng(1).integers(0, 4, 2000) * 1.0 if weighted else None
    start = np.concatenate([X[:60], X[:3], X[:1] + 1000])  # copies, and an empty cluster
    options = {"sample_weight": sample_weight, "max_iter": 40}
    expected = reference.lloyd(X, start, **options)
    found = run(X, start, passes=passes, **options)
    np.testing.assert_array_equal(found["labels"], expected["labels"])
    assert found["n_iter"] == expected["n_iter"]
    assert found["n_refilled"] == expected["n_refilled"] > 0
    assert found["inertia"] == pytest.approx(expected["inertia"], rel=1e-9)


def test_same_bits_whoever_maps_a_pass(passes):
    X = flat(1, 500, 70)
    here = run(X, X[:50], bounds=BOUNDS, passes=passes)
    there = run(X, X[:50], bounds=BOUNDS, map_tasks=backwards, passes=passes)
    plain = run(X, X[:50], bounds=BOUNDS)
    for name, value in here.items():
        np.testing.assert_array_equal(there[name], value, err_msg=name)
        np.testing.assert_array_equal(plain[name], value, err_msg=name)


def test_prefix_keeps_its_error():
    axes = prefix_scores_of(normal(0, 400, 100), 16)
    assert (axes.n_features, axes.n_axes) == (100, 16)
    assert 0 < axes.error < 1e-4
    skewed = PrefixScores(np.eye(4, 6, dtype=np.float32) * np.float32(1.1))
    assert skewed.error > 0.2


@pytest.mark.parametrize("shape", [(0, 4), (3, 8), (8, 4)])
def test_prefix_refuses_a_wrong_number_of_axes(shape):
    with pytest.raises(ValueError, match="multiple of four"):
        PrefixScores(np.eye(*shape, dtype=np.float32))


@pytest.mark.parametrize("n_features", [0, MAX_FEATURES + 1])
def test_bytes_refuse_a_wrong_number_of_features(n_features):
    with pytest.raises(ValueError, match="n_features must be"):
        ByteScores(n_features)


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_sums_of_products_of_bytes_do_not_overflow(value):
    """Each feature of rows and centres rounds to a byte of largest size."""
    X = np.full((3, MAX_FEATURES), value)
    X[1] /= 2
    X[2] = 0
    centers = np.concatenate([X, -X[:1]])
    labels, _, _ = label(X, centers, passes=byte_passes)
    assert labels.tolist() == [0, 1, 2]
