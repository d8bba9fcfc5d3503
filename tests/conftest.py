"""The header of a test run, its directory, and fixtures that many tests share."""

import os
from pathlib import Path

import numpy as np
import pytest
from support.doors import DOORS, build_doors, load_doors

import mixclust
from mixclust._passes import shards


def pytest_report_header():
    """Print the version under test, its place, the level of instructions and the threads."""
    config = mixclust.show_config(mode="dicts")
    level, threads = config["instructions"], config["threads"]
    return (
        f"mixclust: {config['mixclust']} from {mixclust.__path__[0]}, "
        f"instructions {level['level']} ({level['reason']}), "
        f"threads {threads['count']} ({threads['reason']})"
    )


@pytest.fixture(autouse=True)
def seeded():
    """Seed NumPy's global source, from which estimators without a `random_state` draw."""
    np.random.seed(0)


@pytest.fixture(autouse=True)
def width_of_terminal(monkeypatch):
    """Let reports and helps be as wide wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def all_threads(monkeypatch):
    """Let every pass use as many threads as were asked for, however small the pass is."""
    monkeypatch.setattr(shards, "THREAD_COST", 1)


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory):
    """Run the tests, and every process that they start, in an empty directory.

    A process started in the checkout would import its sources in place of the installed package.
    """
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    yield
    os.chdir(before)


@pytest.fixture(scope="session")
def doors_path(tmp_path_factory):
    """The directory that holds the compiled doors."""
    return os.environ.get(DOORS) or str(build_doors(tmp_path_factory.mktemp("doors")))


@pytest.fixture(scope="session")
def doors(doors_path):
    """The doors to the kernels of k-means."""
    return load_doors(doors_path, "kernel_doors")


@pytest.fixture(scope="session")
def mixture_doors(doors_path):
    """The doors to the kernels of mixtures."""
    return load_doors(doors_path, "mixture_doors")
