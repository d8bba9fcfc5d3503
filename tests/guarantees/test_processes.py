"""What mixclust promises of every fit, part two: forks, threads, Ctrl-C, and no side effects."""

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pytest
from support.processes import on_eight_threads, run_code
from support.samples import blobs, fit_for_a_pool, normal

from mixclust import ConvergenceWarning, KMeans

# ---------------------------------------------------------------------------- 4 fork and threads


WORK = """
import multiprocessing, os, sys, threading
import numpy as np
from mixclust import KMeans

def fit(seed):
    X = np.random.default_rng(seed).standard_normal((60_000, 8))
    return KMeans(40, n_init=1, max_iter=3, random_state=0, n_threads=2).fit(X).inertia_
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
if __name__ == "__main__":
    expected = [fit(seed) for seed in range(4)]
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(fit, range(4)) == expected)
"""


if hasattr(os, "fork"):
    # Since Python 3.12 a fork next to threads gives a DeprecationWarning, which is why -W is here.

    def test_fork_then_fit_in_the_child_and_in_the_parent():
        assert run_code(WORK + FORK, timeout=20, options=["-Wignore"]) == "True 0\n"

    def test_fork_while_another_thread_fits():
        code = WORK + FORK_WHILE_A_THREAD_FITS
        assert run_code(code, timeout=40, options=["-Wignore"]) == "[0, 0, 0]\n"


# A handler of signals sets the timer anew when it has done its work, so that it does not interrupt
# itself; the fits are short, so that signals come between all steps of a pass.
HANDLER = """
import os, signal, sys, threading
import numpy as np
from mixclust import KMeans

shards.THREAD_COST, shards.SHARD_COST = 1, 100_000  # many small tasks
X = np.random.default_rng(0).standard_normal((10_000, 8))

def fit(n_threads=2):
    return KMeans(20, n_init=1, max_iter=3, random_state=0, n_threads=n_threads).fit(X)

def predict():
    assert (fitted.predict(X) == fitted.labels_).all()

def predict_in_a_thread():
    thread = threading.Thread(target=predict)
    thread.start()
    thread.join()

def fork():
    child = os.fork()
    if child == 0:
        predict()
        fit()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

def fork_and_go_on():
    global child
    child = os.fork() == 0
    if not child:
        codes.append(os.waitstatus_to_exitcode(os.wait()[1]))

def handler(signum, frame):
    global n_handled
    n_handled += 1
    {work}()
    if n_handled < {n_signals} and not child:
        signal.setitimer(signal.ITIMER_REAL, 0.002)

def ended():
    return n_handled == {n_signals} or child

fitted = KMeans(20, n_init=1, random_state=0, n_threads=2).fit(X)
expected, n_handled, child, codes = fit(1).labels_, 0, False, []
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.002)
"""
GO_ON = """
while not ended():
    assert (fit().labels_ == expected).all()
print("as without signals")
"""
GO_ON_IN_THE_CHILD = """
while not ended():
    try:
        assert (fit().labels_ == expected).all()
    except RuntimeError as error:
        os._exit(2 if child and str(error).startswith("The process was forked") else 3)
if child:
    os._exit(0)
print(codes.count(0) > 0, set(codes) <= {0, 2})
"""

if os.name == "posix":

    @pytest.mark.parametrize("work", ["fit", "predict", "predict_in_a_thread", "fork"])
    def test_signal_handlers_compute_and_fork_while_the_main_thread_fits(work):
        code = HANDLER.format(work=work, n_signals=100 if work == "fork" else 400) + GO_ON
        assert run_code(code, timeout=60, options=["-Wignore"]) == "as without signals\n"

    def test_child_of_a_signal_handler_goes_on():
        """The child ends the fit that the handler interrupted, or says that it cannot."""
        code = HANDLER.format(work="fork_and_go_on", n_signals=100) + GO_ON_IN_THE_CHILD
        assert run_code(code, timeout=60, options=["-Wignore"]) == "True True\n"


