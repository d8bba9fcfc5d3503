"""The files that the pages for contributors name exist, and so do the pages that they link to."""

import re
from pathlib import Path

import pytest

import mixclust

PROJECT = Path(__file__).parents[1]
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


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_pages_that_a_page_links_to_exist(page):
    path = PROJECT / page
    links = re.findall(r"\]\(([^):#]+)\)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


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
