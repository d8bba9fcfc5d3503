"""``mixclust cluster``: weights and names of rows, standard streams, and the report as JSON."""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mixclust import GaussianMixture
from mixclust._cli.main import main

rng = np.random.default_rng(11)
X = rng.normal(size=(60, 2)).round(2) + np.repeat([[0], [8]], 30, axis=0)
COUNTS = rng.integers(0, 4, size=60)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, rows, header="x,y"):
    lines = [",".join(map(str, row)) for row in rows]
    Path(name).write_text("\n".join([header, *lines]) + "\n")


def read_rows(name):
    return list(csv.DictReader(Path(name).read_text().splitlines()))


def cluster(capsys, *arguments, status=0, sizes="1-3"):
    options = ["--components", sizes, "--covariance", "tied,full"]
    assert main(["cluster", *arguments, *options]) == status
    return capsys.readouterr()


def fail(capsys, *arguments):
    before = sorted(Path.cwd().iterdir())
    output = cluster(capsys, *arguments, status=2)
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert sorted(Path.cwd().iterdir()) == before
    return output.err.removeprefix("mixclust: error: ").rstrip("\n")


def numbers_of(data):
    """The numbers of a fit, one after the other."""
    return [
        [data["best"][name] for name in ("log_likelihood", "n_parameters", "bic", "aic", "icl")],
        [component["weight"] for component in data["components"]],
        *[list(component["means"].values()) for component in data["components"]],
        *[list(component["standard_deviations"].values()) for component in data["components"]],
    ]


@pytest.mark.parametrize("options", [[], ["--stream"], ["--stream", "--sample", "40"]])
def test_a_whole_weight_counts_as_copies(options, capsys):
    """In criteria and means; a row of weight 0 is labelled nevertheless."""
    write("weighted.csv", np.column_stack([X, COUNTS]), "x,y,n")
    write("copies.csv", np.repeat(X, COUNTS, axis=0))
    arguments = ["weighted.csv", "--weights", "n", "--json", "-o", "out.csv", *options]
    weighted = json.loads(cluster(capsys, *arguments).out)
    copies = json.loads(cluster(capsys, "copies.csv", "--json").out)
    assert weighted["best"]["n_components"] == copies["best"]["n_components"] == 2
    for found, expected in zip(numbers_of(weighted), numbers_of(copies), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0.02 if "--sample" in options else 1e-3)
    assert weighted["table"]["left_out"] == {"n": "weights"}
    rows = read_rows("out.csv")
    assert len(rows) == 60
    assert all(row["component"] for row in rows)
    assert sum(part["n_rows"] for part in weighted["components"]) == 60


@pytest.mark.parametrize("scale", [1, 1000, 0.01])
def test_the_report_names_the_weights_and_their_scale(scale, capsys):
    """Criteria take their sum as the number of rows, so that survey weights have to be scaled."""
    write("weighted.csv", np.column_stack([X, scale * np.tile([0.5, 1.5, 0.0], 20)]), "x,y,n")
    arguments = ["weighted.csv", "--weights", "n", "--columns", "x,y", "--components", "1"]
    printed = " ".join(cluster(capsys, *arguments).out.split())
    total = f"{40 * scale:,g}"
    assert f"weights n, sum {total} over 40 rows of positive weight" in printed
    hint = "if the weights are no counts, divide them by their mean"
    assert (hint in printed) == (scale != 1)
    data = json.loads(cluster(capsys, *arguments, "--json").out)
    assert data["table"]["weights"] == {"column": "n", "sum": pytest.approx(40 * scale)}
    data = json.loads(cluster(capsys, *arguments[:1], "--components", "1", "--json").out)
    assert data["table"]["weights"] is None


def test_weights_that_are_none_are_refused(capsys):
    write("table.csv", np.column_stack([X, COUNTS]), "x,y,n")
    values = np.column_stack([X, COUNTS]).tolist()
    for value, found in ((-1.5, "-1.5"), ("", "no weight")):
        rows = [[*row[:2], value if i == 4 else row[2]] for i, row in enumerate(values)]
        write("table.csv", rows, "x,y,n")
        assert fail(capsys, "table.csv", "--weights", "n") == (
            f"table.csv: column 'n', line 6: has {found}; every row needs a weight of at least 0."
        )
    write("table.csv", [[*row[:2], 0] for row in values], "x,y,n")
    assert "are 0; name another column" in fail(capsys, "table.csv", "--weights", "n")
    write("table.csv", [[*row[:2], int(i < 2)] for i, row in enumerate(values)], "x,y,n")
    assert fail(capsys, "table.csv", "--weights", "n") == (
        "table.csv: 3 components need at least 3 rows, but 2 came of positive weight; pass "
        "--components 1-2."
    )
    write("table.csv", [[*row[:2], "many"] for row in values], "x,y,n")
    assert "column 'n' cannot hold weights: text" in fail(capsys, "table.csv", "--weights", "n")
    assert "there is no column 'm'" in fail(capsys, "table.csv", "--weights", "m")
    message = fail(capsys, "table.csv", "--weights", "x", "--columns", "x,y")
    assert message == "'x' is in --columns and in --weights; name it in one."
    message = fail(capsys, "table.csv", "--weights", "x", "--id", "x")
    assert message == "'x' is in --weights and in --id; name two columns."
    assert "names 2 columns; name one" in fail(capsys, "table.csv", "--weights", "x,y")


