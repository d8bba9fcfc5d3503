"""Compile and import kernel_doors.pyx, which lets tests call kernels that Python cannot see."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

DOORS = "MIXCLUST_TEST_DOORS"  # where the run of another level finds the compiled doors

SETUP_PY = """
import os

from Cython.Build import cythonize
from setuptools import Extension, setup

import mixclust.kernels

if __name__ == "__main__":
    doors = Extension(
        "kernel_doors",
        ["kernel_doors.pyx"],
        include_dirs=[*mixclust.kernels.__path__],
        extra_compile_args=[] if os.name == "nt" else ["-O0"],  # four times as quick to build
    )
    setup(name="kernel_doors", ext_modules=cythonize([doors]))
"""


def build_doors(directory):
    """Compile the doors into a directory; returns the path of the module."""
    directory = Path(directory)
    shutil.copy(Path(__file__).with_name("kernel_doors.pyx"), directory)
    (directory / "setup.py").write_text(SETUP_PY)
    build = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return next(path for path in directory.glob("kernel_doors*") if path.suffix in (".so", ".pyd"))


def load_doors(path):
    """Import the compiled doors."""
    spec = importlib.util.spec_from_file_location("kernel_doors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
