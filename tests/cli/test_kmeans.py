"""``mixclust kmeans``: its report, its output, its models, and its refusals of bad input."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from mixclust import GaussianMixture, KMeans, MiniBatchKMeans
from mixclust._cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"

rng = np.random.default_rng(4)
CENTERS = np.array([[0, 0], [9, 1], [2, 8], [12, 12]])
X = np.vstack(
    [c + rng.normal(size=(n, 2)) for c, n in zip(CENTERS, (50, 40, 30, 20), strict=True)]
).round(3)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, rows, header="x,y"):
    lines = [",".join(map(str, row)) for row in rows]
    Path(name).write_text("\n".join([header, *lines]) + "\n")


def read_rows(name):
    return list(csv.DictReader(Path(name).read_text().splitlines()))


def run(capsys, *arguments):
    assert main(list(arguments)) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def fail(capsys, *arguments):
    before = sorted(Path.cwd().iterdir())
    assert main(["kmeans", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert sorted(Path.cwd().iterdir()) == before
    return output.err.removeprefix("mixclust: error: ").rstrip("\n")


def test_four_groups_are_four_clusters(capsys):
    write("table.csv", X)
    printed = run(capsys, "kmeans", "table.csv", "-o", "out.csv")
    [line] = [line for line in printed.splitlines() if line.endswith("*")]
    assert line.split()[0] == "4"
    assert "4 clusters*: the largest mean silhouette" in printed
    rows = read_rows("out.csv")
    assert list(rows[0]) == ["x", "y", "cluster", "distance", "silhouette"]
    labels = [int(row["cluster"]) for row in rows]
    assert labels == np.repeat([0, 1, 2, 3], [50, 40, 30, 20]).tolist()
    means = np.array([X[np.array(labels) == k].mean(axis=0) for k in range(4)])
    distances = np.linalg.norm(X[:, np.newaxis] - means, axis=2)
    nearest = np.sort(distances, axis=1)
    found = np.array([[float(row["distance"]), float(row["silhouette"])] for row in rows])
    np.testing.assert_allclose(found[:, 0], nearest[:, 0], rtol=1e-4)
    np.testing.assert_allclose(found[:, 1], 1 - nearest[:, 0] / nearest[:, 1], atol=1e-5)


def test_json_has_the_numbers_of_the_fits(capsys):
    write("table.csv", X)
    data = json.loads(run(capsys, "kmeans", "table.csv", "--clusters", "1-6", "--json"))
    total = ((X - X.mean(axis=0)) ** 2).sum()
    for size in data["sizes"]:
        kmeans = KMeans(size["n_clusters"], random_state=0, refine="breathing").fit(X)
        assert size["inertia"] == pytest.approx(kmeans.inertia_, rel=1e-6)
        assert size["explained"] == pytest.approx(1 - kmeans.inertia_ / total, abs=1e-9)
    assert data["sizes"][0]["silhouette"] is None
    assert data["best"]["n_clusters"] == 4
    curve = np.array([[size["n_clusters"] / 5, size["inertia"] / total] for size in data["sizes"]])
    (width, height), off = curve[-1] - curve[0], curve - curve[0]
    assert data["elbow"] == 1 + np.argmax(off[:, 0] * height - off[:, 1] * width)
    full = [silhouette_score(X, KMeans(k, random_state=0).fit_predict(X)) for k in range(2, 7)]
    assert np.argmax(full) + 2 == 4
    assert [cluster["n_rows"] for cluster in data["clusters"]] == [50, 40, 30, 20]
    group = X[:50]
    cluster = data["clusters"][0]
    np.testing.assert_allclose(list(cluster["means"].values()), group.mean(axis=0))
    np.testing.assert_allclose(list(cluster["standard_deviations"].values()), group.std(axis=0))
    assert cluster["spread"] == pytest.approx(np.sqrt(group.var(axis=0).sum()))


def test_the_elbow_may_choose(capsys):
    write("table.csv", X)
    arguments = ["kmeans", "table.csv", "--criterion", "elbow", "--clusters"]
    assert "4 clusters*: the elbow (e) of the inertia" in run(capsys, *arguments, "1-7")
    assert "3 clusters, as asked for" in run(capsys, *arguments, "3")


def test_a_whole_weight_counts_as_copies(capsys):
    counts = rng.integers(0, 4, size=len(X))
    write("weighted.csv", np.column_stack([X, counts]), "x,y,n")
    write("copies.csv", np.repeat(X, counts, axis=0))
    arguments = ["--clusters", "3-5", "--json", "--standardize"]
    weighted = json.loads(run(capsys, "kmeans", "weighted.csv", "--weights", "n", *arguments))
    copies = json.loads(run(capsys, "kmeans", "copies.csv", *arguments))
    for found, expected in zip(weighted["clusters"], copies["clusters"], strict=True):
        for name in ("share", "silhouette", "spread"):
            assert found[name] == pytest.approx(expected[name])
        for name in ("means", "standard_deviations"):
            assert found[name] == pytest.approx(expected[name])
    assert weighted["best"] == pytest.approx(copies["best"])
    assert weighted["table"]["weights"] == {"column": "n", "sum": counts.sum()}
    printed = run(capsys, "kmeans", "weighted.csv", "--weights", "n")
    n_present = np.count_nonzero(counts)
    assert f"weights   n, sum {counts.sum()} over {n_present} rows of positive" in printed


@pytest.mark.parametrize("standardize", [False, True])
def test_a_saved_model_labels_alike(standardize, capsys):
    """In units of the table, also if columns were divided by their deviations for the fit."""
    stretched = X * [1, 1000]
    write("table.csv", [[y, x, "a"] for x, y in stretched], "y,x,text")
    options = ["--clusters", "4", "--columns", "x,y", *["--standardize"] * standardize]
    printed = run(capsys, "kmeans", "table.csv", *options, "--save", "a.model", "-o", "out.csv")
    assert printed.endswith("wrote  out.csv, a.model\n")
    assert ("y has 100.0 % of the variance" in " ".join(printed.split())) != standardize
    labels = [int(row["cluster"]) for row in read_rows("out.csv")]
    if standardize:
        assert labels == np.repeat([0, 1, 2, 3], [50, 40, 30, 20]).tolist()
    model = (GaussianMixture if standardize else KMeans).load("a.model")
    assert model.feature_names_in_.tolist() == ["x", "y"]
    del model.feature_names_in_
    assert model.predict(stretched).tolist() == labels
    write("new.csv", stretched)
    run(capsys, "predict", "a.model", "new.csv", "-o", "new_out.csv")
    rows = read_rows("new_out.csv")
    assert [int(row["component" if standardize else "cluster"]) for row in rows] == labels
    if not standardize:
        before = read_rows("out.csv")
        assert [row["distance"] for row in rows] == [row["distance"] for row in before]


def test_centres_of_python_are_applied(capsys):
    write("table.csv", X)
    kmeans = MiniBatchKMeans(3, random_state=0).fit(X)
    kmeans.save("b.model")
    arguments = ["predict", "b.model", "table.csv", "--columns", "x,y", "--json"]
    data = json.loads(run(capsys, *arguments))
    assert data["model"]["class"] == "MiniBatchKMeans"
    counts = [cluster["n_rows"] for cluster in data["clusters"]]
    assert counts == np.bincount(kmeans.predict(X), minlength=3).tolist()
    means = [cluster["silhouette"] for cluster in data["clusters"]]
    silhouettes = kmeans.silhouette_samples(X)
    expected = [silhouettes[kmeans.predict(X) == k].mean() for k in range(3)]
    np.testing.assert_allclose(means, expected)
    assert data["fit"]["mean"] == pytest.approx(-kmeans.score(X) / len(X))
    assert main(["predict", "b.model", "table.csv", "--columns", "x,y", "--missing", "impute"]) == 2
    assert "the model has centres and no distribution" in capsys.readouterr().err


def test_one_cluster_has_no_silhouette(capsys):
    write("table.csv", X)
    options = ["--clusters", "1", "--save", "one.model", "-o", "out.csv"]
    assert "1 cluster, as asked for" in run(capsys, "kmeans", "table.csv", *options)
    assert list(read_rows("out.csv")[0]) == ["x", "y", "cluster", "distance"]
    printed = run(capsys, "predict", "one.model", "table.csv", "-o", "new.csv")
    assert "silhouette" not in printed.splitlines()[3]
    assert Path("new.csv").read_bytes() == Path("out.csv").read_bytes()


@pytest.mark.parametrize("options", [[], ["--stream"], ["--weights", "n"], ["--standardize"]])
@pytest.mark.parametrize("n_rows", [2, 3, 5])
def test_clusters_end_at_the_number_of_rows(n_rows, options, capsys):
    rows = [[1, 2, 3], [3, 5, 1], [4, 9, 2], [7, 1, 1], [9, 9, 1]][:n_rows]
    if "--weights" in options:
        rows += [[5, 5, 0], [8, 2, 0]]
    write("few.csv", rows, "a,b,n")
    data = json.loads(run(capsys, "kmeans", "few.csv", "--columns", "a,b", "--json", *options))
    assert [size["n_clusters"] for size in data["sizes"]] == list(range(2, n_rows + 1))
    assert data["n_distinct_rows"] == n_rows


def test_clusters_end_at_the_number_of_distinct_rows(capsys):
    write("table.csv", [[1, 2], [1, 2], [3, 4], [3, 4], [5, 5], [5, ""]])
    printed = run(capsys, "kmeans", "table.csv")
    assert "more were not tried, as there are 3 distinct rows" in printed
    assert "missing   y 1; 1 row left out of the fit" in printed
    assert fail(capsys, "table.csv", "--clusters", "4") == (
        "table.csv: 4 clusters need as many distinct rows, but 3 came; pass --clusters 3 or less."
    )
    assert fail(capsys, "table.csv", "--clusters", "6") == (
        "table.csv: 6 clusters need as many rows, but 5 came; pass --clusters 5 or less."
    )
    options = ["--clusters", "3", "--standardize", "--save", "a.model"]
    assert "which leaves no variance for the model" in fail(capsys, "table.csv", *options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clusters", "0"], "'0' is not a list of whole numbers from 1 on"),
        (["--columns", "z"], "there is no column 'z'"),
        (["--missing", "error"], "table.csv: has missing values (y 1), the first in line 3"),
        (["--missing", "impute"], "invalid choice: 'impute'"),
        (["--save", "-"], "a model needs a file of its own"),
        (["--save", "a.csv", "-o", "a.csv"], "--save and --output are both a.csv"),
        (["-o", "table.csv"], "table.csv: is the table itself"),
        (["-o", "out.feather"], "the output is CSV or Parquet"),
        (["-o", "out.csv", "--exclude", "distance"], "has a column 'distance' already"),
    ],
)
def test_bad_input_gets_one_line(arguments, message, capsys):
    rows = [[x, y, i] for i, (x, y) in enumerate(X.tolist())]
    rows[1][1] = ""
    write("table.csv", rows, "x,y,distance")
    assert message in fail(capsys, "table.csv", *arguments)


def test_numbers_that_are_too_large_to_square_are_refused(capsys):
    write("table.csv", [[f"{x}e200", y] for x, y in X.tolist()])
    assert fail(capsys, "table.csv").startswith("table.csv: ")


def test_the_examples_are_clustered(capsys):
    printed = run(capsys, "kmeans", str(EXAMPLES / "banknote.csv"), "--standardize")
    assert "each column is divided by its standard deviation" in printed
    assert "2 clusters*: the largest mean silhouette" in printed


@pytest.mark.parametrize("options", [[], ["--standardize", "--weights", "n"]])
def test_a_streamed_table_has_the_same_clusters(options, capsys):
    """On all rows, and with a sample that chooses their number."""
    write("table.csv", np.column_stack([X, rng.integers(0, 3, len(X))]), "x,y,n")
    arguments = ["kmeans", "table.csv", "--columns", "x,y", *options, "--clusters", "2-5", "--json"]
    held, streamed, sampled = (
        json.loads(
            run(capsys, *arguments, "-o", *more), parse_float=lambda x: float(f"{float(x):.9g}")
        )
        for more in (["a.csv"], ["b.csv", "--stream"], ["c.csv", "--stream", "--sample", "60"])
    )
    assert streamed | {"written": ["a.csv"]} == held
    assert sampled["sample"] == {"n_rows": 60}
    assert sampled["best"]["n_clusters"] == 4
    rel = 0.05 if options else 1e-6  # the deviations are the ones of the sample
    assert sampled["best"]["inertia"] == pytest.approx(held["best"]["inertia"], rel=4 * rel)
    assert sampled["best"]["explained"] == pytest.approx(held["best"]["explained"], rel=rel)
    assert sampled["best"]["silhouette"] == pytest.approx(held["best"]["silhouette"], rel=rel)
    for found, expected in zip(sampled["clusters"], held["clusters"], strict=True):
        assert found["n_rows"] == expected["n_rows"]
        assert found["means"] == pytest.approx(expected["means"])
    labels = [[row["cluster"] for row in read_rows(f"{name}.csv")] for name in "abc"]
    assert labels[0] == labels[1] == labels[2]


def test_the_report_names_the_sample(capsys):
    write("table.csv", X)
    printed = run(capsys, "kmeans", "table.csv", "--stream", "--sample", "50")
    assert "sample    chosen on a sample of 50 of 140 rows; fitted to all rows\n" in printed
    assert "fitted to all 140 rows: inertia" in printed


@pytest.mark.parametrize("scale", ["e200", "e-300"])
def test_squares_that_float64_does_not_hold_are_refused(scale, capsys):
    write("table.csv", [[f"{x}{scale}", y] for x, y in X.tolist()])
    assert fail(capsys, "table.csv", "--standardize") == (
        "table.csv: column 'x' holds numbers with squares that float64 does not hold; multiply "
        "them by a constant."
    )
