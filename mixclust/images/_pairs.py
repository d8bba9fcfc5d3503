"""The distinct pairs of colours at equal places of two images, and how often each occurs."""

import numpy as np

from ._palette import MAX_TABLE_CODES, count, pack, take_codes, unpack
from ._points import has_alpha, top_level

__all__ = ["color_pairs", "seen_colors"]

BLOCK_PIXELS = 1 << 20  # pixels whose pairs are sorted at a time


def color_pairs(image, recolored):
    """Give the pairs of colours in parts.

    A recoloured image mostly has one new colour for each old colour, so that a table of all colours
    finds the pairs of a large image without sorting pixels.

    Parameters
    ----------
    image, recolored : ndarray of uint8 or uint16, shape (H, W) or (H, W, 1 to 4)
        Two images of one shape and dtype.

    Yields
    ------
    old, new : ndarray of the dtype of the images, shape (n, n_channels)
        Colours of `image`, and of `recolored` at the same pixels.
    counts : ndarray of int, shape (n,)
        Number of pixels of each pair. A pair may come again in another part.
    """
    if image.ndim == 2:
        image, recolored = image[:, :, np.newaxis], recolored[:, :, np.newaxis]
    n_channels, dtype = image.shape[2], image.dtype
    n_codes = (top_level(dtype) + 1) ** n_channels
    n_pixels = image.shape[0] * image.shape[1]
    if n_codes <= min(MAX_TABLE_CODES, 16 * n_pixels):
        codes, new_codes = pack(image), pack(recolored)
        table = np.zeros(n_codes, new_codes.dtype)
        table[codes] = new_codes
        if (take_codes(table, codes) == new_codes).all():
            distinct, counts = count(codes, n_codes)
            new = table[distinct]
            yield unpack(distinct, n_channels, dtype), unpack(new, n_channels, dtype), counts
            return
    step = max(1, BLOCK_PIXELS // image.shape[1])
    for start in range(0, len(image), step):
        rows = slice(start, start + step)
        yield _sorted_pairs(image[rows], recolored[rows])


def _sorted_pairs(image, recolored):
    """Give the distinct pairs of two images, or all pairs if one does not fit in 64 bits."""
    n_channels, dtype = image.shape[2], image.dtype
    bits = 8 * dtype.itemsize * n_channels
    if bits > 32:
        old, new = image.reshape(-1, n_channels), recolored.reshape(-1, n_channels)
        return old, new, np.ones(len(old), np.int64)
    codes = pack(image).astype(np.uint64) << np.uint64(bits) | pack(recolored)
    distinct, counts = np.unique(codes, return_counts=True)
    old = unpack(distinct >> np.uint64(bits), n_channels, dtype)
    return old, unpack(distinct & np.uint64(2**bits - 1), n_channels, dtype), counts


def seen_colors(old, new, counts):
    """Give visible pairs as they look over black and, if they have alpha, over white.

    Parameters
    ----------
    old, new : ndarray of uint8 or uint16, shape (n, n_channels)
        Pairs of colours.
    counts : ndarray of int, shape (n,)

    Returns
    -------
    backgrounds : list of (ndarray, ndarray)
        For each background the levels of both colours, float64, (n_visible, 1 or 3).
    counts : ndarray of int, shape (n_visible,)
    """
    if not has_alpha(old.shape[1]):
        return [(old.astype(np.float64), new.astype(np.float64))], counts
    visible = (old[:, -1] > 0) | (new[:, -1] > 0)
    top = top_level(old.dtype)
    over_black, over_white = [], []
    for colors in (old[visible], new[visible]):
        alpha = colors[:, -1:].astype(np.float64)
        over_black.append(colors[:, :-1] * alpha / top)
        over_white.append(over_black[-1] + (top - alpha))
    return [tuple(over_black), tuple(over_white)], counts[visible]
