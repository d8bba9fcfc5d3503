"""Passes in handlers of signals, in finalizers, and where the system has no thread left.

Promise 4, for the pool that all estimators share.
"""

import os
import sys

import pytest
from support.processes import run_code

# A handler of signals sets the timer anew when it has done its work, so that it does not interrupt
# itself; the fits are short, so that signals come between all steps of a pass.
HANDLER = """
import os, signal, sys, threading
import numpy as np
from mixclust import KMeans
from support.processes import use_many_small_tasks

use_many_small_tasks()
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
from support.processes import use_many_small_tasks

use_many_small_tasks()
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
from support.processes import use_many_small_tasks

use_many_small_tasks()
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
