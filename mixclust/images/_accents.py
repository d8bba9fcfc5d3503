"""Weights that let rare saturated colours keep a place in a palette."""

import numpy as np

from ._points import has_alpha, top_level
from ._spaces import from_srgb

__all__ = ["accent_weights"]

MAX_CHROMA = 0.2  # OKLab chroma from which a colour counts as fully saturated; pure red has 0.26
CELL = 0.05  # side of the cells, in OKLab, in which colours count as alike
MAX_FACTOR = 100.0  # largest factor of a weight, so that single pixels of noise stay without effect


def accent_weights(colors, counts, strength, n_colors):
    """Weight colours by their number of pixels, and more if they are rare and saturated.

    A colour is rare if the pixels of all colours in its cell of OKLab are fewer than an equal share
    of the palette, one in `n_colors`. At full strength, the cell of a fully saturated colour counts
    as such a share, but at most 100 times as much as it has pixels.

    Parameters
    ----------
    colors : ndarray of uint8 or uint16, shape (n, n_channels)
        Distinct visible colours: grey, RGB, or either with alpha, which is not looked at.
    counts : ndarray of int, shape (n,)
        Number of pixels of each.
    strength : float
        From 0, which gives the counts, to 1.
    n_colors : int
        Number of colours of the palette.

    Returns
    -------
    weights : ndarray of shape (n,), float64
    """
    levels = colors[:, :-1] if has_alpha(colors.shape[1]) else colors
    if strength == 0 or levels.shape[1] == 1 or not len(colors):
        return counts.astype(np.float64)
    coordinates = from_srgb(levels / top_level(colors.dtype), "oklab")
    saturation = np.minimum(np.hypot(coordinates[:, 1], coordinates[:, 2]) / MAX_CHROMA, 1.0)
    cells = np.rint(coordinates / CELL).astype(np.int64) @ np.array([1 << 20, 1 << 10, 1])
    _, cell = np.unique(cells, return_inverse=True)
    pixels = np.bincount(cell, counts)[cell]
    factor = np.clip(counts.sum() / (n_colors * pixels), 1.0, MAX_FACTOR)
    return counts * factor ** (strength * saturation)
