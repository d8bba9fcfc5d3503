"""The tests of kernels, again at every other level of instructions that this CPU supports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.doors import DOORS

from mixclust import kernels

TESTS = Path(__file__).parent
SAME_FOR_EVERY_LEVEL = [
    *sorted(str(path) for path in (TESTS / "kernels").glob("test_*.py")),
    f"{TESTS / 'kmeans' / 'test_kmeans.py'}::test_algorithms_agree",
    f"{TESTS / 'mixture' / 'test_collapse.py'}",
    f"{TESTS / 'mixture' / 'test_scores.py'}",
]
N_PROCESSES = 3  # a level, so that tests that run side by side are about equally long

# Every test of this run is at `kernels.LEVEL` already. It is repeated only where it is the sole
# level of a build, so that the choice by the environment variable is tested there too.
OTHER_LEVELS = [level for level in kernels.AVAILABLE_LEVELS if level != kernels.LEVEL]


@pytest.mark.parametrize("part", range(N_PROCESSES))
@pytest.mark.parametrize("level", OTHER_LEVELS or [kernels.LEVEL])
def test_kernels_at_level(level, part, doors_path, request):
    """A level is chosen once a process, so these tests run again in one where it is forced."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
    if request.config.inipath:
        command += ["-c", str(request.config.inipath)]
    process = subprocess.run(
        [*command, *SAME_FOR_EVERY_LEVEL[part::N_PROCESSES]],
        env=os.environ | {"MIXCLUST_ISA": level, DOORS: doors_path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert f"instructions {level} (MIXCLUST_ISA={level})" in process.stdout
