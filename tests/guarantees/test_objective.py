"""Promise 11: the objective of a fit never gets worse from one iteration to the next."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.estimators import CASES, each_case
from support.samples import DTYPES
from support.strategies import SEEDS, repeatable


@pytest.mark.parametrize(**each_case(CASES))
@repeatable(20)
@given(seed=SEEDS, n_groups=st.integers(1, 12), d=st.integers(1, 6), dtype=st.sampled_from(DTYPES))
def test_objective_never_gets_worse(case, seed, n_groups, d, dtype):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((400, d)) + 3 * generator.standard_normal((400, 1)) ** 3
    X = X.astype(dtype)
    sample_weight = generator.integers(0, 3, len(X)) + 0.5
    start = case.given_start(X, n_groups, seed)
    objectives, rounding = case.objectives(X, start, sample_weight)
    assert (np.diff(objectives) >= -rounding).all()
