"""Sparse input: any scipy.sparse matrix or array as CSR in canonical form, the input untouched.

In canonical form both index arrays have one integer type, every index is in range, and the indices
of a row increase strictly. Kernels rely on this form. It is checked here on the arrays themselves,
since scipy's own flags are cached and may be stale after an assignment to an attribute.
"""

import sys

import numpy as np

from .arrays import as_float

__all__ = ["as_canonical_csr", "is_sparse"]


def is_sparse(X):
    """Return whether X is a scipy.sparse matrix or array, without importing scipy.sparse."""
    if type(X) is np.ndarray:
        return False  # the usual case
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(X)


def as_canonical_csr(X, name):
    """Return X as a CSR matrix or array in canonical form.

    Parameters
    ----------
    X : scipy.sparse matrix or array of shape (n_samples, n_features)
        A matrix of any format. It is never modified.
    name : str
        Name of X in messages.

    Returns
    -------
    csr : scipy.sparse CSR matrix or array of shape (n_samples, n_features)
        ``data`` is float32 or float64, ``indices`` and ``indptr`` are both int32 or both int64;
        all three are contiguous. It is a new object that shares memory with X if X is canonical
        already.

    Raises
    ------
    ValueError
        If X does not have two dimensions, if its index arrays contradict each other or its shape,
        or if its data are complex.
    """
    if X.ndim != 2:
        raise ValueError(
            f"{name} must have 2 dimensions, rows by features, got shape {X.shape}. "
            f"Reshape your data with {name}.reshape(1, -1) if it is one row."
        )
    csr = _to_csr(X, name)
    _check_compressed(csr.indptr, csr.indices, csr.data, csr.shape, name)
    data = np.ascontiguousarray(as_float(csr.data, name))
    indices = np.ascontiguousarray(csr.indices)
    indptr = np.ascontiguousarray(csr.indptr)
    # The constructor brings both index arrays to one width; the object has no cached flags.
    csr = type(csr)((data, indices, indptr), shape=csr.shape)
    if not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    return csr


def _to_csr(X, name):
    """Convert to CSR. Checks indices first, since scipy's compiled code relies on them."""
    n_rows, n_columns = X.shape
    if X.format == "csr":
        return X
    if X.format == "csc":
        _check_compressed(X.indptr, X.indices, X.data, (n_columns, n_rows), name)
    elif X.format == "bsr":
        _check_blocks(X, name)
    elif X.format == "dia":
        # The constructor checks.
        X = type(X)((as_float(X.data, name), X.offsets), shape=X.shape)
    else:
        if X.format == "lil" and [*map(len, X.rows)] != [*map(len, X.data)]:
            raise ValueError(f"{name}.rows and {name}.data differ in length; {_remedy(name)}")
        X = X.tocoo()
        _check_range(f"{name}.row", X.row, n_rows, name)
        _check_range(f"{name}.col", X.col, n_columns, name)
        X = type(X)((as_float(X.data, name), (X.row, X.col)), shape=X.shape)  # float16 among them
    return X.tocsr()


def _check_blocks(X, name):
    """Raise ValueError unless the arrays of a BSR matrix fit its shape."""
    n_rows, n_columns = X.shape
    height, width = X.data.shape[1:] if X.data.ndim == 3 else (0, 0)
    if height == 0 or width == 0 or n_rows % height or n_columns % width:
        raise ValueError(
            f"{name}.data has shape {X.data.shape}, not blocks that {name}'s shape {X.shape} is a "
            f"multiple of; {_remedy(name)}"
        )
    _check_compressed(
        X.indptr, X.indices, X.data[:, 0, 0], (n_rows // height, n_columns // width), name
    )


def _check_compressed(indptr, indices, data, shape, name):
    """Raise ValueError unless three arrays describe a compressed matrix of (major, minor) shape."""
    n_major, n_minor = shape
    problem = None
    if not indptr.ndim == indices.ndim == data.ndim == 1:
        problem = f"{name}.indptr, {name}.indices and {name}.data must have 1 dimension each"
    elif not (indptr.dtype.kind in "iu" and indices.dtype.kind in "iu"):
        problem = f"{name}.indptr and {name}.indices must be integers"
    elif len(indptr) != n_major + 1:
        problem = f"{name}.indptr has {len(indptr)} entries where its shape needs {n_major + 1}"
    elif indptr[0] != 0:
        problem = f"{name}.indptr starts with {indptr[0]} instead of 0"
    elif (indptr[1:] < indptr[:-1]).any():
        problem = f"{name}.indptr decreases after entry {np.argmax(indptr[1:] < indptr[:-1])}"
    elif indptr[-1] > len(indices) or len(indices) != len(data):
        problem = (
            f"{name}.indptr ends with {indptr[-1]}, but {name}.indices has {len(indices)} and "
            f"{name}.data {len(data)} entries"
        )
    if problem is not None:
        raise ValueError(f"{problem}; {_remedy(name)}")
    _check_range(f"{name}.indices", indices[: indptr[-1]], n_minor, name)


def _check_range(array_name, indices, size, name):
    """Raise ValueError unless all indices are from 0 to size - 1."""
    if len(indices) == 0:
        return
    low, high = indices.min(), indices.max()
    if low < 0 or high >= size:
        bad = low if low < 0 else high
        raise ValueError(f"{array_name} holds {bad}, outside 0 to {size - 1}; {_remedy(name)}")


def _remedy(name):
    return f"build {name} again, for example as scipy.sparse.coo_array((values, (rows, columns)))."
