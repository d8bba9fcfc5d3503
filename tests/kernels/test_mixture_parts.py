"""Parts of a mixture that do not fit each other are refused: no kernel writes behind a buffer."""

import numpy as np
import pytest
from support.mixture_reference import STRUCTURES
from support.mixture_runs import compiled
from support.runs import one_shard
from support.samples import normal

from mixclust.kernels.mixture.answers import Answers
from mixclust.kernels.mixture.diagonal import DiagonalDensity, DiagonalMoments
from mixclust.kernels.mixture.em import EM
from mixclust.kernels.mixture.full import FullDensity, FullMoments
from mixclust.kernels.mixture.maximum_likelihood import (
    DiagonalMaximiser,
    FullMaximiser,
    TiedMaximiser,
)
from mixclust.kernels.mixture.model import Maximiser, Model
from mixclust.kernels.mixture.parameters import Parameters, VarianceLimits
from mixclust.kernels.mixture.statistics import Statistics
from mixclust.kernels.mixture.tied import DiscriminantDensity, SharedMoments
from mixclust.kernels.rows.dense_rows import DenseRows
from mixclust.kernels.rows.rows import Frame

K, D = 3, 2
FULL, TIED, DIAGONAL, SPHERICAL = (K, D, D), (1, D, D), (K, D, 1), (K, 1, 1)


def limits(d=D):
    return VarianceLimits(np.zeros((4, d)))


def full_model(**parts):
    """A model of full covariances, some parts replaced."""
    parts = {
        "parameters": Parameters(K, D, (K, D)),
        "statistics": Statistics(K, D, FULL),
        "maximiser": FullMaximiser(limits(), 1.0),
        "exact": (FullDensity(K, D), FullMoments(K, D)),
        "quick": None,
    } | parts
    exact = parts.pop("exact")
    return Model(make_exact=lambda: exact, **parts)


