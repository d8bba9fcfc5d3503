"""The report of a fit of a classifier: classes, fits and criteria."""

from __future__ import annotations

from typing import Any

import numpy as np

from .report import FitReport

__all__ = ["ClassifierReport"]


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
        self.log_likelihood: float = fit.log_likelihood

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
