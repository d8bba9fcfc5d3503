"""Promise 12: fits move with their rows, an integer weight repeats a row, and zero removes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.estimators import CASES, each_case
from support.estimators.case import Move
from support.samples import blobs, fitted_hash
from support.strategies import SEEDS, repeatable


def rows_and_start(case, generator, n, d, n_groups):
    """Rows with heavy tails, and a start for them."""
    X = generator.standard_normal((n, d)) ** 3
    return X, case.given_start(X, n_groups, generator.integers(2**32))


def reordering(generator, d):
    """Features in another order."""
    return Move(np.eye(d)[:, generator.permutation(d)], np.zeros(d))


def translation(generator, d):
    """Another origin."""
    return Move(np.eye(d), 1000 * generator.standard_normal(d))


def one_factor(generator, d):
    """Another unit, or another direction of all axes."""
    return Move(generator.uniform(-100, 100) * np.eye(d), np.zeros(d))


def factors(generator, d):
    """Another unit of each feature."""
    return Move(np.diag(np.exp(generator.uniform(-9, 9, d))), np.zeros(d))


def rotation(generator, d):
    """Other axes, perhaps mirrored."""
    return Move(np.linalg.qr(generator.standard_normal((d, d)))[0], np.zeros(d))


MOVES = {
    "reordered features": reordering,
    "translation": translation,
    "one factor": one_factor,
    "a factor for each feature": factors,
    "rotation": rotation,
}


@pytest.mark.parametrize(
    ("case", "name"),
    [pytest.param(case, name, id=f"{case.name}-{name}") for case in CASES for name in case.moves],
)
@repeatable(25)
@given(seed=SEEDS, n=st.integers(60, 300), d=st.integers(1, 9), n_groups=st.integers(1, 8))
def test_fits_move_with_their_rows(case, name, seed, n, d, n_groups):
    generator = np.random.default_rng(seed)
    X, start = rows_and_start(case, generator, n, d, n_groups)
    options = case.rotated if name == "rotation" else {}
    move = MOVES[name](generator, d)
    moved = case.fit_from(move(X), case.start_moved(start, move), **options)
    case.check_same(moved, case.fit_from(X, start, **options), move=move)


@pytest.mark.parametrize(**each_case([case for case in CASES if case.moves]))
@repeatable(25)
@given(seed=SEEDS, n=st.integers(60, 300), d=st.integers(1, 9), n_groups=st.integers(1, 8))
def test_order_of_rows_and_of_groups(case, seed, n, d, n_groups):
    generator = np.random.default_rng(seed)
    X, start = rows_and_start(case, generator, n, d, n_groups)
    fit = case.fit_from(X, start)
    rows = generator.permutation(n)
    case.check_same(case.fit_from(X[rows], case.start_of_rows(start, rows)), fit, rows=rows)
    groups = generator.permutation(n_groups)
    case.check_same(case.fit_from(X, case.start_of_groups(start, groups)), fit, groups=groups)


@pytest.mark.parametrize(**each_case(CASES))
@repeatable(25)
@given(seed=SEEDS, n=st.integers(60, 200), d=st.integers(1, 9), n_groups=st.integers(1, 8))
def test_weights_repeat_rows_and_zero_removes_them(case, seed, n, d, n_groups):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d))
    start = case.given_start(X, n_groups, seed)
    sample_weight = generator.integers(0, 4, n)
    sample_weight[:n_groups] += 1
    fit = case.fit_from(X, start, sample_weight=sample_weight)

    repeat = np.repeat(np.arange(n), sample_weight)
    repeated = case.fit_from(X[repeat], case.start_of_rows(start, repeat))
    repeated = case.renumbered(repeated, fit, repeat)
    # Copies of a row may refill two clusters.
    if not any(getattr(each, "n_empty_clusters_refilled_", 0) for each in (fit, repeated)):
        case.check_same(repeated, fit, rows=repeat)
        for total in case.totals:
            found = getattr(fit, total)(X, sample_weight=sample_weight)
            assert found == pytest.approx(getattr(fit, total)(X[repeat]), rel=1e-10), total

    there = np.flatnonzero(sample_weight)
    weights = sample_weight[there]
    absent = case.fit_from(X[there], case.start_of_rows(start, there), sample_weight=weights)
    absent = case.renumbered(absent, fit, there)
    case.check_same(absent, fit, rows=there)
    np.testing.assert_array_equal(absent.predict(X), fit.predict(X))

    if not case.ratios_of_weights_count_alone:
        return
    factor = 10.0 ** generator.uniform(-9, 9)
    scaled = case.fit_from(X, start, sample_weight=sample_weight * factor)
    case.check_same(case.renumbered(scaled, fit, np.arange(n)), fit, weight=factor)


@pytest.mark.parametrize(**each_case(CASES))
def test_unit_weights_are_no_weights(case):
    X = blobs(1, 3000, 5, 9)
    options = {"n_init": 2, "random_state": 0, "max_iter": 50}
    fit = case.fit(X, 9, **options)
    weighted = case.fit(X, 9, sample_weight=np.ones(3000), **options)
    case.check_same(weighted, fit)
    if case.unit_weights_change_no_bit:
        assert fitted_hash(weighted) == fitted_hash(fit)
    if case.ratios_of_weights_count_alone:
        case.check_same(case.fit(X, 9, sample_weight=2, **options), fit, weight=2)


@pytest.mark.parametrize(
    ("case", "start"),
    [pytest.param(c, start, id=f"{c.name}-{start}") for c in CASES for start in c.starts],
)
def test_starts_never_choose_an_absent_row(case, start):
    """Rows of zero weight, however far away, are not there for any start."""
    X = np.vstack([blobs(1, 300, 2, 3), np.full((300, 2), 1e6)])
    sample_weight = np.repeat([1.0, 0.0], 300)
    for seed in range(5):
        options = {case.start: start, "random_state": seed, "n_init": 1}
        fit = case.fit(X, 3, sample_weight=sample_weight, **options)
        centers = getattr(fit, case.centers)
        assert np.abs(centers).max() < 100
