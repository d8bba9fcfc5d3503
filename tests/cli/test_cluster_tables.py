"""``mixclust cluster`` on unusual tables: it reports everything that it leaves out or changes."""

import csv
import gzip
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixclust import GaussianMixture
from mixclust._cli.main import main
from mixclust._estimator.atomic_write import write_atomically

X = np.random.default_rng(7).normal(size=(80, 2)).round(3) + np.repeat([[0], [9]], 40, axis=0)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(text, name="table.csv", encoding="utf-8"):
    Path(name).write_bytes(text.encode(encoding))
    return name


def table(replaced=(), delimiter=",", decimal=".", header="x,y"):
    """Write two groups of 40 rows; `replaced` gives other texts of x in some rows."""
    texts = [[f"{value:.3f}".replace(".", decimal) for value in row] for row in X]
    for row, text in dict(replaced).items():
        texts[row][0] = text
    lines = [header.replace(",", delimiter)] if header else []
    return "\n".join(lines + [delimiter.join(row) for row in texts]) + "\n"


def run(*arguments, status=0):
    assert main(["cluster", *arguments]) == status


def cluster(capsys, *arguments):
    run("table.csv", "--components", "1-3", "--covariance", "tied", *arguments)
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def fail(capsys, *arguments):
    run("table.csv", *arguments, status=2)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err.removeprefix("mixclust: error: table.csv: ").rstrip("\n")


def read_rows(name, **options):
    with open(name, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, **options))


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["N/A", "n/a", "#N/A", "NULL", "null", "None", "-"])
def test_two_missing_values_leave_the_column_in(capsys, word):
    write(table({3: word, 50: word}))
    printed = cluster(capsys)
    assert "80 rows, clustered by x, y\n" in printed
    assert "missing   x 2; 2 rows are left out of the fit" in printed
    assert "x 2), the first in line 5" in fail(capsys, "--missing", "error")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            "lost",
            "column 'x', line 5: 'lost' is not a number, but 79 fields of the column are numbers "
            "and 1 field not; correct the table, pass --na lost if this means a missing value, or "
            "pass --exclude x.",
        ),
        ("inf", "column 'x', line 5: 'inf' is not finite"),
        ("1e999", "column 'x', line 5: '1e999' is not finite"),
        ('"1,25"', "'1,25' has another decimal sign than '.'; pass --decimal ,, write all"),
        ('"1,250.5"', "'1,250.5' may be a number in thousands; write numbers without separators"),
        ("1_000", "column 'x', line 5: '1_000' is not a number"),
    ],
)
def test_an_odd_field_among_numbers_is_an_error(capsys, field, message):
    write(table({3: field}))
    assert message in fail(capsys)
    assert message in fail(capsys, "--columns", "x")
    assert "left out  x (excluded)" in cluster(capsys, "--exclude", "x")
    word = field.strip('"')
    if "," not in word:
        assert "missing   x 1;" in cluster(capsys, "--na", word)


def test_a_column_of_thousands_is_an_error(capsys):
    texts = {row: f'"{row + 1},234.5"' for row in range(80)}
    write(table(texts))
    assert "line 2: '1,234.5' may be a number in thousands" in fail(capsys)


@pytest.mark.parametrize(
    ("field", "offered"),
    [("1,234", True), ("1,234.5", False), ("1,234,567", False), ("1 234", False)],
)
def test_a_decimal_sign_is_offered_where_it_reads_the_field(capsys, field, offered):
    write(table({3: field}, delimiter="\t"))
    message = fail(capsys)
    assert f"{field!r} may be a number in thousands" in message
    assert ("--decimal" in message) == offered


def test_points_between_thousands_are_an_error(capsys):
    rows = table(delimiter=";").splitlines()
    sales = [f"{value / 1000:.3f}" if value > 999 else str(value) for value in range(960, 1040)]
    lines = [f"{row};{value}" for row, value in zip(rows[1:], sales, strict=True)]
    write("\n".join([rows[0] + ";sales", *lines]))
    message = fail(capsys)
    assert message.startswith("column 'sales', line 42: '1.000' may be a number in thousands;")
    assert "clustered by x, y\n" in cluster(capsys, "--exclude", "sales")
    assert "clustered by x, y, sales\n" in cluster(capsys, "--decimal", ".")


def test_a_column_of_text_with_some_numbers_is_left_out_and_reported(capsys):
    write(table({row: f"t{row}" for row in range(50)}))
    assert "left out  x (text: 't0' in line 2; 30 of 80 fields are numbers)" in cluster(capsys)


