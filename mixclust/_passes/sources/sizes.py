"""The number of rows of a chunk.

The cut decides the last bits of a fit, so it depends on the shape and dtype of the rows alone.
"""

from ..._inputs.parameters import check_integer
from ..shards import ALIGNMENT

__all__ = ["check_chunk_rows", "rows_per_chunk"]

CHUNK_BYTES = 16 << 20
"""Memory of a chunk: large against the cost of starting a pass, small against any machine."""

MAX_CHUNK_ROWS = 1 << 20
"""Tasks hold some 8-byte numbers a row; with few features they would outweigh the chunk."""


def rows_per_chunk(chunk_rows, n_features, dtype):
    """Return the number of rows of a chunk.

    Parameters
    ----------
    chunk_rows : int or "auto"
    n_features : int
    dtype : numpy.dtype
        float32 or float64.

    Returns
    -------
    n_rows : int
        If "auto", a multiple of the height of the kernels' panels.
    """
    if chunk_rows != "auto":
        return chunk_rows
    n_rows = min(MAX_CHUNK_ROWS, CHUNK_BYTES // (n_features * dtype.itemsize))
    return max(ALIGNMENT, n_rows // ALIGNMENT * ALIGNMENT)


def check_chunk_rows(chunk_rows):
    """Return `chunk_rows` as an int of at least 1 or "auto", or raise an error."""
    return check_integer("chunk_rows", chunk_rows, 1, auto=True)
