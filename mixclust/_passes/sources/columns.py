"""Choice of features by index, for sources without names."""

import numbers

import numpy as np

__all__ = ["check_columns", "column_index"]


def column_index(columns, n_features, label):
    """Return the index of some of the columns of arrays.

    Parameters
    ----------
    columns : sequence of int, or None
    n_features : int
        Columns that there are.
    label : str
        Names the arrays in messages.

    Returns
    -------
    index : slice, ndarray of int, or None
        A slice where the columns are evenly spaced, which needs no copy; None for all.
    """
    if columns is None:
        return None
    chosen = []
    for column in columns:
        if not isinstance(column, numbers.Integral) or isinstance(column, (bool, np.bool_)):
            raise TypeError(
                f"columns holds {column!r}, but {label} has no column names; pass the indices of "
                "columns."
            )
        if not -n_features <= column < n_features:
            raise ValueError(
                f"columns holds {column}, but {label} has {n_features} columns; columns go from "
                f"0 to {n_features - 1}."
            )
        chosen.append(int(column) % n_features)
    steps = set(np.diff(chosen).tolist())
    if len(steps) == 1 and min(steps) > 0:
        return slice(chosen[0], chosen[-1] + 1, min(steps))
    if len(chosen) == 1:
        return slice(chosen[0], chosen[0] + 1)
    return np.array(chosen)


def check_columns(columns):
    """Return `columns` as a list without repetitions, or None; raise an error if it is neither."""
    if columns is None:
        return None
    if isinstance(columns, (str, numbers.Integral)):
        columns = [columns]
    try:
        columns = list(columns)
    except TypeError as error:
        raise TypeError(
            f"columns must be a sequence of names or indices, or None, got {columns!r}."
        ) from error
    if not columns:
        raise ValueError("columns is empty; name at least one column, or pass None for all.")
    for i, column in enumerate(columns):
        if isinstance(column, (bool, np.bool_)):
            raise TypeError(
                f"columns holds {column}, but masks are not taken; pass numpy.flatnonzero(mask)."
            )
        if column in columns[:i]:
            raise ValueError(f"columns holds {column!r} twice; name each column once.")
    return columns