FINALIZER = """
import gc, threading
import numpy as np
from mixclust import KMeans

shards.THREAD_COST, shards.SHARD_COST = 1, 100_000  # many small tasks
X = np.random.default_rng(0).standard_normal((10_000, 8))
fitted = KMeans(20, n_init=1, random_state=0, n_threads=2).fit(X)
wrong, n_finalized = [], 0

class Finalized:
    def __init__(self):
        self.circle = self

    def __del__(self):
        global n_finalized
        n_finalized += 1
        if (fitted.predict(X) != fitted.labels_).any():
            wrong.append(threading.current_thread())

gc.set_threshold(1)
for _ in range(100):
    Finalized()
    KMeans(20, n_init=1, max_iter=3, random_state=0, n_threads=2).fit(X)
gc.collect()
print(n_finalized, wrong)
"""


def test_finalizers_predict_wherever_the_collector_runs():
    assert run_code(FINALIZER, timeout=60) == "100 []\n"


NO_THREADS = """
import os, resource, threading
import numpy as np
from mixclust import KMeans

shards.THREAD_COST, shards.SHARD_COST = 1, 100_000  # many small tasks
X = np.random.default_rng(0).standard_normal((10_000, 8))

def fit(n_threads):
    kmeans = KMeans(20, n_init=1, max_iter=3, random_state=0, n_threads=n_threads).fit(X)
    return kmeans.cluster_centers_.tobytes()

expected = fit({n_threads_before})
if os.getuid() == 0:
    os.setuid(54_321)  # the limit does not hold for root
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    threading.Thread(target=print).start()
except RuntimeError as error:
    print(error)
print([fit(8) == expected for _ in range(3)], threading.active_count())
"""

if sys.platform == "linux":  # elsewhere the limit counts processes, not threads

    @pytest.mark.parametrize("n_threads_before", [1, 2, 3])
    def test_system_that_has_no_thread_left(n_threads_before):
        code = NO_THREADS.format(n_threads_before=n_threads_before)
        expected = f"can't start new thread\n[True, True, True] {n_threads_before}\n"
        assert run_code(code, timeout=60) == expected


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_process_pools(method, tmp_path):
    path = tmp_path / "main.py"  # workers that are spawned import the main module
    path.write_text(WORK + POOL)
    process = subprocess.run(
        [sys.executable, path, method], capture_output=True, text=True, timeout=60
    )
    assert process.stdout == "True\n", process.stderr


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib(backend):
    expected = [fit_for_a_pool(seed) for seed in range(4)]
    tasks = (joblib.delayed(fit_for_a_pool)(seed) for seed in range(4))
    assert joblib.Parallel(n_jobs=2, backend=backend)(tasks) == expected


@pytest.mark.usefixtures("all_threads")
def test_eight_threads_fit_at_once():
    expected = [fit_for_a_pool(seed) for seed in range(8)]

    def fit_three_times(seed):
        return [fit_for_a_pool(seed) for _ in range(3)]

    assert on_eight_threads(fit_three_times) == [[digest] * 3 for digest in expected]


@pytest.mark.usefixtures("all_threads")
def test_eight_threads_predict_with_one_estimator():
    X = blobs(0, 30_000, 8, 20)
    kmeans = KMeans(20, n_init=1, random_state=0, n_threads=2).fit(X)

    def predict(i):
        return (kmeans.predict(X) == kmeans.labels_).all() and kmeans.score(X)

    assert on_eight_threads(predict) == [kmeans.score(X)] * 8


# ---------------------------------------------------------------------------- 5 Ctrl-C


