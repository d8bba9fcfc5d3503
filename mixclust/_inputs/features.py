"""Number and names of the features, and their comparison with the features seen by ``fit``.

Messages have scikit-learn's wording, because its common checks look for it.
"""

import numbers

import numpy as np

from .errors import warn_caller

__all__ = [
    "compare_features",
    "compare_input_features",
    "feature_index",
    "feature_names",
    "output_names",
    "set_features",
]


def feature_names(X):
    """Return the column names of a table.

    Parameters
    ----------
    X : object
        A table, as for `as_table`.

    Returns
    -------
    names : ndarray of shape (n_features,), dtype object, or None
        None if X has no column names, or if none of them is a string.

    Raises
    ------
    TypeError
        If some names are strings and others are not.
    """
    # pyarrow's `columns` are the data.
    columns = getattr(X, "column_names", None)
    if columns is None:
        columns = getattr(X, "columns", None)
    if columns is None or len(columns) == 0:
        return None
    are_strings = [isinstance(column, str) for column in columns]
    if not any(are_strings):
        return None
    if not all(are_strings):
        kinds = sorted({type(column).__name__ for column in columns})
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your "
            f"input has {kinds} as feature name / column name types; rename them, for example "
            "with X.columns = X.columns.astype(str), or pass an array."
        )
    return np.array([str(column) for column in columns], dtype=object)


def set_features(estimator, n_features, names):
    """Record the features that an estimator is fitted with.

    Parameters
    ----------
    estimator : object
        Its `n_features_in_` is set. Its `feature_names_in_` is set, or deleted if there are no
        names.
    n_features : int
        Number of features of the rows.
    names : ndarray of shape (n_features,), dtype object, or None
        Names of the features.
    """
    estimator.n_features_in_ = n_features
    if names is not None:
        estimator.feature_names_in_ = names
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def feature_index(estimator, feature, name):
    """Return the index of one of the features that an estimator was fitted with.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    feature : int or str
        Index, or name if the features have names.
    name : str
        Name of the argument in messages.

    Returns
    -------
    index : int

    Raises
    ------
    TypeError
        If it is neither an integer nor a string.
    ValueError
        If the estimator has no feature of this index or name.
    """
    if isinstance(feature, str):
        names = list(getattr(estimator, "feature_names_in_", ()))
        if feature in names:
            return names.index(feature)
        known = f"the features are {', '.join(names[:20])}" if names else "pass its index"
        reason = "which is none of them" if names else "but there are no feature names"
        raise ValueError(f"{name} holds {feature!r}, {reason}; {known}.")
    if not isinstance(feature, numbers.Integral) or isinstance(feature, (bool, np.bool_)):
        raise TypeError(
            f"{name} holds {feature!r}; a feature is an int, or a str if X had feature names."
        )
    if not 0 <= feature < estimator.n_features_in_:
        raise ValueError(
            f"{name} holds {feature}; features go from 0 to {estimator.n_features_in_ - 1}."
        )
    return int(feature)


def compare_features(estimator, n_features, names, name):
    """Compare the features of rows with the features that an estimator was fitted with.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    n_features : int
        Number of features of the rows.
    names : ndarray of shape (n_features,), dtype object, or None
        Names of the features.
    name : str
        Name of the rows in messages.

    Raises
    ------
    ValueError
        If names or numbers differ.

    Warns
    -----
    UserWarning
        If only one of the two has names.
    """
    fitted_names = getattr(estimator, "feature_names_in_", None)
    if names is not None or fitted_names is not None:
        _compare_names(type(estimator).__name__, fitted_names, names, name)
    if n_features != estimator.n_features_in_:
        raise ValueError(
            f"{name} has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )


def compare_input_features(estimator, input_features):
    """Compare the names that a caller gives with the features that an estimator was fitted with.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    input_features : array-like of str of shape (n_features,)

    Returns
    -------
    input_features : ndarray of shape (n_features,), dtype object

    Raises
    ------
    ValueError
        If names or numbers differ.
    """
    input_features = np.asarray(input_features, dtype=object)
    fitted_names = getattr(estimator, "feature_names_in_", None)
    if fitted_names is not None and not np.array_equal(fitted_names, input_features):
        raise ValueError("input_features is not equal to feature_names_in_")
    if len(input_features) != estimator.n_features_in_:
        raise ValueError(
            "input_features should have length equal to number of features "
            f"({estimator.n_features_in_}), got {len(input_features)}"
        )
    return input_features


def output_names(estimator, input_features):
    """Names of the columns of a result that has a column for each feature, in their order.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    input_features : array-like of str of shape (n_features,), or None

    Returns
    -------
    names : ndarray of shape (n_features,), dtype object
        The ones that the estimator was fitted with, else the given ones, else "x0", "x1" and so on.
    """
    if input_features is not None:
        return compare_input_features(estimator, input_features).copy()
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return names.copy()
    return np.array([f"x{j}" for j in range(estimator.n_features_in_)], dtype=object)


def _compare_names(owner, fitted_names, names, name):
    """Warn if only one side has names; raise ValueError if both have, and they differ."""
    if fitted_names is None:
        warn_caller(f"{name} has feature names, but {owner} was fitted without feature names")
    elif names is None:
        warn_caller(
            f"{name} does not have valid feature names, but {owner} was fitted with feature names"
        )
    elif not np.array_equal(fitted_names, names):
        unseen, missing = set(names) - set(fitted_names), set(fitted_names) - set(names)
        message = "The feature names should match those that were passed during fit.\n"
        if unseen:
            message += "Feature names unseen at fit time:\n" + _listed(unseen)
        if missing:
            message += "Feature names seen at fit time, yet now missing:\n" + _listed(missing)
        if not (unseen or missing):
            message += "Feature names must be in the same order as they were in fit.\n"
        raise ValueError(message)


def _listed(names, limit=5):
    """Return names as lines of a list, in order, the first `limit` of them."""
    lines = [f"- {name}\n" for name in sorted(names)]
    return "".join(lines[:limit] + ["- ...\n"] * (len(lines) > limit))
