"""The columns that may hide groups: counters, labels and linear dependences."""

import numpy as np
import pytest

from mixclust._cli.cluster_advice import ColumnTraits, find_counters, find_dependences, find_labels


@pytest.mark.parametrize("cuts", [[], [1, 2, 40, 99]])
def test_counters_and_labels(cuts):
    rng = np.random.default_rng(0)
    n = 100
    columns = {
        "id": np.arange(1, n + 1),
        "shuffled": rng.permutation(n) + 5,
        "with gaps": np.cumsum(rng.integers(1, 4, n)),
        "down": -np.arange(n),
        "months": np.arange(n) % 12,
        "counts": rng.poisson(30, n),
        "time": np.arange(n) / 10,
        "size": rng.normal(size=n),
    }
    names, values = list(columns), np.column_stack(list(columns.values())).astype(float)
    traits = ColumnTraits(len(names))
    for block in np.split(values, cuts):
        traits.add(block)
    assert find_counters(names, traits, values) == ["id", "shuffled", "with gaps", "down"]
    assert find_labels(names, traits) == {"months": 12}
    assert find_labels(names, ColumnTraits.of(values[:50])) == {}
    swapped = values.copy()
    swapped[[50, 60]] = swapped[[60, 50]]
    traits = ColumnTraits.of(swapped)
    assert find_counters(names, traits, swapped[::3]) == ["id", "shuffled", "down"]
    swapped[1, 1] = swapped[2, 1]
    assert find_counters(names, traits, swapped) == ["id", "down"]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_a_sum_is_named_wherever_it_stands(order):
    names = np.array(["a", "b", "total"])[order].tolist()
    X = np.random.default_rng(0).normal(size=(200, 2)) * [1, 50]
    values = np.column_stack([X, X.sum(axis=1)])[:, order]
    [dependence] = find_dependences(names, values)
    assert dependence.name == "total"
    assert set(dependence.formula.split(" + ")) == {"a", "b"}
    assert dependence.residual < 1e-9
    assert dependence.collapses


def test_dependences_and_their_sizes():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 500))
    noise = 0.004 * rng.normal(size=500)
    columns = {
        "a": a, "b": b, "inch": 2.54 * a, "rest": 100 - a - b, "c": c, "near": c + noise
    }  # fmt: skip
    found = find_dependences(list(columns), np.column_stack(list(columns.values())))
    by_name = {dependence.name: dependence for dependence in found}
    assert set(by_name) == {"inch", "rest", "near"}
    assert by_name["inch"].formula == "2.54 a"
    assert by_name["near"].residual == pytest.approx(0.004, rel=0.1)
    assert not by_name["near"].collapses
    assert by_name["rest"].collapses
    independent = rng.normal(size=(500, 30)) @ rng.normal(size=(30, 30))
    assert find_dependences([str(j) for j in range(30)], independent) == []
