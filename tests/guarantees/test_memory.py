"""Promise 8: memory that a fit or an answer takes beside the rows, in bytes a row."""

import functools
import sys
import tracemalloc

import numpy as np
import pytest
from support.estimators import CASES, FAMILIES, FORMS, each_case
from support.processes import run_code
from support.samples import DTYPES, blobs, quiet_fit

LAYOUTS = ("C", "Fortran", "every second row")
# Entries of the same rows follow each other, so that the rows are made once.
BUDGETS = [
    pytest.param(case, budget, dtype, layout, id=f"{case.name}-{name}-{dtype.__name__}-{layout}")
    for family in FAMILIES
    for dtype in DTYPES
    for layout in LAYOUTS
    for case in FORMS
    for name, budget in case.budgets.items()
    if case.estimator is family.estimator
    if dtype in budget.bytes_a_row
    if layout in budget.layouts
]


@functools.lru_cache(maxsize=1)
def rows(n, d, dtype, layout):
    """Many normal numbers, of which the tests that follow each other share the last."""
    X = np.random.default_rng(0).standard_normal((2 * n if layout[0] == "e" else n, d), dtype)
    return {"C": X, "Fortran": np.asfortranarray(X), "every second row": X[::2]}[layout]


@pytest.fixture(scope="module", autouse=True)
def forget_rows():
    """Give the memory of the rows back when the tests of this file are done."""
    yield
    rows.cache_clear()


@pytest.mark.parametrize(("case", "budget", "dtype", "layout"), BUDGETS)
def test_memory_of_a_fit_and_of_an_answer(case, budget, dtype, layout):
    X = rows(budget.n_samples, budget.n_features, dtype, layout)
    work = budget.work(case, X)
    tracemalloc.start()
    try:
        work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= budget.bytes_a_row[dtype] * len(X) + budget.slack


RESIDENT = """
import re, warnings
from pathlib import Path
import numpy as np
from mixclust import *

warnings.simplefilter("ignore")

def peak():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024

n, d = {shape}
X = np.empty((n, d), dtype="{dtype}")
np.random.default_rng(0).standard_normal(out=X, dtype=X.dtype)
models = [{models}]
models[0].set_params(n_threads=2).fit(X[:100_000])
before = peak()
for model in models:
    model.set_params(n_threads=2).fit(X)
    print((peak() - before) / n)
"""

if sys.platform == "linux":

    @pytest.mark.parametrize(**each_case(FAMILIES))
    def test_resident_memory_of_a_fit(case):
        """Memory that the system counts, the kernels' own buffers included."""
        shape, dtype, fits = case.resident
        models = ", ".join(expression for expression, _, _ in fits.values())
        code = RESIDENT.format(shape=shape, dtype=dtype, models=models)
        found = dict(zip(fits, map(float, run_code(code).split()), strict=True))
        for name, (_, lowest, highest) in fits.items():
            assert lowest <= found[name] < highest, found


@pytest.mark.parametrize(**each_case(CASES))
def test_memory_does_not_grow_with_fits(case):
    X = blobs(0, 20_000, 4, 10)
    options = {"n_init": 2, "max_iter": 5, "random_state": 0, "n_threads": 2} | case.quick

    def fit():
        quiet_fit(case.make(10, **options), X).predict(X)

    fit()
    tracemalloc.start()
    try:
        fit()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            fit()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
