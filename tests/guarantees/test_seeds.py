"""Promise 2: the same seed gives the same bits, in other processes and after pickling."""

import pickle

import numpy as np
import pytest
from support.estimators import FORMS, STARTLESS, each_case
from support.estimators.case import answer_arrays
from support.processes import run_code
from support.samples import blobs, fitted_hash, normal, quiet_fit

REPRODUCE = """
from support.estimators import FORMS
from support.samples import DTYPES, blobs, fitted_hash

for dtype in DTYPES:
    X = blobs(2, 3000, 4, 12, dtype)
    for case in FORMS:
        for start in case.starts[:2]:
            fitted = case.fit(X, 9, n_init=2, random_state=5, max_iter=5, **{case.start: start})
            print(fitted_hash(fitted))
"""


def test_same_seed_same_bits_in_every_process():
    outputs = {run_code(REPRODUCE, PYTHONHASHSEED=str(seed)) for seed in range(5)}
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 28


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(**each_case(STARTLESS))
def test_same_bits_after_pickling(case, protocol):
    X = blobs(2, 1000, 4, 6)
    estimator = case.make(6, random_state=5)
    copy = pickle.loads(pickle.dumps(estimator, protocol))
    assert fitted_hash(quiet_fit(copy, X)) == fitted_hash(quiet_fit(estimator, X))
    copy = pickle.loads(pickle.dumps(estimator, protocol))
    assert vars(copy).keys() == vars(estimator).keys()
    assert fitted_hash(copy) == fitted_hash(estimator)
    assert repr(getattr(copy, "report_", None)) == repr(getattr(estimator, "report_", None))
    names = case.answers + case.totals
    found, expected = (answer_arrays(case, fitted, X, names) for fitted in (copy, estimator))
    for name, answer in expected.items():
        np.testing.assert_array_equal(found[name], answer, err_msg=str(name))


@pytest.mark.parametrize(
    ("case", "start"),
    [pytest.param(c, start, id=f"{c.name}-{start}") for c in FORMS for start in c.starts],
)
def test_random_states_of_every_kind(case, start):
    X = blobs(2, 2000, 4, 6)

    def fit(random_state):
        options = {case.start: start, "n_init": 2, "max_iter": 5}
        return fitted_hash(case.fit(X, 6, random_state=random_state, **options))

    state = np.random.get_state()
    try:
        np.random.seed(4)
        assert fit(None) == fit(4) == fit(np.random.RandomState(4))
    finally:
        np.random.set_state(state)
    assert fit(np.random.default_rng(4)) == fit(np.random.default_rng(4))
    assert len({fit(seed) for seed in range(5)}) > 1
    assert len({fit(np.random.default_rng(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(**each_case(STARTLESS))
def test_numpys_own_random_state_is_drawn_from_only_if_none_is_given(case):
    before = np.random.get_state()[1].tolist()
    fitted = case.fit(normal(0, 100, 2), 2, random_state=0)
    if hasattr(fitted, "sample"):
        fitted.sample(5)
    assert np.random.get_state()[1].tolist() == before
