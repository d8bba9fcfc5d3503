"""Results of rows that come piece by piece: into a new array, a given array, or a .npy file."""

import os
from contextlib import closing

import numpy as np

from .atomic_write import write_atomically

__all__ = ["NewArray", "check_out", "gather"]

HEADER_BYTES = 128
"""Length of the header of a .npy file: room for any number of rows, which is known at the end."""


def check_out(out, width, dtype):
    """Check the argument `out`, before any work is done.

    Parameters
    ----------
    out : str, path-like, ndarray or None
    width : tuple of int
        Shape of the result of one row.
    dtype : dtype
        Of results.

    Returns
    -------
    out : object
        `out` itself.

    Raises
    ------
    TypeError
        If it is neither None, a path nor an array, or an array of another dtype.
    ValueError
        If it is an array of another width, or read-only, or a path with another extension than
        .npy.
    """
    if out is None:
        return out
    if isinstance(out, (str, os.PathLike)):
        _check_path(os.fspath(out))
        return out
    if not isinstance(out, np.ndarray):
        raise TypeError(
            "out must be None, an ndarray or memmap, or the path of a .npy file, got an object of "
            f"type {type(out).__name__}."
        )
    if out.dtype != dtype:
        raise TypeError(
            f"out is of dtype {out.dtype}; the results need {np.dtype(dtype)}: pass an array of "
            "this dtype."
        )
    if out.shape[1:] != width or out.ndim != 1 + len(width):
        shape = ", ".join(["n_rows", *map(str, width)]) + ("" if width else ",")
        raise ValueError(f"out has shape {out.shape}; the results need the shape ({shape}).")
    if not out.flags.writeable:
        raise ValueError("out is read-only; pass an array or memmap that can be written to.")
    return out


def _check_path(path):
    """Raise OSError if no file can have this path, ValueError if it names another format."""
    folder = os.path.dirname(os.path.abspath(path))
    if not path or os.path.isdir(path):
        raise IsADirectoryError(f"out={path!r} is a directory; pass the path of a file in it.")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"out={path!r} lies in {folder}, which does not exist; make it.")
    name, extension = os.path.splitext(path)
    if extension.lower() not in ("", ".npy"):
        raise ValueError(
            f"out={path!r} has the extension {extension!r}, but results are written as a .npy "
            f"file; pass {name + '.npy'!r}, or None for an array that you write yourself."
        )


def gather(pieces, width, dtype, out=None, n_rows=None):
    """Put the results of consecutive rows into one array or file.

    Parameters
    ----------
    pieces : generator of ndarray of shape (n, *width)
        Closed at the end, also by an exception.
    width : tuple of int
        Shape of the result of one row.
    dtype : dtype
    out : str, path-like, ndarray or None, default=None
        As `check_out` allows. A path is written as a .npy file, which is renamed to this name once
        it is complete; an array is written to.
    n_rows : int or None, default=None
        Number of rows, if it is known.

    Returns
    -------
    results : ndarray of shape (n_rows, *width)
        `out` if it is an array; a read-only memmap of the file if it is a path.

    Raises
    ------
    ValueError
        If `out` is an array of another length.
    OSError
        If the file cannot be written.
    """
    with closing(pieces):
        if out is None:
            return _put_all(pieces, NewArray(width, dtype, n_rows))
        if isinstance(out, np.ndarray):
            return _put_all(pieces, _GivenArray(out, n_rows))
        with write_atomically(out) as file:
            _put_all(pieces, _File(file, width, dtype))
    return np.load(out, mmap_mode="r")


def _put_all(pieces, place):
    for piece in pieces:
        place.put(piece)
    return place.end()


class NewArray:
    """An array that grows.

    Parameters
    ----------
    width : tuple of int
    dtype : dtype
    n_rows : int or None
        As for `gather`.
    """

    def __init__(self, width, dtype, n_rows=None):
        self._results = np.empty((n_rows or 0, *width), dtype=dtype)
        self._n_rows = 0

    def put(self, piece):
        """Append the results of some rows."""
        end = self._n_rows + len(piece)
        if end > len(self._results):
            self._resize(max(end, len(self._results) * 3 // 2))
        self._results[self._n_rows : end] = piece
        self._n_rows = end

    def end(self):
        """Return the array, of all rows that were put."""
        self._resize(self._n_rows)
        return self._results

    def _resize(self, n_rows):
        # In place: the memory of a large array is mapped to another address and not copied.
        self._results.resize((n_rows, *self._results.shape[1:]), refcheck=False)


class _GivenArray:
    """An array of a user."""

    def __init__(self, out, n_rows):
        self._out = out
        self._n_rows = 0
        if n_rows is not None and n_rows != len(out):
            self._refuse(f"there are {n_rows}")

    def put(self, piece):
        end = self._n_rows + len(piece)
        if end > len(self._out):
            self._refuse("there are more")
        self._out[self._n_rows : end] = piece
        self._n_rows = end

    def end(self):
        if self._n_rows < len(self._out):
            self._refuse(f"there are {self._n_rows}")
        return self._out

    def _refuse(self, found):
        raise ValueError(
            f"out has {len(self._out)} rows, but {found} in X; pass an array with one entry for "
            "each row, or the path of a .npy file."
        )


class _File:
    """A .npy file; its header is written last."""

    def __init__(self, file, width, dtype):
        self._file = file
        self._width, self._dtype = width, np.dtype(dtype)
        self._n_rows = 0
        file.write(bytes(HEADER_BYTES))

    def put(self, piece):
        self._file.write(np.ascontiguousarray(piece, dtype=self._dtype).data)
        self._n_rows += len(piece)

    def end(self):
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._n_rows, *self._width),
        }
        magic = np.lib.format.magic(1, 0)
        n_bytes = HEADER_BYTES - len(magic) - 2
        text = repr(header).ljust(n_bytes - 1) + "\n"
        self._file.seek(0)
        self._file.write(magic + n_bytes.to_bytes(2, "little") + text.encode("ascii"))
