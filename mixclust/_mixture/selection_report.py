"""The table of a selection between mixtures, its ranking, and the report that prints both."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._estimator.report_values import check_values, listed_sizes, plain, text_html
from .._inputs.wording import count
from .report import FitReport

__all__ = ["Row", "SelectionReport", "as_table", "ranking"]

WEAK_DIFFERENCE = 2.0
"""Difference of two values of BIC up to which the evidence for the smaller one is weak: a ratio of
the posterior probabilities of at most e."""

EVIDENCE = ((WEAK_DIFFERENCE, "weak"), (6.0, "positive"), (10.0, "strong"), (np.inf, "very strong"))
"""The strength of the evidence up to a difference of two values of a criterion."""

ROUNDING_OF_CRITERION = 1e-9
"""Share of a criterion up to which a difference counts as rounding."""

MAX_NAMES = 20
"""Models that a line of the report lists."""


class Row(NamedTuple):
    """A row of the table `criteria_`: one model and size.

    Attributes
    ----------
    covariance_type : str
        The model.
    n_components : int
        The size.
    log_likelihood : float
        Of all rows, in nats; NaN where the mixture cannot be had.
    n_parameters : int
        Free parameters.
    bic, aic, icl : float
        Information criteria, smaller is better; NaN where the mixture cannot be had.
    converged : bool
        Whether the run converged.
    n_iter : int
        Iterations of the run.
    collapsed : int
        Components that collapsed.
    note : str
        Why there is no mixture, or which model of the same size describes the same mixtures.
    """

    covariance_type: str
    n_components: int
    log_likelihood: float
    n_parameters: int
    bic: float
    aic: float
    icl: float
    converged: bool
    n_iter: int
    collapsed: int
    note: str


COLUMNS = {
    "covariance_type": "U",
    "n_components": "i8",
    "log_likelihood": "f8",
    "n_parameters": "i8",
    "bic": "f8",
    "aic": "f8",
    "icl": "f8",
    "converged": "?",
    "n_iter": "i8",
    "collapsed": "i8",
    "note": "U",
}


_LAYOUT = {
    "criterion": str,
    "skipped": {str: str},
    "ended": str,
    "seconds": {str: float},
    "best": dict,
}
"""Types of the values of a report in a file."""


def as_table(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Columns as a DataFrame if pandas is imported, else as a structured array.

    pandas is not imported for it.

    Parameters
    ----------
    columns : dict of str to sequence
        The fields of `Row`.

    Returns
    -------
    table : pandas.DataFrame or ndarray
        Both give a column by its name.
    """
    arrays = {name: np.asarray(columns[name], dtype=kind) for name, kind in COLUMNS.items()}
    pandas = sys.modules.get("pandas")
    if hasattr(pandas, "DataFrame"):  # it may be half imported, by another thread
        for name, kind in COLUMNS.items():
            if kind == "U":
                arrays[name] = arrays[name].astype(object)
        return pandas.DataFrame(arrays)
    table = np.empty(
        len(arrays["bic"]), dtype=[(name, array.dtype) for name, array in arrays.items()]
    )
    for name, array in arrays.items():
        table[name] = array
    return table


def ranking(rows: Sequence[Row], criterion: str) -> list[Row]:
    """Rows that can win, the best first; equal ones in the order of parameters, then of the table.

    Parameters
    ----------
    rows : sequence of Row
        The table.
    criterion : {"bic", "aic", "icl"}
        The criterion of the choice.

    Returns
    -------
    ranked : list of Row
        Without mixtures that cannot be had, and without the same mixture under a second name.
    """
    there = [row for row in rows if not row.note]
    return sorted(there, key=lambda row: (getattr(row, criterion), row.n_parameters))


