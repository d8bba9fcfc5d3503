"""benchmarks/README.md lists every script, and the two that compare builds stand alone."""

import re
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FILES = {path.stem: path.read_text(encoding="utf-8") for path in BENCHMARKS.glob("*.py")}


def test_every_script_is_listed():
    scripts = {name for name, text in FILES.items() if '__name__ == "__main__"' in text}
    readme = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^\| `python benchmarks/(\w+)\.py", readme, re.M))
    assert commands == scripts
    assert all(f"`{name}.py`" in readme for name in set(FILES) - scripts)


@pytest.mark.parametrize("name", ["bench_against", "hash_fits"])
def test_a_script_for_other_builds_needs_no_other_file(name):
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", FILES[name], re.M))
    assert not imported & set(FILES)
