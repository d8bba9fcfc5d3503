"""Answers of a compiled mixture about rows, and results of its runs, against a plain reference."""

import os

import numpy as np
import pytest
from support.mixture_reference import (
    STRUCTURES,
    Mixture,
    em,
    expect,
    log_densities,
    maximise,
    one_hot,
)
from support.mixture_runs import answers, assert_same_mixture, compiled, parameters, use
from support.runs import BOUNDS, backwards
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal

from mixclust.kernels.mixture.convergence import extrapolate_gain

FLOOR = 0.01


@pytest.fixture(params=STRUCTURES)
def structure(request):
    """The structure of the covariances."""
    return request.param


def mixture_of(d, n_components, structure, *, spread=3.0):
    """Draw a mixture of components about `spread` standard deviations from the origin."""
    generator = np.random.default_rng(d)
    basis = generator.standard_normal((n_components, 2 * d + 2, d))
    covariances = np.swapaxes(basis, 1, 2) @ basis / (2 * d + 2)
    if structure == "tied":
        covariances[:] = covariances[0]
    elif structure != "full":
        variances = generator.uniform(0.5, 2, (n_components, 1 if structure == "spherical" else d))
        covariances = variances[:, :, np.newaxis] * np.eye(d)
    means = spread * generator.standard_normal((n_components, d))
    return Mixture(generator.dirichlet(np.ones(n_components)), means, covariances)


def assert_right_answers(found, X, mixture):
    labels, log_prob, resp = found
    joint = log_densities(X, mixture)
    expected_resp, expected_log_prob = expect(X, mixture)
    np.testing.assert_array_equal(labels, joint.argmax(axis=1))
    np.testing.assert_allclose(log_prob, expected_log_prob, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(resp, expected_resp, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-14)


# ---------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("d", "n_components"),
    [(1, 1), (1, 5), (2, 2), (3, 100), (9, 7), (16, 2), (17, 31), (33, 3), (130, 2)],
)
def test_answers(d, n_components, structure):
    mixture = mixture_of(d, n_components, structure)
    for n in (1, 2, 47, 48, 49, 500):
        X = 2 * normal(n, n, d)
        kernel, shift = compiled(structure, X, n_components)
        use(kernel, shift, structure, mixture)
        assert_right_answers(answers(kernel, n, n_components), X, mixture)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_answers_at_any_stride(dtype, layout, structure):
    X, mixture = 2 * normal(1, 130, 5, dtype=dtype), mixture_of(5, 4, structure)
    kernel, shift = compiled(structure, layouts(X)[layout], 4)
    use(kernel, shift, structure, mixture)
    assert_right_answers(answers(kernel, 130, 4), X, mixture)


@pytest.mark.parametrize("weighted", [False, True])
def test_answers_have_the_same_bits_for_any_shards_and_weights(weighted, structure):
    X, mixture = 2 * normal(1, 500, 5), mixture_of(5, 4, structure)
    sample_weight = np.random.default_rng(0).exponential(size=500) if weighted else None
    found = []
    for options in (
        {},
        {"bounds": BOUNDS, "map_tasks": backwards, "sample_weight": sample_weight},
    ):
        kernel, shift = compiled(structure, X, 4, shift=np.zeros(5), **options)
        use(kernel, shift, structure, mixture)
        found.append(answers(kernel, 500, 4))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("d", [1, 5, 64])
def test_one_row_is_answered_as_among_others(d, structure):
    X, mixture = 2 * normal(1, 150, d), mixture_of(d, 4, structure, spread=0.5)
    found = []
    for some in (X, *(X[i : i + 1] for i in (0, 77, 149))):
        kernel, shift = compiled(structure, some, 4, shift=np.zeros(d))
        use(kernel, shift, structure, mixture)
        found.append(answers(kernel, len(some), 4))
    for i, single in zip((0, 77, 149), found[1:], strict=True):
        for one, among in zip(single, found[0], strict=True):
            np.testing.assert_array_equal(one[0], among[i])


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
def test_row_infinitely_far_from_everything(structure):
    """Its density is zero: it gets the mixing weights, and the label of the largest weight."""
    X, mixture = normal(0, 60, 3), mixture_of(3, 4, structure)
    X[[0, 17, 59]] *= 1e180
    kernel, shift = compiled(structure, X, 4, shift=np.zeros(3))
    use(kernel, shift, structure, mixture)
    labels, log_prob, resp = answers(kernel, 60, 4)
    assert np.flatnonzero(log_prob == -np.inf).tolist() == [0, 17, 59]
    assert (labels[[0, 17, 59]] == mixture.weights.argmax()).all()
    np.testing.assert_array_equal(resp[[0, 17, 59]], np.tile(mixture.weights, (3, 1)))
    near = np.delete(np.arange(60), [0, 17, 59])
    assert_right_answers((labels[near], log_prob[near], resp[near]), X[near], mixture)


