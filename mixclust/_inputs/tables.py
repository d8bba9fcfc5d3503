"""Conversion of dense tables of any library to NumPy arrays.

The libraries are not imported: tables of pandas, polars, pyarrow and others are recognised by
their methods and attributes.
"""

import sys

import numpy as np

from .arrays import TIME_REMEDY, as_float, is_sequence
from .sparse import is_sparse

__all__ = ["as_array", "as_table", "masked_as_nan"]

_ONE_FLOAT_TYPE = ({"Float32"}, {"Float64"}, {"float"}, {"double"})
"""Column types of polars and pyarrow that NumPy converts to a float array without a copy."""

_WIDE_INTEGERS = ("Int128", "UInt128")
"""Types of polars columns that polars does not convert to NumPy arrays."""

_READERS = ("collect", "read_all", "to_memory")
"""Methods by which lazy objects of polars, pyarrow and anndata return a table."""


def as_table(X, name):
    """Return a table as an array of two dimensions and of any dtype, without a copy if possible.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        ndarray or memmap, nested sequence, table of pandas, polars or pyarrow, or anything else
        with ``__array__``. A column of arrays of one length, for example embeddings, is read as a
        table with one row for each array.
    name : str
        Name of X in messages.

    Returns
    -------
    table : ndarray of shape (n_samples, n_features)
        Shares memory with X if X is an array or can return one without a copy.

    Raises
    ------
    TypeError
        If X is not a table but None, a number, a dict, a generator or records, or if a column
        does not hold numbers.
    ValueError
        If X does not have two dimensions, or has rows of unequal length or masked values.
    """
    array = as_array(X, name)
    if array.ndim == 0:
        kind = "None" if X is None else f"an object of type {type(X).__name__}"
        reader = next((reader for reader in _READERS if hasattr(type(X), reader)), None)
        remedy = f"; pass {name}.{reader}()" if reader else ""
        raise TypeError(f"{name} must be a table of rows by features, got {kind}{remedy}.")
    if array.dtype.names is not None:
        fields = ", ".join(map(repr, array.dtype.names))
        remedy = f"numpy.lib.recfunctions.structured_to_unstructured({name})"
        if hasattr(X, "to_pandas"):
            remedy = f"{name}.to_pandas()"
        raise TypeError(
            f"{name} holds records with the fields {fields}, not a table of rows by features; "
            f"pass {remedy}."
        )
    table = array
    if array.ndim == 1 and array.dtype.kind == "O" and any(map(is_sequence, array)):
        table = _stack(array, name)
    if table.ndim != 2:
        given = name if array is X else f"np.asarray({name})"
        if table.ndim == 1:
            remedy = (
                f"{given}.reshape(-1, 1) if it is one feature or {given}.reshape(1, -1) if it is "
                "one row."
            )
        else:
            given = given if table is array else f"np.stack({given})"
            remedy = f"{given}.reshape(len({name}), -1) for one row an entry of the first axis."
        raise ValueError(
            f"{name} must have 2 dimensions, rows by features, got shape {table.shape}. "
            f"Reshape your data with {remedy}"
        )
    return table


def _stack(column, name):
    """Stack the arrays in a column of objects, each of which becomes a row."""
    if any(map(is_sparse, column)):
        raise TypeError(f"{name} holds sparse rows; pass scipy.sparse.vstack({name}).")
    rows = [as_array(value, f"row {i} of {name}") for i, value in enumerate(column)]
    first = next(i for i, row in enumerate(rows) if row.ndim > 0)
    for i, row in enumerate(rows):
        if row.shape != rows[first].shape:
            found = "is missing" if column[i] is None else f"has shape {row.shape}"
            raise ValueError(
                f"row {i} of {name} {found}, but row {first} has shape {rows[first].shape}; pass "
                "rows of equal length, and leave out missing ones."
            )
    return np.stack([as_float(row, f"row {i} of {name}") for i, row in enumerate(rows)])


