"""The time that a fit has left: the clock, the iterations to come, and their texts."""

import pytest
from support.samples import normal

from mixclust import GaussianMixture
from mixclust._estimator import clock as clocks
from mixclust._estimator.clock import Clock, duration, falling, with_time_left


def test_clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(clocks, "monotonic", lambda: now[0])
    clock = Clock(3, began=90.0)
    clock.begin_run()
    assert clock.read() == (10.0, None)
    now[0] = 102.0
    assert clock.read(share=0.5) == (12.0, 2.0 + 2 * 4.0)
    clock.begin_iterations()
    now[0] = 106.0
    assert clock.read(n_done=4) == (16.0, None)
    assert clock.read(n_done=4, n_left=2) == (16.0, 2.0 + 2 * 8.0)
    clock.begin_run()
    now[0] = 108.0
    assert clock.read(share=0.01) == (18.0, 4.0 + 6.0)  # as long as the run before
    now[0] = 118.0
    assert clock.read() == (28.0, 6.0)
    clock.begin_run()
    clock.begin_iterations()
    now[0] = 120.0
    assert clock.read(n_done=1, n_left=3) == (30.0, 6.0)


def test_iterations_left_are_extrapolated():
    values = [1.0, 0.5, 0.25, 0.125]
    assert falling(values, 0.125 / 8, 100) == pytest.approx(3)
    assert falling(values, 0.5, 100) == 0
    assert falling(values, 1e-300, 100) == 100
    assert falling(values, 0, 100) == 100
    assert falling([1.0, 2.0, 4.0], 0.5, 7) == 7  # rising
    assert falling([1.0, 0.5], 0.1, 100) is None
    assert falling([0.0, 0.0, 0.0], 0.1, 100) is None


def test_estimates_of_a_mixture_are_of_the_right_size(monkeypatch):
    """The number of iterations that are left, in the middle of a slow run, at a second each."""
    seen, now = [], [0.0]
    monkeypatch.setattr("mixclust._estimator.clock.monotonic", lambda: now[0])

    def callback(state):
        now[0] += state.phase == "iterations"
        if state.iteration == 40:
            seen.append(state.seconds_left)

    mixture = GaussianMixture(4, init_params="k-means++", random_state=1, tol=1e-5)
    mixture.set_params(callback=callback, max_iter=5000).fit(normal(0, 600, 2))
    left = mixture.n_iter_ - 40
    assert left > 20
    assert left / 20 < seen[0] < 20 * left


def test_texts_of_times():
    assert [duration(s) for s in (0.2, 99, 101, 7500)] == ["1 s", "99 s", "2 min", "2 h 5 min"]
    assert with_time_left("line", 0.5, 9.0) == with_time_left("line", 2.0, None) == "line"
    assert with_time_left("line.", 2.0, 8.5) == "line. About 9 s left."
