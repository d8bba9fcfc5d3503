"""The present step of a command, on standard error."""

import io
import sys

import pytest

from mixclust._cli import progress
from mixclust._cli.progress import Progress


def test_without_a_terminal_a_line_comes_every_15_seconds(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Progress(quiet=False) as shown:
        for step in range(40):
            shown.show(f"step {step}")
            now[0] += 1
    assert capsys.readouterr().err == "mixclust: step 15\nmixclust: step 30\n"


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, in a list."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_share_is_shown_with_the_time_that_is_left(clock, capsys):
    with Progress(quiet=False) as shown:
        for second in range(101):
            clock[0] = float(second)
            shown.show("reading", second / 200)
        clock[0] += 15
        shown.show("reading", 0.01)  # a second pass
    assert capsys.readouterr().err == (
        "mixclust: reading: 8 %, 4 min left\n"
        "mixclust: reading: 15 %, 3 min left\n"
        "mixclust: reading: 22 %, 3 min left\n"
        "mixclust: reading: 30 %, 3 min left\n"
        "mixclust: reading: 38 %, 3 min left\n"
        "mixclust: reading: 45 %, 2 min left\n"
        "mixclust: reading: 1 %\n"
    )


def test_a_terminal_has_a_bar_in_one_line(clock, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    with Progress(quiet=False) as shown:
        shown.show("reading", 0.0)
        clock[0] = 0.01
        shown.show("reading", 0.1)  # too soon
        clock[0] = 30.0
        shown.show("reading", 0.25)
        shown.show("x" * 100)  # another step is shown at once
    lines = [line.rstrip() for line in sys.stderr.getvalue().split("\r")]
    assert lines == [
        "",
        "reading [                    ]   0 %",
        "reading [#####               ]  25 %, 90 s left",
        "x" * 59,
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (99, "99 s"), (101, "2 min"), (7500, "2 h 5 min")]
)
def test_times_are_short(seconds, text):
    assert progress.duration(seconds) == text
