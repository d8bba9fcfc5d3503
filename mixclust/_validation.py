"""What users pass, checked once at the door: rows, weights, random states, parameters.

Every message names the argument, what came, what is required and, where there is one, a remedy.
Some wordings are scikit-learn's, because its common checks and its users look for them.
"""

import math
import numbers
import sys

import numpy as np

from ._arrays import as_float, is_native_float
from ._csr import as_canonical_csr, is_sparse
from ._features import compare_features, feature_names, set_features
from ._tables import as_array, as_table

__all__ = [
    "check_bool",
    "check_callback",
    "check_dense_rows",
    "check_finite",
    "check_integer",
    "check_option",
    "check_random_state",
    "check_real",
    "check_rows",
    "check_sample_weight",
    "check_seed",
    "check_verbose",
]

# Values looked at at a time where a temporary array is needed: 512 KB of float64.
_BLOCK = 1 << 16


def check_rows(X, estimator, *, reset, name="X"):
    """Return the rows of X as a matrix of floats, and set or check the features of an estimator.

    float32 and float64 arrays are taken as they are, in any memory order and with any strides,
    read-only or not, and returned without a copy (but for elements at addresses that the
    processor does not load from, such as fields of packed records); other numbers become
    float64. Whether the values are finite is not looked at (see `check_finite`).

    Parameters
    ----------
    X : {array-like, DataFrame, sparse matrix} of shape (n_samples, n_features)
        ndarray, memmap, nested sequence, table of pandas, polars or pyarrow, scipy.sparse
        matrix or array of any format. It is never modified.
    estimator : object or None
        Whose `n_features_in_` and `feature_names_in_` to set or to compare with; None if the
        rows belong to no estimator.
    reset : bool
        True (in `fit`) sets the attributes, once X is known to be valid. False compares X
        with them.
    name : str, default="X"
        What messages call X.

    Returns
    -------
    rows : ndarray or scipy.sparse CSR matrix or array, of shape (n_samples, n_features)
        float32 or float64 in native byte order. CSR is in canonical form: ``indices`` and
        ``indptr`` of one width, in range, sorted, without duplicates.

    Raises
    ------
    TypeError
        If X is not a table, holds objects that are not numbers, or if only some of its column
        names are strings.
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
        rows = X  # what nearly every call passes; one row of predict must not pay for the rest
    elif is_sparse(X):
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


def check_dense_rows(X, estimator, *, reset):
    """Return rows as `check_rows` does, but refuse sparse ones.

    Parameters
    ----------
    X : object
        What was passed.
    estimator : object
        Whose features to set or to compare with.
    reset : bool
        Which of the two.

    Returns
    -------
    rows : ndarray of shape (n_samples, n_features), float32 or float64
        X itself wherever it is such an array.

    Raises
    ------
    TypeError
        If X is sparse.
    """
    if is_sparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required by "
            f"{type(estimator).__name__}; use X.toarray() to convert it, or KMeans, which takes "
            "sparse rows."
        )
    return check_rows(X, estimator, reset=reset)


def _raise_empty(shape, name):
    what, remedy = ("sample", "row") if shape[0] == 0 else ("feature", "column")
    raise ValueError(
        f"{name} has 0 {what}(s) (shape={shape}) while a minimum of 1 is required; "
        f"pass at least one {remedy}."
    )


def check_finite(X, name="X", sample_weight=None):
    """Raise ValueError if a value is NaN or infinite.

    Parameters
    ----------
    X : ndarray or scipy.sparse CSR matrix or array, of shape (n_samples, n_features)
        Floats, as `check_rows` returns them. Of CSR only the stored values are looked at.
    name : str, default="X"
        What messages call X.
    sample_weight : ndarray of shape (n_samples,), float64, or None
        Weights of the rows. The message says so if only rows of weight zero are at fault.

    Raises
    ------
    ValueError
        Naming which of the two was found.
    """
    values = X.data[:, np.newaxis] if is_sparse(X) else X
    step = max(1, _BLOCK // max(1, values.shape[1]))
    absent = None
    for start in range(0, len(values), step):
        block = values[start : start + step]
        finite = np.isfinite(block)
        if finite.all():
            continue
        if np.isnan(block).any():
            message = f"Input {name} contains NaN; impute the missing values or drop them."
        else:
            message = (
                f"Input {name} contains infinity or a value too large for {values.dtype!r}; "
                "clip or drop such values."
            )
        if sample_weight is None:
            raise ValueError(message)
        rows = start + np.flatnonzero(~finite.all(axis=1))
        if is_sparse(X):
            rows = np.searchsorted(X.indptr, rows, side="right") - 1
        if sample_weight[rows].any():
            raise ValueError(message)
        absent = absent or message
    if absent:
        raise ValueError(
            f"{absent} This concerns rows of sample_weight 0, which are labelled like the others: "
            f"leave them out with {name}[sample_weight > 0]."
        )


def check_sample_weight(sample_weight, n_samples):
    """Return the weights of the rows.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number, or None
        A weight a row, or one number for all rows.
    n_samples : int
        How many rows there are.

    Returns
    -------
    sample_weight : ndarray of shape (n_samples,), float64, contiguous, or None
        None if None was passed. May share memory with what was passed.

    Raises
    ------
    TypeError
        If the weights are not numbers.
    ValueError
        If there is not one weight a row, or if weights are negative, not finite, all zero, or
        add up to infinity.
    """
    if sample_weight is None:
        return None
    weights = as_float(as_array(sample_weight, "sample_weight"), "sample_weight")
    if weights.ndim == 0:
        weights = np.full(n_samples, weights, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, but X has {n_samples} rows; "
            f"pass one weight a row, of shape ({n_samples},)."
        )
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    check_finite(weights[:, np.newaxis], "sample_weight")
    if weights.min() < 0:
        raise ValueError(
            f"sample_weight holds {weights.min()}, a negative weight; pass 0 to leave a row out."
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if total == 0:
        raise ValueError("sample_weight is zero for every row; give at least one row a weight.")
    if not np.isfinite(total):
        raise ValueError("sample_weight adds up to infinity; divide the weights by their maximum.")
    return weights


def check_random_state(random_state):
    """Return the source of random numbers that a `random_state` stands for.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        None is NumPy's global RandomState, as in scikit-learn; an int seeds a new RandomState.

    Returns
    -------
    random_state : numpy.random.RandomState or numpy.random.Generator
        What was passed, if it is one of the two.

    Raises
    ------
    TypeError
        If `random_state` is of another type.
    ValueError
        If an int lies outside 0 to 2**32 - 1.
    """
    if check_seed(random_state):
        return np.random.RandomState(random_state)
    if random_state is None or random_state is np.random:
        return np.random.mtrand._rand
    return random_state


def check_seed(random_state):
    """Return whether a `random_state` is a number that seeds a source, rather than a source.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        As for `check_random_state`.

    Returns
    -------
    is_seed : bool

    Raises
    ------
    TypeError, ValueError
        As `check_random_state` does.
    """
    if random_state is None or random_state is np.random:
        return False
    if isinstance(random_state, (np.random.RandomState, np.random.Generator)):
        return False
    if not isinstance(random_state, numbers.Integral):
        raise TypeError(
            "random_state must be None, an int, a numpy.random.RandomState or a "
            f"numpy.random.Generator, got {random_state!r}."
        )
    if not 0 <= random_state < 2**32:
        raise ValueError(f"random_state={random_state} must lie between 0 and 2**32 - 1.")
    return True


def check_bool(name, value):
    """Refuse a parameter that is neither true nor false.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object
        What was passed.

    Raises
    ------
    TypeError
        If it is not a bool of Python or NumPy; 0 and 1 are not.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(
            f"{name} must be True or False, got {value!r} of type {type(value).__name__}."
        )


