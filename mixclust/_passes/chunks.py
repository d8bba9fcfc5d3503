"""The public face of rows in chunks."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any, Literal

import numpy as np

from .._inputs.annotations import Int, NameArray
from .._inputs.wording import count
from .buffers import Buffers
from .checks import check_weights, part_name
from .parts import Part, Parts
from .progress import ChunkProgress, make_reporter
from .read_ahead import read_ahead

__all__ = ["Chunks", "chunks"]


class Chunks(Parts):
    """Rows in chunks, which `chunks` returns: they are read anew in every pass.

    Parameters
    ----------
    source : object
        The opened source.
    progress : bool, callable or None
        As for `chunks`.

    Attributes
    ----------
    n_features : int
        Number of features.
    feature_names : ndarray of shape (n_features,), dtype object, or None
        Names of the columns of a table; None if there are none.
    dtype : numpy.dtype
        float32 or float64, of every chunk.
    n_rows : int or None
        Number of rows; None until a pass has counted them.
    n_chunks : int or None
        Number of chunks; None until a pass has counted them.
    chunk_rows : int or None
        Rows of every chunk but the last; None if the source has a cutting of its own.
    has_weights : bool
        Whether rows have weights.
    """

    n_features: int
    feature_names: NameArray | None
    dtype: np.dtype[Any]
    n_rows: int | None
    n_chunks: int | None
    chunk_rows: int | None
    has_weights: bool

    def __init__(self, source: Any, progress: Any) -> None:
        self._source, self._report = source, make_reporter(progress)
        for name in ("n_features", "feature_names", "dtype", "n_rows", "n_chunks", "chunk_rows"):
            setattr(self, name, getattr(source, name))
        self.has_weights = source.has_weights

    def __repr__(self) -> str:
        n_rows = "unknown" if self.n_rows is None else self.n_rows
        cut = "own" if self.chunk_rows is None else self.chunk_rows
        weights = ", weighted" if self.has_weights else ""
        return (
            f"<Chunks of {self._source.label}: {count(n_rows, 'row')}, "
            f"{count(self.n_features, 'column')}, {self.dtype}, chunk_rows={cut}{weights}>"
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            "Chunks are no array: the fits and the answers of KMeans and GaussianMixture take "
            "them; for others pass an array, or the parts that chunks.read() yields."
        )

    def inputs(self) -> list[Any]:
        """Arrays and files that the rows and weights are read from.

        Returns
        -------
        inputs : list of ndarray and str
            Arrays in memory, and absolute paths.
        """
        return self._source.inputs()

    def read(self) -> Generator[Part, None, None]:
        """Read the chunks once, in their order.

        A thread reads the next chunk while the caller works on the current one. It ends with the
        iterator: by its last chunk, an exception, or the iterator's ``close``, which
        ``contextlib.closing`` calls.

        Yields
        ------
        part : Part
            With the attributes `index`, `first`, `X` and `weights`.

        Raises
        ------
        ValueError
            If a chunk has other features or another dtype than the first one, if weights are
            negative or not finite, or if this pass has another number of rows than the first.
        RuntimeError
            If a file changed since it was opened first.

        Examples
        --------
        >>> import mixclust
        >>> chunks = mixclust.chunks([[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0]]])
        >>> [(part.first, part.X.sum(axis=0).tolist()) for part in chunks.read()]
        [(0, [2.0, 4.0]), (2, [4.0, 5.0])]
        """
        self._n_passes += 1
        pass_number, start = self._n_passes, time.perf_counter()
        parts = self._parts()
        index = n_done = 0
        with closing(read_ahead(parts) if self._source.reads else parts) as parts:
            for part in parts:
                index, n_done = part.index + 1, part.first + len(part.X)
                yield part
                del part
                if self._report is not None:
                    self._report(self._progress(pass_number, index, n_done, start))
        self.n_rows, self.n_chunks = n_done, index
        if hasattr(self._report, "end_pass"):
            self._report.end_pass()

    def _parts(self):
        """Yield the checked parts of one pass."""
        index = first = 0
        with closing(self._source.chunks(Buffers())) as chunks:
            for X, weights in chunks:
                n_rows = len(X)
                if weights is not None:
                    check_weights(weights, index, first, n_rows)
                if self.n_rows is not None and first + n_rows > self.n_rows:
                    raise ValueError(
                        f"{part_name(index, first, n_rows)} goes beyond the {self.n_rows} rows "
                        f"that {self._source.label} had before; it must give the same rows in "
                        "every pass."
                    )
                yield Part(index, first, X, weights)
                index, first = index + 1, first + n_rows
                del X, weights
        if self.n_rows is not None and first < self.n_rows:
            raise ValueError(
                f"{self._source.label} gave {first} rows in this pass, but {self.n_rows} before; "
                "it must give the same rows in every pass. A function must return a new iterator "
                "at each call."
            )

    def _progress(self, pass_number, n_chunks, n_rows, start):
        seconds = time.perf_counter() - start
        left = None if self.n_rows is None else seconds / n_rows * (self.n_rows - n_rows)
        return ChunkProgress(
            pass_number, n_chunks, self.n_chunks, n_rows, self.n_rows, seconds, left
        )

    def total(self, task: Callable[..., Any], request: Any, n_threads: int) -> Any:
        """Sum of ``task(part, request, n_threads)`` over all chunks, in their order.

        Parameters
        ----------
        task : function
            Returns a value with ``+=``.
        request : object
            The same for every chunk.
        n_threads : int
            Threads that a task may use.

        Returns
        -------
        total : object
            The value of the first chunk, to which the others were added.
        """
        total = None
        with closing(self.read()) as parts:
            for part in parts:
                value = task(part, request, n_threads)
                del part
                if total is None:
                    total = value
                else:
                    total += value
        return total


def chunks(
    source: Any,
    *,
    columns: Sequence[int | str] | None = None,
    sample_weight: Any = None,
    chunk_rows: Int | Literal["auto"] = "auto",
    progress: bool | Callable[[ChunkProgress], object] | None = None,
) -> Chunks:
    """Rows in chunks, for data that are larger than memory.

    Parameters
    ----------
    source : array, path, dataset, table, sequence, iterable or function
        * An ndarray or memmap.
        * The path of a .npy or Parquet file, or a list of paths.
        * A list of arrays, or an iterable that can be iterated over repeatedly, or a function
          without arguments that returns a new iterator at each call. Items are arrays or pairs of
          an array and the weights of its rows.
    columns : sequence of int or str, or None, default=None
        The features: by index, or by name where the source is a table. None takes all columns.
    sample_weight : array-like of shape (n_rows,), path of a .npy file, str or None, default=None
        One weight for each row; for a table the name of a column, too.
    chunk_rows : int or "auto", default="auto"
        Rows of a chunk. "auto" takes 16 MiB of rows, by number of features and dtype alone. A list
        or iterable keeps its cutting; a number cuts chunks that are larger.
    progress : bool, callable or None, default=None
        True writes a line to standard error if it is a terminal. A function is called after each
        chunk with a `ChunkProgress`; an exception from it ends the pass.

    Returns
    -------
    chunks : Chunks
        Nothing is read yet but the header of a file or the first chunk.

    Raises
    ------
    TypeError
        If the source is of no known kind or can be read only once, or if columns or weights do
        not hold numbers.
    ValueError
        If the source is empty, or if columns or weights do not fit it.
    FileNotFoundError
        If a path names no file.

    Examples
    --------
    >>> import numpy as np
    >>> import mixclust
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> mixclust.chunks(X, chunk_rows=4)
    <Chunks of ndarray of shape (10, 2): 10 rows, 2 columns, float64, chunk_rows=4>
    >>> [len(part.X) for part in mixclust.chunks(X, chunk_rows=4).read()]
    [4, 4, 2]
    """
    from .sources.columns import check_columns
    from .sources.resolve import open_source
    from .sources.sizes import check_chunk_rows

    opened = open_source(
        source, check_columns(columns), sample_weight, check_chunk_rows(chunk_rows)
    )
    return Chunks(opened, progress)
