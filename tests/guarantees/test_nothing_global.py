"""Promise 6: fits change nothing that belongs to the process, and raise no NumPy error."""

import numpy as np
import pytest
from support.estimators import STARTLESS, each_case
from support.estimators.case import answer_arrays
from support.processes import run_code
from support.samples import normal

UNCHANGED = """
import gc, locale, os, signal, sys, threading, warnings
import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_info

def state():
    return {
        "libraries": sorted(str(sorted(info.items())) for info in threadpool_info()),
        "errors of numpy": np.geterr(),
        "numpy's random state": np.random.get_state()[1].tolist(),
        "filters": list(warnings.filters),
        "signals": [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)],
        "switch interval": sys.getswitchinterval(),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "hooks": [sys.excepthook, threading.excepthook, sys.unraisablehook],
        "locale": locale.setlocale(locale.LC_ALL),
        "collection": (gc.isenabled(), gc.get_threshold()),
        "subnormals": (np.array([1e-310]) * 0.5).tolist() + [float(np.float32(1e-44) / 2)],
        "rounding": (np.array([1.0]) / 3).tolist(),
    }

before = state()
import mixclust
assert state() == before, "import"
from support.estimators import CASES
from support.estimators.case import answer_arrays

before = state()
X = np.random.default_rng(0).standard_normal((60_000, 8))
for case in CASES:
    for dtype in (np.float32, np.float64):
        for random_state in (0, np.random.RandomState(0), np.random.default_rng(0)):
            options = {"n_init": 1, "max_iter": 3, "random_state": random_state, "n_threads": 2}
            fitted = case.make(40, **options | case.quick).fit(X.astype(dtype))
            fitted.predict(X.astype(dtype))
            answer_arrays(case, fitted, X[:10].astype(dtype), case.answers + case.totals)
            assert state() == before, f"fit of {case}"
assert before["subnormals"][0] > 0 and before["subnormals"][1] > 0

# In the threads of the pool too, where kernels have run.
from mixclust._passes.threads import map_tasks
found = []
map_tasks(lambda task: found.append(float(np.float64(1e-310) * 0.5)), 100, 2)
assert set(found) == {before["subnormals"][0]}
assert not any(info["user_api"] == "openmp" for info in threadpool_info())
print("unchanged", "sklearn" in sys.modules)
"""


def test_nothing_global_is_changed():
    assert run_code(UNCHANGED, options=["-Wignore::UserWarning"]) == "unchanged False\n"


@pytest.mark.parametrize(**each_case(STARTLESS))
def test_arithmetic_raises_no_floating_point_error(case):
    """Errors that NumPy is told to raise do not come from our own use of NumPy.

    Underflow is left out: that a result is nearly zero is no error.
    """
    with np.errstate(all="raise", under="ignore"):
        for X in (np.zeros((9, 2)), np.ones((9, 2)), normal(0, 50, 3), np.eye(9) * 1e-140):
            fitted = case.fit(X, 2, n_init=1, random_state=0)
            answer_arrays(case, fitted, X, case.answers + case.totals)
            repr(getattr(fitted, "report_", None))
