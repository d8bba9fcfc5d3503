"""A parser of pages that checks their structure."""

import base64
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Page(HTMLParser):
    """The elements of a page; a tag that is not closed in its place is an error.

    Attributes
    ----------
    elements : list of (str, dict of str to str)
        Tag and attributes of each element, in their order.
    texts : list of (tuple of str, str)
        The tags around each text, from the outermost, and the text.
    """

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open
        assert tag == self._open.pop()

    def handle_data(self, data):
        if data.strip():
            self.texts.append((tuple(self._open), data.strip()))

    def find(self, tag):
        """Attributes of all elements of a tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text_in(self, tag):
        """All texts inside elements of a tag."""
        return [text for tags, text in self.texts if tag in tags]

    def pictures(self):
        """The bytes of each picture, which is embedded."""
        prefix = "data:image/png;base64,"
        sources = [attributes["src"] for attributes in self.find("img")]
        assert all(source.startswith(prefix) for source in sources)
        return [base64.b64decode(source[len(prefix) :], validate=True) for source in sources]