def test_a_decimal_comma_is_read_and_written(capsys):
    write(table(delimiter=";", decimal=","))
    printed = cluster(capsys, "-o", "out.csv")
    assert "note      numbers are read with a decimal comma" in printed
    rows = read_rows("out.csv", delimiter=";")
    assert rows[0] == ["x", "y", "component", "p_0", "p_1", "uncertainty"]
    assert rows[1][:2] == [f"{value:.3f}".replace(".", ",") for value in X[0]]
    parts = [float(value.replace(",", ".")) for value in rows[1][3:5]]
    assert sum(parts) == pytest.approx(1, abs=1e-5)
    write(table(), "point.csv")
    run("point.csv", "--components", "1-3", "--covariance", "tied")
    assert capsys.readouterr().out.split("BIC")[1] == printed.split("BIC")[1].split("wrote")[0]


# --- the header, and the format of the output ----------------------------------------------------


def test_without_a_header_every_row_is_clustered(capsys):
    write(table(header=None))
    assert "pass --no-header" in fail(capsys)
    assert "80 rows, clustered by x1, x2\n" in cluster(capsys, "--no-header", "-o", "out.csv")
    rows = read_rows("out.csv")
    assert rows[0][:3] == ["x1", "x2", "component"]
    assert len(rows) == 81
    assert "79 rows" in cluster(capsys, "--header")


def test_a_header_with_numbers_is_mentioned(capsys):
    write(table(header="1990,y"))
    assert "note      the first line (1990, y) is taken as the header" in cluster(capsys)


def test_row_names_are_kept_and_named(capsys):
    rows = table().splitlines()
    write("\n".join([rows[0], *(f"r{i},{row}" for i, row in enumerate(rows[1:]))]))
    assert "left out  column 1 (row names: " in cluster(capsys, "-o", "out.csv")
    rows = read_rows("out.csv")
    assert rows[0][:4] == ["", "x", "y", "component"]
    assert rows[1][0] == "r0"


def test_the_output_is_written_as_the_table_was(capsys):
    write("sep=;\r\n" + table(delimiter=";").replace("\n", "\r\n"), encoding="utf-16")
    cluster(capsys, "-o", "out.csv")
    text = Path("out.csv").read_bytes().decode("utf-16")
    assert text.startswith("sep=;\r\nx;y;component;")
    assert text.count("\r\n") == text.count("\n") == 82


def test_the_output_is_compressed_by_name(capsys):
    write(table())
    cluster(capsys, "-o", "out.csv")
    cluster(capsys, "-o", "out.csv.gz")
    assert gzip.decompress(Path("out.csv.gz").read_bytes()) == Path("out.csv").read_bytes()
    run("table.csv", "-o", "out.xlsx", status=2)
    assert "out.xlsx: the output is CSV or Parquet" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["two\nlines", 'a\n\n# "b" c\n', "plain", "a\r\nb"])
def test_line_breaks_in_quotes_are_kept_where_blanks_separate_fields(capsys, text):
    lines = table(delimiter=" ", header="x,y,z").splitlines()
    quoted = text.replace('"', '""')
    write("\n".join([lines[0], *(f'{line} "{quoted}"' for line in lines[1:]), ""]))
    assert "80 rows, clustered by x, y\n" in cluster(capsys, "-o", "out.csv")
    rows = read_rows("out.csv", delimiter="\t")
    assert len(rows) == 81
    assert {row[2] for row in rows[1:]} == {text}
    assert {len(row) for row in rows} == {len(rows[0])}


def test_an_open_quote_where_blanks_separate_fields_is_an_error(capsys):
    write(table(delimiter=" ") + '1 "2\n')
    assert "line 82: unexpected end of data; close each quoted field" in fail(capsys)


def test_blanks_at_the_beginning_of_fields_are_kept(capsys):
    rows = table(delimiter=", ", header="x,y,z").splitlines()
    write("\n".join([rows[0], *(f"{row},  two blanks " for row in rows[1:])]))
    assert "note" not in cluster(capsys, "-o", "out.csv")
    rows = read_rows("out.csv")
    assert rows[0][:3] == ["x", " y", " z"]
    assert rows[1][2] == "  two blanks "
    assert rows[1][1] == f" {X[0, 1]:.3f}"


