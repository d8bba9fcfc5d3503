"""``mixclust cluster``: its report, its output, its picture, and its refusals of bad input."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mixclust import GaussianMixtureIC
from mixclust._cli.main import main
from mixclust._mixture.structures import covariance_types
from mixclust.plot import CriteriaDisplay

FAITHFUL = Path(__file__).parents[2] / "examples" / "faithful.csv"


@pytest.fixture
def faithful(tmp_path, monkeypatch):
    """Old Faithful's eruptions, in the current directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(FAITHFUL, tmp_path)
    return tmp_path


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_old_faithful_has_the_mixture_of_mclust(faithful, capsys):
    """Three components of one covariance matrix, BIC 2314.316 as published.

    mclust prints BIC with the opposite sign.
    """
    arguments = ["faithful.csv", "--components", "1-9", "--covariance", "all"]
    outputs = ["-o", "out.csv", "--plot", "picture.png"]
    assert main(["cluster", *arguments, *outputs]) == 0
    printed = capsys.readouterr().out
    assert "2314.3*" in printed
    [line] = [line for line in printed.splitlines() if "*" in line and "is best" not in line]
    assert line.split()[0] == "3"
    assert line.split()[2] == "2314.3*"  # the column of "tied"
    rows = read_rows("out.csv")
    assert rows[0] == ["eruptions", "waiting", "component", "p_0", "p_1", "p_2", "uncertainty"]
    given = read_rows("faithful.csv")
    assert [row[:2] for row in rows] == given
    numbers = np.array(rows[1:], dtype=float)
    np.testing.assert_allclose(numbers[:, 3:6].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(numbers[:, 2], numbers[:, 3:6].argmax(axis=1))
    np.testing.assert_allclose(numbers[:, 6], 1 - numbers[:, 3:6].max(axis=1), atol=1e-5)
    sizes = np.bincount(numbers[:, 2].astype(int)).tolist()
    assert sizes == sorted(sizes, reverse=True) == [134, 97, 41]
    with Image.open("picture.png") as picture:
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50


@pytest.mark.parametrize("seed", [0, 1])
def test_three_long_groups_are_three_components(seed, tmp_path, capsys, monkeypatch):
    """Groups of one shape, side by side across their long axis, and turned."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(seed)
    X = np.vstack([rng.normal(size=(200, 2)) * [10, 0.3] + [0, 3 * i] for i in range(3)])
    c, s = np.cos(0.5), np.sin(0.5)
    np.savetxt("bars.csv", X @ [[c, s], [-s, c]], delimiter=",", header="x,y", comments="")
    assert main(["cluster", "bars.csv", "-o", "out.csv"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.count("*") == 1][1:]
    assert line.split()[0] == "3"
    labels = np.array(read_rows("out.csv")[1:], dtype=float)[:, 2]
    assert np.unique(np.repeat([0, 1, 2], 200) + 3 * labels).size == 3


def test_same_seed_same_output(faithful):
    command = ["cluster", "faithful.csv", "--components", "2-4", "--quiet", "-o"]
    assert main([*command, "a.csv"]) == main([*command, "b.csv"]) == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_quiet_prints_nothing(faithful, capsys):
    assert main(["cluster", "faithful.csv", "--components", "2", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


TABLE = "kind,x,y,same\n" + "".join(
    f"k{i % 2},{10 * (i % 2) + (i * 37 % 10) / 10},{(i * 53 % 17) / 4},7\n" for i in range(60)
)


def test_columns_that_cannot_be_clustered_are_named_and_kept(tmp_path, capsys):
    path, out = write(tmp_path / "table.csv", TABLE), tmp_path / "out.csv"
    assert main(["cluster", path, "--components", "1-3", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "60 rows, clustered by x, y" in " ".join(printed.split())  # lines break at long paths
    assert "left out  kind (text: 'k0' in line 2), same (constant: 7)" in printed
    rows = read_rows(out)
    assert rows[1][:4] == ["k0", "0.0", "0.0", "7"]
    labels = {(row[0], row[4]) for row in rows[1:]}
    assert len(labels) == 2, "the two kinds are the two components"


def test_rows_with_missing_values_are_reported_and_left_empty(tmp_path, capsys):
    text = TABLE.replace("k0,0.0,0.0,7", "k0,,0.0,7", 1).replace("k1,", "k1,NA", 1)
    lines = text.splitlines()
    lines[2] = "k1,NA,3.25,7"
    path, out = write(tmp_path / "table.csv", "\n".join(lines)), tmp_path / "out.csv"
    assert main(["cluster", path, "--components", "2", "-o", str(out)]) == 0
    assert "missing   x 2; 2 rows are left out of the fit" in capsys.readouterr().out
    rows = read_rows(out)
    assert rows[1] == ["k0", "", "0.0", "7", "", "", "", ""]
    assert rows[3][4] in ("0", "1")
    assert main(["cluster", path, "--components", "2", "--missing", "error"]) == 2
    assert "the first in line 2; fill them in" in capsys.readouterr().err


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_criterion_is_named(faithful, criterion, capsys):
    options = ["--components", "2,3", "--covariance", "full,tied", "--criterion", criterion]
    assert main(["cluster", "faithful.csv", *options]) == 0
    assert f"{criterion.upper()} of each mixture" in capsys.readouterr().out


def test_one_criterion_of_one_mixture_everywhere(faithful, capsys):
    """The report, a search and its picture give equal values."""
    kinds, sizes = ["full", "tied", "diag", "spherical"], [1, 2, 3, 4]
    command = ["cluster", "faithful.csv", "--components", "1-4", "--covariance", ",".join(kinds)]
    assert main(command) == 0
    criteria = capsys.readouterr().out.partition("\nbest: ")[0]
    lines = [line.replace("*", "").split() for line in criteria.splitlines()]
    printed = {line[0]: line[1:] for line in lines if len(line) == 5 and line[0].isdigit()}
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    search = GaussianMixtureIC(
        sizes, covariance_type=kinds, starts="independent", random_state=0
    ).fit(X)
    drawn = CriteriaDisplay.from_search(search, ax=Figure().subplots()).values
    for row in search.report_.rows:
        place = sizes.index(row.n_components), kinds.index(row.covariance_type)
        assert printed[str(row.n_components)][place[1]] == f"{row.bic:.1f}"
        assert drawn["bic", row.covariance_type][place[0]] == row.bic


@pytest.mark.parametrize(
    ("covariance", "models"),
    [("all", list(covariance_types())), ("EVE, VVV,EEE,tied", ["VVV", "EEE", "EVE"])],
)
def test_models_by_all_their_names(faithful, capsys, covariance, models):
    assert main(["cluster", "faithful.csv", "--components", "2", "--covariance", covariance]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    heads = [line[1:] for line in lines if line[:1] == ["components"]]
    assert [model for head in heads for model in head] == models


@pytest.mark.parametrize("columns", [["waiting"], ["eruptions", "waiting"]])
def test_picture_of_one_column_and_of_two(faithful, columns):
    command = ["cluster", "faithful.csv", "--components", "1-3", "--quiet"]
    assert main([*command, "--columns", ",".join(columns), "--plot", "p.png"]) == 0
    with Image.open("p.png") as picture:
        assert picture.size == (1650, 720)


@pytest.mark.parametrize("name", ["間隔", "$_$"], ids=["not in the font", "not mathematics"])
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_names_that_matplotlib_would_stumble_over_are_drawn(faithful, suffix, name, capsys):
    path = write(faithful / "table.csv", FAITHFUL.read_text().replace("waiting", name, 1))
    command = ["cluster", path, "--components", "2", "--quiet", "--plot", f"p.{suffix}"]
    assert main(command) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv: does not exist."),
        (["."], ".: is a folder; name a table."),
        (["faithful.csv", "--components", "0"], "'0' is not a list of whole numbers from 1 on"),
        (["faithful.csv", "--components", "5-2"], "'5-2' is not a list"),
        (["faithful.csv", "--components", "300"], "300 components need at least 300 rows"),
        (["faithful.csv", "--columns", "eruptons"], "did you mean 'eruptions'?"),
        (["faithful.csv", "--columns", ""], "argument --columns: '' is not a list of names"),
        (["faithful.csv", "--columns", "a\nb"], "quote a name that holds a comma or a line break"),
        (["faithful.csv", "--columns", "waiting,waiting"], "names 'waiting' more than once"),
        (["faithful.csv", "--covariance", "ful"], "did you mean 'full'?"),
        (["faithful.csv", "--axes", "waiting,eruptions"], "give --plot PICTURE too"),
        (["faithful.csv", "--plot", "p.gif"], "must end in .png or .pdf or .svg"),
        (["faithful.csv", "--plot", "p.png", "--axes", "waiting"], "two different columns"),
        (["faithful.csv", "-o", "faithful.csv"], "is the table itself"),
        (["faithful.csv", "-o", "p.png", "--plot", "p.png"], "--plot and --output are both p.png"),
        (["faithful.csv", "-o", "no/out.csv"], "there is no folder no; create it first"),
        (["constant.csv"], "no column holds numbers that vary: a (constant: 1)"),
        (["text.csv"], "no column holds numbers that vary: a (text: 'x' in line 2)"),
        (["huge.csv", "--components", "1"], "squared distances overflow float64"),
        (["labelled.csv", "-o", "out.csv"], "has a column 'component' already"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(faithful, arguments, message, capsys):
    write(faithful / "constant.csv", "a\n1\n1\n")
    write(faithful / "text.csv", "a\nx\ny\n")
    write(faithful / "huge.csv", "a\n1e300\n-1e300\n3\n")
    write(faithful / "labelled.csv", "a,component\n1,2\n" + "2,3\n" * 20)
    assert main(["cluster", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("mixclust: error: ")
    assert output.err.count("\n") == 1
    assert message in output.err
    assert not (faithful / "out.csv").exists()


def test_an_existing_output_survives_an_error(faithful, monkeypatch):
    Path("out.csv").write_text("precious")
    monkeypatch.setattr("mixclust._cli.cluster_output._text_of", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["cluster", "faithful.csv", "--components", "2", "-o", "out.csv"])
    assert Path("out.csv").read_text() == "precious"
    assert sorted(path.name for path in faithful.iterdir()) == ["faithful.csv", "out.csv"]


def test_ctrl_c_while_fitting(faithful, capsys, monkeypatch):
    monkeypatch.setattr(
        "mixclust._mixture.choice.GaussianMixtureIC.fit",
        lambda *_, **__: signal.raise_signal(signal.SIGINT),
    )
    assert main(["cluster", "faithful.csv", "-o", "out.csv", "--plot", "p.png"]) == 130
    assert capsys.readouterr().err == "mixclust: interrupted\n"
    assert os.listdir() == ["faithful.csv"]


def test_without_matplotlib(faithful, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["cluster", "faithful.csv", "-o", "out.csv", "--plot", "p.png"]) == 2
    assert capsys.readouterr().err == (
        "mixclust: error: drawing needs matplotlib, which is not installed; run: "
        "pip install 'mixclust[plot]'\n"
    )
    assert os.listdir() == ["faithful.csv"]


def test_as_a_process(faithful):
    command = [sys.executable, "-m", "mixclust", "cluster", "faithful.csv", "--components", "2"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    assert "component  rows  weight  uncertainty    eruptions     waiting" in process.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sh")
@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ([], 2, "mixclust: error: standard output is closed; redirect it to a file or a device.\n"),
        (["--quiet"], 0, ""),
    ],
)
def test_a_closed_standard_output_is_refused_unless_nothing_is_printed(
    faithful, options, status, message
):
    command = [sys.executable, "-m", "mixclust", "cluster", "faithful.csv", "--components", "2"]
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command, "-o", "out.csv", *options],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert (process.returncode, process.stderr) == (status, message)
    assert Path("out.csv").exists() == (status == 0)
