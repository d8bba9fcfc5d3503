"""``mixclust cluster --stream``: the answers of a table in memory, in bounded memory."""

import contextlib
import gzip
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mixclust import GaussianMixture
from mixclust._cli import cluster_stream, table_text, table_values
from mixclust._cli.cluster_columns import select
from mixclust._cli.csv_table import read_table
from mixclust._cli.errors import CommandError
from mixclust._cli.main import main
from mixclust._mixture.structures import covariance_types

X = np.random.default_rng(5).normal(size=(2500, 2)).round(3) + np.repeat([[0], [7]], 1250, axis=0)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """Work in an empty directory, with blocks that are much smaller than the tables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(table_text, "BLOCK_BYTES", 997)
    monkeypatch.setattr(table_values, "MAX_BLOCK_ROWS", 1000)


def table(rows=X, missing=(), delimiter=",", decimal="."):
    texts = [[f"{value:.3f}".replace(".", decimal) for value in row] for row in rows]
    for row in missing:
        texts[row][row % 2] = "NA"
    lines = [delimiter.join([*row, f"r{i}"]) for i, row in enumerate(texts)]
    return "\n".join([delimiter.join(["x", "y", "name"]), *lines, ""])


QUOTED = "\n".join(
    line + ',"two\nlines, and ""quotes"""' for line in table().replace("name", "name,text").split()
).replace(',"two\nlines, and ""quotes"""', "", 1)
TABLES = {
    "plain": table().encode(),
    "gzip": gzip.compress(table().encode()),
    "utf-16": table().replace("name", "größe").encode("utf-16"),
    "decimal comma": table(delimiter=";", decimal=",").replace("\n", "\r\n").encode(),
    "old line ends": table().replace("\n", "\r").encode(),
    "line breaks in quotes": QUOTED.encode(),
    "comments": ("# made by hand\n" + table().replace("r99\n", "r99\n# so far\n\n")).encode(),
    "missing values": table(missing=[0, 7, 1200, 2499]).encode(),
    "blanks": table(delimiter="  ").encode(),
}


def run(*arguments, status=0):
    assert main(["cluster", *arguments]) == status


def both(capsys, name, *arguments):
    """The reports of a table in memory and of the same table streamed; the outputs are equal."""
    options = [name, "--components", "1-3", "--covariance", "full,tied", *arguments, "-o"]
    run(*options, "held.csv", "--no-stream")
    held = capsys.readouterr()
    run(*options, "streamed.csv", "--stream")
    streamed = capsys.readouterr()
    assert Path("held.csv").read_bytes() == Path("streamed.csv").read_bytes()
    assert held.err == streamed.err == ""
    return held.out.replace("held.csv", ""), streamed.out.replace("streamed.csv", "")


@pytest.mark.parametrize("name", TABLES)
def test_a_sample_of_all_rows_gives_the_outputs_of_a_table_in_memory(capsys, name):
    Path("table.csv").write_bytes(TABLES[name])
    held, streamed = both(capsys, "table.csv")
    assert held == streamed
    assert ("missing" in held) == (name == "missing values")


def test_parquet_is_streamed(capsys):
    pa = pytest.importorskip("pyarrow")
    columns = {"x": X[:, 0], "y": X[:, 1].tolist(), "kind": ["a, b", "c"] * 1250}
    columns["y"][7] = None
    pytest.importorskip("pyarrow.parquet").write_table(
        pa.table(columns), "table.parquet", row_group_size=700
    )
    held, streamed = both(capsys, "table.parquet")
    assert held == streamed
    assert "y 1; 1 row is left out" in held


def test_counters_labels_and_rounded_numbers_are_found_in_pieces(capsys):
    lines = table().splitlines()
    rows = [f"{line},{3 * i + 2**53},{i % 3},{(i * 7) % 2500}" for i, line in enumerate(lines[1:])]
    Path("table.csv").write_text("\n".join([lines[0] + ",id,label,shuffled", *rows]))
    held, streamed = both(capsys, "table.csv", "--components", "1")
    assert held == streamed
    assert "counters  id, shuffled:" in held
    assert "labels    label (3 values)" in held
    assert "column 'id': 1250 whole numbers rounded" in held


