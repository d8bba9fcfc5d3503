"""Columns of a table that may drown the groups: labels, counters and linear dependences."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import qr

__all__ = ["Dependence", "find_counters", "find_dependences", "find_labels"]

MAX_LABELS = 12  # distinct whole numbers: as many as there are months
MIN_ROWS_PER_LABEL = 5
MIN_COUNTED_ROWS = 5
MAX_COLUMNS = 1000  # beyond them the search takes longer than fits of diagonal covariances
SAMPLED_ROWS = 20_000
DEPENDENT = 1e-2  # standard deviations that a dependence may leave unexplained
COLLAPSING = 1e-3  # the same, below which a variance is on the floor of the fits
LISTED_TERMS = 6


class Dependence(NamedTuple):
    """A column that is a linear combination of others.

    Attributes
    ----------
    name : str
    formula : str
        The combination, such as ``a + b``.
    residual : float
        Standard deviation that it leaves unexplained, in standard deviations of the column.
    """

    name: str
    formula: str
    residual: float

    @property
    def collapses(self):
        """Whether a covariance matrix with the column collapses."""
        return self.residual <= COLLAPSING


def find_labels(names, X):
    """Columns of few whole numbers.

    Parameters
    ----------
    names : list of str
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    labels : dict of str to int
        How many values each has.
    """
    labels = {}
    for name, values in zip(names, X.T, strict=True):
        if _is_whole(values):
            n_values = len(np.unique(values))
            if n_values <= MAX_LABELS and n_values * MIN_ROWS_PER_LABEL <= len(values):
                labels[name] = n_values
    return labels


def find_counters(names, X):
    """Columns of whole numbers that number the rows or rise with them.

    Parameters
    ----------
    names : list of str
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    names : list of str
    """
    return [name for name, values in zip(names, X.T, strict=True) if _counts_rows(values)]


def find_dependences(names, X):
    """Columns that are linear combinations of others.

    Parameters
    ----------
    names : list of str
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    dependences : list of Dependence
        Empty if there are no more rows than columns: then each column depends on the others.
    """
    n_rows, n_columns = X.shape
    if not 1 < n_columns < min(n_rows, MAX_COLUMNS):
        return []
    sampled = X[:: max(1, n_rows // max(SAMPLED_ROWS, 5 * n_columns))]
    deviations = sampled.std(axis=0)
    varying = np.flatnonzero(deviations > 0)
    if len(varying) < 2:
        return []
    centred = sampled[:, varying] - sampled[:, varying].mean(axis=0)
    # The triangle's columns have the products of the table's columns, and few rows.
    scale = deviations[varying] * np.sqrt(len(sampled))
    (triangle,) = qr(centred / scale, mode="r", check_finite=False)
    triangle = triangle[: len(varying)]
    basis = np.empty((0, len(varying)))
    independent, found = [], []
    for j, column in enumerate(triangle.T):
        rest = column
        for _ in range(2):  # the second time for rounding
            rest = rest - basis.T @ (basis @ rest)
        length = np.linalg.norm(rest)
        if length > DEPENDENT:
            basis = np.vstack([basis, rest / length])
            independent.append(j)
            continue
        terms, *_ = np.linalg.lstsq(triangle[:, independent], column, rcond=None)
        others = varying[independent][np.abs(terms) > DEPENDENT]
        found.append(_describe(names, X, others, varying[j]))
    return [dependence for dependence in found if dependence.residual <= DEPENDENT]


def _describe(names, X, others, column):
    """The dependence of a column on others, solved for the column that gives the plainest one."""
    columns = np.sort(np.append(others, column))
    means, deviations = X[:, columns].mean(axis=0), X[:, columns].std(axis=0)
    scaled = (X[:, columns] - means) / deviations
    target = columns == column
    # The relation in standard deviations: scaled @ strength = 0, but for the residual.
    strength = np.where(target, -1.0, 0.0)
    strength[~target] = np.linalg.lstsq(scaled[:, ~target], scaled[:, target].ravel(), rcond=None)[
        0
    ]
    weights = strength / deviations
    # A column that is the sum of the others is plainest, else the last of the table, which was
    # probably computed from those before it.
    candidates = np.flatnonzero(np.abs(strength) > DEPENDENT * np.abs(strength).max())
    sums = [j for j in candidates if _is_sum(np.delete(-weights / weights[j], j))]
    chosen = (sums or candidates)[-1]
    factors = -weights / weights[chosen]
    terms = [(names[columns[j]], factors[j]) for j in range(len(columns)) if j != chosen]
    constant = -means @ weights / -weights[chosen]
    if abs(constant) <= DEPENDENT * deviations[chosen]:
        constant = 0.0
    residual = (scaled @ strength).std() / abs(strength[chosen])
    return Dependence(names[columns[chosen]], _formula(terms, constant), float(residual))


def _formula(terms, constant):
    """A linear combination in writing, with as many terms as a line takes."""
    texts = []
    for name, factor in terms[:LISTED_TERMS]:
        number = f"{abs(factor):.4g}"
        texts += ["-" if factor < 0 else "+", name if number == "1" else f"{number} {name}"]
    if len(terms) > LISTED_TERMS:
        texts += ["+", f"... ({len(terms) - LISTED_TERMS} more)"]
    if constant:
        texts += ["-" if constant < 0 else "+", f"{abs(constant):.6g}"]
    return " ".join(texts[texts[0] == "+" :])


def _is_sum(factors):
    return np.all(np.abs(factors - 1) < DEPENDENT)


def _is_whole(values):
    return np.all(values == np.floor(values))


def _counts_rows(values):
    if len(values) < MIN_COUNTED_ROWS or not _is_whole(values):
        return False
    steps = np.diff(values)
    if np.all(steps > 0) or np.all(steps < 0):
        return True
    return values.max() - values.min() == len(values) - 1 == len(np.unique(values)) - 1