def check_integer(name, value, minimum, auto=False):
    """Return an integer parameter as an int of Python's, which never overflows.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object
        What was passed.
    minimum : int
        The least value allowed.
    auto : bool, default=False
        Whether "auto" is allowed too.

    Returns
    -------
    value : int or "auto"

    Raises
    ------
    TypeError
        If the value is not an integer; True and False are not.
    ValueError
        If it is less than the minimum, or more than the kernels can count.
    """
    if auto and isinstance(value, str) and value == "auto":
        return value
    if not isinstance(value, numbers.Integral) or isinstance(value, (bool, np.timedelta64)):
        wanted = "an int or 'auto'" if auto else "an int"
        raise TypeError(f"{name} must be {wanted}, got {value!r} of type {type(value).__name__}.")
    if value < minimum:
        raise ValueError(f"{name}={value} must be at least {minimum}.")
    if value > sys.maxsize:
        raise ValueError(f"{name}={value} must be at most {sys.maxsize}.")
    return int(value)


def check_verbose(verbose):
    """Refuse a `verbose` that is neither a bool nor an integer of at least 0.

    Parameters
    ----------
    verbose : object
        What was passed.

    Raises
    ------
    TypeError
        If it is neither a bool nor an integer.
    ValueError
        If it is negative.
    """
    if not isinstance(verbose, (bool, np.bool_)):
        check_integer("verbose", verbose, 0)


def check_real(name, value, minimum, inclusive=True, auto=False):
    """Return a real parameter as a float.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object
        What was passed.
    minimum : float
        The lower bound.
    inclusive : bool, default=True
        Whether the bound itself is allowed.
    auto : bool, default=False
        Whether "auto" is allowed too.

    Returns
    -------
    value : float or "auto"

    Raises
    ------
    TypeError
        If the value is not a real number; True and False are not.
    ValueError
        If it is not finite or too small.
    """
    if auto and isinstance(value, str) and value == "auto":
        return value
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.timedelta64)):
        wanted = "a number or 'auto'" if auto else "a number"
        raise TypeError(f"{name} must be {wanted}, got {value!r} of type {type(value).__name__}.")
    if not math.isfinite(value):
        raise ValueError(f"{name}={value} must be finite.")
    if value < minimum or (value == minimum and not inclusive):
        bound = "at least" if inclusive else "greater than"
        raise ValueError(f"{name}={value} must be {bound} {minimum}.")
    return float(value)


def check_option(name, value, options):
    """Return a parameter that is one of several strings.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object
        What was passed.
    options : iterable of str
        What is allowed.

    Returns
    -------
    value : str

    Raises
    ------
    TypeError
        If the value is not a string.
    ValueError
        If it is none of the options.
    """
    if isinstance(value, str) and value in options:
        return value
    listed = ", ".join(repr(option) for option in options)
    if not isinstance(value, str):
        kind = type(value).__name__
        raise TypeError(f"{name} must be one of {listed}, got an object of type {kind}.")
    raise ValueError(f"{name}={value!r} must be one of {listed}.")


def check_callback(callback):
    """Refuse a callback that cannot be called.

    Parameters
    ----------
    callback : callable or None
        What was passed.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"callback={callback!r} cannot be called; pass a function of one argument.")
