"""The files that pages name and link to exist, and the site has every page and public name."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mixclust

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
PAGES = ["CONTRIBUTING.md", "docs/architecture.md", "docs/formulas.md", "docs/guarantees.md"]
# Pages name a file by its path in the project, in the package or among the kernels.
ROOTS = [PROJECT, PROJECT / "mixclust", PROJECT / "mixclust" / "kernels"]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page):
    text = (PROJECT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", text)
    named = [name for name in named if "NAME" not in name and "ROOM" not in name]
    assert named
    missing = [name for name in named if not any((root / name).exists() for root in ROOTS)]
    assert not missing


def test_pages_that_a_page_links_to_exist():
    folders = [PROJECT, PROJECT / "docs", PROJECT / "examples", PROJECT / "benchmarks"]
    missing = [
        f"{path.name}: {link}"
        for path in [path for folder in folders for path in folder.glob("*.md")]
        for link in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        # The gallery is made by the build of the site.
        if not (path.parent / link).exists() and not link.startswith("gallery/")
    ]
    assert missing == []


def test_the_site_has_every_page_once():
    pages = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    listed = [
        name
        for text in pages.values()
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.M | re.S)
        for name in re.findall(r"^([\w/-]+)$", tree, re.M)
    ]
    assert sorted(["index", *listed]) == sorted([*pages, "gallery/index"])


@pytest.mark.parametrize("module", ["mixclust", "mixclust.plot", "mixclust.images"])
def test_the_reference_lists_every_public_name(module):
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    parts = re.split(r"^\.\. currentmodule:: (.+)$", text, flags=re.M)
    names = {
        name
        for current, part in zip(parts[1::2], parts[2::2], strict=True)
        for name in re.findall(r"^   ([\w.]+)$", part, re.M)
        if current == module
    }
    public = set(importlib.import_module(module).__all__)
    assert public - names - {"__version__", "images", "kernels", "plot"} == set()
    assert {name for name in names if "." not in name} <= public


@pytest.mark.parametrize("name", ["GaussianMixture", "KMeans", "MiniBatchKMeans"])
def test_every_default_that_differs_from_scikit_learn_is_explained(name):
    module = pytest.importorskip("sklearn.cluster" if "KMeans" in name else "sklearn.mixture")
    page = (DOCS / "coming-from-scikit-learn.md").read_text(encoding="utf-8")
    table = page[page.index("## Defaults that differ") : page.index("## Results that differ")]
    explained = set(re.findall(r"^\| `(\w+)`", table, re.M))
    theirs = inspect.signature(getattr(module, name)).parameters
    ours = inspect.signature(getattr(mixclust, name)).parameters
    both = set(theirs) & set(ours)
    assert len(both) > 7
    changed = {key for key in both if ours[key].default != theirs[key].default}
    assert changed - explained == set()


def test_objects_of_the_architecture_exist():
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \|", text[text.index("## Objects") :], re.M)
    named = {name for row in rows for name in re.findall(r"`([A-Z]\w*[a-z]\w*)`", row)}
    assert len(named) > 15
    sources = [*PROJECT.glob("mixclust/**/*.py"), *PROJECT.glob("mixclust/**/*.pyx")]
    defined = {
        name
        for path in sources
        for name in re.findall(r"^(?:cdef )?class (\w+)", path.read_text("utf-8"), re.M)
    }
    assert named - defined == set()


def test_the_citation_names_this_version():
    text = (PROJECT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([\w-]+): (.+)$", text, re.M))
    assert fields["version"] == mixclust.__version__
    assert fields["license"] == "BSD-3-Clause"
    # The fields that version 1.2.0 of the format requires.
    assert {"cff-version", "message", "title"} <= set(fields)
    assert re.search(r"^authors:\n  - name: \w", text, re.M)
    assert f"version = {{{mixclust.__version__}}}" in (DOCS / "citing.md").read_text("utf-8")


def test_the_recipe_for_conda_agrees_with_pyproject():
    path = PROJECT / ".ci" / "conda" / "recipe.yaml"
    if not path.exists():
        pytest.skip("a source distribution has no .ci")
    recipe = path.read_text(encoding="utf-8")
    settings = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version: "{mixclust.__version__}"' in recipe
    [needed] = re.findall(r"^dependencies = \[(.*)\]", settings, re.M)
    [run] = re.findall(r"^  run:\n((?:    - .*\n)+)", recipe, re.M)
    required = {name.replace(">=", " >=") for name in re.findall(r'"(.*?)"', needed)}
    assert set(re.findall(r"- (.*)", run)) == {"python", *required}


def test_pictures_of_the_explanation_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    script = DOCS / "how_it_works.py"
    subprocess.run([sys.executable, "-W", "error", script, tmp_path], check=True)
    page = (DOCS / "how-it-works.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((how-\w+\.png)\)", page)
    assert named
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(named)
