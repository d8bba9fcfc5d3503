"""`.ci/check_site.py` finds the links of a site that lead nowhere."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "check_site.py"
if not SCRIPT.exists():
    pytest.skip("a source distribution has no .ci", allow_module_level=True)

specification = importlib.util.spec_from_file_location("check_site", SCRIPT)
check_site = importlib.util.module_from_spec(specification)
specification.loader.exec_module(check_site)

HEAD = "<title>A page</title>"


@pytest.mark.parametrize(
    ("index", "other", "faults"),
    [
        ('<a href="sub/other.html#b">', '<p id="b"><a href="../index.html">', []),
        ('<a href="sub/other.html"><a href="https://example.org/no">', '<a href="#">', []),
        ('<a href="sub/other.html"><a href="gone.html">', "", ["gone.html, which does not exist"]),
        ('<a href="sub/other.html"><img src="a%20b.png">', "", ["a%20b.png, which does not"]),
        ('<a href="sub/other.html#c">', '<p id="b">', ["#c, which has no place of this name"]),
        ('<a href="sub/other.html">', '<a href="#c">', ["#c, which has no place of this name"]),
        ("", "", ["no page links to sub/other.html"]),
    ],
)
def test_faults_of_a_site(index, other, faults, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(HEAD + index, "utf-8")
    (tmp_path / "sub" / "other.html").write_text(HEAD + other, "utf-8")
    found = list(check_site.check(tmp_path.resolve()))
    assert len(found) == len(faults)
    assert all(text in fault for text, fault in zip(faults, found, strict=True))


def test_a_page_needs_a_title(tmp_path):
    (tmp_path / "index.html").write_text("<p>", "utf-8")
    assert list(check_site.check(tmp_path.resolve())) == ["index.html has no title"]


def test_a_folder_without_pages_is_a_fault(tmp_path):
    assert len(list(check_site.check(tmp_path))) == 1
