"""``mixclust cluster --report``: the structure of the page, and its look in a browser."""

import io
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.browser import load_page, measure_page
from support.html_pages import Page

from mixclust import GaussianMixture
from mixclust._cli import cluster_page
from mixclust._cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = '<script>alert("a")</script>&amp;$x^2$'


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """The report of Swiss bank notes, next to the saved model."""
    folder = tmp_path_factory.mktemp("bank")
    before = Path.cwd()
    os.chdir(folder)
    try:
        shutil.copy(EXAMPLES / "banknote.csv", folder)
        arguments = ["banknote.csv", "--components", "3-4", "--covariance", "tied,diag"]
        outputs = ["--report", "report.html", "--save", "notes.mixclust"]
        assert main(["cluster", *arguments, *outputs, "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder / "report.html"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_hostile(n_columns, n_rows=60):
    """Write a table with names and texts that are HTML."""
    X = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    X[n_rows // 2 :] += 7
    names = [f"{HOSTILE} {j}".replace('"', "'") for j in range(n_columns)]
    lines = [",".join([*names, "<b>kind</b>"])]
    texts = ["</table><img src=x onerror=alert(1)>", "a'b & c"]
    lines += [",".join([*map(str, row.round(3)), texts[i % 2]]) for i, row in enumerate(X)]
    Path("table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_report(*arguments):
    assert main(["cluster", "table.csv", *arguments, "--report", "out.html", "--quiet"]) == 0
    return Page(Path("out.html").read_text("utf-8"))


def check_page(page):
    """Check the rules that every report keeps."""
    assert page.find("html") == [{"lang": "en"}]
    assert len(page.find("title")) == len(page.find("h1")) == len(page.find("main")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(second <= first + 1 for first, second in itertools.pairwise(levels))
    named = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(named) == len(set(named))
    assert {link["href"] for link in page.find("a")} <= {f"#{name}" for name in named}
    for attributes in page.find("section"):
        assert attributes["aria-labelledby"] in named
    for tag, attributes in page.elements:  # no reference beyond the file
        assert tag not in {"script", "link", "iframe", "object", "embed", "base"}
        assert not {name for name in attributes if name.startswith("on")}
    assert not re.search(r"url\(|@import|https?:", " ".join(page.text_in("style")))
    assert "default-src 'none'" in page.find("meta")[1]["content"]
    for attributes, data in zip(page.find("img"), page.pictures(), strict=True):
        assert attributes["alt"]
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.size == (int(attributes["width"]), int(attributes["height"]))
            assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    assert {attributes["scope"] for attributes in page.find("th")} <= {"col", "row"}


def test_bank_notes_have_a_whole_page(bank):
    page = Page(bank.read_text("utf-8"))
    check_page(page)
    assert page.text_in("h1") == ["Groups in banknote.csv"]
    assert page.text_in("h2") == [
        "Summary",
        "Components",
        "Means",
        "Pictures",
        "Choice of the mixture",
        "Left-out columns",
        "Uncertain rows",
        "Apply the model",
        "How to read this report",
    ]
    cells = [
        text.replace("\xa0", " ").replace("\N{MINUS SIGN}", "-") for text in page.text_in("td")
    ]
    assert {"1607.29", "1607.3*", "48 free parameters", "214.78 (0.34)", "+2.50"} <= set(cells)
    assert "3 components, tied, BIC 6.2 more (strong evidence for the best)" in cells
    assert "Diagonal +2.5, Left -2.0, Right -1.8, Bottom -1.7, Top -1.4" in cells
    assert "Status by component (rows); adjusted Rand index 0.68" in page.text_in("caption")
    assert "mixclust predict notes.mixclust NEW.csv -o LABELLED.csv" in page.text_in("code")
    assert len(page.pictures()) == 3  # pairs, projection, criterion


def test_uncertain_rows_are_the_ones_of_the_model(bank):
    """Each row has its numbers in the line of the table, and its probabilities in the model."""
    texts = [text for tags, text in Page(bank.read_text("utf-8")).texts if "table" in tags]
    first = next(i for i, text in enumerate(texts) if text.startswith("Rows of the table"))
    names = texts[first + 1 : first + 10]
    assert names[:4] == ["line", "component", "or", "Length"]
    cells = np.reshape(texts[first + 10 : first + 10 + 18 * 9], (18, 9))
    lines = (EXAMPLES / "banknote.csv").read_text("utf-8").splitlines()
    X = np.array([lines[int(line) - 1].split(",")[1:] for line in cells[:, 0]], dtype=float)
    np.testing.assert_array_equal(cells[:, 3:].astype(float), X)
    mixture = GaussianMixture.load(bank.parent / "notes.mixclust")
    all_rows = np.array([line.split(",")[1:] for line in lines[1:]], dtype=float)
    largest = np.sort(mixture.predict_proba(named(mixture, all_rows)).max(axis=1))[:18]
    resp = mixture.predict_proba(named(mixture, X))
    np.testing.assert_allclose(resp.max(axis=1), largest, rtol=1e-9)
    for row, (likeliest, other) in zip(resp, cells[:, 1:3], strict=True):
        order = np.argsort(-row)
        assert likeliest == f"{order[0]} ({100 * row[order[0]]:.0f} %)"
        assert other == f"{order[1]} ({100 * row[order[1]]:.0f} %)"


def named(mixture, X):
    return pd.DataFrame(X, columns=mixture.feature_names_in_)


def test_no_name_or_text_is_taken_as_html(folder):
    write_hostile(3)
    page = write_report("--components", "2", "--covariance", "diag")
    check_page(page)
    texts = [text for _, text in page.texts]
    assert HOSTILE.replace('"', "'") + " 0" in texts
    assert "</table><img src=x onerror=alert(1)>" in texts
    assert any("<b>kind</b> by component" in text for text in page.text_in("caption"))
    assert len(page.find("img")) == 3


@pytest.mark.parametrize(("n_columns", "components"), [(1, "2-3"), (2, "1"), (40, "2-3")])
def test_tables_of_many_shapes_have_pages(folder, n_columns, components):
    write_hostile(n_columns)
    page = write_report("--components", components, "--covariance", "spherical")
    check_page(page)
    assert len(page.pictures()) == (2 if n_columns < 3 else 3)
    assert ("Uncertain rows" in page.text_in("h2")) == (components != "1")


def test_large_results_are_cut(folder, monkeypatch):
    for name, limit in [("COMPONENTS", 2), ("COLUMNS", 3), ("SIZES", 2), ("CROSSTABS", 0)]:
        monkeypatch.setattr(cluster_page, f"MAX_{name}", limit)
    write_hostile(5)
    page = write_report("--components", "3-6", "--covariance", "spherical")
    check_page(page)
    texts = page.text_in("p")
    assert re.search(r"\n\d smaller components? with \d+ rows not shown\.\n", "\n".join(texts))
    assert "2 columns more, with less difference between components, not shown." in texts
    assert "2 more numbers of components not shown." in texts
    assert "Crosstabs not shown: <b>kind</b>." in texts


def test_equal_commands_write_equal_bytes(folder):
    write_hostile(2)
    options = ["--components", "2", "--covariance", "diag"]
    write_report(*options)
    first = Path("out.html").read_bytes()
    write_report(*options)
    assert Path("out.html").read_bytes() == first


def test_streamed_tables_name_their_sample(folder):
    write_hostile(2, 3000)
    page = write_report("--components", "2", "--covariance", "diag", "--stream", "--sample", "1000")
    check_page(page)
    assert "chosen on a sample of 1,000 of 3,000 rows; fitted to all rows" in page.text_in("td")
    assert any("<b>kind</b> by component" in text for text in page.text_in("caption"))
    assert "1500" in page.text_in("td")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--report", "out.pdf"], "out.pdf: the name of the output must end in .html or .htm."),
        (["--report", "no/out.html"], "no/out.html: there is no folder no; create it first."),
        (["--report", "a.html", "-o", "a.html"], "--report and --output are both a.html"),
    ],
)
def test_bad_names_are_refused_before_any_work(folder, capsys, arguments, message):
    write_hostile(2)
    assert main(["cluster", "table.csv", *arguments]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["table.csv"]


def test_a_failure_leaves_the_old_report(folder, monkeypatch, capsys):
    """The disk is full after some bytes: the report of before is whole."""
    write_hostile(2)
    Path("out.html").write_text("before")
    monkeypatch.setattr(cluster_page, "page", fail_with_full_disk)
    assert main(["cluster", "table.csv", "--components", "2", "--report", "out.html"]) == 2
    assert capsys.readouterr().err == "mixclust: error: out.html: cannot be written: full.\n"
    assert Path("out.html").read_text() == "before"
    assert len(list(folder.iterdir())) == 2


def fail_with_full_disk(*arguments):
    raise OSError(28, "full")


def test_matplotlib_is_named_where_it_is_missing(folder):
    write_hostile(2)
    code = (
        "import sys; sys.modules['matplotlib'] = None; from mixclust._cli.main import main; "
        "sys.exit(main(['cluster', 'table.csv', '--report', 'out.html']))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr == (
        "mixclust: error: --report needs matplotlib, which is not installed; "
        "run: pip install 'mixclust[plot]'\n"
    )
    assert not Path("out.html").exists()


@pytest.mark.browser
def test_a_browser_logs_no_error(bank, tmp_path):
    """Neither the page of an example nor one with names that are HTML."""
    document, messages = load_page(bank, tmp_path, 1200, "light")
    assert messages == []
    assert "Groups in banknote.csv" in document


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1200, "dark")])
def test_a_browser_shows_the_page(bank, tmp_path, width, scheme):
    """No part is beyond the edge, each picture has a size, and each text a contrast of 4.5."""
    found = measure_page(bank, tmp_path, width, scheme)
    assert found["width"] == width
    assert found["content"] == width
    assert found["sticking"] == []
    assert len(found["pictures"]) == 3
    for complete, natural_width, natural_height, shown_width, shown_height in found["pictures"]:
        assert complete
        assert min(natural_width, natural_height) > 400
        assert 300 < shown_width < width
        assert shown_height == pytest.approx(shown_width * natural_height / natural_width, abs=1)
    grounds = {luminance_of(color) for color in found["grounds"]}
    assert (max(grounds) < 0.1) if scheme == "dark" else (min(grounds) > 0.8)
    for ground in grounds:
        for color in found["colors"]:
            pair = sorted([ground, luminance_of(color)])
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (color, ground)


@pytest.mark.browser
def test_a_browser_runs_no_name(folder):
    write_hostile(3)
    write_report("--components", "2", "--covariance", "diag")
    found = measure_page(folder / "out.html", folder, 400, "dark")
    assert found["content"] == 400
    assert found["sticking"] == []
    assert len(found["pictures"]) == 3


def luminance_of(color):
    """Relative luminance of a colour like ``rgb(1, 2, 3)``, as the WCAG define it."""
    values = np.array(re.findall(r"[\d.]+", color)[:3], dtype=float) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
