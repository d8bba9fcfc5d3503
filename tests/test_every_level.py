"""The tests of kernels, again at every level of instructions that this CPU supports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.doors import DOORS

from mixclust import kernels

SAME_FOR_EVERY_LEVEL = [
    "kernels",
    "kmeans/test_kmeans.py::test_algorithms_agree",
    "mixture/test_collapse.py",
    "mixture/test_scores.py",
]


@pytest.mark.parametrize("level", kernels.AVAILABLE_LEVELS)
def test_kernels_at_level(level, doors_path, request):
    """A level is chosen once a process, so these tests run again in one where it is forced."""
    files = [str(Path(__file__).parent / name) for name in SAME_FOR_EVERY_LEVEL]
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
    if request.config.inipath:
        command += ["-c", str(request.config.inipath)]
    process = subprocess.run(
        [*command, *files],
        env=os.environ | {"MIXCLUST_ISA": level, DOORS: doors_path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert f"instructions {level} (MIXCLUST_ISA={level})" in process.stdout