def test_blanks_before_quotes_are_left_out_and_reported(capsys):
    rows = table(header="x,y,z").splitlines()
    write("\n".join([rows[0], *(f'{row}, "a, b"' for row in rows[1:])]))
    assert "note      blanks at the beginning of fields left out" in cluster(
        capsys, "-o", "out.csv"
    )
    assert read_rows("out.csv")[1][2] == "a, b"


def test_lines_that_are_no_rows_get_a_remedy_that_works(capsys):
    write(table() + "Source: laboratory\n")
    assert "or begin lines that are no rows with #." in fail(capsys)
    write("# Report of May\n\n" + table() + "# Source: laboratory\n")
    assert "note      2 lines beginning with # skipped" in cluster(capsys)


# --- columns that hide the groups ----------------------------------------------------------------


def test_labels_and_counters_are_named_and_left_out_on_request(capsys):
    lines = table().splitlines()
    rows = [f"{i + 1},{2007 + i % 3},{line}" for i, line in enumerate(lines[1:])]
    write("\n".join(["Unnamed: 0,year," + lines[0], *rows]))
    printed = cluster(capsys)
    assert "clustered by Unnamed: 0, year, x, y" in printed
    assert "counters  Unnamed: 0: number the rows" in printed
    assert "--exclude 'Unnamed: 0'" in printed
    assert "labels    year (3 values): few whole numbers" in printed
    printed = cluster(capsys, "--exclude", "Unnamed: 0,year")
    assert "clustered by x, y\n" in printed
    assert "left out  Unnamed: 0 (excluded), year (excluded)" in printed
    assert "counters" not in printed
    assert "labels" not in printed


def test_options_that_are_given_twice_add_up(capsys):
    lines = table({3: "lost", 5: "-999"}).splitlines()
    rows = [f"{i + 1},{2007 + i % 3},{line}" for i, line in enumerate(lines[1:])]
    write("\n".join(["id,year," + lines[0], *rows]))
    printed = cluster(
        capsys, "--exclude", "id", "--exclude", "year", "--na", "lost", "--na", "-999"
    )
    assert "clustered by x, y\n" in printed
    assert "missing   x 2;" in printed
    assert "clustered by y, year\n" in cluster(capsys, "--columns", "y", "--columns", "year")


@pytest.mark.parametrize(
    "name", ["a, b", 'say "hi"', "-neg", "it's", "line\nbreak", "two  blanks", "$x `y`", " id "]
)
def test_the_advice_works_as_it_is_printed(capsys, name):
    lines = table(header="x,y").splitlines()
    quoted = name.replace('"', '""')
    rows = [f"{line},{i}" for i, line in enumerate(lines[1:])]
    write("\n".join([f'{lines[0]},"{quoted}"', *rows]))
    printed = cluster(capsys)
    assert "\n  component  rows  weight  uncertainty  " in printed
    options = shlex.split(printed.split("to leave out:")[1].split("\n\n")[0])
    assert "80 rows, clustered by x, y\n" in cluster(capsys, *options, "-o", "out.csv")
    assert read_rows("out.csv")[0][2] == name


def test_a_dependence_is_reported_with_its_consequence(capsys):
    lines = table(header="x,y,sum").splitlines()
    rows = [f"{line},{x + y:.3f}" for line, (x, y) in zip(lines[1:], X, strict=True)]
    write("\n".join([lines[0], *rows]))
    run("table.csv", "--components", "1,2")
    printed = capsys.readouterr().out
    assert "depends   sum = x + y, so that full and tied collapse; to leave out: --exclude sum" in (
        " ".join(printed.split()).replace("depends ", "depends   ")
    )
    criterion = printed.split("spherical\n")[1].splitlines()[:2]
    assert [line.split()[:3] for line in criterion] == [["1", "-", "-"], ["2", "-", "-"]]


# --- the report ----------------------------------------------------------------------------------


