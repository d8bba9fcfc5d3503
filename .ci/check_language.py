"""Count the words that make sentences vague, and fail where there are too many of them.

A relative clause that stands in place of a noun (`move what is far`) must be decoded before it is
understood; the noun itself need not. Counted, as whole words in any case, are the five of `WORDS`,
in the comments and strings of code (docstrings and messages are strings) and in the text of
Markdown files. Identifiers do not count, nor does text in backquotes, which quotes code or the
words of another program.

Usage: python .ci/check_language.py [PATH...]     (files or folders; default: all tracked files)

The exit status is 1 if code or docs hold more than one of these words in 1,000 lines.
"""

import re
import subprocess
import sys
from pathlib import Path

WORDS = re.findall(r"\w+", "`what`, `those`, `such`, `whose`, `whatever`")
MAX_PER_1000_LINES = 1.0
CODE_SUFFIXES = [".py", ".pyx", ".pxd", ".pyi", ".h"]
DOCS_SUFFIXES = [".md"]
EXCLUDED = ["CHANGELOG.md", "LICENSE"]

WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
QUOTATION = re.compile(r"(`+)[^`\n]+\1")
FIELD = re.compile(r"\{[^{}\n]*\}")  # of an f-string: code, not text
PYTHON_TEXT = re.compile(
    r'''(?s:"""(?:\\.|.)*?"""|\'\'\'(?:\\.|.)*?\'\'\')'''
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"""|\#[^\n]*""",
    re.VERBOSE,
)
C_TEXT = re.compile(r'(?s:/\*.*?\*/)|//[^\n]*|"(?:\\.|[^"\\\n])*"')


def blank(match):
    """Return blanks in place of the matched text, with its line breaks."""
    return re.sub(r"[^\n]", " ", match[0])


def find_words(text, suffix):
    """Return the number of the line and the text of the line of each counted word.

    `text` is the contents of a file with the suffix `suffix`.
    """
    lines = text.splitlines()
    if suffix in DOCS_SUFFIXES:
        pieces = [(0, text)]
    else:
        pattern = C_TEXT if suffix == ".h" else PYTHON_TEXT
        pieces = [(m.start(), FIELD.sub(blank, m[0])) for m in pattern.finditer(text)]
    found = []
    for start, piece in pieces:
        first = text.count("\n", 0, start)
        for match in WORD.finditer(QUOTATION.sub(blank, piece)):
            i = first + piece.count("\n", 0, match.start())
            found.append((i + 1, lines[i].strip()))
    return found


def check(kind, paths):
    """Print the number of counted words in the files `paths`, and their places.

    Returns True if there are no more than `MAX_PER_1000_LINES`.
    """
    n_lines, places = 0, []
    for path in paths:
        text = path.read_text("utf-8")
        n_lines += len(text.splitlines())
        places += [f"{path}:{line}: {words}" for line, words in find_words(text, path.suffix)]
    rate = 1000 * len(places) / max(n_lines, 1)
    print(*places, sep="\n", end="\n" if places else "")
    print(
        f"{kind}: {', '.join(WORDS)}: {len(places)} in {n_lines} lines,"
        f" {rate:.2f} in 1,000 (at most {MAX_PER_1000_LINES:g})"
    )
    return rate <= MAX_PER_1000_LINES


def main():
    """Check the tracked files, or the ones below the paths on the command line."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *sys.argv[1:]], capture_output=True, text=True, check=True
    )
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    paths = [path for path in paths if path.name not in EXCLUDED and path.is_file()]
    passed = [
        check("code", [path for path in paths if path.suffix in CODE_SUFFIXES]),
        check("docs", [path for path in paths if path.suffix in DOCS_SUFFIXES]),
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