def test_the_names_of_rows_are_carried_through(capsys):
    names = 1000 + rng.permutation(60)
    write("table.csv", np.column_stack([names, X]), "customer,x,y")
    output = cluster(capsys, "table.csv", "--id", "customer", "-o", "out.csv")
    assert "clustered by x, y\n" in output.out
    assert "customer (id)" in output.out
    assert "counters" not in output.out
    rows = read_rows("out.csv")
    assert [float(row["customer"]) for row in rows] == names.tolist()


def test_standard_streams_take_a_table(capsys, monkeypatch):
    write("table.csv", X)
    data = Path("table.csv").read_bytes()
    cluster(capsys, "table.csv", "-o", "out.csv")

    def from_standard_input(*arguments):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return cluster(capsys, "-", *arguments).out

    assert "standard input: 60 rows, clustered by x, y\n" in from_standard_input()
    assert from_standard_input("-o", "-") == Path("out.csv").read_text()
    assert cluster(capsys, "table.csv", "--stream", "-o", "-").out == Path("out.csv").read_text()
    assert "read only once; leave out --stream" in fail(capsys, "-", "--stream")
    monkeypatch.setattr(sys, "stdin", None)
    assert fail(capsys, "-") == "standard input is closed; name a table."


def test_json_has_the_numbers_of_the_fit(capsys):
    rows = [[*row, "abc"[i % 3]] for i, row in enumerate(X.tolist())]
    rows[3][0] = ""
    write("table.csv", rows, "x,y,Größe")
    output = cluster(capsys, "table.csv", "--json", "--save", "table.model")
    data = json.loads(output.out)
    assert output.err == ""
    assert output.out.isascii()
    assert data["table"]["columns"] == ["x", "y"]
    assert data["table"]["missing"] == {"x": 1}
    assert data["table"]["n_clustered_rows"] == 59
    assert data["table"]["left_out"] == {"Größe": "text: 'a' in line 2"}
    assert data["written"] == ["table.model"]
    assert len(data["mixtures"]) == 6
    best, runner_up = data["best"], data["runner_up"]
    assert best in data["mixtures"]
    assert best["bic"] == min(mixture["bic"] for mixture in data["mixtures"])
    assert runner_up["difference"] == pytest.approx(runner_up["bic"] - best["bic"])
    mixture = GaussianMixture.load("table.model")
    del mixture.feature_names_in_
    used = np.delete(X, 3, axis=0)
    assert best["icl"] == pytest.approx(mixture.icl(used))
    assert best["log_likelihood"] == pytest.approx(59 * mixture.score(used))
    for component, mean in zip(data["components"], mixture.means_, strict=True):
        assert list(component["means"].values()) == mean.tolist()
    found = [part["standard_deviations"]["x"] for part in data["components"]]
    np.testing.assert_allclose(
        found, np.sqrt(np.broadcast_to(mixture.covariances_, (2, 2, 2))[:, 0, 0])
    )
    differences = [part["standardized_differences"]["x"] for part in data["components"]]
    assert differences[0] == pytest.approx(-differences[1])
    [crosstab] = data["crosstabs"]
    assert crosstab["column"] == "Größe"
    assert dict(zip(crosstab["values"], np.sum(crosstab["counts"], axis=1), strict=True)) == {
        "b": 20,
        "c": 20,
        "a": 19,
    }


def test_a_collapsed_mixture_is_null_in_json(capsys):
    write("table.csv", np.vstack([X, np.repeat([[50, 50]], 30, axis=0)]))
    data = json.loads(cluster(capsys, "table.csv", "--json", sizes="3").out)
    collapsed = [mixture for mixture in data["mixtures"] if mixture["bic"] is None]
    assert [mixture["collapsed_components"] for mixture in collapsed] == [1]


def test_two_uses_of_standard_output_are_refused(capsys):
    write("table.csv", X)
    assert "both write to standard output" in fail(capsys, "table.csv", "-o", "-", "--json")
    assert "leave one of them out" in fail(capsys, "table.csv", "--quiet", "--json")
    assert "a model needs a file of its own" in fail(capsys, "table.csv", "--save", "-")
