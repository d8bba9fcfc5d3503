"""Checks of class labels, some of which may be missing on purpose."""

import numbers

import numpy as np

from .errors import warn_caller, warn_column_vector
from .tables import as_array

__all__ = ["check_labels", "check_same_classes"]

UNLABELLED = -1
"""Label, among numbers, of a row of unknown class."""

_NUMBERS = "biuf"


def check_labels(y, n_samples, known=None):
    """Return the classes and the class of each row.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Whole numbers, of which -1 marks a row of unknown class; bools; or strings, among which
        None, or the number -1 in an array of objects, marks it. If -1 and one other number are all
        there is, -1 is a class, since there must be two.
    n_samples : int
        Rows of X.
    known : ndarray of shape (n_classes,), default=None
        Classes of an earlier fit: if -1 is among them, it is a class.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Sorted; of the dtype of `y`.
    codes : ndarray of shape (n_samples,), int32
        Index of each row's class; -1 for a row of unknown class.

    Raises
    ------
    TypeError
        If `y` is None or not one-dimensional data.
    ValueError
        If `y` has another number of rows than X, holds NaN, numbers that are not whole, or the
        string "-1".

    Warns
    -----
    UserWarning
        If -1 is taken as a class, unless `known` says so.
    DataConversionWarning
        If `y` is a column of shape (n_samples, 1).
    """
    if y is None:
        raise ValueError(
            "This classifier requires y to be passed, but the target y is None; pass the class of "
            "each row, with -1 for rows of unknown class."
        )
    labels = _as_labels(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warn_column_vector(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of "
            "y to (n_samples,), for example using ravel()."
        )
        labels = labels.ravel()
    if labels.ndim != 1:
        raise ValueError(f"y must have shape (n_samples,), got {labels.shape}; pass one column.")
    if len(labels) != n_samples:
        raise ValueError(
            f"y has {len(labels)} labels, but X has inconsistent numbers of samples: {n_samples} "
            "rows; pass one label for each row."
        )
    if labels.dtype.kind in _NUMBERS:
        return _of_numbers(labels, known)
    return _of_objects(labels)


def _as_labels(y):
    """Labels as an array of numbers, strings or objects."""
    if hasattr(y, "to_numpy") and not isinstance(y, np.ndarray):
        labels = np.asarray(y.to_numpy())  # of a Series: labels go by position, not by index
    else:
        labels = as_array(y, "y")
    if labels.dtype.kind in "cMmV":
        raise ValueError(f"y has dtype {labels.dtype}; pass whole numbers or strings as classes.")
    if labels.dtype.kind == "O" and labels.size:
        flat = labels.ravel()
        if all(isinstance(value, (numbers.Real, np.bool_)) for value in flat):
            return np.array(flat.tolist()).reshape(labels.shape)
    return labels


def _of_numbers(labels, known):
    """Classes and codes of numbers, of which -1 marks unknown classes if it is no class itself."""
    if labels.dtype.kind == "f":
        _check_whole(labels)
    is_labelled = np.ones(len(labels), dtype=bool)
    if labels.dtype.kind in "if":
        is_labelled = labels != UNLABELLED
    classes, codes = _encoded(labels, is_labelled)
    if known is not None:
        minus_one_is_class = UNLABELLED in known.tolist()
    else:
        minus_one_is_class = len(classes) == 1 and not is_labelled.all()
        if minus_one_is_class:
            warn_caller(
                f"y holds {UNLABELLED} and {classes[0]} only: {UNLABELLED} is taken as a class. "
                f"With more classes, {UNLABELLED} would mark rows of unknown class; rename the "
                "class, for example with (y > 0).astype(int), to be clear about it."
            )
    if minus_one_is_class:
        return _encoded(labels, np.ones(len(labels), dtype=bool))
    return classes, codes


def _check_whole(labels):
    """Raise ValueError unless floats are whole numbers."""
    if not np.isfinite(labels).all():
        found = "NaN" if np.isnan(labels).any() else "infinity"
        raise ValueError(
            f"Input y contains {found}; mark rows of unknown class with {UNLABELLED}, or drop them."
        )
    broken = labels[labels != np.floor(labels)]
    if len(broken):
        raise ValueError(
            f"Unknown label type: continuous. y holds {broken[0]}, which is not a whole number; "
            "pass classes, or fit a regression."
        )


def _of_objects(labels):
    """Classes and codes of strings, or of objects among which None or -1 marks unknown classes."""
    is_labelled = np.ones(len(labels), dtype=bool)
    if labels.dtype.kind == "O":
        for i, value in enumerate(labels):
            is_number = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
            if value is None or (is_number and value == UNLABELLED):
                is_labelled[i] = False
            elif not isinstance(value, str):
                is_missing = type(value).__name__ in ("NAType", "NaTType")
                if is_missing or (is_number and value != value):
                    raise ValueError(
                        f"Input y contains NaN, in row {i}; mark rows of unknown class with None "
                        f"among strings or {UNLABELLED} among numbers, or drop them. In a pandas "
                        "Series, y.astype(object).where(y.notna(), None) does so."
                    )
                raise TypeError(
                    f"y holds {value!r} of type {type(value).__name__} in row {i}, beside labels "
                    "of another type; pass strings only (None marks a row of unknown class)."
                )
    if str(UNLABELLED) in labels[is_labelled].tolist():
        raise ValueError(
            f"y holds the string {str(UNLABELLED)!r}. If it marks rows of unknown class, pass an "
            "array of objects with None in these rows; if it is a class, rename it."
        )
    return _encoded(labels, is_labelled)


def _encoded(labels, is_labelled):
    """Classes of the labelled rows, and the index of each row's class."""
    codes = np.full(len(labels), UNLABELLED, dtype=np.int32)
    classes, found = np.unique(labels[is_labelled], return_inverse=True)
    codes[is_labelled] = found.ravel()
    return classes, codes


def check_same_classes(y, n_samples, classes):
    """Return the class of each row, as an index of known classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        As `check_labels` takes them.
    n_samples : int
    classes : ndarray of shape (n_classes,)
        Sorted.

    Returns
    -------
    codes : ndarray of shape (n_samples,), int32
        -1 for a row of unknown class.

    Raises
    ------
    TypeError, ValueError
        As `check_labels` does, and if `y` holds another class.
    """
    found, codes = check_labels(y, n_samples, classes)
    index = {label: i for i, label in enumerate(classes.tolist())}
    new = [label for label in found.tolist() if label not in index]
    if new:
        raise ValueError(
            f"y holds the class {new[0]!r}, which is none of the classes of fit: "
            f"{list(index)[:20]}."
        )
    table = np.array([index[label] for label in found.tolist()] + [UNLABELLED], dtype=np.int32)
    return table[codes]
