"""Promise 1: the same bits for any number of threads."""

import hashlib

import numpy as np
import pytest
from support.estimators import FORMS, STARTLESS, each_case, each_entry
from support.estimators.case import answer_arrays
from support.samples import DTYPES, blobs, fitted_hash, quiet_fit

pytestmark = pytest.mark.usefixtures("all_threads")


@pytest.mark.parametrize(**each_entry(STARTLESS, "workloads"))
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype, case, name):
    n, d, n_blobs, n_groups, options = case.workloads[name]
    X = blobs(0, n, d, n_blobs, dtype)
    sample_weight = np.random.default_rng(1).uniform(0, 2, n)
    hashes = set()
    for n_threads in (1, 2, 3, 4, 7, 2, 3, 7):
        estimator = case.make(n_groups, n_threads=n_threads, random_state=0, **options)
        hashes.add(fitted_hash(quiet_fit(estimator, X, sample_weight=sample_weight)))
    assert len(hashes) == 1


@pytest.mark.parametrize(**each_case(FORMS))
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_of_every_answer_for_any_number_of_threads(dtype, case):
    X, new = blobs(0, 3000, 6, 9, dtype), blobs(1, 30_000, 6, 9, dtype)
    fitted = case.fit(X, 9, random_state=0, max_iter=5)
    hashes = set()
    for n_threads in (1, 2, 3, 4, 7):
        fitted.set_params(n_threads=n_threads)
        arrays = [*answer_arrays(case, fitted, new, case.answers + case.totals).values()]
        hashes.add(hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest())
    assert len(hashes) == 1
