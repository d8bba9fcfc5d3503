"""The face of all sources of chunks."""

from abc import ABC, abstractmethod

__all__ = ["Source"]


class Source(ABC):
    """Rows that are read in order, in chunks, as often as needed.

    Attributes
    ----------
    label : str
        Names the source in messages and in `repr`.
    n_rows : int or None
        None if only a pass can tell.
    n_features : int
    feature_names : ndarray of shape (n_features,), dtype object, or None
    dtype : numpy.dtype
        float32 or float64, of all chunks.
    has_weights : bool
        Whether the source gives weights itself.
    chunk_rows : int or None
        Rows of every chunk but the last; None if the source has a cutting of its own.
    n_chunks : int or None
        None if only a pass can tell.
    reads : bool
        Whether chunks are read or converted, so that a thread that does it ahead pays. False if
        they are views of arrays in memory.
    """

    label: str
    n_rows = None
    n_features: int
    feature_names = None
    dtype = None
    has_weights = False
    chunk_rows = None
    reads = True

    @property
    def n_chunks(self):
        """Number of chunks, or None."""
        if self.n_rows is None or self.chunk_rows is None:
            return None
        return -(-self.n_rows // self.chunk_rows)

    def inputs(self):
        """Return the arrays and paths of files that the rows and weights are read from."""
        return []

    @abstractmethod
    def chunks(self, buffers):
        """Yield the chunks of one pass, without empty ones.

        Parameters
        ----------
        buffers : Buffers
            Memory for chunks that are not views of arrays.

        Yields
        ------
        X : ndarray of shape (n_rows, n_features)
            Of the source's dtype, in native byte order.
        weights : ndarray of shape (n_rows,), or None
            Not yet checked.
        """
