"""Colours as integers, and palettes of 8-bit or 16-bit colours.

Colours are arrays of uint8 or uint16 of shape (n, n_channels): grey, grey and alpha, RGB, or RGBA.
No colour is fully transparent.
"""

import numpy as np

from ._points import to_points

# Pixels of a block of `count`, and distances of a block of `nearest_points`.
BLOCK_PIXELS = 1 << 18
BLOCK_DISTANCES = 1 << 18
MAX_TABLE_CODES = 1 << 24  # size of the largest table of codes; more codes are sorted

# Weights of Rec. 709 luma in units of 1e-4. As integers they make the order of a palette exact.
LUMA = np.array([2126, 7152, 722])


def pack(channels):
    """Write the colour of each pixel as one integer: 0xRRGGBB for 8-bit RGB."""
    bits = 8 * channels.itemsize
    codes = channels[:, :, 0].astype(np.uint32 if bits * channels.shape[2] <= 32 else np.uint64)
    for j in range(1, channels.shape[2]):
        codes <<= codes.dtype.type(bits)
        codes |= channels[:, :, j]
    return codes


def unpack(codes, n_channels, dtype):
    """Give packed colours as an array of shape (n, n_channels)."""
    bits = 8 * np.dtype(dtype).itemsize
    shifts = np.arange(bits * (n_channels - 1), -1, -bits, dtype=np.uint64)
    return (codes.astype(np.uint64)[:, np.newaxis] >> shifts).astype(dtype)


def count(codes, n_codes):
    """Give the distinct codes in ascending order, and the count of each."""
    codes = codes.ravel()
    # Sorting few pixels is quicker than a table of all colours.
    if n_codes > MAX_TABLE_CODES or 16 * codes.size < n_codes:
        return np.unique(codes, return_counts=True)
    # Counting among the colours that occur is quicker than in a table of all, which fits no cache.
    is_there = np.zeros(n_codes, bool)
    for start in range(0, codes.size, BLOCK_PIXELS):  # an index takes 8 bytes a pixel
        is_there[codes[start : start + BLOCK_PIXELS]] = True
    distinct = np.flatnonzero(is_there)
    ranks = np.empty(n_codes, np.int32)
    ranks[distinct] = np.arange(len(distinct), dtype=np.int32)
    counts = np.zeros(len(distinct), np.int64)
    step = max(BLOCK_PIXELS, len(distinct))
    for start in range(0, codes.size, step):
        counts += np.bincount(ranks[codes[start : start + step]], minlength=len(distinct))
    return distinct, counts


def look_up(codes, distinct, values, n_codes):
    """Give `values[i]` for each code equal to `distinct[i]`, and any value for other codes."""
    if not len(distinct):
        return np.zeros(codes.shape, values.dtype)
    if n_codes <= MAX_TABLE_CODES:
        table = np.zeros(n_codes, values.dtype)
        table[distinct] = values
        return take_codes(table, codes)
    found = np.empty(codes.shape, values.dtype)
    distinct = distinct.astype(codes.dtype)
    for row, line in enumerate(codes):  # row by row, since an index takes 8 bytes
        found[row] = values.take(np.searchsorted(distinct, line), mode="clip")
    return found


def take_codes(table, codes):
    """Give ``table[codes]``, block by block, since an index takes 8 bytes a pixel."""
    found = np.empty((codes.size, *table.shape[1:]), table.dtype)
    flat = codes.reshape(-1)
    for start in range(0, codes.size, BLOCK_PIXELS):
        block = slice(start, start + BLOCK_PIXELS)
        np.take(table, flat[block], axis=0, out=found[block], mode="clip")
    return found.reshape(*codes.shape, *table.shape[1:])


def count_labels(labels, n_colors):
    """Give the number of pixels of each label from 0 to ``n_colors - 1``, block by block."""
    flat, counts = labels.reshape(-1), np.zeros(n_colors, np.int64)
    for start in range(0, flat.size, BLOCK_PIXELS):
        counts += np.bincount(flat[start : start + BLOCK_PIXELS], minlength=n_colors)
    return counts


def complete_palette(found, colors, counts, space, kept):
    """Join found colours and kept ones to a palette.

    A found colour that equals another, or is the nearest one of none of `colors`, is replaced by
    the colour that adds most to the total error. The loop ends, since each step adds a colour of
    positive error to the palette, which lowers the total error.

    Parameters
    ----------
    found : ndarray of shape (n_free, n_channels)
    colors : ndarray of shape (n, n_channels)
        Distinct colours, at least `n_free` of them not kept.
    counts : ndarray of shape (n,)
    space : {"oklab", "lab", "rgb"}
    kept : ndarray of shape (n_kept, n_channels)
        Distinct colours.

    Returns
    -------
    palette : ndarray of shape (n_free + n_kept, n_channels)
        From dark to light.
    nearest : ndarray of int, shape (n,)
        Index of the nearest palette colour of each of `colors`.
    """
    n_free = len(found)
    points = to_points(colors, space)
    while True:
        palette = _dark_to_light(np.unique(np.vstack([kept, found]), axis=0))
        nearest, distances = nearest_points(points, to_points(palette, space))
        used = palette[np.unique(nearest)]
        found = used[~is_among(used, kept)]
        if len(found) == n_free:
            return palette, nearest
        found = np.vstack([found, colors[np.argmax(counts * distances)]])


def is_among(colors, kept):
    """Tell for each colour whether it is one of the kept colours."""
    known = {color.tobytes() for color in kept}
    if not known:
        return np.zeros(len(colors), bool)
    return np.array([color.tobytes() in known for color in colors], bool)


def _dark_to_light(palette):
    """Sort colours by luma, then by alpha, red and green."""
    rgb = as_rgb(palette)
    alpha = rgb[:, 3] if rgb.shape[1] == 4 else np.zeros(len(rgb))
    return palette[np.lexsort((rgb[:, 1], rgb[:, 0], alpha, rgb[:, :3] @ LUMA))]


def nearest_points(points, palette):
    """Find the nearest palette point of each point: its index, and the squared distance to it.

    All products and sums are integers: below 2^24 for opaque 8-bit points of "rgb", which float32
    holds, and below 2^53 for the others, which float64 holds. So the distances are exact, and the
    first of equally near colours is found.
    """
    nearest = np.empty(len(points), np.intp)
    distances = np.empty(len(points), points.dtype)
    norms = (palette * palette).sum(axis=1)
    # As a copy: OpenBLAS starts threads for a transposed matrix, which take ten times as long.
    columns = np.ascontiguousarray(palette.T)
    step = max(1, BLOCK_DISTANCES // len(palette))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        scores = norms - 2 * (block @ columns)
        nearest[start : start + step] = k = scores.argmin(axis=1)
        distances[start : start + step] = (block * block).sum(axis=1) + scores[np.arange(len(k)), k]
    return nearest, distances


def as_rgb(palette):
    """Convert a palette of grey to RGB, and of grey and alpha to RGBA."""
    channels = {1: [0, 0, 0], 2: [0, 0, 0, 1]}.get(palette.shape[1])
    return palette if channels is None else palette.take(channels, axis=1)
