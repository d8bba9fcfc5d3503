"""Checks of chunks. Every message names the chunk and its rows."""

import numpy as np

from .._inputs.arrays import as_float
from .._inputs.sparse import is_sparse
from .._inputs.tables import as_array, as_table

__all__ = ["as_chunk", "as_weights", "check_part_finite", "check_weights", "part_name"]


def part_name(index, first, n_rows, noun="chunk"):
    """Return the name of a part in messages, for example "chunk 3 (rows 30000 to 39999)"."""
    return f"{noun} {index} (rows {first} to {first + n_rows - 1})"


def as_chunk(chunk, index, first, columns=None):
    """Return a chunk of a user as a matrix of floats.

    Parameters
    ----------
    chunk : array-like of shape (n_rows, n_features)
    index : int
        Number of the chunk.
    first : int
        Number of its first row among all rows.
    columns : slice or ndarray of int, or None
        The features to take.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features)
        Native float32 or float64; shares memory with the chunk if possible. It may have no rows.

    Raises
    ------
    TypeError, ValueError
        If the chunk is sparse, is no table, or does not hold numbers.
    """
    name = f"chunk {index} (from row {first})"
    if is_sparse(chunk):
        raise TypeError(f"{name} is sparse, but chunks must be dense; yield chunk.toarray().")
    X = as_table(chunk, name)
    if columns is not None:
        X = X[:, columns]
    return as_float(X, name)


def as_weights(weights, name):
    """Return the weights of some rows as float64, of any shape.

    Parameters
    ----------
    weights : array-like
    name : str
        Name of the rows in messages.

    Returns
    -------
    weights : ndarray of float64
    """
    name = f"sample_weight of {name}"
    return np.ascontiguousarray(as_float(as_array(weights, name), name), dtype=np.float64)


def check_weights(weights, index, first, n_rows, noun="chunk"):
    """Raise ValueError unless there is one finite weight of at least 0 for each row of a part.

    Parameters
    ----------
    weights : ndarray of float64
    index, first, n_rows : int
        Number of the part, of its first row, and of rows in it.
    noun : str
        The word for a part in messages.

    Raises
    ------
    ValueError
        The message names the chunk and the row.
    """
    name = part_name(index, first, n_rows, noun)
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight of {name} has shape {weights.shape}; pass one weight for each row, of "
            f"shape ({n_rows},)."
        )
    if weights.min() >= 0 and weights.max() < np.inf:  # NaN fails both
        return
    bad = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    value = weights[bad[0]]
    found = f"{value}, a negative weight" if value < 0 else f"{value}"
    raise ValueError(
        f"sample_weight of {name} holds {found}, at row {first + bad[0]}; weights must be finite "
        "and at least 0; pass 0 to leave a row out."
    )


def check_part_finite(part):
    """Raise ValueError if a part holds NaN or infinity.

    It looks at every value; call it when a kernel reports numbers that are not finite.

    Parameters
    ----------
    part : Part

    Raises
    ------
    ValueError
        The message names the chunk, the row among all rows, and the feature.
    """
    finite = np.isfinite(part.X)
    if finite.all():
        return
    row = int(np.argmin(finite.all(axis=1)))
    feature = int(np.argmin(finite[row]))
    if np.isnan(part.X[row, feature]):
        found, remedy = "NaN", "impute the missing values or drop them"
    else:
        found = f"infinity or a value too large for {part.X.dtype!r}"
        remedy = "clip or drop these values"
    if part.weights is not None and part.weights[row] == 0:
        remedy += "; a row of sample_weight 0 is labelled like the others"
    name = part_name(part.index, part.first, len(part.X), part.noun)
    raise ValueError(
        f"Input X contains {found} in {name}, at row "
        f"{part.first + row}, feature {feature}; {remedy}."
    )
