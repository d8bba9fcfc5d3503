"""``mixclust cluster --save`` and ``mixclust predict``: a model of one table labels another."""

import csv
import json
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mixclust import GaussianMixture, GaussianMixtureIC, MixtureImputer
from mixclust._cli.main import main
from mixclust._mixture.conditional import resp_of_known
from mixclust._mixture.selection import Chosen
from mixclust._mixture.structures import covariance_types

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def faithful(tmp_path, monkeypatch):
    """Old Faithful's eruptions and a model of them, in the current directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "faithful.csv", tmp_path)
    return tmp_path


@pytest.fixture
def model(faithful):
    """The file of the model that `mixclust cluster` chooses, and the table that it writes."""
    arguments = ["faithful.csv", "--components", "3", "--covariance", "tied", "--quiet"]
    assert main(["cluster", *arguments, "--save", "old.model", "-o", "out.csv"]) == 0
    return "old.model"


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def fail(capsys, *arguments):
    before = sorted(Path.cwd().iterdir())
    assert main(["predict", *arguments, "-o", "failed.csv"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert sorted(Path.cwd().iterdir()) == before
    return output.err.removeprefix("mixclust: error: ").rstrip("\n")


def test_the_model_labels_its_own_table_alike(model, capsys):
    """Whatever the order of the columns, and with others between them."""
    given = read_rows("faithful.csv")
    write_rows("new.csv", [[waiting, f"row {i}", e] for i, (e, waiting) in enumerate(given)])
    shuffled = read_rows("new.csv")
    shuffled[0][1] = "note"
    write_rows("new.csv", shuffled)
    assert main(["predict", model, "new.csv", "-o", "new_out.csv"]) == 0
    printed = capsys.readouterr().out
    assert "old.model: 3 components, tied" in printed
    assert "wrote  new_out.csv" in printed
    rows, expected = read_rows("new_out.csv"), read_rows("out.csv")
    assert [row[:3] for row in rows] == shuffled
    assert rows[0][3:] == ["component", "p_0", "p_1", "p_2", "uncertainty"]
    assert [row[3] for row in rows] == [row[2] for row in expected]
    numbers, numbers_before = (
        np.array([row[-4:] for row in table[1:]], float) for table in (rows, expected)
    )
    np.testing.assert_allclose(numbers, numbers_before, rtol=1e-4, atol=1e-9)
    counts = [line.split()[1] for line in printed.splitlines() if line[10:11] in set("012")]
    assert counts == ["134", "97", "41"]


def test_python_loads_the_saved_model(model):
    mixture = GaussianMixture.load(model)
    assert mixture.feature_names_in_.tolist() == ["eruptions", "waiting"]
    assert (np.diff(mixture.weights_) < 0).all()
    assert mixture.converged_
    rows = read_rows("out.csv")[1:]
    del mixture.feature_names_in_
    labels = mixture.predict(np.array(rows, float)[:, :2])
    np.testing.assert_array_equal(labels, [int(row[2]) for row in rows])


@pytest.mark.parametrize("kind", covariance_types())
def test_a_mixture_is_ordered_in_every_structure(kind):
    rng = np.random.default_rng(3)
    X = np.vstack([rng.normal(size=(n, 2)) * (1, 2) + 9 * i for i, n in enumerate((20, 60, 40))])
    mixture = GaussianMixture(3, covariance_type=kind, random_state=0).fit(X)
    chosen = Chosen(mixture, X)
    ordered = chosen.ordered(["x", "y"])
    assert (np.diff(ordered.weights_) < 0).all()
    del ordered.feature_names_in_
    np.testing.assert_array_equal(ordered.predict(X), chosen.labels)
    np.testing.assert_allclose(ordered.score(X), mixture.score(X), rtol=1e-12)


def test_rows_with_missing_values_have_empty_fields(model, capsys):
    Path("new.csv").write_text("waiting,eruptions\n54,1.8\nlost,2\n80,\n81,4.5\n")
    assert main(["predict", model, "new.csv", "--na", "lost", "-o", "new_out.csv"]) == 0
    labels = [row[2] for row in read_rows("new_out.csv")[1:]]
    assert labels == ["1", "", "", "0"]
    assert "eruptions 1, waiting 1; 2 rows without answers" in capsys.readouterr().out
    message = fail(capsys, model, "new.csv", "--na", "lost", "--missing", "error")
    assert message.startswith("new.csv: has missing values (eruptions 1, waiting 1), the first in")


def test_a_single_row_and_constant_columns_are_labelled(model):
    Path("new.csv").write_text("waiting,eruptions\n54,1.8\n")
    assert main(["predict", model, "new.csv", "-o", "new_out.csv", "--quiet"]) == 0
    assert read_rows("new_out.csv")[1][2] == "1"
    Path("empty.csv").write_text("waiting,eruptions,x\n,,a\n,,b\n")
    assert main(["predict", model, "empty.csv", "-o", "empty_out.csv", "--quiet"]) == 0
    assert read_rows("empty_out.csv")[1:] == [["", "", name] + 5 * [""] for name in "ab"]


def test_rows_with_gaps_are_labelled_by_their_other_values(faithful, capsys):
    """In the table of the fit and by the saved model, also if the table is streamed."""
    rows = read_rows("faithful.csv")
    rng = np.random.default_rng(5)
    gaps = [list(row) for row in rows[1:]]
    for i in rng.choice(len(gaps), 70, replace=False):
        gaps[i][i % 2] = ""
    gaps[7] = ["", ""]
    write_rows("gaps.csv", [[*rows[0], "n"], *([*row, i] for i, row in enumerate(gaps))])
    arguments = ["gaps.csv", "--components", "2", "--id", "n", "--missing", "impute"]
    assert main(["cluster", *arguments, "--save", "gaps.model", "-o", "out.csv"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 row without any value is left out of the fit" in printed
    assert "filled in 2 components" in printed
    out = read_rows("out.csv")
    assert out[8] == ["", "", "7", "", "", "", ""]
    assert [row[3] for row in out[1:]].count("") == 1
    expected = GaussianMixture(2, random_state=0).fit(np.array(rows[1:], float))
    expected = expected.predict(np.array(rows[1:], float))
    found = np.array([int(row[3] or -9) for row in out[1:]])
    differ = found != (expected if np.median(expected[found == 0]) == 0 else 1 - expected)
    assert np.count_nonzero(differ) <= 5
    for option in ("--no-stream", "--stream"):
        arguments = ["gaps.model", "gaps.csv", "--missing", "impute", "-o", "new.csv", option]
        assert main(["predict", *arguments]) == 0
        assert [row[:4] for row in read_rows("new.csv")] == [row[:4] for row in out]
        assert "; 1 row without answers" in capsys.readouterr().out


def test_gaps_need_the_table_in_memory_and_no_noise(faithful, capsys):
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    arguments = ["cluster", "faithful.csv", "--missing", "impute", "--stream"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.endswith(
        "faithful.csv: --missing impute needs the table in memory; pass --no-stream.\n"
    )
    GaussianMixture(2, noise=True, random_state=0).fit(X).save("noise.model")
    arguments = ["noise.model", "faithful.csv", "--columns", "eruptions,waiting"]
    message = fail(capsys, *arguments, "--missing", "impute")
    assert message.startswith("noise.model: the noise of the model has no density for some")


def test_few_complete_rows_are_filled_in_from_all_rows(faithful, capsys):
    """Of 60 rows 6 have both values, too few to choose a mixture on them alone."""
    given = np.array(read_rows("faithful.csv")[1:61], dtype=object)
    for i in range(54):
        given[i, i % 2] = ""
    write_rows("gaps.csv", [["eruptions", "waiting", "w"], *([*row, 1] for row in given)])
    arguments = ["gaps.csv", "--components", "1-3", "--missing", "impute", "--weights", "w"]
    assert main(["cluster", *arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["filled_in"]["n_components"] in (1, 2, 3)
    assert data["table"]["n_clustered_rows"] == 60
    assert data["best"]["n_components"] >= 2


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical", "VEV"])
def test_responsibilities_of_known_values_are_the_ones_of_marginals(kind):
    rng = np.random.default_rng(8)
    X = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3)) + 4 * rng.integers(2, size=(200, 1))
    mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)
    gaps = X[:6].copy()
    gaps[1, 0] = gaps[2, 1:] = gaps[4] = np.nan
    matrices = Chosen(mixture, X).covariances[np.argsort(np.argsort(-mixture.weights_))]
    expected = []
    for row in gaps:
        known = np.flatnonzero(~np.isnan(row))
        off = row[known] - mixture.means_[:, known]
        parts = matrices[:, known][:, :, known]
        distance = np.einsum("ki,kij,kj->k", off, np.linalg.inv(parts), off)
        density = mixture.weights_ * np.exp(-distance / 2) / np.sqrt(np.linalg.det(parts))
        expected.append(density / density.sum())
    np.testing.assert_allclose(resp_of_known(mixture, gaps), expected, rtol=1e-9)


@pytest.mark.parametrize("options", [["--stream"], ["--decimal", ","], []])
def test_a_streamed_table_has_the_same_answers(model, options):
    """Also with a decimal comma, which the output keeps."""
    rows = read_rows("faithful.csv")
    comma = "," in options
    lines = [";".join(row).replace(".", ",") if comma else ";".join(row) for row in rows]
    Path("new.csv").write_text("\n".join(lines) + "\n")
    assert main(["predict", model, "new.csv", "-o", "new_out.csv", "--quiet", *options]) == 0
    text = Path("new_out.csv").read_text()
    labels = [line.split(";")[2] for line in text.splitlines()]
    assert labels == [row[2] for row in read_rows("out.csv")]
    assert ("." in text) != comma


def test_the_fit_of_new_rows_stands_beside_that_of_the_model(model, capsys):
    """The mean log-density of rows without missing values."""
    Path("new.csv").write_text("waiting,eruptions\n54,1.8\n,2\n80,4.5\n")
    mixture = GaussianMixture.load(model)
    for option in ("drop", "impute"):
        assert main(["predict", model, "new.csv", "--missing", option, "--json"]) == 0
        fit = json.loads(capsys.readouterr().out)["fit"]
        assert fit["mean_of_model"] == mixture.lower_bound_
        names = mixture.__dict__.pop("feature_names_in_", None)
        assert fit["mean"] == pytest.approx(mixture.score([[1.8, 54], [4.5, 80]]))
        assert names is None or names.tolist() == ["eruptions", "waiting"]
    assert main(["predict", model, "faithful.csv"]) == 0
    line = "fit       log-density -4.141 a row; -4.141 in the table of the model\n"
    assert line in capsys.readouterr().out
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    GaussianMixture(2, prior="default", random_state=0).fit(X).save("prior.model")
    assert main(["predict", "prior.model", "faithful.csv", "--columns", "eruptions,waiting"]) == 0
    assert "in the table of the model" not in capsys.readouterr().out


def test_noise_has_the_label_of_python(faithful, capsys):
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    mixture = GaussianMixture(2, noise=True, random_state=0).fit(X)
    mixture.save("noise.model")
    far = np.vstack([X, [[50, 500]]])
    write_rows("new.csv", [["b", "a"], *far[:, ::-1].tolist()])
    arguments = ["noise.model", "new.csv", "--columns", "a,b", "-o", "new_out.csv"]
    assert main(["predict", *arguments]) == 0
    rows = read_rows("new_out.csv")
    assert rows[0][2:] == ["component", "p_0", "p_1", "p_noise", "uncertainty"]
    labels = [int(row[2]) for row in rows[1:]]
    assert labels == mixture.predict(far).tolist()
    assert labels[-1] == -1
    [line] = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("         -1")
    ]
    assert int(line.split()[1]) == labels.count(-1)


def test_a_selection_that_python_saved_is_applied(faithful):
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    search = GaussianMixtureIC([1, 2], random_state=0).fit(X)
    search.save("search.model")
    arguments = ["search.model", "faithful.csv", "--columns", "eruptions,waiting", "--quiet"]
    assert main(["predict", *arguments, "-o", "new_out.csv"]) == 0
    labels = [int(row[2]) for row in read_rows("new_out.csv")[1:]]
    assert labels == search.predict(X).tolist()


def test_tables_with_other_columns_are_refused(model, capsys):
    Path("new.csv").write_text("Waiting,eruptions,x\n54,1.8,1\n55,1.9,2\n")
    assert fail(capsys, model, "new.csv") == (
        "new.csv: lacks the column 'waiting' of the model old.model; it has 'Waiting', "
        "'eruptions', 'x'."
    )
    Path("new.csv").write_text("a,b\n54,1.8\n55,1.9\n")
    assert "lacks the columns 'eruptions', 'waiting' of the model" in fail(capsys, model, "new.csv")
    Path("new.csv").write_text("waiting,eruptions\n54,1.8\n55,long\n56,1.7\n")
    assert "column 'eruptions', line 3: 'long' is not a number" in fail(capsys, model, "new.csv")
    Path("new.csv").write_text("waiting,eruptions\n54,long\n55,short\n")
    assert fail(capsys, model, "new.csv").startswith(
        "new.csv: column 'eruptions' cannot be a column of the model: text: 'long' in line 2"
    )
    Path("new.csv").write_text("waiting,eruptions,p_1\n54,1.8,0\n55,1.9,2\n")
    assert "has a column 'p_1' already, which -o would add" in fail(capsys, model, "new.csv")
    assert "leave out --columns" in fail(capsys, model, "faithful.csv", "--columns", "waiting")


def test_files_that_are_no_models_are_refused(faithful, capsys):
    X = np.loadtxt("faithful.csv", delimiter=",", skiprows=1)
    assert fail(capsys, "none.model", "faithful.csv") == "none.model: does not exist."
    message = fail(capsys, "faithful.csv", "faithful.csv")
    assert message.startswith("faithful.csv: is not a model: it is damaged or was not written")
    GaussianMixture(2).save("unfitted.model")
    assert fail(capsys, "unfitted.model", "faithful.csv") == (
        "unfitted.model: holds a GaussianMixture that is not fitted; save it after fit."
    )
    MixtureImputer(random_state=0).fit(X).save("imputer.model")
    assert fail(capsys, "imputer.model", "faithful.csv").startswith(
        "imputer.model: holds a MixtureImputer, which 'mixclust predict' does not apply; name"
    )
    GaussianMixture(2, random_state=0).fit(X).save("names.model")
    assert fail(capsys, "names.model", "faithful.csv") == (
        "names.model: the model has no names of columns; pass --columns with the names of its 2 "
        "columns in the order of its fit, each once."
    )
    message = fail(capsys, "names.model", "faithful.csv", "--columns", "waiting")
    assert message.endswith("each once, not 1 name.")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 7}, "it has format 7, written by mixclust '99.1', but this version reads"),
        ({"attributes": {"n_features_in_": 2, "new_": 1}}, "it was written by mixclust 99.1, and"),
        ({"class": "Forest"}, "holds a Forest, which 'mixclust predict' does not apply"),
        ({"class": "Forest", "format": 7}, "it has format 7, written by mixclust '99.1'"),
    ],
)
def test_models_of_another_version_are_refused(model, changes, message, capsys):
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["mixclust.json"]) | {"mixclust": "99.1"} | changes
    members["mixclust.json"] = json.dumps(header).encode()
    with zipfile.ZipFile("other.model", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert message in fail(capsys, "other.model", "faithful.csv")


def test_outputs_replace_no_input(model, capsys):
    assert main(["predict", model, "faithful.csv", "-o", model]) == 2
    assert "old.model: is the model itself" in capsys.readouterr().err
    assert main(["predict", model, "faithful.csv", "-o", "faithful.csv"]) == 2
    assert "faithful.csv: is the table itself" in capsys.readouterr().err
    assert main(["cluster", "faithful.csv", "--save", "faithful.csv"]) == 2
    assert "faithful.csv: is the table itself" in capsys.readouterr().err
    assert main(["cluster", "faithful.csv", "--save", "none/old.model"]) == 2
    assert "there is no folder none" in capsys.readouterr().err


def is_equal_to_text(column, texts):
    """Whether the values of a column of Parquet are the ones of fields of CSV."""
    values = column.to_pylist()
    assert [value is None for value in values] == [text == "" for text in texts]
    pairs = [(value, text) for value, text in zip(values, texts, strict=True) if text]
    return all(float(text) == pytest.approx(value, rel=1e-4) for value, text in pairs)


@pytest.mark.parametrize("option", ["--no-stream", "--stream"])
def test_parquet_keeps_its_types(model, option):
    """The new columns are numbers, and null in rows without answers."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    waiting = [54, None, 80, 81] * 40
    columns = {
        "day": pa.array(np.arange(160), pa.timestamp("ms")),
        "waiting": pa.array(waiting, pa.int16()),
        "place": pa.array(["a", "b", None, "a"] * 40).dictionary_encode(),
        "eruptions": pa.array([1.8, 2.0, 4.5, 4.4] * 40, pa.float32()),
    }
    table = pa.table(columns).replace_schema_metadata({"made": "by a test"})
    parquet.write_table(table, "new.parquet", row_group_size=70)
    assert main(["predict", model, "new.parquet", "-o", "out2.parquet", option, "--quiet"]) == 0
    assert main(["predict", model, "new.parquet", "-o", "out2.csv", option, "--quiet"]) == 0
    found, rows = parquet.read_table("out2.parquet"), read_rows("out2.csv")
    assert found.select(list(columns)).equals(table)
    assert found.schema.metadata[b"made"] == b"by a test"
    assert found.column_names == rows[0]
    assert [str(kind) for kind in found.schema.types[4:]] == ["int32", *["double"] * 4]
    for j in range(4, 9):
        assert is_equal_to_text(found.column(j), [row[j] for row in rows[1:]])


