"""Colours as integers, and palettes of 8-bit or 16-bit colours.

Rows of colours are arrays of uint8 or uint16, shape (n, n_channels): grey, grey and alpha, RGB, or
RGBA. None of them is fully transparent.
"""

import numpy as np

# Pixels and distances that are looked at together. A table of all 24-bit colours costs as much as
# counting a block of pixels.
BLOCK_PIXELS = 1 << 24
BLOCK_DISTANCES = 1 << 18
MAX_TABLE = 1 << 24  # codes of which a table is kept; more are sorted

# Rec. 709 luma in units of 1e-4; integers, so that the order of a palette is exact.
LUMA = np.array([2126, 7152, 722])


def top_level(dtype):
    """Give the level of white: 255 or 65535."""
    return np.iinfo(dtype).max


def has_alpha(n_channels):
    """Tell whether the last of so many channels is alpha."""
    return n_channels in (2, 4)


def pack(channels):
    """Give each pixel's colour as one integer: 0xRRGGBB for 8-bit RGB."""
    bits = 8 * channels.itemsize
    codes = channels[:, :, 0].astype(np.uint32 if bits * channels.shape[2] <= 32 else np.uint64)
    for j in range(1, channels.shape[2]):
        codes <<= codes.dtype.type(bits)
        codes |= channels[:, :, j]
    return codes


def unpack(codes, n_channels, dtype):
    """Give packed colours as rows, shape (n, n_channels)."""
    bits = 8 * np.dtype(dtype).itemsize
    shifts = np.arange(bits * (n_channels - 1), -1, -bits, dtype=np.uint64)
    return (codes.astype(np.uint64)[:, np.newaxis] >> shifts).astype(dtype)


def count(codes, n_codes):
    """Give the distinct codes, ascending, and how often each occurs."""
    codes = codes.ravel()
    # Sorting few pixels is quicker than a table of all colours.
    if n_codes > MAX_TABLE or 16 * codes.size < n_codes:
        return np.unique(codes, return_counts=True)
    table = np.bincount(codes[:BLOCK_PIXELS], minlength=n_codes)
    for start in range(BLOCK_PIXELS, codes.size, BLOCK_PIXELS):
        table += np.bincount(codes[start : start + BLOCK_PIXELS], minlength=n_codes)
    distinct = np.flatnonzero(table)
    return distinct, table[distinct]


def look_up(codes, distinct, values, n_codes):
    """Give `values[i]` for each code that is `distinct[i]`, and any value for other codes."""
    if n_codes <= MAX_TABLE:
        table = np.zeros(n_codes, values.dtype)
        table[distinct] = values
        return table[codes]
    found = np.empty(codes.shape, values.dtype)
    distinct = distinct.astype(codes.dtype)
    for row, line in enumerate(codes):  # by row, so that the indices of 8 bytes stay few
        found[row] = values.take(np.searchsorted(distinct, line), mode="clip")
    return found


def to_points(colors):
    """Give the points between which squared distances measure how much colours differ.

    Opaque colours are compared by their levels. Colours with alpha are compared as they are seen
    over black, and over white: the squared distance is the sum over both, in units of
    1 / top_level. For 8 bits, and for opaque 16 bits, all coordinates are integers, and
    float32 or float64 holds their products exactly.
    """
    if not has_alpha(colors.shape[1]):
        return colors.astype(np.float32 if colors.dtype == np.uint8 else np.float64)
    top = top_level(colors.dtype)
    levels = colors.astype(np.float64)
    alpha = levels[:, -1:]
    over_black = levels[:, :-1] * alpha
    return np.hstack([over_black, over_black + top * (top - alpha)])


def to_colors(points, n_channels, dtype):
    """Give the colours nearest to the points, which are means of points of visible colours."""
    if not has_alpha(n_channels):
        return np.rint(points).astype(dtype)
    top = top_level(dtype)
    over_black, over_white = np.split(points, 2, axis=1)
    alpha = top - (over_white - over_black).mean(axis=1, keepdims=True) / top
    alpha = np.rint(alpha).clip(1, top)
    return np.rint(np.hstack([(over_black / alpha).clip(0, top), alpha])).astype(dtype)


def round_palette(centers, colors, counts):
    """Round centres to distinct colours, each the nearest of at least one of `colors`.

    Returns the palette, (n_colors, n_channels) from dark to light, and the nearest palette
    colour of each row of `colors`. A colour that is not in the palette costs something and one
    that enters costs nothing any more: the cost falls with every step, so the loop ends.
    """
    points = to_points(colors)
    palette = np.unique(to_colors(centers, colors.shape[1], colors.dtype), axis=0)
    while True:
        palette = _dark_to_light(palette)
        nearest, distances = _nearest(points, to_points(palette))
        palette = palette[np.unique(nearest)]
        if len(palette) == len(centers):
            return palette, nearest
        palette = np.vstack([palette, colors[np.argmax(counts * distances)]])


def _dark_to_light(palette):
    """Sort colours by luma, then alpha; of equal ones, less red and then less green is first."""
    rgb = as_rgb(palette)
    alpha = rgb[:, 3] if rgb.shape[1] == 4 else np.zeros(len(rgb))
    return palette[np.lexsort((rgb[:, 1], rgb[:, 0], alpha, rgb[:, :3] @ LUMA))]


def _nearest(points, palette):
    """Give the index of, and the squared distance to, each point's nearest palette point.

    Opaque 8-bit points have products and sums that are integers below 2^24, which float32 holds,
    and the others integers below 2^53, which float64 holds: the distances are exact, and of
    equally near colours the first is found.
    """
    nearest = np.empty(len(points), np.intp)
    distances = np.empty(len(points), points.dtype)
    norms = (palette * palette).sum(axis=1)
    step = max(1, BLOCK_DISTANCES // len(palette))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        scores = norms - 2 * (block @ palette.T)
        nearest[start : start + step] = k = scores.argmin(axis=1)
        distances[start : start + step] = (block * block).sum(axis=1) + scores[np.arange(len(k)), k]
    return nearest, distances


def as_rgb(palette):
    """Give a palette of grey levels as one of RGB, and of grey and alpha as one of RGBA."""
    channels = {1: [0, 0, 0], 2: [0, 0, 0, 1]}.get(palette.shape[1])
    return palette if channels is None else palette.take(channels, axis=1)
