"""Memory of chunks that are read from files, used again once nothing refers to it."""

import math
import weakref
from collections import deque

import numpy as np

__all__ = ["Buffers"]

MAX_FREE = 4
"""Buffers kept for later: a reader is two chunks ahead, and a loop holds up to two parts."""


class Buffers:
    """Arrays of uninitialised memory; a new array would cost a page fault every 4 KB.

    The memory of an array is used again only after the array and all views of it are gone, so that
    a chunk may be kept.
    """

    def __init__(self):
        self._free = deque(maxlen=MAX_FREE)  # append and popleft are atomic

    def take(self, shape, dtype):
        """Return a writeable C-contiguous array with undefined values.

        Parameters
        ----------
        shape : tuple of int
        dtype : numpy.dtype

        Returns
        -------
        array : ndarray
        """
        n_elements = math.prod(shape)
        n_bytes = n_elements * np.dtype(dtype).itemsize
        try:
            memory = self._free.popleft()
        except IndexError:
            memory = None
        if memory is None or memory.nbytes < n_bytes:
            memory = np.empty(n_bytes, dtype=np.uint8)
        # The base of `flat` is no array, so every view of it refers to `flat` itself: NumPy skips
        # only bases that are arrays. `flat` lives as long as its last view.
        flat = np.frombuffer(memoryview(memory), dtype=dtype, count=n_elements)
        weakref.finalize(flat, self._free.append, memory).atexit = False
        return flat.reshape(shape)
