"""Tables of tests/data and examples, and iris."""

from functools import cache
from pathlib import Path

import numpy as np

from support.real_data import DATA

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples"
PLACES = {
    "faithful": (EXAMPLES, None),
    "banknote": (EXAMPLES, range(1, 7)),  # without the class of each note
    "diabetes": (TESTS / "data", None),
}


@cache
def table(name):
    """The numbers of a table, (n_rows, n_features); read-only."""
    X = DATA.get(name)
    if X is None:
        folder, columns = PLACES[name]
        X = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1, usecols=columns)
    X.flags.writeable = False
    return X
