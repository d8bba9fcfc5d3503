"""Checks of the parameters of a classifier that may differ between classes."""

from collections.abc import Mapping

import numpy as np

from .._inputs.arrays import as_float
from .._inputs.parameters import check_integer, check_option, check_real
from .._inputs.tables import as_array
from .parameters import MAX_SUM_ERROR
from .structures import covariance_names

__all__ = [
    "BIC",
    "check_class_numbers",
    "check_class_structures",
    "check_priors",
    "priors_of",
    "values_of",
]

BIC = "bic"
"""A number of components or a structure: the one with the best BIC."""


def check_class_numbers(n_components):
    """Raise TypeError or ValueError unless `n_components` is a number, "bic" or a dict of these.

    Parameters
    ----------
    n_components : object
    """
    for value in _values(n_components):
        if isinstance(value, str):
            check_option("n_components", value, [BIC])
        else:
            check_integer("n_components", value, 1)


def check_class_structures(covariance_type):
    """Raise TypeError or ValueError unless `covariance_type` is a structure, "bic" or a dict.

    Parameters
    ----------
    covariance_type : object
    """
    for value in _values(covariance_type):
        check_option("covariance_type", value, [*covariance_names(), BIC])


def check_priors(priors):
    """Raise TypeError or ValueError unless `priors` are None or positive and add up to 1.

    Parameters
    ----------
    priors : object
    """
    if priors is None:
        return
    if isinstance(priors, Mapping):
        values = np.array([check_real("priors", value, 0) for value in priors.values()])
    else:
        values = as_float(as_array(priors, "priors"), "priors")
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all() or values.min() <= 0:
        raise ValueError(
            f"priors={priors!r} must be a positive number for each class, of shape (n_classes,)."
        )
    if abs(values.sum() - 1) > MAX_SUM_ERROR:
        raise ValueError(f"priors add up to {values.sum():g}; divide them by their sum.")


def priors_of(priors, classes):
    """Probabilities of the classes, in their order, which add up to 1; None where none are given.

    Parameters
    ----------
    priors : array-like of shape (n_classes,), dict or None
        Checked.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    priors : ndarray of shape (n_classes,), float64, or None

    Raises
    ------
    ValueError
        If there is not one number for each class.
    """
    if priors is None:
        return None
    if isinstance(priors, Mapping):
        priors = values_of("priors", priors, classes)
    values = np.array(as_array(priors, "priors"), dtype=np.float64)
    if values.shape != (len(classes),):
        raise ValueError(
            f"priors have shape {values.shape}, but y has {len(classes)} classes; pass one number "
            "for each."
        )
    return values / values.sum()


def values_of(name, value, classes):
    """The value of a parameter for each class.

    Parameters
    ----------
    name : str
        Name of the parameter in messages.
    value : object
        One value for all classes, or a dict of class to value.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    values : list

    Raises
    ------
    ValueError
        If the dict lacks a class, or has another.
    """
    labels = classes.tolist()
    if not isinstance(value, Mapping):
        return [value] * len(labels)
    missing = [label for label in labels if label not in value]
    others = [key for key in value if key not in labels]
    if missing or others:
        found = f"lacks the class {missing[0]!r}" if missing else f"has {others[0]!r}, no class"
        raise ValueError(f"{name} {found}; the classes of y are {labels[:20]}.")
    return [value[label] for label in labels]


def _values(value):
    """The values of a dict, or the only value."""
    return list(value.values()) if isinstance(value, Mapping) else [value]
