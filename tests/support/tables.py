"""Tables of tests/data and examples, and iris."""

from functools import cache
from pathlib import Path

import numpy as np

from support.real_data import DATA

TESTS = Path(__file__).parents[1]
FOLDERS = {"faithful": TESTS.parent / "examples"}


@cache
def table(name):
    """The numbers of a table, (n_rows, n_features); read-only."""
    X = DATA.get(name)
    if X is None:
        folder = FOLDERS.get(name, TESTS / "data")
        X = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    X.flags.writeable = False
    return X
