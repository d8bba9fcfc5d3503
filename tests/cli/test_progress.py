"""The present step of a command, on standard error."""

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
