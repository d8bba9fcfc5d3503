"""Compile and import the doors: modules that let tests call kernels that Python cannot see.

`kernel_doors` and `mixture_doors` bind to the level of instructions that is chosen. Inline
functions are compiled into the module that uses them, so `simd_doors` is compiled for each level.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from mixclust import kernels

DOORS = "MIXCLUST_TEST_DOORS"  # where the run of another level finds the compiled doors

SETUP_PY = """
import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

import mixclust.kernels

QUICK = ["-O0"]  # four times as quick to build
EXACT = ["-O2", "-ffp-contract=fast", "-fno-math-errno"]
V3 = ["-mavx2", "-mfma"]
LEVEL_FLAGS = {
    "baseline": ([], []),
    "v3": (V3, ["/arch:AVX2"]),
    "v4": ([*V3, "-mavx512f", "-mavx512dq"], ["/arch:AVX512"]),
}


def module(name):
    level = name.partition("simd_doors_")[2]
    unix, msvc = LEVEL_FLAGS[level] if level else ([], [])
    return Extension(
        name,
        [f"{name}.pyx"],
        include_dirs=[*mixclust.kernels.__path__],
        extra_compile_args=msvc if os.name == "nt" else [*(EXACT if level else QUICK), *unix],
    )


if __name__ == "__main__":
    names = [path.stem for path in Path().glob("*_doors*.pyx")]
    setup(
        name="doors",
        ext_modules=cythonize([module(name) for name in names]),
        options={"build_ext": {"parallel": 2}},
    )
"""


def build_doors(directory):
    """Compile the doors into a directory; returns the directory."""
    directory, here = Path(directory), Path(__file__).parent
    sources = {name: name for name in ("kernel_doors", "mixture_doors")}
    sources |= {f"simd_doors_{level}": "simd_doors" for level in kernels.AVAILABLE_LEVELS}
    for name, source in sources.items():
        shutil.copy(here / f"{source}.pyx", directory / f"{name}.pyx")
    (directory / "setup.py").write_text(SETUP_PY)
    build = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return directory


def load_doors(directory, name):
    """Import one module of doors from the directory in which they were compiled."""
    suffixes = (".so", ".pyd")
    path = next(p for p in Path(directory).glob(f"{name}.*") if p.suffix in suffixes)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
