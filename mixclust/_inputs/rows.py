"""Checks of rows and of their weights.

Every message names the argument, the value, the requirement and, if there is one, a remedy. Some
messages have scikit-learn's wording, because its common checks and its users look for it.
"""

import numpy as np

from .arrays import as_float, is_native_float
from .features import compare_features, feature_names, set_features
from .sparse import as_canonical_csr, is_sparse
from .tables import as_array, as_table

__all__ = [
    "check_finite",
    "check_rows",
    "check_sample_weight",
    "check_total_weight",
    "read_only",
]

# Values checked at a time: their temporary arrays take at most 512 KB.
_BLOCK = 1 << 16


def check_rows(X, estimator, *, reset, name="X"):
    """Return the rows of X as a matrix of floats, and set or check the features of an estimator.

    float32 and float64 arrays are returned without a copy, in any memory order, with any strides,
    writeable or not. Arrays of unaligned elements, for example fields of packed records, are
    copied. Other numbers become float64. Use `check_finite` to check for NaN and infinity.

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        ndarray, memmap, nested sequence, table of pandas, polars or pyarrow, scipy.sparse
        matrix or array of any format. It is never modified.
    estimator : object or None
        The estimator that the rows are for; None if there is none.
    reset : bool
        True, in `fit`, sets `n_features_in_` and `feature_names_in_` of the estimator once X is
        known to be valid. False compares X with them.
    name : str, default="X"
        Name of X in messages.

    Returns
    -------
    rows : ndarray or scipy.sparse CSR matrix or array, of shape (n_samples, n_features)
        float32 or float64 in native byte order. CSR is in canonical form: ``indices`` and
        ``indptr`` of one width, in range, sorted, without duplicates.

    Raises
    ------
    TypeError
        If X is not a table, holds objects that are not numbers, if only some of its column
        names are strings, or if X is sparse and the estimator's `_takes_sparse_rows` is False.
    ValueError
        If X has not two dimensions, no rows or no features, complex numbers, text, index arrays
        that contradict each other, or other features than the estimator was fitted with.

    Warns
    -----
    UserWarning
        If either X or the rows that the estimator was fitted with have feature names, but not
        both.
    """
    names = None
    if type(X) is np.ndarray and X.ndim == 2 and is_native_float(X):
        rows = X  # the usual case; the other checks would slow down predict of one row
    elif is_sparse(X):
        if not getattr(estimator, "_takes_sparse_rows", True):
            raise TypeError(
                f"Sparse data was passed for {name}, but dense data is required by "
                f"{type(estimator).__name__}; use {name}.toarray() to convert it."
            )
        rows = as_canonical_csr(X, name)
    else:
        rows = as_float(as_table(X, name), name)
        names = feature_names(X)
    n_samples, n_features = rows.shape
    if n_samples == 0 or n_features == 0:
        _raise_empty(rows.shape, name)
    if estimator is not None:
        if reset:
            set_features(estimator, n_features, names)
        else:
            compare_features(estimator, n_features, names, name)
    return rows


def _raise_empty(shape, name):
    missing, remedy = ("sample", "row") if shape[0] == 0 else ("feature", "column")
    raise ValueError(
        f"{name} has 0 {missing}(s) (shape={shape}) while a minimum of 1 is required; "
        f"pass at least one {remedy}."
    )


def check_finite(X, name="X", sample_weight=None):
    """Raise ValueError if a value is NaN or infinite.

    Parameters
    ----------
    X : ndarray or scipy.sparse CSR matrix or array, of shape (n_samples, n_features)
        Floats, as `check_rows` returns them. Of a CSR matrix only the stored values are checked.
    name : str, default="X"
        Name of X in messages.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Weights of the rows. If only rows of weight zero are not finite, the message says so.

    Raises
    ------
    ValueError
        The message tells whether NaN or infinity was found, and where first.
    """
    values = X.data[:, np.newaxis] if is_sparse(X) else X
    step = max(1, _BLOCK // max(1, values.shape[1]))
    absent = None
    for start in range(0, len(values), step):
        block = values[start : start + step]
        finite = np.isfinite(block)
        if finite.all():
            continue
        places = np.argwhere(~finite)
        bad, rows, features = block[~finite], start + places[:, 0], places[:, 1]
        if is_sparse(X):
            rows, features = np.searchsorted(X.indptr, rows, side="right") - 1, X.indices[rows]
        counts = np.ones(len(rows), bool) if sample_weight is None else sample_weight[rows] > 0
        if counts.any():
            raise ValueError(_not_finite(X, name, bad[counts], rows[counts], features[counts]))
        absent = absent or _not_finite(X, name, bad, rows, features)
    if absent:
        raise ValueError(
            f"{absent} This concerns rows of sample_weight 0, which are labelled like the others: "
            f"leave them out with {name}[sample_weight > 0]."
        )


def _not_finite(X, name, bad, rows, features):
    """The message about values that are not finite, with the place of the first one."""
    is_nan = np.isnan(bad)
    first = int(np.argmax(is_nan))  # 0 if all are infinite
    place = f"first in row {rows[first]}"
    if X.shape[1] > 1:
        place += f", feature {features[first]}"
    if is_nan.any():
        return f"Input {name} contains NaN, {place}; impute the missing values or drop them."
    return (
        f"Input {name} contains infinity or a value too large for {X.dtype!r}, {place}; "
        "clip or drop these values."
    )


def check_sample_weight(sample_weight, n_samples):
    """Return the weights of the rows.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number, or None
        One weight for each row, or one number for all rows.
    n_samples : int
        Number of rows.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,), float64, contiguous, or None
        None if `sample_weight` is None. May share memory with `sample_weight`.

    Raises
    ------
    TypeError
        If the weights are not numbers.
    ValueError
        If there is not one weight for each row, or if weights are negative, not finite, all zero,
        or add up to infinity.
    """
    if sample_weight is None:
        return None
    weights = as_float(as_array(sample_weight, "sample_weight"), "sample_weight")
    if weights.ndim == 0:
        weights = np.full(n_samples, weights, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, but X has {n_samples} rows; "
            f"pass one weight for each row, of shape ({n_samples},)."
        )
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    check_finite(weights[:, np.newaxis], "sample_weight")
    if weights.min() < 0:
        raise ValueError(
            f"sample_weight holds {weights.min()}, a negative weight; pass 0 to leave a row out."
        )
    with np.errstate(over="ignore"):
        check_total_weight(weights.sum())
    return weights


def check_total_weight(total):
    """Raise ValueError if weights add up to zero or infinity."""
    if total == 0:
        raise ValueError("sample_weight is zero for every row; give at least one row a weight.")
    if not np.isfinite(total):
        raise ValueError("sample_weight adds up to infinity; divide the weights by their maximum.")


def read_only(X):
    """Return a read-only view of rows, for a user's function that must not write to them."""
    if is_sparse(X):
        return type(X)(tuple(map(read_only, (X.data, X.indices, X.indptr))), shape=X.shape)
    X = X.view()
    X.flags.writeable = False
    return X
