"""A module built outside against the shipped .pxd files binds to the chosen level at run time."""

import os
import subprocess
import sys

import numpy as np
import pytest

from mixclust import kernels

OUTSIDE_PYX = '''
# cython: language_level=3
"""Squared distances through a kernel of mixclust, as somebody else's package would do it."""
from mixclust.kernels.exact cimport squared_distance


def distances(double[:, ::1] X, double[::1] center, double[::1] out):
    cdef Py_ssize_t i
    with nogil:
        for i in range(X.shape[0]):
            out[i] = squared_distance(&X[i, 0], &center[0], X.shape[1])
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
    X, center = data["X"], data["center"]
out = np.empty(len(X))
outside.distances(X, center, out)
np.save("out.npy", out)
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
    X, center = generator.standard_normal((50, 13)), generator.standard_normal(13)
    np.savez(outside / "data.npz", X=X, center=center)
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
    expected = ((X - center) ** 2).sum(axis=1)
    np.testing.assert_allclose(np.load(outside / "out.npy"), expected, rtol=1e-13)
