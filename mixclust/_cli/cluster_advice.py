"""Columns of a table that may hide the groups: labels, counters and linear dependences."""

from typing import NamedTuple

import numpy as np

__all__ = ["ColumnTraits", "Dependence", "find_counters", "find_dependences", "find_labels"]

MAX_LABELS = 12  # distinct whole numbers, for example of months
MIN_ROWS_PER_LABEL = 5
MIN_COUNTED_ROWS = 5
ROWS_IN_BLOCK = 65_536
MAX_COLUMNS = 1000  # of more columns, the search takes longer than fits of diagonal covariances
SAMPLED_ROWS = 20_000  # rows in which dependences are looked for
MAX_RESIDUAL_IN_SD = 1e-2  # unexplained part of a dependent column, in its standard deviations
COLLAPSING_RESIDUAL_IN_SD = 1e-3  # below it the fit of a full covariance collapses
MAX_TERMS = 6  # terms of a formula that are printed


class Dependence(NamedTuple):
    """A column that is a linear combination of others.

    Attributes
    ----------
    name : str
    formula : str
        The combination, for example ``a + b``.
    residual : float
        Standard deviation of the unexplained part, in standard deviations of the column.
    """

    name: str
    formula: str
    residual: float

    @property
    def collapses(self):
        """Whether a covariance matrix with the column collapses."""
        return self.residual <= COLLAPSING_RESIDUAL_IN_SD


class ColumnTraits:
    """Traits of columns by which labels and counters are found, gathered block by block.

    Parameters
    ----------
    n_columns : int

    Attributes
    ----------
    n_rows : int
    is_whole : ndarray of shape (n_columns,), bool
        Whether all numbers are whole.
    is_rising, is_falling : ndarray of shape (n_columns,), bool
        Whether whole numbers rise, or fall, from each row to the next.
    distinct : list of ndarray or None
        The distinct whole numbers, None for other columns and if there are more than `MAX_LABELS`.
    low, high : ndarray of shape (n_columns,)
    """

    def __init__(self, n_columns):
        self.n_rows = 0
        self.is_whole, self.is_rising, self.is_falling = np.ones((3, n_columns), dtype=bool)
        self.distinct = [np.empty(0)] * n_columns
        self.low, self.high = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)
        self._last = np.empty((0, n_columns))

    @classmethod
    def of(cls, X):
        """Gather the traits of all rows at once.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)

        Returns
        -------
        traits : ColumnTraits
        """
        traits = cls(X.shape[1])
        for first in range(0, len(X), ROWS_IN_BLOCK):
            traits.add(X[first : first + ROWS_IN_BLOCK])
        return traits

    def add(self, X):
        """Add the rows that follow.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            At least one row.
        """
        columns = np.flatnonzero(self.is_whole)
        whole = X[:, columns]
        kept = (whole == np.floor(whole)).all(axis=0)
        self.is_whole[columns] = kept
        columns, whole = columns[kept], whole[:, kept]
        self.low[columns] = np.minimum(self.low[columns], whole.min(axis=0))
        self.high[columns] = np.maximum(self.high[columns], whole.max(axis=0))
        steps = np.diff(whole, axis=0, prepend=self._last[:, columns])
        self.is_rising[columns] &= (steps > 0).all(axis=0)
        self.is_falling[columns] &= (steps < 0).all(axis=0)
        for j, values in zip(columns.tolist(), whole.T, strict=True):
            if self.distinct[j] is not None:
                distinct = np.unique(np.concatenate([self.distinct[j], values]))
                self.distinct[j] = distinct if len(distinct) <= MAX_LABELS else None
        self._last = X[-1:].copy()
        self.n_rows += len(X)


def find_labels(names, traits):
    """Find columns of few distinct whole numbers.

    Parameters
    ----------
    names : list of str
    traits : ColumnTraits

    Returns
    -------
    labels : dict of str to int
        Number of distinct values of each column that is found.
    """
    labels = {}
    for name, is_whole, distinct in zip(names, traits.is_whole, traits.distinct, strict=True):
        if not is_whole or distinct is None:
            continue
        if len(distinct) * MIN_ROWS_PER_LABEL <= traits.n_rows:
            labels[name] = len(distinct)
    return labels


