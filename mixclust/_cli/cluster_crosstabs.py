"""One look at the text of the rows: crosstabs of columns of text, and the most uncertain rows."""

import itertools
import math
from typing import NamedTuple

import numpy as np

from .wording import plain_name

__all__ = ["Crosstab", "Look", "UncertainRow", "look_at_rows"]

MAX_VALUES = 50  # distinct values of a column with a crosstab
MIN_ROWS_PER_VALUE = 2
ROWS_AT_A_TIME = 4000  # rows of which the fields are in memory at one time
N_UNCERTAIN = 20  # most uncertain rows that are kept
EMPTY = "(empty)"  # in place of an empty field


class Crosstab(NamedTuple):
    """Rows by their value in a column and their component.

    Attributes
    ----------
    name : str
        The column.
    values : list of str
        The values; numbers in ascending order, others by their number of rows.
    counts : ndarray of shape (n_values, n_components)
        Number of rows, or the sum of their weights.
    """

    name: str
    values: list[str]
    counts: np.ndarray

    @property
    def rand_index(self):
        """The adjusted Rand index of values and components; NaN if chance says all of it."""
        if min(np.count_nonzero(self.counts.any(axis=axis)) for axis in (0, 1)) < 2:
            return math.nan
        pairs = [
            float((sums * (sums - 1) / 2).sum())
            for sums in (self.counts, self.counts.sum(axis=0), self.counts.sum(axis=1))
        ]
        n = self.counts.sum()
        expected = pairs[1] * pairs[2] / (n * (n - 1) / 2)
        largest = (pairs[1] + pairs[2]) / 2
        return (pairs[0] - expected) / (largest - expected) if largest > expected else math.nan

    def largest(self, n_values):
        """Keep the values of the most rows, in their order, and sum up the others.

        Parameters
        ----------
        n_values : int

        Returns
        -------
        values : list of str
            With one more value for the others, if there are any.
        counts : ndarray of shape (n_shown, n_components)
        """
        if len(self.values) <= n_values:
            return self.values, self.counts
        order = np.argsort(-self.counts.sum(axis=1), kind="stable")
        kept, others = np.sort(order[:n_values]), order[n_values:]
        values = [*(self.values[i] for i in kept), f"({len(others)} other values)"]
        return values, np.vstack([self.counts[kept], self.counts[others].sum(axis=0)])


class UncertainRow(NamedTuple):
    """A row that may belong to another component.

    Attributes
    ----------
    line : int
        The line of the table in which it begins; of Parquet the number of the row.
    fields : list of str
    values : ndarray of shape (n_columns,)
        Its numbers.
    uncertainty : float
    """

    line: int
    fields: list[str]
    values: np.ndarray
    uncertainty: float


class Look(NamedTuple):
    """The text of the rows beside their components.

    Attributes
    ----------
    crosstabs : list of Crosstab
        In the order of the table.
    many_valued : list of str
        Columns with too many distinct values for a crosstab.
    uncertain : list of UncertainRow
        The most uncertain ones first; none where they were not requested.
    """

    crosstabs: list[Crosstab]
    many_valued: list[str]
    uncertain: list[UncertainRow]


def look_at_rows(table, selection, chosen, named_columns, with_uncertain):
    """Count the values of text columns by component, and find the most uncertain rows.

    Parameters
    ----------
    table : CsvTable
    selection : Selection
    chosen : Chosen
    named_columns : collection of str
        Columns that name or weight the rows, which have no crosstab.
    with_uncertain : bool

    Returns
    -------
    look : Look
        Of all rows without missing values.
    """
    n_components = len(chosen.weights)
    counters = {
        j: _Counter(n_components)
        for j, column in enumerate(table.columns)
        if _has_words(table, selection, j, column) and column.name not in named_columns
    }
    look = Look([], [], [])
    if not (counters or with_uncertain):
        return look
    many_valued = set()
    for records, X, weights in _record_blocks(table, selection):
        labels, _, uncertainty = chosen.answer(X)
        for j, counter in list(counters.items()):
            counter.add([fields[j] for _, fields in records], labels, weights)
            if len(counter.places) > MAX_VALUES:
                many_valued.add(j)
                del counters[j]
        if with_uncertain:
            _keep_uncertain(look.uncertain, records, X, uncertainty)
        elif not counters:
            break
    for j, counter in counters.items():
        if len(counter.places) * MIN_ROWS_PER_VALUE > selection.n_complete:
            many_valued.add(j)
        else:
            look.crosstabs.append(counter.crosstab(table.columns[j].name))
    look.many_valued.extend(table.columns[j].name for j in sorted(many_valued))
    return look


def _has_words(table, selection, j, column):
    """Whether a column is text that was left out, or numbers that the user left out by name."""
    if not column.name or column.name in selection.names or (j == 0 and table.has_row_names):
        return False
    return column.text is not None or selection.left_out.get(column.name) == "excluded"


def _record_blocks(table, selection):
    """Iterate over the rows without missing values: places with fields, numbers, weights."""
    records = table.records()
    for complete, X, weights in selection.weighted_blocks():
        first = 0
        for start in range(0, len(complete), ROWS_AT_A_TIME):
            is_kept = complete[start : start + ROWS_AT_A_TIME]
            part = list(itertools.compress(itertools.islice(records, len(is_kept)), is_kept))
            rows = slice(first, first + len(part))
            first += len(part)
            if part:
                yield part, X[rows], None if weights is None else weights[rows]


def _keep_uncertain(kept, records, X, uncertainty):
    """Keep the most uncertain of the rows that were kept and the rows of a block."""
    first = np.argsort(-uncertainty, kind="stable")[:N_UNCERTAIN]
    kept += [UncertainRow(*records[i], X[i].copy(), float(uncertainty[i])) for i in first]
    kept.sort(key=lambda row: -row.uncertainty)
    del kept[N_UNCERTAIN:]


class _Counter:
    """Counts the values of one column by component.

    Parameters
    ----------
    n_components : int

    Attributes
    ----------
    places : dict of str to int
        The line of each value in the counts.
    """

    def __init__(self, n_components):
        self.places = {}
        self._counts = np.zeros((0, n_components))
        self._is_whole = True

    def add(self, fields, labels, weights):
        places, n_components = self.places, self._counts.shape[1]
        found = [places.setdefault(field, len(places)) for field in map(str.strip, fields)]
        counts = np.bincount(
            np.array(found) * n_components + labels, weights, len(places) * n_components
        ).reshape(-1, n_components)
        counts = counts.astype(float)
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._is_whole &= weights is None

    def crosstab(self, name):
        values = list(self.places)
        totals = self._counts.sum(axis=1).tolist()
        try:
            keys = [float(value) for value in values]
        except ValueError:
            keys = [-total for total in totals]
        order = sorted(range(len(values)), key=lambda i: (keys[i], values[i]))
        counts = self._counts[order]
        shown = [plain_name(values[i]) or EMPTY for i in order]
        return Crosstab(name, shown, counts.astype(np.int64) if self._is_whole else counts)