def as_array(X, name):
    """Return X as an array of any number of dimensions, with the missing values of tables as NaN.

    Parameters
    ----------
    X : object
        Anything that NumPy can read.
    name : str
        Name of X in messages.

    Returns
    -------
    array : ndarray
        It has no dimension if X is not a sequence. A table with columns of several types becomes
        float32 or float64.

    Raises
    ------
    TypeError
        If a column of a table does not hold numbers.
    ValueError
        If nested sequences differ in length, or if values are masked.
    """
    is_plain = isinstance(X, (np.ndarray, list, tuple))  # first, since predict may get one row
    if not is_plain and hasattr(type(X), "compute"):  # dask: its __array__ drops masks
        X = X.compute()
        is_plain = isinstance(X, (np.ndarray, list, tuple))
    if is_plain:
        _refuse_masked(X, name)
    elif is_sparse(X):
        raise TypeError(f"{name} is sparse, but must be dense; pass {name}.toarray().")
    elif hasattr(type(X), "iter_columns"):  # polars, narwhals
        types = X.dtypes if hasattr(X, "dtypes") else X.schema.values()
        return _from_columns(X, name, types, X.columns, X.iter_columns)
    elif hasattr(X, "iloc") and getattr(X, "ndim", None) == 2:
        return _from_pandas(X, name)
    elif hasattr(X, "column_names") and hasattr(X, "itercolumns"):  # pyarrow
        return _from_columns(X, name, X.schema.types, X.column_names, X.itercolumns)
    else:
        dtype = str(getattr(X, "dtype", None))
        if dtype.startswith("Struct("):  # a Series of polars: NumPy would read its dates as numbers
            return as_array(X.struct.unnest(), name)
        if dtype in _WIDE_INTEGERS:
            X = X * 1.0
    try:
        array = np.asanyarray(X)
    except ValueError as error:
        remedy = f"{name}.X" if hasattr(X, "X") else "rows of equal length"  # AnnData
        raise ValueError(f"{name} cannot be read as an array ({error}); pass {remedy}.") from error
    except TypeError as error:
        raise TypeError(f"{name} cannot be read as an array ({error}).") from error
    if type(array) is np.ndarray:
        return array
    _refuse_masked(array, name)
    return np.asarray(array)


def _refuse_masked(X, name):
    """Raise ValueError for masked values, in rows of a list too; NumPy would forget the masks."""
    if type(X) is np.ndarray or "numpy.ma" not in sys.modules:  # there is no masked array without
        return
    n_masked = 0
    for array in (X,) if isinstance(X, np.ndarray) else X:
        # The mask of records has fields; `as_table` refuses records.
        if isinstance(array, np.ma.MaskedArray) and array.dtype.names is None:
            n_masked += np.ma.count_masked(array)
    if n_masked:
        raise ValueError(
            f"{name} has {n_masked} masked value(s); fill them, or drop the rows that hold them."
        )


def masked_as_nan(X):
    """Return rows with NaN in place of masked values, where missing values are allowed.

    Parameters
    ----------
    X : object
        Rows of a user.

    Returns
    -------
    X : object
        A copy of a masked array of numbers; any other X itself.
    """
    if type(X) is np.ndarray or "numpy.ma" not in sys.modules:
        return X
    if not isinstance(X, np.ma.MaskedArray) or X.dtype.kind not in "biuf":
        return X
    return (X if X.dtype.kind == "f" else X.astype(np.float64)).filled(np.nan)


# Tables are converted column by column, since NumPy would convert dates beside floats to numbers


def _from_pandas(frame, name):
    """Return the values of a DataFrame, without a copy if they are one block of floats."""
    dtypes = set(frame.dtypes)
    if all(dtype.kind in "biuf" for dtype in dtypes):
        if all(isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in dtypes):
            return np.asarray(frame)
        # np.asarray would make objects of nullable, boolean and mixed columns, and float() refuses
        # pd.NA.
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)

    def columns():
        return (_pandas_column(frame.iloc[:, j]) for j in range(frame.shape[1]))

    return _from_columns(frame, name, frame.dtypes, frame.columns, columns)


def _pandas_column(series):
    """Return a column with missing values among numbers and objects as NaN."""
    if series.dtype.kind == "O":
        return series.to_numpy(dtype=object, na_value=np.nan)
    if series.dtype.kind in "biuf" and not isinstance(series.dtype, np.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return series


def _from_columns(table, name, types, labels, columns):
    """Return a table as an array: column by column unless all columns are of one float type."""
    if len(labels) == 0 or set(map(str, types)) in _ONE_FLOAT_TYPE:
        return np.asarray(table)
    return np.column_stack(
        [
            _float_column(column, dtype, f"column {label!r} of {name}", f"{name}[{label!r}]")
            for dtype, label, column in zip(types, labels, columns(), strict=True)
        ]
    )


def _float_column(column, dtype, name, access):
    """Return a column as float32 or float64, or raise an error that names it."""
    if getattr(dtype, "kind", None) in ("M", "m"):  # pandas' types of time would become objects
        raise TypeError(f"{name} has dtype {dtype}, which does not hold numbers; {TIME_REMEDY}")
    values = as_array(column, name)
    if values.ndim > 1 or (values.dtype.kind == "O" and any(map(is_sequence, values))):
        raise TypeError(
            f"{name} holds several values in each row (dtype {dtype}); pass {access} alone to "
            "cluster by these values, or leave the column out."
        )
    try:
        return as_float(values, name)
    except ValueError as error:
        if values.dtype.kind == "c":
            raise
        raise TypeError(str(error)) from error