@pytest.mark.parametrize("option", ["--no-stream", "--stream"])
def test_csv_becomes_parquet(model, option, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("mixclust._cli.parquet_output.BATCH_FIELDS", 50)
    rows = [["eruptions", "waiting", "n", "name", "id", "none", ""]]
    for i in range(30):
        name, n = ("", "a, b", "7")[i % 3], "" if i == 4 else i
        rows.append([f"{1.5 + i / 8:.3f}", 50 + i, n, name, 2**60 + i, "", "x"])
    write_rows("new.csv", rows)
    assert main(["predict", model, "new.csv", "-o", "out2.parquet", option, "--quiet"]) == 0
    found = parquet.read_table("out2.parquet")
    assert [str(kind) for kind in found.schema.types[:7]] == [
        *("double", "int64", "int64", "string", "string", "string", "string")
    ]
    assert found.column_names[:7] == [*rows[0][:6], "column 7"]
    for j, column in enumerate(found.columns[:7]):
        texts = [str(row[j]) for row in rows[1:]]
        if j in (0, 1, 2):
            assert is_equal_to_text(column, texts)
        else:
            assert column.to_pylist() == [text or None for text in texts]
    assert found.column("component").null_count == 0


def test_parquet_without_pyarrow_writes_nothing(model, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["predict", model, "faithful.csv", "-o", "new.parquet"]) == 2
    assert "new.parquet: writing Parquet needs pyarrow" in capsys.readouterr().err
    assert not Path("new.parquet").exists()
