"""`.ci/check_language.py` counts vague words where people read them, and fails above its limit."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "check_language.py"
if not SCRIPT.exists():
    pytest.skip("a source distribution has no .ci", allow_module_level=True)

spec = importlib.util.spec_from_file_location("check_language", SCRIPT)
rule = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rule)

# The five words, in an order that this file need not write out.
A, B, C, D, E = rule.WORDS


def found_lines(text, suffix):
    return [line for line, _ in rule.find_words(text, suffix)]


@pytest.mark.parametrize("word", [A, B.upper(), C.title(), D, E])
def test_every_word_counts_in_any_case(word):
    assert found_lines(f"first\nsecond {word} third {word}.\n", ".md") == [2, 2]


def test_only_whole_words_count():
    assert found_lines(f"some{A} {A}not {A}_of un{C}\n", ".md") == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (f"x = 1  # {A} it is", 1),
        (f'raise ValueError("{B} rows")', 1),
        (f"print('{C} rows \\' and {D} columns')", 2),
        (f'"""Return {A} it holds."""', 1),
        (f'f"{{{A}}} rows"', 0),
        (f"{A} = {B} + self.{C}", 0),
        (f'x = "#"; {A} = 1', 0),
        (f"cdef double {A}[3]  # {A}", 1),
    ],
)
@pytest.mark.parametrize("suffix", [".py", ".pyx", ".pxd", ".pyi"])
def test_text_of_python_counts_and_identifiers_do_not(line, count, suffix):
    assert len(rule.find_words(line, suffix)) == count


def test_lines_of_a_docstring():
    text = f'def f():\n    """Do it.\n\n    Takes {A} it gets.\n    """\n    return 1  # {B}\n'
    assert found_lines(text, ".py") == [4, 6]


def test_text_of_a_header():
    text = f'/* one\n {A} */\nint {B}; // {C}\n#define X "{D}"\n'
    assert found_lines(text, ".h") == [2, 3, 4]


def test_quotations_do_not_count():
    assert found_lines(f"scikit-learn says `no {A}` here, ``{B}`` there, and {C}\n", ".md") == [1]
    assert found_lines(f"x = 1  # as in `for {A} in {B}`\n", ".py") == []


@pytest.mark.parametrize(("n_lines", "passes"), [(1000, True), (999, False)])
def test_the_limit(n_lines, passes, tmp_path, capsys):
    lines = ["plain words"] * n_lines
    lines[n_lines // 2] += f" {A}"
    path = tmp_path / "page.md"
    path.write_text("\n".join(lines))
    assert rule.check("docs", [path]) is passes
    printed = capsys.readouterr().out
    assert f"{path}:{n_lines // 2 + 1}: plain words {A}" in printed
    assert f"1 in {n_lines} lines" in printed


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("good.py", "x = 1  # a number\n", 0),
        ("bad.py", f"x = 1  # {A} it is\n", 1),
        ("bad.md", f"{B} rows\n", 1),
        ("CHANGELOG.md", f"{B} rows\n", 0),
        ("data.csv", f"{B}\n", 0),
    ],
)
def test_status_of_tracked_files(name, text, status, tmp_path):
    (tmp_path / name).write_text(text)
    (tmp_path / "untracked.md").write_text(f"{C} rows\n")
    for command in (["git", "init", "-q"], ["git", "add", name], [sys.executable, str(SCRIPT)]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        if command[0] == "git":
            assert done.returncode == 0, done.stderr
    assert done.returncode == status
    assert ("rows" in done.stdout or "it is" in done.stdout) is bool(status)