@pytest.mark.parametrize("offset", [40.0, 1e3, 1e6])
def test_rows_in_the_far_tails(offset, structure):
    """All densities underflow, and their ratios keep their digits."""
    X, mixture = normal(0, 100, 3) + offset, mixture_of(3, 3, structure)
    kernel, shift = compiled(structure, X, 3, shift=np.zeros(3))
    use(kernel, shift, structure, mixture)
    labels, log_prob, resp = answers(kernel, 100, 3)
    expected_resp, expected_log_prob = expect(X, mixture)
    np.testing.assert_allclose(log_prob, expected_log_prob, rtol=1e-12)
    np.testing.assert_array_equal(labels, expected_resp.argmax(axis=1))
    rounding = 1e-15 * abs(expected_log_prob).max() + 1e-13
    np.testing.assert_allclose(resp, expected_resp, rtol=100 * rounding, atol=1e-300)


def test_components_without_weight_are_never_likeliest(structure):
    X, mixture = 2 * normal(0, 200, 4), mixture_of(4, 5, structure)
    mixture.weights[[0, 3]] = 0
    kernel, shift = compiled(structure, X, 5)
    use(kernel, shift, structure, mixture)
    found = answers(kernel, 200, 5)
    assert_right_answers(found, X, mixture)
    assert not found[2][:, [0, 3]].any()


@pytest.mark.parametrize("n_components", [2, 5])
def test_lowest_index_wins_a_tie(n_components, structure):
    X, mixture = normal(0, 100, 3), mixture_of(3, 1, structure)
    twins = Mixture(*(np.repeat(value, n_components, axis=0) for value in mixture))
    twins.weights[:] = 1 / n_components
    kernel, shift = compiled(structure, X, n_components)
    use(kernel, shift, structure, twins)
    labels, _, resp = answers(kernel, 100, n_components)
    assert not labels.any()
    np.testing.assert_allclose(resp, 1 / n_components, rtol=1e-14)


# ---------------------------------------------------------------------------- beyond 2**31


def last_task(function, n_tasks):
    """Map the last task alone."""
    function(n_tasks - 1)


