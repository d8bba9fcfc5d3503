"""The table that a bootstrap prints."""

import numpy as np

__all__ = ["format_table"]

MAX_LINES = 60
"""Lines of the table."""


def format_table(columns, structure, feature_names):
    """Lines of a table: weights, means and variances of each component.

    Parameters
    ----------
    columns : dict of str to ParameterArrays
        Numbers of the parameters by the heading of their column.
    structure : type of `Structure`
    feature_names : list of str

    Returns
    -------
    lines : list of str
    """
    parts = list(columns.values())
    n_components, n_features = parts[0].means.shape
    variances = [np.atleast_2d(structure.variances(part.covariances)) for part in parts]
    is_shared = len(variances[0]) < n_components
    of_variances = feature_names if variances[0].shape[1] == n_features else ["all features"]
    rows = []
    for k in range(n_components):
        rows.append((f"component {k}", None))
        rows.append(("  weight", [part.weights[k] for part in parts]))
        for j, name in enumerate(feature_names):
            rows.append((f"  mean of {name}", [part.means[k, j] for part in parts]))
        if not is_shared:
            rows += _of_variances(variances, k, of_variances)
    if is_shared:
        rows += [("all components", None), *_of_variances(variances, 0, of_variances)]
    n_hidden = max(0, len(rows) - MAX_LINES)
    rows = rows[: len(rows) - n_hidden]
    width = max(len(label) for label, _ in rows)
    lines = [" " * width + "".join(f"{heading:>12}" for heading in columns)]
    for label, numbers in rows:
        shown = "" if numbers is None else "".join(f"{number:>12.4g}" for number in numbers)
        lines.append(f"{label:<{width}}{shown}".rstrip())
    if n_hidden:
        lines.append(f"({n_hidden} more lines; standard_errors and intervals() hold all numbers)")
    return lines


def _of_variances(variances, k, names):
    """Rows of the variances of component k."""
    return [
        (f"  variance of {name}", [part[k, j] for part in variances])
        for j, name in enumerate(names)
    ]