@pytest.mark.parametrize("bad", [K, 2**30, 2**31 - 1])
@pytest.mark.parametrize("method", ["start", "sum_given"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_labels_of_no_component(structure, method, bad):
    kernel, _ = compiled(structure, normal(0, 50, D), K)
    labels = np.zeros(50, dtype=np.int32)
    labels[7] = bad
    with pytest.raises(ValueError, match="less than the number of components"):
        getattr(kernel, method)(labels=labels)
    labels[7] = np.iinfo(np.int32).min  # nobody's
    assert getattr(kernel, method)(labels=labels) is not None
    assert kernel.counts.sum() == 49


def test_responsibilities_of_other_shapes():
    kernel, _ = compiled("full", normal(0, 50, D), K)
    for resp in (np.ones(50), np.ones((50, K - 1)), np.ones((49, K)), np.ones((50, K, 1))):
        with pytest.raises(ValueError, match=r"dimensions|row a sample|column a component"):
            kernel.sum_given(resp=resp)


@pytest.mark.parametrize(
    "parts",
    [
        {"parameters": Parameters(K, D, (1, D))},
        {"parameters": Parameters(K, D, (K, 1))},
        {"parameters": Parameters(K + 1, D, (K + 1, D))},
        {"parameters": Parameters(K, D, (K, D), has_covariances=False)},
        {"statistics": Statistics(K, D, TIED)},
        {"statistics": Statistics(K, D, DIAGONAL)},
        {"statistics": Statistics(K, D, SPHERICAL)},
        {"statistics": Statistics(K - 1, D, (K - 1, D, D))},
        {"maximiser": FullMaximiser(limits(D + 1), 1.0)},
        {"maximiser": TiedMaximiser(limits(), 1.0)},
        {"maximiser": DiagonalMaximiser(limits(), 1.0)},
        {"maximiser": DiagonalMaximiser(limits(), 1.0, True)},
        {"maximiser": Maximiser.__new__(Maximiser)},
        {"exact": (FullDensity(K, D + 1), FullMoments(K, D))},
        {"exact": (FullDensity(K, D), FullMoments(K + 1, D))},
        {"exact": (FullDensity(K, D), DiagonalMoments(K, D))},
        {"exact": (FullDensity(K, D), DiagonalMoments(K, D, True))},
        {"exact": (DiagonalDensity(Parameters(K, D, (K, 1))), FullMoments(K, D))},
        {
            "quick": (
                DiscriminantDensity(K, D, np.eye(D), 1.0),
                SharedMoments(K, D, np.eye(D)),
            )
        },
    ],
)
def test_parts_of_other_shapes_make_no_model(parts):
    full_model()
    with pytest.raises(ValueError, match=r"fit|needs|reads|scatters|room"):
        full_model(**parts)


def test_the_density_of_independent_features_is_of_its_own_parameters():
    mine, other = Parameters(K, D, (K, 1)), Parameters(K, D, (K, 1))
    rows, frame = DenseRows(normal(0, 50, D), None), Frame(np.zeros(D))
    Answers(rows, frame, DiagonalDensity(mine), mine, one_shard(50), None)
    with pytest.raises(ValueError, match="other parameters"):
        Answers(rows, frame, DiagonalDensity(mine), other, one_shard(50), None)


def test_rows_of_other_features():
    rows, frame = DenseRows(normal(0, 50, D + 1), None), Frame(np.zeros(D + 1))
    with pytest.raises(ValueError, match="rows of 3 features do not fit"):
        EM(rows, frame, full_model(), one_shard(50), None, 50.0)
    parameters = Parameters(K, D, (K, D))
    with pytest.raises(ValueError, match="rows of 3 features do not fit"):
        Answers(rows, frame, FullDensity(K, D), parameters, one_shard(50), None)


def test_scatters_of_other_shapes():
    for wrong in (np.eye(D - 1), np.eye(D + 1), np.zeros((D, D + 1))):
        with pytest.raises(ValueError, match="scatter must have shape"):
            DiscriminantDensity(K, D, wrong, 1.0)
        with pytest.raises(ValueError, match="scatter must have shape"):
            SharedMoments(K, D, wrong)


@pytest.mark.parametrize("shape", [(2, 2), (0, 2), (K, 5), (-1, 2), (1, 1), (K, 0), (2**40, 2**40)])
def test_factors_of_other_shapes(shape):
    with pytest.raises(ValueError, match="3 components and 2 features have no factors"):
        Parameters(K, D, shape)
    with pytest.raises(ValueError, match="3 components and 2 features have no factors"):
        Parameters.borrow(np.ones(K), np.zeros((K, D)), np.zeros(12), shape)


@pytest.mark.parametrize("shape", [(), (K,), (K, D, D), None, [K, D]])
def test_factors_have_two_dimensions(shape):
    with pytest.raises((TypeError, ValueError)):
        Parameters(K, D, shape)


@pytest.mark.parametrize("n_components", [2**50, 2**55, 2**62])
def test_too_many_parameters_are_refused(n_components):
    with pytest.raises(MemoryError):
        Parameters(n_components, 4, (n_components, 4))


def test_borrowed_parameters():
    weights, means, factors = np.ones(K), np.zeros((K, D)), np.zeros(K * D * D)
    lent = Parameters.borrow(weights, means, factors, (K, D))
    for change in (lent.get, lambda: lent.set(weights, means, factors)):
        with pytest.raises(ValueError, match="memory of the arrays"):
            change()
    with pytest.raises(ValueError, match="room for covariances"):
        full_model(parameters=lent)
    for wrong in (
        (weights[1:], means, factors),
        (weights, means, factors[1:]),
        (weights, means[:, :1].copy(), factors),
        (weights, means[:0], factors),
        (None, means, factors),
        (weights, means, None),
    ):
        with pytest.raises(ValueError, match=r"fit each other|no factors|needs a component"):
            Parameters.borrow(*wrong, (K, D))


def test_parameters_without_covariances():
    found = Parameters(K, D, (K, D), has_covariances=False)
    assert [part.shape for part in found.get()] == [(K,), (K, D), FULL]
    with pytest.raises(ValueError, match="no room for covariances"):
        found.set(np.ones(K), np.zeros((K, D)), np.zeros(FULL), np.zeros(FULL))


def test_limits_of_other_shapes():
    for shape in ((3, 2), (5, 2), (4, 0), (0, 0)):
        with pytest.raises(ValueError, match="a number a feature"):
            VarianceLimits(np.zeros(shape))
    with pytest.raises(TypeError):
        Maximiser(None, 1.0)
