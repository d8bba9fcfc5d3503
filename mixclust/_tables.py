"""Dense input: whatever holds a table of numbers, as a NumPy array.

Nothing is imported for it: the tables of pandas, polars, pyarrow and others are known by what
their objects offer.
"""

import numpy as np

__all__ = ["as_array", "as_float", "as_table", "is_native_float"]


def as_table(X, name):
    """Return a table as an array of two dimensions and of any dtype, without a copy if possible.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        ndarray or memmap, nested sequence, table of pandas, polars or pyarrow, or anything else
        with ``__array__``.
    name : str
        What messages call X.

    Returns
    -------
    table : ndarray of shape (n_samples, n_features)
        Shares memory with X wherever X is an array or can hand one out.

    Raises
    ------
    TypeError
        If X is not a table at all: None, a number, a dict, a generator.
    ValueError
        If X has not two dimensions, has rows of unequal length or masked values.
    """
    table = as_array(X, name)
    if table.ndim == 0:
        kind = "None" if X is None else f"an object of type {type(X).__name__}"
        raise TypeError(f"{name} must be a table of rows by features, got {kind}.")
    if table.ndim != 2:
        remedy = (
            f"{name}.reshape(-1, 1) if it is one feature or {name}.reshape(1, -1) if it is one row."
            if table.ndim == 1
            else f"{name}.reshape(len({name}), -1) for one row an entry of the first dimension."
        )
        raise ValueError(
            f"{name} must have 2 dimensions, rows by features, got shape {table.shape}. "
            f"Reshape your data with {remedy}"
        )
    return table


def as_array(X, name):
    """Return ``np.asarray(X)``, of any number of dimensions, with pandas' missing values as NaN.

    Parameters
    ----------
    X : object
        Anything that NumPy can read.
    name : str
        What messages call X.

    Returns
    -------
    array : ndarray
        Of no dimension if X is not a sequence.

    Raises
    ------
    ValueError
        If nested sequences differ in length, or if values are masked.
    """
    if isinstance(X, np.ndarray) and np.ma.is_masked(X):
        raise ValueError(
            f"{name} has {np.ma.count_masked(X)} masked value(s); "
            "fill them, or drop the rows that hold them."
        )
    if hasattr(X, "iloc") and getattr(X, "ndim", None) == 2:
        return _from_pandas(X)
    try:
        return np.asarray(X)
    except ValueError as error:
        raise ValueError(
            f"{name} cannot be read as an array ({error}); pass rows of equal length."
        ) from error


def _from_pandas(frame):
    """Return the values of a DataFrame: its own block of memory if all columns are NumPy floats."""
    dtypes = set(frame.dtypes)
    numeric = all(dtype.kind in "biuf" for dtype in dtypes)
    if numeric and not all(isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in dtypes):
        # Nullable, boolean and mixed columns would come out as an array of objects, and pd.NA
        # is not something that float() takes.
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(frame)


def is_native_float(array):
    """Return whether compiled code can read an array in place, as float32 or float64.

    Parameters
    ----------
    array : ndarray
        Of any dtype and shape.

    Returns
    -------
    native : bool
        True for the two dtypes in the machine's byte order, if every element lies where the
        processor expects one: then strides are multiples of the size of an element.
    """
    return array.dtype.char in "fd" and array.dtype.isnative and array.flags.aligned


def as_float(array, name):
    """Return an array as native float32 or float64; the same array if it is one of them.

    Parameters
    ----------
    array : ndarray
        Of any dtype and shape.
    name : str
        What messages call it.

    Returns
    -------
    array : ndarray
        float32 stays float32 in either byte order; any other number becomes float64.

    Raises
    ------
    TypeError
        For dtypes that do not hold numbers: dates, records; and for objects that are not numbers.
    ValueError
        For complex numbers, for strings that do not spell a number, and for integers that are
        too large for a float.
    """
    if is_native_float(array):
        return array
    dtype = array.dtype
    if dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} has dtype {dtype}; "
            f"pass {name}.real, or the real and imaginary parts as separate features."
        )
    if dtype.kind not in "biufOSUT":
        raise TypeError(f"{name} has dtype {dtype}, which does not hold numbers; convert it first.")
    try:
        # A long double beyond float64 becomes inf here; the check of finiteness reports it.
        with np.errstate(over="ignore"):
            return array.astype(np.float32 if dtype.char == "f" else np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(
            f"{name} holds a value that is not a number ({error}); "
            "convert it to numbers, or drop the column."
        ) from error
