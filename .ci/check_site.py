"""Check that the links between the pages of the built site lead somewhere, without the network.

Usage: python .ci/check_site.py FOLDER      (the folder that holds index.html)

Checked are the files that links, pictures, scripts and style sheets name, and the places within
pages. The exit status is 1 if one is missing, or a page has no title or no link to it.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Pages that no other page has to link to.
ROOTS = ("index.html", "genindex.html", "search.html", "py-modindex.html")


class Page(HTMLParser):
    """The links and anchors of one page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors, self.has_title = set(), {"", "top"}, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.has_title |= tag == "title"
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def check(root):
    """Yield a sentence for each fault of the site."""
    paths = [path for path in sorted(root.rglob("*.html")) if "_static" not in path.parts]
    pages = {path: Page(path.read_text("utf-8")) for path in paths}
    if not pages:
        yield f"{root} has no pages"
    linked = {root / name for name in ROOTS}
    for path, page in pages.items():
        here = path.relative_to(root)
        if not page.has_title:
            yield f"{here} has no title"
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if target != path:
                linked.add(target)
            if not target.is_file():
                yield f"{here} links to {link}, which does not exist"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{here} links to {link}, which has no place of this name"
    for path in pages.keys() - linked:
        yield f"no page links to {path.relative_to(root)}"


def main():
    """Check the folder on the command line; the exit status says whether all is good."""
    root = Path(sys.argv[1]).resolve()
    faults = list(check(root))
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{root.name}: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
