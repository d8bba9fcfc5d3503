"""The rows without missing values."""

import numpy as np

from .._inputs.rows import check_finite

__all__ = ["complete_rows"]

VALUES_PER_BLOCK = 1 << 18
"""Values that are looked at together."""


def complete_rows(X, sample_weight, n_needed, names):
    """The rows without NaN, and their weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,) or None
    n_needed : int
        Complete rows of positive weight, at least.
    names : ndarray of shape (n_features,) or None
        Names of the features, for messages.

    Returns
    -------
    rows : ndarray of shape (n_complete, n_features)
        X itself if all rows are complete.
    sample_weight : ndarray of shape (n_complete,) or None

    Raises
    ------
    ValueError
        If a row with missing values holds infinity, or too few rows are complete; the message
        names the column with the most missing values.
    """
    complete = np.empty(len(X), dtype=bool)
    n_missing = np.zeros(X.shape[1], dtype=np.intp)
    step = max(1, VALUES_PER_BLOCK // X.shape[1])
    for start in range(0, len(X), step):
        missing = np.isnan(X[start : start + step])
        n_missing += missing.sum(axis=0)
        complete[start : start + step] = ~missing.any(axis=1)
        if missing.any():
            check_finite(np.where(missing, 0, X[start : start + step]))
    if complete.all():
        return X, sample_weight
    counted = complete if sample_weight is None else complete & (sample_weight > 0)
    if np.count_nonzero(counted) < n_needed:
        _raise_too_few(np.count_nonzero(counted), n_needed, n_missing, len(X), names)
    return X[complete], None if sample_weight is None else sample_weight[complete]


def _raise_too_few(n_complete, n_needed, n_missing, n_samples, names):
    column = int(n_missing.argmax())
    name = column if names is None else repr(names[column])
    raise ValueError(
        f"X has {n_complete} rows of positive weight without missing values, but the fit needs at "
        f"least {n_needed}; leave out columns with many missing values (column {name} lacks "
        f"{n_missing[column]} of {n_samples}), or ask for fewer components."
    )