def test_a_mixture_that_was_chosen_on_a_sample_is_fitted_to_all_rows(capsys):
    Path("table.csv").write_text(table(missing=[3, 8]))
    options = ["table.csv", "--components", "1-3", "--covariance", "full", "-o"]
    run(*options, "held.csv")
    held = capsys.readouterr().out
    run(*options, "streamed.csv", "--stream", "--sample", "400", "--plot", "p.png")
    streamed = capsys.readouterr().out
    assert "sample    chosen on a sample of 400 of 2,498 rows; fitted to all rows" in streamed
    assert "BIC of each mixture on the sample" in streamed
    best = next(line.split()[1] for line in held.splitlines() if line.startswith("           2"))
    [fitted] = [line for line in streamed.splitlines() if line.startswith("fitted to all")]
    assert fitted.startswith("fitted to all 2,498 rows: 2 components, full, BIC ")
    assert float(fitted.split()[-1]) == pytest.approx(float(best.rstrip("*")), abs=0.5)
    rows = np.genfromtxt("held.csv", delimiter=",", skip_header=1)
    streamed_rows = np.genfromtxt("streamed.csv", delimiter=",", skip_header=1)
    np.testing.assert_allclose(streamed_rows, rows, atol=2e-3)
    assert Path("p.png").stat().st_size > 1000


def test_the_same_seed_gives_the_same_output():
    Path("table.csv").write_text(table())
    for name in ("a.csv", "b.csv"):
        run("table.csv", "--components", "3", "--stream", "--sample", "200", "-o", name, "--quiet")
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


@pytest.mark.parametrize("kind", covariance_types())
def test_every_model_goes_on_from_its_fit_to_the_sample(kind):
    Path("table.csv").write_text(table())
    selection = select(read_table(Path("table.csv"), stream=True), None, [], False)
    rows = cluster_stream.AllRows(selection, 0, None, lambda *_: None)
    sample, _, _ = rows.look(300)
    start = GaussianMixture(2, covariance_type=kind, random_state=0).fit(sample)
    fit = rows.fit(start, "bic", sample)
    X_all = selection.read()
    whole = GaussianMixture(2, covariance_type=kind, random_state=0).fit(X_all)
    assert fit.value == pytest.approx(whole.bic(X_all), abs=0.5)
    assert fit.is_converged
    assert not fit.is_collapsed


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_the_criterion_of_all_rows_is_that_of_the_mixture(criterion):
    Path("table.csv").write_text(table(missing=[3]))
    selection = select(read_table(Path("table.csv"), stream=True), None, [], False)
    rows = cluster_stream.AllRows(selection, 0, None, lambda *_: None)
    sample, _, _ = rows.look(300)
    assert sample.shape == (300, 2)
    start = GaussianMixture(2, random_state=0).fit(sample)
    fit = rows.fit(start, criterion, sample)
    expected = getattr(fit.mixture, criterion)(selection.read())
    assert fit.value == pytest.approx(expected, rel=1e-12)
    counts = np.bincount(fit.mixture.predict(selection.read()))
    assert sorted(counts) == sorted(fit.tally.counts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "1,2\n", "line 2502 has 2 fields, but the header has 3"),
        (lambda text: text.replace("r2000", 'r"2000'), None),
        (lambda text: text + '1,2,"open\n', "line 2502: unexpected end of data"),
        (lambda text: text + "inf,1,r\n", "column 'x', line 2502: 'inf' is not finite"),
        (lambda text: text + "1,1,\0\n", "line 2502 holds a NUL character"),
        (lambda text: text + "1,1e300,r\n", "squared distances overflow float64"),
    ],
)
def test_errors_are_those_of_a_table_in_memory(capsys, change, message):
    Path("table.csv").write_text(change(table()))
    errors = []
    for option in ("--stream", "--no-stream"):
        status = main(["cluster", "table.csv", "--components", "1", option])
        assert status == (2 if message else 0)
        errors.append(capsys.readouterr().err)
    assert errors[0] == errors[1]
    assert (message or "") in errors[0]
    assert os.listdir() == ["table.csv"]


def test_bytes_that_are_no_text_are_named_by_line(capsys):
    Path("table.csv").write_bytes(table().encode() + b"1,1,\xff\n")
    run("table.csv", "--stream", status=2)
    assert "table.csv: line 2502 is not UTF-8" in capsys.readouterr().err


def test_missing_values_are_refused_on_request(capsys):
    Path("table.csv").write_text(table(missing=[1500]))
    run("table.csv", "--stream", "--missing", "error", status=2)
    assert "the first in line 1502; fill them in" in capsys.readouterr().err


