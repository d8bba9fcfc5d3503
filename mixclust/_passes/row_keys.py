"""Random-looking keys of rows, by their numbers among all rows: a sample is the smallest keys."""

import numpy as np

__all__ = ["hash_rows", "uniform_rows"]

STEP = np.uint64(0x9E3779B97F4A7C15)
"""Difference of the numbers of which keys of consecutive rows are made."""


def hash_rows(seed, indices, out=None, scratch=None):
    """Return a random-looking number for each row: the finaliser of the generator splitmix64.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.
    indices : ndarray of shape (n,), int64 or uint64
        Numbers of the rows among all rows.
    out, scratch : ndarray of shape (n,), uint64, default=None
        Memory for the keys, and for this function.

    Returns
    -------
    keys : ndarray of shape (n,), uint64
        No two are equal for one seed.
    """
    start = np.array([seed], dtype=np.uint64)
    _mix(start, np.empty_like(start))
    keys = np.multiply(indices.astype(np.uint64, copy=False), STEP, out=out)
    keys += start + STEP
    _mix(keys, np.empty_like(keys) if scratch is None else scratch)
    return keys


def uniform_rows(seed, indices):
    """Return a random-looking number for each row, greater than 0 and less than 1.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.
    indices : ndarray of shape (n,), int64 or uint64
        Numbers of the rows among all rows.

    Returns
    -------
    uniforms : ndarray of shape (n,), float64
        The middles of the 2**52 equal parts that the keys of `hash_rows` lie in.
    """
    keys = hash_rows(seed, indices)
    keys >>= np.uint64(12)
    uniforms = keys.astype(np.float64)
    uniforms += 0.5
    uniforms *= 2.0**-52
    return uniforms


def _mix(keys, scratch):
    """Mix the bits of 64-bit integers in place; no two integers become the same."""
    keys ^= np.right_shift(keys, np.uint64(30), out=scratch)
    keys *= np.uint64(0xBF58476D1CE4E5B9)
    keys ^= np.right_shift(keys, np.uint64(27), out=scratch)
    keys *= np.uint64(0x94D049BB133111EB)
    keys ^= np.right_shift(keys, np.uint64(31), out=scratch)
