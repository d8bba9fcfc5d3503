"""Colours as integers, and palettes of 8-bit colours."""

import numpy as np

# What is looked at together. A table of all colours costs as much as counting a block of pixels.
BLOCK_PIXELS = 1 << 24
BLOCK_DISTANCES = 1 << 18

# Rec. 709 luma in units of 1e-4; integers, so that the order of a palette is exact.
LUMA = np.array([2126, 7152, 722])


def pack(channels):
    """Give each pixel's colour as one integer, 0xRRGGBB or the grey level."""
    codes = channels[:, :, 0].astype(np.uint32)
    for j in range(1, channels.shape[2]):
        codes <<= 8
        codes |= channels[:, :, j]
    return codes


def unpack(codes, n_channels):
    """Give packed colours as rows of float32, shape (n, n_channels)."""
    shifts = 8 * np.arange(n_channels - 1, -1, -1, dtype=np.uint32)
    return (codes.astype(np.uint32)[:, np.newaxis] >> shifts & 0xFF).astype(np.float32)


def count(codes, n_codes):
    """Give the distinct codes, ascending, and how often each occurs."""
    codes = codes.ravel()
    if 16 * codes.size < n_codes:  # sorting few pixels is quicker than a table of all colours
        return np.unique(codes, return_counts=True)
    table = np.bincount(codes[:BLOCK_PIXELS], minlength=n_codes)
    for start in range(BLOCK_PIXELS, codes.size, BLOCK_PIXELS):
        table += np.bincount(codes[start : start + BLOCK_PIXELS], minlength=n_codes)
    distinct = np.flatnonzero(table)
    return distinct, table[distinct]


def round_palette(centers, colors, counts):
    """Round centres to distinct 8-bit colours, each the nearest of at least one of `colors`.

    Returns the palette, (n_colors, n_channels) from dark to light, and the nearest palette
    colour of each row of `colors`. A colour that is not in the palette costs something and one
    that enters costs nothing any more: the cost falls with every step, so the loop ends.
    """
    palette = np.unique(np.rint(centers).astype(np.float32), axis=0)
    while True:
        palette = _dark_to_light(palette)
        nearest, distances = _nearest(colors, palette)
        palette = palette[np.unique(nearest)]
        if len(palette) == len(centers):
            return palette.astype(np.uint8), nearest
        palette = np.vstack([palette, colors[np.argmax(counts * distances)]])


def _dark_to_light(palette):
    """Sort colours by luma; of equal ones the one with less red, then less green, is first."""
    rgb = as_rgb(palette.astype(np.uint8))
    return palette[np.lexsort((rgb[:, 1], rgb[:, 0], rgb @ LUMA))]


def _nearest(colors, palette):
    """Give the index of, and the squared distance to, each row's nearest palette colour.

    With 8-bit values every product and sum is an integer below 2^24, which float32 holds: the
    distances are exact and the first of equally near colours is found as such.
    """
    nearest = np.empty(len(colors), np.intp)
    distances = np.empty(len(colors), np.float32)
    norms = (palette * palette).sum(axis=1)
    step = max(1, BLOCK_DISTANCES // len(palette))
    for start in range(0, len(colors), step):
        block = colors[start : start + step]
        scores = norms - 2 * (block @ palette.T)
        nearest[start : start + step] = k = scores.argmin(axis=1)
        distances[start : start + step] = (block * block).sum(axis=1) + scores[np.arange(len(k)), k]
    return nearest, distances


def as_rgb(palette):
    """Give a palette of grey levels, (n, 1), or of colours, (n, 3), as colours."""
    return np.ascontiguousarray(np.broadcast_to(palette, (len(palette), 3)))
