"""The report of a fit of a classifier: classes, fits and criteria."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._estimator.report_values import check_values, plain, text_html
from .report import FitReport

__all__ = ["ClassifierReport"]


_LAYOUT = {
    "unlabelled_weight": float,
    "n_collapsed": int,
    "log_likelihood": float,
    "df": int,
    "total_weight": float,
    "class_weights": [float],
    "covariance_types": [str],
    "n_components": [int],
    "criteria": {str: float},
    "bic": float,
    "fits": [dict],
}
"""Types of the values of a report in a file."""


class ClassifierReport:
    """The report of a fit of a classifier; prints as a table.

    Parameters
    ----------
    classes : list
        The classes.
    class_weights : ndarray of shape (n_classes,), float64
        Total weight of the labelled rows of each class.
    unlabelled_weight : float
        Total weight of the unlabelled rows.
    fit : ClassFit
        The fit that was kept.
    criteria : dict of str to float
        BIC of each structure that was tried for all classes together.

    Attributes
    ----------
    class_weights : dict
        Total weight of the labelled rows of each class.
    unlabelled_weight : float
        Total weight of the unlabelled rows.
    covariance_types : dict of object to str
        Structure of each class.
    n_components : dict of object to int
        Number of components of each class.
    fits : list of FitReport
        One of all classes together, or one for each class.
    n_collapsed : int
        Collapsed components of all classes.
    criteria : dict of str to float
        BIC of rows and labels for each structure that was tried for all classes together, smaller
        is better; infinite where components collapsed.
    log_likelihood : float
        Of rows and labels, in nats.
    df : int
        Free parameters.
    total_weight : float
        Weight of the rows that were fitted.
    bic : float
        Bayesian information criterion of rows and labels; smaller is better.
    """

    def __init__(
        self,
        classes: list[Any],
        class_weights: Any,
        unlabelled_weight: float,
        fit: Any,
        criteria: dict[str, float],
    ) -> None:
        self.class_weights: dict[Any, float] = dict(
            zip(classes, np.asarray(class_weights).tolist(), strict=True)
        )
        self.unlabelled_weight: float = float(unlabelled_weight)
        self.covariance_types: dict[Any, str] = dict(zip(classes, fit.names, strict=True))
        self.n_components: dict[Any, int] = dict(zip(classes, fit.sizes, strict=True))
        self.fits: list[FitReport] = fit.reports
        self.n_collapsed: int = fit.n_collapsed
        self.criteria = criteria
        self.log_likelihood: float = float(fit.log_likelihood)
        self.df: int = int(fit.n_parameters)
        self.total_weight: float = float(fit.total_weight)
        self.bic: float = float(fit.bic)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values, which `json` writes.

        Returns
        -------
        values : dict of str to object
            Numbers, strings, lists and dicts; classes are keys, as strings. None for unknown and
            for infinite numbers.
        """
        values = {name: getattr(self, name) for name in _LAYOUT if name != "fits"}
        return plain(values | {"fits": [fit.to_dict() for fit in self.fits]})

    def _to_file(self):
        """Return the values of a file; classes are elsewhere in it."""
        numbers = ("unlabelled_weight", "n_collapsed", "log_likelihood", "df", "total_weight")
        by_class = ("class_weights", "covariance_types", "n_components")
        return (
            {name: getattr(self, name) for name in numbers}
            | {name: list(getattr(self, name).values()) for name in by_class}
            | {"criteria": {name: float(value) for name, value in self.criteria.items()}}
            | {"bic": self.bic, "fits": [fit._to_file() for fit in self.fits]}
        )

    @classmethod
    def _from_file(cls, values, classes, mixtures, structure):
        """Return the report of a file; ValueError if the values are not sound.

        Parameters
        ----------
        values : dict
        classes : list
        mixtures : list of Parameters
            Of all components, then of the components of each class.
        structure : str
            Structure of these parameters.
        """
        check_values(values, _LAYOUT)
        fits = values.pop("fits")
        parameters = mixtures[:1] if len(fits) == 1 else mixtures[1:]
        by_class = ("class_weights", "covariance_types", "n_components")
        if len(fits) != len(parameters) or any(len(values[k]) != len(classes) for k in by_class):
            raise ValueError("report_ does not belong to the classes of its estimator")
        report = cls.__new__(cls)
        vars(report).update(values)
        for name in by_class:
            setattr(report, name, dict(zip(classes, values[name], strict=True)))
        report.fits = [
            FitReport._from_file(fit, found, structure)
            for fit, found in zip(fits, parameters, strict=True)
        ]
        return report

    def _repr_html_(self):
        return text_html(repr(self))

    def __repr__(self) -> str:
        width = max(len("class"), *(len(str(label)) for label in self.class_weights))
        lines = [f"{'class':<{width}}  rows   components  covariances"]
        lines += [
            f"{label!s:<{width}}  {weight:<6g} {self.n_components[label]:<11} "
            f"{self.covariance_types[label]}"
            for label, weight in self.class_weights.items()
        ]
        if self.unlabelled_weight:
            lines.append(f"unlabelled rows: {self.unlabelled_weight:g}")
        lines.append(f"log-likelihood of rows and labels: {self.log_likelihood:.6f}")
        if self.criteria:
            lines.append("BIC (smaller is better):")
            ranked = sorted(self.criteria.items(), key=lambda item: item[1])
            lines += [
                f"  {name:<10} {f'{value:.3f}' if np.isfinite(value) else 'collapsed'}"
                for name, value in ranked
            ]
        if self.n_collapsed:
            lines.append(f"collapsed components: {self.n_collapsed}")
        return "\n".join(lines)
