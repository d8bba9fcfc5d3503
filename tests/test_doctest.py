"""Every example in a docstring and in README.md runs and prints what it says."""

import doctest
import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import pytest

import mixclust

PROJECT = Path(__file__).parents[1]
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
    for name in ("KMeans", "k_means", "kmeans_plusplus", "show_config"):
        assert ">>>" in getattr(mixclust, name).__doc__, name


def test_readme_python_examples(tmp_path, monkeypatch):
    shutil.copytree(PROJECT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, flags=re.M | re.S)
    assert blocks, "README.md shows no Python example"
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})
