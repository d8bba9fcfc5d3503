"""Parts of an HTML page: escaped text, tables, sections, and the frame of the page."""

import html

__all__ = ["Markup", "element", "page", "section", "table"]

# The page may load nothing, not even if a name of a column held a link.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

MAX_SHORT_NAME = 12  # characters; a longer name of a row gets a wider column

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f6f6f3; --paper: #ffffff; --ink: #1d2124; --soft: #5b6166; --line: #d9dad4;
  --head: #f0f0eb; --link: #0b5c97; --up: #c8502a; --down: #2d72b8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181a; --paper: #1d2124; --ink: #e7e8e5; --soft: #a5aaae; --line: #383d41;
    --head: #262b2f; --link: #7cc0f2; --up: #e07b55; --down: #5d9fe0;
  }
  img, .chip { filter: invert(0.88) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
footer { padding-top: 0.5rem; padding-bottom: 3rem; color: var(--soft); font-size: 0.875rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 0.75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0.5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
p.lead { color: var(--soft); margin: 0 0 1rem; }
a { color: var(--link); }
nav ul {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 0; padding: 0;
}
nav a { display: inline-block; padding: 0.25rem 0; }
section {
  background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  margin: 1.25rem 0; padding: 1.25rem;
}
.scroll { overflow-x: auto; margin: 0.75rem 0; }
.scroll:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table {
  border-collapse: collapse; font-size: 0.9375rem; font-variant-numeric: tabular-nums;
  min-width: min(100%, 28rem);
}
caption { text-align: left; color: var(--soft); padding: 0 0 0.5rem; font-size: 0.875rem; }
th, td {
  padding: 0.3rem 0.75rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line);
}
thead th { background: var(--head); font-weight: 600; vertical-align: bottom; }
th[scope=row], thead th:first-child { text-align: left; }
th[scope=row] { font-weight: 500; position: sticky; left: 0; background: var(--paper); }
table.long th[scope=row] {
  min-width: min(16rem, 36vw); overflow-wrap: anywhere; white-space: normal;
}
td.best { font-weight: 700; box-shadow: inset 0 0 0 2px var(--link); border-radius: 4px; }
td.up { background: color-mix(in srgb, var(--up) calc(var(--share) * 55%), transparent); }
td.down { background: color-mix(in srgb, var(--down) calc(var(--share) * 55%), transparent); }
table.facts th, table.facts td { text-align: left; white-space: normal; vertical-align: top; }
table.facts { width: 100%; }
table.facts th { width: 9rem; min-width: 0; color: var(--soft); font-weight: 500; }
table.facts td { overflow-wrap: anywhere; }
.chip {
  display: inline-block; width: 0.75em; height: 0.75em; border-radius: 50%;
  margin-right: 0.4em; vertical-align: -0.04em; border: 1px solid rgb(128 128 128 / 0.5);
}
figure { margin: 0; min-width: 0; }
figure img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
figcaption { color: var(--soft); font-size: 0.875rem; margin-top: 0.5rem; max-width: 46rem; }
figure { max-width: 38rem; }
figure.large { max-width: 50rem; flex-basis: 100%; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1rem; }
pre {
  background: var(--head); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.75rem; font-size: 0.875rem; margin: 0.5rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
code { font-family: ui-monospace, "SFMono-Regular", Consolas, "Liberation Mono", monospace; }
@media (max-width: 40rem) {
  main, header, footer { padding-left: 0.75rem; padding-right: 0.75rem; }
  section { padding: 1rem 0.75rem; }
  th, td { padding: 0.3rem 0.5rem; }
  table.facts th { width: 6.5rem; }
}
@media print {
  :root {
    color-scheme: light; --ground: #fff; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --head: #eee; --link: #000; --up: #c8502a; --down: #2d72b8;
  }
  img, .chip { filter: none; }
  body { font-size: 10pt; }
  nav { display: none; }
  main, header, footer { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin: 0 0 1.5rem; }
  h2, h3, caption { break-after: avoid; }
  figure, tr, pre { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th[scope=row] { position: static; }
  td { white-space: normal; }
  td.up, td.down, .chip, thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(text):
    """Write any text as HTML; a sign that no page may hold becomes a question mark in a box."""
    if isinstance(text, Markup):
        return text
    text = "".join(
        "\ufffd" if (sign < " " and sign not in "\t\n") or "\x7f" <= sign < "\xa0" else sign
        for sign in str(text)
    )
    return Markup(html.escape(text))


def element(tag, *children, **attributes):
    """Write an element.

    Parameters
    ----------
    tag : str
    *children : str
        Text, which is escaped, or `Markup`.
    **attributes : str
        An underscore at the end of a name is left out, one inside it is a hyphen.

    Returns
    -------
    markup : Markup
    """
    opened = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    return Markup(f"<{tag}{opened}>{''.join(map(escape, children))}</{tag}>")


def table(caption, head, rows, class_=""):
    """Write a table in a box that scrolls if it is wider than the page.

    Parameters
    ----------
    caption : str
    head : list of str
        Names of the columns.
    rows : iterable of list of (str or Markup)
        The first cell names the row. Markup that begins with ``<td`` is a whole cell.
    class_ : str, default=""

    Returns
    -------
    markup : Markup
    """
    names = [element("th", name, scope="col") for name in head]
    lines = []
    is_long = False
    for first, *cells in rows:
        is_long |= not isinstance(first, Markup) and len(first) > MAX_SHORT_NAME
        line = [element("th", first, scope="row")]
        for cell in cells:
            is_cell = isinstance(cell, Markup) and cell.startswith("<td")
            line.append(cell if is_cell else element("td", cell))
        lines.append(element("tr", *line))
    parts = [element("caption", caption)] if caption else []
    if head:
        parts.append(element("thead", element("tr", *names)))
    parts.append(element("tbody", Markup("\n".join(lines))))
    class_ = class_ or ("long" if is_long else "")
    found = element("table", *parts, **({"class_": class_} if class_ else {}))
    label = caption or "facts"
    return element("div", found, class_="scroll", role="region", tabindex="0", aria_label=label)


def section(name, title, *children):
    """Write a section with a heading; `name` is the target of links to it."""
    heading = element("h2", title, id=f"{name}-title")
    body = Markup("\n".join(map(escape, children)))
    return element("section", heading, Markup("\n"), body, id=name, aria_labelledby=f"{name}-title")


def page(title, lead, sections, footer):
    """Write a whole page.

    Parameters
    ----------
    title, lead : str
    sections : list of (str, str, list of Markup)
        Name, title and content of each section.
    footer : str

    Returns
    -------
    text : str
    """
    links = (element("li", element("a", heading, href=f"#{name}")) for name, heading, _ in sections)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        element("title", title),
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        element(
            "header",
            element("h1", title),
            element("p", lead, class_="lead"),
            element("nav", element("ul", *links), aria_label="Sections"),
        ),
        "<main>",
        *(section(name, heading, *content) for name, heading, content in sections),
        "</main>",
        element("footer", element("p", footer)),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"