class SelectionReport:
    """The report of a selection: the best mixtures, ties, gaps and times; prints as text.

    Parameters
    ----------
    rows : sequence of Row
        The table.
    criterion : {"bic", "aic", "icl"}
        The criterion of the choice.
    skipped : dict of str to str
        Models that were not fitted, and why.
    best : FitReport
        The report of the best mixture.
    ended : str
        How the search ended early; empty if it did not.
    seconds : dict of str to float
        Seconds spent on each step.

    Attributes
    ----------
    criterion : str
        The criterion of the choice.
    rows : list of Row
        The table.
    ranked : list of Row
        Rows of the table that could win, the best first.
    gaps : list of Row
        Rows of the table without a mixture; `note` says why.
    skipped : dict of str to str
        Models that have no rows in the table, and why.
    best : FitReport
        The report of the best mixture: its criteria, sizes, means and run.
    seconds : dict of str to float
        Seconds spent on each step.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        criterion: str,
        skipped: Mapping[str, str],
        best: FitReport,
        ended: str,
        seconds: dict[str, float],
    ) -> None:
        self.criterion = criterion
        self.ranked: list[Row] = ranking(rows, criterion)
        self.gaps: list[Row] = [row for row in rows if np.isnan(row.bic)]
        self.skipped: dict[str, str] = dict(skipped)
        self.seconds = seconds
        self.rows: list[Row] = list(rows)
        self.best = best
        self._ended = ended

    def ties(self) -> list[Row]:
        """Rows that the evidence hardly tells from the best one.

        Returns
        -------
        rows : list of Row
            Mixtures with a criterion of at most 2 more than the best; the best itself is left out.
        """
        if not self.ranked:
            return []
        limit = self._value(self.ranked[0]) + WEAK_DIFFERENCE
        return [row for row in self.ranked[1:] if self._value(row) <= limit]

    def _value(self, row):
        return getattr(row, self.criterion)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values, which `json` writes.

        Returns
        -------
        values : dict of str to object
            Numbers, strings, lists and dicts; "best" is that of the report of the best mixture.
            None for unknown numbers.
        """
        names = ("criterion", "skipped", "seconds")
        return plain(
            {name: getattr(self, name) for name in names}
            | {"ended": self._ended, "best": self.best.to_dict()}
            | {"rows": [row._asdict() for row in self.rows]}
        )

    def _to_file(self):
        """Return the values of a file; the table is elsewhere in it."""
        return {
            "criterion": self.criterion,
            "skipped": self.skipped,
            "ended": self._ended,
            "seconds": {step: float(time) for step, time in self.seconds.items()},
            "best": self.best._to_file(),
        }

    @classmethod
    def _from_file(cls, values, rows, parameters, structure):
        """Return the report of a file; ValueError if the values are not sound."""
        check_values(values, _LAYOUT)
        if values["criterion"] not in ("bic", "aic", "icl"):
            raise ValueError("report_ has a criterion that is not known")
        best = FitReport._from_file(values["best"], parameters, structure)
        names = ("criterion", "skipped", "ended", "seconds")
        return cls(rows, best=best, **{name: values[name] for name in names})

    def _repr_html_(self):
        return text_html(repr(self))

    def __repr__(self) -> str:
        n_models = len({row.covariance_type for row in self.rows})
        n_sizes = len({row.n_components for row in self.rows})
        name = self.criterion.upper()
        lines = [
            f"{count(n_models, 'model')} of covariances, {count(n_sizes, 'size')}: the least "
            f"{name} is the best"
        ]
        for place, row in zip(("best", "second", "third"), self.ranked, strict=False):
            lines.append(f"{place:11}{self._described(row)}")
        if self.ranked:
            lines.append(f"sizes      {listed_sizes(self.best.effective_sizes)}")
            lines.append(f"ties       {self._ties_text()}")
        else:
            lines.append("best       none: no mixture could be had")
        lines += self._gap_lines()
        for reason in dict.fromkeys(self.skipped.values()):
            names = [model for model, why in self.skipped.items() if why == reason]
            lines.append(f"skipped    {_listed(names)}: {reason}")
        slow = [_short(row) for row in self.ranked if not row.converged]
        if slow:
            lines.append(f"unfinished {_listed(slow)}: increase max_iter or tol")
        if self._ended:
            lines.append(f"ended      {self._ended}")
        times = ", ".join(f"{step} {1e3 * time:.3g} ms" for step, time in self.seconds.items())
        lines.append(f"time       {times}")
        return "\n".join(lines)

    def _described(self, row):
        text = (
            f"{_short(row)}: {self.criterion.upper()} {self._value(row):.2f}, log-likelihood "
            f"{row.log_likelihood:.2f}, {count(row.n_parameters, 'parameter')}"
        )
        more = self._value(row) - self._value(self.ranked[0])
        return text if row is self.ranked[0] else f"{text}; {more:.2f} more ({self._evidence(row)})"

    def _evidence(self, row):
        best = self._value(self.ranked[0])
        more = self._value(row) - best
        if more <= ROUNDING_OF_CRITERION * (1 + abs(best)):
            return "equal to rounding"
        return next(f"{word} evidence" for limit, word in EVIDENCE if more <= limit)

    def _ties_text(self):
        ties = self.ties()
        if not ties:
            return f"none within {WEAK_DIFFERENCE:g} of the best"
        listed = _listed([f"{_short(row)} ({self._evidence(row)})" for row in ties])
        return f"within {WEAK_DIFFERENCE:g} of the best: {listed}"

    def _gap_lines(self):
        """Lines about the mixtures that cannot be had: collapsed ones, and others by reason."""
        lines = []
        collapsed = [_short(row) for row in self.gaps if row.collapsed]
        if collapsed:
            noun = count(len(collapsed), "mixture")
            lines.append(f"collapsed  {noun}: {_listed(collapsed)}")
        others = [row for row in self.gaps if not row.collapsed]
        for note in dict.fromkeys(row.note for row in others):
            names = [_short(row) for row in others if row.note == note]
            lines.append(f"missing    {_listed(names)}: {note}")
        return lines


def _short(row):
    return f"{row.covariance_type} {row.n_components}"


def _listed(names):
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
