"""Let mypy and pyright check the installed mixclust as a user's project would.

Checked are the Python examples of README.md and docs/, tests/typed.py, which states the types of
the public interface, and that every public name has a complete type.

Usage: python .ci/check_types.py (with the Python that has mixclust, mypy and pyright)
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
PAGES.remove(PROJECT / "docs" / "dask.md")  # Dask's own functions have no types
# `strict` alone would also report the untyped functions of other packages.
PYRIGHT_SETTINGS = """{
    "typeCheckingMode": "strict",
    "reportMissingTypeStubs": "none",
    "reportUnknownArgumentType": "none",
    "reportUnknownMemberType": "none",
    "reportUnknownVariableType": "none",
    "reportUnnecessaryTypeIgnoreComment": "error"
}
"""


def write_examples(directory):
    """Write each Python block of each page to a file of its own; return the number of files."""
    n_files = 0
    for page in PAGES:
        blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
        for i, block in enumerate(blocks):
            name = f"{page.stem.lower().replace('-', '_')}_{i}.py"
            (directory / name).write_text(block, "utf-8")
            n_files += 1
    return n_files


def main():
    """Run the checks; the exit status says whether all of them passed."""
    # `pyright --verifytypes` looks for the packages of the first Python on the path.
    environment = os.environ | {
        "PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    }
    checks = [
        ["mypy", "--strict", "--warn-unreachable", "--ignore-missing-imports", "."],
        ["pyright", "--project", "."],
        ["pyright", "--verifytypes", "mixclust", "--ignoreexternal"],
    ]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if not write_examples(directory):
            print("README.md and docs/ have no Python example")
            return 1
        (directory / "typed.py").write_bytes((PROJECT / "tests" / "typed.py").read_bytes())
        (directory / "pyrightconfig.json").write_text(PYRIGHT_SETTINGS)
        n_failed = 0
        for command in checks:
            done = subprocess.run(
                [sys.executable, "-m", *command],
                cwd=directory,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            last = done.stdout.strip().rpartition("\n")[2]
            print(f"{' '.join(command)}: {last if done.returncode == 0 else 'failed'}")
            if done.returncode:
                print(done.stdout, done.stderr)
                n_failed += 1
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
