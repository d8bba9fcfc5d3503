"""The report that ``mixclust cluster`` prints: contrasts of components, crosstabs, limits."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from mixclust._cli.cluster_contrast import contrast_of
from mixclust._cli.cluster_crosstabs import Crosstab
from mixclust._cli.cluster_numbers import moment_texts
from mixclust._cli.main import main
from mixclust._cli.report_text import NO_BREAK

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def report_of(capsys, *arguments):
    assert main(["cluster", *arguments]) == 0
    return capsys.readouterr().out


def write_groups(path, labels, header="x,y,kind", n_columns=2):
    """Write a table of two groups, 9 apart in every column, with a label behind each row."""
    X = np.random.default_rng(0).normal(size=(len(labels), n_columns))
    X[len(labels) // 2 :] += 9
    lines = [
        header,
        *(
            ",".join([*(f"{x:.3f}" for x in row), label])
            for row, label in zip(X, labels, strict=True)
        ),
    ]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_bank_notes_have_the_report_of_an_analyst(capsys):
    shutil.copy(EXAMPLES / "banknote.csv", ".")
    printed = report_of(capsys, "banknote.csv", "--components", "1-4", "--covariance", "tied")
    assert re.search(
        r"\nbest: 4 components, tied, BIC 1607\.3, ICL 1621\.6, AIC 1449\.0, "
        r"log-likelihood -676\.5, df 48\n",
        printed,
    )
    assert "\nrunner-up: 3 components, tied, BIC 6.2 more (strong evidence for the best)" in printed
    assert re.search(r"\n +0 +85 +0\.424 +0\.001 +214\.78 \(0\.34\) ", printed)
    assert re.search(
        r"\n +1  Diagonal \+2\.5, Left -2\.0, Right -1\.8, Bottom -1\.7 and \d more\n", printed
    )
    assert "Status by component (rows); adjusted Rand index 0.68:" in printed
    assert re.search(r"\n  counterfeit +85 +0 +0 +15 +100\n  genuine +0 +75 +24 +1 +100\n", printed)
    assert "uncertain: 9 of 200 rows (4.5 %) belong elsewhere" in printed


def test_two_components_differ_by_their_pooled_deviation():
    weights, means = np.array([0.3, 0.7]), np.array([[1e6 + 5, 0.0], [1e6, 1.0]])
    deviations = np.array([[2.0, 1.0], [1.0, 4.0]])
    found = contrast_of(weights, means, deviations)
    pooled = np.sqrt(0.3 * 4 + 0.7 * 1)
    np.testing.assert_allclose(found.differences[:, 0], [5 / pooled, -5 / pooled], rtol=1e-9)
    np.testing.assert_allclose(found.spreads[:, 1], [0.25, 4])
    assert (
        found.sentence(0, ["a", "b"], 3).replace(NO_BREAK, " ")
        == "a +3.6, b -0.3; narrower in b (0.25 times); wider in a (2 times)"
    )


def test_columns_beyond_the_named_ones_are_counted():
    means = np.array([[0.0] * 6, [9.0, 8.0, 7.0, 6.0, 5.0, 0.0]])
    deviations = np.array([[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.1, 0.2, 0.3, 1.0, 1.0, 1.0]])
    found = contrast_of(np.array([0.5, 0.5]), means, deviations)
    text = found.sentence(1, list("abcdef"), 4).replace(NO_BREAK, " ")
    assert re.fullmatch(
        r"a \S+, b \S+, c \S+, d \S+ and 1 more; "
        r"narrower in a \(0.1 times\), b \(0.2 times\) and 1 more",
        text,
    )
    assert "more" not in found.sentence(1, list("abcdef"), 5).partition(";")[0]


def test_differences_are_those_of_rows():
    """The moments of three groups of rows, compared with the moments of the other rows."""
    rng = np.random.default_rng(0)
    groups = [
        rng.normal(size=(n, 2)) * scale + mean
        for n, scale, mean in [(50, 1, 0), (30, 2, 5), (20, 3, -4)]
    ]
    found = contrast_of(
        np.array([0.5, 0.3, 0.2]),
        np.array([group.mean(axis=0) for group in groups]),
        np.array([group.std(axis=0) for group in groups]),
    )
    X = np.vstack(groups)
    for k, group in enumerate(groups):
        others = np.vstack([other for other in groups if other is not group])
        pooled = np.sqrt(
            (len(group) * group.var(axis=0) + len(others) * others.var(axis=0)) / len(X)
        )
        expected = (group.mean(axis=0) - others.mean(axis=0)) / pooled
        np.testing.assert_allclose(found.differences[k], expected, rtol=1e-10)
    within = sum(len(group) * group.var(axis=0) for group in groups) / len(X)
    np.testing.assert_allclose(found.separation, 1 - within / X.var(axis=0), rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_units_do_not_change_differences(scale):
    found = contrast_of(
        np.array([0.5, 0.5]), scale * np.array([[0.0], [3.0]]), np.full((2, 1), scale)
    )
    np.testing.assert_allclose(found.differences, [[-3.0], [3.0]])


def test_a_component_in_the_middle_is_set_apart_by_its_spread():
    found = contrast_of(
        np.full(3, 1 / 3), np.array([[-5.0], [0.0], [5.0]]), np.array([[1.0], [0.2], [1.0]])
    )
    assert found.sentence(1, ["a"], 3) == "no mean differs by 0.2 SD; narrower in a (0.2 times)"


def test_a_single_component_has_no_contrast(capsys):
    write_groups("table.csv", ["a", "b"] * 10)
    printed = report_of(capsys, "table.csv", "--components", "1")
    assert "Set apart" not in printed
    assert "kind by component" in printed


@pytest.mark.parametrize(
    ("counts", "index"),
    [
        ([[5, 0], [0, 7]], 1.0),
        ([[1, 1], [1, 1]], -0.5),
        ([[4, 0, 0], [1, 2, 1], [0, 0, 3]], 0.4720),  # scikit-learn's adjusted_rand_score
        ([[3, 4]], np.nan),
        ([[1, 0], [0, 1]], np.nan),
    ],
)
def test_rand_index(counts, index):
    counts = np.array(counts)
    found = Crosstab("a", list("abc")[: len(counts)], counts).rand_index
    assert found == pytest.approx(index, abs=5e-4, nan_ok=True)


def test_rows_of_equal_value_count_once(capsys):
    """The rows of a crosstab are the ones without missing values, and each counts."""
    write_groups("table.csv", [" left "] * 19 + [""] + ["right"] * 20)
    with open("table.csv", "a", encoding="utf-8") as file:
        file.write("NA,1,right\n")
    printed = report_of(capsys, "table.csv", "--components", "2", "--covariance", "tied")
    table = printed[printed.index("kind by component") :]
    assert re.search(r"\n  right +\d+ +\d+ +20\n", table)
    assert re.search(r"\n  left +\d+ +\d+ +19\n", table)
    assert re.search(r"\n  \(empty\) +\d+ +\d+ +1\n", table)


def test_weights_are_summed(capsys):
    X = np.repeat([0.0, 9.0], 10) + np.tile(np.arange(10) / 9, 2)
    lines = [f"{x:.3f},{0.5 + i % 2},{'ab'[i // 10]}" for i, x in enumerate(X)]
    Path("table.csv").write_text("\n".join(["x,w,kind", *lines]), encoding="utf-8")
    printed = report_of(capsys, "table.csv", "--components", "2", "--weights", "w")
    assert re.search(
        r"kind by component \(sum of weights\):\n\n.*all\n  a .* 10\n  b .* 10\n", printed
    )


def test_a_column_that_was_excluded_by_name_has_a_crosstab(capsys):
    write_groups("table.csv", ["1"] * 20 + ["2"] * 20)
    printed = report_of(capsys, "table.csv", "--components", "2", "--exclude", "kind")
    assert "kind by component (rows); adjusted Rand index 1.00:" in printed
    printed = report_of(capsys, "table.csv", "--components", "2", "--columns", "x,y")
    assert "by component" not in printed


def test_text_beside_chosen_columns_has_a_crosstab(capsys):
    write_groups("table.csv", ["a"] * 20 + ["b"] * 20)
    assert "kind by component" in report_of(
        capsys, "table.csv", "--components", "2", "--columns", "x"
    )
    assert "by component" not in report_of(capsys, "table.csv", "--components", "2", "--id", "kind")


@pytest.mark.parametrize("n_rows", [40, 400])
def test_many_distinct_values_are_named(capsys, n_rows):
    write_groups("table.csv", [f"name {i}" for i in range(n_rows)])
    printed = report_of(capsys, "table.csv", "--components", "2", "--covariance", "tied")
    assert "no crosstab, as there are many distinct values: kind" in printed
    assert "by component" not in printed


def test_long_crosstabs_are_cut(capsys):
    labels = [f"v{i % 30:02}" if i % 2 else "usual" for i in range(200)]
    write_groups("table.csv", labels)
    printed = report_of(capsys, "table.csv", "--components", "2", "--covariance", "tied")
    assert re.search(r"\n  usual +\d+ +\d+ +100\n", printed)
    assert re.search(r"\n  \(4 other values\) +\d+ +\d+ +\d+\n", printed)


def test_values_do_not_control_the_terminal(capsys):
    write_groups("table.csv", ["\x1b[31mred" + "x" * 60] * 20 + ["b"] * 20)
    printed = report_of(capsys, "table.csv", "--components", "2", "--covariance", "tied")
    assert "\x1b" not in printed[printed.index("by component") :]
    assert "?[31mred" in printed


@pytest.mark.parametrize("width", [80, 100])
def test_wide_tables_stay_readable(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    names = [f"a long name of column {j}" for j in range(30)]
    write_groups("table.csv", ["a", "b", "c"] * 80, ",".join([*names, "kind"]), len(names))
    printed = report_of(capsys, "table.csv", "--components", "25", "--covariance", "spherical")
    assert max(map(len, printed.splitlines())) <= width
    assert "The means of 10 more columns, which separate the components less" in printed
    assert re.search(
        r"\n5 smaller components with \d+ rows, weight 0\.\d+, are not shown\.\n", printed
    )
    assert re.search(r"\n  kind +smaller +all\n|smaller +all\n", printed)


def test_streamed_tables_have_the_same_crosstabs(capsys):
    write_groups("table.csv", ["a", "b", "c"] * 1700)
    options = ["table.csv", "--components", "2", "--covariance", "diag"]
    held = report_of(capsys, *options)
    streamed = report_of(capsys, *options, "--stream", "--sample", "1000")
    assert "best: 2 components" in held
    assert "fitted to all 5,100 rows: 2 components, diag, BIC" in streamed
    tables = [printed[printed.index("kind by component") :] for printed in (held, streamed)]
    assert tables[0] == tables[1]


def test_numbers_have_the_digits_of_their_deviations():
    assert moment_texts(np.array([1.5, -0.001]), np.array([0.25, 1.0])) == [
        "1.50 (0.25)",
        "0.00 (1.00)",
    ]
    assert moment_texts(np.array([123456.0]), np.array([4321.0])) == ["123456 (4321)"]
    assert moment_texts(np.array([2e12]), np.array([3e10])) == ["2.000e+12 (3.0e+10)"]
