"""Monitor: its hook, the objectives that it records, and the callback that ends a run."""

from types import SimpleNamespace

import numpy as np
import pytest

from mixclust import GaussianMixture, KMeans
from mixclust._estimator.clock import FitProgress
from mixclust._estimator.monitor import Monitor

X = np.random.RandomState(0).normal(size=(60, 2))


class State(FitProgress):
    """A state that holds the numbers of a loop."""

    def __init__(self, *values):
        self.values = values


class Plain(Monitor):
    """A monitor that prints and passes on the numbers that it is given."""

    def _print_iteration(self, objective, *details):
        print(len(self.objectives), objective, *details)

    def _state(self, *details):
        return State(self.init, *self.objectives, *details)


def plain(verbose=0, callback=None):
    return Plain(SimpleNamespace(verbose=verbose, callback=callback))


class Silent(list):
    """A callback that is false as a bool, as an empty list is."""

    def __call__(self, state):
        self.append(state)


def test_loops_get_a_hook_only_if_there_is_something_to_do():
    assert plain().hook is None
    assert plain(verbose=np.bool_(False)).hook is None
    for monitor in [plain(verbose=1), plain(callback=Silent())]:
        assert monitor.hook is monitor


def test_iterations_are_printed_and_recorded(capsys):
    monitor = plain(verbose=1)
    monitor.begin_run()
    assert [monitor(1, 0.5, "a"), monitor(1, 0.75)] == [False, False]
    assert monitor.objectives == [0.5, 0.75]
    assert capsys.readouterr().out.splitlines() == ["0 0.5 a", "1 0.75"]


def test_each_run_begins_anew():
    states = []
    monitor = plain(callback=lambda state: states.append(state) or len(states) == 2)
    monitor.begin_run()
    assert [monitor(1, 3.0), monitor(2, 2.0, "b")] == [False, True]
    assert monitor.stopped
    monitor.begin_run()
    assert not monitor.stopped
    assert monitor(1, 4.0) is False
    assert [state.values for state in states] == [(0, 3.0), (0, 3.0, 2.0, "b"), (1, 4.0)]


@pytest.mark.parametrize("estimator", [KMeans(2, random_state=0), GaussianMixture(2, tol=0.1)])
def test_callback_that_is_false_as_a_bool_is_called(estimator):
    callback = Silent()
    estimator.set_params(callback=callback).fit(X)
    assert sum(state.phase == "iterations" for state in callback) == estimator.n_iter_
