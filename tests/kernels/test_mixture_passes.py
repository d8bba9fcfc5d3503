"""The passes of mixtures, their M steps, and runs of both, against mixture_reference.py."""

from functools import partial

import numpy as np
import pytest
from support.mixture_reference import STRUCTURES, Mixture, em, expect, maximise, one_hot
from support.mixture_runs import (
    answers,
    assert_same_mixture,
    compiled,
    every_label,
    parameters,
    use,
)
from support.runs import BOUNDS, backwards
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal

from mixclust._passes.threads import map_tasks

FLOOR = 0.01  # in squared units of the samples; the variances of their clusters are 1

SHAPES = [(1, 1, 1), (1, 6, 1), (2, 2, 1), (7, 1, 3), (47, 2, 2), (48, 3, 4), (49, 4, 5)]
SHAPES += [(97, 5, 8), (500, 16, 6), (500, 17, 7), (300, 33, 3), (300, 40, 2), (260, 130, 2)]
SHAPES += [(2000, 2, 100), (3000, 9, 31)]


@pytest.fixture(params=STRUCTURES)
def structure(request):
    """The structure of the covariances."""
    return request.param


def some_weights(n):
    """Weights of rows, zeros among them."""
    sample_weight = np.random.default_rng(n).exponential(size=n)
    sample_weight[1::5] = 0
    return sample_weight


def a_mixture(X, n_components, structure, floor=FLOOR):
    """Return a mixture of a structure that fits the rows roughly."""
    labels = every_label(len(X), n_components)
    resp = 0.7 * one_hot(labels, n_components) + 0.3 / n_components
    return maximise(X, resp, structure, floor=floor)


# ---------------------------------------------------------------------------- starts


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "n_components"), SHAPES)
def test_start_from_labels(n, d, n_components, weighted, structure):
    X, labels = normal(n, n, d) + 3, every_label(n, n_components)
    sample_weight = some_weights(n) if weighted else None
    kernel, shift = compiled(structure, X, n_components, sample_weight=sample_weight, floor=FLOOR)
    kernel.start(labels=labels)
    expected = maximise(X, one_hot(labels, n_components), structure, sample_weight, FLOOR)
    assert_same_mixture(parameters(kernel, shift), expected)
    shares = one_hot(labels, n_components).T * (1 if sample_weight is None else sample_weight)
    np.testing.assert_allclose(kernel.counts, shares.sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "n_components"), SHAPES)
def test_start_from_responsibilities(n, d, n_components, weighted, structure):
    X, resp = normal(n, n, d) - 8, np.random.default_rng(n).dirichlet(np.ones(n_components), n)
    sample_weight = some_weights(n) if weighted else None
    kernel, shift = compiled(structure, X, n_components, sample_weight=sample_weight, floor=FLOOR)
    kernel.start(resp=resp)
    expected = maximise(X, resp, structure, sample_weight, FLOOR)
    assert_same_mixture(parameters(kernel, shift), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_rows_with_a_negative_label_are_nobodys(weighted, structure):
    X, labels = normal(0, 400, 5) + 3, every_label(400, 4)
    labels[labels == 3] = -1
    labels[7::11] = -5
    sample_weight = some_weights(400) if weighted else None
    kernel, shift = compiled(structure, X, 3, sample_weight=sample_weight, floor=FLOOR)
    kernel.start(labels=labels)
    expected = maximise(X, one_hot(labels, 3), structure, sample_weight, FLOOR)
    assert_same_mixture(parameters(kernel, shift), expected)


@pytest.mark.parametrize("far", [0, 1e6])
def test_a_start_forgets_the_runs_before(far, structure):
    """Bit by bit: the number of threads decides which mixture takes which start."""
    X, labels = far_groups(far), np.repeat([0, 1, 2], 300).astype(np.int32)
    used, _ = compiled(structure, X, 3)
    used.start(labels=labels)
    used.run(3, 0.0)
    for again in (every_label(900, 3), every_label(900, 2)):  # the last component has no row
        new, _ = compiled(structure, X, 3)
        for kernel in (new, used):
            kernel.start(labels=again)
            kernel.run(2, 0.0)
        for name in ("weights", "means", "covariances", "precisions_cholesky", "counts"):
            np.testing.assert_array_equal(getattr(used, name), getattr(new, name), name)


# ---------------------------------------------------------------------------- runs


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "n_components"), SHAPES)
def test_run(n, d, n_components, weighted, structure):
    X = blobs(n, n, d, n_components)
    start = a_mixture(X, n_components, structure)
    sample_weight = some_weights(n) if weighted else None
    options = {"sample_weight": sample_weight, "floor": FLOOR}
    kernel, shift = compiled(structure, X, n_components, **options)
    for n_iter in (1, 3):
        use(kernel, shift, structure, start)
        bounds, converged, _ = kernel.run(n_iter, 0.0)
        expected, expected_bounds = em(X, start, structure, n_iter, **options)
        assert (len(bounds), converged) == (n_iter, False)
        np.testing.assert_allclose(bounds, expected_bounds, rtol=1e-11)
        assert_same_mixture(parameters(kernel, shift), expected, rtol=1e-8 if n_iter > 1 else 1e-10)


