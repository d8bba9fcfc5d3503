"""Promise 5: Ctrl-C within half a second, after which the estimator is as it was before `fit`."""

import os
import signal
import subprocess
import sys
import warnings

import pytest
from support.estimators import CASES, FAMILIES, each_case
from support.processes import run_code
from support.samples import blobs

from mixclust import ConvergenceWarning

# The handler of a timer's signal runs when somebody looks for signals, as that of Ctrl-C does.
INTERRUPT = """
import signal, time
import numpy as np
from mixclust import *

def interrupt(signum, frame):
    global heard
    heard = time.monotonic()
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
{prepare}
model.set_params({options})
model.set_params(n_threads={n_threads})
before = dict(vars(model))
due = time.monotonic() + 0.25
signal.setitimer(signal.ITIMER_REAL, 0.25)
try:
    {call}
    print("not interrupted, after", time.monotonic() - due)
except KeyboardInterrupt:
    late = heard - due
    caught = time.monotonic() - heard
    same = vars(model).keys() == before.keys() and all(
        vars(model)[name] is value for name, value in before.items()
    )
    print("in time" if late + caught < 0.5 else f"late by {{late + caught}}", same)
"""

LONG_WORK = [
    pytest.param(work, n_threads, id=f"{case.name}-{name}-{n_threads}")
    for case in FAMILIES
    for name, work in case.long_work.items()
    for n_threads in work.threads
]

if os.name == "posix":

    @pytest.mark.parametrize(("work", "n_threads"), LONG_WORK)
    def test_interrupt_within_half_a_second(work, n_threads):
        code = INTERRUPT.format(n_threads=n_threads, **work._asdict())
        assert run_code(code) == "in time True\n"

    @pytest.mark.parametrize(**each_case(FAMILIES))
    def test_interrupt_by_signal(case):
        """The real thing: SIGINT from outside, caught as KeyboardInterrupt, status 130."""
        work = next(iter(case.long_work.values()))
        code = (
            f"import numpy as np; from mixclust import *\n{work.prepare}\n"
            f"model.set_params({work.options})\nprint('begin', flush=True)\n{work.call}"
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
@pytest.mark.parametrize(
    ("case", "hook"),
    [pytest.param(c, hook, id=f"{c.name}-{hook}") for c in CASES for hook in c.hooks],
)
def test_estimator_is_as_before_after_an_error(case, hook, error):
    def fail(*args, **kwargs):
        raise error

    fitted = case.fit(blobs(0, 100, 2, 3), 3, n_init=1, random_state=0)
    for estimator in (fitted.set_params(**{hook: fail}), case.make(3, **{hook: fail})):
        before = dict(vars(estimator))
        with pytest.raises(error):
            estimator.fit(blobs(0, 100, 5, 3))
        assert vars(estimator).keys() == before.keys()
        assert all(vars(estimator)[name] is value for name, value in before.items())


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize(**each_case(CASES))
def test_estimator_is_as_before_after_a_warning_that_is_an_error(case, fitted):
    estimator = case.make(2, random_state=0, **case.unconverged)
    if fitted:
        estimator = case.fit(blobs(0, 100, 3, 2), 2, random_state=0, **case.unconverged)
    before = dict(vars(estimator))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConvergenceWarning):
            estimator.fit(case.unconverged_rows)
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is value for name, value in before.items())
