"""Promise 15: wheels hold no generated C, need no compiler, and hold all that a cimport needs."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

import mixclust
from mixclust import kernels

PROJECT = Path(__file__).parents[1]
GENERATED = {".c", ".cpp", ".o", ".so", ".pyd", ".pyc", ".html"}


def test_the_tested_package_is_the_installed_one():
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


def test_installation_holds_files_for_cimports_and_type_checkers():
    directory = Path(kernels.__file__).parent
    assert (directory.parent / "py.typed").is_file()
    for name in ("core/simd.pxd", "core/simd.h", "rows/squared_distance.pxd", "cpu.pyi"):
        assert (directory / name).is_file(), name


def test_extras_that_messages_and_pages_name_exist():
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("examples/*.md")]
    files = [*Path(mixclust.__file__).parent.rglob("*.py"), *pages]
    named = {
        extra
        for path in files
        for extras in re.findall(r"mixclust\[([\w, -]+)\]", path.read_text(encoding="utf-8"))
        for extra in extras.replace(" ", "").split(",")
    }
    provided = set(metadata.metadata("mixclust").get_all("Provides-Extra"))
    assert {"images", "plot"} <= named
    assert named | {"examples"} <= provided  # the name that plot had


def test_import_loads_neither_scikit_learn_nor_other_heavy_packages():
    code = "import sys, mixclust; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    loaded = set(process.stdout.split())
    unwanted = {"sklearn", "pandas", "polars", "pyarrow", "matplotlib", "PIL", "onnx", "dask"}
    assert not loaded & (unwanted | {"scipy.sparse", "scipy.linalg"})


def test_modules_that_are_imported_when_they_are_asked_for():
    code = (
        "import sys, mixclust; assert 'mixclust.plot' not in sys.modules; "
        "print(mixclust.plot.draw_rows.__name__, mixclust.images.quantize.__name__); "
        "from mixclust import *; assert not {'matplotlib', 'PIL', 'sklearn'} & {*sys.modules}"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("draw_rows quantize\n", "")
    assert {"images", "plot", "KMeans", "__version__"} <= {*dir(mixclust)}
    with pytest.raises(AttributeError, match="module 'mixclust' has no attribute 'plots'"):
        mixclust.plots  # noqa: B018


def test_help_and_star_imports_without_other_packages():
    """They read every name of the package, and `mixclust.dask` cannot be imported here."""
    code = (
        "import inspect, pydoc, sys\n"
        "for name in ('dask', 'distributed', 'matplotlib', 'PIL', 'sklearn', 'onnx'):\n"
        "    sys.modules[name] = None\n"
        "import mixclust\n"
        "from mixclust import *\n"
        "assert 'plot' in dict(inspect.getmembers(mixclust))\n"
        "text = pydoc.plain(pydoc.render_doc(mixclust))\n"
        "assert text.index('GaussianMixture') < text.index('>>> import mixclust') < 4000\n"
        "print(plot.__name__, images.__name__)\n"
        "mixclust.dask"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.stdout == "mixclust.plot mixclust.images\n", process.stderr
    assert 'pip install "mixclust[dask]"' in process.stderr


def test_the_sources_without_kernels_name_the_remedy(tmp_path):
    """Python in the root of a checkout finds the folder `mixclust` before the installed package."""
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(Path(mixclust.__file__).parent, tmp_path / "mixclust", ignore=ignored)
    process = subprocess.run(
        [sys.executable, "-c", "import mixclust"], cwd=tmp_path, capture_output=True, text=True
    )
    assert process.returncode == 1
    assert "has no compiled kernels; after `python -m pip install .`" in process.stderr
    assert "run Python in another directory" in process.stderr


def test_console_script_is_not_hidden_by_the_sources(tmp_path):
    (tmp_path / "mixclust").mkdir()
    (tmp_path / "mixclust" / "__init__.py").write_text("raise ImportError('the sources')")
    script = Path(sysconfig.get_path("scripts"), "mixclust")
    process = subprocess.run(
        [script, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert process.stdout == f"mixclust {mixclust.__version__}\n"


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
    sources |= {"CITATION.cff", "SECURITY.md"}
    assert not sources - sdist
