"""What is shipped: no generated C, nothing that needs a compiler, and all that a cimport needs."""

import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

import mixclust
from mixclust import kernels

PROJECT = Path(__file__).parents[1]
GENERATED = {".c", ".cpp", ".o", ".so", ".pyd", ".pyc", ".html"}


def test_what_is_tested_is_what_is_installed():
    """The package is that of the installed distribution, not a copy beside the tests."""
    distribution = metadata.distribution("mixclust")
    origin = distribution.read_text("direct_url.json") or ""
    editable = '"editable": true' in origin
    root = PROJECT if editable else Path(distribution.locate_file(""))
    assert Path(mixclust.__file__).samefile(root / "mixclust" / "__init__.py")


def test_installation_holds_no_generated_source():
    package = Path(mixclust.__file__).parent
    suffixes = {path.suffix for path in package.rglob("*") if path.is_file()}
    assert suffixes <= {".py", ".pyc", ".pyi", ".pyx", ".pxd", ".h", ".so", ".pyd", ".typed"}


def test_installation_holds_what_a_cimport_and_a_type_checker_need():
    directory = Path(kernels.__file__).parent
    assert (directory.parent / "py.typed").is_file()
    for name in ("simd.pxd", "simd.h", "exact.pxd", "cpu.pyi", "__init__.pyi"):
        assert (directory / name).is_file(), name


def test_import_loads_neither_scikit_learn_nor_other_heavy_packages():
    code = "import sys, mixclust; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    loaded = set(process.stdout.split())
    unwanted = {"sklearn", "pandas", "polars", "pyarrow", "matplotlib", "PIL", "scipy.sparse"}
    assert not loaded & unwanted


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Return the paths inside a source distribution made from a copy of this checkout."""
    directory = tmp_path_factory.mktemp("sdist")
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(PROJECT, directory / "project", ignore=ignored)
    process = subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "-o", directory],
        cwd=directory / "project",
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    (archive,) = directory.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        return {name.partition("/")[2] for name in tar.getnames()}


def test_sdist_holds_no_generated_file(sdist):
    assert not {path for path in sdist if Path(path).suffix in GENERATED}
    assert not {path for path in sdist if path.startswith(("build/", "dist/", ".venv"))}


def test_sdist_holds_every_source(sdist):
    sources = {
        str(path.relative_to(PROJECT).as_posix())
        for folder in ("mixclust", "tests", "examples", "benchmarks")
        for path in PROJECT.joinpath(folder).rglob("*")
        if path.is_file() and path.suffix not in GENERATED
        if not {"__pycache__", ".hypothesis"} & set(path.parts)
    }
    sources |= {"pyproject.toml", "setup.py", "README.md", "LICENSE", "CHANGELOG.md"}
    assert not sources - sdist
