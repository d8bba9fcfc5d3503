"""Rows in their order along a curve, and their blocks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mixclust._kmeans import spatial_rows
from mixclust._kmeans.spatial_rows import curve_pairs, rows_of, sort_rows
from mixclust.kernels.rows import curve_order
from mixclust.kernels.rows.dense_rows import DenseRows
from mixclust.kernels.rows.rows import Frame

SHAPES = {
    "normal": lambda rng, n, d: rng.normal(size=(n, d)),
    "grid": lambda rng, n, d: rng.integers(0, 5, size=(n, d)).astype(float),
    "outlier": lambda rng, n, d: np.concatenate([[[1e9] * d], rng.normal(size=(n - 1, d))]),
    "tails": lambda rng, n, d: rng.standard_cauchy(size=(n, d)) ** 3,
    "constant": lambda rng, n, d: np.full((n, d), 3.5),
}


def sort(X, weights=None, n_threads=2):
    rows = DenseRows(X, weights)
    box = np.stack([X.min(axis=0), X.max(axis=0)]).astype(np.float64)
    pairs = curve_pairs(rows, box, n_threads)
    return sort_rows(rows, X, weights, pairs, Frame(np.zeros(X.shape[1])), n_threads)


def order_of(found, n):
    """The place of each row in the other order."""
    places = np.empty(n, dtype=np.int32)
    numbers = np.arange(found.rows.n_samples, dtype=np.int32)
    for s in range(16):
        found.order.take_range(numbers, places, s)
    return places


@pytest.fixture
def copies(monkeypatch):
    """The values and weights that `sort_rows` makes rows of."""
    found = []

    def make_rows(values, weights):
        found.append((values, weights))
        return DenseRows(values, weights)

    monkeypatch.setattr(spatial_rows.dense_rows, "DenseRows", make_rows)
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_row_has_its_place(shape, d, weighted, dtype, copies):
    n = 5000
    rng = np.random.default_rng(0)
    X = SHAPES[shape](rng, n, d).astype(dtype)
    weights = rng.uniform(size=n) if weighted else None
    found = sort(X, weights)
    (values, found_weights), places = copies[0], order_of(found, n)
    assert_array_equal(values[places], X)
    given = np.ones(n) if weights is None else weights
    total = np.bincount(places, given, minlength=len(values))
    if found_weights is None:
        assert len(values) == n
        assert_array_equal(np.sort(places), np.arange(n))
    else:
        assert_allclose(found_weights, total, rtol=1e-12)
    n_distinct = len(np.unique(X, axis=0))
    if n_distinct < n // 2:
        assert len(values) < n_distinct * 1.2 + 50


@pytest.mark.parametrize("shape", ["normal", "outlier"])
def test_neighbours_are_close(shape):
    X = SHAPES[shape](np.random.default_rng(0), 20_000, 2)
    places = order_of(sort(X), len(X))
    leaves = X[np.argsort(places)][:19_968].reshape(-1, 96, 2)
    sides = np.sort(leaves.max(axis=1) - leaves.min(axis=1), axis=0)
    assert (sides[len(sides) // 2] < 0.7).all()  # of rows that spread over 8


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
def test_neighbours_on_the_curve_lie_near_each_other(d):
    X = np.random.default_rng(d).uniform(size=(3000, d))
    order = rows_of(curve_pairs(DenseRows(X), np.array([np.zeros(d), np.ones(d)]), n_threads=1))
    assert_array_equal(np.sort(order), np.arange(3000))
    along = np.linalg.norm(np.diff(X[order], axis=0), axis=1).mean()
    assert along < 0.7 * np.linalg.norm(np.diff(X, axis=0), axis=1).mean()
    if d == 1:
        assert (np.diff(X[order, 0]) > -(2**-12)).all()  # a cell


def test_rows_of_one_cell_keep_their_order():
    rows = DenseRows(np.full((100, 2), 7.0))
    for low, high in ((7.0, 7.0), (1e9, 2e9), (-1e300, 7.0)):
        box = np.array([np.full(2, low), np.full(2, high)])
        assert_array_equal(rows_of(curve_pairs(rows, box, n_threads=1)), np.arange(100))


def test_threads_do_not_change_the_order():
    X = np.random.default_rng(0).normal(size=(50_000, 2))
    places = [order_of(sort(X, n_threads=n), len(X)) for n in (1, 4)]
    assert_array_equal(*places)


def test_ranges_are_checked():
    X = np.zeros((100, 2))
    rows, pairs = DenseRows(X, None), np.zeros(100, dtype=np.uint64)
    low, high = np.zeros(2), np.ones(2)
    with pytest.raises(IndexError):
        curve_order.write_keys(rows, 0, 101, low, high, pairs)
    with pytest.raises(ValueError, match="features"):
        curve_order.write_keys(rows, 0, 100, low[:1], high, pairs)
    with pytest.raises(IndexError):
        curve_order.count_digits(pairs, -1, 5, 0, np.zeros(curve_order.N_DIGITS, dtype=np.intp))
    with pytest.raises(ValueError, match="dtype"):
        curve_order.gather(rows, pairs, 0, 100, np.zeros((100, 2), dtype=np.float32))
    with pytest.raises(IndexError):
        curve_order.next_key(pairs, 101)
