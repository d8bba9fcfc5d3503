"""Chromium without a window, where it is installed: the layout of a page, and its errors."""

import html
import json
import os
import re
import shutil
import subprocess

import pytest

NAMES = ["chromium", "chromium-browser", "google-chrome"]
REQUIRED = "MIXCLUST_REQUIRE_BROWSER"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
]
SCHEMES = {"dark": 0, "light": 1}

# A page that holds the measured one, since windows have a least width, and measures it: a box that
# scrolls may hold wider elements. The numbers are left in an attribute.
HARNESS = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<style>:root {{ color-scheme: light dark; }} iframe {{ border: 0; }}</style></head>
<body><iframe id="page" width="{width}" height="900" srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const inner = document.getElementById("page").contentDocument, view = inner.defaultView;
  const look = (e) => view.getComputedStyle(e);
  const all = (selector) => [...inner.querySelectorAll(selector)];
  document.documentElement.dataset.measures = JSON.stringify({{
    width: view.innerWidth,
    content: inner.documentElement.scrollWidth,
    sticking: all("body *").filter(
      (e) => !e.closest(".scroll *") && e.getBoundingClientRect().right > view.innerWidth + 0.5
    ).map((e) => e.outerHTML.slice(0, 200)),
    pictures: [...inner.images].map(
      (i) => [i.complete, i.naturalWidth, i.naturalHeight, i.clientWidth, i.clientHeight]),
    grounds: all("body, section").map((e) => look(e).backgroundColor),
    colors: [...new Set(all("p, th, td, a, figcaption, caption, h1, h2").map(
      (e) => look(e).color))],
  }});
}});
</script></body></html>"""


def find_browser():
    """Path of the browser; without one the test is skipped, or fails where it is required."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"there is no {' or '.join(NAMES)}, but {REQUIRED} is set")
        pytest.skip("there is no chromium; on Debian run: apt-get install chromium")
    return path


def load_page(path, folder, width, scheme):
    """Load a page from a file.

    Parameters
    ----------
    path : pathlib.Path
    folder : pathlib.Path
        For the files of the browser.
    width : int
        Of the window, in pixels.
    scheme : {"dark", "light"}

    Returns
    -------
    document : str
        The page after its scripts ran.
    messages : list of str
        Errors and warnings of the page.
    """
    process = subprocess.run(
        [
            find_browser(),
            *FLAGS,
            f"--user-data-dir={folder / 'browser'}",
            f"--window-size={width},900",
            f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
            "--dump-dom",
            path.resolve().as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    return process.stdout, re.findall(r".*CONSOLE.*", process.stderr)


def measure_page(path, folder, width, scheme):
    """Measure the layout of a page in a frame of some width, and return the numbers."""
    harness = folder / "measured.html"
    page = html.escape(path.read_text("utf-8"))
    harness.write_text(HARNESS.format(width=width, page=page), "utf-8")
    document, messages = load_page(harness, folder, width, scheme)
    assert messages == []
    [measures] = re.findall(r'data-measures="([^"]*)"', document)
    return json.loads(html.unescape(measures))
