"""Settings of Sphinx for the site. `.ci/docs` builds it in a copy of the files of the project."""

import os
import re
import sys
from pathlib import Path

import matplotlib
from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx import addnodes

import mixclust
import mixclust.images
import mixclust.plot

matplotlib.use("Agg")
DOCS = Path(__file__).resolve().parent
PROJECT = DOCS.parent
MARKDOWN_LINK = re.compile(r"(?<=\]\()([\w./-]+)(?=#|\))")
PAGE_NAME = re.compile(r"\[[\w-]+\.md\]\((?=[\w-]+\.md)")
CITATION = re.compile(r" ?\[\d+\]_")
# Public names, as pages write them, and the objects that they mean.
TARGETS = {
    **{name: f"mixclust.{name}" for name in mixclust.__all__ if name[0] != "_"},
    **{f"mixclust.{name}": f"mixclust.{name}" for name in mixclust.__all__ if name[0] != "_"},
    **{
        spelling: f"{module.__name__}.{name}"
        for module in (mixclust.plot, mixclust.images)
        for name in module.__all__
        for spelling in (name, f"{module.__name__}.{name}")
    },
}
# Files outside of docs/, and the pages of the site that show their text.
SHOWN = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmark-scripts.md",
    "examples/README.md": "example-scripts.md",
}

project = "mixclust"
author = "mixclust developers"
copyright = "mixclust developers"
release = version = mixclust.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "gallery/*.md5"]
nitpicky = True
# A word in single backquotes links to the object of this name, where there is one.
default_role = "py:obj"
nitpick_ignore_regex = [("py:obj", ".*")]

myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc shows the types of the docstrings
autodoc_member_order = "groupwise"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_validation_checks = set()  # pre-commit checks the docstrings


def import_common_anew(settings, file):
    """Forget the module that sets matplotlib's style: sphinx-gallery resets the style."""
    sys.modules.pop("common", None)


suppress_warnings = ["config.cache"]  # the settings of the gallery hold a function
sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"common\.py$",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("mixclust",),
    "backreferences_dir": "gallery/backreferences",
    "reset_modules": ("matplotlib", import_common_anew),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 1000,  # seconds: pages do not depend on the time of the build
    "default_thumb_file": str(DOCS / "_static" / "mark.svg"),
}

html_theme = "pydata_sphinx_theme"
html_title = "mixclust"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/mark.svg"
toc_object_entries_show_parents = "hide"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {
        "text": "mixclust",
        "image_light": "_static/mark.svg",
        "image_dark": "_static/mark.svg",
    },
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}


def show_files(app, page, source):
    """Put the text of a file outside of docs/ on its page, and lead links to the site's pages."""
    files = {shown.removesuffix(".md"): file for file, shown in SHOWN.items()}
    file = files.get(page, f"docs/{page}.md")
    if page in files:
        title = source[0].partition("\n")[0]
        text = (PROJECT / file).read_text("utf-8")
        source[0] = title + text[text.index("\n") :]

    def lead(match):
        target = os.path.normpath(os.path.join(os.path.dirname(file), match[1]))
        return SHOWN.get(target) or os.path.relpath(target, "docs")

    # A link by the name of a page gets the title of the page.
    source[0] = MARKDOWN_LINK.sub(lead, PAGE_NAME.sub("[](", source[0]))


def link_names(app, doctree):
    """Lead public names in backquotes to the reference, in Markdown as in docstrings."""
    page = app.env.docname
    for literal in list(doctree.findall(nodes.literal)):
        target = TARGETS.get(literal.astext())
        inside = (nodes.title, nodes.reference, addnodes.pending_xref)
        if target is None or any(isinstance(node, inside) for node in ancestors(literal)):
            continue
        link = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refdoc=page
        )
        literal.parent.replace(literal, link)
        link += literal


def ancestors(node):
    """Yield the nodes that hold a node, the nearest first."""
    while node.parent is not None:
        node = node.parent
        yield node


def leave_out_citations(app, kind, name, obj, options, lines):
    """Drop `[1]_` from summaries, which tables show alone, and from parameters over Dask.

    The latter come from estimators that list the references.
    """
    until = len(lines) if name.startswith("mixclust.dask.") else 1
    lines[:until] = [CITATION.sub("", line) for line in lines[:until]]


def setup(app):
    """Add the parts of the build that no extension has."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", show_files)
    app.connect("doctree-read", link_names)
    # Before numpydoc reads the docstring.
    app.connect("autodoc-process-docstring", leave_out_citations, priority=100)