def test_large_tables_are_streamed_by_themselves(monkeypatch):
    text = table()
    Path("table.csv").write_text(text)
    Path("table.gz").write_bytes(gzip.compress(text.encode()))
    assert not table_text.read_text(Path("table.csv")).is_streamed
    monkeypatch.setattr(table_text, "STREAMED_BYTES", len(text) - 1)
    assert table_text.read_text(Path("table.csv")).is_streamed
    assert table_text.read_text(Path("table.gz")).is_streamed
    assert not table_text.read_text(Path("table.csv"), stream=False).is_streamed


def test_a_file_that_changes_is_refused():
    Path("table.csv").write_text(table())
    found = read_table(Path("table.csv"), stream=True)
    Path("table.csv").write_text(table() + "1,2,r\n")
    with pytest.raises(CommandError, match=r"table\.csv: changed while it was read"):
        list(found.rows())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in the file system")
def test_a_pipe_is_read_once(capsys):
    os.mkfifo("pipe")
    threading.Thread(target=_write_to_pipe, daemon=True).start()
    run("pipe", "--stream", status=2)
    assert "is no file that can be read several times; leave out --stream" in (
        capsys.readouterr().err
    )


def _write_to_pipe():
    with contextlib.suppress(BrokenPipeError):
        Path("pipe").write_text("x\n1\n")


def test_a_full_disk_is_named(capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    Path("table.csv").write_text(table())
    monkeypatch.setattr(table_values.SpooledValues, "_write", full)
    run("table.csv", "--stream", "-o", "out.csv", status=2)
    error = capsys.readouterr().err
    assert "a temporary file with the numbers of the table could not grow beyond 0 bytes" in error
    assert "No space left on device; it needs 8 bytes for each number" in error
    assert os.listdir() == ["table.csv"]


@pytest.mark.parametrize("place", ["read", "fit", "write"])
def test_ctrl_c_leaves_no_file_and_no_thread(capsys, monkeypatch, place):
    def interrupt(*_, **__):
        signal.raise_signal(signal.SIGINT)

    Path("table.csv").write_text(table())
    target = {
        "read": (table_values.SpooledValues, "append"),
        "fit": (cluster_stream, "survey"),
        "write": (cluster_stream.Chosen, "answer"),
    }
    monkeypatch.setattr(*target[place], interrupt)
    run("table.csv", "--stream", "--components", "2", "-o", "out.csv", status=130)
    assert capsys.readouterr().err == "mixclust: interrupted\n"
    assert os.listdir() == ["table.csv"]
    assert not [thread for thread in threading.enumerate() if thread.name == "mixclust_reader"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("option", ["--stream", "--no-stream"])
def test_a_terminal_shows_how_far_each_step_is(monkeypatch, option):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("mixclust._cli.progress.SECONDS_BETWEEN_BARS", 0.0)
    Path("table.csv").write_text(table())
    run("table.csv", "--components", "2", "--sample", "300", "-o", "out.csv", option)
    shown = [text.strip() for text in sys.stderr.getvalue().split("\r")]
    half = "[##########          ]"
    steps = [f"reading table.csv {half}  5", f"writing out.csv {half}"]
    if option == "--stream":
        steps += ["drawing a sample [####################] 100 %", "to all rows, pass 2 [####"]
    for step in steps:
        assert any(step in text for text in shown), step
    assert shown[-1] == shown[-2] == ""


SCRIPT = """
import pathlib, sys
from mixclust._cli.main import main

def peak():  # of this process; ru_maxrss would count the memory of the process that started it
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024

before = peak()
assert main(["cluster", *sys.argv[1:]]) == 0
print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_stays_bounded():
    """50 MB of text, most of it in a column that is not clustered."""
    lines = table().splitlines()
    rows = "".join(f"{line} {'text ' * 99}\n" for line in lines[1:])
    with open("table.csv", "w") as file:
        file.write(lines[0] + "\n")
        for _ in range(40):
            file.write(rows)
    options = ["table.csv", "--components", "2", "--covariance", "diag", "--sample", "2000"]
    used = {}
    for option in ("--stream", "--no-stream"):
        command = [sys.executable, "-c", SCRIPT, *options, option, "-o", "out.csv", "--quiet"]
        process = subprocess.run(command, capture_output=True, text=True, check=True)
        used[option] = int(process.stdout)
    assert used["--stream"] < 35 < 50 < used["--no-stream"], used