def test_a_run_without_hope_ends_early(structure):
    """Not before eight iterations, and a target within reach changes nothing."""
    X = blobs(7, 600, 3, 3)
    labels = every_label(600, 3)
    kernel, _ = compiled(structure, X, 3)
    found = []
    for target in (-np.inf, -1e9, 1e9):
        kernel.start(labels=labels)
        found.append(kernel.run(60, 0.0, target=target)[0])
    assert found[1] == found[0]
    assert 8 <= len(found[2]) < len(found[0])
    assert found[2] == found[0][: len(found[2])]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_run_at_any_stride(dtype, layout, structure):
    X = blobs(1, 250, 5, 3, dtype=dtype)
    start = a_mixture(X, 3, structure)
    kernel, shift = compiled(structure, layouts(X)[layout], 3, floor=FLOOR)
    use(kernel, shift, structure, start)
    kernel.run(2, 0.0)
    assert_same_mixture(
        parameters(kernel, shift), em(X, start, structure, 2, floor=FLOOR)[0], rtol=1e-9
    )


@pytest.mark.parametrize(
    "mapper", [backwards, partial(map_tasks, n_threads=3)], ids=["backwards", "threads"]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_pass_has_the_same_bits_whoever_maps_it(weighted, mapper, structure):
    X = blobs(2, 500, 7, 5)
    start = a_mixture(X, 5, structure)
    options = {"floor": FLOOR, "sample_weight": some_weights(500) if weighted else None}
    runs = []
    for who in (None, mapper):
        kernel, shift = compiled(structure, X, 5, bounds=BOUNDS, map_tasks=who, **options)
        use(kernel, shift, structure, start)
        runs.append((kernel.run(4, 0.0)[0], *parameters(kernel, shift), kernel.counts))
    for here, there in zip(*runs, strict=True):
        np.testing.assert_array_equal(there, here)
    expected, bounds = em(X, start, structure, 4, **options)
    np.testing.assert_allclose(runs[0][0], bounds, rtol=1e-12)
    assert_same_mixture(Mixture(*runs[0][1:4]), expected, rtol=1e-9)


FRAMES = [
    (np.float64, 1e8, 1.0),
    (np.float64, -1e8, 1e4),
    (np.float64, 0.0, 1e-4),
    (np.float64, 1e4, 1e-4),
    (np.float64, 0.0, 2.0**-400),
    (np.float64, 0.0, 2.0**400),
    (np.float32, 2.0**14, 1.0),
    (np.float32, 0.0, 2.0**-14),
]


@pytest.mark.parametrize(("dtype", "offset", "scale"), FRAMES)
def test_offsets_and_scales_cost_no_digits(dtype, offset, scale, structure):
    """The reference works on the rows less their offset, which are exact."""
    X = ((np.round(64 * blobs(3, 600, 4, 4)) / 64) * scale + offset).astype(dtype)
    floor = FLOOR * scale**2
    centered = X.astype(np.float64) - offset
    start = a_mixture(centered, 4, structure, floor)
    kernel, shift = compiled(structure, X, 4, floor=floor)
    use(kernel, shift - offset, structure, start)
    bounds, _, _ = kernel.run(3, 0.0)
    expected, expected_bounds = em(centered, start, structure, 3, floor=floor)
    np.testing.assert_allclose(bounds, expected_bounds, rtol=1e-11)
    assert_same_mixture(parameters(kernel, shift - offset), expected, rtol=1e-9)


def far_groups(far):
    """Three clusters, two that overlap and one `far` standard deviations off, on a grid."""
    X = np.vstack([normal(0, 300, 3), normal(1, 300, 3) + 2, normal(2, 300, 3)])
    X = np.round(64 * X) / 64
    X[600:, 1] += far
    return X


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("far", [0, 50, 2e2, 1e4, 1e6, 1e8])
def test_distance_between_components_costs_digits_no_faster_than_it_grows(far, weighted, structure):
    """No covariance and no density is a difference of squares of that distance."""
    X, labels = far_groups(far), np.repeat([0, 1, 2], 300)
    sample_weight = some_weights(900) if weighted else None
    resp = one_hot(labels, 3)
    resp[:600, :2] = 0.8 * resp[:600, :2] + 0.1
    options = {"sample_weight": sample_weight, "floor": 0.0}
    kernel, shift = compiled(structure, X, 3, **options)
    kernel.start(resp=resp)
    start = maximise(X, resp, structure, sample_weight)
    rtol = 3e-11 + 1e-15 * far
    assert_same_mixture(parameters(kernel, shift), start, rtol)
    bounds, _, _ = kernel.run(5, 0.0)
    expected, expected_bounds = em(X, start, structure, 5, **options)
    np.testing.assert_allclose(bounds, expected_bounds, rtol=rtol)
    assert_same_mixture(parameters(kernel, shift), expected, rtol)
    resp, log_prob = expect(X, expected)
    _, found_log_prob, found_resp = answers(kernel, 900, 3)
    np.testing.assert_allclose(found_log_prob, log_prob, atol=100 * rtol)
    np.testing.assert_allclose(found_resp, resp, atol=100 * rtol)


@pytest.mark.parametrize("off", [1.0, 1e4, 1e7])
def test_a_mean_that_moves_far_in_one_iteration_costs_no_digits(off, structure):
    X = far_groups(0)
    kernel, shift = compiled(structure, X, 1)
    start = maximise(X, np.ones((900, 1)), structure)
    use(kernel, shift, structure, start._replace(means=start.means + off))
    kernel.run(1, 0.0)
    assert_same_mixture(parameters(kernel, shift), start, 1e-12)


def test_components_may_come_apart_and_meet_again(structure):
    """One compiled mixture runs from parameters that are close, far, and close again."""
    X = far_groups(1e6)
    wide = a_mixture(X, 3, structure)
    narrow = maximise(X, one_hot(np.repeat([0, 1, 2], 300), 3), structure)
    kernel, shift = compiled(structure, X, 3)
    for start in (wide, narrow, wide):
        use(kernel, shift, structure, start)
        bounds, _, _ = kernel.run(1, 0.0)
        expected, expected_bounds = em(X, start, structure, 1)
        np.testing.assert_allclose(bounds, expected_bounds, rtol=1e-9)
        assert_same_mixture(parameters(kernel, shift), expected, 1e-8)


# ---------------------------------------------------------------------------- rows left out


@pytest.mark.parametrize("small", [0.2, 1e-3, 1e-9])
@pytest.mark.parametrize("d", [1, 3, 16])
def test_negligible_responsibilities_are_left_out_to_rounding(d, small, structure):
    """Clusters 2 to 40 standard deviations apart, so that responsibilities are of every size."""
    generator = np.random.default_rng(d)
    means = np.zeros((6, d))
    means[:, 0] = [0, 2, 6, 8.5, 40, 43]
    X = means[generator.integers(6, size=3000)] + generator.standard_normal((3000, d))
    weights = np.array([small, 1, 1, 1, 1, small])
    start = Mixture(weights / weights.sum(), means, np.tile(np.eye(d), (6, 1, 1)))
    kernel, shift = compiled(structure, X, 6, floor=1e-9)
    use(kernel, shift, structure, start)
    kernel.run(1, 0.0)
    resp, _ = expect(X, start)
    assert 0 < resp[resp > 0].min() < 1e-100, "some do not matter"
    assert ((resp > 1e-18) & (resp < 1e-10)).sum() > 100, "others nearly do not"
    expected = maximise(X, resp, structure, floor=1e-9)
    rtol = 3e-14 if structure == "full" else 1e-11
    assert_same_mixture(parameters(kernel, shift), expected, rtol)


def test_integer_weights_are_repetitions(structure):
    X = blobs(4, 300, 4, 3)
    sample_weight = np.random.default_rng(0).integers(0, 4, 300).astype(np.float64)
    repeated = np.repeat(X, sample_weight.astype(int), axis=0)
    start, found = a_mixture(X, 3, structure), []
    for some, weights in ((X, sample_weight), (repeated, None)):
        kernel, shift = compiled(structure, some, 3, sample_weight=weights, floor=FLOOR)
        use(kernel, shift, structure, start)
        bounds, _, _ = kernel.run(5, 0.0)
        found.append((bounds, parameters(kernel, shift)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
    assert_same_mixture(found[0][1], found[1][1], rtol=1e-10)


@pytest.mark.parametrize("unit", [2.0**-100, 2.0**100])
def test_units_of_weight_change_no_bit(unit, structure):
    X, sample_weight, found = blobs(4, 300, 4, 3), some_weights(300), []
    for weights in (sample_weight, unit * sample_weight):
        kernel, shift = compiled(structure, X, 3, sample_weight=weights, floor=FLOOR)
        use(kernel, shift, structure, a_mixture(X, 3, structure))
        found.append((kernel.run(5, 0.0)[0], *parameters(kernel, shift)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_without_weight_are_absent(structure):
    """Also if they are far away: the frame depends on the other rows alone."""
    X, sample_weight = blobs(4, 300, 4, 3), np.ones(300)
    sample_weight[::3] = 0
    present = X[sample_weight > 0]
    X[sample_weight == 0] *= 1e6
    start, found = a_mixture(present, 3, structure), []
    for some, weights in ((X, sample_weight), (present, None)):
        kernel, shift = compiled(structure, some, 3, sample_weight=weights, floor=FLOOR)
        use(kernel, shift, structure, start)
        bounds, _, _ = kernel.run(5, 0.0)
        found.append((bounds, parameters(kernel, shift)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
    assert_same_mixture(found[0][1], found[1][1], rtol=1e-10)


# ------------------------------------------------------------------- rows that are kept in a run


@pytest.mark.parametrize("shape", [(1, 1, 1), (97, 3, 4), (600, 2, 5), (500, 2, 24), (900, 5, 3)])
def test_a_run_gives_the_bits_of_single_iterations(shape, structure):
    n, d, n_components = shape
    X, labels = blobs(n, n, d, n_components), every_label(n, n_components)
    kernels = []
    for steps in ([6], [1] * 6):
        kernel, _ = compiled(structure, X, n_components, floor=FLOOR)
        kernel.start(labels=labels)
        for n_iter in steps:
            kernel.run(n_iter, -1.0)
        kernels.append(kernel)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(kernels[0], name), getattr(kernels[1], name))


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_rows_that_change_between_two_runs_are_read_anew(kind):
    # "tied" has the scatter of all rows from before the run.
    X, labels = blobs(0, 90, 3, 2), every_label(90, 2)
    changing = X.copy()
    changed, shift = compiled(kind, changing, 2, floor=FLOOR)
    changed.start(labels=labels)
    changed.run(3, -1.0)
    changing *= 0.5
    other, _ = compiled(kind, 0.5 * X, 2, floor=FLOOR, shift=shift)
    for each in (changed, other):
        use(each, shift, kind, a_mixture(X, 2, kind))
        each.run(1, -1.0)
    np.testing.assert_array_equal(changed.means, other.means)