def test_the_report_says_when_the_best_is_at_an_end_and_who_is_second(capsys):
    write(table())
    printed = cluster(capsys)
    assert "runner-up: 3 components, tied, BIC " in printed
    assert "were tried" not in printed
    run("table.csv", "--components", "1,2", "--covariance", "tied")
    assert "most components that were tried; try more: --components 2-4" in capsys.readouterr().out
    run("table.csv", "--components", "2,3", "--covariance", "tied")
    assert "fewest components that were tried; try fewer: --components 1-2" in (
        capsys.readouterr().out
    )
    run("table.csv", "--components", "2", "--covariance", "tied")
    printed = capsys.readouterr().out
    assert "runner-up" not in printed
    assert "were tried" not in printed


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_the_present_step_and_is_wiped(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    write(table())
    run("table.csv", "--components", "1-3", "--covariance", "tied")
    shown = sys.stderr.getvalue()
    assert "fitting 2 components, tied: 1 of 3 mixtures" in shown
    assert "improving 3 components, tied, from 2: 3 of 3 mixtures" in shown
    assert shown.split("\r")[-2].strip() == shown.split("\r")[-1] == ""
    monkeypatch.setattr(sys, "stderr", Terminal())
    run("table.csv", "--components", "2", "--quiet")
    assert sys.stderr.getvalue() == ""


# --- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(12, 5000), (60, 2000)])
def test_more_columns_than_rows(capsys, monkeypatch, shape):
    rows = np.random.default_rng(0).normal(size=shape)
    np.savetxt(
        "table.csv", rows, "%.4g", ",", comments="", header=",".join(map(str, range(shape[1])))
    )
    dimensions = []
    fit = GaussianMixture.fit

    def recorded(mixture, rows, **options):
        dimensions.append((mixture.covariance_type, np.asarray(rows).shape[1]))
        return fit(mixture, rows, **options)

    monkeypatch.setattr(GaussianMixture, "fit", recorded)
    run("table.csv", "--header", "--components", "1-3")
    printed = capsys.readouterr().out
    # No covariance matrix of all columns is factorised.
    assert {kind for kind, _ in dimensions} == {"diag", "spherical"}
    assert {size for _, size in dimensions} == {shape[1]}
    assert f"skipped   full and tied: covariances of {shape[1]} columns need at least" in printed
    assert f"The means of {shape[1] - 50} more columns are not shown." in printed
    assert len(printed.splitlines()) < 60
    run("table.csv", "--header", "--covariance", "full,tied", status=2)
    assert "or pass --covariance diag,spherical." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ("1-99999999999", "names 99,999,999,999 numbers; name at most 10,000"),
        ("99999999999", "99999999999 components need at least 99999999999 rows, but 80 came"),
        ("9" * 5000, "is not a list of whole numbers from 1 on"),
    ],
)
def test_too_many_components(capsys, components, message):
    write(table())
    run("table.csv", "--components", components, status=2)
    output = capsys.readouterr().err
    assert message in output
    assert output.count("\n") == 1


# --- paths and environment -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "cluster loop.csv",
        "cluster table.csv -o loop.csv",
        "cluster table.csv -o loop.csv/out.csv",
        "colors loop.csv -o out.png",
        "colors picture.png -o loop.png",
        "colors picture.png -o out.png --compare loop.png",
    ],
)
def test_a_loop_of_links_gets_one_line(capsys, command):
    write(table())
    write("", "picture.png")
    try:
        for suffix in ("csv", "png"):
            os.symlink(f"loop.{suffix}", f"back.{suffix}")
            os.symlink(f"back.{suffix}", f"loop.{suffix}")
    except OSError:
        pytest.skip("this system does not let the user make symbolic links")
    assert main(command.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "is a loop of links; name another file." in output.err
    with pytest.raises(OSError, match="loop"), write_atomically("loop.csv"):
        pass
    assert os.path.islink("loop.csv")


@pytest.mark.parametrize(
    "start", [["-m", "mixclust"], ["-mmixclust"], ["-W", "error", "-m", "mixclust"]]
)
def test_a_wrong_level_of_instructions_gets_one_line(start):
    for arguments in ([], ["cluster", "table.csv"], ["colors", "-m"]):
        process = subprocess.run(
            [sys.executable, *start, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"MIXCLUST_ISA": "avx2"},
        )
        assert (process.returncode, process.stdout) == (2, "")
        assert process.stderr.startswith("mixclust: error: MIXCLUST_ISA='avx2' is not a level of")
        assert process.stderr.count("\n") == 1


def test_an_import_elsewhere_still_raises():
    """A module that imports the package is not the command line, even if -m started it."""
    write("import mixclust\n", "user.py")
    for start in (["-m", "user"], ["user.py"], ["-c", "import mixclust"]):
        process = subprocess.run(
            [sys.executable, *start],
            capture_output=True,
            text=True,
            env=os.environ | {"MIXCLUST_ISA": "avx2"},
        )
        assert process.returncode == 1
        assert "ImportError: MIXCLUST_ISA='avx2'" in process.stderr


def test_words_that_begin_with_a_minus(capsys):
    write(table({3: "-999", 5: "lost"}))
    for options in (["--na=-999,lost"], ["--na", "lost,-999"]):
        assert "missing   x 2;" in cluster(capsys, *options)
