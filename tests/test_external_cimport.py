"""A module built outside against the shipped .pxd files binds to the chosen level at run time."""

import os
import subprocess
import sys

import numpy as np
import pytest

from mixclust import kernels

OUTSIDE_PYX = '''
# cython: language_level=3
"""Nearest centres through a kernel of mixclust, as somebody else's package would find them."""
from mixclust.kernels.rows.squared_distance cimport decide_row


def nearest(double[:, ::1] X, double[:, ::1] centers, Py_ssize_t[::1] labels):
    cdef Py_ssize_t i
    with nogil:
        for i in range(X.shape[0]):
            labels[i] = decide_row(&X[i, 0], &centers[0, 0], centers.shape[0], X.shape[1])
'''

SETUP_PY = """
from Cython.Build import cythonize
from setuptools import Extension, setup

import mixclust.kernels

if __name__ == "__main__":
    module = Extension("outside", ["outside.pyx"], include_dirs=[*mixclust.kernels.__path__])
    setup(name="outside", ext_modules=cythonize([module]))
"""

USE = """
import sys
import numpy as np
import outside

with np.load("data.npz") as data:
    X, centers = data["X"], data["centers"]
labels = np.full(len(X), -1, dtype=np.intp)
outside.nearest(X, centers, labels)
np.save("labels.npy", labels)
print(*sorted(name for name in sys.modules if name.startswith("mixclust.kernels._")))
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """Return the directory in which the outside module was built."""
    directory = tmp_path_factory.mktemp("outside")
    (directory / "outside.pyx").write_text(OUTSIDE_PYX)
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


@pytest.mark.parametrize("level", kernels.AVAILABLE_LEVELS)
def test_outside_module_binds_to_the_chosen_level(outside, level):
    generator = np.random.default_rng(11)
    X, centers = generator.standard_normal((50, 13)), generator.standard_normal((7, 13))
    np.savez(outside / "data.npz", X=X, centers=centers)
    process = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=outside,
        env=os.environ | {"MIXCLUST_ISA": level},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    packages = {name.split(".")[2] for name in process.stdout.split()} - {"_shared"}
    assert packages == {f"_{level}"}
    expected = ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(np.load(outside / "labels.npy"), expected)
