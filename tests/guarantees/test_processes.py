"""Promise 4: fits and answers in forked and spawned processes, in pools, and on many threads."""

import multiprocessing
import os
import subprocess
import sys

import joblib
import numpy as np
import pytest
from support.estimators import CASES, FAMILIES, FORMS, each_case, fit_each_family
from support.estimators.case import answer_arrays, fit_on_two_threads
from support.processes import TESTS, on_eight_threads, run_code
from support.samples import blobs

# Fits of few iterations warn.
pytestmark = pytest.mark.filterwarnings(
    "ignore::mixclust.ConvergenceWarning", "ignore::mixclust.CollapseWarning"
)
# So do forks: since Python 3.12 a fork next to threads gives a DeprecationWarning.
IGNORE_WARNINGS = ["-Wignore"]

WORK = """
import os, threading
from support.estimators import BY_NAME
from support.estimators.case import fit_on_two_threads

case = BY_NAME[{name!r}]

def fit(seed):
    return fit_on_two_threads(case, seed)
"""

FORK = """
expected = [fit(seed) for seed in range(4)]
child = os.fork()
same = [fit(seed) for seed in range(4)] == expected
if child == 0:
    helpers = sum(thread.name.startswith("mixclust") for thread in threading.enumerate())
    os._exit(0 if same and helpers == 1 else 1)
print(same, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

FORK_WHILE_A_THREAD_FITS = """
expected = fit(1)
stop = threading.Event()

def go_on():
    while not stop.is_set():
        fit(0)

thread = threading.Thread(target=go_on)
thread.start()
codes = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if fit(1) == expected else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
thread.join()
print(codes)
"""

POOL = """
import multiprocessing, sys
from support.estimators import fit_each_family

if __name__ == "__main__":
    expected = [fit_each_family(seed) for seed in range(4)]
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(fit_each_family, range(4)) == expected)
"""


if hasattr(os, "fork"):

    @pytest.mark.parametrize(**each_case(FAMILIES))
    def test_fork_then_fit_in_the_child_and_in_the_parent(case):
        code = WORK.format(name=case.name) + FORK
        assert run_code(code, timeout=20, options=IGNORE_WARNINGS) == "True 0\n"

    @pytest.mark.parametrize(**each_case(FAMILIES))
    def test_fork_while_another_thread_fits(case):
        code = WORK.format(name=case.name) + FORK_WHILE_A_THREAD_FITS
        assert run_code(code, timeout=40, options=IGNORE_WARNINGS) == "[0, 0, 0]\n"


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_process_pools(method, tmp_path):
    path = tmp_path / "main.py"  # workers that are spawned import the main module
    path.write_text(POOL)
    process = subprocess.run(
        [sys.executable, path, method],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.stdout == "True\n", process.stderr


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib(backend):
    expected = [fit_each_family(seed) for seed in range(4)]
    tasks = (joblib.delayed(fit_each_family)(seed) for seed in range(4))
    assert joblib.Parallel(n_jobs=2, backend=backend)(tasks) == expected


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize(**each_case(FORMS))
def test_eight_threads_fit_at_once(case):
    expected = [fit_on_two_threads(case, seed, 6000) for seed in range(8)]

    def fit_three_times(seed):
        return [fit_on_two_threads(case, seed, 6000) for _ in range(3)]

    assert on_eight_threads(fit_three_times) == [[digest] * 3 for digest in expected]


@pytest.mark.usefixtures("all_threads")
def test_eight_threads_fit_different_estimators_at_once():
    for first in (0, len(CASES) - 8):  # every case once at least
        cases = CASES[first : first + 8]
        expected = [fit_on_two_threads(case, 0, 6000) for case in cases]
        found = on_eight_threads(lambda i, cases=cases: fit_on_two_threads(cases[i], 0, 6000))
        assert found == expected


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize(**each_case(FORMS))
def test_eight_threads_ask_one_estimator(case):
    X = blobs(0, 20_000, 6, 9)
    fitted = case.fit(X, 9, max_iter=3, random_state=0, n_threads=2)

    def ask(_):
        arrays = answer_arrays(case, fitted, X, case.answers + case.totals).values()
        return [np.asarray(array).tobytes() for array in arrays]

    assert on_eight_threads(ask) == [ask(0)] * 8
