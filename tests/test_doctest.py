"""Every example in docstrings, README.md and docs/ runs and prints the output that it shows."""

import doctest
import importlib
import pkgutil
import re
import shlex
import shutil
from pathlib import Path

import pytest

import mixclust
from mixclust._cli.main import main

PROJECT = Path(__file__).parents[1]
PAGES_WITHOUT_PYTHON = (
    "api.md",
    "architecture.md",
    "benchmark-scripts.md",
    "benchmarks.md",
    "changelog.md",
    "citing.md",
    "cluster.md",
    "contributing.md",
    "example-scripts.md",
    "guide.md",
)
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(mixclust.__path__, "mixclust.")
    if not module.name.endswith("__main__") and ".kernels." not in module.name
)


@pytest.mark.parametrize("name", ["mixclust", *MODULES])
def test_docstrings(name):
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert results.failed == 0


def test_public_examples_exist():
    """Every public name of the package shows how it is used."""
    names = ("GaussianMixture", "KMeans", "bootstrap", "k_means", "kmeans_plusplus")
    for name in (*names, "likelihood_ratio_test", "merge_components", "show_config", "ProgressBar"):
        assert ">>>" in getattr(mixclust, name).__doc__, name


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(p.name for p in (PROJECT / "docs").glob("*.md"))]
)
def test_examples_of_a_page(page, tmp_path, monkeypatch, capsys):
    """Every Python example of README.md and of the pages of docs/ runs in examples/."""
    shutil.copytree(PROJECT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = PROJECT / page if page == "README.md" else PROJECT / "docs" / page
    blocks = re.findall(
        r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    assert blocks or page in PAGES_WITHOUT_PYTHON, f"{page} shows no Python example"
    for block in blocks:
        exec(compile(block, page, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", ["cluster.md", "kmeans.md", "predict.md"])
def test_commands_print_the_output_on_their_page(page, tmp_path, monkeypatch, capsys):
    for name in ("banknote.csv", "faithful.csv"):
        shutil.copy(PROJECT / "examples" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"^```\n(\$ .*?)^```", text, flags=re.M | re.S))
    commands = re.findall(
        r"^\$ (?:python -m )?mixclust (.*?)\n(.*?)(?=^\$ |\Z)", blocks, flags=re.M | re.S
    )
    assert commands
    for command, printed in commands:
        assert main(shlex.split(command)) == 0
        assert capsys.readouterr().out == printed