@pytest.mark.parametrize("structure", ["diag", "spherical"])
def test_rows_behind_2_to_the_31_values_are_scored(structure, tmp_path):
    """A sparse file of 2**31 + 2**17 float32; only its last rows are on the disk."""
    n, d = 2**14 + 1, 2**17
    X = np.memmap(tmp_path / "X", dtype=np.float32, mode="w+", shape=(n, d))
    X[-2:] = normal(0, 2, d)
    bounds = np.array([0, n // 48 * 48, n], dtype=np.intp)
    kernel, _ = compiled(structure, X, 2, shift=np.zeros(d), bounds=bounds, map_tasks=last_task)
    kernel.set_parameters(np.array([0.25, 0.75]), X[-2:].astype(np.float64), np.ones((2, d)))
    labels, log_prob = np.full(n, -1, dtype=np.int32), np.zeros(n)
    kernel.label(labels)
    kernel.score(log_prob)
    assert labels[-2:].tolist() == [0, 1]
    peaks = np.log([0.25, 0.75]) - d / 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(log_prob[-2:], peaks, rtol=1e-13)


if os.name == "posix":  # other systems may not keep the empty part of a file off the disk

    def test_more_responsibilities_than_2_to_the_31_are_found(tmp_path):
        n, n_components = 2**16 + 2, 2**15
        resp = np.memmap(tmp_path / "resp", dtype=np.float64, mode="w+", shape=(n, n_components))
        X = np.zeros((n, 1))
        X[-2:] = [[3.0], [7.0]]
        bounds = np.array([0, n // 48 * 48, n], dtype=np.intp)
        options = {"shift": np.zeros(1), "bounds": bounds, "map_tasks": last_task}
        kernel, _ = compiled("diag", X, n_components, **options)
        means = 20.0 * np.arange(n_components)[:, np.newaxis]
        means[-2:] = [[7.0], [3.0]]
        weights = np.full(n_components, 1 / n_components)
        kernel.set_parameters(weights, means, np.full((n_components, 1), 100.0))
        kernel.responsibilities(resp, np.empty(n))
        assert [np.flatnonzero(row).tolist() for row in resp[-2:]] == [
            [n_components - 1],
            [n_components - 2],
        ]
        assert not resp[: n // 48 * 48 : 1000, -2:].any()


# ---------------------------------------------------------------------------- runs


def started(structure, X, n_components, **options):
    """Return a compiled mixture with a start, and that start."""
    labels = (np.arange(len(X)) // 2 % n_components).astype(np.int32)
    resp = 0.6 * one_hot(labels, n_components) + 0.4 / n_components
    mixture = maximise(X, resp, structure, floor=FLOOR)
    kernel, shift = compiled(structure, X, n_components, floor=FLOOR, **options)
    use(kernel, shift, structure, mixture)
    return kernel, shift, mixture


def gain_to_come(bounds):
    """Sum the gains to come: each is the last one times the slowest of three rates.

    The sum is at most a hundred times the last gain.
    """
    gains = np.diff(bounds)
    if len(gains) and gains[-1] <= 1e-13 * (1 + abs(bounds[-1])):
        return abs(gains[-1])
    if len(gains) < 4 or min(gains[-4:-1]) <= 0:
        return np.inf
    rate = max(gains[-3:] / gains[-4:-1])
    return gains[-1] * (min(rate / (1 - rate), 100) if rate < 1 else 100)


@pytest.mark.parametrize(
    "bounds",
    [
        [],
        [1.0],
        [1.0, 1.5],
        [1.0, 1.0],
        [1.0, 0.75],
        [1.0, 1.0 + 2.0**-45],
        [0.0, 8.0, 12.0, 14.0],
        [0.0, 8.0, 12.0, 14.0, 15.0],
        [0.0, 1.0, 3.0, 3.5, 3.75, 3.875],
        [0.0, 1.0, 2.0, 3.0, 4.0],
        [0.0, 1.0, 2.0, 3.0, 3.995],
        [0.0, 1.0, 0.5, 0.75, 0.875, 0.9375],
        [0.0, 1.0, 0.5, 0.75, 0.875, 0.9375, 0.96875, 0.984375],
    ],
)
def test_gain_to_come_is_extrapolated_by_the_slowest_of_three_rates(bounds):
    found = extrapolate_gain(np.array(bounds))
    assert found == pytest.approx(gain_to_come(bounds), rel=1e-15)


def test_gain_to_come_of_a_geometric_series_is_what_is_left_of_it():
    bounds = -(0.75 ** np.arange(12.0))
    assert extrapolate_gain(bounds) == pytest.approx(-bounds[-1], rel=1e-12)


def test_run_converges_and_never_gets_worse(structure):
    X = blobs(5, 900, 3, 4)
    kernel, _, mixture = started(structure, X, 4)
    bounds, converged, _ = kernel.run(500, 1e-6)
    changes = np.diff(bounds)
    assert converged
    assert len(bounds) == kernel.n_iter < 500
    to_come = [gain_to_come(bounds[:n]) for n in range(1, len(bounds) + 1)]
    assert [gain < 1e-6 for gain in to_come] == [False] * len(changes) + [True]
    assert changes.min() > -FLOOR, "the floor may cost a little, and nothing else"
    np.testing.assert_allclose(bounds[:4], em(X, mixture, structure, 4, floor=FLOOR)[1], rtol=1e-11)


def test_run_goes_on_from_a_known_bound(structure):
    X = blobs(5, 300, 3, 4)
    whole, shift, _ = started(structure, X, 4)
    parts, _, _ = started(structure, X, 4)
    bounds = whole.run(9, 0.0)[0]
    first = parts.run(4, 0.0)[0]
    assert first + parts.run(5, 0.0, first)[0] == bounds
    for one, other in zip(parameters(parts, shift), parameters(whole, shift), strict=True):
        np.testing.assert_array_equal(one, other)
    bounds += whole.run(31, 0.0)[0]
    next_bound = whole.run(1, 0.0)[0]
    again, _, _ = started(structure, X, 4)
    again.run(40, 0.0)
    tol = 1e-9 + gain_to_come(bounds + next_bound)
    assert again.run(5, tol, bounds)[1:] == (True, 0)
    assert again.n_iter == 1


def test_run_of_no_iterations_changes_nothing(structure):
    kernel, shift, mixture = started(structure, blobs(5, 300, 3, 4), 4)
    assert kernel.run(0, 0.0) == ([], False, 0)
    assert_same_mixture(parameters(kernel, shift), mixture)


def test_callback_sees_every_iteration_and_may_stop(structure):
    seen = []
    kernel, _, _ = started(structure, blobs(5, 300, 3, 4), 4)
    bounds, converged, _ = kernel.run(50, 0.0, callback=lambda *state: seen.append(state))
    assert seen == list(enumerate(bounds, start=1))
    kernel, _, _ = started(structure, blobs(5, 300, 3, 4), 4)
    found, converged, _ = kernel.run(50, 0.0, callback=lambda iteration, _: iteration == 3)
    assert (found, converged, kernel.n_iter) == (bounds[:3], False, 3)


def test_an_error_of_the_callback_ends_the_run(structure):
    kernel, _, _ = started(structure, blobs(5, 300, 3, 4), 4)
    with pytest.raises(ZeroDivisionError):
        kernel.run(5, 0.0, callback=lambda *state: 1 / 0)


def test_refuses_what_does_not_fit(structure):
    kernel, _ = compiled(structure, normal(0, 6, 2), 3)
    for wrong in ({}, {"labels": np.zeros(6, dtype=np.int32), "resp": np.ones((6, 3))}):
        with pytest.raises(ValueError, match="pass either labels or resp"):
            kernel.start(**wrong)
    for wrong in ({"labels": np.zeros(5, dtype=np.int32)}, {"resp": np.ones((5, 3))}):
        with pytest.raises(ValueError, match="must have a row a sample"):
            kernel.start(**wrong)
    with pytest.raises(ValueError, match="resp must have a column a component"):
        kernel.start(resp=np.ones((6, 2)))
    with pytest.raises(ValueError, match=r"labels must have shape \(n_samples,\)"):
        kernel.label(np.empty(5, dtype=np.int32))
    with pytest.raises(ValueError, match=r"log_prob must have shape \(n_samples,\)"):
        kernel.score(np.empty(7))
    with pytest.raises(ValueError, match="resp and log_prob must have n_samples rows"):
        kernel.responsibilities(np.empty((5, 3)), np.empty(6))
    with pytest.raises(ValueError, match="resp must have a column a component"):
        kernel.responsibilities(np.empty((6, 4)), np.empty(6))


def test_refuses_no_component():
    with pytest.raises(ValueError, match="needs a component and a feature"):
        compiled("full", np.zeros((4, 2)), 0)


@pytest.mark.parametrize("structure", ["diag", "spherical"])
@pytest.mark.parametrize("narrow", [1e-100, 1e-140, 1e-160])
def test_a_component_may_be_so_narrow_that_its_precision_is_infinite(narrow, structure):
    kernel, _ = compiled(structure, np.array([[0.0], [1e154]]), 2, shift=np.zeros(1))
    kernel.set_parameters(
        np.array([0.5, 0.5]), np.array([[narrow], [0.0]]), np.array([[1 / narrow], [1e-154]])
    )
    log_prob = np.zeros(2)
    kernel.score(log_prob)
    expected = np.log([0.5 / narrow, 0.5e-154]) - 0.5 * np.log(2 * np.pi) - 0.5
    np.testing.assert_allclose(log_prob, expected, rtol=1e-13)
