"""Choice of rows and columns of tables of pandas, polars and pyarrow, which are not imported."""

import numbers

import numpy as np

from ..._inputs.features import feature_names

__all__ = ["choose_columns", "is_table", "split_table", "table_names", "take_rows"]


def is_table(source):
    """Return whether an object is a table in memory with named columns."""
    kind = type(source)
    return (
        (hasattr(kind, "iloc") and getattr(source, "ndim", None) == 2)  # pandas
        or (hasattr(kind, "iter_columns") and hasattr(kind, "shape"))  # polars, narwhals
        or (hasattr(kind, "itercolumns") and hasattr(kind, "column_names"))  # pyarrow
    )


def table_names(table):
    """Return the names of all columns of a table as a list."""
    names = getattr(table, "column_names", None)
    return list(table.columns if names is None else names)


def take_rows(table, first, last):
    """Return rows of a table, without a copy where the library can."""
    if hasattr(table, "iloc"):
        return table.iloc[first:last]
    if hasattr(table, "iter_columns"):
        return table[first:last]
    return table.slice(first, last - first)


def choose_columns(names, columns, weight_column, label):
    """Return the names of the features among the columns of a table.

    Parameters
    ----------
    names : list
        Names of all columns.
    columns : list of str or int, or None
        The features by name or position; None takes all but `weight_column`.
    weight_column : str or None
        Name of the column of weights.
    label : str
        Names the table in messages.

    Returns
    -------
    chosen : list
        In the order of `columns`.

    Raises
    ------
    ValueError
        If there is no such column, or if two have one name.
    """
    known = f"the columns are {', '.join(map(str, names[:20]))}{', ...' * (len(names) > 20)}"
    if weight_column is not None and weight_column not in names:
        raise ValueError(
            f"sample_weight={weight_column!r} is no column of {label}; {known}. Pass an array or "
            "the path of a .npy file for weights from elsewhere."
        )
    if columns is None:
        chosen = [name for name in names if weight_column is None or name != weight_column]
    else:
        chosen = [_find(column, names, label, known) for column in columns]
    doubled = {name for name in chosen if names.count(name) > 1}
    if doubled:
        raise ValueError(
            f"{label} has several columns named {', '.join(map(repr, sorted(doubled, key=str)))}; "
            "rename them."
        )
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"columns names one column of {label} twice; name each column once.")
    if not chosen:
        raise ValueError(f"{label} has no columns of features; pass at least one.")
    return chosen


def _find(column, names, label, known):
    if column in names:
        return column
    is_index = isinstance(column, numbers.Integral) and not isinstance(column, (bool, np.bool_))
    if is_index and -len(names) <= column < len(names):
        return names[column]
    raise ValueError(f"columns holds {column!r}, which {label} does not have; {known}.")


def split_table(table, columns, weight_column, label):
    """Return the features of a table, their names, and the column of weights or None.

    Parameters
    ----------
    table : table of pandas, polars or pyarrow
    columns : list of str or int, or None
    weight_column : str or None
    label : str
        Names the table in messages.

    Returns
    -------
    features : table
        The table itself if all columns are features.
    names : ndarray of str or None
        As `feature_names` returns them.
    weights : column or None
    """
    names = table_names(table)
    chosen = choose_columns(names, columns, weight_column, label)
    weights = None if weight_column is None else table[weight_column]
    if chosen != names:
        table = table.loc[:, chosen] if hasattr(table, "iloc") else table.select(chosen)
    return table, feature_names(table), weights