# The handler of a timer's signal runs when somebody looks for signals, as that of Ctrl-C does.
INTERRUPT = """
import signal, time
import numpy as np
import scipy.sparse
from mixclust import KMeans

def interrupt(signum, frame):
    global heard
    heard = time.monotonic()
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
X = np.random.default_rng(0).standard_normal((150_000, 48), dtype=np.float32)
sparse = scipy.sparse.csr_array(X * (X > 1))
kmeans = KMeans(3, n_init=1).fit(X[:500])
before = dict(vars(kmeans))
kmeans.set_params(n_clusters=4000, tol=0, n_threads={n_threads})
before |= kmeans.get_params()
start = X[:4000]
if "predict" in "{what}" or "transform" in "{what}":
    kmeans.set_params(init=X[:4000], max_iter=1).fit(X[:4000])
    before = dict(vars(kmeans))
    many = np.concatenate([X] * 5)
due = time.monotonic() + 0.25
signal.setitimer(signal.ITIMER_REAL, 0.25)
try:
    {what}
    print("not interrupted, after", time.monotonic() - due)
except KeyboardInterrupt:
    late = heard - due
    caught = time.monotonic() - heard
    same = vars(kmeans).keys() == before.keys() and all(
        vars(kmeans)[name] is value for name, value in before.items()
    )
    print("in time" if late + caught < 0.5 else f"late by {{late + caught}}", same)
"""
LONG_WORK = {
    "seeding": "kmeans.fit(X)",
    "lloyd": "kmeans.algorithm = before['algorithm'] = 'lloyd'; "
    "kmeans.init = before['init'] = start; kmeans.fit(X)",
    "elkan": "kmeans.algorithm = before['algorithm'] = 'elkan'; "
    "kmeans.init = before['init'] = start; kmeans.fit(X)",
    "restarts": "kmeans.set_params(n_clusters=5, n_init=10**5); before |= kmeans.get_params(); "
    "kmeans.fit(X[:300])",
    "sparse": "kmeans.init = before['init'] = start; kmeans.fit(sparse)",
    "predict": "kmeans.predict(many)",
    "transform": "kmeans.transform(X[:60_000])",
    "nearest centres": "kmeans.nearest_centers(X)  # as predict",
}

if os.name == "posix":

    @pytest.mark.parametrize("n_threads", [1, 2])
    @pytest.mark.parametrize("work", LONG_WORK)
    def test_interrupt_within_half_a_second(work, n_threads):
        code = INTERRUPT.format(what=LONG_WORK[work], n_threads=n_threads)
        assert run_code(code) == "in time True\n"

    def test_interrupt_by_signal():
        """The real thing once: SIGINT from outside, caught as KeyboardInterrupt, status 130."""
        code = (
            "import numpy as np; from mixclust import KMeans\n"
            "X = np.random.default_rng(0).standard_normal((100_000, 48), dtype=np.float32)\n"
            "print('begin', flush=True)\n"
            "KMeans(4000, n_init=1).fit(X)"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "begin\n"
        try:
            process.wait(0.3)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        assert stderr.endswith("KeyboardInterrupt\n")
        assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ValueError])
def test_estimator_is_what_it_was_after_an_error(error):
    def init(X, n_clusters, random_state):
        raise error

    fitted = KMeans(3, n_init=1, random_state=0).fit(blobs(0, 100, 2, 3)).set_params(init=init)
    for kmeans in (fitted, KMeans(3, init=init)):
        before = dict(vars(kmeans))
        with pytest.raises(error):
            kmeans.fit(blobs(0, 100, 5, 3))
        assert vars(kmeans).keys() == before.keys()
        assert all(vars(kmeans)[name] is value for name, value in before.items())


# ---------------------------------------------------------------------------- 6 nothing global


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
X = np.random.default_rng(0).standard_normal((60_000, 8))
for dtype in (np.float32, np.float64):
    for random_state in (0, np.random.RandomState(0), np.random.default_rng(0)):
        kmeans = mixclust.KMeans(40, n_init=1, max_iter=3, random_state=random_state, n_threads=2)
        kmeans.fit(X.astype(dtype)).predict(X.astype(dtype))
        kmeans.transform(X[:10].astype(dtype))
        assert state() == before, "fit"
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
    assert run_code(UNCHANGED) == "unchanged False\n"


def test_arithmetic_raises_no_floating_point_error():
    """What NumPy is told to raise is not raised by our own NumPy; that zero is near is no error."""
    with np.errstate(all="raise", under="ignore"):
        for X in (np.zeros((9, 2)), np.ones((9, 2)), normal(0, 50, 3), np.eye(9) * 1e-140):
            kmeans = KMeans(2, n_init=1, random_state=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                kmeans.fit(X)
            kmeans.silhouette_samples(X)
            kmeans.transform(X)