def find_counters(names, traits, X):
    """Find columns of whole numbers that number the rows, or rise or fall with them.

    Parameters
    ----------
    names : list of str
    traits : ColumnTraits
    X : ndarray of shape (n_rows, n_columns)
        All rows, or a sample of them: numbers in any order that fill a range as long as the table
        count the rows if no two of the sample are equal.

    Returns
    -------
    names : list of str
    """
    if traits.n_rows < MIN_COUNTED_ROWS:
        return []
    moves = traits.is_rising | traits.is_falling
    fills = traits.high - traits.low == traits.n_rows - 1
    return [
        name
        for j, name in enumerate(names)
        if traits.is_whole[j] and (moves[j] or (fills[j] and len(np.unique(X[:, j])) == len(X)))
    ]


def find_dependences(names, X):
    """Find columns that are linear combinations of others.

    Parameters
    ----------
    names : list of str
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    dependences : list of Dependence
        Empty if there are at most as many rows as columns, since each column then depends on the
        others; empty too beyond `MAX_COLUMNS` columns.
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
    # The columns of the triangle have the same inner products as the scaled columns of the
    # table, and as few rows as there are columns.
    scale = deviations[varying] * np.sqrt(len(sampled))
    from scipy.linalg import qr  # takes longer to import than mixclust

    (triangle,) = qr(centred / scale, mode="r", check_finite=False)
    triangle = triangle[: len(varying)]
    basis = np.empty((0, len(varying)))
    independent, found = [], []
    for j, column in enumerate(triangle.T):
        rest = column
        for _ in range(2):  # the second pass removes rounding errors of the first
            rest = rest - basis.T @ (basis @ rest)
        length = np.linalg.norm(rest)
        if length > MAX_RESIDUAL_IN_SD:
            basis = np.vstack([basis, rest / length])
            independent.append(j)
            continue
        terms, *_ = np.linalg.lstsq(triangle[:, independent], column, rcond=None)
        others = varying[independent][np.abs(terms) > MAX_RESIDUAL_IN_SD]
        found.append(_describe(names, X, others, varying[j]))
    return [dependence for dependence in found if dependence.residual <= MAX_RESIDUAL_IN_SD]


def _describe(names, X, others, column):
    """Describe the dependence of a column on others, solved for the most suitable column."""
    columns = np.sort(np.append(others, column))
    means, deviations = X[:, columns].mean(axis=0), X[:, columns].std(axis=0)
    scaled = (X[:, columns] - means) / deviations
    target = columns == column
    # The dependence in standard deviations: scaled @ strength is the residual.
    strength = np.where(target, -1.0, 0.0)
    strength[~target] = np.linalg.lstsq(scaled[:, ~target], scaled[:, target].ravel(), rcond=None)[
        0
    ]
    weights = strength / deviations
    # A column that is the sum of the others is preferred, and then the last column of the table,
    # which was probably computed from the columns before it.
    candidates = np.flatnonzero(np.abs(strength) > MAX_RESIDUAL_IN_SD * np.abs(strength).max())
    sums = [j for j in candidates if _is_sum(np.delete(-weights / weights[j], j))]
    chosen = (sums or candidates)[-1]
    factors = -weights / weights[chosen]
    terms = [(names[columns[j]], factors[j]) for j in range(len(columns)) if j != chosen]
    constant = -means @ weights / -weights[chosen]
    if abs(constant) <= MAX_RESIDUAL_IN_SD * deviations[chosen]:
        constant = 0.0
    residual = (scaled @ strength).std() / abs(strength[chosen])
    return Dependence(names[columns[chosen]], _formula(terms, constant), float(residual))


def _formula(terms, constant):
    """Write a linear combination with at most `MAX_TERMS` terms."""
    texts = []
    for name, factor in terms[:MAX_TERMS]:
        number = f"{abs(factor):.4g}"
        texts += ["-" if factor < 0 else "+", name if number == "1" else f"{number} {name}"]
    if len(terms) > MAX_TERMS:
        texts += ["+", f"... ({len(terms) - MAX_TERMS} more)"]
    if constant:
        texts += ["-" if constant < 0 else "+", f"{abs(constant):.6g}"]
    return " ".join(texts[texts[0] == "+" :])


def _is_sum(factors):
    return np.all(np.abs(factors - 1) < MAX_RESIDUAL_IN_SD)
